//! Expectation-maximisation over flat arrays, in blocks of units that threads share.

use super::DawidSkene;
use super::DawidSkeneSettings;
use super::Steps;
use super::Stopping;
use super::model::Parameters;
use super::model::Sums;
use super::model::add;
use super::squarem::Squarem;
use super::start::Start;
use crate::stats::Ratings;
use crate::stats::StatsError;
use std::num::NonZeroUsize;
use std::ops::Range;

/// The most blocks the units are cut into; more threads than that find no work.
const MOST_BLOCKS: usize = 16;

/// The iteration on one table of ratings.
pub(super) struct Engine<'a> {
    ratings: &'a Ratings,
    weights: Vec<f64>,
    settings: &'a DawidSkeneSettings,
    blocks: Vec<Block>,
    total: Sums,
}

/// Where one start ended.
#[derive(Debug, Clone)]
pub(super) struct Climb {
    /// The log likelihood.
    log_likelihood: f64,
    /// The log likelihood and the log prior of what is smoothed: what the iteration never lets fall.
    pub(super) objective: f64,
    iterations: u32,
    change: f64,
}

/// Consecutive units with their probabilities and sums. Blocks are cut by the data alone and summed in order, so the
/// result does not depend on how many threads worked on them.
struct Block {
    units: Range<usize>,
    posterior: Vec<f64>,
    sums: Sums,
}

/// Logarithms of the parameters, taken once an iteration.
struct Logs {
    prior: Vec<f64>,
    cells: Vec<f64>,
}

impl Climb {
    /// Fails unless the iteration settled.
    pub(super) fn check(&self, stopping: Stopping) -> Result<(), StatsError> {
        if self.change < stopping.change {
            Ok(())
        } else {
            Err(StatsError::NoConvergence { iterations: self.iterations, change: self.change })
        }
    }
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        ratings: &'a Ratings,
        weights: Vec<f64>,
        settings: &'a DawidSkeneSettings,
    ) -> Self {
        let shape = ratings.shape();
        let total = Sums::zero(shape);
        // A block's sums cost a pass over all cells, so a block has at least twice as many ratings.
        let count = (ratings.n_ratings() / (2 * total.cells.len())).clamp(1, MOST_BLOCKS);
        let size = shape.units.div_ceil(count);
        let blocks = (0..shape.units).step_by(size).map(|first| {
            let units = first..shape.units.min(first + size);
            let posterior = vec![0.0; units.len() * shape.classes];
            Block { units, posterior, sums: total.clone() }
        });
        Self { ratings, weights, settings, blocks: blocks.collect(), total }
    }

    /// Sets the probabilities to a weighted vote; even where a unit has no votes.
    pub(super) fn begin(&mut self, start: &Start) {
        let (ratings, classes) = (self.ratings, self.ratings.shape().classes);
        self.begin_with(|unit, row| {
            row.fill(0.0);
            ratings.of_unit(unit).for_each(|(rater, class)| row[class] += start.trust[rater]);
            let sum: f64 = row.iter().sum();
            let even = 1.0 / classes as f64;
            for share in row {
                let vote = if sum > 0.0 { *share / sum } else { even };
                *share = start.spread * even + (1.0 - start.spread) * vote;
            }
        });
    }

    /// Sets the probabilities of every unit.
    pub(super) fn begin_with(&mut self, fill: impl Fn(usize, &mut [f64]) + Sync) {
        let (ratings, weights) = (self.ratings, &self.weights);
        let classes = ratings.shape().classes;
        for_each_block(&mut self.blocks, self.settings.threads, |block| {
            block.sums.clear();
            for (unit, row) in block.units.clone().zip(block.posterior.chunks_exact_mut(classes)) {
                fill(unit, row);
                count(&mut block.sums, ratings.columns_of(unit), weights[unit], row);
            }
        });
        self.sum_up();
    }

    /// Iterates until the probabilities settle or the iterations are used up.
    pub(super) fn climb(&mut self) -> Climb {
        let mut climb =
            Climb { log_likelihood: 0.0, objective: 0.0, iterations: 0, change: f64::INFINITY };
        match self.settings.steps {
            Steps::Plain => while self.goes_on(&climb) && self.step(&mut climb) {},
            Steps::Prolonged => self.climb_prolonged(&mut climb),
        }
        climb
    }

    /// Climbs with a jump after every two plain steps; a jump that leads down is taken back.
    fn climb_prolonged(&mut self, climb: &mut Climb) {
        let mut squarem = Squarem::new();
        squarem.restart(&self.total);
        while self.goes_on(climb) && self.step(climb) {
            squarem.push(&self.total);
            let left = self.settings.stopping.iterations - climb.iterations;
            if !self.goes_on(climb) || left < 3 {
                continue;
            }
            let Some(point) = squarem.jump() else { continue };
            let (safe, before) = (std::mem::replace(&mut self.total, point), climb.clone());
            self.step(climb);
            if climb.objective < before.objective {
                self.total = safe;
                squarem.fell();
                self.step(climb);
            }
            // What changed here was not one plain step, so it says nothing about having settled.
            climb.change = before.change;
            squarem.restart(&self.total);
        }
    }

    fn goes_on(&self, climb: &Climb) -> bool {
        let Stopping { change, iterations } = self.settings.stopping;
        climb.iterations < iterations && climb.change >= change
    }

    /// One E step under the parameters that the sums give, and the sums for the next.
    fn step(&mut self, climb: &mut Climb) -> bool {
        let parameters = self.parameters();
        self.expect(&parameters);
        climb.iterations += 1;
        climb.change = self.total.change;
        climb.log_likelihood = self.total.log_likelihood;
        climb.objective = self.total.log_likelihood + parameters.penalty;
        true
    }

    /// The model as it stands.
    pub(super) fn fitted(&self, climb: &Climb, start: u32) -> DawidSkene {
        DawidSkene {
            settings: *self.settings,
            log_likelihood: climb.log_likelihood,
            iterations: climb.iterations,
            start,
            shape: self.ratings.shape(),
            parameters: self.parameters(),
            posterior: self.blocks.iter().flat_map(|block| &block.posterior).copied().collect(),
        }
    }

    fn parameters(&self) -> Parameters {
        let DawidSkeneSettings { model, smoothing, .. } = *self.settings;
        Parameters::of(&self.total, self.ratings.shape(), model, smoothing)
    }

    /// One E step and the sums that the next M step needs, in one pass over the ratings.
    fn expect(&mut self, parameters: &Parameters) {
        let logs = Logs {
            prior: parameters.prior.iter().map(|share| share.ln()).collect(),
            cells: parameters.cells.iter().map(|cell| cell.ln()).collect(),
        };
        let (ratings, weights) = (self.ratings, &self.weights);
        let expect = match logs.prior.len() {
            2 => Block::expect::<2>,
            3 => Block::expect::<3>,
            4 => Block::expect::<4>,
            5 => Block::expect::<5>,
            6 => Block::expect::<6>,
            _ => Block::expect::<0>,
        };
        for_each_block(&mut self.blocks, self.settings.threads, |block| {
            expect(block, ratings, weights, &logs);
        });
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.total.clear();
        self.blocks.iter().for_each(|block| self.total.absorb(&block.sums));
    }
}

