//! `titer prevalence`: naive and corrected prevalence, from the store or from anybody's files.

mod calendar;
mod classes;
mod files;
mod periods;
mod rates;
mod sample;
mod sets;
mod span;
mod store;
mod tidy;
mod totals;
mod wire;
mod wire_change;
mod wire_classes;
mod wire_gold_error;

pub(super) use files::plainly_violating;
mod wire_quality;
mod wire_rates;

pub use rates::MeasuredRates;
pub use rates::error_rates;
pub use tidy::write_estimates;
pub use wire::PrevalenceJson;
pub use wire_rates::RatesJson;

use self::sample::PolicyRows;
use self::sample::Sample;
use self::totals::Known;
use self::totals::Reach;
use self::totals::Totals;
use super::error::OpsError;
use super::gold::Collected;
use super::labeler::AdHoc;
use super::program::IntervalName;
use super::program::PositiveRule;
use super::program::Program;
use crate::eval::GoldDrawn;
use crate::eval::InputMistake;
use crate::eval::Positive;
use crate::measure::Break;
use crate::measure::Coverage;
use crate::measure::Drift;
use crate::measure::Goal;
use crate::measure::NotAGoal;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::measure::Salts;
use crate::measure::Settings;
use crate::measure::Span;
use crate::measure::adjust_changes;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::TwoPhaseMethod;
use jiff::Timestamp;
use std::collections::HashSet;
use std::path::PathBuf;

/// Gold below which an estimate is provisional, when titer.yaml does not say.
const MIN_GOLD: u64 = 300;
/// How many mistakes of the rows are named.
const MOST_NAMED: usize = 5;

/// What to measure. What is left out comes from `titer.yaml`.
#[derive(Debug, Clone)]
pub struct PrevalenceRequest {
    /// The units; the project's when absent.
    pub units: Option<PathBuf>,
    /// Policies; all when empty.
    pub policies: Vec<String>,
    /// The labeler of the store's labels.
    pub labeler: AdHoc,
    /// Labels of any system, in place of the store's.
    pub labels: Option<PathBuf>,
    /// Gold of any source, in place of the project's.
    pub gold: Option<PathBuf>,
    /// How gold was drawn.
    pub drawn: Option<GoldDrawn>,
    /// Labels that count as violating, for labels without a policy.
    pub positive: Vec<String>,
    /// The period to measure; the last one where it is compared with another, all when absent.
    pub period: Option<String>,
    /// The period to compare it with.
    pub vs: Option<String>,
    /// The sample of that earlier period, where it is not in the same file.
    pub earlier: EarlierSample,
    /// What the prevalence should be, in place of titer.yaml's goals.
    pub goal: Option<String>,
    /// Pivots to measure each part of the units by.
    pub by: Vec<String>,
    /// Known exposures to calibrate to, in place of titer.yaml's.
    pub totals: Option<PathBuf>,
    /// Whether to measure the share of every label too.
    pub each_label: bool,
    /// What the level is the level of, where there are pivots or labels.
    pub coverage: Coverage,
    /// The level of the intervals.
    pub level: Option<f64>,
    /// How the interval of the two-phase estimate is made.
    pub interval: Option<TwoPhaseMethod>,
    /// Gold below which an estimate is provisional.
    pub min_gold: Option<u64>,
    /// The seed of the simulated intervals.
    pub seed: u64,
    /// How many draws a simulated interval takes.
    pub draws: u32,
}

/// The sample of an earlier period. What is left out is that of the later one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierSample {
    /// Its units.
    pub units: Option<PathBuf>,
    /// Its labels.
    pub labels: Option<PathBuf>,
    /// Its gold.
    pub gold: Option<PathBuf>,
    /// Its labeler.
    pub labeler: Option<String>,
}

/// What was measured, with what the reader must know beside it.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// One measurement a policy: of its units, of the period asked for, or of several periods pooled.
    pub policies: Vec<PolicyPrevalence>,
    /// One measurement a policy, pivot and value of the pivot, in that order.
    pub segments: Vec<PolicyPrevalence>,
    /// The other periods, where there are several: each of a series, or the one compared with.
    pub periods: Vec<PolicyPrevalence>,
    /// Changes from one period to another: of each policy, then of its segments.
    pub changes: Vec<PeriodChange>,
    /// Where the series of a policy breaks.
    pub breaks: Vec<(String, Break)>,
    /// Tests of whether error rates moved, one a policy that has gold in several periods.
    pub drifts: Vec<Drift>,
    /// Things to know that no code covers, one line each.
    pub notes: Vec<String>,
}

