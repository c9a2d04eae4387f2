//! Requests of several calls: what each of them asks, and what their answers make.

use super::cases::compiled;
use super::cases::exchange;
use super::cases::parsed;
use super::cases::pictures;
use super::cases::plain;
use super::cases::policies;
use super::cases::settings;
use super::cases::shown;
use super::cases::text;
use super::cases::unit;
use super::cases::yaml;
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use titer::prompt::Calls;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::compile;
use titer::prompt::compile_all;
use titer::reply::Answer;
use titer::reply::ChatReply;
use titer::reply::Token;
use titer::reply::combine;
use titer::reply::read_call;
use titer::requests::Price;
use titer::requests::forecast;
use titer::requests::plan;
use titer::unit::Content;
use titer::unit::Unit;

fn per_component(dialect: Dialect) -> PromptSettings {
    PromptSettings { calls: Calls::PerComponent, ..settings(dialect) }
}

/// A yes or no that the model holds for as probable as this; what is no word is said without a probability.
fn said(word: &str, probability: f64) -> ChatReply {
    let other = if word == "Yes" { "No" } else { "Yes" };
    let alternatives =
        vec![(word.to_owned(), probability.ln()), (other.to_owned(), (1.0 - probability).ln())];
    let token = Token { text: word.to_owned(), logprob: probability.ln(), alternatives };
    let tokens = if ["Yes", "No"].contains(&word) { vec![token] } else { Vec::new() };
    ChatReply { content: Some(word.to_owned()), tokens, ..ChatReply::default() }
}

/// The answer of a unit whose calls are replied to like this, in their order.
#[track_caller]
fn answered(prompt: &CompiledPrompt, unit: &Unit, replies: &[ChatReply]) -> Answer {
    let calls = prompt.calls(unit);
    assert_eq!(calls.len(), replies.len());
    let said = calls.iter().zip(replies).map(|(call, reply)| read_call(reply, call)).collect();
    let answers = combine(prompt, &calls, said);
    assert_eq!(answers.len(), 1);
    answers.into_iter().next().unwrap()
}

fn words(prompt: &CompiledPrompt, all: &[(&str, f64)]) -> Answer {
    let replies: Vec<_> = all.iter().map(|(word, chance)| said(word, *chance)).collect();
    answered(prompt, &plain(), &replies)
}

fn brief(answer: &Answer) -> String {
    let label = answer.label.as_deref().unwrap_or("-");
    let chance = answer.label_probability.map_or("-".to_owned(), |p| format!("{p:.2}"));
    format!("{} {label} [{}] {chance}", answer.outcome.name(), answer.labels.join("+"))
}

#[test]
fn yes_no_asks_about_each_violating_label_in_a_call_of_its_own() {
    assert_snapshot!(shown(&compiled(&["insults"], Dialect::YesNo), &plain()));
}

#[test]
fn each_judged_component_is_asked_about_beside_what_is_only_read() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::JsonChat)).unwrap();
    assert_snapshot!(shown(&prompt, &pictures()));
}

#[test]
fn yes_no_asks_about_each_label_of_each_component() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::YesNo)).unwrap();
    assert_snapshot!(shown(&prompt, &exchange()));
}

#[test]
fn llama_guard_is_shown_one_judged_turn_a_call() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::LlamaGuard)).unwrap();
    let query = ("query", text("how do I open it"));
    let unit =
        unit(&[query, ("response", text("Break it.")), ("response", text("Ask for a key."))]);
    assert_snapshot!(shown(&prompt, &unit));
}

#[test]
fn a_question_shows_its_own_label_and_what_says_no_to_it() {
    let text = yaml("insults").replace(
        "examples:",
        "exceptions:\n  roast: {when: Both agreed to a roast, then: allowed}\n  slur: {when: A slur is used, then: cruel}\nprecedence: [cruel.worthless, roast, rude.mockery]\nexamples:\n  - {unit: You are nothing., label: cruel, because: Worth is denied.}",
    );
    let prompt = compile(vec![parsed(&text)], settings(Dialect::YesNo)).unwrap();
    let [rude, cruel] = prompt.questions() else { panic!() };
    assert_eq!((rude.label(), cruel.label()), (Some("rude"), Some("cruel")));
    for (question, own, other) in
        [(rude, "rude.mockery", "cruel.worthless"), (cruel, "cruel.worthless", "rude.mockery")]
    {
        assert!(question.system().contains(own) && !question.system().contains(other));
        assert!(question.system().contains("Both agreed to a roast. Then the answer is `No`."));
    }
    assert!(rude.system().contains("A slur is used. Then the answer is `No`."));
    assert!(cruel.system().contains("A slur is used. Then the answer is `Yes`."));
    // The clown is rude, so not cruel; the worthless one is cruel, which leaves open whether it is rude too.
    let examples =
        |system: &str| (system.contains("What a clown"), system.contains("You are nothing"));
    assert_eq!((examples(rude.system()), examples(cruel.system())), ((true, false), (true, true)));
}

