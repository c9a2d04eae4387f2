//! Every estimator over one joined policy, with limits that hold whatever people could not tell.

use crate::eval::CellInUse;
use crate::eval::Cells;
use crate::eval::ErrorRates;
use crate::eval::GoldDrawn;
use crate::eval::Joined;
use crate::eval::Merge;
use crate::eval::Presence;
use crate::eval::crossing;
use crate::eval::merge_thin;
use crate::gold::Cell;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::Settings;
use crate::measure::Verdict;
use crate::stats::Accuracy;
use crate::stats::Bounds;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::gold_only_across;
use crate::stats::ignorance_bounds;
use crate::stats::kg_beta;
use crate::stats::post_stratified;
use crate::stats::post_stratified_across;
use crate::stats::rogan_gladen;

/// Gold under one reading of what people could not tell, with the cells and error rates that follow from it.
pub(crate) struct Case {
    gold: Cells,
    pub(crate) used: Vec<CellInUse>,
    /// What clusters with gold in several of the cells in use add to variances.
    crossing: Crossing,
    pub(crate) merges: Vec<Merge>,
    pub(crate) rates: ErrorRates,
}

impl Case {
    pub(crate) fn of(gold: &Cells, settings: &Settings<'_>) -> Self {
        let (used, merges) = merge_thin(gold, settings.drawn);
        let crossing = crossing(gold, &used);
        let rates = ErrorRates::of(gold, settings.level);
        Self { gold: gold.clone(), used, merges, crossing, rates }
    }

    /// Returns how many times as large the first phase's variance is as if inclusions had been independent, gold being
    /// calibrated to the units of its cell.
    fn design_ratio(&self, value: f64) -> f64 {
        let scale = |cell: Cell| {
            let used = self.used.iter().find(|used| used.parts.contains(&cell))?;
            let gold = used.sums.gold().weight;
            (gold > 0.0).then(|| used.sums.labeled.weight / gold)
        };
        self.gold.gold_ratio(value, scale)
    }

    fn sums(&self) -> Vec<CellSums> {
        self.used.iter().map(|cell| cell.sums).collect()
    }
}

/// The estimates of one joined policy, each refused where a finding forbids it.
pub(crate) struct Estimates<'a> {
    pub(crate) joined: &'a Joined,
    pub(crate) settings: &'a Settings<'a>,
    /// Gold that people decided.
    pub(crate) decided: &'a Case,
    /// None and all of the gold violating on which people could not tell, where there is such gold.
    pub(crate) extremes: Option<&'a [Case; 2]>,
    pub(crate) findings: &'a [Finding],
}

