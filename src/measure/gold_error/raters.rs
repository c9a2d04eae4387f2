//! The two-phase estimate with the probability that a gold unit is violating in place of the people's verdict.

use super::NotModelled;
use super::Opinion;
use crate::eval::InputMistake;
use crate::eval::Unclear;
use crate::eval::merge_thin;
use crate::eval::weighed;
use crate::measure::Estimate;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::stats::CellSums;
use crate::stats::DawidSkene;
use crate::stats::DawidSkeneSettings;
use crate::stats::GoldWeight;
use crate::stats::PosteriorGold;
use crate::stats::Rating;
use crate::stats::RatingShape;
use crate::stats::Ratings;
use crate::stats::Refits;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::dawid_skene;
use crate::stats::gold_only;
use crate::stats::posterior_interval;
use crate::stats::posterior_two_phase;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// With fewer raters on a unit their errors and the truth cannot be told apart.
const LEAST_RATERS: usize = 3;
/// A refit has settled when no probability moves by this much: far less than refits differ from each other.
const SETTLED_REFIT: f64 = 1e-5;
/// The classes of an answer.
const ALLOWED: usize = 0;
const VIOLATING: usize = 1;

/// The corrected estimate with the raters' errors modelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Modelled {
    /// The estimate.
    pub estimate: Estimate,
    /// How far it lies from the corrected estimate: the sensitivity to errors of the gold.
    pub difference: f64,
    /// The part of its standard error that is due to what the raters' errors are.
    pub parameters_error: f64,
    /// What the model says of each rater, ordered by name.
    pub raters: Vec<ModelledRater>,
    /// How often the model was fitted again to units drawn again.
    pub refits: u32,
}

/// A rater's error rates by the model; `None` where nothing is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelledRater {
    /// The rater; `None` for answers that name nobody.
    pub rater: Option<String>,
    /// How likely the rater calls a violating unit violating.
    pub sensitivity: Option<f64>,
    /// How likely the rater calls an allowed unit allowed.
    pub specificity: Option<f64>,
}

/// Gold units with their weights and ratings.
struct RatedGold<'a> {
    cells: Vec<CellSums>,
    gold: Vec<PosteriorGold>,
    /// The design weight of each, `t / (pi rho)`.
    weights: Vec<f64>,
    ratings: Ratings,
    raters: Vec<Option<&'a str>>,
}

/// Returns whether some unit has two raters.
pub(super) fn several(opinions: &[Opinion<'_>]) -> bool {
    by_unit(opinions).values().any(|raters| raters.len() > 1)
}

fn by_unit<'a>(opinions: &[Opinion<'a>]) -> BTreeMap<&'a str, BTreeMap<Option<&'a str>, Truth>> {
    let mut units: BTreeMap<&str, BTreeMap<Option<&str>, Truth>> = BTreeMap::new();
    for said in opinions {
        units.entry(said.id).or_default().insert(said.rater, said.truth);
    }
    units
}