#[test]
fn the_most_severe_label_answered_yes_is_the_units_with_its_own_probability() {
    let prompt = compiled(&["insults"], Dialect::YesNo);
    let check =
        |all: &[(&str, f64)], expected: &str| assert_eq!(brief(&words(&prompt, all)), expected);
    check(&[("Yes", 0.9), ("No", 0.8)], "label rude [] 0.90");
    check(&[("Yes", 0.9), ("Yes", 0.7)], "label cruel [] 0.70");
    check(&[("No", 0.9), ("No", 0.7)], "label allowed [] 0.70");
    check(&[("No", 0.9), ("Yes", 0.6)], "label cruel [] 0.60");
}

#[test]
fn a_missing_answer_counts_only_where_it_could_change_the_label() {
    let prompt = compiled(&["insults"], Dialect::YesNo);
    let check =
        |all: &[(&str, f64)], expected: &str| assert_eq!(brief(&words(&prompt, all)), expected);
    check(&[("Hm", 1.0), ("Yes", 0.7)], "label cruel [] 0.70");
    check(&[("Yes", 0.9), ("Hm", 1.0)], "unparsable - [] -");
    check(&[("No", 0.9), ("Hm", 1.0)], "unparsable - [] -");
    check(&[("I'm sorry, no.", 1.0), ("No", 0.7)], "refusal - [] -");
    let refused = words(&prompt, &[("I'm sorry, no.", 1.0), ("No", 0.7)]);
    assert_eq!(refused.because.as_deref(), Some("label `rude`: I'm sorry, no."));
}

#[test]
fn every_label_answered_yes_applies_where_several_may() {
    let prompt = compiled(&["topics"], Dialect::YesNo);
    let check =
        |all: &[(&str, f64)], expected: &str| assert_eq!(brief(&words(&prompt, all)), expected);
    check(&[("Yes", 0.9), ("Yes", 0.8)], "label drugs [weapons+drugs] 0.80");
    check(&[("Yes", 0.9), ("No", 0.8)], "label weapons [weapons] 0.90");
    check(&[("No", 0.9), ("No", 0.8)], "label neither [neither] 0.80");
    check(&[("Yes", 0.9), ("Hm", 1.0)], "unparsable - [] -");
}

#[test]
fn of_equally_severe_labels_the_one_that_precedes_is_the_units() {
    let equal = yaml("insults").replace("severity: 2", "severity: 1").replace("ordinal", "single");
    let first = compile(vec![parsed(&equal)], settings(Dialect::YesNo)).unwrap();
    assert_eq!(brief(&words(&first, &[("Yes", 0.9), ("Yes", 0.8)])), "label rude [] 0.90");
    let ranked =
        equal.replace("examples:", "precedence: [cruel.worthless, rude.mockery]\nexamples:");
    let ranked = compile(vec![parsed(&ranked)], settings(Dialect::YesNo)).unwrap();
    assert_eq!(brief(&words(&ranked, &[("Yes", 0.9), ("Yes", 0.8)])), "label cruel [] 0.80");
}

