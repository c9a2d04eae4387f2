//! The JSON Schema of a file format, from the types that read it.

use schemars::JsonSchema;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

/// Returns the JSON Schema (draft 2020-12) of a type, with descriptions from its documentation.
///
/// It differs from what the derive gives in two ways, so that editor, validator and parser agree:
/// an optional key is left out rather than `null`, and integers have the bounds of their type.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(with_bounds))
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Removes `null` from what a value may be.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("enum") {
        options.retain(|option| !option.is_null());
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.shift_remove("default");
    }
    let Some(Value::Array(forms)) = object.get_mut("anyOf") else { return };
    forms.retain(|form| form.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = forms.as_slice() {
        let only = only.clone();
        object.shift_remove("anyOf");
        only.into_iter().for_each(|(key, value)| {
            object.entry(key).or_insert(value);
        });
    }
}

/// Gives integers the bounds of their type, which the format alone does not enforce.
fn with_bounds(schema: &mut Schema) {
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => u64::from(u8::MAX),
        Some("uint16") => u64::from(u16::MAX),
        Some("uint32") => u64::from(u32::MAX),
        // The largest whole number every JSON reader keeps exactly.
        Some("uint" | "uint64") => (1 << 53) - 1,
        _ => return,
    };
    if let Some(object) = schema.as_object_mut() {
        object.entry("maximum").or_insert(most.into());
    }
}

/// Returns the value with numbers such as `2.0` as `2`: for JSON Schema they are one integer.
pub(super) fn whole_numbers(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, whole_numbers(value))).collect()
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                whole(float).map_or(Value::Number(number), Value::from)
            }
            Some(_) | None => Value::Number(number),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.fract().abs() < f64::MIN_POSITIVE && number.abs() < EXACT;
    // The digits of a whole number below 2^53 are exact.
    is_whole.then(|| format!("{number:.0}").parse().ok()).flatten()
}
