//! `titer prevalence`: naive and corrected prevalence, from the store or from anybody's files.

mod files;
mod tidy;
mod wire;

pub use tidy::write_estimates;
pub use wire::PrevalenceJson;

use super::error::OpsError;
use super::gold;
use super::gold::Collected;
use super::labeled;
use super::labeled::Labeled;
use super::labeled::Wanted;
use super::labeler::AdHoc;
use super::program::PositiveRule;
use super::program::Program;
use super::units;
use super::units::SampledUnit;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::measure;
use crate::measure::Coverage;
use crate::measure::Division;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Salts;
use crate::measure::Segments;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::stats::Draws;
use crate::stats::Level;
use crate::unit::Design;
use crate::unit::Inclusion;
use crate::unit::Unit;
use jiff::Timestamp;
use std::num::NonZeroUsize;
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
    /// Pivots to measure each part of the units by.
    pub by: Vec<String>,
    /// What the level is the level of, where there are pivots.
    pub coverage: Coverage,
    /// The level of the intervals.
    pub level: Option<f64>,
    /// Gold below which an estimate is provisional.
    pub min_gold: Option<u64>,
    /// The seed of the simulated intervals.
    pub seed: u64,
    /// How many draws a simulated interval takes.
    pub draws: u32,
}

/// What was measured, with what the reader must know beside it.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// One measurement a policy.
    pub policies: Vec<PolicyPrevalence>,
    /// One measurement a policy, pivot and value of the pivot, in that order.
    pub segments: Vec<PolicyPrevalence>,
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
            by: Vec::new(),
            coverage: Coverage::Each,
            level: None,
            min_gold: None,
            seed: 1,
            draws: 50_000,
        }
    }
}

/// Measures the prevalence of every policy.
///
/// # Errors
///
/// No labels, no gold, a way of drawing that is not declared, rows that cannot be used. An estimate that
/// cannot be made from good rows is no error but part of the answer, with its reason.
pub fn prevalence(program: &Program, request: &PrevalenceRequest) -> Result<Measured, OpsError> {
    match &request.labels {
        Some(labels) => files::prevalence(program, request, labels),
        None => from_store(program, request),
    }
}

fn from_store(program: &Program, request: &PrevalenceRequest) -> Result<Measured, OpsError> {
    let wanted = Wanted {
        units: request.units.as_deref(),
        policies: &request.policies,
        labeler: &request.labeler,
        pivots: &request.by,
    };
    let labeled = labeled::from_store(program, &wanted)?;
    let mut gold =
        gold::collected(program, request.gold.as_deref(), request.drawn, &labeled.policies)?;
    gold.joined_with(&labeled.units, &labeled.policies, labeled.n_labeled())?;
    let measured_file = units::path(program, request.units.as_deref())?;
    let sample_salt = units::sample_salt(program, &measured_file)?;
    let mut measured = Measured::default();
    for at in 0..labeled.policies.len() {
        let policy = &labeled.policies[at];
        let positive = positive(program, policy)?;
        if !usable(program, request, &labeled, at, &mut measured.notes)? {
            continue;
        }
        let view = View::of(&labeled, at);
        let rows = view.rows(&labeled, at);
        let subject = Subject {
            policy: policy.id.clone(),
            policy_version: Some(policy.version.to_string()),
            labeler: Some(labeled.labeler.name.clone()),
            period: labeled.period.clone(),
            segment: None,
        };
        let sample_salt = sample_salt.as_deref();
        let estimate = Estimating { program, request, gold: &gold, sample_salt };
        let of_rows =
            |division: &Division| division.of_units(labeled.rows[at].iter().map(|row| row.unit));
        let divisions: Vec<Division> = labeled.divisions.iter().map(of_rows).collect();
        let case =
            Case { subject: &subject, units: &rows, divisions: &divisions, positive: &positive };
        estimate.policy(&case, Some(policy), &mut measured)?;
    }
    Ok(measured)
}

/// Returns whether a policy has labels to measure, and refuses a part of them that is no random part.
fn usable(
    program: &Program,
    request: &PrevalenceRequest,
    labeled: &Labeled,
    policy: usize,
    notes: &mut Vec<String>,
) -> Result<bool, OpsError> {
    let (total, missing) = (labeled.units.len(), labeled.missing(policy));
    let id = &labeled.policies[policy].id;
    if missing == total {
        notes.push(format!("{id}: no unit is labeled; run `titer label`"));
        return Ok(false);
    }
    if missing > 0 {
        labeled.random_part(program, request.units.as_deref(), policy)?;
        notes.push(format!(
            "{id}: {missing} of {total} units have no label yet; the labeled ones are a random part and count as such. Finish with `titer label`"
        ));
    }
    Ok(true)
}

/// The inclusion of each unit as the labels on hand make it: a run that stopped early has labeled a random part.
struct View {
    /// One a unit, where it is not the unit's own.
    partial: Option<Vec<Inclusion>>,
}

