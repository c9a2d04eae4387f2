//! Where a value does not have the structure of its schema, in words for its author.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the matched enums are a library's: a variant added there falls back to its own text"
)]

use super::places::Places;
use super::places::pointer;
use crate::diag::Diagnostic;
use crate::diag::nearest;
use jsonschema::JsonType;
use jsonschema::ValidationError;
use jsonschema::Validator;
use jsonschema::error::TypeKind;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// The most mistakes of structure that are reported.
const MOST: usize = 100;
/// What to do about a text that a comma has ended.
const COMMA: &str =
    "within braces a comma ends a text: put the whole text in quotes, or on a line of its own";
/// The most known keys or values a hint lists.
const MOST_LISTED: usize = 20;

/// Returns every mistake of structure, in the order of the text.
pub(super) fn mistakes(
    validator: &Validator,
    schema: &Value,
    value: &Value,
    places: &Places,
) -> Vec<Diagnostic> {
    let reader = Reader { schema, places };
    let mut found: Vec<Diagnostic> =
        validator.iter_errors(value).take(MOST).flat_map(|error| reader.explain(&error)).collect();
    found.sort_by_key(|diagnostic| diagnostic.place.range.start);
    found.truncate(MOST);
    found
}

struct Reader<'a> {
    schema: &'a Value,
    places: &'a Places,
}

