//! What replies say: a table for each form of answer, and bodies recorded from real servers.

use super::cases::compiled;
use super::cases::parsed;
use super::cases::pictures;
use super::cases::question;
use super::cases::settings;
use std::fs;
use std::path::Path;
use std::time::Duration;
use titer::llm::Asked;
use titer::llm::Response;
use titer::llm::classify;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::Question;
use titer::prompt::compile;
use titer::reply::Answer;
use titer::reply::ChatReply;
use titer::reply::Finish;
use titer::reply::Outcome;
use titer::reply::read;
use titer::reply::read_call;

fn said(content: &str) -> ChatReply {
    ChatReply { content: Some(content.into()), ..ChatReply::default() }
}

/// The outcome of each policy, with its label.
fn outcomes(answers: &[Answer]) -> Vec<(Outcome, Option<&str>)> {
    answers.iter().map(|answer| (answer.outcome, answer.label.as_deref())).collect()
}

#[track_caller]
fn check(prompt: &Question, content: &str, expected: &[(Outcome, Option<&str>)]) {
    assert_eq!(outcomes(&read(&said(content), prompt)), expected, "{content}");
}

const LABEL: Outcome = Outcome::Label;
const UNPARSABLE: (Outcome, Option<&str>) = (Outcome::Unparsable, None);

