//! `titer gold draw`: which labeled units people shall judge, recorded before any of them is seen.

use super::super::error::OpsError;
use super::super::labeled;
use super::super::labeled::Labeled;
use super::super::labeled::Wanted;
use super::super::labeler::AdHoc;
use super::super::program::Program;
use super::super::units;
use super::origin::Origin;
use crate::gold;
use crate::gold::Cell;
use crate::gold::CellShares;
use crate::gold::GoldMethod;
use crate::gold::GoldPlan;
use crate::gold::GoldUnit;
use crate::gold::LabeledUnit;
use crate::gold::Within;
use crate::sampling::Salt;
use crate::store::Access;
use crate::store::GoldDraw;
use crate::store::QueuedUnit;
use crate::store::Reader;
use crate::store::Record;
use crate::store::Store;
use crate::unit::FingerprintBuilder;
use crate::unit::Inclusion;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// The design names in the store.
pub(crate) const SIMPLE_RANDOM: &str = "simple_random";
pub(crate) const BY_LABEL: &str = "by_label";

/// What to draw.
#[derive(Debug, Clone)]
pub struct DrawRequest {
    /// The units; the project's when absent.
    pub units: Option<PathBuf>,
    /// Policies; all in use when empty.
    pub policies: Vec<String>,
    /// The labeler whose labels say what is labeled.
    pub labeler: AdHoc,
    /// Units to draw.
    pub size: NonZeroUsize,
    /// Whether the labels decide the probabilities.
    pub by_label: bool,
    /// The salt; derived from the project's when absent.
    pub salt: Option<String>,
}

/// What was drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Drawn {
    /// The draw's id.
    pub draw: String,
    /// Its design.
    pub design: String,
    /// Its salt.
    pub salt: String,
    /// The policies each unit is judged by.
    pub policies: Vec<String>,
    /// Units drawn.
    pub units: usize,
    /// Labeled units it was drawn from.
    pub labeled: usize,
    /// Units of the file that have no label yet: none of them can be drawn.
    pub unlabeled: usize,
    /// Cells by policy, when drawn by label.
    pub cells: Vec<DrawnCell>,
}

/// One cell of a draw by label.
#[derive(Debug, Clone, Serialize)]
pub struct DrawnCell {
    /// The policy.
    pub policy: String,
    /// `flagged`, `unflagged` or `no_answer`.
    pub cell: &'static str,
    /// Labeled units in it.
    pub units: usize,
    /// Units drawn for it.
    pub drawn: usize,
}

/// Draws units for gold and writes the plan into the store.
///
/// # Errors
///
/// Nothing labeled, the sample's salt, a draw of that salt already there, a store that cannot be written.
pub fn draw(program: &Program, request: &DrawRequest) -> Result<Drawn, OpsError> {
    let wanted = Wanted {
        units: request.units.as_deref(),
        policies: &request.policies,
        labeler: &request.labeler,
        pivots: &[],
    };
    let labeled = labeled::from_store(program, &wanted)?;
    let policies: Vec<String> = labeled.policies.iter().map(|policy| policy.id.clone()).collect();
    let salt_text = request.salt.clone().or_else(|| program.file.gold.as_ref()?.salt.clone());
    let salt = Salt::new(salt_text.as_deref().unwrap_or("titer/gold"))?;
    let measured = units::path(program, request.units.as_deref())?;
    let sample_salt =
        units::sample_salt(program, &measured)?.map(|salt| Salt::new(&salt)).transpose()?;
    let units = labeled_units(&labeled);
    let plan =
        GoldPlan { salt: salt.clone(), size: request.size, method: method(request.by_label) };
    let drawn = gold::draw(&units, sample_salt.as_ref(), &plan)?;
    let design = if request.by_label { BY_LABEL } else { SIMPLE_RANDOM };
    let id = FingerprintBuilder::new("gold draw")
        .text(salt.as_str())
        .text(design)
        .text(&request.size.to_string())
        .text(&units.len().to_string())
        .text(&policies.join("\u{1f}"))
        .finish()
        .short();
    let cells: Vec<DrawnCell> = drawn
        .cells
        .iter()
        .map(|cell| DrawnCell {
            policy: cell.policy.clone(),
            cell: cell.cell.name(),
            units: cell.units,
            drawn: cell.drawn,
        })
        .collect();
    let answer = Drawn {
        draw: id.clone(),
        design: design.to_owned(),
        salt: salt.as_str().to_owned(),
        policies: policies.clone(),
        units: drawn.units.len(),
        labeled: units.len(),
        unlabeled: labeled.units.len() - units.len(),
        cells,
    };
    let row = GoldDraw {
        id,
        salt: salt.as_str().to_owned(),
        design: design.to_owned(),
        policies,
        plan: origin(&labeled, &drawn.units, request.size, units.len())?,
        created_at: Timestamp::now(),
        queue: drawn
            .units
            .into_iter()
            .map(|unit| QueuedUnit { unit: unit.id, probability: unit.probability })
            .collect(),
    };
    record(program, row)?;
    Ok(answer)
}

