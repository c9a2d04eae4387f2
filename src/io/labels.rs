//! Label rows: ours out, anybody's in.

use crate::eval::Certainty;
use crate::gold::LabelMap;
use crate::gold::as_one_text;
use crate::gold::names_several;
use crate::io::Fault;
use crate::io::Format;
use crate::io::IoError;
use crate::io::Output;
use crate::io::Problem;
use crate::io::Source;
use crate::io::Target;
use crate::io::cell::Cell;
use crate::io::fault::MOST_PROBLEMS;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use crate::io::unit_draft::identifier;
use crate::io::unit_writer::field;
use crate::io::unit_writer::write_json;
use crate::reply::Outcome;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io::Write as _;

/// One unit labeled by one policy, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelRow {
    /// The unit.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// The policy's version.
    pub policy_version: String,
    /// How the labeling ended.
    pub outcome: &'static str,
    /// The label or abstain id; the most severe one where several may apply.
    pub label: Option<String>,
    /// All labels that apply, where several may.
    pub labels: Vec<String>,
    /// Ids of the criteria and exceptions cited for the label.
    pub criteria: Vec<String>,
    /// Answers to the policy's checks.
    pub checks: BTreeMap<String, String>,
    /// The labels of the unit's components, where the policy asks for them.
    pub components: Vec<LabelRowComponent>,
    /// The model's own label of the whole unit, where `label` is computed from those of the components.
    pub own_label: Option<String>,
    /// What the model cites for its own label.
    pub own_criteria: Vec<String>,
    /// The model's reason for its own label.
    pub own_because: Option<String>,
    /// The model's reason for the label, or why there is no label.
    pub because: Option<String>,
    /// What the model says of its own certainty.
    pub stated_confidence: Option<f64>,
    /// The probability of the label's token.
    pub label_probability: Option<f64>,
    /// The labeler's name.
    pub labeler: String,
    /// The fingerprint of the request.
    pub fingerprint: String,
    /// Attempts made.
    pub attempts: u32,
    /// Prompt tokens billed.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Generated tokens billed.
    pub output_tokens: u64,
    /// What it cost, where a price is set.
    pub cost_usd: Option<f64>,
    /// How long the last attempt took.
    pub latency_ms: Option<u64>,
    /// When the label was recorded.
    pub labeled_at: String,
    /// The unit's other columns. One that has the name of a column above is written as `unit.NAME`.
    #[serde(flatten)]
    pub passthrough: Map<String, Value>,
}

/// The label of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelRowComponent {
    /// Its place in the unit, from 1.
    pub n: usize,
    /// Its role.
    pub role: String,
    /// Its label or abstain id.
    pub label: String,
    /// All its labels, where several may apply and it was asked about on its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Ids of the criteria and exceptions cited for it.
    pub criteria: Vec<String>,
}

/// Columns of a label row in their order.
const COLUMNS: &[&str] = &[
    "id",
    "policy",
    "policy_version",
    "outcome",
    "label",
    "labels",
    "criteria",
    "checks",
    "components",
    "own_label",
    "own_criteria",
    "own_because",
    "because",
    "stated_confidence",
    "label_probability",
    "labeler",
    "fingerprint",
    "attempts",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "cost_usd",
    "latency_ms",
    "labeled_at",
];

/// Writes label rows one at a time.
pub struct LabelWriter {
    output: Output,
    delimiter: Option<u8>,
    header: Vec<String>,
}

/// A label that somebody else's labeler gave.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignLabel {
    /// The line it stands on.
    pub row: u64,
    /// The unit.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// How the labeling ended.
    pub outcome: Outcome,
    /// The label or abstain id.
    pub label: Option<String>,
    /// All labels with `;` between them, where the row names several.
    pub labels: Option<String>,
    /// The labeler; `external` when the file does not say.
    pub labeler: String,
    /// The policy's version, where the file says.
    pub policy_version: Option<String>,
    /// What stands beside the label about its certainty.
    pub certainty: Option<Certainty>,
    /// The value of the column that was asked for, where the row has one.
    pub column: Option<Box<str>>,
}