impl View {
    fn of(labeled: &Labeled, policy: usize) -> Self {
        let (total, missing) = (labeled.units.len(), labeled.missing(policy));
        let share = (total - missing) as f64 / total as f64;
        let of = |unit: &SampledUnit| match &unit.inclusion {
            Some(inclusion) => {
                let design = match inclusion.design {
                    Design::Census => Design::Uniform,
                    other @ (Design::Uniform | Design::Poisson | Design::Priority) => other,
                };
                let probability = inclusion.probability * share;
                Inclusion { probability, design, ..inclusion.clone() }
            }
            None => Inclusion {
                probability: share,
                design: Design::Uniform,
                stratum: None,
                cluster: None,
            },
        };
        Self { partial: (missing > 0).then(|| labeled.units.iter().map(of).collect()) }
    }

    fn rows<'a>(&'a self, labeled: &'a Labeled, policy: usize) -> Vec<LabeledUnit<'a>> {
        let inclusion = |at: usize| match &self.partial {
            Some(partial) => partial.get(at),
            None => labeled.units[at].inclusion.as_ref(),
        };
        labeled.rows[policy]
            .iter()
            .map(|row| LabeledUnit {
                id: &labeled.units[row.unit].id,
                exposure: labeled.units[row.unit].exposure,
                inclusion: inclusion(row.unit),
                outcome: row.outcome,
                label: row.label.as_deref(),
            })
            .collect()
    }
}

/// What is the same for every policy of a request.
struct Estimating<'a> {
    program: &'a Program,
    request: &'a PrevalenceRequest,
    gold: &'a Collected,
    sample_salt: Option<&'a str>,
}

/// One policy to measure.
struct Case<'a> {
    subject: &'a Subject,
    units: &'a [LabeledUnit<'a>],
    /// The pivots asked for, one value a unit, in the same order.
    divisions: &'a [Division],
    positive: &'a Positive,
}

impl Estimating<'_> {
    fn policy(
        &self,
        case: &Case<'_>,
        policy: Option<&Policy>,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let gold = self.labels(&case.subject.policy, policy);
        let settings = self.settings(case.positive)?;
        let rows = Rows { units: case.units, gold: &gold };
        let segments = Segments {
            divisions: case.divisions,
            coverage: self.request.coverage,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        let (whole, parts) = measure::with_segments(case.subject, rows, segments, &settings)
            .map_err(|mistakes| refused(&case.subject.policy, &mistakes))?;
        measured.policies.push(whole);
        measured.segments.extend(parts);
        Ok(())
    }

    /// The gold of a policy. Where a rater chose a reason to abstain, or raters found no majority, nobody knows the label: such
    /// units stay in, as undetermined.
    fn labels<'a>(&'a self, id: &str, policy: Option<&Policy>) -> Vec<GoldLabel<'a>> {
        let now = Timestamp::now();
        let age = |at: &String| {
            let at: Timestamp = at.parse().ok()?;
            Some(now.duration_since(at).as_secs_f64().max(0.0) / 86_400.0)
        };
        let judgment = |label: &str| {
            let abstains = policy.is_some_and(|policy| policy.abstains(label));
            if abstains { Judgment::Undetermined } else { Judgment::Decided }
        };
        let settled = self.gold.adjudication.gold.iter().filter(|gold| gold.policy == id);
        let settled = settled.map(|gold| GoldLabel {
            id: &gold.unit_id,
            label: &gold.label,
            judgment: judgment(&gold.label),
            probability: gold.probability,
            age_days: gold.drawn_at.as_ref().and_then(age),
        });
        let open = self.gold.adjudication.unresolved.iter().filter(|open| open.policy == id);
        let open = open.map(|open| GoldLabel {
            id: &open.unit_id,
            label: "no majority",
            judgment: Judgment::Undetermined,
            probability: open.probability,
            age_days: None,
        });
        settled.chain(open).collect()
    }

    fn settings<'a>(&'a self, positive: &'a Positive) -> Result<Settings<'a>, OpsError> {
        let estimate = self.program.file.estimate.as_ref();
        let level = self.request.level.or(estimate.and_then(|estimate| estimate.level));
        let min_gold = self.request.min_gold.or(estimate.and_then(|estimate| estimate.min_gold));
        let salts = self.sample_salt.zip(self.gold.salt.as_deref());
        Ok(Settings {
            positive,
            drawn: self.gold.drawn,
            level: Level::new(level.unwrap_or(0.95))?,
            draws: Draws::new(self.request.seed, self.request.draws)?,
            min_gold: min_gold.unwrap_or(MIN_GOLD),
            max_gold_age_days: None,
            salts: salts.map(|(sample, gold)| Salts { sample, gold }),
        })
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
fn positive(program: &Program, policy: &Policy) -> Result<Positive, OpsError> {
    let configured = program.file.estimate.as_ref().and_then(|estimate| {
        estimate.policies.iter().find(|(id, _)| *id == policy.id).map(|(_, rule)| &rule.positive)
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

/// Returns the units' period when all have the same.
fn one_period(units: &[Unit]) -> Option<String> {
    let first = units.first()?.period.as_ref()?;
    units.iter().all(|unit| unit.period.as_ref() == Some(first)).then(|| first.clone())
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
