//! The answers of several labelers in anybody's files.

use super::AnswerRow;
use super::Answered;
use super::AnsweredPolicy;
use super::LABELER;
use super::maker;
use super::placeholder;
use super::value_of_each;
use crate::gold::LabelMap;
use crate::io;
use crate::io::ForeignLabel;
use crate::io::Source;
use crate::ops::error::OpsError;
use crate::ops::pivot;
use crate::ops::prevalence::PrevalenceRequest;
use crate::ops::prevalence::files;
use crate::ops::prevalence::files::Labels;
use crate::ops::prevalence::sample::PolicyRows;
use crate::ops::prevalence::sample::Sample;
use crate::ops::program::Program;
use crate::ops::sampled::Sampled;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Reads labels with the column that divides them, gold, and units where they are given.
pub(super) fn answered(
    program: &Program,
    request: &PrevalenceRequest,
    (labels, by): (&Path, &str),
    notes: &mut Vec<String>,
) -> Result<Answered, OpsError> {
    let settings = program.file.gold.clone().unwrap_or_default();
    let codes = LabelMap::new(settings.map.label.clone());
    let column = Some(by).filter(|by| *by != LABELER);
    let rows = io::read_labels_with(&Source::from_argument(labels), &codes, column)?;
    let of_labels = by == LABELER || rows.iter().any(|row| row.column.is_some());
    let known = files::known_policies(program)?;
    let gold = files::gold_of(program, request, &known)?;
    let pivots: Vec<String> =
        column.filter(|_| !of_labels).map(str::to_owned).into_iter().collect();
    let units = match (&request.units, pivots.first()) {
        (Some(path), _) => Some(files::read_units(program, path, &pivots)?),
        (None, Some(pivot)) => return Err(pivot::unknown(pivot, [])),
        (None, None) => None,
    };
    notes.extend(files::notes_on(units.as_ref()));
    let pivot = units.as_ref().and_then(|units| units.divisions.first());
    let of_unit = pivot.map(value_of_each).transpose()?;
    let mut policies = Vec::new();
    for (policy, rows) in files::grouped(rows, request, labels)? {
        files::has_gold(&policy, &gold)?;
        let list: Vec<&ForeignLabel> = rows.iter().collect();
        let asked = Labels { policy: &policy, rows: &list, gold: &gold };
        let positive = files::rule(program, request, &known, asked)?;
        let places = Places::of(&rows, units.as_ref(), labels)?;
        let of_project = known.iter().find(|known| known.id == policy).map(Arc::clone);
        let empty = PolicyRows {
            id: policy,
            policy: of_project,
            positive,
            rows: places.rows(units.as_ref()),
            makers: vec![maker("")],
            inclusions: None,
        };
        policies.push(AnsweredPolicy::new(empty, places.answers(rows, of_unit.as_deref())));
    }
    let name = units.as_ref().map_or_else(String::new, |units| units.path.display().to_string());
    let (units, divisions) = units.map_or_else(Default::default, |it| (it.units, it.divisions));
    let gold = BTreeMap::from([(None, Arc::new(gold))]);
    let sample =
        Sample { name, units, divisions, policies: Vec::new(), gold, salt: None, known: None };
    Ok(Answered { sample, policies })
}

/// Where each unit stands: in its file, or in the order the labels name it.
struct Places {
    by_id: HashMap<String, usize>,
    ids: Vec<String>,
}

impl Places {
    fn of(rows: &[ForeignLabel], units: Option<&Sampled>, labels: &Path) -> Result<Self, OpsError> {
        let mut places = Self { by_id: HashMap::new(), ids: Vec::new() };
        match units {
            Some(units) => {
                units.units.iter().for_each(|unit| places.add(&unit.id));
                let unknown = |row: &&ForeignLabel| !places.by_id.contains_key(&row.id);
                let unknown: Vec<String> =
                    rows.iter().filter(unknown).map(|row| row.id.clone()).collect();
                if !unknown.is_empty() {
                    return Err(files::labels_without_units(&unknown, labels, &units.path));
                }
            }
            None => rows.iter().for_each(|row| places.add(&row.id)),
        }
        Ok(places)
    }

    fn add(&mut self, id: &str) {
        if !self.by_id.contains_key(id) {
            self.by_id.insert(id.to_owned(), self.ids.len());
            self.ids.push(id.to_owned());
        }
    }

    fn rows(&self, units: Option<&Sampled>) -> Vec<crate::ops::prevalence::sample::Row> {
        match units {
            Some(units) => (0..units.units.len()).map(|at| placeholder(None, Some(at))).collect(),
            None => self.ids.iter().map(|id| placeholder(Some(id.clone()), None)).collect(),
        }
    }

    fn answers(&self, rows: Vec<ForeignLabel>, of_unit: Option<&[Arc<str>]>) -> Vec<AnswerRow> {
        let answer = |row: ForeignLabel| {
            let at = *self.by_id.get(&row.id)?;
            let own = row.column.map(Arc::from);
            Some(AnswerRow {
                at,
                labeler: Arc::from(row.labeler.as_str()),
                value: own.or_else(|| Some(Arc::clone(&of_unit?[at]))),
                outcome: row.outcome,
                label: row.label.map(|label| Arc::from(label.as_str())),
                certainty: row.certainty,
            })
        };
        rows.into_iter().filter_map(answer).collect()
    }
}
