//! A plan tried many times on made-up truth: the real sampler, the real gold draw, the real estimate.

use super::PlanGold;
use super::PlanSettings;
use super::PlanSize;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::gold;
use crate::gold::Cell;
use crate::gold::CellShares;
use crate::gold::GoldMethod;
use crate::gold::Within;
use crate::measure::PolicyPrevalence;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::prevalence;
use crate::reply::Outcome;
use crate::sampling::BottomK;
use crate::sampling::DrawSettings;
use crate::sampling::Salt;
use crate::sampling::Sizing;
use crate::stats::Draws;
use crate::stats::StatsError;
use crate::stats::TwoPhaseMethod;
use crate::unit::Design;
use crate::unit::Inclusion;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

const VIOLATING: &str = "violating";
const ALLOWED: &str = "allowed";
/// The policy's name in a simulation.
const POLICY: &str = "plan";
/// How many times as likely as other units a violating one gets no answer.
const NO_ANSWER_FACTOR: f64 = 3.0;

/// A unit of the frame a sample would be drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameUnit {
    /// Its exposure, above 0.
    pub exposure: f64,
    /// Its predicted risk in `[0, 1]`, where a model gave one.
    pub score: Option<f64>,
}

/// How a plan is tried.
#[derive(Debug, Clone, Copy)]
pub struct Simulation<'a> {
    /// The frame; without one the labeled units are few of very many, each seen once.
    pub frame: &'a [FrameUnit],
    /// How the sample is drawn from the frame.
    pub sizing: Sizing,
    /// The share of units without an answer; three times as likely on violating ones.
    pub no_answer: f64,
    /// How often.
    pub runs: NonZeroUsize,
    /// Where its random numbers start.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulated {
    /// How often it was tried.
    pub runs: usize,
    /// The mean width of the corrected interval; `None` where no run had one.
    pub width: Option<f64>,
    /// The width that nine runs of ten stay within.
    pub wide: Option<f64>,
    /// The share of runs whose interval held the truth.
    pub held: f64,
    /// The share of runs in which gold found none of the units the labeler missed.
    pub no_miss_found: f64,
    /// The share of runs without an estimate.
    pub withheld: f64,
}

/// One unit with what is true of it and what the labeler says.
struct Unit {
    id: String,
    exposure: f64,
    score: Option<f64>,
    violating: bool,
    cell: Cell,
}

/// Tries a plan: truth is drawn once, then sample and gold again and again.
///
/// Where the frame has scores, the probability of violating is in proportion to the score, up to 1; else it is the
/// guessed prevalence for every unit.
///
/// # Errors
///
/// A frame too small for the sample, or gold that cannot be drawn as planned.
pub fn simulate(
    size: PlanSize,
    settings: &PlanSettings,
    simulation: &Simulation<'_>,
) -> Result<Simulated, StatsError> {
    let mut random = Pcg64::seed_from_u64(simulation.seed);
    let population = population(settings, simulation, &mut random);
    let mut runs = Vec::with_capacity(simulation.runs.get());
    for run in 0..simulation.runs.get() {
        let sample = match population.as_slice() {
            [] => unbounded(size.labels, settings, simulation, &mut random),
            frame => drawn(frame, size.labels, simulation.sizing, run)?,
        };
        runs.push(try_once(&sample, size, settings, run)?);
    }
    let truth = if population.is_empty() {
        settings.guess.prevalence()
    } else {
        let exposure = |of: fn(&Unit) -> bool| -> f64 {
            population.iter().filter(|unit| of(unit)).map(|unit| unit.exposure).sum()
        };
        exposure(|unit| unit.violating) / exposure(|_| true)
    };
    Ok(summary(&runs, truth))
}

/// One run: its interval, where there is one, and whether gold found a miss.
struct Run {
    interval: Option<(f64, f64)>,
    found_miss: bool,
}

fn summary(runs: &[Run], truth: f64) -> Simulated {
    let n = runs.len() as f64;
    let mut widths: Vec<f64> =
        runs.iter().filter_map(|run| run.interval).map(|(low, high)| high - low).collect();
    widths.sort_by(f64::total_cmp);
    let share = |of: &dyn Fn(&Run) -> bool| runs.iter().filter(|run| of(run)).count() as f64 / n;
    let nine_of_ten = (widths.len() * 9).div_ceil(10).saturating_sub(1);
    Simulated {
        runs: runs.len(),
        width: (!widths.is_empty()).then(|| widths.iter().sum::<f64>() / widths.len() as f64),
        wide: widths.get(nine_of_ten).copied(),
        held: share(&|run| run.interval.is_some_and(|(low, high)| low <= truth && truth <= high)),
        no_miss_found: share(&|run| !run.found_miss),
        withheld: share(&|run| run.interval.is_none()),
    }
}

