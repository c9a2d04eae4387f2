//! The value of a pivot for each unit: one of its segments, or any other column of its file; or several, each with the exposure
//! that the unit has there (`exposure_by`).

use crate::diag::nearest;
use crate::ops::error::OpsError;
use crate::unit::Unit;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Says that no unit has a value of a pivot, and what they have instead.
pub(super) fn unknown<'a>(name: &str, units: impl IntoIterator<Item = &'a Unit>) -> OpsError {
    let known: BTreeSet<&str> = units.into_iter().flat_map(columns).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match (known.as_slice(), nearest(name, known.iter().copied())) {
        ([], _) => "give the units with --units, with a column that divides them".to_owned(),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (known, None) => format!("the units have {}", known.join(", ")),
    };
    OpsError::refused(format!("no unit has a value of `{name}` to measure by"), hint)
}

/// The column that says how a unit's exposure is split: `{"surface": {"feed": 100, "search": 20}}`.
const EXPOSURE_BY: &str = "exposure_by";
/// How far the parts of an exposure may be above it.
const ROUNDING: f64 = 1e-6;

/// Returns the values of a pivot that a unit's exposure is split over, with the share of it in each, above 0; `None` where it is
/// not.
///
/// # Errors
///
/// Where its `exposure_by` is no split of its exposure.
pub(super) fn shares(unit: &Unit, name: &str) -> Result<Option<Vec<(String, f64)>>, OpsError> {
    let Some(split) = unit.passthrough.get(EXPOSURE_BY) else { return Ok(None) };
    let bad = |what: String| {
        OpsError::refused(
            format!("unit {}: column `{EXPOSURE_BY}`: {what}", unit.id),
            "write the unit's exposure by pivot and value, as {\"surface\": {\"feed\": 100, \"search\": 20}}, adding up to its exposure",
        )
    };
    let object = |value: Value| match value {
        Value::Object(entries) => Ok(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(bad("not an object of objects".to_owned()))
        }
    };
    let mut pivots = match split {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        // a separated file holds the object as text
        Value::String(text) => {
            object(serde_json::from_str(text).map_err(|error| bad(error.to_string()))?)?
        }
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            object(other.clone())?
        }
    };
    let Some(parts) = pivots.remove(name) else { return Ok(None) };
    let mut shares = Vec::new();
    for (value, exposure) in object(parts)? {
        match exposure.as_f64() {
            Some(exposure) if exposure > 0.0 => shares.push((value, exposure / unit.exposure)),
            Some(exposure) if exposure.abs() <= 0.0 => {}
            Some(_) | None => return Err(bad(format!("{exposure} is no exposure in `{value}`"))),
        }
    }
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    if sum > 1.0 + ROUNDING {
        let (parts, whole) = (sum * unit.exposure, unit.exposure);
        return Err(bad(format!(
            "its exposures by {name} add up to {parts}, more than its {whole}"
        )));
    }
    Ok(Some(shares))
}

/// Returns a unit's value of a pivot that is a column and no segment.
pub(super) fn column<'a>(unit: &'a Unit, name: &str) -> Option<Cow<'a, str>> {
    match unit.passthrough.get(name)? {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other @ (Value::Bool(_) | Value::Number(_)) => Some(Cow::Owned(other.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn columns(unit: &Unit) -> impl Iterator<Item = &str> {
    let split = unit.passthrough.get(EXPOSURE_BY).and_then(Value::as_object);
    let split = split.into_iter().flat_map(|pivots| pivots.keys());
    let others = unit.passthrough.keys().filter(|column| *column != EXPOSURE_BY);
    let segments = unit.segments.iter().map(|(name, _)| name);
    segments.chain(others.chain(split).map(String::as_str))
}
