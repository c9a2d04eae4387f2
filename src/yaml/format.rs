//! A file format made ready once, so that many files of it are read quickly.

use super::places::Places;
use super::read;
use super::schema;
use super::structure;
use crate::diag::Diagnostic;
use crate::diag::Source;
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// The format of files that hold one type; making it ready costs more than reading a file.
pub struct Format<T> {
    schema: Value,
    validator: Result<Validator, String>,
    of: PhantomData<fn() -> T>,
}

/// A value read from YAML, with the places of its parts.
#[derive(Debug, Clone)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Where each part of it stands in the text.
    pub places: Places,
}

impl<T: DeserializeOwned + JsonSchema> Format<T> {
    /// Returns the format, ready to read files.
    #[must_use]
    pub fn prepare() -> Self {
        let schema = schema::schema_of::<T>();
        let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string());
        Self { schema, validator, of: PhantomData }
    }

    /// Reads a value of the format from YAML.
    ///
    /// # Errors
    ///
    /// Every mistake of the first stage that finds any: text that is not YAML or goes beyond a
    /// limit (`Y001` to `Y009`), or structure that is not that of the type (`Y010` to `Y020`).
    pub fn decode(&self, source: &Source) -> Result<Decoded<T>, Vec<Diagnostic>> {
        let (value, places) = read::read(source)?;
        let validator = match &self.validator {
            Ok(validator) => validator,
            Err(error) => {
                let message = format!("the schema of this format is broken: {error}");
                return Err(vec![Diagnostic::error("Y020", places.value(""), message)]);
            }
        };
        if !validator.is_valid(&value) {
            return Err(structure::mistakes(validator, &self.schema, &value, &places));
        }
        match serde_json::from_value(schema::whole_numbers(value)) {
            Ok(value) => Ok(Decoded { value, places }),
            Err(error) => {
                let message = format!("a value does not fit: {error}");
                Err(vec![Diagnostic::error("Y020", places.value(""), message)])
            }
        }
    }
}

impl<T> fmt::Debug for Format<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Format").field("schema", &self.schema).finish_non_exhaustive()
    }
}
