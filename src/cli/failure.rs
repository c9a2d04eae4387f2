//! How a verb ends when it does not end well: one clear message and the right exit code.

use super::output;
use super::width;
use crate::diag;
use crate::diag::Color;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::ops::Ending;
use crate::ops::OpsError;
use crate::ops::chain;
use crate::ops::is_full;
use std::io;
use std::io::IsTerminal;

/// A check, test or gate did not pass.
pub(super) const NOT_PASSED: u8 = 1;
/// The user must change something.
pub(super) const CHANGE_SOMETHING: u8 = 2;
/// Stopped early; the same command resumes.
pub(super) const STOPPED_EARLY: u8 = 3;

/// Why a verb did not end well.
#[derive(Debug)]
pub(super) enum Failure {
    /// The operation says so.
    Ops(OpsError),
    /// The verb's own result is a failure that has been printed already.
    Said(Ending),
    /// The arguments or the machine.
    Change {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Standard output.
    Output(io::Error),
}

impl From<OpsError> for Failure {
    fn from(error: OpsError) -> Self {
        Self::Ops(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Returns a failure the user resolves by changing something.
    pub(super) fn change(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Change { message: message.into(), hint: hint.into() }
    }

    /// Prints the failure and returns the exit code.
    pub(super) fn report(&self) -> u8 {
        match self {
            Self::Said(ending) => code(*ending),
            Self::Change { message, hint } => {
                say(message, Some(hint));
                CHANGE_SOMETHING
            }
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Output(error) => {
                let hint = "free some space, or send the output elsewhere";
                say(&format!("cannot write to standard output: {error}"), Some(hint));
                if is_full(error) { STOPPED_EARLY } else { CHANGE_SOMETHING }
            }
            Self::Ops(error) => report_operation(error),
        }
    }
}

fn report_operation(error: &OpsError) -> u8 {
    let ending = error.ending();
    if ending != Ending::Unheard {
        if let OpsError::Diagnostics { diagnostics, sources, .. } = error {
            output::error(&shown(diagnostics, sources));
        }
        say(&chain(error), error.hint().as_deref());
    }
    code(ending)
}

/// Returns mistakes as text for whoever reads standard error, as wide as the terminal.
pub(super) fn shown(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    match width::columns() {
        Some(columns) => diag::text_within(diagnostics, sources, color(), columns),
        None => diag::text(diagnostics, sources, color()),
    }
}

fn color() -> Color {
    if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        Color::Ansi
    } else {
        Color::Plain
    }
}

/// Prints an error and what to do on standard error.
pub(super) fn say(message: &str, hint: Option<&str>) {
    match hint {
        Some(hint) if !hint.is_empty() => {
            output::error(&width::fitted(&format!("error: {message}\nhelp: {hint}")));
        }
        Some(_) | None => output::error(&width::fitted(&format!("error: {message}"))),
    }
}

fn code(ending: Ending) -> u8 {
    match ending {
        Ending::NotPassed => NOT_PASSED,
        Ending::ChangeSomething => CHANGE_SOMETHING,
        Ending::StoppedEarly => STOPPED_EARLY,
        Ending::Unheard => 0,
    }
}
