//! The value of a pivot for each unit: one of its segments, or any other column of its file.

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
    let segments = unit.segments.iter().map(|(name, _)| name);
    segments.chain(unit.passthrough.keys().map(String::as_str))
}
