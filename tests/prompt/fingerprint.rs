//! What changes a fingerprint, and what must not.

use super::cases::parsed;
use super::cases::settings;
use super::cases::yaml;
use std::collections::BTreeSet;
use titer::prompt::AnswerSettings;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::ReasoningEffort;
use titer::prompt::Rung;
use titer::prompt::TokenCap;
use titer::prompt::compile;
use titer::unit::Fingerprint;
use titer::unit::Unit;

fn fingerprint(text: &str, settings: PromptSettings) -> Fingerprint {
    compile(vec![parsed(text)], settings).unwrap().fingerprint()
}

#[track_caller]
fn changed(from: &str, to: &str) -> bool {
    let text = yaml("link-spam");
    assert!(text.contains(from), "{from}");
    let settings = || settings(Dialect::JsonChat);
    fingerprint(&text, settings()) != fingerprint(&text.replace(from, to), settings())
}

#[test]
fn what_is_for_people_does_not_change_it() {
    assert!(!changed("owners: [search-quality]", "owners: [others]\nstatus: active"));
    assert!(!changed("People lose trust", "People really lose trust"));
    assert!(!changed("Claim your prize", "Collect your prize"));
    assert!(!changed("checks:", "# a comment\ncrosswalk: {other: [S1]}\nchecks:"));
    assert!(!changed("version: 1.0.0", "version: 1.0.1"));
}

#[test]
fn every_word_a_model_sees_changes_it() {
    for (from, to) in [
        ("title: Link spam", "title: Spam"),
        ("policy: link-spam", "policy: links"),
        ("Names a source", "Cites a source"),
        ("Is there a link?", "Is a link there?"),
        ("The link works.", "The link is live."),
        ("precedence: [warning, spam.plain-link]", "precedence: [spam.plain-link, warning]"),
        ("because: A source.", "because: It is a source."),
        ("The unit ends before", "The unit stops before"),
    ] {
        assert!(changed(from, to), "{from}");
    }
}

#[test]
fn every_setting_that_reaches_the_endpoint_changes_it() {
    let base = || settings(Dialect::JsonChat);
    let answer = base().answer;
    let all = [
        base(),
        PromptSettings { url: "http://other/v1".into(), ..base() },
        PromptSettings { model: "other".into(), ..base() },
        PromptSettings { rung: Rung::Text, ..base() },
        PromptSettings { temperature: None, ..base() },
        PromptSettings { temperature: Some(0.5), ..base() },
        PromptSettings { seed: None, ..base() },
        PromptSettings { max_output_tokens: Some(9), ..base() },
        PromptSettings { token_cap: TokenCap::MaxCompletionTokens, ..base() },
        PromptSettings { label_probability: true, ..base() },
        PromptSettings { reasoning_effort: Some(ReasoningEffort::Low), ..base() },
        PromptSettings { answer: AnswerSettings { rationale_words: 0, ..answer }, ..base() },
        PromptSettings { answer: AnswerSettings { confidence: false, ..answer }, ..base() },
        PromptSettings { answer: AnswerSettings { abstain: false, ..answer }, ..base() },
        PromptSettings { dialect: Dialect::GptOssSafeguard, ..base() },
        settings(Dialect::LlamaGuard),
        settings(Dialect::YesNo),
    ];
    let text = yaml("link-spam");
    let distinct: BTreeSet<_> =
        all.iter().map(|settings| fingerprint(&text, settings.clone())).collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn a_request_is_named_by_what_the_unit_shows_and_not_by_its_id() {
    let prompt = compile(vec![parsed(&yaml("link-spam"))], settings(Dialect::JsonChat)).unwrap();
    let (one, two) = (Unit::text("1", "same"), Unit::text("2", "same"));
    assert_eq!(prompt.request_fingerprint(&one), prompt.request_fingerprint(&two));
    let question = &prompt.questions()[0];
    assert_eq!(question.request_body(&one).unwrap(), question.request_body(&two).unwrap());
    let other = Unit::text("1", "other");
    assert_ne!(prompt.request_fingerprint(&one), prompt.request_fingerprint(&other));
}
