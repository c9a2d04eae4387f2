//! `titer plan`: what labels and gold would buy, before anything is spent.

use super::error::OpsError;
use super::prevalence;
use super::prevalence::PrevalenceRequest;
use super::program::Program;
use super::units;
use crate::io;
use crate::io::Columns;
use crate::io::ContentColumns;
use crate::io::IdCheck;
use crate::io::Source;
use crate::measure;
use crate::measure::FrameUnit;
use crate::measure::Plan;
use crate::measure::PlanCosts;
use crate::measure::PlanGold;
use crate::measure::PlanSettings;
use crate::measure::PlanSize;
use crate::measure::Simulated;
use crate::measure::Simulation;
use crate::sampling::Floor;
use crate::sampling::ScoreMean;
use crate::sampling::ScoreTransform;
use crate::sampling::SizeMeasure;
use crate::sampling::Sizing;
use crate::stats::GuessedRates;
use crate::stats::LabelerGuess;
use crate::stats::Level;
use crate::stats::UnitCosts;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

/// The share of the size that does not depend on the score, as `titer sample` has it.
const FLOOR: f64 = 0.2;

/// What to plan.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// The policy whose measurement is the pilot; needed where the project measures several.
    pub policy: Option<String>,
    /// The guessed prevalence; the pilot's when absent.
    pub prevalence: Option<f64>,
    /// The guessed sensitivity; the pilot's when absent.
    pub sensitivity: Option<f64>,
    /// The guessed specificity; the pilot's when absent.
    pub specificity: Option<f64>,
    /// The share of units without an answer.
    pub no_answer: f64,
    /// What is to be planned.
    pub targets: Targets,
    /// How gold is drawn.
    pub gold: PlanGold,
    /// What units cost.
    pub costs: PlanCosts,
    /// The level of the intervals.
    pub level: f64,
    /// The power with which a change is to be seen.
    pub power: f64,
    /// The frame to try the plans on.
    pub frame: Option<PathBuf>,
    /// Whether the frame is sampled uniformly rather than by exposure and risk.
    pub uniform: bool,
    /// How often each plan is tried; never when 0.
    pub runs: usize,
    /// The seed of the trials.
    pub seed: u64,
}

/// What is given; the rest is what is asked for.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Numbers of labels.
    pub labels: Vec<u64>,
    /// Numbers of gold units.
    pub gold: Vec<u64>,
    /// Budgets in US dollars.
    pub budgets: Vec<f64>,
    /// Half widths, as shares.
    pub half_widths: Vec<f64>,
}

/// Plans side by side.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What was guessed or measured.
    pub guess: LabelerGuess,
    /// The plans, with what came of trying each.
    pub plans: Vec<(Plan, Option<Simulated>)>,
    /// Things to know beside them.
    pub notes: Vec<String>,
}

/// Plans sizes for each target.
///
/// # Errors
///
/// Rates that are neither given nor measured, targets that cannot be met, a frame that cannot be read.
pub fn plan(program: &Program, request: &PlanRequest) -> Result<Planned, OpsError> {
    let mut notes = Vec::new();
    let settings = PlanSettings {
        guess: guess(program, request, &mut notes)?,
        gold: request.gold,
        level: Level::new(request.level)?,
        power: request.power,
        costs: request.costs,
    };
    let frame = match &request.frame {
        Some(path) => read_frame(program, path)?,
        None => Vec::new(),
    };
    let sizes = sizes(request, &settings, &frame)?;
    let sizing = sizing(request, &frame)?;
    let runs = NonZeroUsize::new(request.runs);
    let mut plans = Vec::with_capacity(sizes.len());
    for size in sizes {
        let planned = measure::plan(size, &settings)?;
        let tried = match runs {
            Some(runs) => {
                let simulation = Simulation {
                    frame: &frame,
                    sizing,
                    no_answer: request.no_answer,
                    runs,
                    seed: request.seed,
                };
                Some(measure::simulate(size, &settings, &simulation)?)
            }
            None => None,
        };
        plans.push((planned, tried));
    }
    Ok(Planned { guess: settings.guess, plans, notes })
}

