//! The units a verb works on: the file named, the project's sample, or the project's units.

use super::error::OpsError;
use super::program::Program;
use super::program::UnitsFile;
use crate::io;
use crate::io::Columns;
use crate::io::ComponentColumn;
use crate::io::ComponentKind;
use crate::io::ContentColumns;
use crate::io::IdCheck;
use crate::io::Source;
use crate::policy::Policy;
use crate::unit::Unit;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// How many misfits are named before the rest are only counted.
const MOST_NAMED: usize = 5;

/// Units and the file they are from.
#[derive(Debug, Clone)]
pub(crate) struct UnitsOf {
    pub(crate) path: PathBuf,
    pub(crate) units: Vec<Unit>,
}

/// Returns the file to measure: the one named, else the drawn sample where one is configured, else the units.
pub(crate) fn path(program: &Program, named: Option<&Path>) -> Result<PathBuf, OpsError> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    if program.file.sample.is_some() {
        let sample = program.sample_path();
        if sample.is_file() {
            return Ok(sample);
        }
        return Err(OpsError::refused(
            format!("titer.yaml configures a sample, and {} is not there", sample.display()),
            "draw it first: titer sample",
        ));
    }
    frame_path(program, None)
}

/// Returns the file of the whole frame: the one named, else the project's.
pub(crate) fn frame_path(program: &Program, named: Option<&Path>) -> Result<PathBuf, OpsError> {
    match (named, &program.file.units) {
        (Some(named), _) => Ok(named.to_owned()),
        (None, Some(units)) => Ok(program.path(&units.from)),
        (None, None) if program.found => Err(OpsError::refused(
            "titer.yaml has no `units:`, and no file of units was named",
            "add `units: {from: FILE}` or name the file",
        )),
        (None, None) => Err(Program::needs("no file of units was named")),
    }
}

/// Returns the salt a file was sampled with: its manifest says so, else titer.yaml.
pub(crate) fn sample_salt(program: &Program, path: &Path) -> Result<Option<String>, OpsError> {
    let manifest = io::read_manifest(path)?.map(|manifest| manifest.salt);
    Ok(manifest.or_else(|| program.file.sample.as_ref().map(|sample| sample.salt.clone())))
}

/// Reads all units of the measured file.
///
/// # Errors
///
/// Every bad row with its place, up to the reader's limit; an empty file.
pub(crate) fn load(program: &Program, named: Option<&Path>) -> Result<UnitsOf, OpsError> {
    let path = path(program, named)?;
    let source = Source::from_argument(&path);
    let columns = columns(program);
    let units: Vec<Unit> =
        io::read_units(&source, &columns, IdCheck::Unique)?.collect::<Result<_, _>>()?;
    if units.is_empty() {
        return Err(empty(&path));
    }
    Ok(UnitsOf { path, units })
}

pub(super) fn empty(path: &Path) -> OpsError {
    OpsError::refused(
        format!("{} has no units", path.display()),
        "check that it is the file you meant",
    )
}

/// Reads the first unit of a file.
///
/// # Errors
///
/// A bad first row, an empty file.
pub fn first(program: &Program, path: &Path) -> Result<Unit, OpsError> {
    let source = Source::from_argument(path);
    let columns = columns(program);
    match io::read_units(&source, &columns, IdCheck::Unchecked)?.next() {
        Some(unit) => Ok(unit?),
        None => Err(empty(path)),
    }
}

/// Refuses an output that would replace the very units it is made from.
pub(crate) fn keep(units: &Path, out: &Path) -> Result<(), OpsError> {
    match (units.canonicalize(), out.canonicalize()) {
        (Ok(units), Ok(same)) if units == same => Err(OpsError::refused(
            format!("-o {} would overwrite the units", out.display()),
            "name another file",
        )),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Ok(()),
    }
}

/// Returns how the project calls its columns. Samples titer draws keep those names.
pub(crate) fn columns(program: &Program) -> Columns {
    program.file.units.as_ref().map_or_else(Columns::own, mapped)
}

fn mapped(units: &UnitsFile) -> Columns {
    let content = match (&units.components, &units.text) {
        (Some(components), _) => ContentColumns::Components(
            components
                .iter()
                .map(|(role, component)| ComponentColumn {
                    role: role.to_owned(),
                    column: component.column.clone(),
                    kind: ComponentKind::Text,
                })
                .collect(),
        ),
        (None, Some(text)) => ContentColumns::Text(text.clone()),
        (None, None) => ContentColumns::Own,
    };
    Columns {
        id: units.id.clone(),
        exposure: units.exposure.clone(),
        score: units.score.clone(),
        period: units.period.clone(),
        segments: units.segments.clone(),
        content,
    }
}

/// Checks that every policy can judge every unit.
///
/// # Errors
///
/// Names the first units that do not fit and counts the rest.
pub(crate) fn fit(file: &UnitsOf, policies: &[Arc<Policy>]) -> Result<(), OpsError> {
    let mut misfits = Vec::new();
    let mut count = 0usize;
    for unit in &file.units {
        for policy in policies {
            if let Err(mismatch) = policy.check_unit(unit) {
                count += 1;
                if misfits.len() < MOST_NAMED {
                    misfits.push(format!("unit `{}`, policy `{}`: {mismatch}", unit.id, policy.id));
                }
            }
        }
    }
    if count == 0 {
        return Ok(());
    }
    if MOST_NAMED < count {
        misfits.push(format!("and {} more", count - MOST_NAMED));
    }
    Err(OpsError::refused(
        format!(
            "units of {} do not fit the policies:\n  {}",
            file.path.display(),
            misfits.join("\n  ")
        ),
        "let the policy's `components:` name every role, or map the file's columns in titer.yaml",
    ))
}
