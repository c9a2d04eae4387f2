//! YAML text to a JSON value within limits, or the reason it cannot be read.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the matched enums are a library's: a variant added there falls back to its own text"
)]

use super::places::Objection;
use super::places::Places;
use super::structure::shortened;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Source;
use serde_json::Value;
use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::options::MergeKeyPolicy;

/// The most bytes a file of rules may have.
pub const MOST_BYTES: usize = 4 << 20;
/// The deepest nesting of lists and maps.
const MOST_DEPTH: usize = 32;

/// Reads a source into a value and the places of its parts, whatever its structure.
///
/// # Errors
///
/// Text that is not YAML or goes beyond a limit (`Y001` to `Y009`).
pub fn read(source: &Source) -> Result<(Value, Places), Vec<Diagnostic>> {
    if source.text().len() > MOST_BYTES {
        let message = format!("the file has more than {} MiB", MOST_BYTES >> 20);
        let hint = "a file of rules is text for people: split it, or keep data in JSONL or CSV";
        return Err(vec![Diagnostic::error("Y003", source.place(0..0), message).hint(hint)]);
    }
    let options = options();
    let parsed = serde_saphyr::from_str_with_options::<Value>(source.text(), options);
    let duplicate = matches!(parsed, Err(Error::DuplicateMappingKey { .. }));
    match parsed {
        Err(error) if !duplicate => Err(vec![refused(source, &error)]),
        parsed => with_places(source, parsed),
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 1_000,
        },
        budget: serde_saphyr::budget! {
            max_nodes: 50_000,
            max_depth: MOST_DEPTH,
            flow_nesting_limit: MOST_DEPTH,
            max_aliases: 1_000,
            max_documents: 1,
            max_total_scalar_bytes: MOST_BYTES,
        },
    }
}

fn with_places(
    source: &Source,
    parsed: Result<Value, Error>,
) -> Result<(Value, Places), Vec<Diagnostic>> {
    let (places, objections) = match Places::read(source, MOST_DEPTH + 1) {
        Ok(read) => read,
        Err(error) => {
            let place = source.place(error.marker().byte_offset().map_or(0..0, |at| at..at + 1));
            return Err(vec![syntax(Diagnostic::error("Y001", place, error.info().to_string()))]);
        }
    };
    if !objections.is_empty() {
        return Err(objections.iter().map(object).collect());
    }
    match parsed {
        Ok(Value::Null) => {
            let message = "the file holds no YAML";
            let hint = "it is empty, or all of it is comments";
            Err(vec![Diagnostic::error("Y001", source.place(0..0), message).hint(hint)])
        }
        Ok(value) => Ok((value, places)),
        Err(error) => Err(vec![refused(source, &error)]),
    }
}

fn object(objection: &Objection) -> Diagnostic {
    match objection {
        Objection::Duplicate { key, first, again } => {
            let message = format!("the key `{}` stands twice in one map", shortened(key));
            Diagnostic::error("Y004", again.clone(), message)
                .label("again here")
                .related(first.clone(), "first here")
                .hint("join the two, or rename one")
        }
        Objection::Tag(place) => {
            let message = "tags (`!name`) are not part of this format";
            Diagnostic::error("Y005", place.clone(), message)
                .hint("remove the tag; text that begins with `!` needs quotes")
        }
    }
}

