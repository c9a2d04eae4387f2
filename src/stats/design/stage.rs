//! One stage of selection: how PSU totals spread around their centre within each stratum.

use crate::stats::StatsError;
use crate::stats::design::FixedSizeForm;
use crate::stats::design::Lonely;
use crate::stats::design::structure::SampleStructure;

/// One stage of selection without joint probabilities.
///
/// Its variance of a sum of weighted values `x` is `sum_h k_h sum_c open_c (x_c - A_h)^2` over strata h and their
/// PSUs c, with the scale `k` and the centre `A` of the form.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub(super) structure: SampleStructure,
    /// The part of each PSU's variance that selection leaves: 1 with replacement, `1 - f` or `1 - pi` without.
    pub(super) open: Vec<f64>,
    pub(super) form: FixedSizeForm,
    pub(super) lonely: Lonely,
}

/// How the PSUs of one stratum are centred and scaled.
struct Spread {
    centre: f64,
    scale: f64,
}

impl Stage {
    /// Returns a vector whose scalar product with that of another column is the covariance of the two sums.
    pub(super) fn contrasts(&self, column: &[f64]) -> Result<Vec<f64>, StatsError> {
        let totals = self.structure.totals(column);
        let mut contrasts = vec![0.0; totals.len()];
        let mut skipped = 0_usize;
        for members in self.structure.members() {
            if members.iter().all(|psu| self.open[*psu] <= 0.0) {
                continue;
            }
            let Some(spread) = self.spread(members, &totals)? else {
                skipped += 1;
                continue;
            };
            for psu in members {
                contrasts[*psu] =
                    (self.open[*psu] * spread.scale).sqrt() * (totals[*psu] - spread.centre);
            }
        }
        self.make_up(contrasts, skipped)
    }

    /// Returns the sum of `open * weight^2` over PSUs: the variance of a sum of independent draws.
    pub(super) fn noise(&self, weights: &[f64]) -> f64 {
        let totals = self.structure.totals(weights);
        totals.iter().zip(&self.open).map(|(weight, open)| open * weight * weight).sum()
    }

    /// Returns centre and scale of a stratum, `None` where its variance is to be filled in from the others.
    fn spread(&self, members: &[usize], totals: &[f64]) -> Result<Option<Spread>, StatsError> {
        let n = match self.form {
            FixedSizeForm::Brewer | FixedSizeForm::HajekAll => members.len(),
            FixedSizeForm::Hajek | FixedSizeForm::Rosen | FixedSizeForm::Deville => {
                members.iter().filter(|psu| self.open[**psu] > 0.0).count()
            }
        };
        if n < 2 {
            return self.lonely_spread();
        }
        let weights: Vec<f64> = members.iter().map(|psu| self.centre_weight(*psu)).collect();
        let weight: f64 = weights.iter().sum();
        let weighted = members.iter().zip(&weights).map(|(psu, weight)| totals[*psu] * weight);
        let centre = weighted.sum::<f64>() / weight;
        let scale = match self.form {
            FixedSizeForm::Deville => {
                1.0 / (1.0 - weights.iter().map(|w| (w / weight).powi(2)).sum::<f64>())
            }
            FixedSizeForm::Brewer
            | FixedSizeForm::HajekAll
            | FixedSizeForm::Hajek
            | FixedSizeForm::Rosen => n as f64 / (n as f64 - 1.0),
        };
        Ok(Some(Spread { centre, scale }))
    }

    fn centre_weight(&self, psu: usize) -> f64 {
        let open = self.open[psu];
        match self.form {
            FixedSizeForm::Brewer => 1.0,
            FixedSizeForm::Hajek | FixedSizeForm::HajekAll | FixedSizeForm::Deville => open,
            FixedSizeForm::Rosen if open <= 0.0 => 0.0,
            FixedSizeForm::Rosen => open * open.ln() / (1.0 - open),
        }
    }

    fn lonely_spread(&self) -> Result<Option<Spread>, StatsError> {
        match self.lonely {
            Lonely::Refuse => Err(StatsError::Undefined {
                statistic: "design variance",
                reason: "a stratum has one sampled PSU: merge it, or choose how its variance is filled in",
            }),
            Lonely::Certain => Ok(Some(Spread { centre: 0.0, scale: 0.0 })),
            Lonely::Adjust => Ok(Some(Spread { centre: 0.0, scale: 1.0 })),
            Lonely::Average => Ok(None),
        }
    }

    /// Scales the variance up for the strata whose own is unknown.
    fn make_up(&self, mut contrasts: Vec<f64>, skipped: usize) -> Result<Vec<f64>, StatsError> {
        let strata = self.structure.n_strata();
        if skipped == strata {
            return Err(StatsError::Undefined {
                statistic: "design variance",
                reason: "every stratum has one sampled PSU, so none shows how PSUs vary",
            });
        }
        if skipped > 0 {
            let scale = (strata as f64 / (strata - skipped) as f64).sqrt();
            contrasts.iter_mut().for_each(|value| *value *= scale);
        }
        Ok(contrasts)
    }
}
