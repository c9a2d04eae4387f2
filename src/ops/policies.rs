//! Policies from files: the ones named, or all of the project's.

use super::error::Ending;
use super::error::OpsError;
use super::parallel;
use super::program::Program;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
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

/// Reads every policy file under the paths: a file, or a folder's `*.yaml` and `*.yml`.
///
/// # Errors
///
/// A path that is not there or not readable, or a folder without a policy.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Reading, OpsError> {
    let mut reading = Reading::default();
    let reader = Reader::prepare();
    for one in parallel::each(&files(paths)?, |path| one(&reader, path)) {
        let One { source, imported, checked } = one?;
        match checked {
            Ok(mut checked) => {
                reading.diagnostics.append(&mut checked.warnings);
                reading.policies.push((Arc::new(checked.policy.clone()), source.clone()));
                reading.checked.push(checked);
            }
            Err(mistakes) => reading.diagnostics.extend(mistakes),
        }
        reading.sources.push(source);
        reading.sources.extend(imported.into_values());
    }
    same_ids(&mut reading);
    Ok(reading)
}

/// What came of reading one policy file.
struct One {
    source: Source,
    imported: BTreeMap<String, Source>,
    checked: Result<Checked, Vec<Diagnostic>>,
}

fn one(reader: &Reader, path: &Path) -> Result<One, OpsError> {
    Ok(match source(path)? {
        Ok(source) => {
            let imported = imported(path, &source);
            One { checked: reader.read(&source, &imported), source, imported }
        }
        Err((mistakes, readable)) => {
            One { source: readable, imported: BTreeMap::new(), checked: Err(mistakes) }
        }
    })
}

/// The files a policy imports, by their path as written. One that cannot be read is a mistake of the policy.
pub(crate) fn imported(path: &Path, source: &Source) -> BTreeMap<String, Source> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let read = |import: ImportRef| {
        let file = folder.join(&import.path);
        let bytes = fs::read(&file).ok()?;
        let name = file.display().to_string();
        Some((import.path, Source::new(&name, &String::from_utf8_lossy(&bytes))))
    };
    policy::imports(source).into_iter().filter_map(read).collect()
}

/// A file's text, or what is wrong with its bytes and as much of it as can be read.
type Text = Result<Source, (Vec<Diagnostic>, Source)>;

fn source(path: &Path) -> Result<Text, OpsError> {
    let bytes = fs::read(path).map_err(|source| OpsError::file("read", path, &source))?;
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
    keep_named(&mut reading, named, &ids)?;
    Ok(reading)
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
    let reading = load(program, &[named.to_owned()])?;
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
            if yaml && file.is_file() {
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

/// Two files of one id would be one policy in every result.
fn same_ids(reading: &mut Reading) {
    let mut clashes = Vec::new();
    for (at, (policy, source)) in reading.policies.iter().enumerate() {
        let earlier = reading.policies[..at].iter().find(|(before, _)| before.id == policy.id);
        if let Some((_, before)) = earlier {
            clashes.push(
                Diagnostic::error(
                    "P090",
                    source.place(0..0),
                    format!("policy `{}` is defined twice", policy.id),
                )
                .related(before.place(0..0), "first defined here")
                .hint("give each file its own `policy:` id"),
            );
        }
    }
    reading.diagnostics.extend(clashes);
}
