//! Spans of time as people write them in titer.yaml.

use crate::ops::error::OpsError;

/// The units of time, in days.
const UNITS: [(&str, f64); 8] = [
    ("hours", 1.0 / 24.0),
    ("hour", 1.0 / 24.0),
    ("days", 1.0),
    ("day", 1.0),
    ("weeks", 7.0),
    ("week", 7.0),
    ("d", 1.0),
    ("w", 7.0),
];

/// Reads `90 days`, `60d`, `2 weeks` or `36 hours` as a number of days.
///
/// # Errors
///
/// Anything else, and a span that is not above 0.
pub(super) fn days(text: &str) -> Result<f64, OpsError> {
    let trimmed = text.trim();
    let parsed = UNITS.into_iter().find_map(|(unit, days)| {
        let number: f64 = trimmed.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * days)
    });
    match parsed {
        Some(days) if days > 0.0 && days.is_finite() => Ok(days),
        Some(_) | None => Err(OpsError::refused(
            format!("`{text}` is no span of time"),
            "write `90 days`, `12 weeks` or `36 hours`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_days() {
        for (text, expected) in
            [("90 days", 90.0), ("60d", 60.0), ("1 day", 1.0), ("2 weeks", 14.0), ("36 hours", 1.5)]
        {
            assert!((days(text).unwrap() - expected).abs() < 1e-9, "{text}");
        }
        for text in ["90", "days", "-3 days", "0 d", "two weeks", ""] {
            assert!(days(text).is_err(), "{text}");
        }
    }
}
