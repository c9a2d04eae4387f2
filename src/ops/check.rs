//! `titer check`: every mistake in policies and `titer.yaml`, all at once.

mod gold;

use super::diff;
use super::error::OpsError;
use super::error::chain;
use super::policies;
use super::policies::Reading;
use super::program::FILE_NAME;
use super::program::Program;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::policy;
use crate::policy::LintSettings;
use crate::unit::Unit;
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
    /// What could not be compared, and why.
    pub notes: Vec<String>,
    /// The policies free of mistakes, for what they are compared with.
    policies: Vec<policy::Checked>,
    /// The project they belong to, where there is one without mistakes.
    program: Option<Program>,
}

impl Checked {
    /// Returns how many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// Compares the examples of the policies with the project's gold, as far as there is any. Gold that cannot be
    /// read is a note, not a mistake of a policy.
    pub fn compare_with_gold(&mut self) {
        let Some(program) = &self.program else { return };
        let settings = settings(Some(program));
        match gold::read(program) {
            Ok(gold) => {
                for read in &self.policies {
                    let units: Vec<&Unit> = gold.of(&read.policy.id).collect();
                    self.diagnostics.extend(policy::lint_gold(read, &units, &settings));
                }
                self.sort();
            }
            Err(error) => {
                let why = chain(&error);
                self.notes.push(format!("examples were not compared with gold: {why}"));
            }
        }
    }

    fn sort(&mut self) {
        self.diagnostics.sort_by(|a, b| {
            (&a.place.source, a.place.range.start).cmp(&(&b.place.source, b.place.range.start))
        });
    }
}

/// Checks the named files and folders, or the whole project.
///
/// # Errors
///
/// Only what keeps it from reading: mistakes in the files are its result.
pub fn check(paths: &[PathBuf], project: Option<&Path>) -> Result<Checked, OpsError> {
    let mut checked = Checked {
        files: 0,
        diagnostics: Vec::new(),
        sources: Vec::new(),
        notes: Vec::new(),
        policies: Vec::new(),
        program: None,
    };
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
    // A titer.yaml with mistakes is reported as such; its settings do not count then.
    checked.program = Program::open(project).ok().filter(|program| program.found);
    checked.diagnostics.extend(remarks(&reading, checked.program.as_ref())?);
    checked.diagnostics.extend(reading.diagnostics);
    checked.sources.extend(reading.sources);
    checked.policies = reading.checked;
    checked.sort();
    Ok(checked)
}

/// What the linter remarks on, and ids that an active policy may no longer change.
fn remarks(reading: &Reading, program: Option<&Program>) -> Result<Vec<Diagnostic>, OpsError> {
    let settings = settings(program);
    let mut found = Vec::new();
    for read in &reading.checked {
        found.extend(policy::lint(read, &settings));
        let Some(program) = program else { continue };
        if let Some((last, _)) = diff::last_labeled(program, &read.policy.id)? {
            let broken = policy::immutable_ids(&last, &read.policy);
            found.extend(broken.iter().map(|id| id.diagnostic(&read.places)));
        }
    }
    Ok(found)
}

fn settings(program: Option<&Program>) -> LintSettings {
    let off = program.into_iter().flat_map(|program| program.file.lint.off.iter().cloned());
    LintSettings { off: off.collect() }
}

/// The policies beside a `titer.yaml` that could not be read.
fn beside(source: &Source) -> Option<PathBuf> {
    let folder = Path::new(source.name()).parent()?.join("policies");
    folder.is_dir().then_some(folder)
}
