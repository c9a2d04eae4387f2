//! What a well-formed policy file says wrongly: every mistake of meaning at once.

mod cases;
mod labels;
mod rules;

use super::ComponentRule;
use super::build;
use super::file::PolicyFile;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Severity;
use crate::diag::nearest;
use crate::yaml::Places;
use crate::yaml::pointer;
use serde_json::Value;
use std::collections::BTreeSet;

/// The most mistakes of meaning that are reported.
const MOST: usize = 200;
/// The most known ids a hint lists.
const MOST_LISTED: usize = 12;

/// Returns every mistake and every warning, in the order of the text.
pub(super) fn check(file: &PolicyFile, places: &Places) -> Vec<Diagnostic> {
    let names = Names::of(file);
    let components = build::component_rules(file);
    let mut checker = Checker { file, names, components, places, found: Vec::new() };
    checker.blank_texts();
    checker.labels();
    checker.rules();
    checker.cases();
    let mut found = checker.found;
    found.sort_by_key(|diagnostic| (diagnostic.place.range.start, diagnostic.code));
    found
}

/// The names a reference in the file may use.
struct Names<'a> {
    labels: BTreeSet<&'a str>,
    abstain: BTreeSet<&'a str>,
    rules: BTreeSet<String>,
}

struct Checker<'a> {
    file: &'a PolicyFile,
    names: Names<'a>,
    components: Vec<ComponentRule>,
    places: &'a Places,
    found: Vec<Diagnostic>,
}

/// Which of the two places of an entry a diagnostic points at.
#[derive(Clone, Copy)]
enum At<'p> {
    Key(&'p [&'p str]),
    Value(&'p [&'p str]),
}

impl<'a> Names<'a> {
    fn of(file: &'a PolicyFile) -> Self {
        let criteria = file.labels.iter().flat_map(|(label, rules)| {
            let ids = rules.includes.keys().chain(rules.excludes.keys());
            ids.map(move |criterion| format!("{label}.{criterion}"))
        });
        Self {
            labels: file.labels.keys().collect(),
            abstain: file.abstain.keys().collect(),
            rules: criteria.chain(file.exceptions.keys().map(str::to_owned)).collect(),
        }
    }
}

impl Checker<'_> {
    /// Adds an error, unless there are so many that nobody reads on.
    fn error(
        &mut self,
        code: &'static str,
        at: At<'_>,
        message: String,
    ) -> Option<&mut Diagnostic> {
        self.add(code, Severity::Error, at, message)
    }

    fn warning(
        &mut self,
        code: &'static str,
        at: At<'_>,
        message: String,
    ) -> Option<&mut Diagnostic> {
        self.add(code, Severity::Warning, at, message)
    }

    fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        at: At<'_>,
        message: String,
    ) -> Option<&mut Diagnostic> {
        if self.full() {
            return None;
        }
        let place = self.place(at);
        let message = shortened(message);
        self.found.push(Diagnostic { severity, ..Diagnostic::error(code, place, message) });
        self.found.last_mut()
    }

    fn full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn place(&self, at: At<'_>) -> Place {
        match at {
            At::Key(steps) => self.places.key(&pointer(steps)),
            At::Value(steps) => self.places.value(&pointer(steps)),
        }
    }

    /// `P001`: a text that says nothing.
    fn blank_texts(&mut self) {
        let Ok(value) = serde_json::to_value(self.file) else { return };
        let mut blank = Vec::new();
        collect_blank(&value, &mut Vec::new(), &mut blank);
        for steps in blank {
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            let error = self.error("P001", At::Value(&steps), "the text is empty".into());
            hint(error, "write the text, or remove the key".into());
        }
    }
}

fn collect_blank(value: &Value, steps: &mut Vec<String>, blank: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::String(text) if text.trim().is_empty() => {
            blank.push(steps.clone());
            return;
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => return,
    };
    for (step, value) in inner {
        steps.push(step);
        collect_blank(value, steps, blank);
        steps.pop();
    }
}

/// A message that quotes a very long id says its beginning only.
fn shortened(message: String) -> String {
    const MOST_CHARS: usize = 300;
    match message.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message,
    }
}

fn hint(diagnostic: Option<&mut Diagnostic>, hint: String) {
    if let Some(diagnostic) = diagnostic {
        diagnostic.hint = Some(hint);
    }
}

/// Says which known name an unknown one may have been meant to be.
fn suggest<'n>(
    diagnostic: Option<&mut Diagnostic>,
    word: &str,
    known: impl Iterator<Item = &'n str>,
) {
    let Some(diagnostic) = diagnostic else { return };
    let known: Vec<&str> = known.take(MOST).collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        diagnostic.label = format!("did you mean `{near}`?");
        return;
    }
    let mut listed: Vec<String> =
        known.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    if known.len() > MOST_LISTED {
        listed.push("…".into());
    }
    diagnostic.hint = Some(match listed.as_slice() {
        [] => "the policy has none".into(),
        listed => format!("known here: {}", listed.join(", ")),
    });
}
