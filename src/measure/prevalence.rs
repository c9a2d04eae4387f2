//! Corrected prevalence for one policy: every estimate or the reason it is missing, and one verdict.

use crate::eval::Calibration;
use crate::eval::CalibrationError;
use crate::eval::CellInUse;
use crate::eval::ErrorRates;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Joined;
use crate::eval::LabeledUnit;
use crate::eval::Merge;
use crate::eval::OutcomeShare;
use crate::eval::Quality;
use crate::eval::Stated;
use crate::eval::calibration;
use crate::eval::join;
use crate::measure::Calibrated;
use crate::measure::Classes;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Floor;
use crate::measure::Goal;
use crate::measure::GoldError;
use crate::measure::JudgedGoal;
use crate::measure::Missing;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::Verdict;
use crate::measure::estimates::Case;
use crate::measure::estimates::Estimates;
use crate::measure::estimates::nested;
use crate::measure::findings::Evidence;
use crate::reply::Outcome;
use crate::stats::Bounds;
use crate::stats::Draws;
use crate::stats::Level;
use crate::unit::Design;
use std::collections::BTreeMap;

/// The prevalence of one policy's violations, with all that is needed to defend or refuse it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPrevalence {
    /// What was measured.
    pub subject: Subject,
    /// What may be done with it.
    pub verdict: Verdict,
    /// Everything to know about it, in the order of the codes.
    pub findings: Vec<Finding>,
    /// Share of exposure that the labeler flags. A unit without an answer counts as not flagged.
    pub naive: Result<Estimate, Missing>,
    /// The corrected prevalence, by `corrected_by`.
    pub corrected: Result<Estimate, Missing>,
    /// The estimator of `corrected`: two-phase, or Rogan-Gladen where gold is independent of the sample.
    pub corrected_by: Estimator,
    /// Gold alone.
    pub gold_only: Result<Estimate, Missing>,
    /// Error rates inverted: model-dependent, and beside the corrected estimate for comparison only.
    pub rogan_gladen: Result<Estimate, Missing>,
    /// What errors of the gold itself do to the corrected estimate, where something is known of them.
    pub gold_error: Option<GoldError>,
    /// Where a cell has exposure and no gold: worst cases and missing at random.
    pub bounds: Option<Bounds>,
    /// What may hide among unflagged units in which gold found nothing.
    pub floor: Option<Floor>,
    /// Labeled units.
    pub n: u64,
    /// Gold units.
    pub m: u64,
    /// How much of the variance of the truth the cells explain: K, the squared correlation of label and truth.
    pub k: Option<f64>,
    /// The cells of the estimate.
    pub cells: Vec<CellRow>,
    /// What was merged to form them.
    pub merges: Vec<Merge>,
    /// The labeler's error rates.
    pub rates: ErrorRates,
    /// Sensitivity + specificity - 1.
    pub youden: Option<f64>,
    /// The labeler's errors beyond its rates: weighted confusion, agreement with gold.
    pub quality: Result<Quality, Missing>,
    /// How well the probabilities that the labeler stated fit gold; `None` where it stated none, and for segments.
    pub calibration: Option<Result<Calibration, CalibrationError>>,
    /// Gold units by what the labeler said and by gold label; not weighted.
    pub confusion: BTreeMap<(String, String), u64>,
    /// Every outcome that occurred.
    pub outcomes: BTreeMap<Outcome, OutcomeShare>,
    /// Share of the exposure without an answer.
    pub non_answer_share: f64,
    /// Share of the exposure that was certain to be sampled; 1 in a census.
    pub certainty_share: f64,
    /// The largest share of the exposure that one unit stands for, certain units aside.
    pub max_weight_share: f64,
    /// The estimated exposure of the population.
    pub exposure: f64,
    /// The design that drew the labeled units: `census`, `uniform`, `poisson`, `priority`, or several joined by `+`.
    pub design: String,
    /// How gold was drawn.
    pub drawn: GoldDrawn,
    /// The age of the oldest gold, where every age is known.
    pub gold_age_days: Option<f64>,
    /// The level of every interval.
    pub level: Level,
    /// The draws of simulated intervals.
    pub draws: Draws,
    /// What the prevalence should be, and whether it is.
    pub goal: Option<JudgedGoal>,
    /// The known totals that exposures were calibrated to; set by whoever calibrated them.
    pub calibrated: Option<Calibrated>,
    /// Whether it may still change with gold that is yet to come; `None` where nobody said how long that takes.
    pub status: Option<Status>,
    /// The share of every label, where it was asked for.
    pub classes: Option<Classes>,
}

/// Whether a period's estimate may still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Gold may still come.
    Preliminary,
    /// The time for gold is over; a change from here on is a restatement.
    Final,
}

impl Status {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preliminary => "preliminary",
            Self::Final => "final",
        }
    }
}

/// One cell of the estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct CellRow {
    /// The names of its parts joined by `+`.
    pub name: String,
    /// Its units.
    pub n: u64,
    /// Its gold units.
    pub gold: u64,
    /// Its violating gold units.
    pub positives: u64,
    /// Its share of the exposure.
    pub share: f64,
    /// The share of violating exposure in it, where it has gold.
    pub positive_share: Option<f64>,
}

