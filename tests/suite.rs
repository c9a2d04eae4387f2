//! The corpus of policies: one mistake a file, the expected diagnostics beside it.
//!
//! `TITER_WRITE_EXPECTED=1 cargo test --test suite` rewrites the expected files; read the
//! difference before committing it.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::LazyLock;
use titer::diag::Color;
use titer::diag::Diagnostic;
use titer::diag::Place;
use titer::diag::Source;
use titer::eval::suite;
use titer::policy;
use titer::policy::LintSettings;
use titer::policy::Reader;

static READER: LazyLock<Reader> = LazyLock::new(Reader::prepare);

fn corpus(folder: &str) -> Vec<(PathBuf, Source)> {
    let folder = Path::new("tests/suite").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let source = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = Source::decode(&name, &fs::read(&path).unwrap()).unwrap();
        (path, source)
    };
    files.into_iter().map(source).collect()
}

fn diagnostics(source: &Source) -> Vec<Diagnostic> {
    match policy::parse_with(source, &imported(source)) {
        Ok((_, warnings)) => warnings,
        Err(found) => found,
    }
}

/// The files a policy imports, which stand beside those of the corpus.
fn imported(source: &Source) -> BTreeMap<String, Source> {
    let read = |path: String| {
        let text = fs::read_to_string(Path::new("tests/suite/policy").join(&path)).ok()?;
        Some((path.clone(), Source::new(&path, &text)))
    };
    policy::imports(source).into_iter().filter_map(|import| read(import.path)).collect()
}

/// `line:column severity[code] message`, then what stands under the place and the hint; places in
/// another file begin with its name.
fn expected_form(found: &[Diagnostic], source: &Source) -> String {
    let shown = |place: &Place| {
        let file =
            if *place.source == *source.name() { "" } else { &*format!("{}:", place.source) };
        format!("{file}{}:{}", place.line, place.column)
    };
    found
        .iter()
        .map(|diagnostic| {
            let Diagnostic { place, code, severity, message, label, related, hint } = diagnostic;
            let mut text = format!("{} {}[{code}] {message}\n", shown(place), severity.name());
            if !label.is_empty() {
                text += &format!("    {label}\n");
            }
            for related in related {
                text += &format!("    {} {}\n", shown(&related.place), related.label);
            }
            if let Some(hint) = hint {
                text += &format!("    = {hint}\n");
            }
            text
        })
        .collect()
}

#[test]
fn every_mistake_is_reported_as_expected() {
    hold_to_expected("policy", diagnostics);
}

#[test]
fn every_mistake_of_a_suite_is_reported_as_expected() {
    hold_to_expected("eval", of_suite);
}

#[test]
fn every_remark_is_made_as_expected() {
    hold_to_expected("lint", remarks);
}

fn of_suite(source: &Source) -> Vec<Diagnostic> {
    suite::read(source).map_or_else(|found| found, |checked| checked.warnings)
}

fn remarks(source: &Source) -> Vec<Diagnostic> {
    let settings = LintSettings::everything();
    match policy::Reader::prepare().read(source, &imported(source)) {
        Ok(checked) => {
            let lint = policy::lint(&checked, &settings);
            checked.warnings.into_iter().chain(lint).collect()
        }
        Err(found) => found,
    }
}

