//! Change from one period to another: a table of the policy and its segments, then what bears on it.

use crate::measure::Break;
use crate::measure::ChangeEstimate;
use crate::measure::Changed;
use crate::measure::PeriodChange;
use crate::measure::Segment;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::level;
use crate::report::rows::reason;
use crate::report::table::table;

/// All changes of one policy between two periods, as they are shown.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) policy: String,
    pub(super) from: String,
    pub(super) to: String,
    /// The level of the intervals.
    pub(super) level: String,
    pub(super) lines: Vec<ChangeLine>,
    /// What is to be known of the change of all units, a sentence each.
    pub(super) remarks: Vec<String>,
}

/// One change, as it is shown.
#[derive(Debug)]
pub(super) struct ChangeLine {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) change: String,
    pub(super) interval: String,
    pub(super) q: String,
    /// Why there is no change to show.
    pub(super) missing: Option<String>,
}

/// Returns the changes of one policy as text, all units first; empty without any.
#[must_use]
pub fn changes(of_policy: &[&PeriodChange]) -> String {
    let Some(shown) = Changes::of(of_policy) else { return String::new() };
    let interval = format!("{} interval", shown.level);
    let header = ["", &shown.from, &shown.to, "change", &interval, "q"];
    let rows: Vec<Vec<String>> = shown
        .lines
        .iter()
        .map(|it| {
            [&it.name, &it.from, &it.to, &it.change, &it.interval, &it.q].map(Clone::clone).to_vec()
        })
        .collect();
    let title = format!("{}, change from {} to {}", shown.policy, shown.from, shown.to);
    let mut out = format!("{title}, percentage points\n{}", table(&header, &rows));
    for line in &shown.lines {
        if let Some(missing) = &line.missing {
            out.push_str(&format!("{}: {missing}\n", line.name));
        }
    }
    for remark in &shown.remarks {
        out.push_str(&format!("{remark}\n"));
    }
    out
}

/// Returns what breaks in a series mean for its values, a sentence each.
#[must_use]
pub fn break_sentences<'a>(breaks: impl Iterator<Item = &'a Break>) -> Vec<String> {
    breaks.map(break_sentence).collect()
}

fn break_sentence(found: &Break) -> String {
    let (from, to) = (clean(&found.from), clean(&found.to));
    let (earlier, later) = (clean(&found.earlier), clean(&found.later));
    match found.what {
        Changed::Standard => format!(
            "S018 between {earlier} and {later}: policy version {from} became {to}, another standard; no value compares across it"
        ),
        Changed::Labeler => format!(
            "between {earlier} and {later} the labeler changed ({from} to {to}): corrected values compare, naive ones do not"
        ),
    }
}

impl Changes {
    pub(super) fn of(changes: &[&PeriodChange]) -> Option<Self> {
        let first = changes.first()?;
        let decimals = changes.iter().map(|change| decimals(change)).max()?;
        let whole = changes.iter().find(|change| change.segment.is_none());
        Some(Self {
            policy: clean(&first.policy),
            from: clean(&first.periods.earlier),
            to: clean(&first.periods.later),
            level: level(first.level.value()),
            lines: changes.iter().map(|change| ChangeLine::of(change, decimals)).collect(),
            remarks: whole.map_or_else(Vec::new, |change| remarks(change, changes, decimals)),
        })
    }
}

impl ChangeLine {
    fn of(change: &PeriodChange, decimals: Decimals) -> Self {
        let share = |value: Option<f64>| value.map_or("-".to_owned(), |it| decimals.percent(it));
        let made = change.difference.as_ref().ok();
        let shown = |of: fn(&ChangeEstimate, Decimals) -> String| {
            made.map_or_else(|| "-".to_owned(), |made| of(made, decimals))
        };
        Self {
            name: name(change),
            from: share(change.values.earlier),
            to: share(change.values.later),
            change: shown(|made, decimals| decimals.signed(made.value)),
            interval: shown(|made, decimals| {
                format!("[{}, {}]", decimals.signed(made.low), decimals.signed(made.high))
            }),
            q: change.q_value.map_or_else(|| "-".to_owned(), probability),
            missing: change.difference.as_ref().err().map(|missing| {
                let own: Vec<String> = change
                    .findings
                    .iter()
                    .map(|finding| format!("{} {}", finding.code, clean(&finding.detail)))
                    .collect();
                if own.is_empty() { reason(missing) } else { own.join("; ") }
            }),
        }
    }
}

fn name(change: &PeriodChange) -> String {
    change.segment.as_ref().map_or_else(|| "all".to_owned(), |it| clean(&Segment::name(it)))
}

fn decimals(change: &PeriodChange) -> Decimals {
    let shares = [change.values.earlier, change.values.later].into_iter().flatten();
    let half = change.difference.as_ref().ok().map(|made| (made.high - made.low) / 2.0);
    let each = shares.chain(half).map(|share| Decimals::of(share, None));
    each.max().unwrap_or_else(|| Decimals::of(0.0, None))
}

/// Returns a probability as people read it.
fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

fn remarks(whole: &PeriodChange, all: &[&PeriodChange], decimals: Decimals) -> Vec<String> {
    let mut remarks = Vec::new();
    let alpha = 1.0 - whole.level.value();
    let moved = all.iter().filter(|change| change.q_value.is_some_and(|q| q <= alpha));
    let moved: Vec<String> = moved.map(|change| name(change)).collect();
    let told = all.iter().any(|change| change.difference.is_ok());
    if told && moved.is_empty() {
        remarks.push(format!("changed: nothing is shown to have (q above {alpha:.2})"));
    } else if told {
        remarks.push(format!("changed: {} (q at most {alpha:.2})", moved.join(", ")));
    }
    if let Ok(made) = &whole.difference {
        match &whole.ratio {
            Ok(ratio) => remarks
                .push(format!("ratio {:.2} [{:.2}, {:.2}]", ratio.value, ratio.low, ratio.high)),
            Err(_) => remarks.push("ratio: not given, as a lower limit is 0".to_owned()),
        }
        if let Some(least) = made.detectable {
            let points = decimals.number(least);
            remarks.push(format!("80 % power finds a change of {points} points or more"));
        }
        remarks.extend(shared(whole, made));
    }
    match whole.naive {
        Some(naive) => remarks.push(format!("naive: {} points", decimals.signed(naive))),
        None => remarks.push("naive: not comparable, another labeler or none".to_owned()),
    }
    remarks
}

/// Returns what the two periods share, and what that does to the interval.
fn shared(whole: &PeriodChange, made: &ChangeEstimate) -> Option<String> {
    let covariance = made.from_units + made.from_gold;
    let effect = if covariance > 0.0 {
        "which narrows the interval"
    } else if covariance < 0.0 {
        "which widens the interval"
    } else {
        return None;
    };
    Some(match whole.shared_units {
        0 => format!("both periods use the same gold, {effect}"),
        units => format!("{units} units are in both samples, {effect}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_probabilities_are_not_shown_as_none() {
        assert_eq!(
            [0.0, 0.0004, 0.012, 1.0].map(probability),
            ["<0.001", "<0.001", "0.012", "1.000"]
        );
    }
}
