//! Mistakes in examples and tests.

use super::At;
use super::Checker;
use super::hint;
use super::suggest;
use crate::policy::build;
use crate::policy::file::FileUnit;
use crate::policy::fit::UnitMismatch;
use crate::policy::fit::mismatches;
use std::collections::BTreeMap;

/// What examples and tests have in common.
struct Case<'a> {
    /// `examples` or `tests`.
    list: &'a str,
    /// Its position in the list.
    at: &'a str,
    unit: &'a FileUnit,
    /// The key and value of its label.
    label: (&'a str, &'a str),
    criteria: &'a [String],
}

impl Checker<'_> {
    /// `P016` to `P022`, and the warning `P033`.
    pub(super) fn cases(&mut self) {
        let file = self.file;
        for (at, example) in file.examples.iter().enumerate() {
            self.case(&Case {
                list: "examples",
                at: &at.to_string(),
                unit: &example.unit,
                label: ("label", &example.label),
                criteria: &example.criteria,
            });
        }
        for (at, test) in file.tests.iter().enumerate() {
            let at = at.to_string();
            self.case(&Case {
                list: "tests",
                at: &at,
                unit: &test.unit,
                label: ("expect", &test.expect),
                criteria: &test.criteria,
            });
            if let Some(agree) = test.agree.filter(|agree| !(*agree > 0.0 && *agree <= 1.0)) {
                let message = format!("`agree: {agree}` is not a share above 0 and up to 1");
                let error = self.error("P021", At::Value(&["tests", &at, "agree"]), message);
                hint(error, "write the share of repeats that must match, such as 0.67".into());
            }
        }
        self.repeated_units();
    }

    fn case(&mut self, case: &Case<'_>) {
        let (key, label) = case.label;
        let known = self.names.labels.contains(label) || self.names.abstain.contains(label);
        if !known && !label.trim().is_empty() {
            let message = format!("`{label}` is neither a label nor a reason to abstain");
            let file = self.file;
            let names = file.labels.keys().chain(file.abstain.keys());
            let error = self.error("P016", At::Value(&[case.list, case.at, key]), message);
            suggest(error, label, names);
        }
        for (position, rule) in case.criteria.iter().enumerate() {
            let position = position.to_string();
            self.rule_reference("P017", &[case.list, case.at, "criteria", &position], rule);
        }
        self.unit(case);
    }

    fn unit(&mut self, case: &Case<'_>) {
        let found = mismatches(&self.components, &build::components(case.unit, &self.components));
        let misnamed = found.iter().any(|one| matches!(one, UnitMismatch::UnknownRole { .. }));
        for mismatch in found {
            // A role written wrongly is also one that is missing: said once.
            if !(misnamed && matches!(mismatch, UnitMismatch::MissingRole { .. })) {
                self.mismatch(case, &mismatch);
            }
        }
    }

    fn mismatch(&mut self, case: &Case<'_>, mismatch: &UnitMismatch) {
        let unit = [case.list, case.at, "unit"];
        let message = mismatch.to_string();
        match mismatch {
            UnitMismatch::UnknownRole { role, .. } => self.unknown_role(case, role, message),
            UnitMismatch::MissingRole { .. } | UnitMismatch::Empty => {
                let error = self.error("P019", At::Key(&unit), message);
                hint(error, "a case needs all that a unit needs".into());
            }
            UnitMismatch::TooMany { role, .. } => {
                let whole = [case.list, case.at, "unit", role];
                let error = self.error("P020", At::Key(&whole), message);
                hint(error, "remove some, or raise `most`".into());
            }
            UnitMismatch::WrongModality { .. } => {
                let error = self.error("P018", At::Value(&unit), message);
                hint(error, "write text".into());
            }
        }
    }

    fn unknown_role(&mut self, case: &Case<'_>, role: &str, message: String) {
        let file = self.file;
        let first = file.components.keys().next();
        let part = [case.list, case.at, "unit", role];
        match (case.unit, first) {
            (FileUnit::Text(_), Some(first)) => {
                let message = "the policy has components: a unit is texts by role".to_owned();
                let error = self.error("P018", At::Value(&[case.list, case.at, "unit"]), message);
                hint(error, format!("name the role of the text: `unit: {{{first}: …}}`"));
            }
            (FileUnit::Parts(_), Some(_)) => {
                let error = self.error("P018", At::Key(&part), message);
                suggest(error, role, file.components.keys());
            }
            (FileUnit::Text(_) | FileUnit::Parts(_), None) => {
                let error = self.error("P018", At::Key(&part), message);
                hint(error, "write `unit:` and the text, or declare `components`".into());
            }
        }
    }

    /// Two examples of one unit that contradict each other, and tests the model has been shown.
    fn repeated_units(&mut self) {
        let file = self.file;
        let mut earlier: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        let key = |unit| format!("{:?}", build::components(unit, &[]));
        for (at, example) in file.examples.iter().enumerate() {
            let (first, label) =
                *earlier.entry(key(&example.unit)).or_insert((at, example.label.as_str()));
            if label == example.label {
                continue;
            }
            let message = format!("the same unit is `{label}` in an earlier example");
            let related = self.place(At::Value(&["examples", &first.to_string(), "label"]));
            let at = at.to_string();
            if let Some(error) = self.error("P022", At::Value(&["examples", &at, "label"]), message)
            {
                *error = error.clone().related(related, "earlier").hint("keep one of the two");
            }
        }
        for (at, test) in file.tests.iter().enumerate() {
            if earlier.contains_key(&key(&test.unit)) {
                let message = "the unit of this test is also an example".to_owned();
                let at = at.to_string();
                let warning = self.warning("P033", At::Key(&["tests", &at, "unit"]), message);
                hint(warning, "the model may be shown the answer: test with another unit".into());
            }
        }
    }
}
