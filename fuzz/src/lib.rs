//! What several targets need: prompts that are ready, diagnostics that must be sound, a file that is not on a disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;
use titer::diag;
use titer::diag::Color;
use titer::diag::Diagnostic;
use titer::diag::Place;
use titer::diag::Source;
use titer::policy;
use titer::policy::Policy;
use titer::prompt;
use titer::prompt::AnswerSettings;
use titer::prompt::Bundling;
use titer::prompt::Calls;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::Rung;
use titer::prompt::TokenCap;
use titer::reply::Answer;
use titer::reply::Outcome;
use titer::unit::Component;
use titer::unit::Content;
use titer::unit::Unit;

const POLICIES: [(&str, &str); 5] = [
    ("insults", include_str!("../../tests/prompt/insults.yaml")),
    ("link-spam", include_str!("../../tests/prompt/link-spam.yaml")),
    ("topics", include_str!("../../tests/prompt/topics.yaml")),
    ("asked", include_str!("../../tests/prompt/asked.yaml")),
    ("answers", include_str!("../../tests/prompt/answers.yaml")),
];

/// Every prompt the policies above make in every dialect, alone and together.
pub static PROMPTS: LazyLock<Vec<CompiledPrompt>> = LazyLock::new(|| {
    let policies: Vec<Arc<Policy>> =
        POLICIES.iter().map(|(name, text)| known(name, text)).collect();
    let mut sets: Vec<Vec<Arc<Policy>>> =
        policies.iter().map(|one| vec![Arc::clone(one)]).collect();
    sets.push(policies[..3].to_vec());
    let compiled: Vec<CompiledPrompt> = sets
        .iter()
        .flat_map(|set| Dialect::ALL.map(|dialect| prompt::compile(set.clone(), settings(dialect))))
        .filter_map(Result::ok)
        .collect();
    for dialect in Dialect::ALL {
        assert!(compiled.iter().any(|one| one.settings().dialect == dialect), "{dialect:?}");
    }
    compiled
});

fn known(name: &str, text: &str) -> Arc<Policy> {
    let parsed = policy::parse_with(&Source::new(name, text), &BTreeMap::new());
    Arc::new(parsed.unwrap_or_else(|found| panic!("{name}: {found:?}")).0)
}

/// The settings of a labeler that asks for everything a prompt can carry.
#[must_use]
pub fn settings(dialect: Dialect) -> PromptSettings {
    let json = matches!(dialect, Dialect::JsonChat | Dialect::GptOssSafeguard);
    PromptSettings {
        url: "http://127.0.0.1/v1".into(),
        model: "model".into(),
        dialect,
        template: None,
        rung: if dialect == Dialect::JsonChat { Rung::Schema } else { Rung::Text },
        bundling: Bundling::Unified,
        calls: Calls::PerUnit,
        answer: AnswerSettings {
            rationale_words: if json { 40 } else { 0 },
            confidence: json,
            abstain: json,
        },
        temperature: Some(0.0),
        seed: None,
        max_output_tokens: None,
        token_cap: TokenCap::MaxTokens,
        label_probability: false,
        reasoning_effort: None,
    }
}

/// A unit with the roles a policy asks for, each of them holding the text.
#[must_use]
pub fn unit(policies: &[Arc<Policy>], text: &str) -> Unit {
    let mut unit = Unit::text("u", text);
    let roles: Vec<&str> = policies
        .iter()
        .flat_map(|policy| policy.components.iter().map(|rule| rule.role.as_str()))
        .collect();
    if !roles.is_empty() {
        let component = |role: &&str| Component {
            role: (*role).to_owned(),
            content: Content::Text(text.to_owned()),
        };
        unit.components = roles.iter().map(component).collect();
    }
    unit
}

/// Refuses a diagnostic outside its text, and a format that does not show every diagnostic.
pub fn check_diagnostics(found: &[Diagnostic], sources: &[Source]) {
    for one in found {
        check_place(&one.place, sources);
        one.related.iter().for_each(|related| check_place(&related.place, sources));
        assert!(!one.message.is_empty() && one.to_json().is_object());
    }
    for color in [Color::Plain, Color::Ansi] {
        assert_eq!(diag::text(found, sources, color).is_empty(), found.is_empty());
    }
    assert_eq!(diag::github(found).lines().count(), found.len());
    let log = diag::sarif(found);
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(found.len()));
}

fn check_place(place: &Place, sources: &[Source]) {
    let source = sources.iter().find(|source| source.name() == &*place.source);
    let source = source.unwrap_or_else(|| panic!("no source for {place}"));
    assert!(source.text().get(place.range.clone()).is_some(), "{place:?}");
    assert!(place.line > 0 && place.column > 0, "{place:?}");
    assert!((place.line, place.column) <= (place.end_line, place.end_column), "{place:?}");
}

/// Refuses answers that are not one a policy, or say what the policy does not know.
pub fn check_answers(answers: &[Answer], policies: &[Arc<Policy>]) {
    assert_eq!(answers.len(), policies.len());
    for (answer, policy) in answers.iter().zip(policies) {
        assert_eq!(answer.policy, policy.id);
        let labeled = matches!(answer.outcome, Outcome::Label | Outcome::Abstain);
        assert_eq!(answer.label.is_some(), labeled, "{answer:?}");
        for label in answer.label.iter().chain(&answer.labels).chain(&answer.own_label) {
            assert!(policy.answers(label), "{answer:?}");
        }
        let rules = policy.rule_ids();
        assert!(answer.criteria.iter().all(|id| rules.contains(&id.as_str())), "{answer:?}");
        for share in answer.label_probability.iter().chain(&answer.stated_confidence) {
            assert!((0.0..=1.0).contains(share), "{answer:?}");
        }
    }
}

/// Writes a file of this process and returns its path.
#[must_use]
pub fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let memory = PathBuf::from("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        made.unwrap_or_else(|error| panic!("no folder for inputs: {error}"))
    });
    let path = FOLDER.path().join(name);
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
