//! Units into a file, in the columns they were read from.

use crate::io::Columns;
use crate::io::ContentColumns;
use crate::io::Format;
use crate::io::IoError;
use crate::io::Output;
use crate::io::Target;
use crate::io::columns::SEGMENT;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Design;
use crate::unit::Unit;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;
use std::io::Write as _;

/// Writes units so that [`super::read_units`] with the same columns gives them back.
///
/// # Errors
///
/// When the target cannot be written or its format is unknown; the file then stays as it was.
pub fn write_units(target: &Target, columns: &Columns, units: &[Unit]) -> Result<(), IoError> {
    let format = target.format()?;
    let mut output = Output::create(target)?;
    match format {
        Format::Jsonl => {
            for unit in units {
                write_json(&mut output, &object(unit, columns, format))?;
            }
        }
        Format::Separated(delimiter) => {
            let objects: Vec<_> = units.iter().map(|unit| object(unit, columns, format)).collect();
            write_separated(&mut output, delimiter, &objects)?;
        }
    }
    output.commit()
}

/// Writes one object and a line break.
pub(super) fn write_json(output: &mut Output, row: &impl serde::Serialize) -> Result<(), IoError> {
    let mut line = serde_json::to_vec(row).map_err(|error| output.failed(error.into()))?;
    line.push(b'\n');
    output.write_all(&line).map_err(|error| output.failed(error))
}

fn write_separated(
    output: &mut Output,
    delimiter: u8,
    objects: &[Map<String, Value>],
) -> Result<(), IoError> {
    let mut header: Map<String, Value> = Map::new();
    for name in objects.iter().flat_map(Map::keys) {
        if !header.contains_key(name) {
            header.insert(name.clone(), Value::Null);
        }
    }
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let mut write = |fields: Vec<String>| writer.write_record(fields);
    let mut wrote = write(header.keys().cloned().collect());
    for object in objects {
        let fields = header.keys().map(|name| object.get(name).map(field).unwrap_or_default());
        wrote = wrote.and_then(|()| write(fields.collect()));
    }
    let text = wrote
        .map_err(std::io::Error::other)
        .and_then(|()| writer.into_inner().map_err(|error| error.into_error()))
        .map_err(|error| output.failed(error))?;
    output.write_all(&text).map_err(|error| output.failed(error))
}

/// Returns a value as one field of a separated file.
pub(super) fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Returns a number that reads as it was written: `120`, not `120.0`.
pub(super) fn number(value: f64) -> Value {
    if value.fract().abs() < f64::MIN_POSITIVE && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn object(unit: &Unit, columns: &Columns, format: Format) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |column: &str, value: Value| {
        if !object.contains_key(column) {
            object.insert(column.to_owned(), value);
        }
    };
    let name =
        |mapped: &Option<String>, own: &str| mapped.clone().unwrap_or_else(|| own.to_owned());
    put(&name(&columns.id, "id"), Value::from(unit.id.clone()));
    put(&name(&columns.exposure, "exposure"), number(unit.exposure));
    if let Some(score) = unit.score {
        put(&name(&columns.score, "score"), number(score));
    }
    if let Some(period) = &unit.period {
        put(&name(&columns.period, "period"), Value::from(period.clone()));
    }
    let mut own_segments = Map::new();
    for (segment, value) in unit.segments.iter() {
        let value = Value::from(value);
        match format {
            _ if columns.segments.iter().any(|known| known == segment) => put(segment, value),
            Format::Separated(_) => put(&format!("{SEGMENT}{segment}"), value),
            Format::Jsonl => {
                own_segments.insert(segment.to_owned(), value);
            }
        }
    }
    if !own_segments.is_empty() {
        put("segments", Value::Object(own_segments));
    }
    for (column, value) in content(unit, &columns.content) {
        put(&column, value);
    }
    if let Some(inclusion) = &unit.inclusion {
        if inclusion.design == Design::WithReplacement {
            put("expected_draws", number(inclusion.probability));
            put("times_drawn", Value::from(inclusion.draws));
        } else {
            put("inclusion_probability", number(inclusion.probability));
        }
        put("design", Value::from(inclusion.design.name()));
        for (column, value) in [("stratum", &inclusion.stratum), ("cluster", &inclusion.cluster)] {
            if let Some(value) = value {
                put(column, Value::from(value.clone()));
            }
        }
    }
    for (column, value) in &unit.passthrough {
        put(column, value.clone());
    }
    object
}

fn content(unit: &Unit, columns: &ContentColumns) -> Vec<(String, Value)> {
    let body = |component: &Component| match &component.content {
        Content::Text(body) | Content::Image(body) => Value::from(body.clone()),
    };
    match (columns, unit.components.as_slice()) {
        (ContentColumns::None, _) => Vec::new(),
        (ContentColumns::Own, [Component { role, content: Content::Text(text) }])
            if role == "content" =>
        {
            vec![("text".to_owned(), Value::from(text.clone()))]
        }
        (ContentColumns::Own, parts) => {
            let parts = parts.iter().map(|part| {
                let kind = match part.content {
                    Content::Text(_) => "text",
                    Content::Image(_) => "image",
                };
                let role = ("role".to_owned(), Value::from(part.role.clone()));
                Value::Object([role, (kind.to_owned(), body(part))].into_iter().collect())
            });
            vec![("components".to_owned(), parts.collect())]
        }
        (ContentColumns::Text(column), parts) => {
            parts.first().map(|part| (column.clone(), body(part))).into_iter().collect()
        }
        (ContentColumns::Components(mapped), parts) => mapped
            .iter()
            .map(|column| {
                let part = parts.iter().find(|part| part.role == column.role);
                (column.column.clone(), part.map_or(Value::Null, body))
            })
            .collect(),
    }
}
