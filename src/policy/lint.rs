//! What a policy without mistakes should still not say: warnings, each switched off by its code.

mod cases;
mod crosswalk;
mod duplicates;
mod rules;
mod shape;
mod wording;

pub use duplicates::resemble;

use super::Checked;
use super::Criterion;
use super::Policy;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::unit::Unit;
use crate::yaml::Places;
use crate::yaml::pointer;
use std::collections::BTreeSet;

/// The most warnings that are reported.
const MOST: usize = 200;

/// Which warnings are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintSettings {
    /// Codes that are not reported, such as `L001`.
    pub off: BTreeSet<String>,
    /// What the readers of the policies can hold, where they are known.
    pub budgets: Vec<TokenBudget>,
}

/// How long a policy one reader can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBudget {
    /// Who reads it, as it stands in a sentence: "labeler `main` of dialect `yes-no`".
    pub reader: String,
    /// The most tokens of rules and examples.
    pub most: usize,
}

impl LintSettings {
    /// Returns the settings that report everything, whoever reads the policies.
    #[must_use]
    pub fn everything() -> Self {
        Self { off: BTreeSet::new(), budgets: Vec::new() }
    }
}

/// Returns the warnings about a policy in the order of the text, two hundred at most.
#[must_use]
pub fn lint(checked: &Checked, settings: &LintSettings) -> Vec<Diagnostic> {
    let mut linter = Linter::of(checked, settings);
    linter.wording();
    linter.cases();
    linter.near_duplicates();
    linter.rules();
    linter.shape();
    linter.crosswalk();
    let mut found = linter.found;
    found.sort_by_key(|found| (found.place.range.start, found.code));
    found.truncate(MOST);
    found
}

/// Returns the warnings about examples that are nearly units with gold, in the order of the text.
///
/// The model is shown its examples; gold it has all but seen says too much good of it.
#[must_use]
pub fn lint_gold(checked: &Checked, gold: &[&Unit], settings: &LintSettings) -> Vec<Diagnostic> {
    let mut linter = Linter::of(checked, settings);
    linter.gold(gold);
    linter.found
}

struct Linter<'a> {
    policy: &'a Policy,
    places: &'a Places,
    n_imported_terms: usize,
    settings: &'a LintSettings,
    found: Vec<Diagnostic>,
}

/// A text of the policy that a model reads as a rule, with the steps to its place.
struct RuleText<'a> {
    steps: Vec<String>,
    text: &'a str,
}

/// Which list of a label a criterion stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Includes,
    Excludes,
}

impl Side {
    fn key(self) -> &'static str {
        match self {
            Self::Includes => "includes",
            Self::Excludes => "excludes",
        }
    }
}

impl<'a> Linter<'a> {
    fn of(checked: &'a Checked, settings: &'a LintSettings) -> Self {
        let Checked { policy, places, n_imported_terms, .. } = checked;
        Linter { policy, places, n_imported_terms: *n_imported_terms, settings, found: Vec::new() }
    }

    fn off(&self, code: &str) -> bool {
        self.settings.off.contains(code)
    }

    /// Whether there are so many warnings that nobody reads on.
    fn full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn warn(
        &mut self,
        code: &'static str,
        place: Place,
        message: String,
    ) -> Option<&mut Diagnostic> {
        if self.off(code) || self.full() {
            return None;
        }
        self.found.push(Diagnostic::warning(code, place, message));
        self.found.last_mut()
    }

    fn key(&self, steps: &[&str]) -> Place {
        self.places.key(&pointer(steps))
    }

    fn value(&self, steps: &[&str]) -> Place {
        self.places.value(&pointer(steps))
    }

