//! The variance of the first phase where inclusions were not independent, or weights were calibrated to known totals.
//!
//! Sums over cells give the variance of independent inclusions. This table splits them by what the design fixed (the groups of
//! which a set number was drawn) and by what weights were calibrated to, and so tells how many times as large the variance is.

#[cfg(test)]
mod tests;

use crate::stats::GoldWeight;
use crate::stats::StatsError;
use crate::stats::Weight;

/// A variance is never taken to be less than this part of the one under independent inclusions: little gold a group, all of it
/// alike, would otherwise make it vanish.
const LEAST_RATIO: f64 = 0.25;
/// A class of a margin with fewer units than this has no residuals of its own.
const LEAST_UNITS: u64 = 30;
/// Rounds of taking out margin means at most, and the change at which they end.
const MOST_ROUNDS: u32 = 200;
const PRECISION: f64 = 1e-12;
/// The probability that stands for "of a single draw": its complement is 1.
const NEVER_CERTAIN: f64 = 1e-12;

/// How the units of one group were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupRule {
    /// Each by itself: Poisson, priority given its threshold, or all of them.
    Independent,
    /// A fixed number, without replacement: simple random within a stratum, Pareto, systematic.
    FixedSize,
    /// A fixed number of draws with replacement.
    Draws,
}

/// A group of units that were drawn together, as far as all labeled units show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnGroup {
    rule: GroupRule,
    /// Draws, or units that were not certain.
    n: f64,
    /// The sum of what each counts in the group's mean: `1 - pi`, or its draws.
    mass: f64,
}

/// The labeled units and their gold by group, class and cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FirstPhase {
    groups: Vec<DrawnGroup>,
    /// The class in each margin, one list a category.
    categories: Vec<Vec<u32>>,
    /// The group and the category of each row.
    places: Vec<(usize, usize)>,
    /// Row by row, three sums a cell: all units, gold positives, gold negatives.
    sums: Vec<[TableSum; 3]>,
    cells: usize,
}

/// What is summed over the units of one row, cell and truth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct TableSum {
    count: u64,
    weight: f64,
    /// `(1-pi) d^2 / rho`: its variance under independent inclusions.
    error: f64,
    /// `(1-pi) d / rho`, or `d / rho` with replacement: its part of the group's mean.
    lean: f64,
    /// What the square of `lean` is too large by, as not every unit has gold.
    excess: f64,
}

/// Which sum of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TablePart {
    /// All labeled units.
    Labeled,
    /// Gold positives.
    Positives,
    /// Gold negatives.
    Negatives,
}

/// What each unit of a sum adds to the linearised estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    /// How many units of the sample the sum's weights stand for, over their sum: 1 unless gold is calibrated to its cell.
    pub scale: f64,
    /// The unit's value less the estimate, `None` where the sum is not part of it.
    pub deviation: Option<f64>,
}

impl Weight {
    /// Checks the weight of a unit drawn `draws` times with replacement, `n q` draws being expected: `t draws / (n q)`.
    ///
    /// Its error is that of `draws` independent draws, so that `sum (1-pi) d^2` is the sum of squares over draws, with
    /// `1 - 1/draws` in the place of `pi`.
    ///
    /// # Errors
    ///
    /// As [`Weight::new`]; [`StatsError::OutOfRange`] for draws that cannot be.
    ///
    /// # Source
    ///
    /// Hansen & Hurwitz (1943), Ann. Math. Stat. 14:333–362.
    pub fn drawn(exposure: f64, expected: f64, draws: u32) -> Result<Self, StatsError> {
        if !(expected > 0.0 && expected.is_finite()) {
            return Err(StatsError::OutOfRange { what: "expected draws above 0", value: expected });
        }
        if draws == 0 {
            return Err(StatsError::OutOfRange { what: "at least one draw", value: 0.0 });
        }
        let times = f64::from(draws);
        let probability = (1.0 - 1.0 / times).max(NEVER_CERTAIN);
        Self::new(exposure * times / expected * probability, probability)
    }
}

