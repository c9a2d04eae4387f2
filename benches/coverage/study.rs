//! One replicate: a sample, labels, gold and the measurement, all by the functions the program itself uses.

use super::population::FrameUnit;
use super::population::Population;
use super::population::World;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use titer::eval::GoldDrawn;
use titer::eval::GoldLabel;
use titer::eval::Judgment;
use titer::eval::LabeledUnit;
use titer::eval::Positive;
use titer::gold;
use titer::gold::Cell;
use titer::gold::CellShares;
use titer::gold::GoldMethod;
use titer::gold::GoldPlan;
use titer::gold::Within;
use titer::measure::Estimate;
use titer::measure::Missing;
use titer::measure::PolicyPrevalence;
use titer::measure::Salts;
use titer::measure::Settings;
use titer::measure::Subject;
use titer::measure::prevalence;
use titer::reply::Outcome;
use titer::sampling::BottomK;
use titer::sampling::DrawSettings;
use titer::sampling::Floor;
use titer::sampling::Salt;
use titer::sampling::ScoreMean;
use titer::sampling::ScoreTransform;
use titer::sampling::Sizing;
use titer::sampling::prn;
use titer::stats::Draws;
use titer::stats::Level;
use titer::stats::TwoPhaseMethod;
use titer::unit::Design;
use titer::unit::Inclusion;

const POLICY: &str = "policy";

/// How the labeled sample is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// Every unit of the frame is labeled.
    Census,
    /// That many units, all alike.
    Uniform(usize),
    /// That many by priority on exposure.
    Exposure(usize),
    /// That many by priority on exposure and score (D5).
    Score(usize),
    /// Whole groups, each with that probability.
    Groups(f64),
}

/// How gold is drawn from the labeled sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gold {
    /// By label and, inside a cell, in proportion to the weight: D6.
    ByLabel(usize),
    /// By label, every unit of a cell alike.
    EqualByLabel(usize),
    /// Every labeled unit alike.
    SimpleRandom(usize),
}

/// A world and the designs it is measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    pub world: World,
    pub sampling: Sampling,
    pub gold: Gold,
}

/// What one replicate found, the truth beside it.
#[derive(Debug, Clone)]
pub struct Replicate {
    pub truth: f64,
    pub measured: PolicyPrevalence,
    /// Rogan-Gladen on as much gold, drawn as a simple random part of the same labeled sample: the gold it needs. `None` where it was
    /// not asked for: it takes a measurement of its own.
    pub rogan_gladen: Option<Result<Estimate, Missing>>,
}

struct SampledUnit<'a> {
    unit: &'a FrameUnit,
    inclusion: Inclusion,
}

impl Gold {
    fn size(self) -> usize {
        match self {
            Self::ByLabel(size) | Self::EqualByLabel(size) | Self::SimpleRandom(size) => size,
        }
    }

    fn method(self) -> GoldMethod {
        let shares = CellShares::without_pilot();
        match self {
            Self::ByLabel(_) => GoldMethod::ByLabel { shares, within: Within::Weight },
            Self::EqualByLabel(_) => GoldMethod::ByLabel { shares, within: Within::Equal },
            Self::SimpleRandom(_) => GoldMethod::SimpleRandom,
        }
    }

    fn drawn(self) -> GoldDrawn {
        match self {
            Self::ByLabel(_) | Self::EqualByLabel(_) => GoldDrawn::ByLabel,
            Self::SimpleRandom(_) => GoldDrawn::FromSample,
        }
    }
}

impl Scenario {
    /// The name of its row: the designs of sample and gold.
    pub fn name(&self) -> String {
        let sample = match self.sampling {
            Sampling::Census => "census".to_owned(),
            Sampling::Uniform(size) => format!("uniform {size}"),
            Sampling::Exposure(size) | Sampling::Score(size) => format!("priority {size}"),
            Sampling::Groups(part) => format!("groups {:.0} %", 100.0 * part),
        };
        let gold = match self.gold {
            Gold::ByLabel(size) => format!("by label {size}"),
            Gold::EqualByLabel(size) => format!("by label, equal {size}"),
            Gold::SimpleRandom(size) => format!("simple random {size}"),
        };
        format!("{sample}, {gold}")
    }

    /// Where its random numbers start: different for every scenario, whatever is added to the list.
    pub fn seed(&self) -> u64 {
        let prn = prn(&Salt::new("scenario").unwrap(), &format!("{self:?}"));
        (prn.u() * 1e9) as u64 * 100_000
    }

    /// Draws a sample and gold from the population and measures.
    pub fn measured(&self, population: &Population, seed: u64) -> PolicyPrevalence {
        let salt = sample_salt(seed);
        measure(&self.sample(population, &salt), &salt, self.gold, seed)
    }

    /// As [`Self::measured`], with Rogan-Gladen beside it for every fourth seed.
    pub fn replicate(&self, population: &Population, seed: u64) -> Replicate {
        let salt = sample_salt(seed);
        let sample = self.sample(population, &salt);
        let measured = measure(&sample, &salt, self.gold, seed);
        let rogan_gladen = match self.gold {
            _ if !seed.is_multiple_of(4) => None,
            Gold::SimpleRandom(_) => Some(measured.rogan_gladen.clone()),
            Gold::ByLabel(_) | Gold::EqualByLabel(_) => {
                let simple = Gold::SimpleRandom(self.gold.size());
                Some(measure(&sample, &salt, simple, seed).rogan_gladen)
            }
        };
        Replicate { truth: population.truth, measured, rogan_gladen }
    }

