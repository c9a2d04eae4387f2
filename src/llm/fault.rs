//! What an error body says, in any of the shapes servers give it.

use serde_json::Value;

/// The longest piece of a server's text that is shown to a person.
const SHOWN: usize = 240;

/// An error as a server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fault {
    /// One line for a person, cut; never empty.
    pub(super) said: String,
    /// The whole text in lower case, for looking up phrases.
    pub(super) text: String,
    /// Its types, codes and parameter in lower case, between spaces.
    pub(super) codes: String,
    /// A status of 400 to 599 that the body gives itself.
    pub(super) status: Option<u16>,
    /// Whether the body says that moderation flagged the input.
    pub(super) flagged: bool,
}

impl Fault {
    /// Reads a body that is not a completion.
    pub(super) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_json(&value),
            Err(_) => Self::from_text(&String::from_utf8_lossy(body)),
        }
    }

    /// Reads an error out of any JSON value.
    pub(super) fn from_json(value: &Value) -> Self {
        // Some gateways wrap the error in a list.
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let mut fault = Self::from_text(&message(error).unwrap_or_default());
        fault.codes = codes(error);
        fault.status = ["code", "status"].iter().find_map(|name| status(error.get(*name)?));
        let metadata = error.get("metadata");
        fault.flagged = metadata
            .is_some_and(|it| it.get("reasons").or_else(|| it.get("flagged_input")).is_some());
        fault
    }

    fn from_text(text: &str) -> Self {
        let start = text.trim_start().get(..1).unwrap_or_default();
        let said = match (start, text.is_empty()) {
            ("<", _) => "an HTML page instead of JSON".to_owned(),
            (_, true) => "nothing more".to_owned(),
            _ => one_line(text),
        };
        Self { said, text: text.to_lowercase(), ..Self::default() }
    }

    /// Returns whether one of the codes is among the body's own.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.split(' ').any(|code| codes.contains(&code))
    }

    /// Returns whether the text contains one of the phrases.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.text.contains(phrase))
    }
}

/// Returns the text on one line, cut to a length fit for a terminal.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn message(error: &Value) -> Option<String> {
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    let named = ["message", "detail", "title"].iter().find_map(|name| error.get(*name));
    match named? {
        Value::String(text) => Some(text.clone()),
        // FastAPI: only place and message of each entry, as `input` echoes the whole request.
        Value::Array(entries) => Some(entries.iter().map(entry).collect::<Vec<_>>().join("; ")),
        nested @ Value::Object(_) => message(nested),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn entry(entry: &Value) -> String {
    let place: Vec<_> = entry
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    let text = entry.get("msg").and_then(Value::as_str).unwrap_or_default();
    format!("{}: {text}", place.join("."))
}

fn codes(error: &Value) -> String {
    let inner = error.get("innererror").or_else(|| error.get("inner_error"));
    let own = ["type", "code", "param", "status"].iter().filter_map(|name| error.get(*name));
    own.chain(inner.and_then(|inner| inner.get("code")))
        .filter_map(Value::as_str)
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

fn status(code: &Value) -> Option<u16> {
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> String {
        Fault::read(body.as_bytes()).said
    }

    #[test]
    fn the_message_is_found_in_every_known_shape() {
        for body in [
            r#"{"error":{"message":"no such model","type":"x","param":null,"code":400}}"#,
            r#"{"object":"error","message":"no such model","code":400}"#,
            r#"{"error":"no such model"}"#,
            r#"[{"error":{"message":"no such\n model","code":400}}]"#,
            r#"{"detail":"no such model"}"#,
            r#"{"error":{"message":{"detail":"no such model"}}}"#,
            r#""no such model""#,
            "no such model",
        ] {
            assert_eq!(said(body), "no such model", "{body}");
        }
    }

    #[test]
    fn the_prompt_echoed_by_a_validation_error_is_not_shown() {
        let body =
            r#"{"detail":[{"loc":["body","messages",0],"msg":"too short","input":"secret"}]}"#;
        assert_eq!(said(body), "body.messages.0: too short");
    }

    #[test]
    fn a_page_or_an_empty_body_is_named_as_such() {
        assert_eq!(said(" <!DOCTYPE html><p>no"), "an HTML page instead of JSON");
        assert_eq!(said(""), "nothing more");
        assert_eq!(said("{}"), "nothing more");
    }

    #[test]
    fn codes_are_gathered_whatever_their_type_or_depth() {
        let azure = Fault::read(
            br#"{"error":{"code":"content_filter","status":400,"param":"prompt",
                "innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        );
        assert_eq!(azure.codes, "content_filter prompt responsibleaipolicyviolation");
        assert_eq!(azure.status, Some(400));
        assert_eq!(Fault::read(br#"{"error":{"code":"429"}}"#).status, Some(429));
        assert_eq!(Fault::read(br#"{"error":{"code":7}}"#).status, None);
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), SHOWN + 1);
    }
}
