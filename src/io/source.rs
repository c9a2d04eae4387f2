//! Where rows come from and go to, and in which format.

use crate::io::IoError;
use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;

/// Large enough that a read costs little, small enough for many files.
const BUFFER: usize = 1 << 18;

/// A place to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input, as JSONL.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// A place to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output, as JSONL.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// The formats of row files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Values separated by this byte, with a header.
    Separated(u8),
}

impl Source {
    /// Returns the source an argument names: `-` is standard input.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdin } else { Self::File(argument.to_owned()) }
    }

    /// Returns the name errors use.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Returns the format.
    ///
    /// # Errors
    ///
    /// [`IoError::UnknownFormat`] when the extension says nothing.
    pub fn format(&self) -> Result<Format, IoError> {
        match self {
            Self::Stdin => Ok(Format::Jsonl),
            Self::File(path) => Format::of(path),
        }
    }

    /// Opens it for reading, past a byte order mark.
    pub(super) fn open(&self) -> Result<Box<dyn BufRead + Send>, IoError> {
        let name = self.name();
        let mut reader: Box<dyn BufRead + Send> = match self {
            Self::Stdin => Box::new(BufReader::with_capacity(BUFFER, std::io::stdin())),
            Self::File(path) => {
                let opened = File::open(path).and_then(|file| {
                    if file.metadata()?.is_dir() {
                        return Err(std::io::ErrorKind::IsADirectory.into());
                    }
                    Ok(file)
                });
                let file = opened.map_err(|source| IoError::Open { path: name.clone(), source })?;
                Box::new(BufReader::with_capacity(BUFFER, file))
            }
        };
        let start = reader.fill_buf().map_err(|source| IoError::reading(&name, source))?;
        if start.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        Ok(reader)
    }
}

impl Target {
    /// Returns the target an argument names: `-` is standard output.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdout } else { Self::File(argument.to_owned()) }
    }

    /// Returns the name errors use.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Returns the format.
    ///
    /// # Errors
    ///
    /// [`IoError::UnknownFormat`] when the extension says nothing.
    pub fn format(&self) -> Result<Format, IoError> {
        match self {
            Self::Stdout => Ok(Format::Jsonl),
            Self::File(path) => Format::of(path),
        }
    }
}

impl Format {
    /// Returns the format of a file by its extension.
    ///
    /// # Errors
    ///
    /// [`IoError::UnknownFormat`] when the extension says nothing.
    pub fn of(path: &Path) -> Result<Self, IoError> {
        let extension =
            path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            Some("csv") => Ok(Self::Separated(b',')),
            Some("tsv" | "tab") => Ok(Self::Separated(b'\t')),
            _ => Err(IoError::UnknownFormat { path: path.display().to_string() }),
        }
    }
}
