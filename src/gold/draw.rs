//! Which labeled units go to human raters, with which probability.

use crate::gold::CellCounts;
use crate::gold::CellShares;
use crate::gold::GoldError;
use crate::gold::allocate;
use crate::policy::Policy;
use crate::sampling::BottomK;
use crate::sampling::Draw;
use crate::sampling::DrawSettings;
use crate::sampling::Floor;
use crate::sampling::Salt;
use crate::sampling::SamplingError;
use crate::sampling::ScoreTransform;
use crate::sampling::SizeMeasure;
use crate::sampling::Sizing;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// What a labeler said about a unit, as far as gold and prevalence are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// A violating label.
    Flagged,
    /// A label that is not violating.
    Unflagged,
    /// No label: abstention, refusal, filter, failure and the rest.
    NoAnswer,
}

/// A labeled unit that may become gold.
#[derive(Debug, Clone, PartialEq)]
pub struct LabeledUnit {
    /// The unit's id.
    pub id: String,
    /// Its exposure over its inclusion probability. Finite, > 0.
    pub weight: f64,
    /// Its cell under each policy it was labeled with.
    pub cells: BTreeMap<String, Cell>,
}

/// How gold is to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldPlan {
    /// The salt of this draw; never that of the sample.
    pub salt: Salt,
    /// Units to draw: in all when simple random, for each policy when by label.
    pub size: NonZeroUsize,
    /// The method.
    pub method: GoldMethod,
}

/// The methods of drawing gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GoldMethod {
    /// Every labeled unit alike.
    SimpleRandom,
    /// By what the labeler said.
    ByLabel {
        /// How gold is spread over the cells.
        shares: CellShares,
        /// How it is drawn inside one.
        within: Within,
    },
}

/// How gold is drawn inside a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Every unit alike.
    Equal,
    /// In proportion to the weight: the better choice when few units carry much exposure.
    Weight,
}

/// A unit chosen for gold.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldUnit {
    /// The unit's id.
    pub id: String,
    /// Its probability of being chosen, given the sample; the same under all its policies.
    pub probability: f64,
    /// The policies to judge it by.
    pub policies: Vec<String>,
}

/// How one cell was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct CellDraw {
    /// The policy.
    pub policy: String,
    /// The cell.
    pub cell: Cell,
    /// Units in the cell.
    pub units: usize,
    /// Units drawn for the cell; a unit drawn for another policy's cell may add to them.
    pub drawn: usize,
    /// The threshold; `None` when the whole cell was drawn. With equal chances it is the cell's probability.
    pub threshold: Option<f64>,
}

/// Units chosen for gold, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldDraw {
    /// The chosen units, ordered by id.
    pub units: Vec<GoldUnit>,
    /// The cells, by policy; empty for a simple random draw.
    pub cells: Vec<CellDraw>,
}

impl Cell {
    /// Every cell, in order.
    pub const ALL: [Self; 3] = [Self::Flagged, Self::Unflagged, Self::NoAnswer];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Unflagged => "unflagged",
            Self::NoAnswer => "no_answer",
        }
    }

    /// Returns the cell of a label; `None` stands for every outcome without one.
    ///
    /// # Errors
    ///
    /// [`GoldError::UnknownLabel`] when the policy has no such label.
    pub fn of(policy: &Policy, label: Option<&str>) -> Result<Self, GoldError> {
        let Some(label) = label else { return Ok(Self::NoAnswer) };
        match policy.label(label) {
            Some(found) if found.severity > 0 => Ok(Self::Flagged),
            Some(_) => Ok(Self::Unflagged),
            None if policy.abstains(label) => Ok(Self::NoAnswer),
            None => {
                Err(GoldError::UnknownLabel { policy: policy.id.clone(), label: label.to_owned() })
            }
        }
    }
}

