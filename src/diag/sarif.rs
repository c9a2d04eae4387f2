//! Diagnostics as a SARIF 2.1.0 log, which code hosts and editors read.

use super::Diagnostic;
use super::Place;
use serde_json::Value;
use serde_json::json;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Returns the diagnostics as one SARIF log with one run; columns count characters.
///
/// `page` gives the Markdown page of a code, whose head is its title; a rule without one has its id alone.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], page: impl Fn(&str) -> Option<String>) -> Value {
    let mut codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, &codes)).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code, page(code))).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "titer",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A code with its title and page, which code hosts show beside a result.
fn rule(code: &str, page: Option<String>) -> Value {
    let Some(page) = page else { return json!({"id": code}) };
    let head = page.lines().next().unwrap_or_default();
    let title = head.split_once(": ").map_or(head, |(_, title)| title);
    json!({
        "id": code,
        "shortDescription": {"text": title},
        "help": {"text": page, "markdown": page},
    })
}

fn result(diagnostic: &Diagnostic, codes: &[&str]) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": diagnostic.severity.name(),
        "message": {"text": diagnostic.prose()},
        "locations": [{"physicalLocation": location(&diagnostic.place)}],
    });
    let related = |(at, related): (usize, &super::Related)| {
        json!({
            "id": at + 1,
            "message": {"text": related.label},
            "physicalLocation": location(&related.place),
        })
    };
    let related: Vec<Value> = diagnostic.related.iter().enumerate().map(related).collect();
    if let Some(object) = result.as_object_mut().filter(|_| !related.is_empty()) {
        object.insert("relatedLocations".into(), related.into());
    }
    result
}

fn location(place: &Place) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&place.source)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

/// A path as a URI reference: relative stays relative, so that a log can move to another machine.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let encoded: String = path
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    #[test]
    fn every_place_and_code_is_in_the_log() {
        let source = Source::new("my policies/é.yaml", "a: 1\nb: é2\na: 3\n");
        let found = [
            Diagnostic::error("T002", source.place(8..11), "too small").hint("write 3"),
            Diagnostic::warning("T001", source.place(12..13), "again")
                .related(source.place(0..1), "first here"),
        ];
        let page =
            |code: &str| (code == "T002").then(|| "# T002: too little\n\nMore.\n".to_owned());
        let log = sarif(&found, page);
        let run = &log["runs"][0];
        let text = "# T002: too little\n\nMore.\n";
        let rules = json!([{"id": "T001"}, {
            "id": "T002",
            "shortDescription": {"text": "too little"},
            "help": {"text": text, "markdown": text},
        }]);
        assert_eq!(run["tool"]["driver"]["rules"], rules);
        let result = &run["results"][0];
        assert_eq!((&result["ruleIndex"], &result["level"]), (&json!(1), &json!("error")));
        assert_eq!(result["message"]["text"], "too small\nhint: write 3");
        assert_eq!(result["relatedLocations"], Value::Null);
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "my%20policies/%C3%A9.yaml");
        let region = json!({"startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 6});
        assert_eq!(location["region"], region);
        let related = &run["results"][1]["relatedLocations"][0];
        assert_eq!(
            (&related["id"], &related["message"]["text"]),
            (&json!(1), &json!("first here"))
        );
    }

    #[test]
    fn nothing_found_is_a_run_without_results() {
        let log = sarif(&[], |_| None);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn absolute_paths_are_file_addresses() {
        assert_eq!(uri("/a b.yaml"), "file:///a%20b.yaml");
        assert_eq!(uri(r"policies\a.yaml"), "policies/a.yaml");
    }
}