impl Reader<'_> {
    fn explain(&self, error: &ValidationError<'_>) -> Vec<Diagnostic> {
        let at = error.instance_path().as_str();
        let kind = error.kind();
        if let ValidationErrorKind::AdditionalProperties { unexpected } = kind {
            let unexpected = unexpected.iter().take(MOST);
            return unexpected.map(|key| self.unknown_key(error, key)).collect();
        }
        if let ValidationErrorKind::AnyOf { context }
        | ValidationErrorKind::OneOfNotValid { context } = kind
        {
            return self.no_form(error, context);
        }
        if let ValidationErrorKind::PropertyNames { error: inner } = kind {
            let key = inner.instance().as_str().unwrap_or_default().to_owned();
            let place = self.places.key(&(at.to_owned() + &pointer([&key])));
            let form =
                form_of(self.parent_schema_of(inner)).or_else(|| form_of(self.schema_of(error)));
            let message = format!("the key `{}` does not have the right form", shortened(&key));
            let form = if cut_off(error, &key) { Some(COMMA) } else { form };
            return vec![with_form(Diagnostic::error("Y014", place, message), form)];
        }
        if let ValidationErrorKind::Required { property } = kind
            && self.misspelt(error, property)
        {
            return Vec::new();
        }
        vec![match kind {
            ValidationErrorKind::Required { property } => self.missing_key(error, property),
            ValidationErrorKind::Type { kind } => self.wrong_type(error, kind),
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                self.not_among(error, &options.iter().collect::<Vec<_>>())
            }
            ValidationErrorKind::Constant { expected_value } => {
                self.not_among(error, &[expected_value])
            }
            ValidationErrorKind::Pattern { pattern } => {
                let message = format!("{} does not have the right form", shown(error.instance()));
                let form = form_of(self.parent_schema_of(error)).map(str::to_owned);
                Diagnostic::error("Y014", self.places.value(at), message)
                    .hint(form.unwrap_or_else(|| format!("it must match the pattern `{pattern}`")))
            }
            _ => Diagnostic::error("Y015", self.places.value(at), bounds(error)),
        }]
    }

    fn unknown_key(&self, error: &ValidationError<'_>, key: &str) -> Diagnostic {
        let place = self.places.key(&(error.instance_path().as_str().to_owned() + &pointer([key])));
        let properties = self.parent_schema_of(error).and_then(|schema| schema.get("properties"));
        let present = error.instance().as_object();
        let there = |known: &str| present.is_some_and(|present| present.contains_key(known));
        let all: Vec<&str> = properties
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect();
        let known: Vec<&str> = all.iter().copied().filter(|known| !there(known)).collect();
        let message = format!("unknown key `{}`", shortened(key));
        let diagnostic = Diagnostic::error("Y010", place, message);
        if cut_off(error, key) {
            return diagnostic.hint(COMMA);
        }
        match nearest(key, all) {
            Some(near) if there(near) => diagnostic
                .label(format!("did you mean `{near}`? it is already there"))
                .hint(format!("move what belongs there into `{near}`, and remove this key")),
            Some(near) => diagnostic.label(format!("did you mean `{near}`?")),
            None if known.is_empty() => diagnostic.hint("remove it: no further key may stand here"),
            None => diagnostic.hint(format!("keys that may stand here: {}", listed(&known))),
        }
    }

    /// Whether a missing key is there under a wrong name, which is then said at that key.
    fn misspelt(&self, error: &ValidationError<'_>, property: &Value) -> bool {
        let missing = property.as_str().unwrap_or_default();
        let properties = self.parent_schema_of(error).and_then(|schema| schema.get("properties"));
        let known = |key: &str| properties.and_then(|properties| properties.get(key)).is_some();
        let mut keys = error.instance().as_object().into_iter().flat_map(|map| map.keys());
        keys.any(|key| !known(key) && nearest(key, [missing]).is_some())
    }

    fn missing_key(&self, error: &ValidationError<'_>, property: &Value) -> Diagnostic {
        let key = property.as_str().unwrap_or_default();
        let place = self.places.key(error.instance_path().as_str());
        let diagnostic = Diagnostic::error("Y011", place, format!("the key `{key}` is missing"))
            .label("in here");
        let described = self
            .parent_schema_of(error)
            .and_then(|schema| schema.pointer(&(pointer(["properties", key, "description"]))))
            .and_then(Value::as_str);
        match described {
            Some(text) => diagnostic.hint(format!("add `{key}:` {}", lowered(text))),
            None => diagnostic.hint(format!("add `{key}:`")),
        }
    }

    fn wrong_type(&self, error: &ValidationError<'_>, kind: &TypeKind) -> Diagnostic {
        let expected: Vec<JsonType> = match kind {
            TypeKind::Single(one) => vec![*one],
            TypeKind::Multiple(set) => set.iter().collect(),
        };
        let nouns: Vec<&str> = expected.iter().map(|expected| noun(*expected)).collect();
        let message = format!("expected {}, found {}", nouns.join(" or "), found(error.instance()));
        let at = error.instance_path().as_str();
        let place = match error.instance().as_ref() {
            Value::Null => self.places.key(at),
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => self.places.value(at),
        };
        let diagnostic = Diagnostic::error("Y012", place, message);
        let hint = form_of(self.parent_schema_of(error)).map(str::to_owned).or_else(|| {
            let written = self.places.source().text().get(diagnostic.place.range.clone());
            repair(&expected, error.instance(), written.unwrap_or_default())
        });
        Diagnostic { hint, ..diagnostic }
    }

    fn not_among(&self, error: &ValidationError<'_>, options: &[&Value]) -> Diagnostic {
        let place = self.places.value(error.instance_path().as_str());
        let texts: Vec<String> = options.iter().map(|option| plain(option)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let message = format!("{} is none of {}", shown(error.instance()), listed(&texts));
        let diagnostic = Diagnostic::error("Y013", place, message);
        match nearest(&plain(error.instance()), texts.iter().copied()) {
            Some(near) => diagnostic.label(format!("did you mean `{near}`?")),
            None => diagnostic.hint(format!("write one of {}", listed(&texts))),
        }
    }

    /// A value that may have several forms and has none: explained by the form it is nearest to.
    fn no_form(
        &self,
        error: &ValidationError<'_>,
        forms: &[Vec<ValidationError<'static>>],
    ) -> Vec<Diagnostic> {
        let at = error.instance_path();
        let here = |inner: &ValidationError<'_>| inner.instance_path().as_str() == at.as_str();
        if let Some(options) = constants(forms, at.as_str()) {
            return vec![self.not_among(error, &options)];
        }
        let of_this_type = |form: &&Vec<ValidationError<'static>>| {
            let fails = |inner: &ValidationError<'_>| match inner.kind().keyword() {
                "type" => here(inner),
                keyword => keyword == "const",
            };
            !form.iter().any(fails)
        };
        let candidates: Vec<_> = forms.iter().filter(of_this_type).collect();
        if let [form] = candidates.as_slice() {
            return form.iter().flat_map(|inner| self.explain(inner)).collect();
        }
        let types: Vec<&str> =
            forms.iter().flatten().filter(|inner| here(inner)).filter_map(wanted_type).collect();
        let message = match types.as_slice() {
            [] => format!("{} has none of the allowed forms", found(error.instance())),
            types => format!("expected {}, found {}", types.join(" or "), found(error.instance())),
        };
        vec![Diagnostic::error("Y012", self.places.value(at.as_str()), message)]
    }

    /// The schema the failed keyword belongs to.
    fn parent_schema_of(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
        self.schema.pointer(parent)
    }

    /// The value of the failed keyword itself.
    fn schema_of(&self, error: &ValidationError<'_>) -> Option<&Value> {
        self.schema.pointer(error.schema_path().as_str())
    }
}

