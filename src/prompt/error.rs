//! Why policies, settings and a unit do not make a prompt.

use super::Feature;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Source;
use std::fmt;
use std::fmt::Display;
use std::fmt::Formatter;
use thiserror::Error;

/// Why policies and settings do not compile into a prompt.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// There is nothing to ask.
    #[error("a prompt needs at least one policy")]
    NoPolicy,
    /// The dialect's template does not parse or render.
    #[error("the template of dialect `{dialect}` does not render: {source}")]
    Template {
        /// The dialect.
        dialect: &'static str,
        /// What the engine says, with its line.
        source: minijinja::Error,
    },
    /// The dialect's template names a variable nobody sets.
    #[error(
        "the template of dialect `{dialect}` names an unknown variable `{name}` in line {line}"
    )]
    UnknownVariable {
        /// The dialect.
        dialect: &'static str,
        /// The variable.
        name: String,
        /// The template's line, from 1.
        line: usize,
    },
    /// The user's own template is wrong.
    #[error("the template cannot be used: {}", first(diagnostics))]
    Rejected {
        /// Every mistake found in it.
        diagnostics: Vec<Diagnostic>,
        /// Its text.
        template: Source,
    },
    /// The user's own template leaves out an image, or shows one twice.
    #[error(
        "the template {template} does not show each image of unit `{unit}` once: write `component.marker` after `component.text`"
    )]
    Unshown {
        /// The template.
        template: String,
        /// The unit's id.
        unit: String,
    },
    /// The dialect cannot carry what policies and settings ask of it.
    #[error("dialect `{dialect}` cannot carry {}", listed(refusals))]
    Unfit {
        /// The dialect.
        dialect: &'static str,
        /// Everything it cannot carry, at least one thing.
        refusals: Vec<Refusal>,
    },
    /// The dialect cannot carry what a unit asks of it.
    #[error("dialect `{dialect}` cannot carry {what}: {hint}")]
    Cannot {
        /// The dialect.
        dialect: &'static str,
        /// The kind of thing it cannot carry.
        feature: Feature,
        /// What it cannot carry, and whose it is.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// An image that no endpoint could read.
    #[error(
        "the image `{role}` of unit `{unit}` is neither a `data:image/…` nor an `https://` URL: give one of these"
    )]
    ImageReference {
        /// The unit's id.
        unit: String,
        /// The component's role.
        role: String,
    },
}

/// Something policies or settings ask of a dialect that cannot carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The policy that asks for it; `None` where the labeler's settings do.
    pub policy: Option<String>,
    /// The kind of thing.
    pub feature: Feature,
    /// What it is, in words.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.policy {
            Some(policy) => write!(f, "{}, as policy `{policy}` has", self.what),
            None => f.write_str(&self.what),
        }
    }
}

fn listed(refusals: &[Refusal]) -> String {
    match refusals {
        [only] => format!("{only}: {}", only.hint),
        several => {
            let lines = several.iter().map(|one| format!("\n  {one}: {}", one.hint));
            lines.collect()
        }
    }
}

/// The first mistake with its place: a person reads it where no line can be shown.
fn first(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map_or_else(String::new, |found| {
        let Place { source, line, .. } = &found.place;
        format!("{source}:{line}: {}", found.message)
    })
}

impl CompileError {
    /// Returns whether it is about an image that cannot be shown.
    #[must_use]
    pub fn is_about_an_image(&self) -> bool {
        matches!(self, Self::ImageReference { .. } | Self::Cannot { feature: Feature::Images, .. })
    }
}