impl LabelWriter {
    /// Opens a target. A separated file gets the columns in `passthrough` after the fixed ones.
    ///
    /// # Errors
    ///
    /// When the target cannot be written or its format is unknown.
    pub fn create(target: &Target, passthrough: &[String]) -> Result<Self, IoError> {
        let delimiter = match target.format()? {
            Format::Jsonl => None,
            Format::Separated(delimiter) => Some(delimiter),
        };
        let own = COLUMNS.iter().map(|name| (*name).to_owned());
        let header: Vec<String> = own.chain(passthrough.iter().map(|name| apart(name))).collect();
        let mut writer = Self { output: Output::create(target)?, delimiter, header };
        if delimiter.is_some() {
            let header = writer.header.clone();
            writer.write_fields(&header)?;
        }
        Ok(writer)
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// [`IoError::Write`], [`IoError::BrokenPipe`], or [`IoError::LateColumn`] when a separated file has no
    /// place for one of the unit's columns.
    pub fn write(&mut self, mut row: LabelRow) -> Result<(), IoError> {
        row.passthrough = std::mem::take(&mut row.passthrough)
            .into_iter()
            .map(|(name, value)| (apart(&name), value))
            .collect();
        if self.delimiter.is_none() {
            return write_json(&mut self.output, &row);
        }
        if let Some(column) = row.passthrough.keys().find(|name| !self.header.contains(name)) {
            let (path, column) = (self.output.name().to_owned(), column.clone());
            return Err(IoError::LateColumn { path, id: row.id, column });
        }
        let (criteria, own_criteria) = (row.criteria.join(";"), row.own_criteria.join(";"));
        let labels = row.labels.join(";");
        let value = serde_json::to_value(row).map_err(|error| self.output.failed(error.into()))?;
        let fields: Vec<String> = self
            .header
            .iter()
            .map(|name| match (name.as_str(), value.get(name)) {
                ("labels", _) => labels.clone(),
                ("criteria", _) => criteria.clone(),
                ("own_criteria", _) => own_criteria.clone(),
                ("checks" | "components", Some(nested)) if is_empty(nested) => String::new(),
                (_, found) => found.map(field).unwrap_or_default(),
            })
            .collect();
        self.write_fields(&fields)
    }

    /// Hands what was written to a waiting reader.
    ///
    /// # Errors
    ///
    /// [`IoError::Write`] or [`IoError::BrokenPipe`].
    pub fn flush(&mut self) -> Result<(), IoError> {
        self.output.flush().map_err(|error| self.output.failed(error))
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    ///
    /// [`IoError::Write`] or [`IoError::BrokenPipe`].
    pub fn finish(self) -> Result<(), IoError> {
        self.output.commit()
    }

    fn write_fields(&mut self, fields: &[String]) -> Result<(), IoError> {
        let delimiter = self.delimiter.unwrap_or(b',');
        let mut line = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        let wrote = line.write_record(fields).map_err(std::io::Error::other);
        let line = wrote
            .and_then(|()| line.into_inner().map_err(|error| error.into_error()))
            .map_err(|error| self.output.failed(error))?;
        self.output.write_all(&line).map_err(|error| self.output.failed(error))
    }
}

/// Keeps a unit's own column apart from the label's.
fn apart(name: &str) -> String {
    if COLUMNS.contains(&name) { format!("unit.{name}") } else { name.to_owned() }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Reads labels: ours or anybody's, with `id`, `policy`, `label` and optionally `labels` (a list, or text separated by `;`),
/// `outcome`, `labeler`, `policy_version`, and a certainty in `violating_probability`, `label_probability` or
/// `stated_confidence`. Other columns are not looked at.
///
/// # Errors
///
/// When the file cannot be read, lacks a column, is empty, or has bad or repeated rows.
pub fn read_labels(source: &Source, codes: &LabelMap) -> Result<Vec<ForeignLabel>, IoError> {
    read_labels_with(source, codes, None)
}

/// Reads labels as [`read_labels`] does, with one more column. Rows that differ in it may be of one unit, policy and labeler.
///
/// # Errors
///
/// As [`read_labels`].
pub fn read_labels_with(
    source: &Source,
    codes: &LabelMap,
    wanted: Option<&str>,
) -> Result<Vec<ForeignLabel>, IoError> {
    let mut rows = Rows::open(source)?;
    need_columns(&rows, &["id", "policy", "label"])?;
    let mut labels = Vec::new();
    let mut problems = Vec::new();
    let mut seen: HashMap<LabelKey, u64> = HashMap::new();
    loop {
        let mut cells = Fields::default();
        let next = rows.next(|column, cell| cells.take(column, cell, wanted))?;
        match next {
            Next::End => break,
            Next::Bad(problem) => problems.push(problem),
            Next::Row(row) => match label_of(row, cells, codes) {
                Ok(label) => {
                    let ForeignLabel { id, policy, labeler, column, .. } = &label;
                    let key = (id.clone(), policy.clone(), labeler.clone(), column.clone());
                    if let Some(first) = seen.insert(key, row) {
                        problems.push(Problem {
                            row,
                            column: None,
                            fault: Fault::RepeatedLabel { first },
                        });
                    }
                    labels.push(label);
                }
                Err((column, fault)) => {
                    problems.push(Problem { row, column: Some(column.to_owned()), fault });
                }
            },
        }
        if MOST_PROBLEMS <= problems.len() {
            break;
        }
    }
    finished(&rows, labels, problems)
}

/// What no two rows may share: unit, policy, labeler, and the column that was asked for.
type LabelKey = (String, String, String, Option<Box<str>>);

/// Columns with a name or an id in them.
const NAMES: [&str; 7] =
    ["id", "policy", "label", "labels", "outcome", "labeler", "policy_version"];
/// Columns with a certainty, the most trusted first.
const CERTAINTIES: [&str; 3] = ["violating_probability", "label_probability", "stated_confidence"];

/// The cells of one row that are looked at.
#[derive(Default)]
struct Fields {
    names: BTreeMap<&'static str, Result<Option<String>, Fault>>,
    certainties: [Option<Result<Option<f64>, Fault>>; CERTAINTIES.len()],
    wanted: Option<Box<str>>,
}

impl Fields {
    fn take(&mut self, column: &str, cell: Cell<'_>, wanted: Option<&str>) {
        if wanted == Some(column) {
            self.wanted = cell.name().ok().flatten().map(String::into_boxed_str);
        }
        if let Some(at) = CERTAINTIES.iter().position(|name| *name == column) {
            self.certainties[at] = Some(certainty(&cell));
        } else if let Some(name) = NAMES.into_iter().find(|name| *name == column) {
            let read = match name {
                "id" => identifier(&cell),
                "label" | "labels" => label_text(cell),
                _ => cell.name(),
            };
            self.names.insert(name, read);
        }
    }

    fn name(&mut self, name: &'static str) -> Result<Option<String>, (&'static str, Fault)> {
        self.names.remove(name).unwrap_or(Ok(None)).map_err(|fault| (name, fault))
    }

    fn certainty(&mut self) -> Result<Option<Certainty>, (&'static str, Fault)> {
        let mut found = [None; CERTAINTIES.len()];
        for ((value, cell), name) in found.iter_mut().zip(&mut self.certainties).zip(CERTAINTIES) {
            *value = cell.take().unwrap_or(Ok(None)).map_err(|fault| (name, fault))?;
        }
        let [violating, label, confidence] = found;
        Ok(Certainty::first(violating, label, confidence))
    }
}

fn certainty(cell: &Cell<'_>) -> Result<Option<f64>, Fault> {
    match cell.number()? {
        Some(value) if !(0.0..=1.0).contains(&value) => Err(Fault::BadScore(value)),
        known => Ok(known),
    }
}

fn label_of(
    row: u64,
    mut cells: Fields,
    codes: &LabelMap,
) -> Result<ForeignLabel, (&'static str, Fault)> {
    let id = cells.name("id")?.ok_or(("id", Fault::Missing))?;
    let policy = cells.name("policy")?.ok_or(("policy", Fault::Missing))?;
    let label = cells.name("label")?.map(|code| codes.labels(&code));
    let labels = cells.name("labels")?.map(|codes_of_all| codes.labels(&codes_of_all));
    let labels = labels.or_else(|| label.clone().filter(|label| names_several(label)));
    let outcome = match cells.name("outcome")? {
        Some(name) => Outcome::from_name(&name).ok_or(("outcome", Fault::UnknownOutcome(name)))?,
        None => Outcome::Label,
    };
    if outcome == Outcome::Label && label.is_none() {
        return Err(("label", Fault::NoLabel));
    }
    let labeler = cells.name("labeler")?.unwrap_or_else(|| "external".to_owned());
    let policy_version = cells.name("policy_version")?;
    let (certainty, column) = (cells.certainty()?, cells.wanted);
    Ok(ForeignLabel {
        row,
        id,
        policy,
        outcome,
        label,
        labels,
        labeler,
        policy_version,
        certainty,
        column,
    })
}

/// Refuses a header that lacks one of these columns.
pub(super) fn need_columns(rows: &Rows, needed: &[&'static str]) -> Result<(), IoError> {
    let Some(header) = rows.header() else { return Ok(()) };
    match needed.iter().find(|name| !header.iter().any(|column| column == **name)) {
        None => Ok(()),
        Some(column) => Err(IoError::MissingColumn {
            path: rows.name().to_owned(),
            column: (*column).to_owned(),
            what: "every row needs id, policy and label",
            have: header.join(", "),
            hint: "rename the column that holds it",
        }),
    }
}

/// Returns the values, or every problem found.
pub(super) fn finished<T>(
    rows: &Rows,
    values: Vec<T>,
    problems: Vec<Problem>,
) -> Result<Vec<T>, IoError> {
    let path = rows.name().to_owned();
    if !problems.is_empty() {
        return Err(IoError::Rows { path, problems });
    }
    if values.is_empty() {
        return Err(IoError::Empty { path });
    }
    Ok(values)
}

/// Returns a label, or several as a text with `;` between them; a list may hold them too.
pub(super) fn label_text(cell: Cell<'_>) -> Result<Option<String>, Fault> {
    let Cell::Nested(Value::Array(items)) = &cell else { return cell.name() };
    let labels: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let labels = labels.ok_or(Fault::NotText("a list that is not of texts"))?;
    Ok(Some(as_one_text(labels)).filter(|text| !text.is_empty()))
}

/// Returns the text of a free column; blank is none.
pub(super) fn free_text(cell: Cell<'_>) -> Result<Option<String>, Fault> {
    if cell.is_blank() { Ok(None) } else { cell.text() }
}
