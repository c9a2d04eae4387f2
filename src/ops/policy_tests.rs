//! `titer test`: the policy's own tests against a labeler.

use super::ask::Memory;
use super::ask::ask;
use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::diag::Source;
use crate::policy::Policy;
use crate::policy::PolicyTest;
use crate::unit::Content;
use crate::unit::Unit;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much of a test's text names it in a report.
const NAMED_BY: usize = 60;

/// What came of the tests of some policies.
#[derive(Debug, Clone, Serialize)]
pub struct Tested {
    /// One report a policy.
    pub policies: Vec<PolicyReport>,
    /// HTTP calls made; a first repeat that was asked before costs none.
    pub calls: u64,
}

/// The tests of one policy.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyReport {
    /// The policy's id.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Its tests, in order.
    pub tests: Vec<TestReport>,
    /// Passed and all tests that name a rule, by rule.
    pub rules: BTreeMap<String, (usize, usize)>,
}

/// One test.
#[derive(Debug, Clone, Serialize)]
pub struct TestReport {
    /// The beginning of its text.
    pub text: String,
    /// What was expected.
    pub expect: String,
    /// The rules it is about.
    pub criteria: Vec<String>,
    /// What was answered, and how often.
    pub answers: BTreeMap<String, u32>,
    /// Repeats that matched.
    pub matched: u32,
    /// All repeats.
    pub repeats: u32,
    /// The share that had to match.
    pub agree: f64,
    /// Whether enough of them did.
    pub passed: bool,
}

impl Tested {
    /// Returns how many tests did not pass.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.policies.iter().flat_map(|policy| &policy.tests).filter(|test| !test.passed).count()
    }

    /// Returns how many tests there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.policies.iter().map(|policy| policy.tests.len()).sum()
    }
}

/// Runs the tests of the named policies, or of all in use.
///
/// A test matches when the expected label is answered; the rules it names are reported, not required, because a
/// labeler may reach a label by another rule. The first repeat comes from the store where it was asked before;
/// further ones are asked afresh.
///
/// # Errors
///
/// Mistakes in a policy, a policy without tests, no labeler, an endpoint that does not answer.
pub async fn test(program: &Program, named: &[String], wanted: &AdHoc) -> Result<Tested, OpsError> {
    let policies = policies::load(program, named)?.policies;
    let mut tested = Tested { policies: Vec::new(), calls: 0 };
    for (policy, source) in policies {
        if policy.tests.is_empty() {
            continue;
        }
        let report = one(program, (policy, source), wanted, &mut tested.calls).await?;
        tested.policies.push(report);
    }
    if tested.policies.is_empty() {
        return Err(OpsError::refused(
            "none of the policies has tests",
            "add `tests:` to a policy: a unit, and the label to `expect` for it",
        ));
    }
    Ok(tested)
}

async fn one(
    program: &Program,
    policy: (Arc<Policy>, Source),
    wanted: &AdHoc,
    calls: &mut u64,
) -> Result<PolicyReport, OpsError> {
    let tests = &policy.0.tests;
    let mut answers: Vec<BTreeMap<String, u32>> = vec![BTreeMap::new(); tests.len()];
    let most = tests.iter().map(|test| test.repeats).max().unwrap_or(1);
    for round in 0..most {
        let units: Vec<Unit> = tests
            .iter()
            .enumerate()
            .filter(|(_, test)| round < test.repeats)
            .map(|(at, test)| unit(at, test))
            .collect();
        let memory = if round == 0 { Memory::Project } else { Memory::None };
        let labeler = labeler::resolve(program, wanted)?;
        let asked = ask(program, vec![policy.clone()], labeler, units, memory).await?;
        *calls += asked.calls;
        for row in asked.rows {
            let answer = row.answer.label.unwrap_or_else(|| row.answer.outcome.name().to_owned());
            if let Some(counts) = index(&row.unit).and_then(|at| answers.get_mut(at)) {
                *counts.entry(answer).or_default() += 1;
            }
        }
    }
    let tests: Vec<TestReport> =
        tests.iter().zip(answers).map(|(test, answers)| judged(test, answers)).collect();
    let mut rules: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for test in &tests {
        for rule in &test.criteria {
            let (passed, all) = rules.entry(rule.clone()).or_default();
            *passed += usize::from(test.passed);
            *all += 1;
        }
    }
    let (policy, _) = policy;
    Ok(PolicyReport {
        policy: policy.id.clone(),
        version: policy.version.to_string(),
        tests,
        rules,
    })
}

fn unit(at: usize, test: &PolicyTest) -> Unit {
    Unit { components: test.components.clone(), ..Unit::text(&format!("test-{at}"), "") }
}

fn index(id: &str) -> Option<usize> {
    id.strip_prefix("test-")?.parse().ok()
}

fn judged(test: &PolicyTest, answers: BTreeMap<String, u32>) -> TestReport {
    let matched = answers.get(&test.expect).copied().unwrap_or(0);
    TestReport {
        text: beginning(test),
        expect: test.expect.clone(),
        criteria: test.criteria.clone(),
        matched,
        repeats: test.repeats,
        agree: test.agree,
        // A share such as 0.67 of 3 means two of three.
        passed: test.agree * f64::from(test.repeats) <= f64::from(matched) + 0.015,
        answers,
    }
}

fn beginning(test: &PolicyTest) -> String {
    let bodies = test.components.iter().map(|part| match &part.content {
        Content::Text(text) => text.trim(),
        Content::Image(reference) => reference.as_str(),
    });
    let text = bodies.collect::<Vec<_>>().join(" / ").replace('\n', " ");
    if text.chars().count() <= NAMED_BY {
        text
    } else {
        text.chars().take(NAMED_BY - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(repeats: u32, agree: f64, matched: u32) -> bool {
        let test = PolicyTest {
            components: Unit::text("u", "x").components,
            expect: "a".into(),
            criteria: Vec::new(),
            repeats,
            agree,
        };
        judged(&test, BTreeMap::from([("a".into(), matched), ("b".into(), repeats - matched)]))
            .passed
    }

    #[test]
    fn a_test_passes_when_its_share_of_repeats_matches() {
        assert!(check(1, 1.0, 1));
        assert!(!check(1, 1.0, 0));
        assert!(check(3, 0.67, 2));
        assert!(!check(3, 0.67, 1));
        assert!(!check(3, 1.0, 2));
        assert!(check(10, 0.9, 9));
        assert!(!check(10, 0.9, 8));
    }
}
