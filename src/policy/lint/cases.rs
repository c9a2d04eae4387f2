//! Cases that contradict the rules they cite, and rules no case shows.

use super::Linter;
use super::hint;
use crate::policy::Policy;
use std::collections::BTreeSet;

/// An example or a test.
struct Case<'a> {
    list: &'static str,
    at: usize,
    /// The key its label stands under, and the label.
    label: (&'static str, &'a str),
    criteria: &'a [String],
}

/// A rule that decides a case, the strongest first.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
struct Strength {
    /// Position in the precedence; a rule that is not in it is weaker than all that are.
    precedence: usize,
    /// Exclusions win over exceptions, and these over inclusions.
    kind: u8,
}

enum Effect<'a> {
    Gives(&'a str),
    Forbids(&'a str),
}

impl Linter<'_> {
    /// `L004` and `L005`.
    pub(super) fn cases(&mut self) {
        let policy = self.policy;
        let examples = policy.examples.iter().enumerate().map(|(at, example)| Case {
            list: "examples",
            at,
            label: ("label", &example.label),
            criteria: &example.criteria,
        });
        let tests = policy.tests.iter().enumerate().map(|(at, test)| Case {
            list: "tests",
            at,
            label: ("expect", &test.expect),
            criteria: &test.criteria,
        });
        let cases: Vec<Case<'_>> = examples.chain(tests).collect();
        self.unshown(&cases);
        for case in &cases {
            self.contradiction(case);
        }
    }

    fn unshown(&mut self, cases: &[Case<'_>]) {
        let criteria = self.criteria();
        if cases.is_empty() && !criteria.is_empty() {
            let message = "no criterion has an example or a test".to_owned();
            let warning = self.warn("L004", self.key(&["labels"]), message);
            hint(warning, "add `examples:` and `tests:` that cite the criteria that decide them");
            return;
        }
        let cited: BTreeSet<&str> =
            cases.iter().flat_map(|case| case.criteria).map(String::as_str).collect();
        for (label, side, criterion) in criteria {
            if cited.contains(criterion.id.as_str()) {
                continue;
            }
            let place = self.criterion_key(label, side, criterion);
            let message = format!("no example and no test shows `{}`", criterion.id);
            let warning = self.warn("L004", place, message);
            hint(
                warning,
                "add one that meets it and one that nearly does, citing it in `criteria`",
            );
        }
    }

    fn contradiction(&mut self, case: &Case<'_>) {
        let (key, label) = case.label;
        if self.policy.abstains(label) {
            return;
        }
        let decisive = decisive(self.policy, case.criteria);
        let gives: Vec<&str> = decisive
            .iter()
            .filter_map(|(_, effect)| match effect {
                Effect::Gives(label) => Some(*label),
                Effect::Forbids(_) => None,
            })
            .collect();
        let forbidden = decisive.iter().find_map(|(rule, effect)| match effect {
            Effect::Forbids(forbidden) if *forbidden == label => Some(*rule),
            Effect::Forbids(_) | Effect::Gives(_) => None,
        });
        let message = match (forbidden, decisive.first()) {
            (Some(rule), _) => format!("`{rule}` keeps the unit out of `{label}`"),
            (None, Some((rule, _))) if !gives.is_empty() && !gives.contains(&label) => {
                format!("the label is `{label}`, and `{rule}` gives `{}`", gives.join("` or `"))
            }
            (None, _) => return,
        };
        let at = case.at.to_string();
        let place = self.value(&[case.list, &at, key]);
        let warning = self.warn("L005", place, message);
        hint(warning, "correct the label, or cite the rule that decides the case");
    }
}

/// The strongest of the cited rules, with what each does; several when none of them is stronger.
fn decisive<'a>(policy: &'a Policy, cited: &'a [String]) -> Vec<(&'a str, Effect<'a>)> {
    let mut rules: Vec<(Strength, &str, Effect<'_>)> =
        cited.iter().filter_map(|id| effect(policy, id)).collect();
    let Some(strongest) = rules.iter().map(|(strength, ..)| *strength).min() else {
        return Vec::new();
    };
    rules.retain(|(strength, ..)| *strength == strongest);
    rules.into_iter().map(|(_, id, effect)| (id, effect)).collect()
}

fn effect<'a>(policy: &'a Policy, id: &'a str) -> Option<(Strength, &'a str, Effect<'a>)> {
    let at = policy.precedence.iter().position(|rule| rule == id);
    let strength = |kind| Strength { precedence: at.unwrap_or(usize::MAX), kind };
    if let Some(exception) = policy.exceptions.iter().find(|exception| exception.id == id) {
        return Some((strength(1), id, Effect::Gives(&exception.then)));
    }
    policy.labels.iter().find_map(|label| {
        let has = |list: &[crate::policy::Criterion]| list.iter().any(|one| one.id == id);
        if has(&label.excludes) {
            return Some((strength(0), id, Effect::Forbids(label.id.as_str())));
        }
        has(&label.includes).then(|| (strength(2), id, Effect::Gives(label.id.as_str())))
    })
}
