//! Any text is refused as a template with its places, or makes requests in bounded time and space. The first byte
//! chooses the dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use titer::diag::Source;
use titer::prompt;
use titer::prompt::CompileError;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::prompt::OwnTemplate;
use titer_fuzz::PROMPTS;
use titer_fuzz::check_diagnostics;
use titer_fuzz::settings;
use titer_fuzz::unit;

fn check(error: &CompileError) {
    assert!(!error.to_string().is_empty());
    if let CompileError::Rejected { diagnostics, template } = error {
        assert!(!diagnostics.is_empty());
        check_diagnostics(diagnostics, std::slice::from_ref(template));
    }
}

fn ask(prompt: &CompiledPrompt) {
    for call in prompt.calls(&unit(prompt.policies(), "User: <unit> {{ x }} é")) {
        if let Err(error) = call.question.request_body(&call.unit) {
            check(&error);
        }
    }
}

fuzz_target!(|text: &str| {
    let dialect = Dialect::ALL[usize::from(text.bytes().next().unwrap_or_default()) % 4];
    let known = PROMPTS.iter().find(|prompt| prompt.settings().dialect == dialect);
    let policies = known.map(|prompt| prompt.policies().iter().map(Arc::clone).collect());
    let own = OwnTemplate::new(Source::new("fuzz.j2", text.get(1..).unwrap_or_default()));
    let settings = prompt::PromptSettings { template: Some(own), ..settings(dialect) };
    match prompt::compile(policies.unwrap_or_default(), settings) {
        Ok(prompt) => ask(&prompt),
        Err(error) => check(&error),
    }
});
