//! Scores of a two-by-two table of weight sums.

use crate::stats::StatsError;

/// The four cells of a binary table: sums of design weights, or counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryCells {
    /// Truly positive and predicted positive.
    pub true_positive: f64,
    /// Truly negative and predicted positive.
    pub false_positive: f64,
    /// Truly positive and predicted negative.
    pub false_negative: f64,
    /// Truly negative and predicted negative.
    pub true_negative: f64,
}

/// A two-by-two table. Invariant: every cell is finite and at least 0, and some cell is above 0.
///
/// With design weights each score estimates that of the population; scaling all weights changes none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryConfusion(BinaryCells);

impl BinaryConfusion {
    /// Checks the cells.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a cell that is negative or not finite, [`StatsError::NoUnits`] when all are 0.
    pub fn new(cells: BinaryCells) -> Result<Self, StatsError> {
        let all =
            [cells.true_positive, cells.false_positive, cells.false_negative, cells.true_negative];
        if let Some(value) = all.into_iter().find(|cell| !(0.0..=1e150).contains(cell)) {
            return Err(StatsError::OutOfRange { what: "a sum of weights", value });
        }
        if all.iter().sum::<f64>() > 0.0 { Ok(Self(cells)) } else { Err(StatsError::NoUnits) }
    }

    /// Returns the cells.
    #[must_use]
    pub fn cells(&self) -> BinaryCells {
        self.0
    }

    /// Returns the weight of the true positives in both predictions.
    pub(crate) fn positives(&self) -> f64 {
        self.0.true_positive + self.0.false_negative
    }

    fn negatives(&self) -> f64 {
        self.0.false_positive + self.0.true_negative
    }

    fn predicted_positives(&self) -> f64 {
        self.0.true_positive + self.0.false_positive
    }

    fn predicted_negatives(&self) -> f64 {
        self.0.false_negative + self.0.true_negative
    }

    fn total(&self) -> f64 {
        self.positives() + self.negatives()
    }