/// The rates: as given, else as the project's own labels and gold show them.
fn guess(
    program: &Program,
    request: &PlanRequest,
    notes: &mut Vec<String>,
) -> Result<LabelerGuess, OpsError> {
    let given = (request.prevalence, request.sensitivity, request.specificity);
    if let (Some(prevalence), Some(sensitivity), Some(specificity)) = given {
        return Ok(LabelerGuess::new(GuessedRates { prevalence, sensitivity, specificity })?);
    }
    let missing = || {
        OpsError::refused(
            "a plan needs a guess of prevalence, sensitivity and specificity",
            "give --prevalence, --sensitivity and --specificity, or run it in a project with labels and gold",
        )
    };
    if !program.found {
        return Err(missing());
    }
    let pilot = PrevalenceRequest {
        policies: request.policy.iter().cloned().collect(),
        ..PrevalenceRequest::default()
    };
    let measured = prevalence::prevalence(program, &pilot)?;
    let one = match measured.policies.as_slice() {
        [one] => one,
        [] => return Err(missing()),
        several => {
            let ids: Vec<&str> =
                several.iter().map(|policy| policy.subject.policy.as_str()).collect();
            return Err(OpsError::refused(
                format!("the project measures {} policies", several.len()),
                format!("name one with --policy: {}", ids.join(", ")),
            ));
        }
    };
    let rate = |rate: &Result<crate::eval::ErrorRate, crate::stats::StatsError>| {
        rate.as_ref().ok().map(|rate| rate.share.value)
    };
    let prevalence = request.prevalence.or_else(|| one.corrected.as_ref().ok().map(|it| it.value));
    let sensitivity = request.sensitivity.or_else(|| rate(&one.rates.sensitivity));
    let specificity = request.specificity.or_else(|| rate(&one.rates.specificity));
    let (Some(prevalence), Some(sensitivity), Some(specificity)) =
        (prevalence, sensitivity, specificity)
    else {
        return Err(missing());
    };
    notes.push(format!(
        "rates that were not given are those of `{}`, from {} gold units",
        one.subject.policy, one.m
    ));
    Ok(LabelerGuess::new(GuessedRates { prevalence, sensitivity, specificity })?)
}

fn sizes(
    request: &PlanRequest,
    settings: &PlanSettings,
    frame: &[FrameUnit],
) -> Result<Vec<PlanSize>, OpsError> {
    let Targets { labels, gold, budgets, half_widths } = &request.targets;
    let most = (!frame.is_empty()).then_some(frame.len() as u64);
    let mut sizes = Vec::new();
    for usd in budgets {
        let (Some(label), Some(gold)) = (settings.costs.label_usd, settings.costs.gold_usd) else {
            return Err(OpsError::refused(
                "a budget needs prices",
                "give --label-price and --gold-price in US dollars a unit",
            ));
        };
        sizes.push(measure::size_for_budget(*usd, UnitCosts { label, gold }, settings, most)?);
    }
    for labels in labels {
        for half_width in half_widths {
            sizes.push(measure::size_for_half_width(*labels, *half_width, settings)?);
        }
        sizes.extend(gold.iter().map(|gold| PlanSize { labels: *labels, gold: *gold }));
    }
    if sizes.is_empty() {
        return Err(OpsError::refused(
            "nothing says how large the plan is",
            "give --labels with --gold, --labels with --half-width, or --budget with prices",
        ));
    }
    if let Some((most, size)) =
        most.and_then(|most| Some((most, sizes.iter().find(|size| size.labels > most)?)))
    {
        return Err(OpsError::refused(
            format!("{} labels are more than the {most} units of the frame", size.labels),
            "plan fewer labels, or name the whole frame",
        ));
    }
    Ok(sizes)
}

fn read_frame(program: &Program, path: &Path) -> Result<Vec<FrameUnit>, OpsError> {
    let columns = Columns { content: ContentColumns::None, ..units::columns(program) };
    let source = Source::from_argument(path);
    let mut frame = Vec::new();
    for unit in io::read_units(&source, &columns, IdCheck::Unique)? {
        let unit = unit?;
        frame.push(FrameUnit { exposure: unit.exposure, score: unit.score });
    }
    if frame.is_empty() {
        return Err(OpsError::refused(
            format!("{} has no units", path.display()),
            "check that it is the file you meant",
        ));
    }
    Ok(frame)
}

/// By exposure and risk as `titer sample` draws, or uniform.
fn sizing(request: &PlanRequest, frame: &[FrameUnit]) -> Result<Sizing, OpsError> {
    if request.uniform || frame.is_empty() {
        return Ok(Sizing::Uniform);
    }
    let floor = Floor::new(FLOOR)?;
    if frame.iter().all(|unit| unit.score.is_none()) {
        return Ok(Sizing::Priority(SizeMeasure::new(ScoreTransform::None, floor, 1.0)?));
    }
    let mut mean = ScoreMean::new(ScoreTransform::Sqrt);
    frame.iter().for_each(|unit| mean.add(unit.exposure, unit.score));
    Ok(Sizing::Priority(mean.measure(floor)?))
}
