//! `titer check`: every mistake in policies and `titer.yaml`, all at once.

use super::diff;
use super::error::OpsError;
use super::parallel;
use super::policies;
use super::policies::Reading;
use super::program::FILE_NAME;
use super::program::Program;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::policy;
use crate::policy::LintSettings;
use std::path::Path;
use std::path::PathBuf;

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Files read.
    pub files: usize,
    /// Everything found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts it was found in.
    pub sources: Vec<Source>,
}

impl Checked {
    /// Returns how many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }
}

/// Checks the named files and folders, or the whole project.
///
/// # Errors
///
/// Only what keeps it from reading: mistakes in the files are its result.
pub fn check(paths: &[PathBuf], project: Option<&Path>) -> Result<Checked, OpsError> {
    let mut checked = Checked { files: 0, diagnostics: Vec::new(), sources: Vec::new() };
    let mut folders = paths.to_vec();
    if paths.is_empty() {
        match Program::open(project) {
            Ok(program) if program.found => {
                checked.files += 1;
                folders.push(program.path("policies"));
            }
            Ok(_) => return Err(Program::needs("nothing was named to check")),
            Err(OpsError::Diagnostics { diagnostics, sources, .. }) => {
                checked.files += 1;
                folders.extend(sources.first().and_then(beside));
                checked.diagnostics.extend(diagnostics);
                checked.sources.extend(sources);
            }
            Err(other) => return Err(other),
        }
    }
    let (programs, policies): (Vec<PathBuf>, Vec<PathBuf>) = folders
        .into_iter()
        .partition(|path| path.file_name().is_some_and(|name| name == FILE_NAME));
    for path in programs {
        checked.files += 1;
        match Program::open(path.parent()) {
            Ok(_) => {}
            Err(OpsError::Diagnostics { diagnostics, sources, .. }) => {
                checked.diagnostics.extend(diagnostics);
                checked.sources.extend(sources);
            }
            Err(other) => return Err(other),
        }
    }
    let reading = policies::read(&policies)?;
    checked.files += reading.sources.len();
    checked.diagnostics.extend(remarks(&reading, project)?);
    checked.diagnostics.extend(reading.diagnostics);
    checked.sources.extend(reading.sources);
    checked.diagnostics.sort_by(|a, b| {
        (&a.place.source, a.place.range.start).cmp(&(&b.place.source, b.place.range.start))
    });
    Ok(checked)
}

/// What the linter remarks on, and ids that an active policy may no longer change.
fn remarks(reading: &Reading, project: Option<&Path>) -> Result<Vec<Diagnostic>, OpsError> {
    // A titer.yaml with mistakes is reported as such; its settings do not count then.
    let program = Program::open(project).ok().filter(|program| program.found);
    let off = program.iter().flat_map(|program| program.file.lint.off.iter().cloned());
    let settings = LintSettings { off: off.collect() };
    let linted = parallel::each(&reading.checked, |read| policy::lint(read, &settings));
    let mut found: Vec<Diagnostic> = linted.into_iter().flatten().collect();
    for read in &reading.checked {
        let Some(program) = &program else { continue };
        if let Some((last, _)) = diff::last_labeled(program, &read.policy.id)? {
            let broken = policy::immutable_ids(&last, &read.policy);
            found.extend(broken.iter().map(|id| id.diagnostic(&read.places)));
        }
    }
    Ok(found)
}

/// The policies beside a `titer.yaml` that could not be read.
fn beside(source: &Source) -> Option<PathBuf> {
    let folder = Path::new(source.name()).parent()?.join("policies");
    folder.is_dir().then_some(folder)
}