/// Measures the prevalence of one policy's violations.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows. What the rows cannot tell is no error but a missing estimate with its reason.
pub fn prevalence(
    subject: &Subject,
    units: &[LabeledUnit<'_>],
    gold: &[GoldLabel<'_>],
    settings: &Settings<'_>,
) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    measured(subject, Rows { units, gold, stated: None }, settings)
}

/// Measures the prevalence, and how well stated probabilities fit gold where there are any.
pub(crate) fn measured(
    subject: &Subject,
    Rows { units, gold, stated }: Rows<'_>,
    settings: &Settings<'_>,
) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    let joined = join(units, gold, settings.positive, settings.drawn)?;
    let asked = (settings.level, settings.draws.seed());
    let calibrated = |stated: Result<&Stated, &CalibrationError>| match stated {
        Ok(stated) => calibration(&joined.verified, gold, stated, asked),
        Err(error) => Err(error.clone()),
    };
    let calibration = stated.map(calibrated);
    let mut measured = measure(subject, joined, settings);
    measured.calibration = calibration;
    measured.judge(settings.goal);
    Ok(measured)
}

pub(crate) fn measure(
    subject: &Subject,
    joined: Joined,
    settings: &Settings<'_>,
) -> PolicyPrevalence {
    let decided = Case::of(&joined.cells, settings);
    let extremes = joined.undetermined.as_ref().map(|undetermined| {
        [&undetermined.lowest, &undetermined.highest].map(|cells| Case::of(cells, settings))
    });
    let exposure = joined.cells.exposure();
    // what people could not tell may hide among unflagged units too
    let [_, most] = extremes.as_ref().map_or([&decided; 2], |extremes| extremes.each_ref());
    let floor = nested(settings).then(|| Floor::of(&most.used, exposure, settings.level)).flatten();
    let (cells, merges) = (&decided.used, &decided.merges);
    let evidence = Evidence { joined: &joined, settings, cells, merges, floor };
    let mut findings = evidence.findings();
    let estimates = Estimates {
        joined: &joined,
        settings,
        decided: &decided,
        extremes: extremes.as_ref(),
        findings: &findings,
    };
    let (naive, gold_only) = (estimates.naive(), estimates.gold_only());
    let (rogan_gladen, bounds) = (estimates.rogan_gladen(), estimates.bounds());
    let (corrected, corrected_by, k) = estimates.corrected();
    if settings.drawn == GoldDrawn::Independent {
        add_rogan_gladen(&mut findings, &rogan_gladen);
    }
    let share = |weight: f64| if exposure > 0.0 { weight / exposure } else { 0.0 };
    let all = joined.cells.all();
    PolicyPrevalence {
        subject: subject.clone(),
        verdict: findings
            .iter()
            .map(|finding| finding.verdict)
            .max()
            .unwrap_or(Verdict::Publishable),
        findings,
        naive,
        corrected,
        corrected_by,
        gold_only,
        rogan_gladen,
        gold_error: None,
        bounds,
        floor,
        n: joined.cells.n_labeled(),
        m: joined.cells.n_gold(),
        k,
        cells: cells.iter().map(|cell| cell_row(cell, exposure)).collect(),
        merges: decided.merges,
        youden: youden(&decided.rates),
        quality: Ok(Quality::with_rates(&joined.verified, decided.rates, settings.level)),
        calibration: None,
        rates: decided.rates,
        non_answer_share: share(joined.cells.no_answer.labeled.weight),
        certainty_share: share(all.iter().map(|cell| cell.labeled.certain).sum()),
        max_weight_share: share(all.iter().map(|cell| cell.labeled.largest).fold(0.0, f64::max)),
        exposure,
        design: design(&joined),
        drawn: settings.drawn,
        gold_age_days: joined.oldest_gold_days,
        level: settings.level,
        draws: settings.draws,
        goal: None,
        calibrated: None,
        status: None,
        classes: None,
        confusion: joined.confusion,
        outcomes: joined.outcomes,
    }
}

impl PolicyPrevalence {
    /// Says that exposures were calibrated, in the name of the design too, so that no table hides it.
    #[must_use]
    pub fn calibrated_to(mut self, calibrated: Option<&Calibrated>) -> Self {
        if let Some(calibrated) = calibrated {
            self.design = format!("{}, calibrated to {}", self.design, calibrated.name());
            self.calibrated = Some(calibrated.clone());
        }
        self
    }

    /// Holds the measurement against a goal, where there is one.
    pub(crate) fn judge(&mut self, goal: Option<Goal>) {
        self.goal = goal.map(|goal| goal.judged(self));
    }
}

/// Adds what Rogan and Gladen's estimator says about itself where it is the corrected estimate.
fn add_rogan_gladen(findings: &mut Vec<Finding>, estimate: &Result<Estimate, Missing>) {
    match estimate {
        Ok(estimate) => findings.extend(estimate.codes.iter().map(|code| {
            Finding::new(*code, format!("the estimate came out as {:.4}", estimate.raw))
        })),
        Err(Missing::Undefined(error)) => {
            findings.push(Finding::new(Code::RgUndefined, error.to_string()))
        }
        Err(
            Missing::Withheld(_)
            | Missing::NoGold
            | Missing::SameAsCorrected
            | Missing::SeveralLabelers
            | Missing::NotSeen { .. }
            | Missing::Suppressed { .. },
        ) => {}
    }
    findings.sort_by_key(|finding| finding.code);
}

fn youden(rates: &ErrorRates) -> Option<f64> {
    Some(rates.sensitivity.ok()?.share.value + rates.specificity.ok()?.share.value - 1.0)
}

fn design(joined: &Joined) -> String {
    let names: Vec<&str> = joined.designs.iter().map(|design| design.name()).collect();
    if names.is_empty() { Design::Census.name().to_owned() } else { names.join("+") }
}

fn cell_row(cell: &CellInUse, exposure: f64) -> CellRow {
    CellRow {
        name: cell.name(),
        n: cell.sums.labeled.count,
        gold: cell.sums.gold().count,
        positives: cell.sums.positives.count,
        share: cell.sums.labeled.weight / exposure,
        positive_share: cell.sums.positive_share().ok().map(|share| share.value),
    }
}
