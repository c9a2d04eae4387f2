//! The parameters of the model and how they follow from the expected counts.

use super::RaterModel;
use super::Smoothing;
use crate::stats::RatingShape;

/// Expected counts, from which the parameters follow.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// `sum_i w_i T_ij n_irl` at `(r * classes + l) * classes + j`: the cells that one rating needs lie side by side.
    pub(super) cells: Vec<f64>,
    /// `sum_i w_i T_ij`.
    pub(super) prior: Vec<f64>,
    /// `sum_i w_i ln P(ratings of i)` under the parameters before.
    pub(super) log_likelihood: f64,
    /// The largest change of a `T_ij`.
    pub(super) change: f64,
}

/// The parameters, with what the iteration needs of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters {
    /// `p_j`.
    pub(super) prior: Vec<f64>,
    /// `pi^r_jl`, laid out as [`Sums::cells`].
    pub(super) cells: Vec<f64>,
    /// `sum_i w_i T_ij n_ir` at `r * classes + j`: how much is known about a row.
    pub(super) support: Vec<f64>,
    /// What smoothing adds to the log likelihood.
    pub(super) penalty: f64,
}

impl Sums {
    pub(super) fn zero(shape: RatingShape) -> Self {
        Self {
            cells: vec![0.0; shape.raters * shape.classes * shape.classes],
            prior: vec![0.0; shape.classes],
            log_likelihood: 0.0,
            change: 0.0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(0.0);
        self.prior.fill(0.0);
        (self.log_likelihood, self.change) = (0.0, 0.0);
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        add(&mut self.cells, &other.cells);
        add(&mut self.prior, &other.prior);
        self.log_likelihood += other.log_likelihood;
        self.change = self.change.max(other.change);
    }
}

impl Parameters {
    /// The parameters that make the expected counts most probable.
    pub(super) fn of(
        sums: &Sums,
        shape: RatingShape,
        model: RaterModel,
        smoothing: Smoothing,
    ) -> Self {
        let classes = shape.classes;
        let total: f64 = sums.prior.iter().sum();
        let mut parameters = Self {
            prior: sums.prior.iter().map(|sum| sum / total).collect(),
            cells: vec![0.0; sums.cells.len()],
            support: vec![0.0; shape.raters * classes],
            penalty: 0.0,
        };
        let added = match smoothing {
            Smoothing::MaximumLikelihood => 0.0,
            Smoothing::Diagonal => 1.0,
        };
        let size = classes * classes;
        let raters = sums.cells.chunks_exact(size).zip(parameters.cells.chunks_exact_mut(size));
        for ((counts, cells), support) in raters.zip(parameters.support.chunks_exact_mut(classes)) {
            counts.chunks_exact(classes).for_each(|given| add(support, given));
            let penalty = match model {
                RaterModel::Confusion => confusion(counts, support, added, cells),
                RaterModel::OneCoin => one_coin(counts, support, added, cells),
            };
            parameters.penalty += penalty;
        }
        parameters
    }

    pub(super) fn cell(&self, rater: usize, given: usize, truth: usize, classes: usize) -> f64 {
        self.cells[(rater * classes + given) * classes + truth]
    }
}

/// Fills a rater's matrix row by row; a row without counts is uniform. Returns the log prior of the diagonal.
fn confusion(counts: &[f64], support: &[f64], added: f64, cells: &mut [f64]) -> f64 {
    let classes = support.len();
    let mut penalty = 0.0;
    for (truth, seen) in support.iter().enumerate() {
        let total = seen + added;
        for given in 0..classes {
            let at = given * classes + truth;
            let right = if given == truth { added } else { 0.0 };
            cells[at] =
                if total > 0.0 { (counts[at] + right) / total } else { 1.0 / classes as f64 };
        }
        penalty += log_prior(added, cells[truth * classes + truth]);
    }
    penalty
}

/// Fills a rater's matrix from one probability of being right, even where nothing was rated. Returns its log prior.
fn one_coin(counts: &[f64], support: &[f64], added: f64, cells: &mut [f64]) -> f64 {
    let classes = support.len();
    let right: f64 = (0..classes).map(|class| counts[class * classes + class]).sum();
    let total = support.iter().sum::<f64>() + added;
    let skill = if total > 0.0 { (right + added) / total } else { 1.0 / classes as f64 };
    for (at, cell) in cells.iter_mut().enumerate() {
        let hit = at / classes == at % classes;
        *cell = if hit { skill } else { (1.0 - skill).max(0.0) / (classes - 1) as f64 };
    }
    log_prior(added, skill)
}

fn log_prior(added: f64, right: f64) -> f64 {
    if added > 0.0 { added * right.ln() } else { 0.0 }
}

/// Adds one slice to another of the same length.
#[inline]
pub(super) fn add(sums: &mut [f64], values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}
