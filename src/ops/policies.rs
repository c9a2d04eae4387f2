//! Policies from files: the ones named, or all of the project's.

use super::diff;
use super::error::Ending;
use super::error::OpsError;
use super::parallel;
use super::program::FILE_NAME;
use super::program::Program;
use super::text_file;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Severity;
use crate::diag::Source;
use crate::eval::suite;
use crate::eval::suite::CheckedSuite;
use crate::policy;
use crate::policy::Checked;
use crate::policy::ImportRef;
use crate::policy::Policy;
use crate::policy::Reader;
use crate::policy::Status;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// What came of reading policy files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// The policies without a mistake.
    pub(crate) policies: Vec<(Arc<Policy>, Source)>,
    /// The same policies with where everything in them is written.
    pub(crate) checked: Vec<Checked>,
    /// The suites without a mistake that lay among them.
    pub(crate) suites: Vec<CheckedSuite>,
    /// Everything found, errors and warnings.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The texts, mistaken ones included.
    pub(crate) sources: Vec<Source>,
}

impl Reading {
    /// Returns the policies without their texts.
    pub(crate) fn policies(&self) -> Vec<Arc<Policy>> {
        listed(&self.policies)
    }
}

/// Returns the policies without their texts.
pub(crate) fn listed(policies: &[(Arc<Policy>, Source)]) -> Vec<Arc<Policy>> {
    policies.iter().map(|(policy, _)| Arc::clone(policy)).collect()
}

/// Reads every policy file under the paths: a file, or a folder's `*.yaml` and `*.yml`. Files of shared terms and suites are
/// checked as what they are.
///
/// # Errors
///
/// A path that is not there or not readable, or a folder without a policy.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Reading, OpsError> {
    let mut reading = Reading::default();
    for one in each(paths, |one| one)? {
        let One { source, imported, held } = one;
        match held {
            Ok(Held::Policy(checked)) => {
                let mut checked = *checked;
                reading.diagnostics.append(&mut checked.warnings);
                reading.policies.push((Arc::new(checked.policy.clone()), source.clone()));
                reading.checked.push(checked);
            }
            Ok(Held::Suite(checked)) => reading.suites.push(*checked),
            Ok(Held::Terms) => {}
            Err(mistakes) => reading.diagnostics.extend(mistakes),
        }
        reading.sources.push(source);
        reading.sources.extend(imported.into_values());
    }
    let ids =
        reading.policies.iter().map(|(policy, source)| (policy.id.as_str(), source.place(0..0)));
    let clashes = same_ids(ids);
    reading.diagnostics.extend(clashes);
    Ok(reading)
}

/// Reads every file as [`read`] does and keeps what `keep` makes of it, so that many files need the memory of few.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn each<R: Send>(
    paths: &[PathBuf],
    keep: impl Fn(One) -> R + Sync,
) -> Result<Vec<R>, OpsError> {
    let reader = Reader::prepare();
    let kept = parallel::each(&files(paths)?, |path| one(&reader, path).map(&keep));
    kept.into_iter().collect()
}

/// What a YAML file is meant to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A policy, and whatever cannot be told.
    Policy,
    /// Terms that policies share.
    Terms,
    /// A suite of comparisons.
    Suite,
}

/// Tells by its outermost keys what a file is meant to be, however many mistakes are in it.
pub(crate) fn kind(source: &Source) -> Kind {
    let outermost = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
    let lines = source.text().lines().filter(outermost);
    let keys: Vec<&str> =
        lines.filter_map(|line| line.split_once(':').map(|(key, _)| key)).collect();
    let any = |names: &[&str]| keys.iter().any(|key| names.contains(key));
    if any(&["policy", "labels", "version"]) {
        Kind::Policy
    } else if any(&["labelers", "gates", "compare", "slices"]) {
        Kind::Suite
    } else if any(&["terms"]) {
        Kind::Terms
    } else {
        Kind::Policy
    }
}

/// What came of reading one file.
pub(crate) struct One {
    pub(crate) source: Source,
    pub(crate) imported: BTreeMap<String, Source>,
    pub(crate) held: Result<Held, Vec<Diagnostic>>,
}

/// What a file without mistakes holds.
pub(crate) enum Held {
    Policy(Box<Checked>),
    Suite(Box<CheckedSuite>),
    Terms,
}

