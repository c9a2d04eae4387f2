//! The first complete JSON object in a model's text, whatever stands around it.

use serde_json::Map;
use serde_json::Value;

/// Returns the first complete JSON object in the text.
///
/// Text before and after it, code fences and trailing commas are allowed; a cut-off object is not completed.
pub(super) fn first_object(text: &str) -> Option<Map<String, Value>> {
    if let Ok(Value::Object(whole)) = serde_json::from_str(text) {
        return Some(whole);
    }
    text.match_indices('{').take(MOST_STARTS).find_map(|(start, _)| {
        let end = closing(&text[start..])?;
        let candidate = &text[start..=start + end];
        let parsed = serde_json::from_str(candidate)
            .or_else(|_| serde_json::from_str(&without_trailing_commas(candidate)));
        match parsed {
            Ok(Value::Object(object)) => Some(object),
            Ok(_) | Err(_) => None,
        }
    })
}

/// How many opening braces are tried, so that hostile text cannot make the search quadratic.
const MOST_STARTS: usize = 64;

/// Returns the byte index of the brace that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Drops commas that stand before a closing bracket, outside strings.
fn without_trailing_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character == '"' {
            in_string = true;
        } else if character == ',' && text[at + 1..].trim_start().starts_with(['}', ']']) {
            continue;
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, label: Option<&str>) {
        let found = first_object(text);
        let found = found.as_ref().and_then(|object| object.get("label")).and_then(Value::as_str);
        assert_eq!(found, label, "{text}");
    }

    #[test]
    fn an_object_is_found_in_what_models_really_send() {
        check(r#"{"label":"a"}"#, Some("a"));
        check("```json\n{\"label\":\"a\"}\n```", Some("a"));
        check(r#"Sure! {"label":"a",} Hope that helps {"label":"b"}"#, Some("a"));
        check(r#"{"label":"a"}{"label":"b"}"#, Some("a"));
        check(r#"{ not json } {"label":"a"}"#, Some("a"));
        check(r#"{"because":"a } in a string, ]","label":"a"}"#, Some("a"));
        check(r#"{"because":"an escaped \" quote }","label":"a",}"#, Some("a"));
    }

    #[test]
    fn a_cut_off_object_is_not_completed() {
        check(r#"{"label":"a""#, None);
        check("```j", None);
        check("", None);
        check("}{", None);
    }

    #[test]
    fn many_opening_braces_end_quickly() {
        check(&"{".repeat(1_000_000), None);
    }
}