/// Draws units for human gold from the labeled units of a sample.
///
/// A unit labeled under several policies is judged under all of them when it is chosen for one, so its
/// probability is the largest of its policies' and stands for all.
///
/// # Errors
///
/// [`GoldError::SameSalt`] when the salt is that of the sample, [`GoldError::NoUnits`] when nothing is
/// labeled, [`GoldError::TooFew`] when a cell would get no gold, [`GoldError::Draw`] for an unusable weight
/// or a repeated id.
pub fn draw(
    units: &[LabeledUnit],
    sample_salt: Option<&Salt>,
    plan: &GoldPlan,
) -> Result<GoldDraw, GoldError> {
    if sample_salt == Some(&plan.salt) {
        return Err(GoldError::SameSalt(plan.salt.as_str().to_owned()));
    }
    let labeled: Vec<&LabeledUnit> = units.iter().filter(|unit| !unit.cells.is_empty()).collect();
    if labeled.is_empty() {
        return Err(GoldError::NoUnits);
    }
    let mut ids: Vec<&str> = labeled.iter().map(|unit| unit.id.as_str()).collect();
    ids.sort_unstable();
    if let Some([id, _]) = ids.windows(2).find(|pair| pair.first() == pair.get(1)) {
        let repeated = SamplingError::DuplicateUnit((*id).to_owned());
        return Err(GoldError::Draw(repeated));
    }
    match plan.method {
        GoldMethod::SimpleRandom => simple_random(&labeled, plan),
        GoldMethod::ByLabel { shares, within } => by_label(&labeled, plan, shares, within),
    }
}

fn simple_random(units: &[&LabeledUnit], plan: &GoldPlan) -> Result<GoldDraw, GoldError> {
    let drawn = bottom(&plan.salt, plan.size, Within::Equal, units.iter().copied())?;
    let units = drawn.units.into_iter().map(|unit| GoldUnit {
        id: unit.id,
        probability: unit.probability,
        policies: unit.payload.cells.keys().cloned().collect(),
    });
    Ok(GoldDraw { units: units.collect(), cells: Vec::new() })
}

fn by_label(
    units: &[&LabeledUnit],
    plan: &GoldPlan,
    shares: CellShares,
    within: Within,
) -> Result<GoldDraw, GoldError> {
    let policies: BTreeSet<&str> =
        units.iter().flat_map(|unit| unit.cells.keys().map(String::as_str)).collect();
    let mut cells = Vec::new();
    let mut chosen: BTreeSet<&str> = BTreeSet::new();
    for policy in policies {
        let mut counts = CellCounts::default();
        let members = units.iter().filter_map(|unit| unit.cells.get(policy));
        members.for_each(|cell| counts.add(*cell, 1));
        let targets = allocate(counts, plan.size, shares).map_err(|cells| GoldError::TooFew {
            size: plan.size.get(),
            cells,
            policy: policy.to_owned(),
        })?;
        for cell in Cell::ALL {
            let Some(target) = NonZeroUsize::new(targets.of(cell)) else { continue };
            let in_cell = |unit: &&LabeledUnit| unit.cells.get(policy) == Some(&cell);
            let members = units.iter().copied().filter(in_cell);
            let drawn = bottom(&plan.salt, target, within, members)?;
            chosen.extend(drawn.units.iter().map(|unit| unit.payload.id.as_str()));
            cells.push(CellDraw {
                policy: policy.to_owned(),
                cell,
                units: counts.of(cell),
                drawn: drawn.units.len(),
                threshold: drawn.threshold,
            });
        }
    }
    let mut units = gold_units(units, &chosen, &cells, within);
    units.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(GoldDraw { units, cells })
}

fn gold_units(
    units: &[&LabeledUnit],
    chosen: &BTreeSet<&str>,
    cells: &[CellDraw],
    within: Within,
) -> Vec<GoldUnit> {
    let chosen = units.iter().filter(|unit| chosen.contains(unit.id.as_str()));
    chosen
        .map(|unit| GoldUnit {
            id: unit.id.clone(),
            probability: probability(unit, cells, within),
            policies: unit.cells.keys().cloned().collect(),
        })
        .collect()
}

/// The largest probability any of the unit's policies gave it.
fn probability(unit: &LabeledUnit, cells: &[CellDraw], within: Within) -> f64 {
    let size = match within {
        Within::Equal => 1.0,
        Within::Weight => unit.weight,
    };
    cells
        .iter()
        .filter(|drawn| unit.cells.get(&drawn.policy) == Some(&drawn.cell))
        .map(|drawn| drawn.threshold.map_or(1.0, |threshold| (size * threshold).min(1.0)))
        .fold(0.0, f64::max)
}

