//! Gold as a sheet: the drawn units out for people elsewhere to fill in, their answers back in.

use super::super::error::OpsError;
use super::super::program::Program;
use super::collect::annotation;
use super::collect::current;
use super::collect::read;
use super::draw::latest;
use super::origin::order;
use crate::gold::Annotation;
use crate::store;
use crate::store::Access;
use crate::store::GoldDraw;
use crate::store::Record;
use crate::store::Store;
use crate::unit::Content;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

/// What an import did.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// Annotations recorded.
    pub annotations: usize,
    /// Rows that say what stands already.
    pub unchanged: usize,
    /// Units they are about.
    pub units: usize,
    /// The draw they answer; `None` when some unit is not of the latest draw.
    pub draw: Option<String>,
}

/// Records the gold of a file in the store. Units of the latest draw are answers to it.
///
/// # Errors
///
/// Unknown policies or labels, bad rows, a store that cannot be written.
pub fn import(program: &Program, path: &Path) -> Result<Imported, OpsError> {
    let policies = super::super::policies::load(program, &[])?.policies();
    let settings = program.file.gold.clone().unwrap_or_default();
    let annotations = read(path, &settings, &policies)?;
    let store = Store::open(&program.store_path(), Access::Write)?;
    let draw = latest(&store.reader()?)?;
    let queued = in_draw(draw.as_ref(), &annotations)?;
    let standing = latest_of_each(store.reader()?.annotations()?, draw.as_ref());
    let now = Timestamp::now();
    let fresh = annotations.iter().filter(|said| !standing.contains(&what_is_said(said)));
    let rows: Vec<Record> = fresh
        .enumerate()
        .map(|(at, said)| {
            Record::Annotation(store::Annotation {
                id: imported_id(said, draw.as_ref(), now, at),
                unit: said.unit_id.clone(),
                policy: said.policy.clone(),
                label: said.label.clone(),
                rater: said.rater.clone(),
                probability: queued.get(said.unit_id.as_str()).copied().or(said.probability),
                drawn_at: draw
                    .as_ref()
                    .map(|draw| draw.created_at)
                    .or_else(|| said.drawn_at.as_ref()?.parse().ok()),
                criteria: said.criteria.clone(),
                note: said.note.clone(),
                draw: draw.as_ref().map(|draw| draw.id.clone()),
                answered_at: now,
            })
        })
        .collect();
    let imported = Imported {
        annotations: rows.len(),
        unchanged: annotations.len() - rows.len(),
        units: annotations.iter().map(|said| &said.unit_id).collect::<BTreeSet<_>>().len(),
        draw: draw.as_ref().map(|draw| draw.id.clone()),
    };
    store.writer()?.record_blocking(rows)?;
    Ok(imported)
}

/// The probabilities of a draw, once every row is known to answer it. Gold of other units cannot be told apart from
/// gold somebody picked, so it is not mixed in.
fn in_draw<'a>(
    draw: Option<&'a GoldDraw>,
    annotations: &[Annotation],
) -> Result<BTreeMap<&'a str, f64>, OpsError> {
    let Some(draw) = draw else { return Ok(BTreeMap::new()) };
    let queued: BTreeMap<&str, f64> =
        draw.queue.iter().map(|queued| (queued.unit.as_str(), queued.probability)).collect();
    let foreign = annotations.iter().filter(|said| !queued.contains_key(said.unit_id.as_str()));
    let ids: BTreeSet<&str> = foreign.map(|said| said.unit_id.as_str()).collect();
    let Some(first) = ids.first() else { return Ok(queued) };
    Err(OpsError::refused(
        format!("{} units of the file, such as `{first}`, are not in draw {}", ids.len(), draw.id),
        "import answers to the sheet of `titer gold export` only; measure other gold with `titer prevalence --gold FILE --drawn HOW`",
    ))
}

/// Unit, policy, rater, label and note of an annotation.
type Said = (String, String, Option<String>, String, Option<String>);

