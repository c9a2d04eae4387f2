//! Why an operation did not end well, and what that means for the exit code.

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::eval::PositiveError;
use crate::gold::GoldError;
use crate::io::IoError;
use crate::io::is_full;
use crate::llm::ConnectionError;
use crate::llm::simulate::SimulationError;
use crate::prompt::CompileError;
use crate::prompt::GuideError;
use crate::report::RenderError;
use crate::sampling::SamplingError;
use crate::stats::StatsError;
use crate::store::StoreError;
use crate::worker::RunError;
use std::path::Path;
use thiserror::Error;

/// What an ending means to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A check, test or gate did not pass.
    NotPassed,
    /// The user must change something: arguments, files, credentials.
    ChangeSomething,
    /// Stopped early; the same command resumes.
    StoppedEarly,
    /// The reader of our output went away: no failure at all.
    Unheard,
}

/// Why an operation did not end well.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpsError {
    /// Mistakes in texts the user wrote, all of them.
    #[error("{} in the files above", counted(diagnostics.len(), "mistake"))]
    Diagnostics {
        /// The mistakes.
        diagnostics: Vec<Diagnostic>,
        /// The texts they are in.
        sources: Vec<Source>,
        /// What they mean to a script.
        ending: Ending,
    },
    /// The user must change something.
    #[error("{message}")]
    Refused {
        /// What is wrong and where.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A run stopped early and can be resumed.
    #[error("{message}")]
    Stopped {
        /// Why it stopped and what is safe.
        message: String,
        /// How to go on.
        hint: String,
    },
    /// A file or stream.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A prompt that does not compile.
    #[error(transparent)]
    Compile(CompileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A sample that cannot be drawn.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// Gold that cannot be drawn or decided.
    #[error(transparent)]
    Gold(#[from] GoldError),
    /// A rule for violating labels.
    #[error(transparent)]
    Positive(#[from] PositiveError),
    /// A level or number of draws no estimate can use.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// An endpoint no request can be made to.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A simulated endpoint that cannot start.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A guide.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// The report.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// A mistake in a template of the user's own is shown with its line, as one in a policy is.
impl From<CompileError> for OpsError {
    fn from(error: CompileError) -> Self {
        if let CompileError::Rejected { diagnostics, template } = error {
            let sources = vec![template];
            return Self::Diagnostics { diagnostics, sources, ending: Ending::ChangeSomething };
        }
        Self::Compile(error)
    }
}

impl OpsError {
    /// Returns what the error means to a script.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self {
            Self::Diagnostics { ending, .. } => *ending,
            Self::Stopped { .. } => Ending::StoppedEarly,
            Self::Io(error) if error.is_broken_pipe() => Ending::Unheard,
            Self::Io(error) if error.is_full() => Ending::StoppedEarly,
            Self::Run(RunError::Store(error)) | Self::Store(error) => store_ending(error),
            Self::Refused { .. }
            | Self::Io(_)
            | Self::Compile(_)
            | Self::Run(_)
            | Self::Sampling(_)
            | Self::Gold(_)
            | Self::Positive(_)
            | Self::Stats(_)
            | Self::Connection(_)
            | Self::Simulation(_)
            | Self::Guide(_)
            | Self::Render(_) => Ending::ChangeSomething,
        }
    }

    /// Returns what to do, where the message does not say it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } | Self::Stopped { hint, .. } => Some(hint.clone()),
            Self::Diagnostics { .. }
            | Self::Io(_)
            | Self::Compile(_)
            | Self::Run(_)
            | Self::Store(_)
            | Self::Sampling(_)
            | Self::Gold(_)
            | Self::Positive(_)
            | Self::Stats(_)
            | Self::Connection(_)
            | Self::Simulation(_)
            | Self::Guide(_)
            | Self::Render(_) => None,
        }
    }

    /// Returns an error the user resolves by changing something.
    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    /// Returns an error about a file that cannot be read or written.
    pub(crate) fn file(doing: &str, path: &Path, source: &std::io::Error) -> Self {
        let message = format!("cannot {doing} {}: {source}", path.display());
        if is_full(source) {
            let hint = "free some space and run the command again".to_owned();
            return Self::Stopped { message, hint };
        }
        Self::refused(message, "check the path, and that you may read and write there")
    }
}

/// A full disk ends a run that goes on once there is room; anything else must be changed first.
fn store_ending(error: &StoreError) -> Ending {
    if error.is_resumable() { Ending::StoppedEarly } else { Ending::ChangeSomething }
}

/// Returns the message of an error and of every cause below it, each once.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Returns `1 mistake`, `2 mistakes`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