fn bottom<'a>(
    salt: &Salt,
    size: NonZeroUsize,
    within: Within,
    units: impl Iterator<Item = &'a LabeledUnit>,
) -> Result<Draw<&'a LabeledUnit>, GoldError> {
    let sizing = match within {
        Within::Equal => Sizing::Uniform,
        Within::Weight => {
            let whole = Floor::new(1.0).map_err(GoldError::Draw)?;
            let by_weight = SizeMeasure::new(ScoreTransform::None, whole, 1.0);
            Sizing::Priority(by_weight.map_err(GoldError::Draw)?)
        }
    };
    let mut kept = BottomK::new(DrawSettings { salt: salt.clone(), size, sizing });
    for unit in units {
        kept.offer(&unit.id, unit.weight, None, || unit).map_err(GoldError::Draw)?;
    }
    kept.finish().map_err(GoldError::Draw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<LabeledUnit> {
        let cell = |i: usize| match i % 20 {
            0 => Cell::Flagged,
            1 => Cell::NoAnswer,
            _ => Cell::Unflagged,
        };
        (0..1000)
            .map(|i| LabeledUnit {
                id: format!("u{i:04}"),
                weight: 1.0 + (i % 13) as f64,
                cells: BTreeMap::from([
                    ("harassment".into(), cell(i)),
                    ("spam".into(), cell(i / 20)),
                ]),
            })
            .collect()
    }

    fn plan(salt: &str, method: GoldMethod) -> GoldPlan {
        GoldPlan { salt: Salt::new(salt).unwrap(), size: NonZeroUsize::new(100).unwrap(), method }
    }

    fn by_label(within: Within) -> GoldMethod {
        GoldMethod::ByLabel { shares: CellShares::without_pilot(), within }
    }

    #[test]
    fn the_salt_of_the_sample_is_refused() {
        let salt = Salt::new("s").unwrap();
        let refused = draw(&units(), Some(&salt), &plan("s", GoldMethod::SimpleRandom));
        assert_eq!(refused, Err(GoldError::SameSalt("s".into())));
    }

    #[test]
    fn simple_random_gold_has_one_probability() {
        let gold = draw(&units(), None, &plan("g", GoldMethod::SimpleRandom)).unwrap();
        assert_eq!(gold.units.len(), 100);
        let first = gold.units[0].probability;
        assert!(gold.units.iter().all(|unit| (unit.probability - first).abs() < 1e-15));
        assert!((0.07..0.14).contains(&first));
    }

    #[test]
    fn weighted_counts_of_gold_are_unbiased_over_salts() {
        const REPEATS: u32 = 600;
        for within in [Within::Equal, Within::Weight] {
            let units = units();
            let counts: Vec<f64> = (0..REPEATS)
                .map(|salt| {
                    let gold =
                        draw(&units, None, &plan(&format!("g{salt}"), by_label(within))).unwrap();
                    gold.units
                        .iter()
                        .filter(|unit| unit.id.ends_with('3'))
                        .map(|u| 1.0 / u.probability)
                        .sum()
                })
                .collect();
            let mean = counts.iter().sum::<f64>() / f64::from(REPEATS);
            let spread = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>();
            let error = spread.sqrt() / f64::from(REPEATS);
            assert!((mean - 100.0).abs() < 3.0 * error, "{within:?}: {mean}, error {error}");
        }
    }

    #[test]
    fn every_policy_gets_its_gold_and_units_are_shared() {
        let gold = draw(&units(), None, &plan("g", by_label(Within::Equal))).unwrap();
        for policy in ["harassment", "spam"] {
            let drawn =
                gold.cells.iter().filter(|cell| cell.policy == policy).map(|cell| cell.drawn);
            assert_eq!(drawn.sum::<usize>(), 100);
        }
        assert!((100..=200).contains(&gold.units.len()));
        assert!(gold.units.iter().all(|unit| unit.policies.len() == 2));
    }

    #[test]
    fn a_small_cell_is_taken_whole() {
        let mut few = units();
        few.truncate(60);
        let gold = draw(&few, None, &plan("g", by_label(Within::Weight))).unwrap();
        assert!(gold.units.iter().all(|unit| (unit.probability - 1.0).abs() < 1e-15));
        assert_eq!(gold.units.len(), 60);
    }
}