    /// Returns the share of units whose prediction is right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        (self.0.true_positive + self.0.true_negative) / self.total()
    }

    /// Returns the share of units that are truly positive.
    #[must_use]
    pub fn prevalence(&self) -> f64 {
        self.positives() / self.total()
    }

    /// Returns the share of units that are predicted positive: the apparent prevalence.
    #[must_use]
    pub fn predicted_prevalence(&self) -> f64 {
        self.predicted_positives() / self.total()
    }

    /// Returns P(predicted positive | truly positive), also called recall.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is truly positive.
    pub fn sensitivity(&self) -> Result<f64, StatsError> {
        ratio(self.0.true_positive, self.positives(), ("sensitivity", NO_POSITIVES))
    }

    /// Returns P(predicted negative | truly negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is truly negative.
    pub fn specificity(&self) -> Result<f64, StatsError> {
        ratio(self.0.true_negative, self.negatives(), ("specificity", NO_NEGATIVES))
    }

    /// Returns P(truly positive | predicted positive), also called precision.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is predicted positive.
    pub fn positive_predictive_value(&self) -> Result<f64, StatsError> {
        let value = ("positive predictive value", NONE_PREDICTED_POSITIVE);
        ratio(self.0.true_positive, self.predicted_positives(), value)
    }

    /// Returns P(truly negative | predicted negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is predicted negative.
    pub fn negative_predictive_value(&self) -> Result<f64, StatsError> {
        let value = ("negative predictive value", NONE_PREDICTED_NEGATIVE);
        ratio(self.0.true_negative, self.predicted_negatives(), value)
    }

    /// Returns P(predicted positive | truly negative), 1 - specificity.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is truly negative.
    pub fn false_positive_rate(&self) -> Result<f64, StatsError> {
        ratio(self.0.false_positive, self.negatives(), ("false positive rate", NO_NEGATIVES))
    }

    /// Returns P(predicted negative | truly positive), 1 - sensitivity.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is truly positive.
    pub fn false_negative_rate(&self) -> Result<f64, StatsError> {
        ratio(self.0.false_negative, self.positives(), ("false negative rate", NO_POSITIVES))
    }

    /// Returns P(truly negative | predicted positive), 1 - positive predictive value.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is predicted positive.
    pub fn false_discovery_rate(&self) -> Result<f64, StatsError> {
        let value = ("false discovery rate", NONE_PREDICTED_POSITIVE);
        ratio(self.0.false_positive, self.predicted_positives(), value)
    }

    /// Returns P(truly positive | predicted negative), 1 - negative predictive value.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is predicted negative.
    pub fn false_omission_rate(&self) -> Result<f64, StatsError> {
        let value = ("false omission rate", NONE_PREDICTED_NEGATIVE);
        ratio(self.0.false_negative, self.predicted_negatives(), value)
    }

    /// Returns F-beta, in which sensitivity counts `beta` times as much as precision.
    ///
    /// `(1 + beta^2) TP / ((1 + beta^2) TP + beta^2 FN + FP)`; beta = 1 is the harmonic mean of both.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] unless `beta` is above 0 (and at most 1e6), [`StatsError::Undefined`] when no unit
    /// is positive, truly or as predicted.
    ///
    /// # Source
    ///
    /// van Rijsbergen (1979), Information Retrieval, ch. 7.
    pub fn f_beta(&self, beta: f64) -> Result<f64, StatsError> {
        if !(beta > 0.0 && beta <= 1e6) {
            return Err(StatsError::OutOfRange { what: "a beta above 0", value: beta });
        }
        let square = beta * beta;
        let hits = (1.0 + square) * self.0.true_positive;
        let all = hits + square * self.0.false_negative + self.0.false_positive;
        ratio(hits, all, ("the F score", NOTHING_POSITIVE))
    }

    /// Returns Jaccard's index, TP / (TP + FP + FN).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when no unit is positive, truly or as predicted.
    ///
    /// # Source
    ///
    /// Jaccard (1901), Bull. Soc. Vaud. Sci. Nat. 37:547–579.
    pub fn jaccard(&self) -> Result<f64, StatsError> {
        let all = self.positives() + self.0.false_positive;
        ratio(self.0.true_positive, all, ("Jaccard's index", NOTHING_POSITIVE))
    }

    /// Returns the mean of sensitivity and specificity.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when either is.
    pub fn balanced_accuracy(&self) -> Result<f64, StatsError> {
        Ok((self.sensitivity()? + self.specificity()?) / 2.0)
    }

    /// Returns Youden's index J, sensitivity + specificity - 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when either is.
    ///
    /// # Source
    ///
    /// Youden (1950), Cancer 3:32–35.
    pub fn youden(&self) -> Result<f64, StatsError> {
        Ok(self.sensitivity()? - self.false_positive_rate()?)
    }

    /// Returns Matthews' correlation of truth and prediction (phi).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when truth or prediction does not vary; scikit-learn answers 0 there.
    ///
    /// # Source
    ///
    /// Matthews (1975), Biochim. Biophys. Acta 405:442–451.
    pub fn matthews(&self) -> Result<f64, StatsError> {
        let w = self.total();
        let (tp, fp) = (self.0.true_positive / w, self.0.false_positive / w);
        let (fn_, tn) = (self.0.false_negative / w, self.0.true_negative / w);
        let margins = ((tp + fn_) * (fp + tn)).sqrt() * ((tp + fp) * (fn_ + tn)).sqrt();
        ratio(tp * tn - fp * fn_, margins, ("Matthews' correlation", NO_VARIATION))
    }

    /// Returns Cohen's kappa between truth and prediction, 1 - observed / expected disagreement.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when chance alone agrees fully: all units in one class, truly and as predicted.
    ///
    /// # Source
    ///
    /// Cohen (1960), Educ. Psychol. Meas. 20:37–46.
    pub fn kappa(&self) -> Result<f64, StatsError> {
        let w = self.total();
        let observed = (self.0.false_positive + self.0.false_negative) / w;
        let expected = self.positives() / w * (self.predicted_negatives() / w)
            + self.negatives() / w * (self.predicted_positives() / w);
        Ok(1.0 - ratio(observed, expected, ("kappa", CHANCE_AGREES))?)
    }

    /// Returns the positive likelihood ratio, sensitivity / (1 - specificity).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without true positives or negatives in the data, or without false positives
    /// (the ratio is then infinite, or 0/0).
    pub fn likelihood_ratio_positive(&self) -> Result<f64, StatsError> {
        let value = ("the positive likelihood ratio", "there are no false positives");
        ratio(self.sensitivity()?, self.false_positive_rate()?, value)
    }

    /// Returns the negative likelihood ratio, (1 - sensitivity) / specificity.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without truly positive or negative units, or without true negatives.
    pub fn likelihood_ratio_negative(&self) -> Result<f64, StatsError> {
        let value = ("the negative likelihood ratio", "there are no true negatives");
        ratio(self.false_negative_rate()?, self.specificity()?, value)
    }

    /// Returns the diagnostic odds ratio, TP TN / (FP FN).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without false positives or without false negatives.
    ///
    /// # Source
    ///
    /// Glas et al. (2003), J. Clin. Epidemiol. 56:1129–1135.
    pub fn diagnostic_odds_ratio(&self) -> Result<f64, StatsError> {
        let w = self.total();
        let hits = self.0.true_positive / w * (self.0.true_negative / w);
        let misses = self.0.false_positive / w * (self.0.false_negative / w);
        let reason = "there are no false positives or no false negatives";
        ratio(hits, misses, ("the diagnostic odds ratio", reason))
    }
}

