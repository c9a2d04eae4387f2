//! Did the labeler's error rates move between periods with gold?

use crate::eval::ErrorRate;
use crate::eval::ErrorRates;
use crate::measure::Code;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;
use crate::measure::breaks::Standards;
use crate::stats::Adjustment;
use crate::stats::Homogeneity;
use crate::stats::Level;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::adjust_p_values;
use crate::stats::homogeneity;

/// Chi-squared tests of whether each error rate is the same in several periods of one labeler and one standard.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The policy's id.
    pub policy: String,
    /// The periods compared, in order.
    pub periods: Vec<String>,
    /// One test a rate, for the rates that every one of these periods has.
    pub rates: Vec<RateDrift>,
    /// What the adjusted p-values are held against.
    pub level: Level,
}

/// The test of one error rate.
#[derive(Debug, Clone, PartialEq)]
pub struct RateDrift {
    /// `sensitivity`, `specificity`, `precision` or `false_omission`.
    pub rate: &'static str,
    /// Its value in each period.
    pub values: Vec<f64>,
    /// The test.
    pub test: Homogeneity,
    /// Its p-value, adjusted for the number of rates (Holm).
    pub adjusted: f64,
}

type RateOf = fn(&ErrorRates) -> Result<ErrorRate, StatsError>;

const RATES: [(&str, RateOf); 4] = [
    ("sensitivity", |rates| rates.sensitivity),
    ("specificity", |rates| rates.specificity),
    ("precision", |rates| rates.precision),
    ("false_omission", |rates| rates.false_omission),
];

/// Tests the periods that have gold and share labeler and standard with the last one that has.
pub(crate) fn drift(parts: &[PeriodRows<'_>], measured: &[PolicyPrevalence]) -> Option<Drift> {
    let golden: Vec<(&PeriodRows<'_>, &PolicyPrevalence)> = parts
        .iter()
        .zip(measured)
        .filter(|(_, measured)| measured.m > 0 && !measured.has(Code::ConvenienceGold))
        .collect();
    let (last, _) = golden.last().copied()?;
    let alike = |part: &PeriodRows<'_>| {
        let standards = Standards::of(part, last);
        standards.same_standard() && standards.same_labeler()
    };
    let alike: Vec<&PolicyPrevalence> =
        golden.iter().filter(|(part, _)| alike(part)).map(|(_, measured)| *measured).collect();
    if alike.len() < 2 {
        return None;
    }
    let mut rates: Vec<RateDrift> = RATES.iter().filter_map(|rate| tested(*rate, &alike)).collect();
    let p_values: Vec<f64> = rates.iter().map(|rate| rate.test.p_value).collect();
    let adjusted = adjust_p_values(&p_values, Adjustment::Holm).ok()?;
    for (rate, adjusted) in rates.iter_mut().zip(adjusted) {
        rate.adjusted = adjusted;
    }
    let name = |measured: &&PolicyPrevalence| measured.subject.period.clone().unwrap_or_default();
    (!rates.is_empty()).then(|| Drift {
        policy: last.subject.policy.clone(),
        periods: alike.iter().map(name).collect(),
        rates,
        level: last.settings.level,
    })
}

fn tested((rate, of): (&'static str, RateOf), periods: &[&PolicyPrevalence]) -> Option<RateDrift> {
    let shares: Vec<Share> = periods
        .iter()
        .map(|measured| of(&measured.rates).map(|rate| rate.share))
        .collect::<Result<_, _>>()
        .ok()?;
    let test = homogeneity(&shares).ok()?;
    let values = shares.iter().map(|share| share.value).collect();
    Some(RateDrift { rate, values, test, adjusted: test.p_value })
}

impl Drift {
    /// Returns the rates that moved, at the level of the intervals.
    pub fn moved(&self) -> impl Iterator<Item = &RateDrift> {
        let alpha = 1.0 - self.level.value();
        self.rates.iter().filter(move |rate| rate.adjusted <= alpha)
    }

    /// Tells the last period of rates that moved. An estimate from the period's own gold is none the worse for it; one from
    /// other periods' error rates is provisional.
    pub(crate) fn tell(&self, measured: &mut PolicyPrevalence) {
        let named: Vec<String> = self.moved().map(|rate| self.detail(rate)).collect();
        if named.is_empty() {
            return;
        }
        let carried = measured.is_carried() || measured.corrected_by == Estimator::Hybrid;
        let verdict = if carried { Verdict::Provisional } else { Verdict::Publishable };
        let detail = named.join("; ");
        measured.add(Finding { code: Code::DriftInErrorRates, verdict, detail });
    }

    fn detail(&self, rate: &RateDrift) -> String {
        let percent = |value: &f64| format!("{:.1}", 100.0 * value);
        let values: Vec<String> = rate.values.iter().map(percent).collect();
        let (name, test) = (rate.rate.replace('_', " "), rate.test);
        format!(
            "{name} {} % over {} (chi-squared {:.1}, {} df, Holm p {:.2e})",
            values.join(", "),
            self.periods.join(", "),
            test.statistic,
            test.degrees,
            rate.adjusted
        )
    }
}
