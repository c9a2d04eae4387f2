//! How long a response asks to wait, in any of the ways endpoints say it.

use reqwest::header::HeaderMap;
use std::time::Duration;

/// The longest wait that is obeyed; an endpoint that asks for more has spent its quota.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// What comes before a wait in an error's text, the most telling first.
const PHRASES: [&str; 6] =
    ["try again in ", "try again after ", "retry after ", "retry in ", "after ", "wait "];
/// A number this large is a moment in seconds since 1970 …
const EPOCH_SECONDS: f64 = 1e9;
/// … and one this large a moment in milliseconds.
const EPOCH_MILLISECONDS: f64 = 1e11;

/// Returns how long a refusal for sending too fast asks to wait; `now` is the time since 1970.
///
/// The first of these that is there: `retry-after-ms`; `retry-after`; the longest of the rate-limit
/// reset headers; a gateway's `llm_provider-retry-after`; words such as "try again in 120ms" in the
/// error's `text`. A moment that has passed is a wait of zero.
#[must_use]
pub fn asked_wait(headers: &HeaderMap, text: &str, now: Duration) -> Option<Duration> {
    retry_after(headers, now)
        .or_else(|| longest_reset(headers, now))
        .or_else(|| value(header(headers, "llm_provider-retry-after")?, now))
        .or_else(|| spoken(text))
}

/// Returns the wait in `retry-after-ms` or `retry-after`, which any response may carry.
pub(super) fn retry_after(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let in_milliseconds = header(headers, "retry-after-ms")
        .and_then(|text| text.trim().parse::<f64>().ok())
        .and_then(|milliseconds| Duration::try_from_secs_f64(milliseconds / 1000.0).ok());
    in_milliseconds.or_else(|| value(header(headers, "retry-after")?, now))
}

/// The longest of `x-ratelimit-reset-*`, `anthropic-ratelimit-*-reset` and their like.
fn longest_reset(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().contains("ratelimit") && name.as_str().contains("reset"))
        .filter_map(|(_, text)| value(text.to_str().ok()?, now))
        .max()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Reads seconds, `6m0s`, a moment since 1970, an HTTP date or an ISO 8601 time.
fn value(text: &str, now: Duration) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return number_value(number, now);
    }
    if let Some((wait, "")) = leading_duration(&text.to_ascii_lowercase()) {
        return Some(wait);
    }
    let moment = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text))
        .ok()?;
    let since_epoch = Duration::try_from(moment.as_duration()).ok()?;
    Some(since_epoch.saturating_sub(now))
}

fn number_value(number: f64, now: Duration) -> Option<Duration> {
    if number >= EPOCH_MILLISECONDS {
        return Some(Duration::try_from_secs_f64(number / 1000.0).ok()?.saturating_sub(now));
    }
    let seconds = Duration::try_from_secs_f64(number).ok()?;
    Some(if number >= EPOCH_SECONDS { seconds.saturating_sub(now) } else { seconds })
}

/// Finds a wait in words: "Please try again in 1m30s.", "retry after 45 seconds".
fn spoken(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    PHRASES.iter().find_map(|phrase| {
        text.match_indices(phrase)
            .find_map(|(place, _)| leading_duration(text.get(place + phrase.len()..)?))
            .map(|(wait, _)| wait)
    })
}

/// Reads `1h2m3.5s`, `120ms`, `5 minutes 30 seconds` from the start; also returns what follows.
fn leading_duration(text: &str) -> Option<(Duration, &str)> {
    let (mut total, mut rest) = one_part(text)?;
    while let Some((part, after)) = one_part(rest) {
        total = total.saturating_add(part);
        rest = after;
    }
    Some((total, rest))
}

fn one_part(text: &str) -> Option<(Duration, &str)> {
    let text = text.trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(letters);
    let seconds = match unit {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    };
    let wait = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    Some((wait, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderName;

    /// 2026-11-22T23:45:24Z.
    const NOW: Duration = Duration::from_secs(1_795_391_124);

    fn check(headers: &[(&str, &str)], text: &str, expected_ms: Option<u64>) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (name.parse::<HeaderName>().unwrap_or(reqwest::header::VIA), *value)
            })
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect();
        let wait = asked_wait(&headers, text, NOW);
        // To the microsecond: epoch times in milliseconds pass through f64.
        let wait = wait.map(|wait| (wait.as_secs_f64() * 1000.0).round() as u64);
        assert_eq!(wait, expected_ms, "{headers:?} {text}");
    }

    #[test]
    fn retry_after_is_read_in_each_of_its_forms() {
        check(&[("Retry-After", "20")], "", Some(20_000));
        check(&[("retry-after", "0.75")], "", Some(750));
        check(&[("retry-after", "Sun, 22 Nov 2026 23:46:00 GMT")], "", Some(36_000));
        check(&[("retry-after", "Sun, 22 Nov 2026 23:00:00 GMT")], "", Some(0));
        check(&[("RETRY-AFTER-MS", "19851"), ("retry-after", "20")], "", Some(19_851));
        check(&[("retry-after-ms", "soon"), ("retry-after", "20")], "", Some(20_000));
    }

    #[test]
    fn the_longest_reset_counts_when_nothing_else_is_said() {
        let resets = [("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-reset-tokens", "6m0s")];
        check(&resets, "", Some(360_000));
        check(&[resets[0], resets[1], ("retry-after", "3")], "", Some(3_000));
        check(&[("x-ratelimit-reset-tokens", "172ms")], "", Some(172));
        check(&[("x-ratelimit-reset-requests", "59.9s")], "", Some(59_900));
    }

    #[test]
    fn a_reset_may_be_a_moment() {
        check(&[("x-ratelimit-reset", "1795391134")], "", Some(10_000));
        check(&[("x-ratelimit-reset", "1795391134500")], "", Some(10_500));
        let iso = ("anthropic-ratelimit-input-tokens-reset", "2026-11-22T23:45:54Z");
        check(&[iso], "", Some(30_000));
    }

    #[test]
    fn a_gateway_hands_on_its_providers_wait() {
        check(&[("llm_provider-retry-after", "60")], "", Some(60_000));
    }

    #[test]
    fn words_are_the_last_resort() {
        check(&[], "Rate limit reached. Please try again in 19.85s.", Some(19_850));
        check(&[], "Try again in 120ms", Some(120));
        check(&[], "Please retry after 45 seconds.", Some(45_000));
        check(&[], "please wait 1m30s. Visit the docs", Some(90_000));
        check(&[], "Please retry after 86400 seconds", Some(86_400_000));
        check(&[("retry-after", "2")], "try again in 9s", Some(2_000));
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing() {
        check(&[], "", None);
        check(&[("retry-after", "-1")], "", None);
        check(&[("retry-after", "soon"), ("x-ratelimit-reset-tokens", "")], "later", None);
        check(&[], "a look after 9 lives", None);
    }
}