pub(super) const NO_POSITIVES: &str = "no unit is truly positive";
pub(super) const NO_NEGATIVES: &str = "no unit is truly negative";
pub(super) const NONE_PREDICTED_POSITIVE: &str = "no unit is predicted positive";
pub(super) const NONE_PREDICTED_NEGATIVE: &str = "no unit is predicted negative";
pub(super) const NOTHING_POSITIVE: &str = "no unit is positive, truly or as predicted";
pub(super) const NO_VARIATION: &str = "truth or prediction is the same for every unit";
pub(super) const CHANCE_AGREES: &str = "every unit is of one class, truly and as predicted";

/// Divides, or says why the named statistic (with its reason) is undefined.
pub(super) fn ratio(
    part: f64,
    whole: f64,
    (statistic, reason): (&'static str, &'static str),
) -> Result<f64, StatsError> {
    if whole > 0.0 { Ok(part / whole) } else { Err(StatsError::Undefined { statistic, reason }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table([tp, fp, fn_, tn]: [f64; 4]) -> BinaryConfusion {
        BinaryConfusion::new(BinaryCells {
            true_positive: tp,
            false_positive: fp,
            false_negative: fn_,
            true_negative: tn,
        })
        .unwrap()
    }

    #[test]
    fn cells_that_are_no_sums_of_weights_are_refused() {
        let cells = table([1.0; 4]).cells();
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(BinaryConfusion::new(BinaryCells { true_negative: value, ..cells }).is_err());
        }
    }

    #[test]
    fn a_labeler_that_never_flags_has_no_precision_and_no_correlation() {
        let never = table([0.0, 0.0, 6.0, 94.0]);
        assert!(never.positive_predictive_value().is_err());
        assert!(never.matthews().is_err());
        assert!(never.kappa().unwrap().abs() < 1e-12);
        assert!(never.f_beta(1.0).unwrap().abs() < 1e-12);
        assert!(never.f_beta(0.0).is_err() && never.f_beta(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn scaling_the_weights_changes_no_score(cells in prop::array::uniform4(0.1f64..50.0), scale in 1e-3f64..1e3) {
            let (a, b) = (table(cells), table(cells.map(|cell| cell * scale)));
            for score in [BinaryConfusion::kappa, BinaryConfusion::matthews, BinaryConfusion::jaccard,
                BinaryConfusion::youden, BinaryConfusion::diagnostic_odds_ratio] {
                let (a, b) = (score(&a).unwrap(), score(&b).unwrap());
                prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{a} {b}");
            }
        }

        #[test]
        fn the_odds_ratio_is_the_ratio_of_the_likelihood_ratios(cells in prop::array::uniform4(0.1f64..50.0)) {
            let table = table(cells);
            let ratio = table.likelihood_ratio_positive().unwrap() / table.likelihood_ratio_negative().unwrap();
            prop_assert!((table.diagnostic_odds_ratio().unwrap() / ratio - 1.0).abs() < 1e-9);
        }

        #[test]
        fn the_square_of_matthews_is_informedness_times_markedness(cells in prop::array::uniform4(0.1f64..50.0)) {
            let table = table(cells);
            let marked = table.positive_predictive_value().unwrap() - table.false_omission_rate().unwrap();
            let product = table.youden().unwrap() * marked;
            prop_assert!((table.matthews().unwrap().powi(2) - product).abs() < 1e-9);
        }
    }
}
