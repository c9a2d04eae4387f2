//! Bayesian prevalence from imperfect labels: a posterior over the prevalence and both error rates, by quadrature.
//!
//! Symbols: `theta` the prevalence, `se` and `sp` the labeler's sensitivity and specificity, `x` positives among `n` labels.

use crate::stats::Accuracy;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::MAX_EFFECTIVE_SIZE;
use crate::stats::Method;
use crate::stats::Proportion;
use crate::stats::StatsError;
use crate::stats::quadrature::GaussLegendre;
use crate::stats::quadrature::unimodal_window;

/// What is this far (in logarithm) below the peak is left out.
const NEGLIGIBLE: f64 = 25.0;
/// Cells along each error rate while the peak is sought.
const COARSE: usize = 24;
/// Cells along each error rate for the result.
const FINE: usize = 40;
/// Nodes on each side of the peak along the prevalence.
const NODES: usize = 48;
/// Halvings of `[0, 1]` to find a quantile: to 1e-9.
const HALVINGS: u32 = 30;
/// Times the grid is drawn closer around the peak.
const MOST_ZOOMS: u32 = 20;

/// A beta prior for the prevalence; both shapes at least 1, so that the prior has a single peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrevalencePrior {
    positive: f64,
    negative: f64,
}

/// A posterior distribution of the prevalence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrevalencePosterior {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub std_deviation: f64,
    /// Its median.
    pub median: f64,
    /// Its equal-tailed credible interval.
    pub interval: Interval,
}

/// What the labels and the gold say: exponents of a product of likelihoods.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    labels: Exponents,
    sensitivity: Exponents,
    specificity: Exponents,
    prior: Exponents,
}

/// The exponents of `p^hits (1-p)^misses`.
#[derive(Debug, Clone, Copy)]
struct Exponents {
    hits: f64,
    misses: f64,
}

/// The ranges of the two error rates that hold all but a negligible part of the posterior.
#[derive(Debug, Clone, Copy)]
struct Region {
    sensitivity: (f64, f64),
    specificity: (f64, f64),
}

/// A short range of the prevalence, a value in it, and the logarithm of its part of the posterior.
#[derive(Debug, Clone, Copy)]
struct Node {
    prevalence: f64,
    start: f64,
    width: f64,
    log_mass: f64,
}

impl PrevalencePrior {
    /// Every prevalence is as likely as any other.
    pub const UNIFORM: Self = Self { positive: 1.0, negative: 1.0 };

    /// Returns the prior that stands for one less than that many positives, and negatives, seen before.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a shape below 1.
    pub fn new(shapes: [f64; 2]) -> Result<Self, StatsError> {
        if let Some(value) = shapes.iter().find(|shape| !(1.0..=1e9).contains(*shape)) {
            return Err(StatsError::OutOfRange {
                what: "a prior shape of at least 1",
                value: *value,
            });
        }
        Ok(Self { positive: shapes[0], negative: shapes[1] })
    }
}

/// Returns the posterior of the prevalence given the labels and the gold that measured the labeler.
///
/// `x ~ Binomial(n, theta se + (1-theta)(1-sp))`, with uniform priors for `se` and `sp` updated by their gold and the given
/// prior for `theta`. Effective sizes stand in for counts in weighted samples. The three samples are taken as independent,
/// and the error rates as the same where they were measured and used (label shift only). Nothing forces `se + sp > 1`: for
/// a labeler near chance the posterior returns to the prior, and is then no measurement. Unlike
/// [`crate::stats::rogan_gladen`] it never leaves `[0, 1]`, so its mean is pulled inwards near 0: do not average it over days.
///
/// # Errors
///
/// [`StatsError::NoConvergence`] where the posterior has no peak that a grid can close in on.
///
/// # Source
///
/// Joseph, Gyorkos & Coupal (1995), Am. J. Epidemiol. 141:263–272, for the model.
pub fn true_prevalence(
    apparent: Proportion,
    labeler: Accuracy,
    prior: PrevalencePrior,
    level: Level,
) -> Result<PrevalencePosterior, StatsError> {
    let evidence = Evidence {
        labels: Exponents::of(apparent),
        sensitivity: Exponents::of(labeler.sensitivity),
        specificity: Exponents::of(labeler.specificity),
        prior: Exponents { hits: prior.positive - 1.0, misses: prior.negative - 1.0 },
    };
    let rule = GaussLegendre::new(NODES);
    let region = evidence.region(&rule)?;
    let mut nodes = Vec::with_capacity(FINE * FINE * NODES * 2);
    evidence.over(region, FINE, |sensitivity, specificity| {
        nodes.extend(evidence.along_prevalence(&rule, sensitivity, specificity));
    });
    Ok(summary(&nodes, level))
}

