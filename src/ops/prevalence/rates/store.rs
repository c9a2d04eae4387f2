//! The answers of the project's labelers in its store, under the policies and settings as they are now.

use super::AnswerRow;
use super::Answered;
use super::AnsweredPolicy;
use super::LABELER;
use super::OUTPUT;
use super::maker;
use super::placeholder;
use super::value_of_each;
use crate::eval::Certainty;
use crate::ops::error::OpsError;
use crate::ops::fit;
use crate::ops::labeler;
use crate::ops::labeler::AdHoc;
use crate::ops::labeler::Labeler;
use crate::ops::policies;
use crate::ops::prevalence::PrevalenceRequest;
use crate::ops::prevalence::positive;
use crate::ops::prevalence::sample::PolicyRows;
use crate::ops::prevalence::sample::Sample;
use crate::ops::prevalence::store;
use crate::ops::program::Program;
use crate::ops::sampled;
use crate::ops::sampled::SampledUnit;
use crate::policy::Policy;
use crate::prompt::PromptSettings;
use crate::prompt::Rung;
use crate::store::Access;
use crate::store::Store;
use crate::unit::Fingerprint;
use std::collections::HashMap;
use std::sync::Arc;

/// Who asks with a prompt, and in which output mode.
#[derive(Debug, Clone)]
struct Asker {
    labeler: Arc<str>,
    output: Arc<str>,
}

/// Reads the labels of every labeler that stand for the units.
pub(super) fn answered(
    program: &Program,
    request: &PrevalenceRequest,
    by: &str,
    notes: &mut Vec<String>,
) -> Result<Answered, OpsError> {
    let policies: Vec<Arc<Policy>> = policies::load(program, &request.policies)?.policies();
    let path = program.store_path();
    let pivots: Vec<String> = Some(by)
        .filter(|by| ![LABELER, OUTPUT].contains(by))
        .map(str::to_owned)
        .into_iter()
        .collect();
    let file = sampled::load(program, request.units.as_deref(), &pivots)?;
    if !path.is_file() {
        return Err(OpsError::refused(
            format!("nothing is labeled yet: there is no store at {}", path.display()),
            "label the units first: titer label",
        ));
    }
    let askers = askers(program, request, &policies, notes)?;
    let mut answers = scan(program, &policies, (&file.units, &askers))?;
    if answers.iter().all(Vec::is_empty) {
        return Err(OpsError::refused(
            format!("no unit of {} has a label of any labeler of titer.yaml", file.path.display()),
            "run `titer label`; labels of an earlier policy text, prompt or model do not count",
        ));
    }
    let pivot: Option<Vec<Arc<str>>> = file.divisions.first().map(value_of_each).transpose()?;
    let mut has_label = vec![false; file.units.len()];
    for answer in answers.iter_mut().flatten() {
        has_label[answer.at] = true;
        answer.value = match &pivot {
            Some(of_unit) => Some(Arc::clone(&of_unit[answer.at])),
            None => answer.value.take().filter(|_| by == OUTPUT),
        };
    }
    let gold = store::gold_by_period(program, request, (&file.units, &policies), &has_label)?;
    let mut answered = Vec::with_capacity(policies.len());
    for (policy, answers) in policies.iter().zip(answers) {
        if answers.is_empty() {
            notes.push(format!("{}: no unit is labeled; run `titer label`", policy.id));
            continue;
        }
        let rows = PolicyRows {
            id: policy.id.clone(),
            policy: Some(Arc::clone(policy)),
            positive: positive(program, policy)?,
            rows: (0..file.units.len()).map(|at| placeholder(None, Some(at))).collect(),
            makers: vec![maker("")],
            inclusions: None,
        };
        answered.push(AnsweredPolicy::new(rows, answers));
    }
    let (name, units, divisions) = (file.path.display().to_string(), file.units, file.divisions);
    let sample =
        Sample { name, units, divisions, policies: Vec::new(), gold, salt: None, known: None };
    Ok(Answered { sample, policies: answered })
}

/// Returns who asks with which prompt: every labeler of titer.yaml in every output mode it may take, or the one named.
fn askers(
    program: &Program,
    request: &PrevalenceRequest,
    policies: &[Arc<Policy>],
    notes: &mut Vec<String>,
) -> Result<HashMap<Fingerprint, Asker>, OpsError> {
    let mut askers: HashMap<Fingerprint, Asker> = HashMap::new();
    let mut add = |labeler: &Labeler| -> Result<(), OpsError> {
        for rung in rungs(labeler) {
            let settings = PromptSettings { rung, ..labeler.prompt.clone() };
            for prompt in fit::compile_all(policies, labeler, &settings)? {
                let name = || (Arc::from(labeler.name.as_str()), Arc::from(rung.name()));
                let asker = askers.entry(prompt.fingerprint()).or_insert_with(|| {
                    let (labeler, output) = name();
                    Asker { labeler, output }
                });
                if *asker.labeler != *labeler.name {
                    asker.labeler = Arc::from(format!("{}, {}", asker.labeler, labeler.name));
                }
            }
        }
        Ok(())
    };
    if !request.labeler.is_empty() {
        add(&labeler::resolve(program, &request.labeler)?)?;
        return Ok(askers);
    }
    for (name, _) in program.file.labelers.iter() {
        let wanted = AdHoc { name: Some(name.to_owned()), ..AdHoc::default() };
        let added = labeler::resolve(program, &wanted).and_then(|labeler| add(&labeler));
        if let Err(error) = added {
            notes.push(format!("labeler `{name}` is left out: {error}"));
        }
    }
    Ok(askers)
}

fn rungs(labeler: &Labeler) -> Vec<Rung> {
    if labeler.rung_is_open { vec![Rung::Schema, Rung::Text] } else { vec![labeler.prompt.rung] }
}

/// Reads the labels of each policy; the value of each is its output mode.
fn scan(
    program: &Program,
    policies: &[Arc<Policy>],
    (units, askers): (&[SampledUnit], &HashMap<Fingerprint, Asker>),
) -> Result<Vec<Vec<AnswerRow>>, OpsError> {
    let reader = Store::open(&program.store_path(), Access::Read)?.reader()?;
    let by_id: HashMap<&str, usize> =
        units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
    let mut labels: HashMap<String, Arc<str>> = HashMap::new();
    let mut one = |label: &str| match labels.get(label) {
        Some(known) => Arc::clone(known),
        None => Arc::clone(labels.entry(label.to_owned()).or_insert_with(|| label.into())),
    };
    let mut answers: Vec<Vec<AnswerRow>> = policies.iter().map(|_| Vec::new()).collect();
    reader.standing_labels(|row| {
        let policy = policies.iter().position(|policy| policy.id == row.policy);
        let Some((policy, asker)) = policy.zip(askers.get(&row.prompt)) else { return };
        let Some(at) = by_id.get(row.unit).filter(|at| units[**at].content == row.unit_hash) else {
            return;
        };
        answers[policy].push(AnswerRow {
            at: *at,
            labeler: Arc::clone(&asker.labeler),
            value: Some(Arc::clone(&asker.output)),
            outcome: row.outcome,
            label: row.label.map(&mut one),
            certainty: Certainty::first(None, row.label_probability, row.stated_confidence),
        });
    })?;
    Ok(answers)
}
