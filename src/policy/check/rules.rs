//! Mistakes in exceptions, precedence and components.

use super::At;
use super::Checker;
use super::hint;
use super::suggest;
use crate::policy::file::FileJudging;
use std::collections::BTreeMap;

impl Checker<'_> {
    /// `P012` to `P015`, and `P023`.
    pub(super) fn rules(&mut self) {
        self.exceptions();
        self.precedence();
        self.rollup();
        let components = &self.file.components;
        let judged = components.iter().any(|(_, rule)| rule.judge == FileJudging::Judged);
        if !components.is_empty() && !judged {
            let message = "every component is context: nothing is judged".to_owned();
            let error = self.error("P015", At::Key(&["components"]), message);
            hint(error, "remove `judge: context` from the component the label is about".into());
        }
    }

    fn rollup(&mut self) {
        if self.file.rollup.is_some() && self.file.components.is_empty() {
            let message = "`rollup` without `components`: a unit has one part".to_owned();
            let error = self.error("P023", At::Key(&["rollup"]), message);
            hint(error, "remove it, or declare what a unit consists of".into());
        }
    }

    fn exceptions(&mut self) {
        let file = self.file;
        for (id, exception) in file.exceptions.iter() {
            let then = exception.then.as_str();
            if self.names.labels.contains(then) || then.trim().is_empty() {
                continue;
            }
            let abstains = self.names.abstain.contains(then);
            let message = format!("`{then}` is not a label of this policy");
            let error = self.error("P012", At::Value(&["exceptions", id, "then"]), message);
            if abstains {
                hint(error, "it is a reason to abstain; an exception leads to a label".into());
            } else {
                suggest(error, then, file.labels.keys());
            }
        }
    }

    fn precedence(&mut self) {
        let mut first_at: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, rule) in self.file.precedence.iter().enumerate() {
            let step = at.to_string();
            let here = ["precedence", step.as_str()];
            self.rule_reference("P013", &here, rule);
            let Some(first) = first_at.get(rule.as_str()) else {
                first_at.insert(rule, at);
                continue;
            };
            let first = self.place(At::Value(&["precedence", &first.to_string()]));
            let message = format!("`{rule}` stands twice in the precedence");
            if let Some(error) = self.error("P014", At::Value(&here), message) {
                *error = error.clone().related(first, "first here").hint("keep the stronger place");
            }
        }
    }

    /// An id that must be one of a criterion or an exception.
    pub(super) fn rule_reference(&mut self, code: &'static str, at: &[&str], rule: &str) {
        if self.names.rules.contains(rule) || rule.trim().is_empty() || self.full() {
            return;
        }
        let full: Vec<String> = self
            .names
            .rules
            .iter()
            .filter(|known| known.split_once('.').is_some_and(|(_, criterion)| criterion == rule))
            .cloned()
            .collect();
        let known: Vec<String> = self.names.rules.iter().cloned().collect();
        let message = format!("`{rule}` is neither a criterion nor an exception of this policy");
        let error = self.error(code, At::Value(at), message);
        match full.as_slice() {
            [full] => hint(error, format!("a criterion is named with its label: `{full}`")),
            _ => suggest(error, rule, known.iter().map(String::as_str)),
        }
    }
}
