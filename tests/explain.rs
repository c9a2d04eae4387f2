//! The pages of the diagnostics: each example is run, and each code has a page.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use titer::diag::Source;
use titer::eval::suite;
use titer::policy;
use titer::policy::Checked;
use titer::policy::LintSettings;
use titer::policy::Reader;
use titer::unit::Unit;

/// Codes whose mistake a page cannot show: another encoding, a fault of titer itself, two files.
const WITHOUT_EXAMPLES: [&str; 3] = ["P090", "Y002", "Y020"];

/// The examples of a page by the word after `yaml`.
fn examples(page: &str) -> BTreeMap<&str, &str> {
    let fences = page.split("\n```yaml ").skip(1);
    fences
        .map(|fence| {
            let (name, rest) = fence.split_once('\n').unwrap();
            (name, rest.split_once("```").unwrap().0)
        })
        .collect()
}

/// The codes an example gives, as a page of its kind is checked.
fn codes(reader: &Reader, code: &str, text: &str, page: &str) -> Vec<&'static str> {
    let mut imported: BTreeMap<String, Source> = examples(page)
        .into_iter()
        .filter(|(name, _)| name.contains('/'))
        .map(|(name, text)| (name.to_owned(), Source::new(name, text)))
        .collect();
    let source = Source::new("policy.yaml", text);
    imported.insert("policy.yaml".to_owned(), source.clone());
    let checked: Checked = match reader.read(&source, &imported) {
        Ok(checked) => checked,
        Err(found) => return found.iter().map(|one| one.code).collect(),
    };
    let mut found = checked.warnings.clone();
    if code.starts_with('L') {
        found.extend(policy::lint(&checked, &LintSettings::everything()));
    }
    if let Some(last) = examples(page).get("last") {
        let (last, _) = policy::parse(&Source::new("last.yaml", last)).unwrap();
        let broken = policy::immutable_ids(&last, &checked.policy);
        found.extend(broken.iter().map(|one| one.diagnostic(&checked.places)));
    }
    if let Some(gold) = examples(page).get("gold") {
        let units: Vec<Unit> = gold.lines().map(|line| Unit::text(line, &line[2..])).collect();
        let units: Vec<&Unit> = units.iter().collect();
        let settings = LintSettings::everything();
        found.extend(policy::lint_gold(&checked, &units, &settings));
    }
    found.iter().map(|one| one.code).collect()
}

#[test]
fn the_wrong_example_gives_exactly_its_code_and_the_right_one_nothing() {
    let reader = Reader::prepare();
    let mut said = Vec::new();
    for code in policy::explained() {
        let page = policy::explain(code).unwrap();
        let examples = examples(page);
        if WITHOUT_EXAMPLES.contains(&code) {
            assert!(examples.is_empty(), "{code}");
            continue;
        }
        let wrong = codes(&reader, code, examples["wrong"], page);
        let right = codes(&reader, code, examples["right"], page);
        if wrong != [code] || !right.is_empty() {
            said.push(format!("{code}: wrong gives {wrong:?}, right gives {right:?}"));
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}

/// The codes a suite gives in a project with two labelers, from the folder `eval/`.
fn suite_codes(text: &str) -> Vec<&'static str> {
    match suite::read(&Source::new("suite.yaml", text)) {
        Ok(checked) => {
            let found = checked.unknown(&["main", "small"], |path| path.starts_with("../"));
            checked.warnings.iter().chain(&found).map(|one| one.code).collect()
        }
        Err(found) => found.iter().map(|one| one.code).collect(),
    }
}

#[test]
fn the_wrong_suite_gives_exactly_its_code_and_the_right_one_nothing() {
    for code in suite::explained() {
        let page = suite::explain(&code.to_lowercase()).unwrap();
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        let examples = examples(page);
        assert_eq!(suite_codes(examples["wrong"]), [code], "{code}");
        assert_eq!(suite_codes(examples["right"]), [""; 0], "{code}");
    }
}

#[test]
fn every_code_has_a_page_and_stands_in_the_list() {
    let pages: BTreeSet<String> = policy::explained().map(str::to_owned).collect();
    let mut used = BTreeSet::from(["P090".to_owned()]);
    for folder in ["src/policy", "src/yaml"] {
        codes_in(Path::new(folder), &mut used);
    }
    assert_eq!(pages, used);
    let mut of_suites = BTreeSet::new();
    codes_in(Path::new("src/eval/suite"), &mut of_suites);
    assert_eq!(suite::explained().map(str::to_owned).collect::<BTreeSet<_>>(), of_suites);
    let list = fs::read_to_string("docs/policy-diagnostics.md").unwrap();
    for code in &of_suites {
        assert!(list.contains(&format!("| `{code}` |")), "{code} is not in the list");
    }
    for code in &pages {
        assert!(list.contains(&format!("| `{code}` |")), "{code} is not in the list");
        let page = policy::explain(&code.to_lowercase()).unwrap();
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
    }
    assert_eq!(policy::explain("P999"), None);
}

/// Every code a source file names.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_in(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let quoted = text.split('"').filter(|piece| {
            let mut letters = piece.chars();
            let first = letters.next();
            piece.len() == 4
                && first.is_some_and(|c| "EPYL".contains(c))
                && letters.all(|c| c.is_ascii_digit())
        });
        codes.extend(quoted.map(str::to_owned));
    }
}