impl DrawnGroup {
    /// Returns a group without units.
    #[must_use]
    pub fn empty(rule: GroupRule) -> Self {
        Self { rule, n: 0.0, mass: 0.0 }
    }

    /// Counts a labeled unit of the group.
    pub fn count(&mut self, unit: Weight) {
        let open = unit.open();
        if open <= 0.0 {
            return;
        }
        let (n, mass) = match self.rule {
            GroupRule::Independent | GroupRule::FixedSize => (1.0, open),
            GroupRule::Draws => (1.0 / open, 1.0 / open),
        };
        self.n += n;
        self.mass += mass;
    }

    fn lean(&self, unit: Weight) -> f64 {
        match self.rule {
            GroupRule::Independent | GroupRule::FixedSize => unit.open() * unit.value(),
            GroupRule::Draws => unit.value(),
        }
    }

    /// Returns the variance of a sum over the group; `square` is that under independent inclusions, `mean` the sum of `lean`
    /// and `excess` what its square is too large by. A unit alone is centred at 0, the mean of all influences.
    fn variance(&self, square: f64, mean: f64, excess: f64) -> f64 {
        let fixed = match self.rule {
            GroupRule::Independent => false,
            GroupRule::FixedSize | GroupRule::Draws => self.n > 1.5,
        };
        if !fixed {
            return square;
        }
        self.n / (self.n - 1.0) * (square - (mean.powi(2) - excess) / self.mass)
    }
}

impl FirstPhase {
    /// Returns a table without units; `places` names the group and the category of each row, from 0.
    #[must_use]
    pub fn new(
        groups: Vec<DrawnGroup>,
        categories: Vec<Vec<u32>>,
        places: Vec<(usize, usize)>,
        cells: usize,
    ) -> Self {
        let sums = vec![[TableSum::default(); 3]; places.len() * cells];
        Self { groups, categories, places, sums, cells }
    }

    /// Adds a labeled unit.
    pub fn add_unit(&mut self, (row, cell): (usize, usize), unit: Weight) {
        let lean = self.lean(row, unit);
        let error = unit.open() * unit.value().powi(2);
        let added = TableSum { count: 1, weight: unit.value(), error, lean, excess: 0.0 };
        self.add((row, cell, TablePart::Labeled), added);
    }

    /// Adds the gold of a unit.
    pub fn add_gold(&mut self, (row, cell): (usize, usize), gold: GoldWeight, part: TablePart) {
        let (unit, rho) = (gold.first(), gold.probability());
        let lean = self.lean(row, unit) / rho;
        let added = TableSum {
            count: 1,
            weight: gold.value(),
            error: unit.open() * unit.value().powi(2) / rho,
            lean,
            excess: (1.0 - rho) * lean.powi(2),
        };
        self.add((row, cell, part), added);
    }

    /// Returns how many times as large the first phase's variance of an estimate is as under independent inclusions and weights
    /// that were not calibrated, at least a quarter.
    ///
    /// With `e` the deviations, less their means over the classes of the margins that weights were calibrated to, a group of
    /// fixed size has `n/(n-1) sum (1-pi) (d e - A)^2`, `A` the mean of `d e` weighted by `1 - pi` (Hajek); draws with
    /// replacement have `n/(n-1) sum (z - mean z)^2` over draws. A simple random sample of a stratum is the case of equal `pi`.
    /// 1 where there is no variance to compare.
    ///
    /// # Source
    ///
    /// Hajek (1964), Ann. Math. Stat. 35:1491; Hansen & Hurwitz (1943); Sarndal, Swensson & Wretman (1992), ch. 3 and 6.6;
    /// Deville & Sarndal (1992), JASA 87:376, for residuals of calibrated weights.
    #[must_use]
    pub fn ratio(&self, linear: impl Fn(usize, TablePart) -> Linear) -> f64 {
        let terms = self.terms(linear);
        let independent: f64 =
            terms.iter().map(|term| term.scale * term.sum.error * term.deviation.powi(2)).sum();
        let means = self.margin_means(&terms);
        let mut groups = vec![(0.0, 0.0, 0.0); self.groups.len()];
        for term in &terms {
            let (group, category) = self.places[term.row];
            let rest = term.deviation - self.fitted(&means, category);
            let (square, mean, excess) = &mut groups[group];
            *square += term.scale * term.sum.error * rest.powi(2);
            *mean += term.scale * term.sum.lean * rest;
            *excess += term.scale.powi(2) * term.sum.excess * rest.powi(2);
        }
        let pairs = self.groups.iter().zip(groups);
        let variance: f64 =
            pairs.map(|(group, (square, mean, excess))| group.variance(square, mean, excess)).sum();
        let ratio = variance / independent;
        if ratio.is_finite() { ratio.max(LEAST_RATIO) } else { 1.0 }
    }

