//! Human annotations from files.

use crate::gold::Annotation;
use crate::gold::LabelMap;
use crate::io::Fault;
use crate::io::IoError;
use crate::io::Problem;
use crate::io::Source;
use crate::io::cell::Cell;
use crate::io::columns::misspelling;
use crate::io::fault::MOST_PROBLEMS;
use crate::io::labels::finished;
use crate::io::labels::free_text;
use crate::io::labels::label_text;
use crate::io::labels::need_columns;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use crate::io::unit_draft::identifier;
use serde_json::Value;

/// Names a column is easily meant to have. A lost `probability` would make gold look simple random.
const OWN: &[&str] = &["probability", "drawn_at", "criteria"];

/// What others call the column `probability`.
const PROBABILITIES: [&str; 5] =
    ["rho", "inclusion_probability", "gold_probability", "selection_probability", "prob"];

/// Reads annotations: `id`, `policy`, `label` (a list, or text separated by `;`, where several apply) and optionally `rater`, `probability`, `drawn_at`,
/// `criteria` (a list, or text separated by `;`) and `note`. Other columns are not looked at.
///
/// Policies and labels are checked by [`crate::gold::check`], which knows them.
///
/// # Errors
///
/// When the file cannot be read, lacks a column, is empty, or has bad rows.
pub fn read_gold(source: &Source, codes: &LabelMap) -> Result<Vec<Annotation>, IoError> {
    let mut rows = Rows::open(source)?;
    need_columns(&rows, &["id", "policy", "label"])?;
    let mut annotations = Vec::new();
    let mut problems = Vec::new();
    loop {
        let mut draft = Draft::default();
        let (mut misspelled, mut other) = (None, None);
        let next = rows.next(|column, cell| {
            if PROBABILITIES.contains(&column) && !cell.is_blank() {
                other = Some(column.to_owned());
            }
            if !draft.take(column, cell) && misspelled.is_none() {
                misspelled =
                    misspelling(column, OWN, |_| false).map(|meant| (column.to_owned(), meant));
            }
        })?;
        if let (Some(found), None) = (&other, draft.probability) {
            let (path, found) = (rows.name().to_owned(), found.clone());
            return Err(IoError::MisspelledColumn { path, found, meant: "probability" });
        }
        if let Some((found, meant)) = misspelled {
            return Err(IoError::MisspelledColumn { path: rows.name().to_owned(), found, meant });
        }
        match next {
            Next::End => break,
            Next::Bad(problem) => problems.push(problem),
            Next::Row(row) => match draft.finish(row, codes) {
                Ok(annotation) => annotations.push(annotation),
                Err((column, fault)) => {
                    problems.push(Problem { row, column: Some(column.to_owned()), fault });
                }
            },
        }
        if MOST_PROBLEMS <= problems.len() {
            break;
        }
    }
    finished(&rows, annotations, problems)
}

#[derive(Default)]
struct Draft {
    id: Option<String>,
    policy: Option<String>,
    label: Option<String>,
    rater: Option<String>,
    probability: Option<f64>,
    drawn_at: Option<String>,
    criteria: Vec<String>,
    note: Option<String>,
    fault: Option<(&'static str, Fault)>,
}

impl Draft {
    /// Takes a cell; returns whether its column is one of gold's.
    fn take(&mut self, column: &str, cell: Cell<'_>) -> bool {
        let (name, taken) = match column {
            "id" => ("id", identifier(&cell).map(|id| self.id = id)),
            "policy" => ("policy", cell.name().map(|policy| self.policy = policy)),
            "label" => ("label", label_text(cell).map(|label| self.label = label)),
            "rater" => ("rater", cell.name().map(|rater| self.rater = rater)),
            "probability" => {
                ("probability", probability(&cell).map(|found| self.probability = found))
            }
            "drawn_at" => ("drawn_at", cell.name().map(|time| self.drawn_at = time)),
            "criteria" => ("criteria", criteria(cell).map(|ids| self.criteria = ids)),
            "note" => ("note", free_text(cell).map(|note| self.note = note)),
            _ => return false,
        };
        if let Err(fault) = taken
            && self.fault.is_none()
        {
            self.fault = Some((name, fault));
        }
        true
    }

    fn finish(self, row: u64, codes: &LabelMap) -> Result<Annotation, (&'static str, Fault)> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let label = self.label.ok_or(("label", Fault::Missing))?;
        Ok(Annotation {
            unit_id: self.id.ok_or(("id", Fault::Missing))?,
            policy: self.policy.ok_or(("policy", Fault::Missing))?,
            label: codes.labels(&label),
            rater: self.rater,
            probability: self.probability,
            drawn_at: self.drawn_at,
            criteria: self.criteria,
            note: self.note,
            row: Some(row),
        })
    }
}

fn probability(cell: &Cell<'_>) -> Result<Option<f64>, Fault> {
    match cell.number()? {
        Some(found) if !(0.0 < found && found <= 1.0) => Err(Fault::BadProbability(found)),
        found => Ok(found),
    }
}

fn criteria(cell: Cell<'_>) -> Result<Vec<String>, Fault> {
    let ids = |text: &str| {
        let ids = text.split(';').map(|id| id.trim().to_owned());
        ids.filter(|id| !id.is_empty()).collect()
    };
    match cell.nested() {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(ids(&text)),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(id) => Ok(id),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => Err(Fault::NotText("a list that is not of texts")),
            })
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
            Err(Fault::NotText("neither a list nor a text"))
        }
    }
}
