//! The one line that says it all: the estimate, its interval, its verdict and what it rests on.

use crate::measure::GoalVerdict;
use crate::measure::JudgedGoal;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Span;
use crate::measure::Verdict;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::number::percent;
use crate::report::rows::reason;
use crate::stats::Bounds;

/// The level that goes without saying.
const USUAL_LEVEL: f64 = 0.95;

/// Returns a measurement in one line.
///
/// ```text
/// self-harm 0.41 % [0.33, 0.52] of views · publishable · naive 0.76 % · 20,000 labels, 600 gold
/// harassment withheld (S006 empty_cell) · naive 3.2 % · between 1.9 and 12.4 % of views · 900 labels, 260 gold
/// ```
///
/// The estimate comes first, or the reason why there is none; a verdict that is not `publishable` names its codes.
#[must_use]
pub fn summary_line(measured: &PolicyPrevalence) -> String {
    let mut parts = vec![format!("{} {}", subject(measured), headline(measured))];
    if measured.corrected.is_ok() {
        parts.push(verdict(measured));
    }
    if let Some(judged) = &measured.goal {
        parts.push(goal(judged));
    }
    if let Ok(naive) = &measured.naive {
        parts.push(format!("naive {}", percent(naive.value)));
    }
    if let (Err(_), Some(bounds)) = (&measured.corrected, measured.bounds) {
        parts.push(format!("{} of {}", between(bounds), of_what(measured)));
    }
    let labels = if measured.n == 1 { "label" } else { "labels" };
    parts.push(format!("{} {labels}, {} gold", count(measured.n), count(measured.m)));
    if (measured.level.value() - USUAL_LEVEL).abs() > 1e-9 {
        parts.push(format!("level {}", level(measured.level.value())));
    }
    parts.join(" · ")
}

/// Returns what was measured.
fn subject(measured: &PolicyPrevalence) -> String {
    let policy = clean(&measured.subject.policy);
    period(measured).map_or(policy.clone(), |period| format!("{policy} in {period}:"))
}

/// Returns the period where there are several, so that one number never passes for another.
pub(super) fn period(measured: &PolicyPrevalence) -> Option<String> {
    let name = clean(measured.subject.period.as_deref().unwrap_or_default());
    match measured.subject.span {
        Span::Only => None,
        Span::OneOfSeveral => Some(name),
        Span::Pooled(n) => Some(format!("{name} ({n} periods pooled)")),
    }
}

/// Returns a goal with its verdict: `goal below 0.5 % met`.
pub(super) fn goal(judged: &JudgedGoal) -> String {
    let verdict = match judged.verdict {
        GoalVerdict::Met => " met",
        GoalVerdict::NotMet => " not met",
        GoalVerdict::CannotBeTold => ": cannot be told",
    };
    format!("goal {}{verdict}", judged.goal)
}

fn headline(measured: &PolicyPrevalence) -> String {
    match &measured.corrected {
        Ok(estimate) => {
            let decimals = Decimals::of(estimate.value, Some((estimate.low, estimate.high)));
            format!(
                "{} {} of {}",
                decimals.percent(estimate.value),
                decimals.interval(estimate.low, estimate.high),
                of_what(measured)
            )
        }
        Err(missing) if measured.verdict == Verdict::Withheld => {
            if deciding(measured).is_empty() {
                reason(missing)
            } else {
                verdict(measured)
            }
        }
        Err(missing) => reason(missing),
    }
}

/// Returns the verdict with the codes that made it so: in full when it is one, by number when they are more.
pub(super) fn verdict(measured: &PolicyPrevalence) -> String {
    let codes = deciding(measured);
    match codes.as_slice() {
        [] => measured.verdict.name().to_owned(),
        [only] => format!("{} ({only})", measured.verdict),
        more => {
            let ids: Vec<&str> =
                more.iter().filter_map(|code| code.split_whitespace().next()).collect();
            format!("{} ({})", measured.verdict, ids.join(", "))
        }
    }
}

/// Returns the codes that keep the measurement from a better verdict: `S008 thin_gold`.
fn deciding(measured: &PolicyPrevalence) -> Vec<String> {
    if measured.verdict == Verdict::Publishable {
        return Vec::new();
    }
    let decisive = measured.findings.iter().filter(|finding| finding.verdict == measured.verdict);
    let named: Vec<String> =
        decisive.map(|finding| format!("{} {}", finding.code, finding.code.name())).collect();
    match (&measured.corrected, named.is_empty()) {
        (Err(Missing::Withheld(code)), true) => vec![format!("{code} {}", code.name())],
        _ => named,
    }
}

/// Returns the worst cases in words, sampling error included.
pub(super) fn between(bounds: Bounds) -> String {
    let decimals = Decimals::of(bounds.low, Some((bounds.low, bounds.high)));
    let decimals = decimals.min(Decimals::of(bounds.high, Some((bounds.low, bounds.high))));
    format!("between {} and {}", decimals.number(bounds.low), decimals.percent(bounds.high))
}

/// Returns what the shares are shares of: `units` where each weighs the same, `views` otherwise.
pub(super) fn of_what(measured: &PolicyPrevalence) -> &'static str {
    let n = measured.n as f64;
    let alike = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b;
    let each_is_one = alike(measured.exposure, n);
    // a uniform sample whose largest weight is the mean weight has units of one exposure
    let each_weighs_the_same =
        measured.design == "uniform" && alike(measured.max_weight_share * n, 1.0);
    if each_is_one || each_weighs_the_same { "units" } else { "views" }
}
