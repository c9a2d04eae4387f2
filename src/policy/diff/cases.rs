//! What changed in examples and tests, which are the same case while they have the same unit.

use super::Change;
use super::ChangeKind;
use super::Differ;
use super::Level;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;

/// An example or a test.
#[derive(PartialEq)]
struct Case<'a> {
    id: String,
    unit: &'a [Component],
    label: &'a str,
    /// By their newer ids, where they were only renamed.
    criteria: Vec<String>,
    /// The reason of an example; how often and how well a test must agree.
    rest: String,
}

/// Which level a change of a case has.
struct Levels {
    /// It comes or goes.
    presence: Level,
    criteria: Level,
    rest: Level,
}

impl Differ<'_> {
    pub(super) fn cases(&mut self) {
        let (old, new) = (self.old, self.new);
        let levels = Levels { presence: Level::Minor, criteria: Level::Minor, rest: Level::Patch };
        self.compare(&self.renamed(examples(old)), &examples(new), &levels);
        let levels = Levels { presence: Level::Note, criteria: Level::Note, rest: Level::Note };
        self.compare(&self.renamed(tests(old)), &tests(new), &levels);
    }

    /// The older cases with the ids their criteria have now: a rename is told once, at the criterion.
    fn renamed<'c>(&self, mut cases: Vec<Case<'c>>) -> Vec<Case<'c>> {
        for id in cases.iter_mut().flat_map(|case| &mut case.criteria) {
            if let Some(now) = self.renamed_to(id) {
                *id = now.to_owned();
            }
        }
        cases
    }

    fn compare(&mut self, old: &[Case<'_>], new: &[Case<'_>], levels: &Levels) {
        let kept = |case: &Case<'_>, others: &[Case<'_>]| {
            others.iter().any(|other| other.unit == case.unit)
        };
        // A case that stands where one with the same label is gone has another unit.
        let replaced = |case: &Case<'_>, others: &[Case<'_>], these: &[Case<'_>]| {
            let there = others.iter().position(|other| other.id == case.id);
            let there = there.and_then(|at| others.get(at)).filter(|other| !kept(other, these));
            there.filter(|other| other.label == case.label && !kept(case, others)).map(shown)
        };
        for case in new {
            if let Some(before) = old.iter().find(|before| before.unit == case.unit) {
                self.case(before, case, levels);
                continue;
            }
            let before = replaced(case, old, new);
            self.changes.push(Change {
                id: case.id.clone(),
                kind: if before.is_some() { ChangeKind::ExampleChanged } else { ChangeKind::Added },
                level: levels.presence,
                before,
                after: Some(shown(case)),
            });
        }
        let gone = old.iter().filter(|case| !kept(case, new));
        for case in gone.filter(|case| replaced(case, new, old).is_none()) {
            self.changes.push(Change {
                id: case.id.clone(),
                kind: ChangeKind::Removed,
                level: levels.presence,
                before: Some(shown(case)),
                after: None,
            });
        }
    }

    fn case(&mut self, before: &Case<'_>, after: &Case<'_>, levels: &Levels) {
        if before.label != after.label {
            let texts = (Some(before.label), Some(after.label));
            self.add(&after.id, ChangeKind::LabelChanged, Level::Major, texts);
        }
        if before.criteria != after.criteria {
            let (old, new) = (before.criteria.join(", "), after.criteria.join(", "));
            let texts = (Some(old.as_str()), Some(new.as_str()));
            self.add(&after.id, ChangeKind::ExampleChanged, levels.criteria, texts);
        }
        if before.rest != after.rest {
            let texts = (Some(before.rest.as_str()), Some(after.rest.as_str()));
            self.add(&after.id, ChangeKind::ExampleChanged, levels.rest, texts);
        }
    }
}

fn examples(policy: &Policy) -> Vec<Case<'_>> {
    let cases = policy.examples.iter().enumerate().map(|(at, example)| Case {
        id: format!("examples.{}", at + 1),
        unit: &example.components,
        label: &example.label,
        criteria: example.criteria.clone(),
        rest: example.because.clone().unwrap_or_default(),
    });
    cases.collect()
}

fn tests(policy: &Policy) -> Vec<Case<'_>> {
    let cases = policy.tests.iter().enumerate().map(|(at, test)| Case {
        id: format!("tests.{}", at + 1),
        unit: &test.components,
        label: &test.expect,
        criteria: test.criteria.clone(),
        rest: format!("{} of {} repeats", test.agree, test.repeats),
    });
    cases.collect()
}

fn shown(case: &Case<'_>) -> String {
    let texts: Vec<&str> = case
        .unit
        .iter()
        .map(|component| match &component.content {
            Content::Text(text) | Content::Image(text) => text.as_str(),
        })
        .collect();
    format!("{}: {}", case.label, texts.join(" / "))
}