fn what_is_said(said: &Annotation) -> Said {
    let Annotation { unit_id, policy, rater, label, note, .. } = said;
    (unit_id.clone(), policy.clone(), rater.clone(), label.clone(), note.clone())
}

/// What stands last for each unit, policy and rater: saying it again changes nothing.
fn latest_of_each(said: Vec<store::Annotation>, draw: Option<&GoldDraw>) -> BTreeSet<Said> {
    let mut latest: BTreeMap<(String, String, Option<String>), Said> = BTreeMap::new();
    for one in said.iter().filter(|one| one.draw.as_ref() == draw.map(|draw| &draw.id)) {
        let said = what_is_said(&annotation(one));
        latest.insert((said.0.clone(), said.1.clone(), said.2.clone()), said);
    }
    latest.into_values().collect()
}

fn imported_id(
    said: &Annotation,
    draw: Option<&GoldDraw>,
    now: Timestamp,
    at: usize,
) -> crate::unit::Fingerprint {
    FingerprintBuilder::new("imported annotation")
        .text(draw.map_or("", |draw| draw.id.as_str()))
        .text(&said.unit_id)
        .text(&said.policy)
        .text(&now.as_nanosecond().to_string())
        .text(&at.to_string())
        .finish()
}

/// Returns the latest draw's questions as a sheet to fill in from the top, in random order: `id,policy,label,rater,probability,note,text`, answers given so far included.
///
/// # Errors
///
/// No draw yet.
pub fn export(program: &Program) -> Result<String, OpsError> {
    let (draw, said) = current(program)?;
    let mut sheet = csv::Writer::from_writer(Vec::new());
    let failed = |source: csv::Error| {
        OpsError::refused(format!("cannot write the sheet: {source}"), "report this as a bug")
    };
    sheet
        .write_record(["id", "policy", "label", "rater", "probability", "note", "text"])
        .map_err(failed)?;
    let probabilities: BTreeMap<&str, f64> =
        draw.queue.iter().map(|queued| (queued.unit.as_str(), queued.probability)).collect();
    let texts = texts(program, &draw)?;
    for unit in order(&draw)? {
        let text = texts.get(unit).map(String::as_str).unwrap_or_default();
        for policy in &draw.policies {
            let answers: Vec<_> =
                said.iter().filter(|said| said.unit == unit && &said.policy == policy).collect();
            let probability = probabilities.get(unit).map(f64::to_string).unwrap_or_default();
            let mut row = |label: &str, rater: &str, note: &str| {
                sheet
                    .write_record([unit, policy, label, rater, &probability, note, text])
                    .map_err(failed)
            };
            if answers.is_empty() {
                row("", "", "")?;
            }
            for answer in answers {
                row(
                    &answer.label,
                    answer.rater.as_deref().unwrap_or_default(),
                    answer.note.as_deref().unwrap_or_default(),
                )?;
            }
        }
    }
    let bytes = sheet.into_inner().map_err(|error| {
        OpsError::refused(format!("cannot write the sheet: {error}"), "report this as a bug")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a person reads of each drawn unit.
fn texts(program: &Program, draw: &GoldDraw) -> Result<BTreeMap<String, String>, OpsError> {
    let queued: BTreeSet<&str> = draw.queue.iter().map(|queued| queued.unit.as_str()).collect();
    let shown = |unit: &Unit| {
        let several = 1 < unit.components.len();
        let parts = unit.components.iter().map(|part| match &part.content {
            Content::Text(text) | Content::Image(text) if several => {
                format!("[{}] {text}", part.role)
            }
            Content::Text(text) | Content::Image(text) => text.clone(),
        });
        parts.collect::<Vec<_>>().join("\n")
    };
    let units = super::super::units::load(program, None)?.units;
    let drawn = units.iter().filter(|unit| queued.contains(unit.id.as_str()));
    Ok(drawn.map(|unit| (unit.id.clone(), shown(unit))).collect())
}
