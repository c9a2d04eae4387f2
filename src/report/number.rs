//! Numbers as people read them: percentages with the digits they deserve, counts with separators.

/// More decimals of a percentage than this are never shown.
const MOST_DECIMALS: usize = 8;

/// How many decimals the percentages of one line or column have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimals(usize);

impl Decimals {
    /// Returns the decimals that show a share to two significant digits, and always one.
    ///
    /// A share of 0 says nothing of its scale, so the upper limit of its interval decides.
    pub(super) fn of(value: f64, interval: Option<(f64, f64)>) -> Self {
        let high = interval.map_or(0.0, |(_, high)| high);
        let mut decimals = Self(scale(if value > 0.0 { value } else { high }));
        let Some((low, high)) = interval.filter(|(low, high)| low < high) else { return decimals };
        while decimals.number(low) == decimals.number(high) && decimals.0 < MOST_DECIMALS {
            decimals.0 += 1;
        }
        decimals
    }

    /// Returns a share as the number of a percentage, without its sign.
    pub(super) fn number(self, share: f64) -> String {
        let text = format!("{:.*}", self.0, 100.0 * share);
        let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
        if zero { text.trim_start_matches('-').to_owned() } else { text }
    }

    /// Returns a difference of shares in percentage points, with its sign.
    pub(super) fn signed(self, difference: f64) -> String {
        let text = self.number(difference);
        let positive = text.starts_with(|c: char| c.is_ascii_digit())
            && text.contains(|c: char| ('1'..='9').contains(&c));
        if positive { format!("+{text}") } else { text }
    }

    /// Returns a share as a percentage.
    pub(super) fn percent(self, share: f64) -> String {
        format!("{} %", self.number(share))
    }

    /// Returns an interval in the unit of [`Decimals::number`].
    pub(super) fn interval(self, low: f64, high: f64) -> String {
        format!("[{}, {}]", self.number(low), self.number(high))
    }
}

/// Returns a share as a percentage with the decimals it deserves on its own.
pub(super) fn percent(share: f64) -> String {
    Decimals::of(share, None).percent(share)
}

/// Returns a count with a comma between thousands.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a sum of exposure or an effective size, to the nearest whole one.
pub(super) fn whole(size: f64) -> String {
    count(size.round() as u64)
}

/// Returns the level of an interval: `95 %`, `99.9 %`.
pub(super) fn level(level: f64) -> String {
    let text = format!("{:.3}", 100.0 * level);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Returns the text without what could move the cursor, change colours or reverse the reading direction.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if unsafe_to_show(c) { '\u{fffd}' } else { c }).collect()
}

fn unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn scale(share: f64) -> usize {
    let percent = 100.0 * share;
    if percent >= 1.0 || percent <= 0.0 || !percent.is_finite() {
        return 1;
    }
    // the first significant digit, and one more
    let first = (1..MOST_DECIMALS).find(|decimals| percent * 10_f64.powi(*decimals as i32) >= 1.0);
    first.map_or(MOST_DECIMALS, |first| first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, interval: Option<(f64, f64)>, expected: &str) {
        let decimals = Decimals::of(value, interval);
        let shown = match interval {
            Some((low, high)) => {
                format!("{} {}", decimals.percent(value), decimals.interval(low, high))
            }
            None => decimals.percent(value),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn rare_prevalence_keeps_two_significant_digits() {
        check(0.0041, Some((0.0033, 0.0052)), "0.41 % [0.33, 0.52]");
        check(0.000_41, None, "0.041 %");
        check(0.000_006_2, None, "0.00062 %");
        check(0.01, None, "1.0 %");
        check(0.2067, Some((0.17, 0.25)), "20.7 % [17.0, 25.0]");
        check(1.0, None, "100.0 %");
    }

    #[test]
    fn without_positives_the_upper_limit_sets_the_digits() {
        check(0.0, Some((0.0, 0.000_92)), "0.000 % [0.000, 0.092]");
        check(0.0, None, "0.0 %");
        check(-0.0, None, "0.0 %");
    }

    #[test]
    fn limits_that_differ_are_not_shown_alike() {
        check(0.2, Some((0.1996, 0.2004)), "20.00 % [19.96, 20.04]");
    }

    #[test]
    fn differences_have_signs_and_none_at_0() {
        let one = Decimals::of(0.05, None);
        assert_eq!([0.012, -0.012, 0.0001].map(|it| one.signed(it)), ["+1.2", "-1.2", "0.0"]);
    }

    #[test]
    fn counts_have_separators() {
        let shown: Vec<_> = [0, 999, 1000, 20_000, 1_234_567].map(count).into();
        assert_eq!(shown, ["0", "999", "1,000", "20,000", "1,234,567"]);
        assert_eq!((level(0.95), level(0.999)), ("95 %".to_owned(), "99.9 %".to_owned()));
    }

    #[test]
    fn control_characters_do_not_pass() {
        assert_eq!(clean("a\u{1b}[31m\nb\u{202e}"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
        assert_eq!(clean("暴力 naïve"), "暴力 naïve");
    }
}