impl Exponents {
    fn of(rate: Proportion) -> Self {
        let size = rate.size().min(MAX_EFFECTIVE_SIZE);
        Self { hits: rate.value() * size, misses: (1.0 - rate.value()) * size }
    }

    fn log(self, p: f64) -> f64 {
        let part = |exponent: f64, log: f64| if exponent > 0.0 { exponent * log } else { 0.0 };
        part(self.hits, p.ln()) + part(self.misses, (-p).ln_1p())
    }
}

impl Evidence {
    /// Returns nodes along the prevalence for one pair of error rates.
    fn along_prevalence(self, rule: &GaussLegendre, se: f64, sp: f64) -> Vec<Node> {
        let log = |theta: f64| {
            self.labels.log(theta * se + (1.0 - theta) * (1.0 - sp)) + self.prior.log(theta)
        };
        let rates = self.sensitivity.log(se) + self.specificity.log(sp);
        let window = unimodal_window(log, NEGLIGIBLE);
        let sides = [(window.low, window.peak), (window.peak, window.high)];
        let mut nodes = Vec::with_capacity(2 * NODES);
        for (low, high) in sides {
            let mut start = low;
            for (prevalence, width) in rule.nodes(low, high).filter(|(_, width)| *width > 0.0) {
                let log_mass = rates + log(prevalence) + width.ln();
                nodes.push(Node { prevalence, start, width, log_mass });
                start += width;
            }
        }
        nodes
    }

    /// Visits the middle of every cell of a grid over the region.
    fn over(self, region: Region, cells: usize, mut visit: impl FnMut(f64, f64)) {
        let middle = |(low, high): (f64, f64), cell: usize| {
            low + (high - low) * (cell as f64 + 0.5) / cells as f64
        };
        for i in 0..cells {
            for j in 0..cells {
                visit(middle(region.sensitivity, i), middle(region.specificity, j));
            }
        }
    }

    /// Closes in on the error rates that the data allow.
    fn region(self, rule: &GaussLegendre) -> Result<Region, StatsError> {
        let mut region = Region { sensitivity: (0.0, 1.0), specificity: (0.0, 1.0) };
        for _ in 0..MOST_ZOOMS {
            let mut masses = Vec::with_capacity(COARSE * COARSE);
            self.over(region, COARSE, |sensitivity, specificity| {
                masses.push(log_sum(&self.along_prevalence(rule, sensitivity, specificity)));
            });
            let largest = masses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let kept = |index: usize| masses[index] > largest - NEGLIGIBLE;
            let row = |i: usize| (0..COARSE).any(|j| kept(i * COARSE + j));
            let column = |j: usize| (0..COARSE).any(|i| kept(i * COARSE + j));
            let next = Region {
                sensitivity: narrowed(region.sensitivity, row),
                specificity: narrowed(region.specificity, column),
            };
            let width = |range: (f64, f64)| range.1 - range.0;
            let settled = width(next.sensitivity) > 0.8 * width(region.sensitivity)
                && width(next.specificity) > 0.8 * width(region.specificity);
            region = next;
            if settled {
                return Ok(region);
            }
        }
        let change = region.sensitivity.1 - region.sensitivity.0;
        Err(StatsError::NoConvergence { iterations: MOST_ZOOMS, change })
    }
}