/// The frame with a truth and a label for every unit.
fn population(
    settings: &PlanSettings,
    simulation: &Simulation<'_>,
    random: &mut Pcg64,
) -> Vec<Unit> {
    let scale = score_scale(simulation.frame, settings.guess.prevalence());
    let unit = |(at, unit): (usize, &FrameUnit)| {
        let probability = match (scale, unit.score) {
            (Some(scale), Some(score)) => (scale * score).min(1.0),
            (_, None) | (None, _) => settings.guess.prevalence(),
        };
        let violating = random.random_bool(probability);
        let cell = said(violating, settings, simulation.no_answer, random);
        let FrameUnit { exposure, score } = *unit;
        Unit { id: format!("u{at}"), exposure, score, violating, cell }
    };
    simulation.frame.iter().enumerate().map(unit).collect()
}

/// The factor that makes `factor * score`, cut at 1, have the wanted mean over exposure; `None` without any score.
fn score_scale(frame: &[FrameUnit], prevalence: f64) -> Option<f64> {
    let scored = || frame.iter().filter_map(|unit| Some((unit.exposure, unit.score?)));
    let exposure: f64 = scored().map(|(exposure, _)| exposure).sum();
    if scored().map(|(_, score)| score).sum::<f64>() <= 0.0 {
        return None;
    }
    let mean = |scale: f64| {
        scored().map(|(exposure, score)| exposure * (scale * score).min(1.0)).sum::<f64>()
            / exposure
    };
    let (mut low, mut high) = (0.0, 1.0);
    while mean(high) < prevalence && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if mean(middle) < prevalence { low = middle } else { high = middle }
    }
    Some(high)
}

fn said(violating: bool, settings: &PlanSettings, no_answer: f64, random: &mut Pcg64) -> Cell {
    let (guess, theta) = (settings.guess, settings.guess.prevalence());
    let other = no_answer / (1.0 - theta + NO_ANSWER_FACTOR * theta);
    let silent = if violating { (NO_ANSWER_FACTOR * other).min(1.0) } else { other };
    if random.random_bool(silent) {
        return Cell::NoAnswer;
    }
    let rates = guess.rates();
    let flagged = if violating { rates.sensitivity } else { 1.0 - rates.specificity };
    if random.random_bool(flagged) { Cell::Flagged } else { Cell::Unflagged }
}

/// Labeled units that are few of very many.
fn unbounded(
    labels: u64,
    settings: &PlanSettings,
    simulation: &Simulation<'_>,
    random: &mut Pcg64,
) -> Vec<Sampled> {
    let one = |at| {
        let violating = random.random_bool(settings.guess.prevalence());
        let cell = said(violating, settings, simulation.no_answer, random);
        Sampled {
            id: format!("u{at}"),
            exposure: 1.0,
            violating,
            cell,
            inclusion: Inclusion::new(1e-9, Design::Uniform),
        }
    };
    (0..labels).map(one).collect()
}

/// A labeled unit of one run.
struct Sampled {
    id: String,
    exposure: f64,
    violating: bool,
    cell: Cell,
    inclusion: Inclusion,
}

fn drawn(
    frame: &[Unit],
    labels: u64,
    sizing: Sizing,
    run: usize,
) -> Result<Vec<Sampled>, StatsError> {
    let size = usize::try_from(labels).ok().and_then(NonZeroUsize::new);
    let size = size.ok_or(StatsError::NoUnits)?;
    let salt = salt(&format!("plan/sample/{run}"))?;
    let mut draw = BottomK::new(DrawSettings { salt, size, sizing });
    for unit in frame {
        draw.offer(&unit.id, unit.exposure, unit.score, || (unit.violating, unit.cell))
            .map_err(|_| StatsError::NotAnExposure(unit.exposure))?;
    }
    let sample = draw.finish().map_err(|_| StatsError::NoUnits)?;
    let design = sample.design;
    let one = |unit: crate::sampling::Drawn<(bool, Cell)>| {
        let inclusion = unit.inclusion(design);
        let (violating, cell) = unit.payload;
        Sampled { id: unit.id, exposure: unit.exposure, violating, cell, inclusion }
    };
    Ok(sample.units.into_iter().map(one).collect())
}

fn try_once(
    sample: &[Sampled],
    size: PlanSize,
    settings: &PlanSettings,
    run: usize,
) -> Result<Run, StatsError> {
    let chosen = gold_of(sample, size, settings, run)?;
    let misses = |unit: &&Sampled| unit.cell == Cell::Unflagged && unit.violating;
    let found_miss = sample.iter().filter(misses).any(|unit| chosen.contains_key(&unit.id));
    let measured = measured(sample, &chosen, settings, run)?;
    let interval = measured.corrected.as_ref().ok().map(|it| (it.low, it.high));
    Ok(Run { interval, found_miss })
}

