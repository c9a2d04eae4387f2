//! Why policies, settings and a unit do not make a prompt.

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
    /// The dialect cannot carry what a policy, the settings or a unit ask of it.
    #[error("dialect `{dialect}` cannot carry {what}: {hint}")]
    Cannot {
        /// The dialect.
        dialect: &'static str,
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
