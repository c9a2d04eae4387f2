//! What can go wrong with a store, said so that a user knows what to do.

use rusqlite::ErrorCode;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// Why the store cannot be opened, read or written.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no file to read.
    #[error("there is no store at {}; label some units first, or name another with `store:` in titer.yaml", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The folder or file cannot be created or opened.
    #[error("cannot open the store {}; check that its folder exists and may be written", path.display())]
    Inaccessible {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The file may be read but not written.
    #[error("the store {} is read-only; make the file and its folder writable, or choose another with `store:`", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a titer store; choose another path with `store:`", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer titer.
    #[error("the store {} has version {found}, this titer knows up to {known}; use a newer titer", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program reads.
        known: i64,
    },
    /// The file was written by an older titer and is opened for reading only.
    #[error("the store {} has version {found}, this titer reads {known}; any command that writes brings it up to date", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version this program reads.
        known: i64,
    },
    /// Another process writes to the store.
    #[error("another titer process{} is writing to {}; wait for it or stop it", holder.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// The process that holds the lock, where it is known.
        holder: Option<u32>,
    },
    /// The disk, or a quota on it, is full.
    #[error("no space left for the store {}; free some and run the same command again: what was recorded is kept", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The writer thread is gone.
    #[error("the writer of the store {} has stopped; run the same command again: what was recorded is kept", path.display())]
    WriterStopped {
        /// The file.
        path: PathBuf,
    },
    /// Anything else SQLite says.
    #[error("the store {} failed", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
}

impl StoreError {
    /// Names the cause of what SQLite said, for the store at `path`.
    pub(crate) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase) => Self::NotAStore { path },
            Some(ErrorCode::CannotOpen) => Self::Inaccessible { path, source: Arc::new(source) },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { path, holder: None }
            }
            Some(_) | None => Self::Sqlite { path, source: Arc::new(source) },
        }
    }

    /// Returns whether the same command goes on once the cause is gone.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        match self {
            Self::DiskFull { .. } | Self::WriterStopped { .. } => true,
            Self::Missing { .. }
            | Self::Inaccessible { .. }
            | Self::ReadOnly { .. }
            | Self::NotAStore { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Locked { .. }
            | Self::Sqlite { .. } => false,
        }
    }

    /// Returns whether the whole store refused, rather than one record.
    pub(crate) fn concerns_all_records(&self) -> bool {
        match self {
            Self::Sqlite { source, .. } => {
                source.sqlite_error_code() != Some(ErrorCode::ConstraintViolation)
            }
            Self::Missing { .. }
            | Self::Inaccessible { .. }
            | Self::ReadOnly { .. }
            | Self::NotAStore { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Locked { .. }
            | Self::DiskFull { .. }
            | Self::WriterStopped { .. } => true,
        }
    }
}
