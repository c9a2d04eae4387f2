//! Periods that are dates: their first and last day.

use super::sample::Period;
use crate::measure::Status;
use crate::ops::error::OpsError;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::civil::ISOWeekDate;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// The days of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// Reads `2026-11-05`, `2026-11`, `2026-W45` or `2026`.
    fn of(name: &str) -> Option<Self> {
        if let Ok(date) = name.parse::<Date>() {
            return Some(Self { first: date, last: date });
        }
        let (year, rest) =
            name.split_once('-').map_or((name, None), |(year, rest)| (year, Some(rest)));
        let year: i16 = Some(year).filter(|year| year.len() == 4)?.parse().ok()?;
        let Some(rest) = rest else {
            let (first, last) = (Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?);
            return Some(Self { first, last });
        };
        if let Some(week) = rest.strip_prefix('W') {
            let monday = ISOWeekDate::new(year, week.parse().ok()?, Weekday::Monday).ok()?.date();
            return Some(Self { first: monday, last: monday.checked_add(6.days()).ok()? });
        }
        let first = Date::new(year, rest.parse().ok()?, 1).ok()?;
        Some(Self { first, last: first.last_of_month() })
    }
}

/// Returns the place of the first period that begins at most `days` before the one at `at` does.
///
/// # Errors
///
/// A period that is no date.
pub(super) fn since(periods: &[Period<'_>], at: usize, days: f64) -> Result<usize, OpsError> {
    let of = |period: &Period<'_>| {
        let name = period.subject.period.as_deref().unwrap_or_default();
        Days::of(name).ok_or_else(|| {
            OpsError::refused(
                format!("period `{name}` is no date, so no window of days reaches back from it"),
                "write periods as 2026-11-05, 2026-11, 2026-W45 or 2026, or `gold_window: 4 periods`",
            )
        })
    };
    let end = of(&periods[at])?.first;
    for (place, period) in periods.iter().enumerate().take(at) {
        let apart = end.duration_since(of(period)?.first);
        if apart <= SignedDuration::from_secs_f64(days * 86_400.0) {
            return Ok(place);
        }
    }
    Ok(at)
}

/// Returns whether a period may still get gold; `None` where it is no date.
pub(super) fn status(name: &str, final_after_days: f64, now: Timestamp) -> Option<Status> {
    let last = Days::of(name)?.last;
    let over = last.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let closed =
        over.checked_add(SignedDuration::from_secs_f64(final_after_days * 86_400.0)).ok()?;
    Some(if now < closed { Status::Preliminary } else { Status::Final })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_months_and_years_are_dates() {
        let check = |name: &str, first: &str, last: &str| {
            let days = Days::of(name).unwrap();
            assert_eq!(
                (days.first.to_string(), days.last.to_string()),
                (first.to_owned(), last.to_owned())
            );
        };
        check("2026-11-05", "2026-11-05", "2026-11-05");
        check("2024-02", "2024-02-01", "2024-02-29");
        check("2026-W01", "2025-12-29", "2026-01-04");
        check("2026", "2026-01-01", "2026-12-31");
        for name in ["spring", "2026-13", "26-01", "2026-Wx", ""] {
            assert_eq!(Days::of(name), None, "{name}");
        }
    }

    #[test]
    fn a_period_is_preliminary_until_its_gold_is_in() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let check = |now: &str| status("2026-02", 7.0, at(now)).unwrap();
        assert_eq!(check("2026-03-07T23:59:59Z"), Status::Preliminary);
        assert_eq!(check("2026-03-08T00:00:00Z"), Status::Final);
        assert_eq!(status("spring", 7.0, at("2026-03-08T00:00:00Z")), None);
    }
}
