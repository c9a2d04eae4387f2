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
use titer::policy::Criterion;
use titer::policy::Judging;
use titer::policy::Policy;
use titer::policy::PolicyTest;
use titer::unit::Component;
use titer::unit::Content;
use titer::unit::Unit;

const SCHEMA_LINE: &str = "# yaml-language-server: $schema=../schemas/policy.json";

/// Returns every policy of `policies/` with its file's stem and text; a mistake or a warning in one fails the test.
fn shipped() -> Vec<(String, String, Policy)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
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
    let expected = [
        "adult-sexual-content",
        "dangerous-activities",
        "harassment",
        "hate-speech",
        "health-misinformation",
        "search-results-safety",
        "self-harm",
        "spam-scam",
    ];
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
        assert!(!policy.terms.is_empty() && !policy.checks.is_empty(), "{stem}");
        assert!(!policy.exceptions.is_empty(), "{stem}");
        assert!(policy.examples.iter().all(|example| example.because.is_some()), "{stem}");
        assert!(policy.examples.len() >= 8 && policy.tests.len() >= 10, "{stem}");
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
fn every_abstain_reason_is_the_answer_to_an_example_or_a_test() {
    for (stem, _, policy) in shipped() {
        let examples = policy.examples.iter().map(|example| &example.label);
        let answers: Vec<_> =
            examples.chain(policy.tests.iter().map(|test| &test.expect)).collect();
        for reason in &policy.abstain {
            assert!(answers.contains(&&reason.id), "{stem}: nothing is answered {}", reason.id);
        }
    }
}

#[test]
fn no_exclusion_stands_above_an_inclusion_of_a_graver_label() {
    for (stem, _, policy) in shipped() {
        let place = |id: &str| policy.precedence.iter().position(|rule| rule == id);
        for mild in &policy.labels {
            for Criterion { id: exclusion, .. } in &mild.excludes {
                let graver = policy.labels.iter().filter(|label| label.severity >= mild.severity);
                for Criterion { id, .. } in graver.flat_map(|label| &label.includes) {
                    let frees =
                        exclusion != "contempt.self-reference" || !id.starts_with("contempt.");
                    assert!(
                        !frees || place(id) < place(exclusion),
                        "{stem}: {exclusion} frees {id}"
                    );
                }
            }
        }
    }
}

/// Whether the test asks for the criterion under its own label.
fn includes(test: &PolicyTest, label: &str, criterion: &str) -> bool {
    test.expect == label && test.criteria.iter().any(|cited| cited == criterion)
}

#[test]
fn every_violating_criterion_has_a_test_and_right_after_it_a_near_miss() {
    for (stem, _, policy) in shipped() {
        for label in policy.labels.iter().filter(|label| label.severity > 0) {
            for Criterion { id, .. } in &label.includes {
                let paired = policy.tests.windows(2).any(|pair| {
                    includes(&pair[0], &label.id, id) && policy.severity(&pair[1].expect) == Some(0)
                });
                assert!(paired, "{stem}: {id}");
            }
        }
    }
}

#[test]
fn every_rule_decides_an_example_or_a_test_and_leads_to_its_own_label() {
    for (stem, _, policy) in shipped() {
        let examples = policy.examples.iter().map(|example| (&example.label, &example.criteria));
        let tests = policy.tests.iter().map(|test| (&test.expect, &test.criteria));
        let cases: Vec<_> = examples.chain(tests).collect();
        for rule in policy.rule_ids() {
            let mut citing = cases.iter().filter(|(_, cited)| cited.iter().any(|id| id == rule));
            assert!(citing.clone().next().is_some(), "{stem}: nothing cites {rule}");
            assert!(citing.all(|(label, _)| leads_to(&policy, rule, label)), "{stem}: {rule}");
        }
    }
}

/// Whether a case the rule decides may have the label.
fn leads_to(policy: &Policy, rule: &str, label: &str) -> bool {
    if let Some(exception) = policy.exceptions.iter().find(|exception| exception.id == rule) {
        return exception.then == label;
    }
    let owner = policy.labels.iter().find(|owner| rule.starts_with(&format!("{}.", owner.id)));
    let owner = owner.unwrap();
    let includes = owner.includes.iter().any(|criterion| criterion.id == rule);
    includes == (owner.id == label)
}

#[test]
fn every_text_policy_accepts_the_same_units() {
    let policies = shipped();
    let texts = policies.iter().filter(|(stem, _, _)| stem != "search-results-safety");
    for (stem, _, policy) in texts {
        assert_eq!(policy.components, policies[0].2.components, "{stem}");
    }
}

/// Returns the parts of every example and test of a policy.
fn units_of(policy: &Policy) -> impl Iterator<Item = &Vec<Component>> {
    let examples = policy.examples.iter().map(|example| &example.components);
    examples.chain(policy.tests.iter().map(|test| &test.components))
}

#[test]
fn every_shipped_policy_accepts_the_units_of_its_own_examples_and_tests() {
    for (stem, _, policy) in shipped() {
        for components in units_of(&policy) {
            let unit = Unit { components: components.clone(), ..Unit::text("case", "") };
            assert_eq!(policy.check_unit(&unit), Ok(()), "{stem}: {components:?}");
            let judged = policy.components.iter().filter(|rule| rule.judge == Judging::Judged);
            let mut roles = judged.map(|rule| rule.role.as_str());
            let has = |role| components.iter().any(|component| component.role == role);
            assert!(roles.any(has), "{stem}: nothing to judge in {components:?}");
        }
    }
}

#[test]
fn every_picture_a_shipped_policy_names_lies_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut n_pictures = 0;
    for (stem, _, policy) in shipped() {
        for component in units_of(&policy).flatten() {
            if let Content::Image(reference) = &component.content {
                assert!(folder.join(reference).is_file(), "{stem}: {reference}");
                n_pictures += 1;
            }
        }
    }
    assert!(n_pictures > 0, "no policy shows a picture");
}

#[test]
fn every_criterion_and_exception_stands_in_the_precedence() {
    for (stem, _, policy) in shipped() {
        for rule in policy.rule_ids() {
            assert!(policy.precedence.iter().any(|id| id == rule), "{stem}: {rule}");
        }
    }
}