    fn lean(&self, row: usize, unit: Weight) -> f64 {
        let group = self.places.get(row).and_then(|(group, _)| self.groups.get(*group));
        group.map_or(0.0, |group| group.lean(unit))
    }

    fn add(&mut self, (row, cell, part): (usize, usize, TablePart), added: TableSum) {
        if let Some(sums) = self.sums.get_mut(row * self.cells + cell) {
            let sum = &mut sums[part as usize];
            sum.count += added.count;
            sum.weight += added.weight;
            sum.error += added.error;
            sum.lean += added.lean;
            sum.excess += added.excess;
        }
    }

    fn terms(&self, linear: impl Fn(usize, TablePart) -> Linear) -> Vec<Term<'_>> {
        let parts = [TablePart::Labeled, TablePart::Positives, TablePart::Negatives];
        let mut terms = Vec::new();
        for (at, sums) in self.sums.iter().enumerate() {
            let (row, cell) = (at / self.cells, at % self.cells);
            for (sum, part) in sums.iter().zip(parts).filter(|(sum, _)| sum.count > 0) {
                let Linear { scale, deviation } = linear(cell, part);
                if let Some(deviation) = deviation {
                    terms.push(Term { row, sum, scale, deviation });
                }
            }
        }
        terms
    }

    /// Returns the mean of each class of each margin, the means of the other margins taken out.
    fn margin_means(&self, terms: &[Term<'_>]) -> Vec<Vec<f64>> {
        let margins = self.categories.iter().map(Vec::len).max().unwrap_or(0);
        let class = |term: &Term<'_>, margin: usize| self.class(self.places[term.row].1, margin);
        let classes = |margin: usize| {
            let of = terms.iter().filter_map(|term| class(term, margin));
            of.max().map_or(0, |most| most + 1)
        };
        let mut means: Vec<Vec<f64>> =
            (0..margins).map(|margin| vec![0.0; classes(margin)]).collect();
        for _ in 0..MOST_ROUNDS {
            let mut change = 0.0_f64;
            for margin in 0..margins {
                let mut sums = vec![(0.0, 0.0, 0); means[margin].len()];
                for term in terms {
                    let Some(class) = class(term, margin) else { continue };
                    let weight = term.scale * term.sum.weight;
                    let rest = term.deviation - self.fitted(&means, self.places[term.row].1);
                    let (sum, total, count) = &mut sums[class];
                    *sum += weight * rest;
                    *total += weight;
                    *count += term.sum.count;
                }
                for (mean, (sum, total, count)) in means[margin].iter_mut().zip(sums) {
                    if count >= LEAST_UNITS && total > 0.0 {
                        *mean += sum / total;
                        change = change.max((sum / total).abs());
                    }
                }
            }
            if change <= PRECISION {
                break;
            }
        }
        means
    }

    fn fitted(&self, means: &[Vec<f64>], category: usize) -> f64 {
        let class = |margin: usize| self.class(category, margin);
        let one = |(margin, means): (usize, &Vec<f64>)| means.get(class(margin)?).copied();
        means.iter().enumerate().filter_map(one).sum()
    }

    fn class(&self, category: usize, margin: usize) -> Option<usize> {
        self.categories.get(category)?.get(margin).map(|class| *class as usize)
    }
}

/// A sum that is part of an estimate.
struct Term<'a> {
    row: usize,
    sum: &'a TableSum,
    scale: f64,
    deviation: f64,
}