/// What the parser did not accept, as a diagnostic.
fn refused(source: &Source, error: &Error) -> Diagnostic {
    let place = place_of(source, error);
    if let Some(limit) = limit(error) {
        return Diagnostic::error("Y003", place, limit)
            .hint("a file of rules needs few and shallow lists and maps, and hardly an alias");
    }
    if let Some((what, hint)) = not_part_of_the_format(error) {
        return Diagnostic::error("Y005", place, what).hint(hint);
    }
    if let Error::RecursiveReferencesRequireWeakTypes { .. } = error {
        let message = "an alias (`*name`) stands inside the list or map it refers to";
        return Diagnostic::error("Y001", place, message).hint("write the value out");
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default().trim_start_matches("error: ");
    let text = text.trim_end_matches(" rejected by the configured policy");
    if text.starts_with("tabs disallowed") {
        return Diagnostic::error("Y001", tab(source, place), "a tab cannot indent")
            .hint("indent with spaces, two for each level; most editors turn tabs into spaces");
    }
    let text = match text {
        "mapping values are not allowed in this context" => {
            "a colon followed by a space starts a map, and none can stand here"
        }
        "alias references unknown anchor" => "text that begins with `*` refers to nothing",
        other => other,
    };
    syntax(Diagnostic::error("Y001", place, cut(text)))
}

/// The tab that indents the line of this place; the parser names what comes after it.
fn tab(source: &Source, place: Place) -> Place {
    let (before, after) = source.text().split_at(place.range.start);
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = after.find(['\n', '\r']).map_or(source.text().len(), |at| before.len() + at);
    let line = source.text().get(start..line).unwrap_or_default();
    let indentation = line.len() - line.trim_start().len();
    let first = line.get(..indentation).and_then(|spaces| spaces.find('\t'));
    let last = || source.text().get(start..place.range.start)?.rfind('\t');
    match first.or_else(last) {
        Some(at) => source.place(start + at..start + at + 1),
        None => place,
    }
}

/// What the parser says may quote a value whole.
fn cut(text: &str) -> String {
    const MOST_CHARS: usize = 200;
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn limit(error: &Error) -> Option<String> {
    if let Error::AliasError { error, .. } = error {
        return limit(error);
    }
    let aliases = matches!(
        error,
        Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. }
            | Error::AliasReplayCounterOverflow { .. }
    );
    if aliases {
        return Some("aliases (`*name`) unfold to too much".into());
    }
    if error.to_string().starts_with("recursion limit exceeded") {
        return Some(too_deep());
    }
    let Error::Budget { breach, .. } = error else { return None };
    Some(match breach {
        BudgetBreach::Documents { .. } => return None,
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            "the file has too many keys and values".into()
        }
        _ => "the file goes beyond a limit on aliases, anchors or comments".into(),
    })
}

fn too_deep() -> String {
    format!("lists and maps are nested more than {MOST_DEPTH} deep")
}

fn not_part_of_the_format(error: &Error) -> Option<(&'static str, &'static str)> {
    match error {
        Error::MergeKeyNotAllowed { .. } => Some((
            "merge keys (`<<`) are not part of this format",
            "write the keys out: a reader should see them where they count",
        )),
        Error::MultipleDocuments { .. }
        | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => Some((
            "the file holds more than one YAML document",
            "keep one document a file: remove the line `---`",
        )),
        Error::NullIntoString { .. } | Error::Unexpected { expected: "string scalar", .. } => {
            Some(("a key must be text", "put the key in quotes, or write another"))
        }
        _ => None,
    }
}

fn syntax(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.hint(
        "check indentation, quotes and brackets just before this place; \
         text with `: ` or ` #` in it needs quotes or `>`",
    )
}

