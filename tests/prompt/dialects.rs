//! The other dialects: how each writes a request, and what it says when it cannot.

use super::cases::compiled;
use super::cases::exchange;
use super::cases::pictures;
use super::cases::plain;
use super::cases::policies;
use super::cases::question;
use super::cases::settings;
use super::cases::shown;
use insta::assert_snapshot;
use titer::prompt::AnswerSettings;
use titer::prompt::Bundling;
use titer::prompt::Calls;
use titer::prompt::Dialect;
use titer::prompt::Feature;
use titer::prompt::PromptSettings;
use titer::prompt::compile;
use titer::prompt::compile_all;

#[test]
fn gpt_oss_safeguard_with_a_text_unit() {
    assert_snapshot!(shown(&compiled(&["link-spam"], Dialect::GptOssSafeguard), &plain()));
}

#[test]
fn gpt_oss_safeguard_with_a_unit_of_several_components() {
    assert_snapshot!(shown(&compiled(&["asked"], Dialect::GptOssSafeguard), &exchange()));
}

#[test]
fn gpt_oss_safeguard_with_two_policies() {
    let prompt = compiled(&["insults", "topics"], Dialect::GptOssSafeguard);
    assert_snapshot!(shown(&prompt, &plain()));
}

#[test]
fn llama_guard_with_a_text_unit() {
    assert_snapshot!(shown(&compiled(&["link-spam"], Dialect::LlamaGuard), &plain()));
}

#[test]
fn llama_guard_with_a_query_and_its_response() {
    assert_snapshot!(shown(&compiled(&["asked"], Dialect::LlamaGuard), &exchange()));
}

#[test]
fn llama_guard_with_two_policies() {
    assert_snapshot!(shown(&compiled(&["link-spam", "insults"], Dialect::LlamaGuard), &plain()));
}

#[test]
fn yes_no_with_a_text_unit() {
    assert_snapshot!(shown(&compiled(&["link-spam"], Dialect::YesNo), &plain()));
}

#[test]
fn yes_no_with_a_unit_of_several_components() {
    assert_snapshot!(shown(&compiled(&["asked"], Dialect::YesNo), &exchange()));
}

#[test]
fn yes_no_asks_each_policy_in_a_call_of_its_own() {
    let both = policies(&["link-spam", "asked"]);
    let prompts = compile_all(&both, &settings(Dialect::YesNo)).unwrap();
    let asked: Vec<_> = prompts.iter().map(|prompt| prompt.policies()[0].id.as_str()).collect();
    assert_eq!(asked, ["link-spam", "asked"]);
    assert!(prompts.iter().all(|prompt| prompt.policies().len() == 1));
}

#[test]
fn yes_no_with_two_unified_policies_puts_each_in_a_request_of_its_own() {
    let settings = settings(Dialect::YesNo);
    assert_eq!(settings.bundling, Bundling::Unified);
    let prompts = compile_all(&policies(&["link-spam", "insults"]), &settings).unwrap();
    let shown: Vec<String> = prompts.iter().map(|prompt| shown(prompt, &plain())).collect();
    assert_snapshot!(shown.join("\n######## next request ########\n"));
}

#[test]
fn what_a_dialect_leaves_out_is_listed() {
    let left_out = |dialect| compiled(&["link-spam"], dialect).left_out().to_vec();
    assert_eq!(left_out(Dialect::JsonChat), []);
    assert_eq!(left_out(Dialect::YesNo), [Feature::Checks, Feature::Criteria]);
    let all = [Feature::Checks, Feature::Criteria, Feature::Examples];
    assert_eq!(left_out(Dialect::LlamaGuard), all);
}

/// The error of compiling these policies with an answer that may hold everything.
#[track_caller]
fn refusal(names: &[&str], dialect: Dialect, answer: AnswerSettings) -> String {
    let settings = PromptSettings { answer, ..settings(dialect) };
    compile(policies(names), settings).unwrap_err().to_string()
}

#[test]
fn what_would_change_the_meaning_of_an_answer_is_refused_with_a_way_out() {
    let bare = AnswerSettings { rationale_words: 0, confidence: false, abstain: false };
    let refusals = [
        refusal(&["link-spam"], Dialect::YesNo, AnswerSettings { abstain: true, ..bare }),
        refusal(&["link-spam"], Dialect::YesNo, AnswerSettings { rationale_words: 9, ..bare }),
        refusal(&["link-spam"], Dialect::LlamaGuard, AnswerSettings { confidence: true, ..bare }),
        refusal(&["answers"], Dialect::YesNo, bare),
        refusal(&["link-spam", "asked"], Dialect::YesNo, bare),
        refusal(&["answers"], Dialect::LlamaGuard, bare),
    ];
    assert_snapshot!(refusals.join("\n"));
}

/// The error of the call about the first picture, where each component has calls of its own.
fn image_alone(dialect: Dialect) -> String {
    let settings = PromptSettings { calls: Calls::PerComponent, ..settings(dialect) };
    let prompt = compile(policies(&["answers"]), settings).unwrap();
    let unit = pictures();
    let calls = prompt.calls(&unit);
    let call = calls.iter().find(|call| call.component == Some(3)).unwrap();
    call.question.request_body(&call.unit).unwrap_err().to_string()
}

#[test]
fn a_unit_the_dialect_cannot_show_or_judge_is_refused() {
    let said = |names: &[&str], dialect, unit| {
        question(names, dialect).request_body(&unit).unwrap_err().to_string()
    };
    let mut backwards = exchange();
    backwards.components.reverse();
    let refusals = [
        said(&["answers"], Dialect::GptOssSafeguard, pictures()),
        said(&["asked"], Dialect::LlamaGuard, backwards),
        said(&["link-spam"], Dialect::LlamaGuard, exchange()),
        image_alone(Dialect::LlamaGuard),
        image_alone(Dialect::YesNo),
    ];
    assert_snapshot!(refusals.join("\n"));
}
