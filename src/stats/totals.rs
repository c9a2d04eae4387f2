//! Factors that bring the weights of a sample to known totals: post-stratification, and raking for several margins.

use crate::stats::StatsError;

/// Rounds of fitting at most, and the relative precision to which totals are met.
const MOST_ROUNDS: u32 = 5_000;
const PRECISION: f64 = 1e-10;

/// A classification of the units and the totals that are known for some of its classes.
#[derive(Debug, Clone, Copy)]
pub struct MarginTotals<'a> {
    /// The class of each unit, an index into `totals`.
    pub classes: &'a [u32],
    /// The known total of each class, above 0; `None` where it is unknown or not to be met.
    pub totals: &'a [Option<f64>],
}

/// Returns the factor of each unit with which the weights meet every total.
///
/// With one margin it is `T_c / sum of the weights of c` (post-stratification); with several, the margins are fitted in turn until
/// all are met (raking, or iterative proportional fitting), which changes weights as little as possible in entropy.
/// A class without a total is moved by the other margins alone; a total without a unit cannot be met and is left out.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] for margins of other units; [`StatsError::OutOfRange`] for a total that is not above 0 or a class
/// that no list has; [`StatsError::NoConvergence`] where no weights meet all totals.
///
/// # Source
///
/// Holt & Smith (1979), J. R. Stat. Soc. A 142:33–46; Deming & Stephan (1940), Ann. Math. Stat. 11:427–444.
pub fn calibration_factors(
    weights: &[f64],
    margins: &[MarginTotals<'_>],
) -> Result<Vec<f64>, StatsError> {
    margins.iter().try_for_each(|margin| margin.check(weights.len()))?;
    let mut factors = vec![1.0; weights.len()];
    let mut change = f64::INFINITY;
    for _ in 0..MOST_ROUNDS {
        change = 0.0;
        for margin in margins {
            let moves = margin.moves(weights, &factors);
            for (factor, class) in factors.iter_mut().zip(margin.classes) {
                *factor *= moves[*class as usize];
            }
            change = moves.iter().fold(change, |most: f64, step| most.max((step - 1.0).abs()));
        }
        if change <= PRECISION || (margins.len() == 1 && change.is_finite()) {
            return Ok(factors);
        }
    }
    Err(StatsError::NoConvergence { iterations: MOST_ROUNDS, change })
}

impl MarginTotals<'_> {
    fn check(&self, n: usize) -> Result<(), StatsError> {
        if self.classes.len() != n {
            return Err(StatsError::LengthsDiffer { left: n, right: self.classes.len() });
        }
        let known = self.totals.iter().flatten();
        if let Some(total) = known.copied().find(|total| !(*total > 0.0 && total.is_finite())) {
            return Err(StatsError::OutOfRange { what: "a known total above 0", value: total });
        }
        match self.classes.iter().find(|class| self.totals.len() <= **class as usize) {
            None => Ok(()),
            Some(class) => Err(StatsError::OutOfRange {
                what: "the index of a class of the margin",
                value: f64::from(*class),
            }),
        }
    }

    /// Returns what each class's weights are to be multiplied by.
    fn moves(&self, weights: &[f64], factors: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.totals.len()];
        for ((class, weight), factor) in self.classes.iter().zip(weights).zip(factors) {
            sums[*class as usize] += weight * factor;
        }
        let one = |(total, sum): (&Option<f64>, f64)| match total {
            Some(total) if sum > 0.0 => total / sum,
            Some(_) | None => 1.0,
        };
        self.totals.iter().zip(sums).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::KnownMargin;
    use crate::stats::Lonely;
    use crate::stats::RakedResiduals;
    use crate::stats::SampleStructure;
    use crate::stats::Selection;
    use crate::stats::SurveyDesign;
    use crate::stats::SurveySample;

    const WEIGHTS: [f64; 6] = [10.0, 20.0, 5.0, 8.0, 12.0, 9.0];
    const SURFACE: [u32; 6] = [0, 0, 1, 1, 0, 1];
    const COUNTRY: [u32; 6] = [0, 1, 0, 1, 2, 2];

    #[test]
    fn one_margin_is_met_at_once() {
        let totals = [Some(84.0), Some(11.0)];
        let margin = MarginTotals { classes: &SURFACE, totals: &totals };
        let factors = calibration_factors(&WEIGHTS, &[margin]).unwrap();
        let expected = [2.0, 2.0, 0.5, 0.5, 2.0, 0.5];
        assert!(factors.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{factors:?}");
    }

    #[test]
    fn several_margins_are_raked_as_the_survey_estimators_do() {
        let (surface, country) = ([60.0, 30.0], [30.0, 35.0, 25.0]);
        let some = |totals: &[f64]| totals.iter().map(|total| Some(*total)).collect::<Vec<_>>();
        let (a, b) = (some(&surface), some(&country));
        let margins = [
            MarginTotals { classes: &SURFACE, totals: &a },
            MarginTotals { classes: &COUNTRY, totals: &b },
        ];
        let factors = calibration_factors(&WEIGHTS, &margins).unwrap();
        let structure = SampleStructure::elements(6).unwrap();
        let design =
            SurveyDesign::new(structure, Selection::WithReplacement, Lonely::Refuse).unwrap();
        let known = |classes: &[u32], totals: &[f64]| KnownMargin {
            cells: classes.iter().map(|class| *class as usize).collect(),
            totals: totals.to_vec(),
        };
        let known = [known(&SURFACE, &surface), known(&COUNTRY, &country)];
        let raked = SurveySample::new(design, WEIGHTS.to_vec())
            .unwrap()
            .raked(&known, RakedResiduals::Weighted)
            .unwrap();
        for ((factor, weight), expected) in factors.iter().zip(WEIGHTS).zip(raked.weights()) {
            assert!((factor * weight - expected).abs() < 1e-8, "{factor} {weight} {expected}");
        }
    }

    #[test]
    fn a_class_without_a_total_is_left_to_the_other_margins() {
        let totals = [Some(84.0), None];
        let margin = MarginTotals { classes: &SURFACE, totals: &totals };
        let factors = calibration_factors(&WEIGHTS, &[margin]).unwrap();
        assert!((factors[2] - 1.0).abs() < 1e-12 && (factors[0] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn totals_that_no_weights_meet_are_an_error() {
        let (a, b) = ([Some(60.0), Some(30.0)], [Some(70.0), Some(35.0), Some(25.0)]);
        let margins = [
            MarginTotals { classes: &SURFACE, totals: &a },
            MarginTotals { classes: &COUNTRY, totals: &b },
        ];
        let error = calibration_factors(&WEIGHTS, &margins).unwrap_err();
        assert!(matches!(error, StatsError::NoConvergence { .. }), "{error}");
        let wrong = MarginTotals { classes: &SURFACE, totals: &[Some(0.0), None] };
        assert!(calibration_factors(&WEIGHTS, &[wrong]).is_err());
        assert!(calibration_factors(&WEIGHTS[..5], &[wrong]).is_err());
    }
}
