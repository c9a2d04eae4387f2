//! The shipped policies, held to what the demo and the tutorial promise of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic; the lints only spare #[test] functions, not their helpers"
)]

use std::fs;
use std::path::Path;
use titer::diag;
use titer::diag::Color;
use titer::diag::Source;
use titer::policy;
use titer::policy::Policy;

const SCHEMA_LINE: &str = "# yaml-language-server: $schema=../schemas/policy.json";

/// Returns every policy of `policies/` with its file's stem and text; a mistake or a warning in one fails the test.
fn shipped() -> Vec<(String, String, Policy)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| parsed(path)).collect()
}

fn parsed(path: &Path) -> (String, String, Policy) {
    let text = fs::read_to_string(path).unwrap();
    let source = Source::new(&path.display().to_string(), &text);
    let (policy, found) =
        policy::parse(&source).unwrap_or_else(|found| panic!("{}", shown(&found, &source)));
    assert!(found.is_empty(), "{}", shown(&found, &source));
    (path.file_stem().unwrap().to_string_lossy().into_owned(), text, policy)
}

fn shown(found: &[diag::Diagnostic], source: &Source) -> String {
    diag::text(found, std::slice::from_ref(source), Color::Plain)
}

#[test]
fn every_shipped_policy_parses_without_a_warning_under_its_own_name() {
    let names: Vec<_> = shipped().into_iter().map(|(stem, _, policy)| (stem, policy.id)).collect();
    let expected = ["dangerous-activities", "harassment", "spam-scam"];
    assert_eq!(names, expected.map(|name| (name.to_owned(), name.to_owned())));
}

#[test]
fn every_shipped_policy_shows_the_language_in_use() {
    for (stem, text, policy) in shipped() {
        assert_eq!(text.lines().next(), Some(SCHEMA_LINE), "{stem}");
        let violating = policy.labels.iter().filter(|label| label.severity > 0);
        let n_criteria: usize = violating.clone().map(|label| label.includes.len()).sum();
        assert!(violating.count() >= 2 && n_criteria >= 4, "{stem}");
        assert!(policy.labels.iter().any(|label| !label.excludes.is_empty()), "{stem}");
        assert!(policy.exceptions.iter().any(|exception| exception.unless.is_some()), "{stem}");
        assert!(policy.abstains("insufficient-context"), "{stem}");
        assert!(policy.examples.len() >= 6, "{stem}");
    }
}

#[test]
fn every_label_and_abstention_has_an_example() {
    for (stem, _, policy) in shipped() {
        for label in &policy.labels {
            assert!(
                policy.examples.iter().any(|example| example.label == label.id),
                "{stem}: {}",
                label.id
            );
        }
        assert!(policy.examples.iter().any(|example| policy.abstains(&example.label)), "{stem}");
    }
}

#[test]
fn all_shipped_policies_accept_the_same_units() {
    let policies = shipped();
    for (stem, _, policy) in &policies {
        assert_eq!(policy.components, policies[0].2.components, "{stem}");
    }
}

#[test]
fn every_criterion_and_exception_stands_in_the_precedence() {
    for (stem, _, policy) in shipped() {
        for rule in policy.rule_ids() {
            assert!(policy.precedence.iter().any(|id| id == rule), "{stem}: {rule}");
        }
    }
}
