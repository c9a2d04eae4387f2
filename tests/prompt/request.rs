//! The request around the messages: the schema in the portable subset, caps and parameters.

use super::cases::compiled;
use super::cases::plain;
use super::cases::policies;
use super::cases::question;
use super::cases::request;
use super::cases::settings;
use serde_json::Value;
use serde_json::json;
use titer::prompt::CompileError;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::ReasoningEffort;
use titer::prompt::compile;

/// What every endpoint takes: closed objects with all properties required, arrays, enums, plain types.
fn portable(schema: &Value) -> Result<(), String> {
    const KEYS: [&str; 6] =
        ["type", "required", "additionalProperties", "properties", "items", "enum"];
    let object = schema.as_object().ok_or("not an object")?;
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}`"));
    }
    if schema["enum"].as_array().is_some_and(Vec::is_empty) {
        return Err("an empty enum".into());
    }
    if schema["type"] != "object" {
        return schema.get("items").map_or(Ok(()), portable);
    }
    let properties = schema["properties"].as_object().ok_or("an object without properties")?;
    let names: Vec<_> = properties.keys().cloned().collect();
    if schema["additionalProperties"] != false || schema["required"] != json!(names) {
        return Err("an open object".into());
    }
    properties.values().try_for_each(portable)
}

#[test]
fn every_schema_is_in_the_portable_subset_with_the_reason_before_the_label() {
    for names in [&["link-spam"][..], &["insults"], &["answers"], &["topics"], &["asked"]] {
        let prompt = question(names, Dialect::JsonChat);
        portable(prompt.schema()).unwrap();
        let keys: Vec<_> = prompt.schema()["properties"].as_object().unwrap().keys().collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(keys[0], "because");
    }
    portable(question(&["link-spam", "answers", "topics"], Dialect::JsonChat).schema()).unwrap();
}

#[test]
fn a_request_asks_for_what_its_settings_say() {
    let asked = |settings: PromptSettings| {
        request(&compile(policies(&["link-spam"]), settings).unwrap(), &plain())
    };
    let base = || settings(Dialect::JsonChat);
    let plain = asked(base());
    assert_eq!(plain["model"], "a \"model\"");
    assert_eq!(plain["response_format"]["json_schema"]["strict"], true);
    assert!(plain.get("logprobs").is_none() && plain.get("reasoning_effort").is_none());
    let thinks = PromptSettings {
        label_probability: true,
        reasoning_effort: Some(ReasoningEffort::High),
        temperature: None,
        ..base()
    };
    let thinks = asked(thinks);
    assert_eq!((&thinks["logprobs"], &thinks["top_logprobs"]), (&json!(true), &json!(5)));
    assert_eq!(thinks["reasoning_effort"], "high");
    assert!(thinks.get("temperature").is_none());
    assert!(thinks["max_tokens"].as_u64() > plain["max_tokens"].as_u64());
}

#[test]
fn one_token_and_its_alternatives_are_all_that_yes_no_asks_for() {
    let asked = request(&compiled(&["link-spam"], Dialect::YesNo), &plain());
    assert_eq!((&asked["max_tokens"], &asked["logprobs"]), (&json!(1), &json!(true)));
    assert!(asked.get("response_format").is_none());
}

#[test]
fn no_policy_is_no_prompt() {
    let error = compile(Vec::new(), settings(Dialect::JsonChat)).unwrap_err();
    assert!(matches!(error, CompileError::NoPolicy));
}
