//! `titer test`: the policy's own tests against a labeler.

mod pictures;
mod report;

pub use report::Given;
pub use report::PolicyReport;
pub use report::RuleReport;
pub use report::TestReport;

use super::ask::Memory;
use super::ask::ask;
use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::labeler::Labeler;
use super::policies;
use super::program::Program;
use crate::diag::Source;
use crate::policy::Policy;
use crate::prompt::Feature;
use crate::reply::Answer;
use crate::unit::Unit;
use report::Answers;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// What came of the tests of some policies.
#[derive(Debug, Clone, Serialize)]
pub struct Tested {
    /// One report a policy.
    pub policies: Vec<PolicyReport>,
    /// HTTP calls made; a first repeat that was asked before costs none.
    pub calls: u64,
}

impl Tested {
    /// Returns how many tests did not pass.
    #[must_use]
    pub fn failures(&self) -> usize {
        let tests = self.policies.iter().flat_map(|policy| &policy.tests);
        tests.filter(|test| test.passed == Some(false)).count()
    }

    /// Returns how many tests there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.policies.iter().map(|policy| policy.tests.len()).sum()
    }

    /// Returns how many times a unit is asked about, whatever is on record.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        let tests = self.policies.iter().flat_map(|policy| &policy.tests);
        tests.map(|test| u64::from(test.repeats)).sum()
    }

    /// Returns how many criteria lack a test that meets them, or a near miss.
    #[must_use]
    pub fn uncovered(&self) -> usize {
        let rules = self.policies.iter().flat_map(|policy| &policy.rules);
        rules.filter(|rule| rule.criterion && !rule.covered).count()
    }
}

/// Runs the tests of the named policies, or of all in use.
///
/// A repeat matches when the expected label is answered and the rules the test names, as far as they lead to
/// that label, are cited. A dialect whose answers cite no rules is held to the label alone, and the report says so.
/// The first repeat comes from the store where it was asked before; every further one is asked afresh.
///
/// # Errors
///
/// Mistakes in a policy, a policy without tests, no labeler, an endpoint that does not answer.
pub async fn test(program: &Program, named: &[String], wanted: &AdHoc) -> Result<Tested, OpsError> {
    let mut tested = Tested { policies: Vec::new(), calls: 0 };
    for policy in with_tests(program, named)? {
        let labeler = labeler::resolve(program, wanted)?;
        let asked = answers(program, &policy, &labeler, &mut tested.calls).await?;
        let cites = labeler.prompt.dialect.carries(Feature::Criteria);
        tested.policies.push(PolicyReport::of(&policy.0, asked, cites));
    }
    Ok(tested)
}

/// Reports which rules the tests of the named policies cover, without asking anybody.
///
/// # Errors
///
/// Mistakes in a policy, a policy without tests.
pub fn coverage(program: &Program, named: &[String]) -> Result<Tested, OpsError> {
    let policies = with_tests(program, named)?;
    let policies = policies.iter().map(|(policy, _)| PolicyReport::unasked(policy)).collect();
    Ok(Tested { policies, calls: 0 })
}

/// The policies that have tests; one that is named must have some.
fn with_tests(program: &Program, named: &[String]) -> Result<Vec<(Arc<Policy>, Source)>, OpsError> {
    let mut policies = policies::load_to_label(program, named)?.policies;
    let bare = policies.iter().find(|(policy, _)| policy.tests.is_empty());
    let hint = "add `tests:` to it: a unit, and the label to `expect` for it";
    if let (Some((bare, _)), false) = (bare, named.is_empty()) {
        return Err(OpsError::refused(format!("policy `{}` has no tests", bare.id), hint));
    }
    policies.retain(|(policy, _)| !policy.tests.is_empty());
    if policies.is_empty() {
        return Err(OpsError::refused("none of the policies has tests", hint));
    }
    Ok(policies)
}

/// Asks about every test as often as it says.
async fn answers(
    program: &Program,
    policy: &(Arc<Policy>, Source),
    labeler: &Labeler,
    calls: &mut u64,
) -> Result<Vec<Answers>, OpsError> {
    let units = units(&policy.0, Path::new(policy.1.name()))?;
    let tests = &policy.0.tests;
    let mut answers = vec![Answers::default(); tests.len()];
    for round in 0..tests.iter().map(|test| test.repeats).max().unwrap_or(1) {
        let due = tests.iter().zip(&units).filter(|(test, _)| round < test.repeats);
        let due: Vec<Unit> = due.map(|(_, unit)| unit.clone()).collect();
        let memory = if round == 0 { Memory::Project } else { Memory::None };
        let asked = ask(program, vec![policy.clone()], labeler.clone(), due, memory).await?;
        *calls += asked.calls;
        for row in asked.rows {
            let at = units.iter().position(|unit| unit.id == row.unit);
            let test = at.and_then(|at| Some((tests.get(at)?, answers.get_mut(at)?)));
            if let Some((test, answers)) = test {
                answers.add(&policy.0, test, &row.answer);
            }
        }
    }
    Ok(answers)
}

/// The units of the tests, with the pictures they name.
pub(super) fn units(policy: &Policy, file: &Path) -> Result<Vec<Unit>, OpsError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let unit = |(at, test): (usize, &crate::policy::PolicyTest)| {
        let id = format!("{}-test-{}", policy.id, at + 1);
        let components = pictures::embedded(&test.components, folder)?;
        Ok(Unit { components, ..Unit::text(&id, "") })
    };
    policy.tests.iter().enumerate().map(unit).collect()
}

/// What one answer says, for a count of answers: all its labels, or why it has none.
fn said(answer: &Answer) -> String {
    match (&answer.label, answer.labels.as_slice()) {
        (_, several @ [_, _, ..]) => several.join(" + "),
        (Some(label), _) => label.clone(),
        (None, _) => answer.outcome.name().to_owned(),
    }
}