impl Default for PrevalenceRequest {
    fn default() -> Self {
        Self {
            units: None,
            policies: Vec::new(),
            labeler: AdHoc::default(),
            labels: None,
            gold: None,
            drawn: None,
            positive: Vec::new(),
            period: None,
            vs: None,
            earlier: EarlierSample::default(),
            goal: None,
            by: Vec::new(),
            totals: None,
            each_label: false,
            coverage: Coverage::Each,
            level: None,
            interval: None,
            min_gold: None,
            seed: 1,
            draws: 50_000,
        }
    }
}

/// Measures the prevalence of every policy.
///
/// Units of several periods are a series: each period by itself, and all pooled. With `period` one of them is measured, with
/// `vs` or an earlier sample two are compared.
///
/// # Errors
///
/// No labels, no gold, a way of drawing that is not declared, rows that cannot be used, a period that is not there. An
/// estimate that cannot be made from good rows is no error but part of the answer, with its reason.
pub fn prevalence(program: &Program, request: &PrevalenceRequest) -> Result<Measured, OpsError> {
    let mut measured = Measured::default();
    let before = request.before();
    let ids = |path: Option<&PathBuf>| match path {
        Some(path) if before.is_some() => files::ids(program, path),
        Some(_) | None => Ok(HashSet::new()),
    };
    let later = Estimating { program, request, elsewhere: ids(request.earlier.units.as_ref())? };
    let sample = later.sample(&mut measured.notes)?;
    let earlier = match &before {
        None => None,
        Some(request) => {
            let elsewhere = ids(later.request.units.as_ref())?;
            let estimating = Estimating { program, request, elsewhere };
            // what is to be known of its units is said of the later ones
            let sample = estimating.sample(&mut Vec::new())?;
            Some((estimating, sample))
        }
    };
    let earlier = earlier.as_ref().map(|(estimating, sample)| (estimating, sample));
    for rows in &sample.policies {
        later.policy((&sample, rows), earlier, &mut measured)?;
    }
    adjust_changes(&mut measured.changes)?;
    later.state(&mut measured)?;
    Ok(measured)
}

impl PrevalenceRequest {
    /// Returns the request for the earlier sample, where it is another than the later one.
    fn before(&self) -> Option<Self> {
        if self.earlier == EarlierSample::default() {
            return None;
        }
        let EarlierSample { units, labels, gold, labeler } = self.earlier.clone();
        let mut labeled_by = self.labeler.clone();
        labeled_by.name = labeler.or(labeled_by.name);
        Some(Self {
            units: units.or_else(|| self.units.clone()),
            labels: labels.or_else(|| self.labels.clone()),
            gold: gold.or_else(|| self.gold.clone()),
            labeler: labeled_by,
            ..self.clone()
        })
    }
}

/// What is the same for every policy of a sample.
struct Estimating<'a> {
    program: &'a Program,
    request: &'a PrevalenceRequest,
    /// The units of another sample that the same labels and gold may speak of.
    elsewhere: HashSet<String>,
}

