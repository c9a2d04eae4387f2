//! Say what is wrong in the user's text: place, code, message, hint, snippet.

#![deny(clippy::disallowed_methods)]

mod github;
mod nearest;
mod render;
mod sarif;
mod source;
mod wrap;

pub use github::github;
pub use nearest::nearest;
pub use render::Color;
pub use render::text;
pub use render::text_within;
pub use sarif::sarif;
pub use source::Place;
pub use source::Source;
pub use wrap::wrapped;

use serde_json::Value;
use serde_json::json;
use std::fmt;

/// One mistake in a text the user wrote, or one thing worth a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code a reader can look up, such as `P009`.
    pub code: &'static str,
    /// Whether the text can be used in spite of it.
    pub severity: Severity,
    /// What is wrong, in one sentence without a final dot.
    pub message: String,
    /// Where it is wrong.
    pub place: Place,
    /// What stands under the underlined text; empty for none.
    pub label: String,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Whether a text can be used in spite of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but probably says something its author did not mean.
    Warning,
}

/// A second place that explains a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where to look.
    pub place: Place,
    /// What is to be seen there.
    pub label: String,
}

impl Diagnostic {
    /// Returns an error at a place, with nothing but its message.
    #[must_use]
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place,
            label: String::new(),
            related: Vec::new(),
            hint: None,
        }
    }

    /// Returns a warning at a place, with nothing but its message.
    #[must_use]
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// Adds what stands under the underlined text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a second place that explains it.
    #[must_use]
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push(Related { place, label: label.into() });
        self
    }

    /// The message with what stands under the place and the hint, for formats that show text only.
    fn prose(&self) -> String {
        let mut text = self.message.clone();
        if !self.label.is_empty() {
            text += &format!(": {}", self.label);
        }
        if let Some(hint) = &self.hint {
            text += &format!("\nhint: {hint}");
        }
        text
    }

    /// Returns the diagnostic as one JSON object, with places as file, line and column.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let related: Vec<Value> = self
            .related
            .iter()
            .map(|related| {
                let mut object = related.place.to_json();
                object.insert("message".into(), related.label.clone().into());
                object.into()
            })
            .collect();
        let mut object = serde_json::Map::new();
        object.insert("code".into(), self.code.into());
        object.insert("severity".into(), self.severity.name().into());
        object.insert("message".into(), self.message.clone().into());
        object.append(&mut self.place.to_json());
        object.insert("label".into(), self.label.clone().into());
        object.insert("related".into(), related.into());
        object.insert("hint".into(), json!(self.hint));
        object.into()
    }
}

impl Severity {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One line: `file:line:col: error[P009]: message`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, place, .. } = self;
        write!(f, "{place}: {}[{code}]: {message}", self.severity.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_every_place() {
        let source = Source::new("p.yaml", "a: 1\nb: é2\n");
        let diagnostic = Diagnostic::error("T001", source.place(8..11), "too small")
            .label("here")
            .related(source.place(0..1), "because of this")
            .hint("write 3");
        let json = diagnostic.to_json();
        assert_eq!(json["file"], "p.yaml");
        assert_eq!((&json["line"], &json["column"]), (&json!(2), &json!(4)));
        assert_eq!((&json["end_line"], &json["end_column"]), (&json!(2), &json!(6)));
        assert_eq!(json["related"][0]["message"], "because of this");
        assert_eq!(json["hint"], "write 3");
    }

    #[test]
    fn one_line_form_starts_with_the_place() {
        let source = Source::new("p.yaml", "a: 1\n");
        let warning = Diagnostic::warning("T002", source.place(3..4), "odd");
        assert_eq!(warning.to_string(), "p.yaml:1:4: warning[T002]: odd");
    }
}
