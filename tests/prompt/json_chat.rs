//! The generic dialect: every kind of policy and unit.

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
use titer::prompt::CompileError;
use titer::prompt::Dialect;
use titer::prompt::Part;
use titer::prompt::PromptSettings;
use titer::prompt::Rung;
use titer::prompt::compile;
use titer::unit::Content;

const DIALECT: Dialect = Dialect::JsonChat;

#[test]
fn a_text_unit_under_one_policy() {
    assert_snapshot!(shown(&compiled(&["link-spam"], DIALECT), &plain()));
}

#[test]
fn a_unit_of_text_and_images_under_one_policy() {
    assert_snapshot!(shown(&compiled(&["answers"], DIALECT), &pictures()));
}

#[test]
fn a_query_and_a_response_under_one_policy() {
    assert_snapshot!(shown(&compiled(&["asked"], DIALECT), &exchange()));
}

#[test]
fn two_policies_in_one_request() {
    assert_snapshot!(shown(&compiled(&["link-spam", "insults"], DIALECT), &plain()));
}

#[test]
fn several_labels_at_once() {
    assert_snapshot!(shown(&compiled(&["topics"], DIALECT), &plain()));
}

#[test]
fn without_a_schema_the_prompt_holds_it() {
    let text = PromptSettings { rung: Rung::Text, ..settings(DIALECT) };
    let prompt = compile(policies(&["insults"]), text).unwrap();
    assert_snapshot!(shown(&prompt, &plain()));
}

#[test]
fn terms_in_the_same_words_are_shown_once_and_others_each_under_its_policy() {
    let prompt = question(&["link-spam", "insults"], DIALECT);
    let count = |text: &str| prompt.system().matches(text).count();
    assert_eq!(count("- reader: The person who is shown the unit."), 1);
    assert_eq!(count("- bait: "), 2);
}

#[test]
fn a_forced_choice_shows_no_abstain_reason_anywhere() {
    let answer = AnswerSettings { rationale_words: 5, confidence: false, abstain: false };
    let prompt =
        compile(policies(&["link-spam"]), PromptSettings { answer, ..settings(DIALECT) }).unwrap();
    let request = String::from_utf8(prompt.questions()[0].request_body(&plain()).unwrap()).unwrap();
    assert!(!request.contains("cut-off") && !request.contains("cannot tell"), "{request}");
}

#[test]
fn an_image_follows_the_caption_that_names_its_place_and_role() {
    let parts = question(&["answers"], DIALECT).user_parts(&pictures()).unwrap();
    let [Part::Text(first), Part::Image(_), Part::Text(second), Part::Image(last), Part::Text(end)] =
        parts.as_slice()
    else {
        panic!("{parts:?}")
    };
    assert!(first.ends_with("Image 1 of 2 (role: recommendation)"), "{first}");
    assert!(second.ends_with("Image 2 of 2 (role: recommendation)"), "{second}");
    assert_eq!(last, "https://img.example/2.jpg");
    assert!(end.contains("</unit nonce="), "{end}");
}

#[test]
fn an_image_that_is_only_a_path_is_refused() {
    let mut unit = pictures();
    unit.components[2].content = Content::Image("pictures/1.png".into());
    let error = question(&["answers"], DIALECT).request_body(&unit).unwrap_err();
    assert!(matches!(error, CompileError::ImageReference { .. }), "{error}");
}
