//! `titer check`: every mistake in policies and `titer.yaml`, all at once.

mod gold;

use super::diff;
use super::error::OpsError;
use super::error::chain;
use super::policies;
use super::policies::Held;
use super::policies::Kind;
use super::policies::One;
use super::program::FILE_NAME;
use super::program::LabelerFile;
use super::program::Program;
use super::text_file;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Severity;
use crate::diag::Source;
use crate::eval::suite::CheckedSuite;
use crate::policy;
use crate::policy::LintSettings;
use crate::policy::TokenBudget;
use crate::unit::Unit;
use std::fs;
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
        // A file of terms is read on its own and by each policy that imports it.
        self.diagnostics.dedup();
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
    let paths: Vec<PathBuf> = paths.iter().map(|path| file_of(path, project)).collect();
    let mut folders: Vec<PathBuf> = paths.iter().flat_map(|path| parts_of(path)).collect();
    if paths.is_empty() {
        match Program::open(project) {
            Ok(program) if program.found => {
                checked.files += 1;
                folders.push(program.path("policies"));
                folders.extend(suites_of(&program.path("eval")));
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
    let named = programs.first().and_then(|path| path.parent()).map(Path::to_owned);
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
    // A titer.yaml with mistakes is reported as such; its settings do not count then.
    let project = project.or(named.as_deref());
    checked.program = Program::open(project).ok().filter(|program| program.found);
    let examiner = Examiner {
        settings: settings(checked.program.as_ref()),
        comparing: checked.program.is_some(),
    };
    let examined = policies::each(&policies, |one| examiner.examine(one))?;
    let ids = examined.iter().filter_map(|one| Some((one.policy.as_deref()?, one.place.clone())));
    let clashes = policies::same_ids(ids);
    checked.sources.extend(clashes.iter().flat_map(texts_of));
    checked.diagnostics.extend(clashes);
    for one in examined {
        checked.files += one.files;
        checked.diagnostics.extend(one.found);
        checked.sources.extend(one.sources);
        checked.policies.extend(one.compared);
        let program = checked.program.as_ref();
        checked.diagnostics.extend(one.suite.iter().flat_map(|suite| of_suite(suite, program)));
    }
    if let Some(program) = &checked.program {
        checked.diagnostics.extend(diff::changed_ids(program, &checked.policies)?);
    }
    checked.sort();
    Ok(checked)
}

/// Looks at one file at a time, so that many need the memory of few.
struct Examiner {
    settings: LintSettings,
    /// Whether policies are kept to be compared with what a project has labeled and judged.
    comparing: bool,
}

/// What is kept of one file.
struct Examined {
    files: usize,
    place: Place,
    /// The policy's id.
    policy: Option<String>,
    found: Vec<Diagnostic>,
    /// The texts, where something was found in them.
    sources: Vec<Source>,
    compared: Option<policy::Checked>,
    suite: Option<CheckedSuite>,
}

impl Examiner {
    fn examine(&self, one: One) -> Examined {
        let One { source, imported, held } = one;
        let mut examined = Examined {
            files: 1 + imported.len(),
            place: source.place(0..0),
            policy: None,
            found: Vec::new(),
            sources: Vec::new(),
            compared: None,
            suite: None,
        };
        match held {
            Ok(Held::Policy(mut checked)) => {
                examined.policy = Some(checked.policy.id.clone());
                examined.found.append(&mut checked.warnings);
                examined.found.extend(policy::lint(&checked, &self.settings));
                examined.compared = self.comparing.then_some(*checked);
            }
            Ok(Held::Suite(suite)) => examined.suite = Some(*suite),
            Ok(Held::Terms) => {}
            Err(mistakes) => examined.found = mistakes,
        }
        let silent = examined.found.is_empty() && !self.comparing && examined.suite.is_none();
        if !silent {
            examined.sources = std::iter::once(source).chain(imported.into_values()).collect();
        }
        examined
    }
}

/// The texts a clash is in, read again: what is free of mistakes in itself was not kept.
fn texts_of(clash: &Diagnostic) -> Vec<Source> {
    let places = std::iter::once(&clash.place).chain(clash.related.iter().map(|it| &it.place));
    let text = |place: &Place| {
        let bytes = text_file::bytes(Path::new(&*place.source)).ok()?;
        Some(Source::new(&place.source, &String::from_utf8_lossy(&bytes)))
    };
    places.filter_map(text).collect()
}

fn settings(program: Option<&Program>) -> LintSettings {
    let off = program.into_iter().flat_map(|program| program.file.lint.off.iter().cloned());
    let labelers = program.into_iter().flat_map(|program| program.file.labelers.iter());
    let budget = |(name, labeler): (&str, &LabelerFile)| {
        let dialect = labeler.dialect.dialect();
        TokenBudget {
            reader: format!("labeler `{name}` of dialect `{}`", dialect.name()),
            most: dialect.most_policy_tokens(),
        }
    };
    LintSettings { off: off.collect(), budgets: labelers.map(budget).collect() }
}

/// The file that is meant: the path, or the project's policy of that name, as other verbs take it.
fn file_of(path: &Path, project: Option<&Path>) -> PathBuf {
    let plain = path.components().count() == 1 && path.extension().is_none();
    if path.exists() || !plain {
        return path.to_owned();
    }
    let policies = Program::open(project).ok().map(|program| program.path("policies"));
    let names = ["yaml", "yml"].map(|ending| path.with_extension(ending));
    let files = policies.into_iter().flat_map(|folder| names.clone().map(|name| folder.join(name)));
    let mut files = files;
    files.find(|file| file.is_file()).unwrap_or_else(|| path.to_owned())
}

/// What a named path stands for: a project's folder for all of the project, anything else for itself.
fn parts_of(path: &Path) -> Vec<PathBuf> {
    let file = path.join(FILE_NAME);
    if !file.is_file() {
        return vec![path.to_owned()];
    }
    let policies = path.join("policies");
    let mut parts = vec![file];
    parts.extend(policies.is_dir().then_some(policies));
    parts.extend(suites_of(&path.join("eval")));
    parts
}

/// A project's suites: the files of `eval/` that are meant to be one.
fn suites_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let yaml = entries.map(|entry| entry.path()).filter(|path| {
        path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
            && path.file_name().is_some_and(|name| name != FILE_NAME)
    });
    let mut suites: Vec<PathBuf> = yaml
        .filter(|path| {
            let bytes = text_file::bytes(path).unwrap_or_default();
            let source = Source::new("", &String::from_utf8_lossy(&bytes));
            policies::kind(&source) == Kind::Suite
        })
        .collect();
    suites.sort();
    suites
}

/// What a suite says wrongly about the project, as far as there is one.
fn of_suite(suite: &CheckedSuite, program: Option<&Program>) -> Vec<Diagnostic> {
    let mut found = suite.warnings.clone();
    let Some(program) = program else { return found };
    let labelers: Vec<&str> = program.file.labelers.keys().collect();
    let source = suite.places.source().name().to_owned();
    let folder = Path::new(&source).parent().unwrap_or(Path::new(""));
    found.extend(suite.unknown(&labelers, |path| folder.join(path).is_file()));
    found
}

/// The policies beside a `titer.yaml` that could not be read.
fn beside(source: &Source) -> Option<PathBuf> {
    let folder = Path::new(source.name()).parent()?.join("policies");
    folder.is_dir().then_some(folder)
}