impl Estimating<'_> {
    fn sample(&self, notes: &mut Vec<String>) -> Result<Sample, OpsError> {
        let totals = Totals::asked(self.program, self.request)?;
        let mut read = self.request.clone();
        read.by.extend(totals.iter().flat_map(Totals::pivots).cloned());
        let mut sample = match &self.request.labels {
            Some(labels) => files::sample(self.program, &read, (labels, &self.elsewhere), notes)?,
            None => store::sample(self.program, &read, notes)?,
        };
        if let Some(totals) = totals {
            let margins = sample.divisions.split_off(self.request.by.len());
            sample.known = Some(Known::new(totals, margins)?);
        }
        Ok(sample)
    }

    /// Returns what a period is among those that are measured.
    fn reach(&self, period: Option<&str>, span: Span) -> Reach {
        let compared = self.request.vs.is_some() || self.request.before().is_some();
        match (self.request.period.as_deref(), span) {
            (None, Span::Only) if !compared => Reach::Alone,
            (Some(wanted), _) if !compared && period == Some(wanted) => Reach::Alone,
            (Some(_), _) if !compared => Reach::Beside,
            (Some(_) | None, Span::Only | Span::OneOfSeveral | Span::Pooled(_)) => {
                Reach::OneOfSeveral
            }
        }
    }

    fn settings<'a>(
        &self,
        sample: &'a Sample,
        rows: &'a PolicyRows,
        gold: &'a Collected,
    ) -> Result<Settings<'a>, OpsError> {
        let estimate = self.program.file.estimate.as_ref();
        let level = self.request.level.or(estimate.and_then(|estimate| estimate.level));
        let interval = estimate.and_then(|estimate| estimate.interval).map(method_of);
        let min_gold = self.request.min_gold.or(estimate.and_then(|estimate| estimate.min_gold));
        let oldest = estimate.and_then(|estimate| estimate.max_gold_age.as_deref());
        let salts = sample.salt.as_deref().zip(gold.salt.as_deref());
        Ok(Settings {
            positive: &rows.positive,
            drawn: gold.drawn,
            level: Level::new(level.unwrap_or(0.95))?,
            draws: Draws::new(self.request.seed, self.request.draws)?,
            interval: self.request.interval.or(interval).unwrap_or_default(),
            min_gold: min_gold.unwrap_or(MIN_GOLD),
            max_gold_age_days: oldest.map(span::days).transpose()?,
            salts: salts.map(|(sample, gold)| Salts { sample, gold }),
            goal: self.goal(&rows.id)?,
        })
    }

    /// Says of each period whether it may still get gold, where titer.yaml says how long.
    fn state(&self, measured: &mut Measured) -> Result<(), OpsError> {
        let estimate = self.program.file.estimate.as_ref();
        let Some(after) = estimate.and_then(|it| it.final_after.as_deref()) else { return Ok(()) };
        let (after, now) = (span::days(after)?, Timestamp::now());
        let Measured { policies, segments, periods, .. } = measured;
        for measured in policies.iter_mut().chain(segments).chain(periods) {
            let period = measured.subject.period.as_deref().unwrap_or_default();
            // a window is as final as its last period
            let last = period.rsplit('/').next().unwrap_or(period);
            measured.status = calendar::status(last, after, now);
        }
        Ok(())
    }

    /// The goal of a policy: the one asked for, else that of titer.yaml.
    fn goal(&self, policy: &str) -> Result<Option<Goal>, OpsError> {
        let of_file = || {
            let policies = &self.program.file.estimate.as_ref()?.policies;
            policies.iter().find(|(id, _)| *id == policy).and_then(|(_, it)| it.goal.as_deref())
        };
        let text = self.request.goal.as_deref().or_else(of_file);
        let wrong = |error: NotAGoal| {
            OpsError::refused(error.to_string(), "say on which side of which share it should be")
        };
        text.map(Goal::parse).transpose().map_err(wrong)
    }
}

fn method_of(name: IntervalName) -> TwoPhaseMethod {
    match name {
        IntervalName::KgMeld => TwoPhaseMethod::KgMeld,
        IntervalName::GammaTiwari => TwoPhaseMethod::GammaTiwari,
        IntervalName::GammaFf => TwoPhaseMethod::GammaFayFeuer,
        IntervalName::GammaMidp => TwoPhaseMethod::GammaMidP,
        IntervalName::LogitT => TwoPhaseMethod::Logit,
    }
}

/// Where several labels may apply at once, a row holds the most severe: a rule on severity sees all it needs, a rule that
/// names labels would miss the others.
fn only_by_severity(policy: &Policy, rule: &PositiveRule) -> Result<(), OpsError> {
    let by_severity = matches!(rule, PositiveRule::One(rule) if rule == "violating" || rule.starts_with("severity"));
    if policy.mode != Mode::Multi || by_severity {
        return Ok(());
    }
    Err(OpsError::refused(
        format!(
            "policy `{}` allows several labels at once, and `positive` names labels",
            policy.id
        ),
        "use `positive: violating` or `positive: \"severity >= N\"`, or make the label a policy of its own",
    ))
}

/// Returns which labels of a policy count as violating: as titer.yaml says, else severity above 0.
pub(super) fn positive(program: &Program, policy: &Policy) -> Result<Positive, OpsError> {
    let configured = program.file.estimate.as_ref().and_then(|estimate| {
        let found = estimate.policies.iter().find(|(id, _)| *id == policy.id);
        found.and_then(|(_, rule)| rule.positive.as_ref())
    });
    configured.map_or(Ok(()), |rule| only_by_severity(policy, rule))?;
    Ok(match configured {
        None => Positive::violating(policy)?,
        Some(PositiveRule::One(rule))
            if rule == "violating" && policy.label("violating").is_none() =>
        {
            Positive::violating(policy)?
        }
        Some(PositiveRule::One(rule)) => Positive::parse(rule, policy)?,
        Some(PositiveRule::Several(labels)) => Positive::parse(&labels.join(","), policy)?,
    })
}

fn refused(policy: &str, mistakes: &[InputMistake]) -> OpsError {
    let mut lines: Vec<String> =
        mistakes.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    if MOST_NAMED < mistakes.len() {
        lines.push(format!("and {} more", mistakes.len() - MOST_NAMED));
    }
    OpsError::refused(
        format!("policy `{policy}` cannot be measured:\n  {}", lines.join("\n  ")),
        "correct the rows named above and run the command again",
    )
}