    /// Every criterion with its label's id and its list.
    fn criteria(&self) -> Vec<(&'a str, Side, &'a Criterion)> {
        let of = |side| {
            move |label: &'a super::Label| {
                let list = match side {
                    Side::Includes => &label.includes,
                    Side::Excludes => &label.excludes,
                };
                list.iter().map(move |criterion| (label.id.as_str(), side, criterion))
            }
        };
        let labels = &self.policy.labels;
        labels
            .iter()
            .flat_map(|label| of(Side::Includes)(label).chain(of(Side::Excludes)(label)))
            .collect()
    }

    /// Where the id of a criterion stands.
    fn criterion_key(&self, label: &str, side: Side, criterion: &Criterion) -> Place {
        self.key(&["labels", label, side.key(), short(criterion)])
    }

    /// Every text the model reads as a rule, but not the imported ones: they are not in this file.
    fn rule_texts(&self) -> Vec<RuleText<'a>> {
        let policy = self.policy;
        let mut texts = Vec::new();
        let mut add = |steps: &[&str], text: &'a str| {
            texts.push(RuleText { steps: steps.iter().map(|s| (*s).to_owned()).collect(), text });
        };
        if let Some(scope) = &policy.scope {
            add(&["scope"], scope);
        }
        for term in policy.terms.iter().skip(self.n_imported_terms) {
            add(&["terms", &term.id], &term.text);
        }
        for (at, text) in policy.interpretation.iter().enumerate() {
            add(&["interpretation", &at.to_string()], text);
        }
        for label in &policy.labels {
            if let Some(definition) = &label.definition {
                add(&["labels", &label.id, "definition"], definition);
            }
        }
        for (label, side, criterion) in self.criteria() {
            let steps = ["labels", label, side.key(), short(criterion), "text"];
            add(&steps, &criterion.text);
        }
        for exception in &policy.exceptions {
            add(&["exceptions", &exception.id, "when"], &exception.when);
            if let Some(unless) = &exception.unless {
                add(&["exceptions", &exception.id, "unless"], unless);
            }
        }
        for check in &policy.checks {
            add(&["checks", &check.id], &check.question);
        }
        for reason in &policy.abstain {
            add(&["abstain", &reason.id], &reason.text);
        }
        texts
    }

    /// The place of a piece of a value, or of the whole value where it is written otherwise there.
    fn within(&self, steps: &[String], piece: &str) -> Place {
        let value = self.places.value(&pointer(steps));
        let source = self.places.source();
        let written = source.text().get(value.range.clone()).unwrap_or_default();
        match written.find(piece) {
            Some(at) => {
                let start = value.range.start + at;
                source.place(start..start + piece.len())
            }
            None => value,
        }
    }
}

/// The id of a criterion without its label.
fn short(criterion: &Criterion) -> &str {
    criterion.id.split_once('.').map_or(criterion.id.as_str(), |(_, id)| id)
}

fn hint(diagnostic: Option<&mut Diagnostic>, hint: &str) {
    if let Some(diagnostic) = diagnostic {
        diagnostic.hint = Some(hint.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy::Reader;
    use std::collections::BTreeMap;

    fn found(text: &str, off: &[&str]) -> Vec<String> {
        let checked = Reader::prepare().read(&Source::new("t", text), &BTreeMap::new()).unwrap();
        let off = off.iter().map(|code| (*code).to_owned()).collect();
        let settings = LintSettings { off, ..LintSettings::everything() };
        let one = |found: Diagnostic| {
            format!("{}:{} {}", found.place.line, found.place.column, found.code)
        };
        lint(&checked, &settings).into_iter().map(one).collect()
    }

    const BARE: &str = "\
policy: p
version: 1.0.0
labels:
  fine: {default: true}
  bad: {severity: 1, definition: Usually it is bad.}
";

    #[test]
    fn warnings_stand_in_the_order_of_the_text() {
        assert_eq!(found(BARE, &[]), ["1:1 L009", "3:1 L008", "5:34 L001"]);
    }

    #[test]
    fn no_more_warnings_are_given_than_anybody_reads() {
        let words: String = (0..2_000).map(|n| format!(" `w{n}` usually")).collect();
        let rules: String = (0..300).map(|_| "  - It is mostly so.\n").collect();
        let text = format!("{BARE}scope: >\n {words}\ninterpretation:\n{rules}");
        assert_eq!(found(&text, &[]).len(), MOST);
    }

    #[test]
    fn a_warning_that_is_switched_off_is_not_given() {
        assert_eq!(found(BARE, &["L009", "L001"]), ["3:1 L008"]);
    }
}