/// Returns the range of the kept cells and one more on each side, within `[0, 1]`.
fn narrowed(range: (f64, f64), kept: impl Fn(usize) -> bool) -> (f64, f64) {
    let cell = (range.1 - range.0) / COARSE as f64;
    let first = (0..COARSE).find(|index| kept(*index)).unwrap_or(0);
    let last = (0..COARSE).rfind(|index| kept(*index)).unwrap_or(COARSE - 1);
    let low = range.0 + cell * (first as f64 - 1.0);
    let high = range.0 + cell * (last as f64 + 2.0);
    (low.max(0.0), high.min(1.0))
}

fn log_sum(nodes: &[Node]) -> f64 {
    let largest = nodes.iter().fold(f64::NEG_INFINITY, |most, node| most.max(node.log_mass));
    if largest.is_finite() {
        largest + nodes.iter().map(|node| (node.log_mass - largest).exp()).sum::<f64>().ln()
    } else {
        largest
    }
}

fn summary(nodes: &[Node], level: Level) -> PrevalencePosterior {
    let total = log_sum(nodes);
    let masses: Vec<f64> = nodes.iter().map(|node| (node.log_mass - total).exp()).collect();
    let expected = |of: &dyn Fn(&Node) -> f64| -> f64 {
        nodes.iter().zip(&masses).map(|(node, mass)| mass * of(node)).sum()
    };
    let mean = expected(&|node| node.prevalence);
    let variance = expected(&|node| (node.prevalence - mean).powi(2));
    let quantile = |part: f64| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let below = expected(&|node| ((middle - node.start) / node.width).clamp(0.0, 1.0));
            if below < part {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) / 2.0
    };
    PrevalencePosterior {
        mean,
        std_deviation: variance.sqrt(),
        median: quantile(0.5),
        interval: Interval {
            low: quantile(level.tail()),
            high: quantile(1.0 - level.tail()),
            method: Method::Posterior,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rate;
    use crate::stats::beta;
    use crate::stats::beta::BetaShape;

    fn posterior(x: (u64, u64), se: (u64, u64), sp: (u64, u64)) -> PrevalencePosterior {
        let rate = |(hits, n)| Proportion::from(Rate::new(hits, n).unwrap());
        let labeler = Accuracy { sensitivity: rate(se), specificity: rate(sp) };
        let level = Level::new(0.95).unwrap();
        true_prevalence(rate(x), labeler, PrevalencePrior::UNIFORM, level).unwrap()
    }

    #[test]
    fn a_labeler_that_never_errs_leaves_the_beta_posterior() {
        let sure = (10_000_000, 10_000_000);
        let got = posterior((30, 100), sure, sure);
        let shape = BetaShape { success: 31.0, failure: 71.0 };
        assert!((got.mean - 31.0 / 102.0).abs() < 1e-4, "{got:?}");
        assert!((got.interval.low - beta::quantile(shape, 0.025)).abs() < 5e-4, "{got:?}");
        assert!((got.interval.high - beta::quantile(shape, 0.975)).abs() < 5e-4, "{got:?}");
        assert!((got.median - beta::quantile(shape, 0.5)).abs() < 5e-4, "{got:?}");
    }

    #[test]
    fn many_labels_and_little_gold_are_resolved() {
        // the labels' error is far smaller than that of the error rates
        let got = posterior((300_000, 1_000_000), (90, 100), (180, 200));
        assert!((got.mean - 0.25).abs() < 0.02, "{got:?}");
        assert!((got.std_deviation - 0.0225).abs() < 0.0015, "{got:?}");
    }

    #[test]
    fn a_labeler_at_chance_returns_the_prior() {
        let got = posterior((500, 1000), (500, 1000), (500, 1000));
        assert!((got.mean - 0.5).abs() < 0.03 && got.std_deviation > 0.25, "{got:?}");
    }

    #[test]
    fn a_prior_below_shape_1_is_refused() {
        assert!(PrevalencePrior::new([0.5, 1.0]).is_err());
        assert!(PrevalencePrior::new([2.0, f64::NAN]).is_err());
        assert_eq!(PrevalencePrior::new([1.0, 1.0]), Ok(PrevalencePrior::UNIFORM));
    }
}
