//! One value of a row, whatever the format of the file.

use crate::io::Fault;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde::de::value::MapAccessDeserializer;
use serde::de::value::SeqAccessDeserializer;
use serde_json::Number;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// A value as it stood in the file; texts are borrowed where the format allows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// An array or object.
    Nested(Value),
}

impl Cell<'_> {
    /// Returns whether there is no value: null, or only spaces.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Nested(_) => false,
        }
    }

    /// Returns the number; `None` when blank.
    pub(super) fn number(&self) -> Result<Option<f64>, Fault> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Null => Ok(None),
            Self::Number(number) => Ok(number.as_f64()),
            Self::Text(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Fault::NotANumber(text.chars().take(40).collect())),
            },
            Self::Bool(flag) => Err(Fault::NotANumber(flag.to_string())),
            Self::Nested(_) => Err(Fault::NotANumber("an array or object".to_owned())),
        }
    }

    /// Returns a name such as an id or a label, without spaces around it; `None` when blank.
    pub(super) fn name(&self) -> Result<Option<String>, Fault> {
        Ok(self.name_in_place()?.map(Cow::into_owned))
    }

    /// Returns the name, borrowed where the cell has it as a text.
    pub(super) fn name_in_place(&self) -> Result<Option<Cow<'_, str>>, Fault> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(Cow::Borrowed(text.trim()))),
            Self::Number(number) => Ok(Some(whole(number).into())),
            Self::Bool(flag) => Ok(Some(flag.to_string().into())),
            Self::Nested(_) => Err(Fault::NotText("an array or object")),
        }
    }

    /// Returns a text exactly as it stands; `None` when there is none, an empty text when it is empty.
    pub(super) fn text(self) -> Result<Option<String>, Fault> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text.into_owned())),
            Self::Number(number) => Ok(Some(number.to_string())),
            Self::Bool(flag) => Ok(Some(flag.to_string())),
            Self::Nested(_) => Err(Fault::NotText("an array or object")),
        }
    }

    /// Returns the array or object, parsed where a separated file holds it as text; `None` when blank.
    pub(super) fn nested(self) -> Option<Value> {
        match self {
            Self::Null => None,
            Self::Nested(value) => Some(value),
            Self::Text(text) if text.trim().is_empty() => None,
            Self::Text(text) => {
                Some(serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned())))
            }
            Self::Number(number) => Some(Value::Number(number)),
            Self::Bool(flag) => Some(Value::Bool(flag)),
        }
    }

    /// Returns the value as it is passed through.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Nested(value) => value,
        }
    }
}

/// The text of a number, `1` and not `1.0` where a tool wrote a whole number as a float.
fn whole(number: &Number) -> String {
    match number.as_f64() {
        Some(value)
            if number.is_f64() && value.fract().abs() < f64::MIN_POSITIVE && value.abs() < 1e15 =>
        {
            format!("{value:.0}")
        }
        _ => number.to_string(),
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell<'de>, E> {
        Ok(Number::from_f64(number).map_or(Cell::Null, Cell::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Cell<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Cell::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Cell::Nested)
    }
}