fn one(reader: &Reader, path: &Path) -> Result<One, OpsError> {
    Ok(match source(path)? {
        Ok(source) => {
            let imported = imported(path, &source);
            let held = match kind(&source) {
                Kind::Policy => {
                    reader.read(&source, &imported).map(|checked| Held::Policy(Box::new(checked)))
                }
                Kind::Suite => suite::read(&source).map(|checked| Held::Suite(Box::new(checked))),
                Kind::Terms => reader.read_terms(&source).map(|()| Held::Terms),
            };
            One { held, source, imported }
        }
        Err((mistakes, readable)) => {
            One { source: readable, imported: BTreeMap::new(), held: Err(mistakes) }
        }
    })
}

/// The files a policy imports, by their path as written. One that cannot be read is a mistake of the policy.
pub(crate) fn imported(path: &Path, source: &Source) -> BTreeMap<String, Source> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let read = |import: ImportRef| {
        let file = folder.join(&import.path);
        // A policy may come from anywhere: it must not make a pipe or a device be read.
        let bytes = file.is_file().then(|| text_file::bytes(&file).ok()).flatten()?;
        let text = String::from_utf8(bytes).ok()?;
        Some((import.path, Source::new(&file.display().to_string(), &text)))
    };
    policy::imports(source).into_iter().filter_map(read).collect()
}

/// A file's text, or what is wrong with its bytes and as much of it as can be read.
type Text = Result<Source, (Vec<Diagnostic>, Source)>;

fn source(path: &Path) -> Result<Text, OpsError> {
    let bytes = text_file::bytes(path).map_err(|source| OpsError::file("read", path, &source))?;
    let name = path.display().to_string();
    Ok(Source::decode(&name, &bytes)
        .map_err(|diagnostics| (diagnostics, Source::new(&name, &String::from_utf8_lossy(&bytes)))))
}

/// Reads policies that must be free of mistakes: those named by path or id, or all of the project's in use.
///
/// # Errors
///
/// All mistakes of all files; a name that is neither a file nor a policy of the project.
pub(crate) fn load(program: &Program, named: &[String]) -> Result<Reading, OpsError> {
    let folder = program.path("policies");
    let (paths, ids): (Vec<&String>, Vec<&String>) = named.iter().partition(|name| is_path(name));
    let mut read_from: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    if named.is_empty() || !ids.is_empty() {
        if !folder.is_dir() {
            return Err(match ids.first() {
                Some(id) => OpsError::refused(
                    format!(
                        "there is no file `{id}`, and no folder {} to look for a policy of that id",
                        folder.display()
                    ),
                    "name a policy file, such as policies/harassment.yaml",
                ),
                None => OpsError::refused(
                    format!("there is no folder {}", folder.display()),
                    "name a policy file, or make a project with `titer init`",
                ),
            });
        }
        read_from.push(folder);
    }
    let mut reading = read(&read_from)?;
    if reading.diagnostics.iter().any(|found| found.severity == Severity::Error) {
        let Reading { diagnostics, sources, .. } = reading;
        return Err(OpsError::Diagnostics {
            diagnostics,
            sources,
            ending: Ending::ChangeSomething,
        });
    }
    let other = paths.iter().find(|path| {
        let is = |source: &&Source| source.name() == path.as_str();
        reading.sources.iter().find(is).is_some_and(|source| kind(source) != Kind::Policy)
    });
    if let Some(other) = other {
        return Err(OpsError::refused(
            format!("{other} is not a policy"),
            "name a file with the keys `policy`, `version` and `labels`",
        ));
    }
    keep_named(&mut reading, named, &ids)?;
    Ok(reading)
}

/// Reads policies as [`load`] does, to label with: an active policy must have kept the ids that labels already given cite.
///
/// # Errors
///
/// As [`load`]; every id that is gone or means another thing. Labeling with it would make it the version the next check
/// compares with, and the loss would be said no more.
pub(crate) fn load_to_label(program: &Program, named: &[String]) -> Result<Reading, OpsError> {
    let reading = load(program, named)?;
    let meant =
        |read: &&Checked| reading.policies.iter().any(|(policy, _)| policy.id == read.policy.id);
    let changed = diff::changed_ids(program, reading.checked.iter().filter(meant))?;
    if changed.is_empty() {
        return Ok(reading);
    }
    let Reading { sources, .. } = reading;
    Err(OpsError::Diagnostics { diagnostics: changed, sources, ending: Ending::ChangeSomething })
}

