//! The value of a pivot for each unit: one of its segments, or any other column of its file.

use crate::diag::nearest;
use crate::ops::error::OpsError;
use crate::unit::Unit;
use serde_json::Value;
use std::collections::BTreeSet;

/// Returns each unit's value of a pivot.
///
/// # Errors
///
/// A pivot of which no unit has a value.
pub(super) fn values(name: &str, units: &[Option<&Unit>]) -> Result<Vec<Option<String>>, OpsError> {
    let values: Vec<Option<String>> =
        units.iter().map(|unit| unit.and_then(|unit| value(unit, name))).collect();
    if values.iter().any(Option::is_some) {
        return Ok(values);
    }
    let known: BTreeSet<&str> = units.iter().flatten().flat_map(|unit| columns(unit)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match (known.as_slice(), nearest(name, known.iter().copied())) {
        ([], _) => "give the units with --units, with a column that divides them".to_owned(),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (known, None) => format!("the units have {}", known.join(", ")),
    };
    Err(OpsError::refused(format!("no unit has a value of `{name}` to measure by"), hint))
}

fn value(unit: &Unit, name: &str) -> Option<String> {
    if let Some(value) = unit.segments.get(name) {
        return Some(value.clone());
    }
    match unit.passthrough.get(name)? {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other @ (Value::Bool(_) | Value::Number(_)) => Some(other.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn columns(unit: &Unit) -> impl Iterator<Item = &str> {
    unit.segments.keys().chain(unit.passthrough.keys()).map(String::as_str)
}
