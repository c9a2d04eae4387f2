//! Plans: what labels and gold would buy, before anything is spent.

mod simulation;

pub use simulation::FrameUnit;
pub use simulation::Simulated;
pub use simulation::Simulation;
pub use simulation::simulate;

use crate::stats::ChangeVariances;
use crate::stats::GoldDesign;
use crate::stats::GoldTarget;
use crate::stats::LabeledSample;
use crate::stats::LabelerGuess;
use crate::stats::Level;
use crate::stats::PowerTarget;
use crate::stats::StatsError;
use crate::stats::UnitCosts;
use crate::stats::detectable_change;

/// How far a half width may be above the one asked for by rounding gold to whole units.
const ROUNDING: f64 = 1e-3;

/// The least share of gold that unflagged units get: what the labeler misses hides there.
const UNFLAGGED_FLOOR: f64 = 0.4;
const SECONDS_PER_HOUR: f64 = 3_600.0;

/// How many units are labeled, and how many of them get gold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanSize {
    /// Labeled units, above 0.
    pub labels: u64,
    /// Gold units, above 0 and at most the labeled ones.
    pub gold: u64,
}

/// What units cost. A cost that is not known is left out of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlanCosts {
    /// US dollars a label.
    pub label_usd: Option<f64>,
    /// US dollars a gold unit, all its raters together.
    pub gold_usd: Option<f64>,
    /// Seconds of people's time a gold unit, all its raters together.
    pub gold_seconds: Option<f64>,
}

/// What is guessed and wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanSettings {
    /// Prevalence and the labeler's error rates, guessed or from a pilot.
    pub guess: LabelerGuess,
    /// How gold is drawn.
    pub gold: PlanGold,
    /// The level of the intervals.
    pub level: Level,
    /// The power with which a change is to be seen.
    pub power: f64,
    /// What units cost.
    pub costs: PlanCosts,
}

/// How gold is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanGold {
    /// Every labeled unit alike.
    FromSample,
    /// Divided between flagged and unflagged units by Neyman's rule, with a floor for the unflagged.
    ByLabel,
}

/// What one size buys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The size.
    pub size: PlanSize,
    /// Gold expected among flagged units.
    pub gold_flagged: f64,
    /// Gold expected among unflagged units.
    pub gold_unflagged: f64,
    /// Half the width of the default interval, by the closed form.
    pub half_width: f64,
    /// The same from gold alone.
    pub gold_only_half_width: f64,
    /// The probability that gold finds none of the units the labeler misses: the upper limit then rests on nothing found.
    pub no_miss_found: f64,
    /// The smallest change between two periods of this size, drawn apart, that is seen with the wanted power.
    pub detectable_change: f64,
    /// US dollars, where both prices are known.
    pub usd: Option<f64>,
    /// Hours of people's time, where the seconds a unit are known.
    pub hours: Option<f64>,
}

/// Returns what a size buys, by closed forms for simple random samples (or samples in proportion to exposure).
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a size that is none, or more gold than labels.
///
/// # Source
///
/// Tenenbein (1970), JASA 65:1350–1361; Neyman (1938), JASA 33:101–116.
pub fn plan(size: PlanSize, settings: &PlanSettings) -> Result<Plan, StatsError> {
    if size.gold == 0 || size.gold > size.labels {
        let value = size.gold as f64;
        return Err(StatsError::OutOfRange {
            what: "a number of gold units from 1 to that of labels",
            value,
        });
    }
    let PlanSettings { guess, level, .. } = *settings;
    let labeled = LabeledSample { units: size.labels as f64, design_effect: 1.0 };
    let gold = size.gold as f64;
    let share = match settings.gold {
        PlanGold::FromSample => guess.flagged(),
        PlanGold::ByLabel => guess.flagged_share_of_gold(UNFLAGGED_FLOOR)?,
    };
    // a cell has only so many units to give
    let gold_flagged = (gold * share).min(labeled.units * guess.flagged());
    let gold_unflagged = (gold - gold_flagged).min(labeled.units * (1.0 - guess.flagged()));
    let variance = divided_variance(guess, labeled.units, [gold_flagged, gold_unflagged]);
    let half = |variance: f64| level.z() * variance.sqrt();
    let alone = guess.variance(GoldDesign::GoldOnly, labeled, gold)?;
    let variances = ChangeVariances { before: variance, after: variance, covariance: 0.0 };
    let PlanCosts { label_usd, gold_usd, gold_seconds } = settings.costs;
    Ok(Plan {
        size,
        gold_flagged,
        gold_unflagged,
        half_width: half(variance),
        gold_only_half_width: half(alone),
        no_miss_found: (1.0 - guess.false_omission()).powf(gold_unflagged),
        detectable_change: detectable_change(
            variances,
            PowerTarget { power: settings.power, level },
        )?,
        usd: label_usd.zip(gold_usd).map(|(label, of_gold)| label * labeled.units + of_gold * gold),
        hours: gold_seconds.map(|seconds| seconds * gold / SECONDS_PER_HOUR),
    })
}