/// What the draw is made from, for its record.
fn origin(
    labeled: &Labeled,
    drawn: &[GoldUnit],
    size: NonZeroUsize,
    n_labeled: usize,
) -> Result<String, OpsError> {
    let wanted: BTreeSet<&str> = drawn.iter().map(|unit| unit.id.as_str()).collect();
    let shown = labeled.units.iter().filter(|unit| wanted.contains(unit.id.as_str()));
    let origin = Origin {
        size: size.get(),
        labeled: n_labeled,
        standards: labeled
            .policies
            .iter()
            .map(|policy| (policy.id.clone(), policy.version.major))
            .collect(),
        contents: shown.map(|unit| (unit.id.clone(), unit.content.short())).collect(),
    };
    serde_json::to_string(&origin).map_err(|source| {
        OpsError::refused(format!("the plan cannot be written: {source}"), "report this as a bug")
    })
}

/// Returns the newest draw.
pub(crate) fn latest(reader: &Reader) -> Result<Option<GoldDraw>, OpsError> {
    Ok(reader.gold_draws()?.pop())
}

fn method(by_label: bool) -> GoldMethod {
    if by_label {
        GoldMethod::ByLabel { shares: CellShares::without_pilot(), within: Within::Weight }
    } else {
        GoldMethod::SimpleRandom
    }
}

fn labeled_units(labeled: &Labeled) -> Vec<LabeledUnit> {
    let mut units: BTreeMap<usize, LabeledUnit> = BTreeMap::new();
    for (policy, rows) in labeled.policies.iter().zip(&labeled.rows) {
        for row in rows {
            let unit = &labeled.units[row.unit];
            let cell = match row.label.as_deref() {
                Some(label) if policy.violating(label) => Cell::Flagged,
                Some(label) if policy.label(label).is_some() => Cell::Unflagged,
                Some(_) | None => Cell::NoAnswer,
            };
            let probability = unit.inclusion.as_deref().map_or(1.0, Inclusion::per_draw);
            units
                .entry(row.unit)
                .or_insert_with(|| LabeledUnit {
                    id: unit.id.clone(),
                    weight: unit.exposure / probability,
                    cells: BTreeMap::new(),
                })
                .cells
                .insert(policy.id.clone(), cell);
        }
    }
    units.into_values().collect()
}

fn record(program: &Program, row: GoldDraw) -> Result<(), OpsError> {
    let store = Store::open(&program.store_path(), Access::Write)?;
    let before = store.reader()?.gold_draws()?;
    if before.iter().any(|draw| draw.id == row.id) {
        return Err(OpsError::refused(
            format!("these units are drawn already (draw {}, salt `{}`)", row.id, row.salt),
            "go on with `titer gold label`, or draw other units with another --salt",
        ));
    }
    store.writer()?.record_blocking(vec![Record::GoldDraw(row)])?;
    Ok(())
}
