//! Any policy and any unit text, with a NUL between, make a request of every dialect, or an error with words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;
use titer::diag::Source;
use titer::policy::Reader;
use titer::prompt;
use titer::prompt::Audience;
use titer::prompt::Dialect;
use titer::prompt::GuideFormat;
use titer_fuzz::PROMPTS;
use titer_fuzz::settings;
use titer_fuzz::unit;

static READER: LazyLock<Reader> = LazyLock::new(Reader::prepare);

fn ask(prompt: &prompt::CompiledPrompt, text: &str) {
    let unit = unit(prompt.policies(), text);
    for call in prompt.calls(&unit) {
        match call.question.request_body(&call.unit) {
            Ok(body) => {
                let body: serde_json::Value =
                    serde_json::from_slice(&body).expect("a body is JSON");
                assert!(body["messages"].as_array().is_some_and(|messages| !messages.is_empty()));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fuzz_target!(|texts: &str| {
    let (policy, text) = texts.split_once('\0').unwrap_or(("", texts));
    ask(&PROMPTS[text.len() % PROMPTS.len()], text);
    let Ok(checked) = READER.read(&Source::new("fuzz.yaml", policy), &BTreeMap::new()) else {
        return;
    };
    let policy = Arc::new(checked.policy);
    for dialect in Dialect::ALL {
        match prompt::compile(vec![Arc::clone(&policy)], settings(dialect)) {
            Ok(compiled) => ask(&compiled, text),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    for audience in [Audience::Rater, Audience::Public] {
        for format in [GuideFormat::Markdown, GuideFormat::Html] {
            prompt::guide(&policy, audience, format).expect("every policy has a guide");
        }
    }
});
