//! The one writer to standard output and standard error.

use serde::Serialize;
use std::io;
use std::io::IsTerminal;
use std::io::Write;

/// The form of what a verb prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people: the answer in the first line, then a small table
    Text,
    /// For programs: one JSON document, nothing else
    Json,
}

/// How much is said beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Only the answer and errors.
    Quiet,
    /// The answer, progress on a terminal, warnings.
    Normal,
    /// More tables, and the log on standard error.
    Verbose,
}

/// Where a verb prints.
#[derive(Debug)]
pub(super) struct Output {
    /// The form of the answer.
    pub(super) format: Format,
    /// How much is said beside it.
    pub(super) verbosity: Verbosity,
}

impl Output {
    /// Prints text, or nothing when the answer is JSON.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written; a closed pipe ends the command quietly.
    pub(super) fn text(&self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Text => write_line(&mut anstream::stdout().lock(), text),
            Format::Json => Ok(()),
        }
    }

    /// Prints the answer as JSON, or nothing when it is text.
    ///
    /// # Errors
    ///
    /// As [`Output::text`].
    pub(super) fn json(&self, answer: &impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => {
                let text = serde_json::to_string_pretty(answer).map_err(io::Error::other)?;
                write_line(&mut anstream::stdout().lock(), &text)
            }
        }
    }

    /// Prints text whatever the format: for verbs whose answer is a file of its own kind.
    ///
    /// # Errors
    ///
    /// As [`Output::text`].
    pub(super) fn raw(&self, text: &str) -> io::Result<()> {
        write_line(&mut anstream::stdout().lock(), text)
    }

    /// Says something beside the answer, on standard error; silent under `-q`.
    pub(super) fn note(&self, text: &str) {
        if Verbosity::Quiet < self.verbosity {
            error(text);
        }
    }

    /// Returns whether progress may be drawn.
    #[must_use]
    pub(super) fn draws_progress(&self) -> bool {
        self.verbosity == Verbosity::Normal && io::stderr().is_terminal()
    }
}

/// Prints one line or block on standard error. Nothing can be done when even that fails.
pub(super) fn error(text: &str) {
    write_line(&mut anstream::stderr().lock(), text).unwrap_or_default();
}

fn write_line(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.trim_end_matches('\n').as_bytes())?;
    to.write_all(b"\n")?;
    to.flush()
}