/// The parser gives bytes for values, and line and column only for what it could not scan.
fn place_of(source: &Source, error: &Error) -> Place {
    let Some(location) = error.location() else { return source.place(0..0) };
    let bytes = location.span().byte_offset().zip(location.span().byte_len());
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match bytes {
        Some((start, length)) if length > 0 => {
            source.place(number(start)..number(start.saturating_add(length)))
        }
        Some(_) | None => source.character(number(location.line()), number(location.column())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match read(&Source::new("t", text)) {
            Ok((value, _)) => value.to_string(),
            Err(found) => {
                let one =
                    |d: &Diagnostic| format!("{}:{} {}", d.place.line, d.place.column, d.code);
                found.iter().map(one).collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn only_true_and_false_are_truth_values() {
        check("a: no\nb: yes\nc: true\n", r#"{"a":"no","b":"yes","c":true}"#);
        check("%YAML 1.1\n---\na: no\n", r#"{"a":"no"}"#);
    }

    #[test]
    fn versions_and_dates_are_text() {
        check("a: 1.0.0\nb: 2026-11-01\n", r#"{"a":"1.0.0","b":"2026-11-01"}"#);
    }

    #[test]
    fn broken_yaml_has_a_place() {
        check("b: 1\na: [b\n", "2:4 Y001");
        check("é: b: c\n", "1:5 Y001");
        check("a: \"x\n", "1:4 Y001");
        check("a: @x\n", "1:4 Y001");
        check("a: *x\n", "1:4 Y001");
        check("a: .nan\n", "1:4 Y001");
        check("a: 1\r\nb:\r\n c: 1\r\n  d: 2\r\n", "4:4 Y001");
        check("", "1:1 Y001");
        check("# only a comment\n", "1:1 Y001");
    }

    #[test]
    fn a_tab_that_indents_is_named_where_it_stands() {
        check("a:\n\tb: 1\n", "2:1 Y001");
        check("a:\n  b:\n  \tc: 1\n    d: 2\n", "3:3 Y001");
        check("é:\r\n\tb: 1\r\n", "2:1 Y001");
    }

    #[test]
    fn what_hides_meaning_is_not_part_of_the_format() {
        check("a: &x {b: c}\nd: {<<: *x}\n", "2:5 Y005");
        check("a: !foo b\n", "1:4 Y005");
        check("a: !!int 2\n", "1:4 Y005");
        check("a: [!!int 2, {b: !<tag:yaml.org,2002:int> 3}]\n", "1:5 Y005 1:18 Y005");
        check("a: !!str &x b\nb: &y !!str c\n", "1:4 Y005 2:7 Y005");
        check("a: !!map\n  b: c\nd: !!str\n", "1:4 Y005 3:4 Y005");
        check("a: 1\n---\nb: 2\n", "2:1 Y005");
        check("? [a]\n: b\n", "1:3 Y005");
        check("~: b\n", "1:1 Y005");
    }

    #[test]
    fn all_duplicate_keys_are_reported() {
        check("a: 1\na: 2\nb: {c: 1, c: 2}\n", "2:1 Y004 3:11 Y004");
    }

    #[test]
    fn of_very_many_duplicate_keys_some_are_reported() {
        let text = format!("{{{}}}", "é: 1, ".repeat(5_000));
        let found = read(&Source::new("t", &text)).unwrap_err();
        assert_eq!(found.len(), 100);
    }

    #[test]
    fn a_message_quotes_the_beginning_of_a_long_value() {
        let key = format!("{0}: 1\n{0}: 2\n", "k".repeat(900));
        let number = format!("a: {}\n", "9".repeat(900));
        for text in [key, number] {
            let found = read(&Source::new("t", &text)).unwrap_err();
            assert!(found.iter().all(|one| one.message.len() < 300), "{found:?}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            laughs += &format!("a{level}: &a{level} [{aliases}]\n");
        }
        let deep: String = (0..5_000).map(|level| " ".repeat(level) + "a:\n").collect();
        let bombs = [
            (laughs, "Y003"),
            ("[".repeat(200_000), "Y003"),
            (deep.chars().take(4 << 20).collect(), "Y003"),
            (format!("a: [{}]", "1,".repeat(1_000_000)), "Y003"),
            ("x".repeat(5 << 20), "Y003"),
            ("a: &a [*a]\n".into(), "Y001"),
            ("---\n".repeat(1_000_000), "Y005"),
        ];
        for (bomb, code) in bombs {
            let found = read(&Source::new("t", &bomb)).unwrap_err();
            let start: String = bomb.chars().take(20).collect();
            assert_eq!(found.first().map(|first| first.code), Some(code), "{start}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ \\n\\[\\]{}:,&*!|>'\"%@#?~a-cé-]{0,80}") {
            match read(&Source::new("t", &text)) {
                Ok((_, places)) => prop_assert!(places.value("/a/b").line > 0),
                Err(found) => prop_assert!(!found.is_empty()),
            }
        }
    }
}
