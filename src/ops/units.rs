//! The units a verb works on: the file named, the project's sample, or the project's units.

use super::error::OpsError;
use super::pivot;
use super::program::Program;
use super::program::UnitsFile;
use crate::io;
use crate::io::Columns;
use crate::io::ComponentColumn;
use crate::io::ComponentKind;
use crate::io::ContentColumns;
use crate::io::IdCheck;
use crate::io::IoError;
use crate::io::Source;
use crate::measure::Dividing;
use crate::measure::Division;
use crate::policy::Policy;
use crate::unit::Fingerprint;
use crate::unit::Inclusion;
use crate::unit::Unit;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::SyncSender;

/// How many misfits are named before the rest are only counted.
const MOST_NAMED: usize = 5;

/// Units handed from one thread to another at once, and how many such batches may wait.
const BATCH: usize = 512;
const BATCHES: usize = 8;

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

/// What an estimate has to know of a unit; its text is gone once it is hashed, so that a million units fit into memory.
#[derive(Debug, Clone)]
pub(crate) struct SampledUnit {
    pub(crate) id: String,
    pub(crate) exposure: f64,
    pub(crate) inclusion: Option<Inclusion>,
    pub(crate) content: Fingerprint,
}

/// The units of a file for an estimate.
#[derive(Debug, Clone)]
pub(crate) struct Sampled {
    pub(crate) path: PathBuf,
    pub(crate) units: Vec<SampledUnit>,
    /// The units' period when all have the same.
    pub(crate) period: Option<String>,
    /// The pivots asked for, one value a unit.
    pub(crate) divisions: Vec<Division>,
}

/// Reads what an estimate needs of all units of the measured file, with their values of the pivots.
///
/// # Errors
///
/// As [`load`]; a pivot of which no unit has a value.
pub(crate) fn load_sampled(
    program: &Program,
    named: Option<&Path>,
    pivots: &[String],
) -> Result<Sampled, OpsError> {
    let path = path(program, named)?;
    let rows =
        io::read_units(&Source::from_argument(&path), &columns(program), IdCheck::Unique)?;
    let mut sampling = Sampling::new(pivots);
    std::thread::scope(|scope| {
        // rows are read on one thread and hashed and taken apart on another
        let (sender, receiver) = mpsc::sync_channel(BATCHES);
        scope.spawn(move || batches(rows, &sender));
        receiver.into_iter().flatten().try_for_each(|unit| unit.map(|unit| sampling.add(unit)))
    })?;
    if sampling.units.is_empty() {
        return Err(empty(&path));
    }
    if let Some(name) = sampling.without_value() {
        return Err(pivot::unknown(name, &load(program, named)?.units));
    }
    let divisions = sampling.dividing.into_iter().map(Dividing::finish).collect();
    let period = sampling.period.flatten();
    Ok(Sampled { path, units: sampling.units, period, divisions })
}

/// Sends the units in batches, up to the first error.
fn batches(mut rows: io::Units, sender: &SyncSender<Vec<Result<Unit, IoError>>>) {
    loop {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
        // whoever took an error listens no more
        if batch.is_empty() || sender.send(batch).is_err() {
            return;
        }
    }
}

/// What is kept of the units read so far.
struct Sampling<'a> {
    pivots: &'a [String],
    dividing: Vec<Dividing>,
    units: Vec<SampledUnit>,
    /// The period of the first unit, until another one differs.
    period: Option<Option<String>>,
}

impl<'a> Sampling<'a> {
    fn new(pivots: &'a [String]) -> Self {
        let dividing = pivots.iter().map(|name| Dividing::new(name)).collect();
        Self { pivots, dividing, units: Vec::new(), period: None }
    }

    fn add(&mut self, unit: Unit) {
        for (dividing, name) in self.dividing.iter_mut().zip(self.pivots) {
            dividing.add(pivot::value(&unit, name).as_deref());
        }
        match &self.period {
            Some(Some(known)) if unit.period.as_ref() != Some(known) => self.period = Some(None),
            Some(_) => {}
            None => self.period = Some(unit.period.clone()),
        }
        let content = unit.content_hash();
        let Unit { id, exposure, inclusion, .. } = unit;
        self.units.push(SampledUnit { id, exposure, inclusion, content });
    }

    /// Returns a pivot of which no unit has a value.
    fn without_value(&self) -> Option<&'a String> {
        let pivots = self.dividing.iter().zip(self.pivots);
        pivots.filter(|(dividing, _)| !dividing.any()).map(|(_, name)| name).next()
    }
}

fn empty(path: &Path) -> OpsError {
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