impl Block {
    /// The E step of the block. `CLASSES` is the number of classes where the compiler is to know it, else 0: loops of
    /// known length halve the time.
    fn expect<const CLASSES: usize>(&mut self, ratings: &Ratings, weights: &[f64], logs: &Logs) {
        let classes = if CLASSES == 0 { logs.prior.len() } else { CLASSES };
        let mut scores = vec![0.0; classes];
        self.sums.clear();
        for (unit, row) in self.units.clone().zip(self.posterior.chunks_exact_mut(classes)) {
            let columns = ratings.columns_of(unit);
            scores.copy_from_slice(&logs.prior);
            for column in columns {
                add(&mut scores[..classes], &logs.cells[*column as usize * classes..][..classes]);
            }
            self.sums.log_likelihood +=
                weights[unit] * normalise(&mut scores[..classes], &logs.prior);
            for (old, new) in row[..classes].iter_mut().zip(&scores[..classes]) {
                self.sums.change = self.sums.change.max((new - *old).abs());
                *old = *new;
            }
            count(&mut self.sums, columns, weights[unit], &row[..classes]);
        }
    }
}

/// Turns log probabilities into shares and returns the logarithm of their sum.
///
/// A unit left out of a resample may have ratings that its parameters hold impossible: then they say nothing, the prior
/// stands, and the logarithm is 0 (such a unit has weight 0).
#[inline]
fn normalise(scores: &mut [f64], log_prior: &[f64]) -> f64 {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most > f64::NEG_INFINITY {
        scores.iter_mut().for_each(|score| *score = (*score - most).exp());
        let sum: f64 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score /= sum);
        most + sum.ln()
    } else {
        scores.iter_mut().zip(log_prior).for_each(|(score, prior)| *score = prior.exp());
        0.0
    }
}

/// Adds a unit to the sums.
#[inline]
fn count(sums: &mut Sums, columns: &[u32], weight: f64, row: &[f64]) {
    let classes = row.len();
    for (sum, share) in sums.prior.iter_mut().zip(row) {
        *sum += weight * share;
    }
    for column in columns {
        let cells = &mut sums.cells[*column as usize * classes..][..classes];
        for (sum, share) in cells.iter_mut().zip(row) {
            *sum += weight * share;
        }
    }
}

fn for_each_block(blocks: &mut [Block], threads: NonZeroUsize, work: impl Fn(&mut Block) + Sync) {
    let size = blocks.len().div_ceil(threads.get());
    if size == blocks.len() {
        blocks.iter_mut().for_each(work);
        return;
    }
    std::thread::scope(|scope| {
        for part in blocks.chunks_mut(size) {
            scope.spawn(|| part.iter_mut().for_each(&work));
        }
    });
}