impl Estimates<'_> {
    pub(crate) fn naive(&self) -> Result<Estimate, Missing> {
        if self.joined.inclusion == Presence::Some {
            return Err(Missing::Withheld(Code::MissingProbability));
        }
        if self.withheld_by(Code::MaxWeightShare) {
            return Err(Missing::Withheld(Code::MaxWeightShare));
        }
        let share = self.joined.cells.flagged_share()?;
        Ok(Estimate::of_share(&share, kg_beta(&share, self.settings.level)))
    }

    /// Returns the corrected estimate, how it was made, and how much of the variance of the truth the cells explain.
    pub(crate) fn corrected(&self) -> (Result<Estimate, Missing>, Estimator, Option<f64>) {
        let explained = || post_stratified(&self.decided.sums()).ok()?.explained;
        if nested(self.settings) {
            let estimate = self.widened(|case| self.two_phase_of(case));
            let k = estimate.is_ok().then(explained).flatten();
            (estimate, Estimator::TwoPhase, k)
        } else {
            let k = self.two_phase_of(self.decided).is_ok().then(explained).flatten();
            (self.rogan_gladen(), Estimator::RoganGladen, k)
        }
    }

    pub(crate) fn gold_only(&self) -> Result<Estimate, Missing> {
        self.widened(|case| self.gold_only_of(case))
    }

    /// Returns the estimate for comparison, from decided gold, unless it is the corrected one and has its limits widened.
    pub(crate) fn rogan_gladen(&self) -> Result<Estimate, Missing> {
        if nested(self.settings) {
            self.rogan_gladen_of(self.decided)
        } else {
            self.widened(|case| self.rogan_gladen_of(case))
        }
    }

    /// Returns the estimate from decided gold with limits that hold whatever the rest of the gold is.
    fn widened(
        &self,
        estimate: impl Fn(&Case) -> Result<Estimate, Missing>,
    ) -> Result<Estimate, Missing> {
        let mut shown = estimate(self.decided)?;
        for extreme in self.extremes.into_iter().flatten() {
            let extreme = estimate(extreme)?;
            shown.low = shown.low.min(extreme.low);
            shown.high = shown.high.max(extreme.high);
        }
        Ok(shown)
    }

    fn gold_only_of(&self, case: &Case) -> Result<Estimate, Missing> {
        self.allowed()?;
        let share = case.gold.violating_share().map_err(|_| Missing::NoGold)?;
        Ok(Estimate::of_share(&share, kg_beta(&share, self.settings.level)))
    }

    fn two_phase_of(&self, case: &Case) -> Result<Estimate, Missing> {
        self.allowed()?;
        let (sums, n) = (case.sums(), self.joined.cells.n_labeled());
        let value = post_stratified_across(&sums, &case.crossing)?.value;
        two_phase(&sums, (&case.crossing, case.design_ratio(value)), n, self.settings)
    }

    fn rogan_gladen_of(&self, case: &Case) -> Result<Estimate, Missing> {
        self.allowed()?;
        if self.settings.drawn == GoldDrawn::ByLabel {
            return Err(Missing::SameAsCorrected);
        }
        let apparent = self.joined.cells.flagged_share()?;
        let labeler = Accuracy {
            sensitivity: case.rates.sensitivity?.share.into(),
            specificity: case.rates.specificity?.share.into(),
        };
        let corrected = rogan_gladen(apparent.into(), labeler, self.settings.level)?;
        let codes = [
            (corrected.unstable, Code::RgUnstable),
            (corrected.below_false_positive_rate, Code::BelowFpr),
            (corrected.clipped(), Code::Clipped),
        ];
        let variance = corrected.std_error.powi(2);
        Ok(Estimate {
            value: corrected.shown(),
            raw: corrected.raw,
            std_error: corrected.std_error,
            low: corrected.interval.low,
            high: corrected.interval.high,
            method: corrected.interval.method,
            n_eff: Estimate::printed_size(corrected.shown(), variance, apparent.n, apparent.size),
            codes: codes.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code).collect(),
        })
    }

    /// Bounds are given where cells without gold, or gold on which people could not tell, are all that is in the way.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let mut withheld =
            self.findings.iter().filter(|finding| finding.verdict == Verdict::Withheld).peekable();
        let bounded = |code| matches!(code, Code::EmptyCell | Code::UndeterminedGold);
        withheld.peek()?;
        if !withheld.all(|finding| bounded(finding.code)) || !nested(self.settings) {
            return None;
        }
        let mut bounds = self.bounds_of(self.decided)?;
        if let Some([lowest, highest]) = self.extremes {
            let (lowest, highest) = (self.bounds_of(lowest)?, self.bounds_of(highest)?);
            (bounds.lowest, bounds.low) = (lowest.lowest, lowest.low);
            (bounds.highest, bounds.high) = (highest.highest, highest.high);
        }
        Some(bounds)
    }

    fn bounds_of(&self, case: &Case) -> Option<Bounds> {
        ignorance_bounds(&case.sums(), self.settings.level, self.settings.draws).ok()
    }

    /// Refuses what needs gold where a finding withholds the measurement.
    fn allowed(&self) -> Result<(), Missing> {
        let withheld = self.findings.iter().find(|finding| finding.verdict == Verdict::Withheld);
        withheld.map_or(Ok(()), |finding| Err(Missing::Withheld(finding.code)))
    }

    fn withheld_by(&self, code: Code) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code == code && finding.verdict == Verdict::Withheld)
    }
}

/// Returns whether gold is a subsample of the labeled units.
pub(crate) fn nested(settings: &Settings<'_>) -> bool {
    match settings.drawn {
        GoldDrawn::FromSample | GoldDrawn::ByLabel => true,
        GoldDrawn::Independent | GoldDrawn::Convenience => false,
    }
}

/// Returns the two-phase estimate of `n` labeled units in these cells, with its interval. `design` is how many times as large
/// the first phase's variance is as if inclusions had been independent.
pub(crate) fn two_phase(
    sums: &[CellSums],
    (crossing, design): (&Crossing, f64),
    n: u64,
    settings: &Settings<'_>,
) -> Result<Estimate, Missing> {
    let estimate = post_stratified_across(sums, crossing)?;
    let (value, independent) = (estimate.value, estimate.variance());
    let variance = estimate.first_phase * design + estimate.second_phase;
    let ratio = variance / independent;
    let ratio = if ratio > 0.0 && ratio.is_finite() { ratio } else { 1.0 };
    let (level, draws) = (settings.level, settings.draws);
    let interval = settings.interval.interval_by_design(sums, (crossing, ratio), level, draws)?;
    let otherwise = gold_only_across(sums, crossing)?.size;
    Ok(Estimate {
        value,
        raw: value,
        std_error: variance.sqrt(),
        low: interval.low,
        high: interval.high,
        method: interval.method,
        n_eff: Estimate::printed_size(value, variance, n, otherwise),
        codes: Vec::new(),
    })
}
