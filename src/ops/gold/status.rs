//! How far the human side is: of the latest draw, or of the gold file that titer.yaml names.

use super::agreement;
use super::agreement::RaterAgreement;
use super::agreement::UNNAMED;
use super::collect::annotation;
use super::collect::current;
use super::collect::drawn_of;
use super::collect::read;
use crate::gold;
use crate::gold::Annotation;
use crate::ops::error::OpsError;
use crate::ops::policies;
use crate::ops::program::Program;
use crate::policy::Policy;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// How far a draw is, and how far its raters agree.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The draw's id; the gold file where nothing was drawn here.
    pub draw: String,
    /// Its design.
    pub design: String,
    /// Units drawn.
    pub units: usize,
    /// Units answered under each policy, by at least one rater.
    pub answered: BTreeMap<String, usize>,
    /// Answers by rater.
    pub raters: BTreeMap<String, usize>,
    /// Units whose raters reached no majority.
    pub unresolved: usize,
    /// How far the raters of each policy with answers agree.
    pub agreement: Vec<RaterAgreement>,
    /// How far raters agree on what is violating under all policies, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement_overall: Option<RaterAgreement>,
}

/// What the status is of.
struct Answers {
    name: String,
    design: String,
    units: usize,
    policies: Vec<String>,
    list: Vec<Annotation>,
}

/// Returns how far the latest draw is; without a draw, how far the gold file of titer.yaml is.
///
/// # Errors
///
/// Neither a draw nor a file, or policies of the draw that are gone.
pub fn status(program: &Program) -> Result<Status, OpsError> {
    let (answers, policies) = match (current(program), gold_file(program)) {
        (Ok((draw, said)), _) => {
            let answers = Answers {
                name: draw.id,
                design: draw.design,
                units: draw.queue.len(),
                policies: draw.policies,
                list: said.iter().map(annotation).collect(),
            };
            let policies = policies_of(program, &answers)?;
            (answers, policies)
        }
        (Err(_), Some(path)) => of_file(program, &path)?,
        (Err(none), None) => return Err(none),
    };
    let mut answered: BTreeMap<String, BTreeSet<&str>> =
        answers.policies.iter().map(|policy| (policy.clone(), BTreeSet::new())).collect();
    let mut raters: BTreeMap<String, usize> = BTreeMap::new();
    for said in &answers.list {
        answered.entry(said.policy.clone()).or_default().insert(&said.unit_id);
        let rater = said.rater.clone().unwrap_or_else(|| UNNAMED.to_owned());
        *raters.entry(rater).or_default() += 1;
    }
    let answered = answered.into_iter().map(|(policy, units)| (policy, units.len())).collect();
    let (agreement, overall) = agreement::agreement(program, &policies, &answers.list)?;
    Ok(Status {
        answered,
        raters,
        unresolved: gold::adjudicate(&answers.list)?.unresolved.len(),
        agreement,
        agreement_overall: overall,
        draw: answers.name,
        design: answers.design,
        units: answers.units,
    })
}

/// The policies of a draw that somebody has answered for: they say which labels are violating.
fn policies_of(program: &Program, answers: &Answers) -> Result<Vec<Arc<Policy>>, OpsError> {
    if answers.list.is_empty() {
        return Ok(Vec::new());
    }
    Ok(policies::load(program, &answers.policies)?.policies())
}

fn gold_file(program: &Program) -> Option<std::path::PathBuf> {
    Some(program.path(program.file.gold.as_ref()?.from.as_ref()?))
}

fn of_file(program: &Program, path: &Path) -> Result<(Answers, Vec<Arc<Policy>>), OpsError> {
    let settings = program.file.gold.clone().unwrap_or_default();
    let known = program.path("policies").is_dir();
    let policies = if known { policies::load(program, &[])?.policies() } else { Vec::new() };
    let list = read(path, &settings, &policies)?;
    let units: BTreeSet<&str> = list.iter().map(|said| said.unit_id.as_str()).collect();
    let drawn = settings.drawn.map_or("undeclared", |drawn| drawn_of(drawn).name());
    let answers = Answers {
        name: path.display().to_string(),
        design: drawn.to_owned(),
        units: units.len(),
        policies: Vec::new(),
        list,
    };
    Ok((answers, policies))
}