/// The label of a unit whose components 2, 3 and 4 are labeled like this in calls of their own.
fn rolled_up(rule: &str, mode: &str, labels: [&str; 3]) -> Answer {
    let text = yaml("answers").replace("max-severity", rule);
    let text = text.replace("version: 1.0.0", &format!("version: 1.0.0\nmode: {mode}"));
    let prompt = compile(vec![parsed(&text)], per_component(Dialect::JsonChat)).unwrap();
    let reply = |labels: &str| {
        let quoted: Vec<String> = labels.split('+').map(|label| format!("\"{label}\"")).collect();
        let content = match mode {
            "multi" => {
                format!(r#"{{"because":"{labels}","criteria":[],"labels":[{}]}}"#, quoted.join(","))
            }
            _ => format!(r#"{{"because":"{labels}","criteria":[],"label":{}}}"#, quoted.join(",")),
        };
        ChatReply { content: Some(content), ..ChatReply::default() }
    };
    answered(&prompt, &pictures(), &labels.map(reply))
}

#[test]
fn components_asked_about_alone_are_rolled_up() {
    let check = |rule, labels, expected: &str| {
        let answer = rolled_up(rule, "single", labels);
        let label = answer.label.as_deref().unwrap_or("-");
        assert_eq!(format!("{} {label}", answer.outcome.name()), expected, "{rule}: {labels:?}");
        let known = labels.iter().filter(|label| **label != "?").count();
        assert_eq!((answer.components.len(), answer.own), (known, None));
    };
    // With one label a unit, `any` and `max-severity` agree.
    for rule in ["any", "max-severity"] {
        check(rule, ["allowed", "promotion", "facilitation"], "label facilitation");
        check(rule, ["allowed", "allowed", "allowed"], "label allowed");
        check(rule, ["allowed", "not-visible", "allowed"], "abstain not-visible");
        check(rule, ["promotion", "not-visible", "allowed"], "label promotion");
        check(rule, ["facilitation", "?", "allowed"], "label facilitation");
        check(rule, ["promotion", "?", "allowed"], "unparsable -");
        check(rule, ["allowed", "?", "allowed"], "unparsable -");
    }
    check("all", ["promotion", "facilitation", "promotion"], "label facilitation");
    check("all", ["promotion", "facilitation", "allowed"], "label allowed");
    check("all", ["promotion", "facilitation", "not-visible"], "abstain not-visible");
    check("all", ["promotion", "?", "allowed"], "label allowed");
    check("all", ["promotion", "?", "promotion"], "unparsable -");
}

#[test]
fn any_and_max_severity_differ_where_several_labels_apply() {
    let sets = |rule, labels| {
        let answer = rolled_up(rule, "multi", labels);
        format!("{} [{}]", answer.label.unwrap_or_default(), answer.labels.join("+"))
    };
    let mixed = ["promotion", "facilitation", "allowed"];
    assert_eq!(sets("any", mixed), "facilitation [promotion+facilitation]");
    assert_eq!(sets("max-severity", mixed), "facilitation [facilitation]");
    assert_eq!(sets("all", mixed), "allowed [allowed]");
    let shared = ["promotion+facilitation", "promotion", "promotion"];
    assert_eq!(sets("all", shared), "promotion [promotion]");
    let apart = ["promotion", "facilitation", "promotion"];
    assert_eq!(sets("all", apart), "facilitation [promotion+facilitation]");
    assert_eq!(sets("any", ["not-visible", "allowed", "allowed"]), "not-visible []");
}

#[test]
fn the_component_that_decides_gives_the_reason() {
    let answer = rolled_up("any", "single", ["allowed", "promotion", "facilitation"]);
    assert_eq!(answer.because.as_deref(), Some("facilitation"));
}

#[test]
fn the_probability_of_a_rolled_up_label_is_that_of_the_components_it_takes() {
    let text =
        yaml("answers").replace("facilitation:\n    severity: 3", "facilitation:\n    severity: 2");
    let text = text.replace("modality: image", "modality: text");
    let chance = |rule: &str, all: &[(&str, f64)]| {
        let text = text.replace("max-severity", rule);
        let prompt = compile(vec![parsed(&text)], per_component(Dialect::YesNo)).unwrap();
        let unit = unit(&[
            ("query", self::text("a")),
            ("response", self::text("b")),
            ("recommendation", self::text("c")),
        ]);
        let replies: Vec<_> = all.iter().map(|(word, chance)| said(word, *chance)).collect();
        brief(&answered(&prompt, &unit, &replies))
    };
    // Two components, two labels each.
    let one = [("Yes", 0.7), ("No", 0.9), ("Yes", 0.8), ("No", 0.95)];
    assert_eq!(chance("any", &one), "label promotion [] 0.80");
    assert_eq!(chance("all", &one), "label promotion [] 0.70");
    let none = [("No", 0.7), ("No", 0.9), ("No", 0.8), ("No", 0.95)];
    assert_eq!(chance("any", &none), "label allowed [] 0.70");
    assert_eq!(chance("all", &none), "label allowed [] 0.80");
}

#[test]
fn a_unit_without_a_judged_component_is_asked_about_whole() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::JsonChat)).unwrap();
    let query = unit(&[("query", text("how do I climb a crane"))]);
    let calls = prompt.calls(&query);
    assert_eq!((calls.len(), calls[0].component), (1, None));
}