/// Tells a path from an id: a folder that happens to have a policy's name is not meant.
fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    path.is_file() || path.is_dir() && path.components().nth(1).is_some()
}

/// Reads exactly one policy with its text, by path or id.
///
/// # Errors
///
/// As [`load`]; a name that holds several.
pub(crate) fn single(program: &Program, named: &str) -> Result<(Arc<Policy>, Source), OpsError> {
    only(load(program, &[named.to_owned()])?, named)
}

/// Reads exactly one policy as [`load_to_label`] does.
///
/// # Errors
///
/// As [`load_to_label`]; a name that holds several.
pub(crate) fn single_to_label(
    program: &Program,
    named: &str,
) -> Result<(Arc<Policy>, Source), OpsError> {
    only(load_to_label(program, &[named.to_owned()])?, named)
}

fn only(reading: Reading, named: &str) -> Result<(Arc<Policy>, Source), OpsError> {
    match reading.policies.as_slice() {
        [only] => Ok(only.clone()),
        several => Err(OpsError::refused(
            format!("`{named}` holds {} policies", several.len()),
            "name one of them",
        )),
    }
}

/// Narrows the project's policies to the named ones, or to those in use when none is named.
fn keep_named(reading: &mut Reading, named: &[String], ids: &[&String]) -> Result<(), OpsError> {
    let known: Vec<String> = reading.policies.iter().map(|(policy, _)| policy.id.clone()).collect();
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
        let near = crate::diag::nearest(unknown, known.iter().map(String::as_str));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the project's policies are {}", known.join(", ")),
        };
        return Err(OpsError::refused(format!("there is no policy `{unknown}`"), hint));
    }
    if named.is_empty() {
        reading.policies.retain(|(policy, _)| policy.status != Status::Retired);
    } else if !ids.is_empty() {
        let wanted = |policy: &Policy, source: &Source| {
            ids.contains(&&policy.id) || named.iter().any(|name| name == source.name())
        };
        reading.policies.retain(|(policy, source)| wanted(policy, source));
    }
    if reading.policies.is_empty() && known.is_empty() {
        return Err(OpsError::refused(
            "there is no policy among these files",
            "write one with the keys `policy`, `version` and `labels`, or see one: titer init DIR",
        ));
    }
    if reading.policies.is_empty() {
        return Err(OpsError::refused(
            "every policy of the project is retired",
            "set `status: active` in one of them, or name one",
        ));
    }
    Ok(())
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, OpsError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |source| OpsError::file("read the folder", path, &source);
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let yaml = file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
            let own = file.file_name().is_some_and(|name| name == FILE_NAME);
            if yaml && !own && file.is_file() {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            return Err(OpsError::refused(
                format!("there is no policy (*.yaml) in {}", path.display()),
                "write one, or make an example project with `titer init`",
            ));
        }
        inside.sort();
        files.extend(inside);
    }
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// Two files of one id would be one policy in every result. Takes each policy's id with the place it begins at.
pub(crate) fn same_ids<'a>(ids: impl Iterator<Item = (&'a str, Place)>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, Place> = BTreeMap::new();
    let mut clashes = Vec::new();
    for (id, place) in ids {
        match first.get(id) {
            Some(before) => clashes.push(
                Diagnostic::error("P090", place, format!("policy `{id}` is defined twice"))
                    .related(before.clone(), "first defined here")
                    .hint("give each file its own `policy:` id"),
            ),
            None => {
                first.insert(id, place);
            }
        }
    }
    clashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_outermost_keys() {
        for (text, expected) in [
            ("policy: p\nlables: {}\n", Kind::Policy),
            ("# a note: here\nterms:\n  labels: x\n", Kind::Terms),
            ("terms: {a: b}\nlabels: {}\n", Kind::Policy),
            ("labelers: [main]\npolicies: [p.yaml]\n", Kind::Suite),
            ("title: x\n", Kind::Policy),
            ("", Kind::Policy),
        ] {
            assert_eq!(kind(&Source::new("t", text)), expected, "{text:?}");
        }
    }
}
