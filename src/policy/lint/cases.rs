//! Cases that contradict the rules they cite, and rules no case shows.

use super::Linter;
use super::hint;
use crate::policy::Policy;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The most labels a message lists.
const MOST_LISTED: usize = 12;

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

#[derive(Clone, Copy)]
enum Effect<'a> {
    Gives(&'a str),
    Forbids(&'a str),
}

/// What each rule does, and how strong it is.
type Effects<'a> = BTreeMap<&'a str, (Strength, Effect<'a>)>;

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
        let effects = effects(policy);
        for case in &cases {
            self.contradiction(case, &effects);
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

    fn contradiction(&mut self, case: &Case<'_>, effects: &Effects<'_>) {
        let (key, label) = case.label;
        if self.policy.abstains(label) {
            return;
        }
        let decisive = decisive(effects, case.criteria);
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
                let gives = gives.get(..MOST_LISTED).unwrap_or(&gives).join("` or `");
                format!("the label is `{label}`, and `{rule}` gives `{gives}`")
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
fn decisive<'a>(effects: &Effects<'a>, cited: &[String]) -> Vec<(&'a str, Effect<'a>)> {
    let mut seen = BTreeSet::new();
    let cited = cited.iter().map(String::as_str).filter(|id| seen.insert(*id));
    let rules = cited.filter_map(|id| effects.get_key_value(id));
    let mut rules: Vec<(&str, Strength, Effect<'_>)> =
        rules.map(|(id, (strength, effect))| (*id, *strength, *effect)).collect();
    let Some(strongest) = rules.iter().map(|(_, strength, _)| *strength).min() else {
        return Vec::new();
    };
    rules.retain(|(_, strength, _)| *strength == strongest);
    rules.into_iter().map(|(id, _, effect)| (id, effect)).collect()
}

/// What every rule does, by its id.
fn effects(policy: &Policy) -> Effects<'_> {
    let mut ranks: BTreeMap<&str, usize> = BTreeMap::new();
    for (rank, rule) in policy.precedence.iter().enumerate() {
        ranks.entry(rule).or_insert(rank);
    }
    let mut effects = Effects::new();
    let mut add = |id, kind, effect| {
        let precedence = ranks.get(id).copied().unwrap_or(usize::MAX);
        effects.entry(id).or_insert((Strength { precedence, kind }, effect));
    };
    for exception in &policy.exceptions {
        add(exception.id.as_str(), 1, Effect::Gives(&exception.then));
    }
    for label in &policy.labels {
        label.excludes.iter().for_each(|rule| add(&rule.id, 0, Effect::Forbids(&label.id)));
        label.includes.iter().for_each(|rule| add(&rule.id, 2, Effect::Gives(&label.id)));
    }
    effects
}
