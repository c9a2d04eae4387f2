//! Which rules of a policy its tests exercise, from within and from just outside.

use super::Criterion;
use super::Exception;
use super::Label;
use super::Policy;
use super::PolicyTest;

/// The tests of one criterion or exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCoverage {
    /// The full id of the criterion, or the id of the exception.
    pub id: String,
    /// Positions in the policy's tests of those in which the rule decides.
    pub met: Vec<usize>,
    /// Positions of those in which it nearly does, and the outcome is another.
    pub near_misses: Vec<usize>,
}

impl RuleCoverage {
    /// Returns whether the rule has a test that meets it and a near miss.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.met.is_empty() && !self.near_misses.is_empty()
    }
}

impl Policy {
    /// Returns whether a rule that applies leads to a label or abstain id: an inclusion to its label, an exclusion
    /// to any other, an exception to its `then`.
    #[must_use]
    pub fn leads_to(&self, rule: &str, outcome: &str) -> bool {
        if let Some(exception) = self.exceptions.iter().find(|exception| exception.id == rule) {
            return exception.then == outcome;
        }
        let has = |list: &[Criterion]| list.iter().any(|criterion| criterion.id == rule);
        self.labels.iter().any(|label| {
            let own = label.id == outcome;
            own && has(&label.includes) || !own && has(&label.excludes)
        })
    }
}

/// Returns the coverage of every criterion and exception, in the order of the policy.
///
/// A test meets a rule that it cites when the rule leads to the outcome it expects: an inclusion
/// to its label, an exclusion to any other, an exception to its `then`. A near miss expects
/// otherwise: of an inclusion, a test that cites it, or an exclusion of the same label, and expects
/// another outcome; of an exclusion, one that cites it, or an inclusion of the same label, and
/// expects the label; of an exception, one that cites it and expects something else.
#[must_use]
pub fn coverage(policy: &Policy) -> Vec<RuleCoverage> {
    let labels = policy.labels.iter().flat_map(|label| of_label(label, &policy.tests));
    let exceptions = policy.exceptions.iter().map(|exception| of_exception(exception, policy));
    labels.chain(exceptions).collect()
}

fn of_label(label: &Label, tests: &[PolicyTest]) -> Vec<RuleCoverage> {
    let ids = |list: &[Criterion]| -> Vec<String> {
        list.iter().map(|criterion| criterion.id.clone()).collect()
    };
    let (includes, excludes) = (ids(&label.includes), ids(&label.excludes));
    let gives = |test: &PolicyTest| test.expect == label.id;
    let cites_any =
        |test: &PolicyTest, ids: &[String]| test.criteria.iter().any(|id| ids.contains(id));
    let included = includes.iter().map(|id| RuleCoverage {
        id: id.clone(),
        met: positions(tests, |test| gives(test) && test.criteria.contains(id)),
        near_misses: positions(tests, |test| {
            !gives(test) && (test.criteria.contains(id) || cites_any(test, &excludes))
        }),
    });
    let excluded = excludes.iter().map(|id| RuleCoverage {
        id: id.clone(),
        met: positions(tests, |test| !gives(test) && test.criteria.contains(id)),
        near_misses: positions(tests, |test| {
            gives(test) && (test.criteria.contains(id) || cites_any(test, &includes))
        }),
    });
    included.chain(excluded).collect()
}

fn of_exception(exception: &Exception, policy: &Policy) -> RuleCoverage {
    let cites = |test: &PolicyTest| test.criteria.contains(&exception.id);
    let gives = |test: &PolicyTest| test.expect == exception.then;
    RuleCoverage {
        id: exception.id.clone(),
        met: positions(&policy.tests, |test| cites(test) && gives(test)),
        near_misses: positions(&policy.tests, |test| cites(test) && !gives(test)),
    }
}

fn positions(tests: &[PolicyTest], is: impl Fn(&PolicyTest) -> bool) -> Vec<usize> {
    tests.iter().enumerate().filter(|(_, test)| is(test)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;

    #[test]
    fn a_rule_is_covered_from_within_and_from_just_outside() {
        let text = "\
policy: p
version: 1.0.0
labels:
  fine: {default: true}
  bad: {severity: 1, includes: {praise: Praises., dare: Dares.}, excludes: {warning: Warns.}}
exceptions: {news: {when: News., then: fine, unless: Steps.}}
tests:
  - {unit: a, expect: bad, criteria: [bad.praise]}
  - {unit: b, expect: fine, criteria: [bad.warning]}
  - {unit: c, expect: bad, criteria: [news]}
";
        let policy = policy::parse(&Source::new("t", text)).unwrap().0;
        let found = coverage(&policy);
        let shown: Vec<_> =
            found.iter().map(|one| (one.id.as_str(), &one.met[..], &one.near_misses[..])).collect();
        let expected: [(&str, &[usize], &[usize]); 4] = [
            ("bad.praise", &[0], &[1]),
            ("bad.dare", &[], &[1]),
            ("bad.warning", &[1], &[0]),
            ("news", &[], &[2]),
        ];
        assert_eq!(shown, expected);
        assert_eq!(found.iter().filter(|one| one.complete()).count(), 2);
    }
}
