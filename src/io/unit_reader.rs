//! Units from a file or standard input, one at a time.

use crate::io::Columns;
use crate::io::Fault;
use crate::io::IoError;
use crate::io::Problem;
use crate::io::Source;
use crate::io::columns::Role;
use crate::io::columns::SEGMENT;
use crate::io::columns::misspelling;
use crate::io::fault::MOST_PROBLEMS;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use crate::io::segment_layouts::SegmentLayouts;
use crate::io::unit_draft::Draft;
use crate::io::unit_draft::Given;
use crate::io::unit_draft::Meaning;
use crate::unit::Unit;
use foldhash::quality::RandomState;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

/// Names a column is easily meant to have.
const OWN: &[&str] =
    &["exposure", "segments", "components", "inclusion_probability", "expected_draws"];

/// Whether ids are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdCheck {
    /// A repeated id is an error. Memory grows with the number of units.
    Unique,
    /// Ids are not compared: for a second pass, or a frame larger than memory.
    Unchecked,
}

/// A stream of units.
///
/// After the first bad row it yields no more units: it reads on to collect up to twenty problems and then
/// yields one [`IoError::Rows`]. What was yielded before must not be used once an error came.
pub struct Units {
    rows: Rows,
    columns: Columns,
    roles: BTreeMap<String, Vec<Role>>,
    /// The columns of the row before, in their order, with what they mean. Rows of a file mostly have the same.
    before: Vec<(String, Vec<Meaning>)>,
    layouts: SegmentLayouts,
    ids: Option<HashMap<String, u64, RandomState>>,
    passed: HashSet<String>,
    first: Option<(u64, Given)>,
    problems: Vec<Problem>,
    row: u64,
    done: bool,
}

/// Opens a unit file; `-` is standard input in JSONL.
///
/// # Errors
///
/// When it cannot be opened, its format is unknown, or its header lacks a column.
pub fn read_units(source: &Source, columns: &Columns, ids: IdCheck) -> Result<Units, IoError> {
    let rows = Rows::open(source)?;
    let roles = columns.roles();
    if let Some(header) = rows.header() {
        columns.check_header(rows.name(), header)?;
        let present = |name: &str| header.iter().any(|column| column == name);
        for column in header.iter().filter(|column| !roles.contains_key(*column)) {
            refuse_misspelled(rows.name(), column, present, columns)?;
        }
    }
    Ok(Units {
        rows,
        columns: columns.clone(),
        roles,
        before: Vec::new(),
        layouts: SegmentLayouts::default(),
        ids: (ids == IdCheck::Unique).then(HashMap::default),
        passed: HashSet::new(),
        first: None,
        problems: Vec::new(),
        row: 0,
        done: false,
    })
}

fn refuse_misspelled(
    path: &str,
    column: &str,
    present: impl Fn(&str) -> bool,
    columns: &Columns,
) -> Result<(), IoError> {
    let mapped = |name: &str| name == "exposure" && columns.exposure.is_some();
    match misspelling(column, OWN, |name| present(name) || mapped(name)) {
        None => Ok(()),
        Some(meant) => Err(IoError::MisspelledColumn {
            path: path.to_owned(),
            found: column.to_owned(),
            meant,
        }),
    }
}

/// Returns what a column means that is the so-many-th of its row; nothing when it is passed through.
fn meaning<'a>(
    roles: &BTreeMap<String, Vec<Role>>,
    before: &'a mut Vec<(String, Vec<Meaning>)>,
    place: usize,
    column: &str,
) -> &'a mut [Meaning] {
    if before.get(place).is_none_or(|(known, _)| known != column) {
        let segment = || column.strip_prefix(SEGMENT).map(|name| Role::Segment(name.into()));
        let found = roles.get(column).cloned();
        let found = found.unwrap_or_else(|| segment().into_iter().collect());
        before.truncate(place);
        before.push((column.to_owned(), found.into_iter().map(Meaning::new).collect()));
    }
    before.get_mut(place).map_or(&mut [], |(_, roles)| roles)
}

impl Units {
    /// Returns the line of the unit that was yielded last.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    fn advance(&mut self) -> Result<Option<Unit>, IoError> {
        loop {
            let mut draft = Draft::default();
            let (roles, before) = (&self.roles, &mut self.before);
            let mut place = 0;
            let next = self.rows.next(|column, cell| {
                match meaning(roles, before, place, column) {
                    [] => draft.pass(column, cell),
                    [role] => draft.take(column, role, cell),
                    several => {
                        several.iter_mut().for_each(|role| draft.take(column, role, cell.clone()));
                    }
                }
                place += 1;
            })?;
            match next {
                Next::End => return self.end(),
                Next::Bad(problem) => self.problems.push(problem),
                Next::Row(row) => {
                    if let Some(unit) = self.accept(row, draft)? {
                        return Ok(Some(unit));
                    }
                }
            }
            if MOST_PROBLEMS <= self.problems.len() {
                return self.end();
            }
        }
    }

    /// Returns the unit of a good row, as long as no row was bad.
    fn accept(&mut self, row: u64, draft: Draft) -> Result<Option<Unit>, IoError> {
        let given = draft.given();
        let mut faults = Vec::new();
        let (first_row, first) = *self.first.get_or_insert((row, given));
        for (column, here, there) in [
            ("exposure", given.exposure, first.exposure),
            ("inclusion_probability", given.probability, first.probability),
        ] {
            if here != there && !(column == "exposure" && self.columns.exposure.is_some()) {
                faults.push((Some(column.to_owned()), Fault::Uneven { here, first: first_row }));
            }
        }
        let unit =
            draft.finish(&self.columns, &mut self.layouts).map_err(|more| faults.extend(more)).ok();
        if let Some(unit) = &unit {
            self.look_at_names(unit)?;
            faults.extend(self.repeated(row, &unit.id));
        }
        let problems = faults.into_iter().map(|(column, fault)| Problem { row, column, fault });
        self.problems.extend(problems.take(MOST_PROBLEMS - self.problems.len()));
        self.row = row;
        Ok(unit.filter(|_| self.problems.is_empty()))
    }

    fn repeated(&mut self, row: u64, id: &str) -> Option<(Option<String>, Fault)> {
        let ids = self.ids.as_mut()?;
        if let Some(first) = ids.get(id) {
            let column = self.columns.id.clone().unwrap_or_else(|| "id".to_owned());
            return Some((Some(column), Fault::RepeatedId { id: id.to_owned(), first: *first }));
        }
        ids.insert(id.to_owned(), row);
        None
    }

    /// JSONL has no header, so columns that are passed through are looked at when they first appear.
    fn look_at_names(&mut self, unit: &Unit) -> Result<(), IoError> {
        if self.rows.header().is_some() {
            return Ok(());
        }
        for column in unit.passthrough.keys() {
            if !self.passed.contains(column) {
                let present = |name: &str| match name {
                    "exposure" => self.first.is_some_and(|(_, given)| given.exposure),
                    "inclusion_probability" => {
                        self.first.is_some_and(|(_, given)| given.probability)
                    }
                    "segments" => !unit.segments.is_empty(),
                    _ => false,
                };
                refuse_misspelled(self.rows.name(), column, present, &self.columns)?;
                self.passed.insert(column.clone());
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Option<Unit>, IoError> {
        let path = self.rows.name().to_owned();
        if !self.problems.is_empty() {
            return Err(IoError::Rows { path, problems: std::mem::take(&mut self.problems) });
        }
        if self.first.is_none() {
            return Err(IoError::Empty { path });
        }
        Ok(None)
    }
}

impl Iterator for Units {
    type Item = Result<Unit, IoError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}