    fn sample<'a>(&self, population: &'a Population, salt: &Salt) -> Vec<SampledUnit<'a>> {
        let (size, transform) = match self.sampling {
            Sampling::Census => (population.units.len(), None),
            Sampling::Uniform(size) => (size, None),
            Sampling::Exposure(size) => (size, Some(ScoreTransform::None)),
            Sampling::Score(size) => (size, Some(ScoreTransform::Sqrt)),
            Sampling::Groups(probability) => return groups(population, salt, probability),
        };
        let sizing = transform.map_or(Sizing::Uniform, |transform| {
            let mut mean = ScoreMean::new(transform);
            population.units.iter().for_each(|unit| mean.add(unit.exposure, Some(unit.score)));
            Sizing::Priority(mean.measure(Floor::new(0.2).unwrap()).unwrap())
        });
        let size = NonZeroUsize::new(size).unwrap();
        let mut kept = BottomK::new(DrawSettings { salt: salt.clone(), size, sizing });
        for unit in &population.units {
            kept.offer(&unit.id, unit.exposure, Some(unit.score), || unit).unwrap();
        }
        let draw = kept.finish().unwrap();
        let design = draw.design;
        let sampled = |unit: titer::sampling::Drawn<&'a FrameUnit>| SampledUnit {
            inclusion: Inclusion {
                cluster: unit.payload.cluster.clone(),
                ..unit.inclusion(design)
            },
            unit: unit.payload,
        };
        draw.units.into_iter().map(sampled).collect()
    }
}

fn sample_salt(seed: u64) -> Salt {
    Salt::new(&format!("coverage/{seed}/sample")).unwrap()
}

/// Draws whole groups by the permanent random number of the group; the units of a group stand side by side.
fn groups<'a>(population: &'a Population, salt: &Salt, probability: f64) -> Vec<SampledUnit<'a>> {
    let chosen = |units: &&[FrameUnit]| {
        let group = units.first().and_then(|unit| unit.cluster.as_ref());
        group.is_some_and(|group| prn(salt, group).u() < probability)
    };
    let inclusion = |unit: &FrameUnit| Inclusion {
        cluster: unit.cluster.clone(),
        ..Inclusion::new(probability, Design::Poisson)
    };
    let groups = population.units.chunk_by(|a, b| a.cluster == b.cluster).filter(chosen);
    groups.flatten().map(|unit| SampledUnit { unit, inclusion: inclusion(unit) }).collect()
}

fn measure(sample: &[SampledUnit<'_>], salt: &Salt, gold: Gold, seed: u64) -> PolicyPrevalence {
    let gold_salt = Salt::new(&format!("coverage/{seed}/gold")).unwrap();
    let drawn = draw_gold(sample, salt, &gold_salt, gold);
    let by_id: BTreeMap<&str, &FrameUnit> =
        sample.iter().map(|sampled| (sampled.unit.id.as_str(), sampled.unit)).collect();
    let gold_labels: Vec<GoldLabel<'_>> = drawn
        .iter()
        .map(|chosen| GoldLabel {
            id: &chosen.id,
            label: if by_id[chosen.id.as_str()].violating { "violating" } else { "allowed" },
            judgment: Judgment::Decided,
            probability: Some(chosen.probability),
            age_days: None,
        })
        .collect();
    let units: Vec<LabeledUnit<'_>> = sample.iter().map(labeled).collect();
    let positive = Positive::labels(["violating"]).unwrap();
    let settings = Settings {
        positive: &positive,
        drawn: gold.drawn(),
        level: Level::new(0.95).unwrap(),
        draws: Draws::least(seed),
        min_gold: 300,
        max_gold_age_days: None,
        salts: Some(Salts { sample: salt.as_str(), gold: gold_salt.as_str() }),
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    let subject = Subject { policy: POLICY.to_owned(), ..Subject::default() };
    prevalence(&subject, &units, &gold_labels, &settings).unwrap()
}

fn draw_gold(
    sample: &[SampledUnit<'_>],
    salt: &Salt,
    gold_salt: &Salt,
    gold: Gold,
) -> Vec<gold::GoldUnit> {
    let units: Vec<gold::LabeledUnit> = sample
        .iter()
        .map(|SampledUnit { unit, inclusion }| gold::LabeledUnit {
            id: unit.id.clone(),
            weight: unit.exposure / inclusion.probability,
            cells: BTreeMap::from([(POLICY.to_owned(), unit.said)]),
        })
        .collect();
    let size = NonZeroUsize::new(gold.size()).unwrap();
    let plan = GoldPlan { salt: gold_salt.clone(), size, method: gold.method() };
    gold::draw(&units, Some(salt), &plan).unwrap().units
}

fn labeled<'a>(SampledUnit { unit, inclusion }: &'a SampledUnit<'_>) -> LabeledUnit<'a> {
    let (outcome, label) = match unit.said {
        Cell::Flagged => (Outcome::Label, Some("violating")),
        Cell::Unflagged => (Outcome::Label, Some("allowed")),
        Cell::NoAnswer => (Outcome::Refusal, None),
    };
    LabeledUnit {
        id: &unit.id,
        exposure: unit.exposure,
        inclusion: Some(inclusion),
        outcome,
        label,
        classes: &[],
    }
}
