//! A project: the folder of `titer.yaml`, what the file says, and where its parts are.

mod file;

pub(crate) use file::AnswerFile;
pub(crate) use file::BundlingName;
pub(crate) use file::CallsName;
pub(crate) use file::DesignName;
pub(crate) use file::DialectName;
pub(crate) use file::DrawnName;
pub(crate) use file::EffortName;
pub(crate) use file::GoldFile;
pub(crate) use file::IntervalName;
pub(crate) use file::LabelerFile;
pub(crate) use file::LimitsFile;
pub(crate) use file::OmitName;
pub(crate) use file::OutputName;
pub(crate) use file::PositiveRule;
pub(crate) use file::ProgramFile;
pub(crate) use file::ScoreName;
pub(crate) use file::TemperatureFile;
pub(crate) use file::TokenCapName;
pub(crate) use file::UnitsFile;

use super::error::Ending;
use super::error::OpsError;
use super::text_file;
use crate::diag::Source;
use crate::yaml;
use crate::yaml::Decoded;
use crate::yaml::Places;
use std::path::Path;
use std::path::PathBuf;

/// The name of a project's file.
pub(super) const FILE_NAME: &str = "titer.yaml";

/// A project, or an empty one where there is no `titer.yaml`.
#[derive(Debug, Clone)]
pub struct Program {
    /// The project's folder; the current one without a file.
    pub dir: PathBuf,
    /// Whether there is a `titer.yaml`.
    pub found: bool,
    pub(crate) file: ProgramFile,
    /// Where everything in the file stands.
    pub(crate) places: Option<Places>,
}

/// Returns the JSON Schema of `titer.yaml`.
#[must_use]
pub fn schema() -> serde_json::Value {
    yaml::schema_of::<ProgramFile>()
}

impl Program {
    /// Opens the project in a folder, or the nearest one above the current folder.
    ///
    /// # Errors
    ///
    /// Every mistake in `titer.yaml`; a named folder without one.
    pub fn open(dir: Option<&Path>) -> Result<Self, OpsError> {
        let found = match dir {
            Some(dir) if dir.join(FILE_NAME).is_file() => Some(dir.to_owned()),
            Some(dir) => {
                return Err(OpsError::refused(
                    format!("there is no {FILE_NAME} in {}", dir.display()),
                    "name another folder with --project, or make a project with `titer init`",
                ));
            }
            None => nearest()?,
        };
        match found {
            Some(dir) => {
                let Decoded { value: file, places } = read(&dir.join(FILE_NAME))?;
                Ok(Self { dir, found: true, file, places: Some(places) })
            }
            None => {
                let (dir, file) = (PathBuf::from("."), ProgramFile::default());
                Ok(Self { dir, found: false, file, places: None })
            }
        }
    }

    /// Returns a path of the file as seen from the current folder.
    #[must_use]
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        if self.dir == Path::new(".") {
            relative.as_ref().to_owned()
        } else {
            self.dir.join(relative)
        }
    }

    /// Returns where the store is.
    #[must_use]
    pub fn store_path(&self) -> PathBuf {
        self.path(self.file.store.as_deref().unwrap_or(".titer/titer.db"))
    }

    /// Returns where `titer sample` writes and later verbs read.
    #[must_use]
    pub fn sample_path(&self) -> PathBuf {
        self.path("sample.jsonl")
    }

    /// Returns the error for a verb that needs a `titer.yaml`.
    pub(crate) fn needs(what: &str) -> OpsError {
        OpsError::refused(
            format!("{what}, and there is no {FILE_NAME} here or in a folder above"),
            "make a project with `titer init`, or name its folder with --project",
        )
    }
}

fn nearest() -> Result<Option<PathBuf>, OpsError> {
    let here = std::env::current_dir()
        .map_err(|source| OpsError::file("read the folder", Path::new("."), &source))?;
    let nearest = here.ancestors().find(|dir| dir.join(FILE_NAME).is_file());
    Ok(nearest.map(|dir| if dir == here { PathBuf::from(".") } else { dir.to_owned() }))
}

fn read(path: &Path) -> Result<Decoded<ProgramFile>, OpsError> {
    let bytes = text_file::bytes(path).map_err(|source| OpsError::file("read", path, &source))?;
    let name = path.display().to_string();
    let refuse = |diagnostics, sources| OpsError::Diagnostics {
        diagnostics,
        sources,
        ending: Ending::ChangeSomething,
    };
    let source = Source::decode(&name, &bytes).map_err(|diagnostics| {
        refuse(diagnostics, vec![Source::new(&name, &String::from_utf8_lossy(&bytes))])
    })?;
    yaml::decode::<ProgramFile>(&source).map_err(|diagnostics| refuse(diagnostics, vec![source]))
}
