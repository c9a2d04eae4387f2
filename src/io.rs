//! Files and streams become core values and back.
//!
//! Readers stream: they yield one unit at a time and hold nothing but what they must compare. A bad row is
//! an error that names its place and its cure; a reader goes on to collect up to twenty of them.

mod cell;
mod columns;
mod design_fault;
mod fault;
mod gold;
mod guess;
mod labels;
mod line_places;
mod manifest;
mod output;
mod rows;
mod segment_layouts;
mod shared_texts;
mod source;
mod table;
mod texts;
mod totals;
mod unit_draft;
mod unit_reader;
mod unit_writer;

pub use columns::Columns;
pub use columns::ComponentColumn;
pub use columns::ComponentKind;
pub use columns::ContentColumns;
pub use design_fault::DesignFault;
pub use fault::Fault;
pub use fault::Problem;
pub use gold::read_gold;
pub use guess::Guess;
pub use guess::Head;
pub use guess::guess_columns;
pub use guess::read_head;
pub use labels::ForeignLabel;
pub use labels::LabelRow;
pub use labels::LabelRowComponent;
pub use labels::LabelWriter;
pub use labels::read_labels;
pub use labels::read_labels_with;
pub use manifest::GateRow;
pub use manifest::ManifestFile;
pub use manifest::manifest_path;
pub use manifest::read_manifest;
pub use manifest::write_manifest;
pub use output::Output;
pub use source::Format;
pub use source::Source;
pub use source::Target;
pub use table::Cells;
pub use table::TableColumn;
pub use table::write_table;
pub use texts::read_texts;
pub use totals::KnownTotal;
pub use totals::read_totals;
pub use unit_reader::IdCheck;
pub use unit_reader::Units;
pub use unit_reader::read_units;
pub use unit_writer::write_units;

use std::io::ErrorKind;
use thiserror::Error;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IoError {
    /// The file could not be opened.
    #[error("cannot open {path}; check the path and your permission to read it")]
    Open {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file could not be read to its end.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file could not be written; what stood there before is unchanged.
    #[error("cannot write {path}; free space or choose another place with `-o`")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The program reading our output went away.
    #[error("{path} was closed by its reader")]
    BrokenPipe {
        /// The stream.
        path: String,
    },
    /// The name does not say what the file is.
    #[error(
        "{path}: the format is not known; name it .jsonl, .csv or .tsv (unpack .gz and .zst first)"
    )]
    UnknownFormat {
        /// The file.
        path: String,
    },
    /// The name of a table of results does not say its format.
    #[error("{path}: the format is not known; name the table .csv, .tsv, .jsonl or .parquet")]
    UnknownTableFormat {
        /// The file.
        path: String,
    },
    /// There is nothing in the file.
    #[error("{path} holds no rows; check that it is the file you meant")]
    Empty {
        /// The file.
        path: String,
    },
    /// A column the reader needs is not in the header.
    #[error("{path}: no column `{column}` ({what}); the columns are {have}; {hint}")]
    MissingColumn {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// What it is for.
        what: &'static str,
        /// The columns there are.
        have: String,
        /// What to do.
        hint: &'static str,
    },
    /// The header itself is wrong.
    #[error("{path}:1: column `{column}` stands in the header twice; rename one")]
    RepeatedColumn {
        /// The file.
        path: String,
        /// The column.
        column: String,
    },
    /// A column looks like a known one with a typing error.
    #[error(
        "{path}: column `{found}` is not known; if it is `{meant}`, rename it, otherwise give it a less similar name"
    )]
    MisspelledColumn {
        /// The file.
        path: String,
        /// The column.
        found: String,
        /// What it probably should be.
        meant: &'static str,
    },
    /// A row cannot be written because the header has no place for one of its columns.
    #[error(
        "{path}: unit `{id}` has column `{column}`, which the first rows did not; write .jsonl instead"
    )]
    LateColumn {
        /// The file.
        path: String,
        /// The unit.
        id: String,
        /// The column.
        column: String,
    },
    /// Rows that cannot be used.
    #[error("{}", fault::listing(path, problems))]
    Rows {
        /// The file.
        path: String,
        /// What is wrong with the first of them, at most twenty.
        problems: Vec<Problem>,
    },
    /// A file titer wrote does not read as such.
    #[error("{path} is not a manifest titer wrote; draw the sample again")]
    BadManifest {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl IoError {
    /// Returns whether the reader of our output went away, which is no failure of ours.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::BrokenPipe { .. })
    }

    /// Returns whether there is no room for what is written; the same command goes on once there is.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Write { source, .. } if is_full(source))
    }

    fn writing(path: &str, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == ErrorKind::BrokenPipe {
            Self::BrokenPipe { path }
        } else {
            Self::Write { path, source }
        }
    }

    fn reading(path: &str, source: std::io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }
}

/// Returns whether a disk, a quota or the largest allowed file is full.
#[must_use]
pub fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_told_from_a_full_disk() {
        let failed = |kind: ErrorKind| IoError::writing("out.csv", kind.into());
        assert!(failed(ErrorKind::BrokenPipe).is_broken_pipe());
        assert!(!failed(ErrorKind::StorageFull).is_broken_pipe());
        assert!(failed(ErrorKind::StorageFull).is_full());
        assert!(!failed(ErrorKind::PermissionDenied).is_full());
    }
}
