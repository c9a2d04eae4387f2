//! Any text as a labeler's own template is refused with diagnostics inside it, or asks about a unit in bounded time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::sync::LazyLock;
use titer::diag::Source;
use titer::policy::Policy;
use titer::prompt;
use titer::prompt::CompileError;
use titer::prompt::Dialect;
use titer::prompt::OwnTemplate;
use titer::prompt::PromptSettings;
use titer_fuzz::PROMPTS;
use titer_fuzz::check_diagnostics;
use titer_fuzz::settings;
use titer_fuzz::unit;

static POLICIES: LazyLock<Vec<Arc<Policy>>> = LazyLock::new(|| {
    let longest = PROMPTS.iter().max_by_key(|prompt| prompt.policies().len());
    longest.map_or_else(Vec::new, |prompt| prompt.policies().to_vec())
});

fuzz_target!(|text: &str| {
    let source = Source::new("mine.j2", text);
    let template = Some(OwnTemplate::new(source.clone()));
    let settings = PromptSettings { template, ..settings(Dialect::JsonChat) };
    match prompt::compile(POLICIES.clone(), settings) {
        Ok(compiled) => {
            let unit = unit(compiled.policies(), "a text");
            for call in compiled.calls(&unit) {
                if let Err(error) = call.question.request_body(&call.unit) {
                    assert!(!error.to_string().is_empty());
                }
            }
        }
        Err(CompileError::Rejected { diagnostics, .. }) => {
            assert!(!diagnostics.is_empty());
            check_diagnostics(&diagnostics, &[source]);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