/// Whether a key is the rest of a text that a comma within braces has ended: words, and no value.
fn cut_off(error: &ValidationError<'_>, key: &str) -> bool {
    key.contains(' ') && error.instance().get(key).is_some_and(Value::is_null)
}

/// The values of forms that are each one value, as those of an enumeration are.
fn constants<'e>(forms: &'e [Vec<ValidationError<'static>>], at: &str) -> Option<Vec<&'e Value>> {
    let each: Option<Vec<&Value>> = forms
        .iter()
        .map(|form| match form.as_slice() {
            [only] if only.instance_path().as_str() == at => constant(only),
            _ => None,
        })
        .collect();
    each.map(|each| each.into_iter().flat_map(flattened).collect())
}

fn wanted_type(error: &ValidationError<'_>) -> Option<&'static str> {
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(one) } => Some(noun(*one)),
        _ => None,
    }
}

fn constant<'e>(error: &'e ValidationError<'_>) -> Option<&'e Value> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => Some(expected_value),
        ValidationErrorKind::Enum { options } => Some(options),
        _ => None,
    }
}

fn flattened(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

fn form_of(schema: Option<&Value>) -> Option<&str> {
    schema?.get("patternErrorMessage")?.as_str()
}

fn with_form(diagnostic: Diagnostic, form: Option<&str>) -> Diagnostic {
    match form {
        Some(form) => diagnostic.hint(form),
        None => diagnostic,
    }
}

fn bounds(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Minimum { limit } => {
            format!("{} is less than {limit}", shown(error.instance()))
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            format!("{} is not above {limit}", shown(error.instance()))
        }
        ValidationErrorKind::Maximum { limit } => {
            format!("{} is more than {limit}", shown(error.instance()))
        }
        ValidationErrorKind::MinItems { limit } => match limit {
            1 => "the list is empty".to_owned(),
            _ => format!("the list needs at least {limit} items"),
        },
        ValidationErrorKind::MaxItems { limit } => format!("the list has more than {limit} items"),
        ValidationErrorKind::MinProperties { limit } => {
            format!("the map needs at least {limit} keys")
        }
        _ => error.masked().to_string(),
    }
}

fn noun(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "text",
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(_) => format!("the truth value {value}"),
        Value::Number(_) => format!("the number {value}"),
        Value::String(text) => format!("the text `{}`", shortened(text)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a map".into(),
    }
}

/// What to write instead, where the mistake is a usual one.
fn repair(expected: &[JsonType], value: &Value, written: &str) -> Option<String> {
    let expects = |kind| expected.contains(&kind);
    match value {
        Value::Null => Some("write a value after the colon, or remove the key".into()),
        Value::Bool(_) | Value::Number(_) if expects(JsonType::String) => {
            Some(format!("put it in quotes to make it text: \"{}\"", shortened(written)))
        }
        Value::Object(_) if expects(JsonType::String) => {
            Some("text with a colon in it needs quotes, or `>` and a new indented line".into())
        }
        Value::String(text) if expects(JsonType::Boolean) => match text.to_lowercase().as_str() {
            "yes" | "on" | "y" => Some("write `true`".into()),
            "no" | "off" | "n" => Some("write `false`".into()),
            _ => None,
        },
        Value::String(text) if expects(JsonType::Array) => {
            Some(format!("write a list: [{}]", shortened(text)))
        }
        Value::Array(_) if expects(JsonType::Object) => {
            Some("write lines of `key: value`, without `- `".into())
        }
        Value::String(_) if expects(JsonType::Object) => {
            Some("write lines of `key: value` below, indented".into())
        }
        Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    }
}

/// A value in a sentence.
fn shown(value: &Value) -> String {
    format!("`{}`", shortened(&plain(value)))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn shortened(text: &str) -> String {
    const MOST_CHARS: usize = 60;
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn listed(words: &[&str]) -> String {
    let mut quoted: Vec<String> =
        words.iter().take(MOST_LISTED).map(|word| format!("`{}`", shortened(word))).collect();
    if words.len() > MOST_LISTED {
        quoted.push("…".into());
    }
    quoted.join(", ")
}

/// The first sentence of a description, to stand in the middle of another.
fn lowered(text: &str) -> String {
    let sentence = text.split(". ").next().unwrap_or(text).trim_end_matches('.');
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    format!("({first}{})", chars.as_str())
}