/// The variance of the two-phase estimate with so much gold in each cell.
fn divided_variance(guess: LabelerGuess, labels: f64, [flagged, unflagged]: [f64; 2]) -> f64 {
    let (q, theta) = (guess.flagged(), guess.prevalence());
    let cell = |share: f64, mean: f64, gold: f64| {
        if gold > 0.0 { share.powi(2) * mean * (1.0 - mean) / gold } else { 0.0 }
    };
    theta * (1.0 - theta) * guess.explained() / labels
        + cell(q, guess.precision(), flagged)
        + cell(1.0 - q, guess.false_omission(), unflagged)
}

/// Returns the labels and gold that a budget buys when it is divided so that it goes furthest.
///
/// # Errors
///
/// Costs or a budget that are not above 0, a budget that buys no gold, a labeler without errors.
pub fn size_for_budget(
    usd: f64,
    costs: UnitCosts,
    settings: &PlanSettings,
    most_labels: Option<u64>,
) -> Result<PlanSize, StatsError> {
    let ratio = settings.guess.labeled_for_each_gold(design(settings.gold), costs)?;
    let affordable = usd / (costs.gold + ratio * costs.label);
    let labels = (ratio * affordable).floor().min(most_labels.map_or(f64::MAX, |most| most as f64));
    let gold = ((usd - labels * costs.label) / costs.gold).floor().min(labels);
    if gold >= 1.0 && gold.is_finite() {
        Ok(PlanSize { labels: labels as u64, gold: gold as u64 })
    } else {
        Err(StatsError::OutOfRange { what: "a budget that buys gold", value: usd })
    }
}

/// Returns the gold that an interval of the wanted half width needs among so many labels.
///
/// # Errors
///
/// [`StatsError::Undefined`] where the labels alone vary more than that.
pub fn size_for_half_width(
    labels: u64,
    half_width: f64,
    settings: &PlanSettings,
) -> Result<PlanSize, StatsError> {
    let labeled = LabeledSample { units: labels as f64, design_effect: 1.0 };
    let target = GoldTarget { half_width, level: settings.level };
    let gold = settings.guess.gold_needed(design(settings.gold), labeled, target)?.ceil();
    let reaches = |gold: u64| {
        let planned = plan(PlanSize { labels, gold }, settings)?;
        Ok::<_, StatsError>(planned.half_width <= half_width * (1.0 + ROUNDING))
    };
    if gold <= labels as f64 && reaches(labels)? {
        // a cell may have fewer units than its best share of gold: what it cannot take, the others must make up for
        let (mut short, mut enough) = ((gold as u64).max(1), labels);
        if reaches(short)? {
            return Ok(PlanSize { labels, gold: short });
        }
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            if reaches(middle)? { enough = middle } else { short = middle }
        }
        return Ok(PlanSize { labels, gold: enough });
    }
    Err(StatsError::Undefined {
        statistic: "gold sample size",
        reason: "it needs more gold than there are labels: label more units first",
    })
}

fn design(gold: PlanGold) -> GoldDesign {
    match gold {
        PlanGold::FromSample => GoldDesign::TwoPhaseSimple,
        PlanGold::ByLabel => GoldDesign::TwoPhaseNeyman,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GuessedRates;

    fn settings(gold: PlanGold) -> PlanSettings {
        let rates = GuessedRates { prevalence: 0.005, sensitivity: 0.85, specificity: 0.995 };
        PlanSettings {
            guess: LabelerGuess::new(rates).unwrap(),
            gold,
            level: Level::new(0.95).unwrap(),
            power: 0.8,
            costs: PlanCosts {
                label_usd: Some(0.001),
                gold_usd: Some(1.0),
                gold_seconds: Some(36.0),
            },
        }
    }

    #[test]
    fn the_published_example_of_simple_gold_comes_back() {
        // 20 % of 0.5 % from 100,000 labels needs 12,622 gold drawn at random
        let size = size_for_half_width(100_000, 0.001, &settings(PlanGold::FromSample)).unwrap();
        assert_eq!(size.gold, 12_622);
        let planned = plan(size, &settings(PlanGold::FromSample)).unwrap();
        assert!((planned.half_width - 0.001).abs() < 1e-6, "{planned:?}");
        assert!(planned.gold_only_half_width > planned.half_width);
    }

    #[test]
    fn gold_by_label_needs_less_and_keeps_its_floor() {
        let by_label = size_for_half_width(100_000, 0.001, &settings(PlanGold::ByLabel)).unwrap();
        assert!(by_label.gold < 6_000, "{by_label:?}");
        let planned = plan(by_label, &settings(PlanGold::ByLabel)).unwrap();
        assert!(planned.gold_unflagged >= 0.4 * by_label.gold as f64, "{planned:?}");
    }

    #[test]
    fn a_budget_is_spent_and_not_exceeded() {
        let costs = UnitCosts { label: 0.001, gold: 1.0 };
        for usd in [50.0, 500.0, 5_000.0] {
            let size = size_for_budget(usd, costs, &settings(PlanGold::ByLabel), None).unwrap();
            let spent = size.labels as f64 * 0.001 + size.gold as f64;
            assert!(usd - 2.0 < spent && spent <= usd, "{size:?} spends {spent} of {usd}");
        }
        assert!(size_for_budget(0.5, costs, &settings(PlanGold::ByLabel), None).is_err());
    }

    #[test]
    fn more_gold_than_labels_is_refused() {
        let size = PlanSize { labels: 10, gold: 11 };
        assert!(plan(size, &settings(PlanGold::FromSample)).is_err());
    }
}