/// Models the raters' errors and measures again. Gold on which people found no majority takes part: the model tells how likely it is.
pub(super) fn modelled(
    measured: &PolicyPrevalence,
    rows: Rows<'_>,
    settings: &Settings<'_>,
    opinions: &[Opinion<'_>],
) -> Result<Result<Modelled, NotModelled>, Vec<InputMistake>> {
    let gold = match rated_gold(rows, settings, opinions)? {
        Ok(gold) => gold,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(gold.estimate(measured, settings).map_err(NotModelled::Undefined))
}

fn rated_gold<'a>(
    rows: Rows<'_>,
    settings: &Settings<'_>,
    opinions: &[Opinion<'a>],
) -> Result<Result<RatedGold<'a>, NotModelled>, Vec<InputMistake>> {
    // every gold unit takes part, whatever the reading of those people could not tell
    let unclear = Unclear::Taken(Truth::Negative);
    let joined = weighed((rows.units, rows.gold), settings.positive, settings.drawn, unclear)?;
    let (used, _) = merge_thin(&joined.cells, settings.drawn);
    let said = by_unit(opinions);
    let names: BTreeSet<Option<&str>> = opinions.iter().map(|said| said.rater).collect();
    let number: BTreeMap<Option<&str>, usize> = names.iter().copied().zip(0..).collect();
    let (mut gold, mut weights, mut ratings) = (Vec::new(), Vec::new(), Vec::new());
    let mut few = 0;
    for unit in &joined.units {
        let Some(own) = unit.gold else { continue };
        let answers = said.get(unit.id);
        few += usize::from(answers.map_or(0, BTreeMap::len) < LEAST_RATERS);
        ratings.extend(answers.into_iter().flatten().map(|(rater, truth)| Rating {
            unit: gold.len(),
            rater: number[rater],
            class: class(*truth),
        }));
        let cell = used.iter().position(|used| used.parts.contains(&unit.cell)).unwrap_or(0);
        let weight = match GoldWeight::new(unit.weight, own.probability) {
            Ok(weight) => weight,
            Err(error) => return Ok(Err(error.into())),
        };
        weights.push(weight.value());
        gold.push(PosteriorGold { cell, weight, truth: 0.0 });
    }
    if few > 0 {
        return Ok(Err(NotModelled::TooFewRaters { few, of: gold.len() }));
    }
    let shape = RatingShape { units: gold.len(), raters: names.len(), classes: 2 };
    let cells = used.iter().map(|cell| cell.sums).collect();
    let raters = names.into_iter().collect();
    Ok(match Ratings::new(shape, &ratings) {
        Ok(ratings) => Ok(RatedGold { cells, gold, weights, ratings, raters }),
        Err(error) => Err(error.into()),
    })
}

fn class(truth: Truth) -> usize {
    match truth {
        Truth::Positive => VIOLATING,
        Truth::Negative => ALLOWED,
    }
}

impl RatedGold<'_> {
    fn estimate(
        mut self,
        measured: &PolicyPrevalence,
        settings: &Settings<'_>,
    ) -> Result<Modelled, StatsError> {
        let seed = settings.draws.seed();
        let weights = Some(self.weights.as_slice());
        let model = dawid_skene(&self.ratings, weights, &DawidSkeneSettings::standard(seed))?;
        let parts = self.parts();
        let value = |model: &DawidSkene, _: &[f64]| {
            let part = |(unit, part): (usize, &f64)| part * model.posterior(unit)[VIOLATING];
            Ok(parts.iter().enumerate().map(part).sum())
        };
        let refits = Refits::new(seed, Refits::STANDARD)?;
        let mut refitted = model.clone();
        refitted.settings.stopping.change = SETTLED_REFIT;
        let parameters = refitted.bootstrap(&self.ratings, weights, refits, value)?.variance;
        for (unit, gold) in self.gold.iter_mut().enumerate() {
            gold.truth = model.posterior(unit)[VIOLATING].clamp(0.0, 1.0);
        }
        let made = posterior_two_phase(&self.cells, &self.gold)?;
        let interval = posterior_interval(&made, parameters, settings.level, settings.draws)?;
        let (value, variance) = (made.value, made.variance() + parameters);
        let otherwise = gold_only(&self.cells)?.size;
        let judged = measured.corrected.as_ref().map_or(value, |judged| judged.value);
        Ok(Modelled {
            estimate: Estimate {
                value,
                raw: value,
                std_error: variance.sqrt(),
                low: interval.low,
                high: interval.high,
                method: interval.method,
                n_eff: Estimate::printed_size(value, variance, measured.n, otherwise),
                codes: Vec::new(),
            },
            difference: value - judged,
            parameters_error: parameters.sqrt(),
            raters: self.raters(&model),
            refits: Refits::STANDARD,
        })
    }

    /// What each gold unit's probability counts in the estimate: its cell's share times its share of the cell's gold.
    fn parts(&self) -> Vec<f64> {
        let total: f64 = self.cells.iter().map(|cell| cell.labeled.weight).sum();
        let part = |unit: &PosteriorGold| {
            let cell = &self.cells[unit.cell];
            cell.labeled.weight / total * unit.weight.value() / cell.gold().weight
        };
        self.gold.iter().map(part).collect()
    }

    fn raters(&self, model: &DawidSkene) -> Vec<ModelledRater> {
        let right = |rater, class: usize| Some(model.confusion(rater, class)?[class]);
        let one = |(number, name): (usize, &Option<&str>)| ModelledRater {
            rater: name.map(str::to_owned),
            sensitivity: right(number, VIOLATING),
            specificity: right(number, ALLOWED),
        };
        self.raters.iter().enumerate().map(one).collect()
    }
}