#[test]
fn a_json_answer_is_a_label_an_abstention_or_unparsable() {
    let prompt = question(&["link-spam"], Dialect::JsonChat);
    let check = |content, expected| check(&prompt, content, &[expected]);
    check(r#"{"label":"spam"}"#, (LABEL, Some("spam")));
    check("```json\n{\"label\":\"allowed\"}\n```", (LABEL, Some("allowed")));
    check(r#"{"label":"cut-off"}"#, (Outcome::Abstain, Some("cut-off")));
    check(r#"{"label":"Spam"}"#, UNPARSABLE);
    check(r#"{"label":["spam"]}"#, UNPARSABLE);
    check(r#"{"because":"spam"}"#, UNPARSABLE);
    check(r#"[{"label":"spam"}]"#, (LABEL, Some("spam")));
    check("spam", UNPARSABLE);
    check("", UNPARSABLE);
    check("I'm sorry, but I can't help with that.", (Outcome::Refusal, None));
}

#[test]
fn only_what_the_policy_knows_is_kept_of_an_answer() {
    let prompt = question(&["link-spam"], Dialect::JsonChat);
    let answers = read(
        &said(
            r#"{"because":"A link.","checks":{"has-link":"yes","other":"yes"},"components":[{"n":1,"label":"spam"}],
                "criteria":["spam.bait-link","made.up","spam.bait-link",7],"label":"spam","stated_confidence":1.5}"#,
        ),
        &prompt,
    );
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(answer.criteria, ["spam.bait-link"]);
    assert_eq!(
        answer.checks.iter().map(|(id, it)| (id.as_str(), it.as_str())).collect::<Vec<_>>(),
        [("has-link", "yes")]
    );
    assert_eq!((answer.because.as_deref(), answer.stated_confidence), (Some("A link."), None));
    assert!(answer.components.is_empty() && answer.labels.is_empty());
}

#[test]
fn a_unified_answer_is_read_policy_by_policy() {
    let prompt = question(&["link-spam", "insults"], Dialect::JsonChat);
    let content = r#"{"link-spam":{"label":"spam"},"insults":{"label":"rude"}}"#;
    check(&prompt, content, &[(LABEL, Some("spam")), (LABEL, Some("rude"))]);
    let content = r#"{"insults":{"label":"allowed"},"link-spam":"spam"}"#;
    check(&prompt, content, &[UNPARSABLE, (LABEL, Some("allowed"))]);
    check(&prompt, r#"{"label":"spam"}"#, &[UNPARSABLE, UNPARSABLE]);
}

#[test]
fn how_generation_ended_decides_what_a_reply_without_an_answer_is() {
    let prompt = question(&["link-spam"], Dialect::JsonChat);
    let ended = |finish, content: &str| {
        let reply = ChatReply { finish, ..said(content) };
        read(&reply, &prompt)[0].outcome
    };
    assert_eq!(ended(Finish::Length, "```j"), Outcome::Truncated);
    assert_eq!(ended(Finish::ContentFilter, ""), Outcome::Filtered);
    assert_eq!(ended(Finish::Length, r#"{"label":"spam"} and more"#), LABEL);
    let refused = ChatReply { refusal: Some("No.".into()), ..said(r#"{"label":"spam"}"#) };
    assert_eq!(read(&refused, &prompt)[0].outcome, Outcome::Refusal);
}

#[test]
fn a_set_of_labels_is_ordered_and_spoken_for_by_the_most_severe() {
    let prompt = question(&["topics"], Dialect::JsonChat);
    let sets = |content: &str| {
        let answer = read(&said(content), &prompt).remove(0);
        (answer.outcome, answer.label, answer.labels.join("+"))
    };
    let label = |id: &str, all: &str| (LABEL, Some(id.to_owned()), all.to_owned());
    assert_eq!(sets(r#"{"labels":["drugs","weapons","drugs"]}"#), label("drugs", "weapons+drugs"));
    assert_eq!(sets(r#"{"labels":["neither","weapons"]}"#), label("weapons", "weapons"));
    assert_eq!(sets(r#"{"labels":["neither"]}"#), label("neither", "neither"));
    assert_eq!(sets(r#"{"labels":[]}"#), label("neither", "neither"));
    let abstained = (Outcome::Abstain, Some("blurred".to_owned()), String::new());
    assert_eq!(sets(r#"{"labels":["blurred"]}"#), abstained);
    for odd in [r#"["blurred","drugs"]"#, r#"["cars"]"#, r#""drugs""#, "[1]"] {
        assert_eq!(sets(&format!(r#"{{"labels":{odd}}}"#)).0, Outcome::Unparsable, "{odd}");
    }
}

/// The answer that gives these labels to the components 2, 3 and 4, and one to the whole unit.
fn rolled_up(rule: &str, components: &str, own: &str) -> Answer {
    let text = super::cases::yaml("answers").replace("max-severity", rule);
    let prompt = compile(vec![parsed(&text)], settings(Dialect::JsonChat)).unwrap();
    let labels = components.split_whitespace().enumerate();
    let one = |(at, label)| format!(r#"{{"criteria":[],"label":"{label}","n":{}}}"#, at + 2);
    let components: Vec<String> = labels.map(one).collect();
    let content = format!(r#"{{"components":[{}],"label":"{own}"}}"#, components.join(","));
    read_call(&said(&content), &prompt.calls(&pictures())[0]).remove(0)
}

#[test]
fn the_label_of_a_unit_is_computed_from_its_judged_components() {
    let check = |rule, components, expected| {
        let answer = rolled_up(rule, components, "allowed");
        let outcome = if expected == "not-visible" { Outcome::Abstain } else { LABEL };
        assert_eq!(
            (answer.outcome, answer.label.as_deref()),
            (outcome, Some(expected)),
            "{components}"
        );
        let own = answer.own.map(|own| own.label);
        assert_eq!(own.as_deref(), Some("allowed"), "the model's own stays beside it");
    };
    check("max-severity", "allowed promotion facilitation", "facilitation");
    check("max-severity", "allowed allowed allowed", "allowed");
    check("any", "allowed promotion not-visible", "promotion");
    check("any", "allowed allowed not-visible", "not-visible");
    check("all", "promotion facilitation promotion", "facilitation");
    check("all", "promotion facilitation allowed", "allowed");
    check("all", "promotion facilitation not-visible", "not-visible");
}

#[test]
fn an_abstention_on_the_whole_yields_to_the_labels_of_the_components() {
    let answer = rolled_up("any", "allowed promotion allowed", "not-visible");
    assert_eq!(outcomes(&[answer]), [(LABEL, Some("promotion"))]);
}

/// The answer to these components as JSON of a unit of four, of which the first is only read.
fn of_components(components: &str, own: &str) -> Answer {
    let prompt = compiled(&["answers"], Dialect::JsonChat);
    let content = format!(r#"{{"because":"Own.","components":[{components}],{own}}}"#);
    read_call(&said(&content), &prompt.calls(&pictures())[0]).remove(0)
}

#[test]
fn the_rules_of_a_unit_are_those_of_the_components_whose_label_it_has() {
    let steps = r#""criteria":["facilitation.steps"],"label":"facilitation""#;
    let praise = r#"{"n":3,"label":"promotion","criteria":["promotion.glorification"]}"#;
    let parts = format!(
        r#"{{"n":2,"label":"allowed","criteria":[]}},{praise},{{"n":4,"label":"allowed"}},{{"n":1,"label":"allowed"}}"#
    );
    let answer = of_components(&parts, steps);
    assert_eq!(answer.label.as_deref(), Some("promotion"));
    assert_eq!((answer.criteria, answer.because), (vec!["promotion.glorification".into()], None));
    let own = answer.own.unwrap();
    assert_eq!((own.label.as_str(), own.because.as_deref()), ("facilitation", Some("Own.")));
    assert_eq!(own.criteria, ["facilitation.steps"]);
    // The same label: the model's reason is one for it.
    let answer = of_components(&parts, r#""criteria":[],"label":"promotion""#);
    assert_eq!(answer.because.as_deref(), Some("Own."));
    assert_eq!(answer.criteria, ["promotion.glorification"]);
}

#[test]
fn a_component_without_a_label_or_with_two_leaves_the_unit_without_one() {
    let check = |rule, components, own, expected: &str| {
        let answer = rolled_up(rule, components, own);
        assert_eq!(outcomes(std::slice::from_ref(&answer)), [UNPARSABLE], "{rule}: {components}");
        assert_eq!(answer.because.as_deref(), Some(expected), "{rule}: {components}; {own}");
        assert_eq!(answer.own.map(|own| own.label).as_deref(), Some(own));
    };
    let fourth = "component 4 has no label, so the unit has none";
    check("any", "allowed allowed", "allowed", fourth);
    check("any", "allowed allowed", "facilitation", fourth);
    check("any", "", "not-visible", "component 2 has no label, so the unit has none");
    check("all", "promotion allowed", "allowed", fourth);
    let odd = "component 3: `made-up` is not a label of the policy";
    check("max-severity", "facilitation made-up allowed", "promotion", odd);
}

#[test]
fn a_label_of_no_component_of_the_unit_is_told_and_not_dropped() {
    let whole = r#"{"n":2,"label":"allowed"},{"n":3,"label":"allowed"},{"n":4,"label":"allowed"}"#;
    let check = |more: &str, expected: &str| {
        let answer = of_components(&format!("{whole},{more}"), r#""label":"promotion""#);
        assert_eq!(outcomes(std::slice::from_ref(&answer)), [UNPARSABLE], "{more}");
        assert_eq!(answer.because.as_deref(), Some(expected), "{more}");
        assert!(answer.components.len() >= 3 && answer.own.is_some(), "{answer:?}");
    };
    check(r#"{"n":9,"label":"promotion"}"#, "the answer labels component 9 of a unit of 4");
    check(r#"{"n":0,"label":"promotion"}"#, "the answer labels component 0 of a unit of 4");
    check(r#"{"label":"promotion"}"#, "an entry of `components` has no number `n`");
    check(r#"{"n":4}"#, "component 4 has no label");
    let twice = "component 2 has several labels, so the unit has none";
    check(r#"{"n":2,"label":"promotion"}"#, twice);
}

#[test]
fn a_policy_without_a_rollup_keeps_the_label_of_the_whole() {
    let prompt = compiled(&["link-spam"], Dialect::JsonChat);
    let answers = read_call(&said(r#"{"label":"spam"}"#), &prompt.calls(&pictures())[0]);
    assert_eq!(outcomes(&answers), [(LABEL, Some("spam"))]);
    assert_eq!(answers[0].own, None);
}

#[test]
fn the_label_of_a_component_is_not_the_answer_of_a_cut_off_reply() {
    let prompt = compiled(&["answers"], Dialect::JsonChat);
    let content = r#"{"components":[{"n":2,"label":"allowed","criteria":[]},{"n":3,"label":"facilitation","crit"#;
    let cut = ChatReply { finish: Finish::Length, ..said(content) };
    let answers = read_call(&cut, &prompt.calls(&pictures())[0]);
    assert_eq!(outcomes(&answers), [(Outcome::Truncated, None)]);
    check(&prompt.questions()[0], content, &[UNPARSABLE]);
}

#[test]
fn a_raw_line_break_in_a_reason_leaves_the_label_of_the_whole() {
    let prompt = question(&["answers"], Dialect::JsonChat);
    let content = "{\"because\":\"One.\nTwo.\",\"components\":[{\"label\":\"allowed\",\"n\":2}],\"label\":\"promotion\"}";
    check(&prompt, content, &[(LABEL, Some("promotion"))]);
}

#[test]
fn yes_is_the_violating_label_and_no_the_default() {
    let prompt = question(&["link-spam"], Dialect::YesNo);
    let check = |content, expected| check(&prompt, content, &[expected]);
    check("Yes", (LABEL, Some("spam")));
    check(" no.", (LABEL, Some("allowed")));
    check("**YES**", (LABEL, Some("spam")));
    for odd in ["Nobody knows", "Not sure", "Perhaps", "", "1"] {
        check(odd, UNPARSABLE);
    }
    let cut = ChatReply { finish: Finish::Length, ..said("Yes") };
    assert_eq!(outcomes(&read(&cut, &prompt)), [(LABEL, Some("spam"))]);
    let cut = ChatReply { finish: Finish::Length, ..said("The") };
    assert_eq!(read(&cut, &prompt)[0].outcome, Outcome::Truncated);
}

#[test]
fn a_safety_verdict_names_the_label_of_each_policy() {
    let prompt = question(&["link-spam", "insults"], Dialect::LlamaGuard);
    let check = |content, first: &str, second: &str| {
        check(&prompt, content, &[(LABEL, Some(first)), (LABEL, Some(second))]);
    };
    check("\n\nsafe", "allowed", "allowed");
    check("unsafe\nS1", "spam", "allowed");
    check("unsafe\nS2, s3", "allowed", "cruel");
    check("Unsafe\nS1,S2,S1", "spam", "rude");
    for odd in ["unsafe", "unsafe\nS9", "unsafe\nS1,S9", "unsafe\nviolence", "fine", ""] {
        super::reply::check(&prompt, odd, &[UNPARSABLE, UNPARSABLE]);
    }
    let cut = ChatReply { finish: Finish::Length, ..said("unsafe\nS1,S") };
    assert!(read(&cut, &prompt).iter().all(|answer| answer.outcome == Outcome::Truncated));
}

#[test]
fn an_unsafe_verdict_on_the_only_category_needs_no_code() {
    check(&question(&["link-spam"], Dialect::LlamaGuard), "unsafe", &[(LABEL, Some("spam"))]);
}

/// Reads a recorded body as the answer to a prompt.
fn recorded(name: &str, prompt: &Question) -> Vec<Answer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let body = fs::read(folder.join(format!("{name}.response.body"))).unwrap();
    let headers = Default::default();
    let response = Response { status: 200, headers: &headers, body: &body, cut: false };
    let asked = Asked { url: "http://127.0.0.1/v1", model: "m", bytes: 100 };
    read(&classify(&response, &asked, Duration::ZERO).reply.unwrap(), prompt)
}

#[test]
fn recorded_bodies_of_real_servers_are_read_as_what_they_are() {
    let toxic = "policy: toxicity\nversion: 1.0.0\nlabels: {benign: {default: true}, toxic: {severity: 1, definition: Toxic.}}\n";
    let json = compile(vec![parsed(toxic)], settings(Dialect::JsonChat)).unwrap();
    let json = &json.questions()[0];
    assert_eq!(outcomes(&recorded("llamacpp.schema", json)), [(LABEL, Some("toxic"))]);
    assert_eq!(outcomes(&recorded("llama.gemma_schema", json)), [(LABEL, Some("toxic"))]);
    assert_eq!(outcomes(&recorded("llamacpp.truncated", json)), [(Outcome::Truncated, None)]);
    assert_eq!(outcomes(&recorded("llamacpp.chat", json))[0].1, None);
    assert_eq!(recorded("llama.gemma_schema", json)[0].label_probability, None);
}

#[test]
fn the_probability_of_a_recorded_no_comes_from_its_first_token() {
    let prompt = question(&["link-spam"], Dialect::YesNo);
    let answers = recorded("llamacpp.logprobs", &prompt);
    assert_eq!(outcomes(&answers), [(LABEL, Some("allowed"))]);
    let (no, yes) = (-0.7485654950141907f64, -2.0018155574798584f64);
    let expected = no.exp() / (no.exp() + yes.exp());
    assert!((answers[0].label_probability.unwrap() - expected).abs() < 1e-12);
}

#[test]
fn asking_for_probabilities_changes_the_request_and_nothing_else() {
    let with = PromptSettings { label_probability: true, ..settings(Dialect::JsonChat) };
    let with = compile(super::cases::policies(&["link-spam"]), with).unwrap();
    let with = &with.questions()[0];
    assert_eq!(with.system(), question(&["link-spam"], Dialect::JsonChat).system());
    check(with, r#"{"label":"spam"}"#, &[(LABEL, Some("spam"))]);
}
