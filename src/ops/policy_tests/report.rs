//! Whether a test passed, and which rules tests cover.

use super::said;
use crate::policy;
use crate::policy::Policy;
use crate::policy::PolicyTest;
use crate::reply::Answer;
use crate::unit::Content;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Why a test that expects an abstain reason is skipped.
const CANNOT_ABSTAIN: &str = "the labeler cannot abstain";
/// How much of a test's text names it in a report.
const NAMED_BY: usize = 60;
/// The part of a repeat that may be missing: `agree: 0.67` of 3 means two of three.
const ROUNDING: f64 = 0.015;

/// The tests of one policy.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyReport {
    /// The policy's id.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Whether the labeler's answers cite rules; if not, tests are held to the label alone.
    pub criteria_checked: bool,
    /// Its tests, in order.
    pub tests: Vec<TestReport>,
    /// Its criteria and exceptions, in order.
    pub rules: Vec<RuleReport>,
}

/// One rule, and the tests about it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// The full id of the criterion, or the id of the exception.
    pub rule: String,
    /// Whether it is a criterion, not an exception.
    pub criterion: bool,
    /// Numbers of the tests in which it decides, from 1.
    pub meets: Vec<usize>,
    /// Numbers of the tests in which it nearly does, from 1.
    pub near_misses: Vec<usize>,
    /// Whether there is at least one of each.
    pub covered: bool,
    /// Tests that name it, without those that were skipped.
    pub tests: usize,
    /// How many of these passed; `null` when nobody was asked.
    pub passed: Option<usize>,
}

/// One test.
#[derive(Debug, Clone, Serialize)]
pub struct TestReport {
    /// Its number in the policy, from 1.
    pub n: usize,
    /// The beginning of its text.
    pub text: String,
    /// What was expected.
    pub expect: String,
    /// The rules it is about.
    pub criteria: Vec<String>,
    /// The rules among them that lead to the expected label, which an answer must cite.
    pub must_cite: Vec<String>,
    /// Why it could not be run, where it could not.
    pub problem: Option<String>,
    /// What was answered.
    pub answers: Vec<Given>,
    /// Repeats that matched.
    pub matched: u32,
    /// All repeats.
    pub repeats: u32,
    /// The share that had to match.
    pub agree: f64,
    /// Whether enough of them did; `null` when nobody was asked.
    pub passed: Option<bool>,
    /// Why nobody was asked although the others were.
    pub skipped: Option<&'static str>,
}

/// One answer, and how often it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The label or labels, the abstain reason, or the outcome of a reply without one.
    pub answer: String,
    /// Whether the label is the expected one.
    pub label_matches: bool,
    /// The rules cited.
    pub criteria: Vec<String>,
    /// How often.
    pub times: u32,
}

/// The answers to one test: label, whether it is the expected one, and rules cited, with how often.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    given: BTreeMap<(String, bool, Vec<String>), u32>,
    problem: Option<String>,
}

impl Answers {
    /// A test that cannot be run has no answers.
    pub(super) fn prevented(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    pub(super) fn add(&mut self, policy: &Policy, test: &PolicyTest, answer: &Answer) {
        let labels = &answer.labels;
        let matches = if labels.is_empty() {
            answer.label.as_ref() == Some(&test.expect)
        } else {
            labels.contains(&test.expect)
        };
        let of_parts = answer.components.iter().flat_map(|part| &part.criteria);
        // What the model cites for the whole counts where its own label is the one computed from the components.
        let own = answer.own.iter().filter(|own| answer.label.as_ref() == Some(&own.label));
        let of_own = own.flat_map(|own| &own.criteria);
        let cited: BTreeSet<&String> =
            answer.criteria.iter().chain(of_parts).chain(of_own).collect();
        let rules = policy.rule_ids().into_iter();
        let cited = rules.filter(|rule| cited.iter().any(|id| id == rule)).map(str::to_owned);
        *self.given.entry((said(answer), matches, cited.collect())).or_default() += 1;
    }
}

impl PolicyReport {
    /// Judges the tests by their answers, a test without any as skipped; `cites` says whether answers of this kind cite
    /// rules at all.
    pub(super) fn of(policy: &Policy, answers: Vec<Option<Answers>>, cites: bool) -> Self {
        let given = |answers: BTreeMap<(String, bool, Vec<String>), u32>| {
            let one = |((answer, label_matches, criteria), times)| Given {
                answer,
                label_matches,
                criteria,
                times,
            };
            answers.into_iter().map(one).collect::<Vec<_>>()
        };
        let mut report = Self { criteria_checked: cites, ..Self::unasked(policy) };
        for (test, answers) in report.tests.iter_mut().zip(answers) {
            match answers {
                Some(answers) => {
                    test.problem = answers.problem;
                    test.judge(given(answers.given), cites);
                }
                None => test.skipped = Some(CANNOT_ABSTAIN),
            }
        }
        for rule in &mut report.rules {
            let asked = report.tests.iter().filter(|test| test.skipped.is_none());
            let about = asked.filter(|test| test.criteria.contains(&rule.rule));
            rule.tests = about.clone().count();
            rule.passed = Some(about.filter(|test| test.passed == Some(true)).count());
        }
        report
    }