/// Compares what is found in each file of a folder with what is expected of it.
fn hold_to_expected(folder: &str, diagnostics: impl Fn(&Source) -> Vec<Diagnostic>) {
    let write = env::var_os("TITER_WRITE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for (path, source) in corpus(folder) {
        let found = diagnostics(&source);
        let actual = expected_form(&found, &source);
        let expected_path = path.with_extension("expected");
        if write {
            fs::write(&expected_path, &actual).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        let alone = path.to_str().unwrap().contains("several") || found.len() == 1;
        if actual != expected || !alone || actual.is_empty() {
            let shown = titer::diag::text(&found, &[source], Color::Plain);
            wrong.push(format!("{}\n{shown}\nexpected:\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_shows_every_documented_code_of_meaning() {
    let shown: BTreeSet<&str> = corpus("policy")
        .iter()
        .flat_map(|(_, source)| diagnostics(source))
        .map(|diagnostic| diagnostic.code)
        .filter(|code| code.starts_with('P'))
        .collect();
    let page = fs::read_to_string("docs/policy-diagnostics.md").unwrap();
    let page = page.split("## Versions and files").next().unwrap();
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `P")?.split('`').next())
        .filter_map(|number| shown.iter().copied().find(|code| code.get(1..) == Some(number)))
        .collect();
    let rows = page.lines().filter(|line| line.starts_with("| `P")).count();
    assert_eq!(documented, shown);
    assert_eq!(rows, shown.len(), "a documented code has no file in the corpus");
}

#[test]
fn the_corpus_shows_every_code_that_a_text_alone_can_have() {
    let all = |folder, of: fn(&Source) -> Vec<Diagnostic>| {
        corpus(folder).into_iter().flat_map(move |(_, source)| of(&source)).map(|found| found.code)
    };
    let shown: BTreeSet<&str> = all("policy", diagnostics)
        .chain(all("eval", of_suite))
        .chain(all("lint", remarks))
        .collect();
    // What these are about is not in one text: bytes, titer itself, a project, gold, the last labeled version.
    let elsewhere = ["E008", "E009", "L012", "P040", "P041", "P090", "Y002", "Y020"].into_iter();
    let known: BTreeSet<&str> = policy::explained().chain(suite::explained()).collect();
    assert_eq!(shown.iter().copied().chain(elsewhere).collect::<BTreeSet<_>>(), known);
    assert!(corpus("policy").len() >= 80, "{}", corpus("policy").len());
}

#[test]
fn valid_suites_have_nothing_to_say() {
    for (path, source) in corpus("valid-eval") {
        assert_eq!(of_suite(&source), [], "{}", path.display());
    }
}

#[test]
fn valid_policies_have_nothing_to_say() {
    for (path, source) in corpus("valid") {
        let (_, warnings) = policy::parse_with(&source, &imported(&source)).unwrap();
        assert_eq!(warnings, [], "{}", path.display());
    }
}

#[test]
fn every_diagnostic_names_its_file_and_renders() {
    for (path, source) in corpus("policy") {
        let name = source.name().to_owned();
        for diagnostic in diagnostics(&source) {
            let file = diagnostic.to_json()["file"].as_str().unwrap().to_owned();
            assert!(file == name || imported(&source).values().any(|other| other.name() == file));
            let text = titer::diag::text(
                std::slice::from_ref(&diagnostic),
                std::slice::from_ref(&source),
                Color::Plain,
            );
            let header = format!("--> {}", diagnostic.place);
            assert!(text.contains(&header), "{}: {header} in\n{text}", path.display());
        }
    }
}

/// Refuses a place that is not a piece of its text, and a format that does not show every diagnostic.
fn sound(found: &[Diagnostic], sources: &[Source]) -> Result<(), TestCaseError> {
    let related = found.iter().flat_map(|one| &one.related).map(|related| &related.place);
    for place in found.iter().map(|one| &one.place).chain(related) {
        let source = sources.iter().find(|source| source.name() == &*place.source);
        let text = source.and_then(|source| source.text().get(place.range.clone()));
        prop_assert!(text.is_some(), "{place:?} is not in the text");
        prop_assert!(place.line > 0 && place.column > 0, "{place:?}");
        let end = (place.end_line, place.end_column);
        prop_assert!((place.line, place.column) <= end, "{place:?}");
    }
    for color in [Color::Plain, Color::Ansi] {
        prop_assert_eq!(titer::diag::text(found, sources, color).is_empty(), found.is_empty());
    }
    prop_assert!(found.iter().all(|one| one.to_json().is_object()));
    prop_assert_eq!(titer::diag::github(found).lines().count(), found.len());
    let log = titer::diag::sarif(found);
    prop_assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(found.len()));
    Ok(())
}

/// What a policy is made of, and what breaks it.
const PIECES: &str = "(policy: p|version: 1.0.0|labels:|\\{default: true\\}|  bad: |definition: |includes: |\
    terms: |examples:|- unit: |label: bad|because: x|imports: |[\\[\\]{},:&*!|>'\"%@#?~-]|\
    [ \\t]|\\n|\\n  |\\r\\n|\u{feff}|\\x00|\u{85}|é|😀|e\u{301}|[a-c]){0,60}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_policy_or_a_list_of_mistakes_with_places(
        bytes in prop_oneof![vec(any::<u8>(), 0..200), PIECES.prop_map(String::into_bytes)],
    ) {
        let (found, source) = match Source::decode("t", &bytes) {
            Ok(source) => (READER.read(&source, &BTreeMap::new()).err(), source),
            Err(found) => (Some(found), Source::new("t", &String::from_utf8_lossy(&bytes))),
        };
        if let Some(found) = found {
            prop_assert!(!found.is_empty());
            sound(&found, &[source])?;
        }
    }

    #[test]
    fn a_policy_with_a_hole_is_a_policy_or_a_list_of_mistakes(
        cut in 0usize..2400,
        length in 0usize..40,
        patch in "[\\PC\\n]{0,12}",
    ) {
        let full = fs::read_to_string("tests/suite/valid/full.yaml").unwrap();
        let (start, end) = (full.floor_char_boundary(cut), full.floor_char_boundary(cut + length));
        let source = Source::new("t", &[&full[..start], &patch, &full[end..]].concat());
        let imported = imported(&source);
        let found = match READER.read(&source, &imported) {
            Ok(checked) => {
                prop_assert_eq!(policy::diff(&checked.policy, &checked.policy), []);
                policy::lint(&checked, &LintSettings::everything())
            }
            Err(found) => found,
        };
        let sources: Vec<Source> = imported.into_values().chain([source]).collect();
        sound(&found, &sources)?;
    }
}

#[test]
fn committed_schemas_are_those_of_the_parser() {
    for (file, schema) in [
        ("policy.json", policy::schema()),
        ("terms.json", policy::terms_schema()),
        ("suite.json", suite::schema()),
    ] {
        let path = Path::new("schemas").join(file);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if env::var_os("TITER_WRITE_EXPECTED").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{}", path.display());
    }
}
