//! The first complete JSON object in a model's text, whatever stands around it.

use serde_json::Map;
use serde_json::Value;

/// Returns the first complete JSON object in the text.
///
/// Text before and after it, code fences, trailing commas and raw line breaks in strings are allowed. A cut-off
/// object is not completed, and a part of an object that cannot be read is never taken for the whole.
pub(super) fn first_object(text: &str) -> Option<Map<String, Value>> {
    if let Ok(Value::Object(whole)) = serde_json::from_str(text) {
        return Some(whole);
    }
    first_object_at(text).map(|(_, object)| object)
}

/// Returns the first complete JSON object in the text, with the byte it starts at.
pub(super) fn first_object_at(text: &str) -> Option<(usize, Map<String, Value>)> {
    let mut from = 0;
    for tried in 0..MOST_STARTS {
        let start = from + text.get(from..)?.find('{')?;
        let rest = &text[start..];
        let Some(end) = closing(rest) else {
            if begins_object(rest) {
                return None;
            }
            from = start + 1;
            continue;
        };
        let whole = tried == 0 || !continues(&text[..start]);
        if let Some(object) = whole.then(|| parsed(&rest[..=end])).flatten() {
            return Some((start, object));
        }
        from = start + end + 1;
    }
    None
}

/// Parses an object as it stands, or else mended.
fn parsed(candidate: &str) -> Option<Map<String, Value>> {
    let value =
        serde_json::from_str(candidate).or_else(|_| serde_json::from_str(&mended(candidate)));
    value.ok()
}

/// Whether what follows an opening brace can be the inside of an object; cut off right there, it can.
fn begins_object(text: &str) -> bool {
    let inside = text.strip_prefix('{').unwrap_or(text).trim_start();
    inside.is_empty() || inside.starts_with('"')
}

/// Whether a value after this text would be a part of a list or object: where a stray quote ends an object too
/// early, its parts stand outside it.
fn continues(before: &str) -> bool {
    let before = before.trim_end();
    let named = |name: &str| name.trim_end().ends_with(['"', '\'']);
    before.ends_with(['[', ',']) || before.strip_suffix(':').is_some_and(named)
}

/// Returns the byte at which a property's value starts, in the object that starts at `object`.
pub(super) fn value_of(text: &str, object: usize, property: &str) -> Option<usize> {
    let skip = |at: usize| Some(at + text.get(at..)?.len() - text.get(at..)?.trim_start().len());
    let starts = |at: usize, with: char| text.get(at..).is_some_and(|rest| rest.starts_with(with));
    let mut at = if starts(object, '{') { object + 1 } else { return None };
    loop {
        at = skip(at)?;
        at = if starts(at, ',') { skip(at + 1)? } else { at };
        let name_end = string_end(text, at)?;
        let name: String = serde_json::from_str(&text[at..name_end]).ok()?;
        at = skip(name_end)?;
        at = if starts(at, ':') { skip(at + 1)? } else { return None };
        if name == property {
            return Some(at);
        }
        at = value_end(text, at)?;
    }
}

/// Returns the byte after the string that starts here.
fn string_end(text: &str, start: usize) -> Option<usize> {
    let inside = text.get(start..)?.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(start + end + 2)
}

/// Returns the byte after the value that starts here.
fn value_end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    match rest.chars().next()? {
        '"' => string_end(text, start),
        '{' => Some(start + closing(rest)? + 1),
        '[' => {
            let (mut at, mut depth) = (start, 0usize);
            loop {
                match text.get(at..)?.chars().next()? {
                    '"' => at = string_end(text, at)?,
                    open => {
                        depth += usize::from(open == '[');
                        depth -= usize::from(open == ']');
                        at += open.len_utf8();
                    }
                }
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => Some(start + rest.find([',', '}', ']']).unwrap_or(rest.len())),
    }
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

/// Drops commas that stand before a closing bracket, and escapes raw control characters in strings.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        if in_string && character < ' ' {
            if escaped {
                out.pop(); // the backslash: the escape below has its own
            }
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
            escaped = false;
            continue;
        }
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
    fn a_value_is_found_where_it_starts() {
        let text = r#"x {"a": [1, "]\"", [2]], "b\u0065": {"label": 3}, "c" : true ,"label":"y"}"#;
        let object = text.find('{').unwrap();
        let value = |object, name| value_of(text, object, name).map(|at| &text[at..]);
        assert_eq!(value(object, "label"), Some("\"y\"}"));
        let inner = value_of(text, object, "be").unwrap();
        assert!(value(inner, "label").unwrap().starts_with('3'));
        assert_eq!(value(object, "missing"), None);
        assert_eq!(value(0, "label"), None);
    }

    #[test]
    fn a_cut_off_object_is_not_completed() {
        check(r#"{"label":"a""#, None);
        check("```j", None);
        check("", None);
        check("}{", None);
    }

    #[test]
    fn a_part_of_an_object_is_never_the_answer() {
        let part = r#"{"components":[{"n":1,"label":"allowed","criteria":[]},"#;
        check(&format!(r#"{part}{{"n":2,"label":"violating","crit"#), None);
        check(&format!(r#"{part}{{"n":2}}],"because":"5" pipe","label":"b"}}"#), None);
        check(&format!(r#"{part}{{"n":2}}],"because":"a "q" }} b","label":"b"}}"#), None);
        check(&format!(r#"{part}] "label":"b"}}"#), None);
        check(r#"{components: [{"n":1,"label":"a"},"#, None);
        check(r#"{"because":"see "}" and","components":[{"label":"a"}],"label":"b"}"#, None);
        check(r#"{"a":{"because":"see "}" and","label":"x"},"b":{"label":"y"}}"#, None);
        check(r#"{"spam":{"label":"a"},"insults":{"lab"#, None);
    }

    #[test]
    fn an_object_after_one_that_cannot_be_read_is_found() {
        check(r#"{"label": ...}. Answer: {"label":"a"}"#, Some("a"));
        check(r#"The set {x, y is open. {"label":"a"}"#, Some("a"));
        check(r#"{{"label":"a"} "#, Some("a"));
    }

    #[test]
    fn raw_control_characters_stand_in_strings() {
        let text = "{\"components\":[{\"label\":\"b\"}],\"because\":\"one\ntwo\t\\\nthree\",\"label\":\"a\",\n}";
        check(text, Some("a"));
        assert_eq!(first_object(text).unwrap()["because"], "one\ntwo\t\nthree");
    }

    #[test]
    fn many_opening_braces_end_quickly() {
        check(&"{".repeat(1_000_000), None);
    }
}
