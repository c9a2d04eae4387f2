//! Seeded draws of labels and gold from the populations of the reference simulations.

use crate::case::Case;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::collections::BTreeMap;
use titer::stats::Level;

const SEED: u64 = 4;

/// The population and the sizes of a case.
pub(crate) struct Scenario {
    pub(crate) prevalence: f64,
    pub(crate) sensitivity: f64,
    pub(crate) specificity: f64,
    pub(crate) labels: u64,
    pub(crate) gold: u64,
    pub(crate) level: Level,
}

/// What was drawn in one run.
pub(crate) struct Drawn {
    /// Units labeled positive among `labels`.
    pub(crate) positive: u64,
    /// Gold by simple random sampling: by truth (positive first), then by label (positive first).
    pub(crate) gold: [[u64; 2]; 2],
    /// Gold of fixed size by truth, the same way.
    pub(crate) by_truth: [[u64; 2]; 2],
    /// Gold of fixed size by label: by label (positive first), then by truth (positive first). Where fewer units are
    /// labeled positive than half the gold, all of them have gold and the others get the rest.
    pub(crate) by_label: [[u64; 2]; 2],
}

/// Binomial numbers by inversion; tables are kept by size.
struct Binomial {
    probability: f64,
    tables: BTreeMap<u64, Vec<f64>>,
}

impl Binomial {
    fn new(probability: f64) -> Self {
        Self { probability, tables: BTreeMap::new() }
    }

    fn draw(&mut self, n: u64, rng: &mut Pcg64) -> u64 {
        let p = self.probability;
        let table = self.tables.entry(n).or_insert_with(|| cumulative(n, p));
        let u: f64 = rng.random();
        table.partition_point(|below| *below <= u).min(n as usize) as u64
    }
}

/// The cumulative binomial distribution, built outwards from its mode.
fn cumulative(n: u64, p: f64) -> Vec<f64> {
    let odds = p / (1.0 - p);
    let mode = ((n as f64 + 1.0) * p) as usize;
    let mut mass = vec![0.0; n as usize + 1];
    mass[mode.min(n as usize)] = 1.0;
    for k in mode.min(n as usize)..n as usize {
        mass[k + 1] = mass[k] * odds * (n as f64 - k as f64) / (k as f64 + 1.0);
    }
    for k in (0..mode.min(n as usize)).rev() {
        mass[k] = mass[k + 1] / odds * (k as f64 + 1.0) / (n as f64 - k as f64);
    }
    let total: f64 = mass.iter().sum();
    let mut below = 0.0;
    mass.iter()
        .map(|part| {
            below += part / total;
            below
        })
        .collect()
}

impl Scenario {
    pub(crate) fn of(case: &Case) -> Self {
        Self {
            prevalence: case.number("prevalence"),
            sensitivity: case.number("sensitivity"),
            specificity: case.number("specificity"),
            labels: case.count("n_unlabeled_judged"),
            gold: case.count("n_gold"),
            level: Level::new(case.number("nominal")).unwrap(),
        }
    }

    /// The share labeled positive, and the shares of positives among those and among the others.
    fn labeler(&self) -> (f64, f64, f64) {
        let hits = self.prevalence * self.sensitivity;
        let q = hits + (1.0 - self.prevalence) * (1.0 - self.specificity);
        (q, hits / q, (self.prevalence - hits) / (1.0 - q))
    }

    pub(crate) fn runs(&self, runs: usize) -> Vec<Drawn> {
        let mut rng = Pcg64::seed_from_u64(SEED);
        let (q, ppv, missed) = self.labeler();
        let [mut flag, mut truth, mut hit, mut pass, mut right, mut miss] =
            [q, self.prevalence, self.sensitivity, self.specificity, ppv, missed]
                .map(Binomial::new);
        let half = self.gold / 2;
        let split = |first: u64, n: u64| [first, n - first];
        (0..runs)
            .map(|_| {
                let ones = truth.draw(self.gold, &mut rng);
                let zeros = self.gold - ones;
                let false_positive = zeros - pass.draw(zeros, &mut rng);
                let positive = flag.draw(self.labels, &mut rng);
                let flagged = half.min(positive);
                let others = (self.gold - flagged).min(self.labels - positive);
                Drawn {
                    positive,
                    gold: [split(hit.draw(ones, &mut rng), ones), split(false_positive, zeros)],
                    by_truth: [
                        split(hit.draw(half, &mut rng), half),
                        split(half - pass.draw(half, &mut rng), half),
                    ],
                    by_label: [
                        split(right.draw(flagged, &mut rng), flagged),
                        split(miss.draw(others, &mut rng), others),
                    ],
                }
            })
            .collect()
    }
}
