//! Any template text is refused with words, or renders a unit in bounded time. Templates are titer's own, so the
//! crate has no public way in; this target compiles the crate's own file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use titer::prompt::CompileError;
use titer::prompt::Dialect;

#[path = "../../src/prompt/template.rs"]
#[allow(dead_code, reason = "only a part of the file is needed here")]
mod template;

use template::Template;

static VARIABLES: LazyLock<serde_json::Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../variables.json")).expect("JSON"));

fuzz_target!(|text: &str| {
    let rendered = Template::of(Dialect::JsonChat, text)
        .and_then(|template| template.render(VARIABLES.clone()));
    match rendered {
        Ok(text) => assert!(template::tidy(&text).len() <= text.len() + 1),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