    /// What can be said without an answer: the tests and what they cover.
    pub(super) fn unasked(policy: &Policy) -> Self {
        let numbers = |places: &[usize]| places.iter().map(|at| at + 1).collect();
        let rule = |found: policy::RuleCoverage| RuleReport {
            covered: found.complete(),
            criterion: !policy.exceptions.iter().any(|exception| exception.id == found.id),
            meets: numbers(&found.met),
            near_misses: numbers(&found.near_misses),
            tests: policy.tests.iter().filter(|test| test.criteria.contains(&found.id)).count(),
            passed: None,
            rule: found.id,
        };
        let tests = policy.tests.iter().enumerate();
        Self {
            policy: policy.id.clone(),
            version: policy.version.to_string(),
            criteria_checked: true,
            tests: tests.map(|(at, test)| TestReport::unasked(policy, at, test)).collect(),
            rules: policy::coverage(policy).into_iter().map(rule).collect(),
        }
    }
}

impl TestReport {
    fn unasked(policy: &Policy, at: usize, test: &PolicyTest) -> Self {
        let rules = test.criteria.iter();
        Self {
            n: at + 1,
            text: beginning(test),
            expect: test.expect.clone(),
            criteria: test.criteria.clone(),
            must_cite: rules.filter(|rule| policy.leads_to(rule, &test.expect)).cloned().collect(),
            problem: None,
            answers: Vec::new(),
            matched: 0,
            repeats: test.repeats,
            agree: test.agree,
            passed: None,
            skipped: None,
        }
    }

    fn judge(&mut self, answers: Vec<Given>, cites: bool) {
        let cited = |given: &Given| self.must_cite.iter().all(|rule| given.criteria.contains(rule));
        let matching = answers.iter().filter(|given| given.label_matches);
        let matching = matching.filter(|given| !cites || cited(given));
        self.matched = matching.map(|given| given.times).sum();
        let needed = self.agree * f64::from(self.repeats);
        let enough = needed <= f64::from(self.matched) + ROUNDING;
        self.passed = Some(enough && self.problem.is_none());
        self.answers = answers;
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
    use crate::diag::Source;
    use crate::reply::Outcome;

    const POLICY: &str = "\
policy: p
version: 1.0.0
labels:
  fine: {default: true}
  bad: {severity: 1, includes: {praise: Praises., dare: Dares.}, excludes: {warning: Warns.}}
tests:
  - {unit: a, expect: bad, criteria: [bad.dare, bad.warning], repeats: REPEATS, agree: AGREE}
";

    /// Whether the test passes when these labels were answered, each citing these rules so often.
    fn passes(repeats: u32, agree: &str, answers: &[(&str, &[&str], u32)], cites: bool) -> bool {
        let text = POLICY.replace("REPEATS", &repeats.to_string()).replace("AGREE", agree);
        let policy = policy::parse(&Source::new("t", &text)).unwrap().0;
        let mut counted = Answers::default();
        for (label, rules, times) in answers {
            let answer = Answer {
                policy: "p".into(),
                outcome: Outcome::Label,
                label: Some((*label).to_owned()),
                labels: Vec::new(),
                criteria: rules.iter().map(|rule| (*rule).to_owned()).collect(),
                checks: BTreeMap::new(),
                components: Vec::new(),
                own: None,
                because: None,
                stated_confidence: None,
                label_probability: None,
            };
            for _ in 0..*times {
                counted.add(&policy, &policy.tests[0], &answer);
            }
        }
        let report = PolicyReport::of(&policy, vec![Some(counted)], cites);
        report.tests[0].passed.unwrap()
    }

    #[test]
    fn a_test_passes_when_its_share_of_repeats_matches() {
        let check = |repeats, agree, matched| {
            let right: &[&str] = &["bad.dare"];
            passes(
                repeats,
                agree,
                &[("bad", right, matched), ("fine", &[], repeats - matched)],
                true,
            )
        };
        assert!(check(1, "1", 1));
        assert!(!check(1, "1", 0));
        assert!(check(3, "0.67", 2));
        assert!(!check(3, "0.67", 1));
        assert!(!check(3, "1", 2));
        assert!(check(10, "0.9", 9));
        assert!(!check(10, "0.9", 8));
    }

    #[test]
    fn a_label_by_another_rule_does_not_match() {
        assert!(!passes(1, "1", &[("bad", &["bad.praise"], 1)], true));
        assert!(!passes(1, "1", &[("bad", &[], 1)], true));
        assert!(passes(1, "1", &[("bad", &["bad.praise", "bad.dare"], 1)], true));
        assert!(passes(1, "1", &[("bad", &[], 1)], false), "a dialect that cites nothing");
    }

    #[test]
    fn a_rule_the_unit_nearly_meets_need_not_be_cited() {
        // `bad.warning` keeps a unit out of `bad`, so no answer of `bad` can rest on it.
        assert!(passes(1, "1", &[("bad", &["bad.dare"], 1)], true));
    }
}