/// The ids chosen for gold, with their probabilities.
fn gold_of(
    sample: &[Sampled],
    size: PlanSize,
    settings: &PlanSettings,
    run: usize,
) -> Result<BTreeMap<String, f64>, StatsError> {
    let units: Vec<gold::LabeledUnit> = sample
        .iter()
        .map(|unit| gold::LabeledUnit {
            id: unit.id.clone(),
            weight: unit.exposure / unit.inclusion.probability,
            cells: BTreeMap::from([(POLICY.to_owned(), unit.cell)]),
        })
        .collect();
    let method = match settings.gold {
        PlanGold::FromSample => GoldMethod::SimpleRandom,
        PlanGold::ByLabel => {
            GoldMethod::ByLabel { shares: CellShares::without_pilot(), within: Within::Weight }
        }
    };
    let wanted = usize::try_from(size.gold).ok().and_then(NonZeroUsize::new);
    let plan = gold::GoldPlan {
        salt: salt(&format!("plan/gold/{run}"))?,
        size: wanted.ok_or(StatsError::NoUnits)?,
        method,
    };
    let draw = gold::draw(&units, None, &plan).map_err(|_| StatsError::Undefined {
        statistic: "a gold draw",
        reason: "too little gold for the cells: plan more of it",
    })?;
    Ok(draw.units.into_iter().map(|unit| (unit.id, unit.probability)).collect())
}

fn measured(
    sample: &[Sampled],
    chosen: &BTreeMap<String, f64>,
    settings: &PlanSettings,
    run: usize,
) -> Result<PolicyPrevalence, StatsError> {
    let units: Vec<LabeledUnit<'_>> = sample.iter().map(Sampled::row).collect();
    let gold: Vec<GoldLabel<'_>> = sample
        .iter()
        .filter_map(|unit| {
            Some(GoldLabel {
                id: &unit.id,
                label: if unit.violating { VIOLATING } else { ALLOWED },
                judgment: Judgment::Decided,
                probability: Some(*chosen.get(&unit.id)?),
                age_days: None,
            })
        })
        .collect();
    let positive = Positive::labels([VIOLATING]).map_err(|_| StatsError::NoUnits)?;
    let measure = Settings {
        positive: &positive,
        drawn: match settings.gold {
            PlanGold::FromSample => GoldDrawn::FromSample,
            PlanGold::ByLabel => GoldDrawn::ByLabel,
        },
        level: settings.level,
        draws: Draws::least(run as u64),
        min_gold: 0,
        max_gold_age_days: None,
        salts: None,
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    prevalence(&Subject::default(), &units, &gold, &measure).map_err(|_| StatsError::NoUnits)
}

impl Sampled {
    fn row(&self) -> LabeledUnit<'_> {
        let (outcome, label) = match self.cell {
            Cell::Flagged => (Outcome::Label, Some(VIOLATING)),
            Cell::Unflagged => (Outcome::Label, Some(ALLOWED)),
            Cell::NoAnswer => (Outcome::Refusal, None),
        };
        let inclusion = Some(&self.inclusion);
        LabeledUnit {
            id: &self.id,
            exposure: self.exposure,
            inclusion,
            outcome,
            label,
            classes: &[],
        }
    }
}

fn salt(text: &str) -> Result<Salt, StatsError> {
    Salt::new(text).map_err(|_| StatsError::NoUnits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::PlanCosts;
    use crate::stats::GuessedRates;
    use crate::stats::LabelerGuess;
    use crate::stats::Level;

    fn settings() -> PlanSettings {
        let rates = GuessedRates { prevalence: 0.05, sensitivity: 0.8, specificity: 0.98 };
        PlanSettings {
            guess: LabelerGuess::new(rates).unwrap(),
            gold: PlanGold::ByLabel,
            level: Level::new(0.95).unwrap(),
            power: 0.8,
            costs: PlanCosts::default(),
        }
    }

    fn simulation(frame: &[FrameUnit]) -> Simulation<'_> {
        Simulation {
            frame,
            sizing: Sizing::Uniform,
            no_answer: 0.01,
            runs: NonZeroUsize::new(30).unwrap(),
            seed: 7,
        }
    }

    #[test]
    fn intervals_hold_the_truth_and_are_about_as_wide_as_the_closed_form_says() {
        let size = PlanSize { labels: 2_000, gold: 300 };
        let tried = simulate(size, &settings(), &simulation(&[])).unwrap();
        let planned = super::super::plan(size, &settings()).unwrap();
        assert!(tried.held >= 0.8, "{tried:?}");
        let ratio = tried.width.unwrap() / (2.0 * planned.half_width);
        assert!((0.8..1.6).contains(&ratio), "{ratio} {tried:?} {planned:?}");
        assert_eq!(simulate(size, &settings(), &simulation(&[])).unwrap(), tried, "it is seeded");
    }

    #[test]
    fn a_frame_with_scores_keeps_the_guessed_prevalence() {
        let frame: Vec<FrameUnit> = (0..4_000)
            .map(|at| FrameUnit {
                exposure: 1.0 + f64::from(at % 9),
                score: Some(f64::from(at % 100) / 100.0),
            })
            .collect();
        let scale = score_scale(&frame, 0.05).unwrap();
        let mean: f64 = frame
            .iter()
            .map(|unit| unit.exposure * (scale * unit.score.unwrap()).min(1.0))
            .sum::<f64>()
            / frame.iter().map(|unit| unit.exposure).sum::<f64>();
        assert!((mean - 0.05).abs() < 1e-9, "{mean}");
        let size = PlanSize { labels: 1_000, gold: 300 };
        let tried = simulate(size, &settings(), &simulation(&frame)).unwrap();
        assert!(tried.held >= 0.7 && tried.withheld < 0.5, "{tried:?}");
    }
}
