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
use super::policies::Reading;
use super::program::Program;
use crate::diag::Source;
use crate::policy::Policy;
use crate::policy::PolicyTest;
use crate::prompt::Feature;
use crate::reply::Answer;
use crate::unit::Unit;
use crate::yaml::Places;
use crate::yaml::pointer;
use report::Answers;
use serde::Serialize;
use std::collections::BTreeMap;
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

    /// Returns how many tests were not asked, because they expect an abstain reason of a labeler that has none.
    #[must_use]
    pub fn skipped(&self) -> usize {
        let tests = self.policies.iter().flat_map(|policy| &policy.tests);
        tests.filter(|test| test.skipped.is_some()).count()
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
/// A test that expects an abstain reason is skipped where the labeler cannot abstain: it could never pass.
/// The first repeat comes from the store where it was asked before; every further one is asked afresh.
///
/// # Errors
///
/// Mistakes in a policy, a policy without tests, no labeler, an endpoint that does not answer.
pub async fn test(program: &Program, named: &[String], wanted: &AdHoc) -> Result<Tested, OpsError> {
    let mut tested = Tested { policies: Vec::new(), calls: 0 };
    for subject in with_tests(program, named)? {
        let labeler = labeler::resolve(program, wanted)?;
        let asked = answers(program, &subject, &labeler, &mut tested.calls).await?;
        let cites = labeler.prompt.dialect.carries(Feature::Criteria);
        tested.policies.push(PolicyReport::of(&subject.policy, asked, cites));
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
    let policies = policies.iter().map(|it| PolicyReport::unasked(&it.policy)).collect();
    Ok(Tested { policies, calls: 0 })
}

/// A policy that has tests.
struct Subject {
    policy: Arc<Policy>,
    source: Source,
    /// Where its parts stand in the text.
    places: Places,
}

/// The policies that have tests; one that is named must have some.
fn with_tests(program: &Program, named: &[String]) -> Result<Vec<Subject>, OpsError> {
    let Reading { mut policies, checked, .. } = policies::load_to_label(program, named)?;
    let bare = policies.iter().find(|(policy, _)| policy.tests.is_empty());
    let hint = "add `tests:` to it: a unit, and the label to `expect` for it";
    if let (Some((bare, _)), false) = (bare, named.is_empty()) {
        return Err(OpsError::refused(format!("policy `{}` has no tests", bare.id), hint));
    }
    policies.retain(|(policy, _)| !policy.tests.is_empty());
    if policies.is_empty() {
        return Err(OpsError::refused("none of the policies has tests", hint));
    }
    let mut places: BTreeMap<String, Places> =
        checked.into_iter().map(|read| (read.policy.id, read.places)).collect();
    let subjects = policies.into_iter().filter_map(|(policy, source)| {
        Some(Subject { places: places.remove(&policy.id)?, policy, source })
    });
    Ok(subjects.collect())
}

/// Asks about every test as often as it says; `None` for a test that the labeler can only fail. One with a picture that
/// cannot be read is not asked about.
async fn answers(
    program: &Program,
    subject: &Subject,
    labeler: &Labeler,
    calls: &mut u64,
) -> Result<Vec<Option<Answers>>, OpsError> {
    let Subject { policy, source, .. } = subject;
    let tests = &policy.tests;
    let units = units(policy, Path::new(source.name()));
    let prompt = &labeler.prompt;
    let may_abstain = prompt.answer.abstain && prompt.dialect.carries(Feature::Abstain);
    let can_pass = |test: &PolicyTest| may_abstain || !policy.abstains(&test.expect);
    let begun = tests.iter().zip(&units).enumerate().map(|(at, (test, unit))| match unit {
        _ if !can_pass(test) => None,
        Ok(_) => Some(Answers::default()),
        Err(problem) => Some(Answers::prevented(subject.at(at, problem))),
    });
    let mut answers: Vec<Option<Answers>> = begun.collect();
    for round in 0..tests.iter().map(|test| test.repeats).max().unwrap_or(1) {
        let due = tests.iter().zip(&units);
        let due = due.filter(|(test, _)| round < test.repeats && can_pass(test));
        let due: Vec<Unit> = due.filter_map(|(_, unit)| unit.as_ref().ok().cloned()).collect();
        if due.is_empty() {
            break;
        }
        let memory = if round == 0 { Memory::Project } else { Memory::None };
        let asked = vec![(Arc::clone(policy), source.clone())];
        let asked = ask(program, asked, labeler.clone(), due, memory).await?;
        *calls += asked.calls;
        for row in asked.rows {
            let is = |unit: &Result<Unit, _>| unit.as_ref().is_ok_and(|unit| unit.id == row.unit);
            let at = units.iter().position(is);
            let test = at.and_then(|at| Some((tests.get(at)?, answers.get_mut(at)?.as_mut()?)));
            if let Some((test, answers)) = test {
                answers.add(policy, test, &row.answer);
            }
        }
    }
    Ok(answers)
}

impl Subject {
    /// A problem of a test, with where the test is written.
    fn at(&self, test: usize, problem: &str) -> String {
        let place = self.places.value(&pointer(["tests", &test.to_string(), "unit"]));
        format!("{}:{}: {problem}", place.source, place.line)
    }
}

/// The units of the tests, with the pictures they name; why there is none, where a picture cannot be read.
pub(super) fn units(policy: &Policy, file: &Path) -> Vec<Result<Unit, String>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let unit = |(at, test): (usize, &PolicyTest)| {
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
