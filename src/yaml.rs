//! YAML text to values with a place for every key and value.
//!
//! Four stages, each only when the one before is content: a parser with limits, the places of
//! keys and values, the JSON Schema of the wanted type (every mistake, not the first), the type
//! itself. What the values mean is checked by whoever asked for them.

#![deny(clippy::disallowed_methods)]

mod entries;
mod format;
mod places;
mod read;
mod schema;
mod structure;

pub use entries::Entries;
pub use entries::ID_FORM;
pub use entries::ID_PATTERN;
pub use format::Decoded;
pub use format::Format;
pub use places::Places;
pub use places::pointer;
pub use read::MOST_BYTES;
pub use read::read;
pub use schema::schema_of;

use crate::diag::Diagnostic;
use crate::diag::Source;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// Reads a value of a type from YAML; for many files of one type, [`Format`] is quicker.
///
/// # Errors
///
/// Every mistake of the first stage that finds any: text that is not YAML or goes beyond a limit
/// (`Y001` to `Y009`), or structure that is not that of the type (`Y010` to `Y020`).
pub fn decode<T: DeserializeOwned + JsonSchema>(
    source: &Source,
) -> Result<Decoded<T>, Vec<Diagnostic>> {
    Format::prepare().decode(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// A form.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read from text")]
    struct Form {
        /// What it is called.
        name: String,
        /// How many.
        #[serde(default)]
        count: Option<u32>,
        #[serde(default)]
        on: bool,
        #[serde(default)]
        color: Option<Shade>,
        #[serde(default)]
        parts: Entries<Part>,
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        share: Option<f64>,
        #[serde(default)]
        inner: Option<Box<Inner>>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read from text")]
    struct Inner {
        /// The id. Never changes.
        #[schemars(regex(pattern = r"^[a-z]+$"), extend("patternErrorMessage" = "letters only"))]
        id: String,
    }

    /// A shade.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Shade {
        /// Dark.
        Dark,
        /// Light.
        Light,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only read from text")]
    enum Part {
        Text(String),
        Full(FullPart),
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read from text")]
    struct FullPart {
        text: String,
        was: Option<String>,
    }

    /// Diagnostics as `line:column code message / label or hint`.
    fn mistakes(text: &str) -> Vec<String> {
        let found = decode::<Form>(&Source::new("t.yaml", text)).unwrap_err();
        let one = |d: Diagnostic| {
            let repair = if d.hint.is_some() { d.hint.unwrap_or_default() } else { d.label };
            format!("{}:{} {} {} / {repair}", d.place.line, d.place.column, d.code, d.message)
        };
        found.into_iter().map(one).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(mistakes(text), expected, "{text:?}");
    }

    #[test]
    fn every_mistake_of_structure_is_reported() {
        check(
            "nme: 5\ncount: -1\non: yes\ncolor: drak\ntags: x\n",
            &[
                "1:1 Y010 unknown key `nme` / did you mean `name`?",
                "2:8 Y015 `-1` is less than 0 / ",
                "3:5 Y012 expected true or false, found the text `yes` / write `true`",
                "4:8 Y013 `drak` is none of `dark`, `light` / did you mean `dark`?",
                "5:7 Y012 expected a list, found the text `x` / write a list: [x]",
            ],
        );
    }

    #[test]
    fn a_missing_key_is_described() {
        check(
            "count: 1\ninner: {}\n",
            &[
                "1:1 Y011 the key `name` is missing / add `name:` (what it is called)",
                "2:1 Y011 the key `id` is missing / add `id:` (the id)",
            ],
        );
    }

    #[test]
    fn a_value_of_several_forms_is_explained_by_the_nearest() {
        check(
            "name: x\nparts:\n  a: {txt: y, text: z}\n  b: 5\n  c: {text: 1.50}\n",
            &[
                "3:7 Y010 unknown key `txt` / move what belongs there into `text`, and remove this key",
                "4:6 Y012 expected text or a map, found the number 5 / ",
                "5:13 Y012 expected text, found the number 1.5 / put it in quotes to make it text: \"1.50\"",
            ],
        );
    }

    #[test]
    fn keys_and_texts_of_the_wrong_form_say_the_form() {
        check(
            "name: x\nparts: {A: x}\ninner: {id: A9}\n",
            &[
                &format!("2:9 Y014 the key `A` does not have the right form / {ID_FORM}"),
                "3:13 Y014 `A9` does not have the right form / letters only",
            ],
        );
    }

    #[test]
    fn a_key_without_a_value_is_a_mistake() {
        let hint = "write a value after the colon, or remove the key";
        check(
            "name:\ncount:\n",
            &[
                &format!("1:1 Y012 expected text, found nothing / {hint}"),
                &format!("2:1 Y012 expected a whole number, found nothing / {hint}"),
            ],
        );
    }

    #[test]
    fn numbers_have_the_bounds_of_their_type() {
        check(
            "name: x\ncount: 5000000000\n",
            &["2:8 Y015 `5000000000` is more than 4294967295 / "],
        );
        let decoded = decode::<Form>(&Source::new("t", "name: x\ncount: 2.0\nshare: 2\n")).unwrap();
        assert_eq!(decoded.value.count, Some(2));
    }

    #[test]
    fn values_keep_the_order_and_have_places() {
        let source = Source::new("t.yaml", "name: x\nparts: {z: one, a: {text: two}}\n");
        let decoded = decode::<Form>(&source).unwrap();
        assert_eq!(decoded.value.parts.keys().collect::<Vec<_>>(), ["z", "a"]);
        assert_eq!(decoded.places.value("/parts/a/text").column, 27);
    }

    #[test]
    fn the_schema_describes_keys_and_has_no_null() {
        let schema = schema_of::<Form>();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["properties"]["name"]["description"], "What it is called.");
        assert!(!schema.to_string().contains("null"), "{schema}");
    }
}