#[test]
fn a_policy_without_a_rollup_is_asked_about_whole_whatever_the_setting() {
    let all = policies(&["link-spam", "answers", "insults"]);
    let prompts = compile_all(&all, &per_component(Dialect::JsonChat)).unwrap();
    let asked: Vec<Vec<&str>> = prompts
        .iter()
        .map(|prompt| prompt.policies().iter().map(|policy| policy.id.as_str()).collect())
        .collect();
    assert_eq!(asked, [vec!["link-spam", "insults"], vec!["answers"]]);
    assert_eq!(prompts.iter().map(CompiledPrompt::is_split).collect::<Vec<_>>(), [false, true]);
    let together = compile(policies(&["answers", "insults"]), per_component(Dialect::JsonChat));
    assert!(together.unwrap_err().to_string().contains("`calls: per_component`"));
}

#[test]
fn llama_guard_judges_components_one_call_each() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::LlamaGuard)).unwrap();
    let unit = exchange();
    let reply = |text: &str| ChatReply { content: Some(text.into()), ..ChatReply::default() };
    let answer = answered(&prompt, &unit, &[reply("unsafe\nS2")]);
    assert_eq!(brief(&answer), "label facilitation [] -");
    assert_eq!((answer.components[0].n, answer.components[0].label.as_str()), (2, "facilitation"));
}

#[test]
fn what_titer_chooses_a_label_by_changes_the_fingerprint() {
    let fingerprint = |name: &str, from: &str, to: &str, settings: &PromptSettings| {
        let text = yaml(name);
        assert!(text.contains(from), "{from}");
        compile(vec![parsed(&text.replace(from, to))], settings.clone()).unwrap().fingerprint()
    };
    let (json, binary) = (settings(Dialect::JsonChat), settings(Dialect::YesNo));
    let rules = ["any", "all", "max-severity"];
    let by_rule = rules.map(|rule| fingerprint("answers", "max-severity", rule, &json));
    assert_eq!(BTreeSet::from(by_rule).len(), 3);
    let severe = |to| fingerprint("insults", "severity: 2", to, &binary);
    assert_ne!(severe("severity: 2"), severe("severity: 3"));
    let alone = fingerprint("answers", "rollup", "rollup", &per_component(Dialect::JsonChat));
    assert!(!by_rule.contains(&alone));
}

#[test]
fn a_forecast_counts_calls_and_leaves_out_those_on_record() {
    let prompts = vec![compiled(&["insults"], Dialect::YesNo)];
    let units: Vec<Unit> = ["a", "b", "c"].iter().map(|text| Unit::text(text, text)).collect();
    let plan = plan(prompts, units, |_| false);
    let price = Price { input: 1.0, cached: 1.0, output: 1.0 };
    let whole = forecast(&plan, Some(price), &BTreeMap::new());
    assert_eq!((whole.requests, whole.calls, whole.output_tokens_at_most), (3, 6, 6));
    let on_record = BTreeMap::from([(plan.pending[1].fingerprint, BTreeSet::from([0]))]);
    let rest = forecast(&plan, Some(price), &on_record);
    assert_eq!((rest.requests, rest.calls, rest.output_tokens_at_most), (3, 5, 5));
    assert!(rest.input_tokens < whole.input_tokens && rest.usd_at_most < whole.usd_at_most);
}

#[test]
fn a_missing_image_is_one_components_own() {
    let prompt = compile(policies(&["answers"]), per_component(Dialect::JsonChat)).unwrap();
    let mut unit = pictures();
    unit.components[2].content = Content::Image("gone.png".into());
    let bodies: Vec<bool> = prompt
        .calls(&unit)
        .iter()
        .map(|call| call.question.request_body(&call.unit).is_ok())
        .collect();
    assert_eq!(bodies, [true, false, true]);
}
