//! Mistakes in labels, their criteria and the abstain reasons.

use super::At;
use super::Checker;
use super::hint;
use crate::policy::file::FileCriterion;
use crate::policy::file::FileLabel;
use crate::policy::file::FileMode;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// `P003` to `P011`, and the warnings `P031` and `P032`.
    pub(super) fn labels(&mut self) {
        let file = self.file;
        if file.labels.len() < 2 {
            let message = "a policy needs at least two labels".to_owned();
            let error = self.error("P003", At::Key(&["labels"]), message);
            hint(error, "add a label with `default: true` for what is allowed".into());
        }
        self.defaults();
        for (id, label) in file.labels.iter() {
            self.criteria(id, label);
            if !label.default && label.definition.is_none() && label.includes.is_empty() {
                let message = format!("the label `{id}` has neither a definition nor criteria");
                let warning = self.warning("P031", At::Key(&["labels", id]), message);
                hint(
                    warning,
                    "add `definition:` or `includes:`: the model sees only the id".into(),
                );
            }
        }
        self.severities();
        for id in file.abstain.keys() {
            if !self.names.labels.contains(id) {
                continue;
            }
            let message = format!("`{id}` is both a label and a reason to abstain");
            let first = self.place(At::Key(&["labels", id]));
            let error = self.error("P011", At::Key(&["abstain", id]), message);
            if let Some(error) = error {
                *error = error.clone().related(first, "the label").hint("rename one of the two");
            }
        }
    }

    fn defaults(&mut self) {
        let mut first: Option<&str> = None;
        for (id, label) in self.file.labels.iter().filter(|(_, label)| label.default) {
            let at = ["labels", id, "default"];
            if let Some(first) = first {
                let first = self.place(At::Key(&["labels", first, "default"]));
                let message = format!("`{id}` is a second default label");
                if let Some(error) = self.error("P005", At::Key(&at), message) {
                    *error = error.clone().related(first, "the first").hint("keep one of the two");
                }
            }
            if label.severity > 0 {
                let message = format!("the default label `{id}` is violating (severity above 0)");
                let error = self.error("P006", At::Value(&["labels", id, "severity"]), message);
                hint(error, "a unit no rule speaks about is allowed: remove the severity".into());
            }
            first = first.or(Some(id));
        }
        if first.is_none() {
            let message = "no label is the default".to_owned();
            let error = self.error("P004", At::Key(&["labels"]), message);
            hint(error, "add `default: true` to the label of a unit no rule speaks about".into());
        }
    }

    fn severities(&mut self) {
        let file = self.file;
        if file.labels.len() > 1 && file.labels.iter().all(|(_, label)| label.severity == 0) {
            let message = "no label is violating: all have severity 0".to_owned();
            let warning = self.warning("P032", At::Key(&["labels"]), message);
            hint(warning, "add `severity:` above 0 to the violating labels".into());
        }
        if file.mode != FileMode::Ordinal {
            return;
        }
        let mut by_severity: BTreeMap<u32, &str> = BTreeMap::new();
        for (id, label) in file.labels.iter() {
            let Some(first) = by_severity.insert(label.severity, id) else { continue };
            let message = format!("`{id}` has the same severity as `{first}`");
            let related = self.place(At::Key(&["labels", first]));
            if let Some(error) = self.error("P010", At::Key(&["labels", id]), message) {
                *error = error
                    .clone()
                    .related(related, "the other")
                    .hint("`mode: ordinal` orders labels by severity: give each its own");
            }
        }
    }

    fn criteria(&mut self, id: &str, label: &FileLabel) {
        let includes: BTreeSet<&str> = label.includes.keys().collect();
        let excludes: BTreeSet<&str> = label.excludes.keys().collect();
        for criterion in label.excludes.keys() {
            if includes.contains(criterion) {
                let message = format!("`{id}.{criterion}` is in both `includes` and `excludes`");
                let first = self.place(At::Key(&["labels", id, "includes", criterion]));
                let at = ["labels", id, "excludes", criterion];
                if let Some(error) = self.error("P007", At::Key(&at), message) {
                    *error = error.clone().related(first, "first here").hint("rename one of them");
                }
            }
        }
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        let sides = [("includes", &label.includes), ("excludes", &label.excludes)];
        for (side, criterion, rule) in sides
            .into_iter()
            .flat_map(|(side, rules)| rules.iter().map(move |(id, rule)| (side, id, rule)))
        {
            let FileCriterion::Renamed(renamed) = rule else { continue };
            let Some(was) = renamed.was.as_deref() else { continue };
            let at = ["labels", id, side, criterion, "was"];
            if includes.contains(was) || excludes.contains(was) {
                let message = format!("`was: {was}` names a criterion the label still has");
                let error = self.error("P008", At::Value(&at), message);
                hint(error, "`was` is the id a criterion had before and nobody has now".into());
            } else if let Some(other) = taken.insert(was, criterion) {
                let message = format!("`{other}` and `{criterion}` were both `{was}`");
                let error = self.error("P009", At::Value(&at), message);
                hint(error, "the history of an id can continue under one new id only".into());
            }
        }
    }
}
