//! What an estimate needs of the units of a file, read in one pass, with their values of the pivots asked for.

use super::error::OpsError;
use super::pivot;
use super::program::Program;
use super::units;
use crate::io;
use crate::io::Columns;
use crate::io::IdCheck;
use crate::io::IoError;
use crate::io::Source;
use crate::measure::Dividing;
use crate::measure::Division;
use crate::unit::Fingerprint;
use crate::unit::Inclusion;
use crate::unit::Unit;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::SyncSender;

/// Units handed from one thread to another at once, and how many such batches may wait.
const BATCH: usize = 512;
const BATCHES: usize = 8;

/// What an estimate has to know of a unit; its text is gone once it is hashed, so that a million units fit into memory.
#[derive(Debug, Clone)]
pub(crate) struct SampledUnit {
    pub(crate) id: String,
    pub(crate) exposure: f64,
    /// Shared by units that were drawn alike.
    pub(crate) inclusion: Option<Arc<Inclusion>>,
    pub(crate) period: Option<Arc<str>>,
    pub(crate) content: Fingerprint,
}

/// The units of a file for an estimate.
#[derive(Debug, Clone)]
pub(crate) struct Sampled {
    pub(crate) path: PathBuf,
    pub(crate) units: Vec<SampledUnit>,
    /// The pivots asked for, one value a unit.
    pub(crate) divisions: Vec<Division>,
}

/// Reads what an estimate needs of all units of the measured file.
///
/// # Errors
///
/// Every bad row with its place, up to the reader's limit; an empty file; a pivot of which no unit has a value.
pub(crate) fn load(
    program: &Program,
    named: Option<&Path>,
    pivots: &[String],
) -> Result<Sampled, OpsError> {
    let path = units::path(program, named)?;
    let sampled = read(path, &units::columns(program), pivots)?;
    if sampled.units.is_empty() { Err(units::empty(&sampled.path)) } else { Ok(sampled) }
}

/// Reads what an estimate needs of the units of a file; there may be none.
///
/// # Errors
///
/// As [`load`].
pub(crate) fn read(
    path: PathBuf,
    columns: &Columns,
    pivots: &[String],
) -> Result<Sampled, OpsError> {
    let rows = io::read_units(&Source::from_argument(&path), columns, IdCheck::Unique)?;
    let mut sampling = Sampling::new(pivots);
    std::thread::scope(|scope| {
        // rows are read on one thread and hashed and taken apart on another
        let (sender, receiver) = mpsc::sync_channel(BATCHES);
        scope.spawn(move || batches(rows, &sender));
        receiver.into_iter().flatten().try_for_each(|unit| sampling.add(unit?))
    })?;
    if let Some(name) = sampling.without_value().filter(|_| !sampling.units.is_empty()) {
        let units = io::read_units(&Source::from_argument(&path), columns, IdCheck::Unchecked)?;
        let units: Vec<Unit> = units.collect::<Result<_, _>>()?;
        return Err(pivot::unknown(name, &units));
    }
    let divisions = sampling.dividing.into_iter().map(Dividing::finish).collect();
    Ok(Sampled { path, units: sampling.units, divisions })
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
    /// The names of the segments the unit before had, and where each pivot was among them.
    places: (Arc<[Arc<str>]>, Vec<Option<usize>>),
    units: Vec<SampledUnit>,
    /// The inclusion of the unit before.
    inclusion: Option<Arc<Inclusion>>,
    /// The period of the unit before: units of one period share its name.
    period: Option<Arc<str>>,
}

impl<'a> Sampling<'a> {
    fn new(pivots: &'a [String]) -> Self {
        let dividing = pivots.iter().map(|name| Dividing::new(name)).collect();
        let places = (Arc::from([]), vec![None; pivots.len()]);
        Self { pivots, dividing, places, units: Vec::new(), inclusion: None, period: None }
    }

    fn add(&mut self, unit: Unit) -> Result<(), OpsError> {
        self.divide(&unit)?;
        if self.period.as_deref() != unit.period.as_deref() {
            self.period = unit.period.as_deref().map(Arc::from);
        }
        let content = unit.content_hash();
        let period = self.period.clone();
        let Unit { id, exposure, inclusion, .. } = unit;
        if self.inclusion.as_deref() != inclusion.as_ref() {
            self.inclusion = inclusion.map(Arc::new);
        }
        let inclusion = self.inclusion.clone();
        self.units.push(SampledUnit { id, exposure, inclusion, period, content });
        Ok(())
    }

    fn divide(&mut self, unit: &Unit) -> Result<(), OpsError> {
        let (names, places) = &mut self.places;
        if !Arc::ptr_eq(names, unit.segments.names()) {
            *names = Arc::clone(unit.segments.names());
            *places = self.pivots.iter().map(|name| unit.segments.place(name)).collect();
        }
        for ((dividing, name), place) in self.dividing.iter_mut().zip(self.pivots).zip(places) {
            let shares = pivot::shares(unit, name)?;
            match (shares, place.and_then(|place| unit.segments.at(place))) {
                (Some(shares), _) => {
                    let shares = shares.iter().map(|(value, share)| (value.as_str(), *share));
                    dividing.add_split(shares);
                }
                (None, Some(value)) => dividing.add_shared(value),
                (None, None) => dividing.add(pivot::column(unit, name).as_deref()),
            }
        }
        Ok(())
    }

    /// Returns a pivot of which no unit has a value.
    fn without_value(&self) -> Option<&'a String> {
        let pivots = self.dividing.iter().zip(self.pivots);
        pivots.filter(|(dividing, _)| !dividing.any()).map(|(_, name)| name).next()
    }
}
