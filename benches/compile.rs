//! How long the messages of one unit take: `cargo bench --bench compile`. The bar is a median under 50 µs.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may panic, and its macros write items without documentation"
)]

use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use titer::diag::Source;
use titer::policy;
use titer::policy::Policy;
use titer::prompt::AnswerSettings;
use titer::prompt::Bundling;
use titer::prompt::Calls;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::Rung;
use titer::prompt::TokenCap;
use titer::prompt::compile;
use titer::unit::Unit;

fn shipped(name: &str) -> Arc<Policy> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name);
    Arc::new(policy::parse(&Source::new(name, &fs::read_to_string(path).unwrap())).unwrap().0)
}

fn settings() -> PromptSettings {
    PromptSettings {
        url: "http://127.0.0.1/v1".into(),
        model: "model".into(),
        dialect: Dialect::JsonChat,
        template: None,
        calls: Calls::PerUnit,
        rung: Rung::Schema,
        bundling: Bundling::Unified,
        answer: AnswerSettings { rationale_words: 40, confidence: true, abstain: true },
        temperature: Some(0.0),
        seed: None,
        max_output_tokens: None,
        token_cap: TokenCap::MaxTokens,
        label_probability: false,
        reasoning_effort: None,
    }
}

fn messages(c: &mut Criterion) {
    let policies = || vec![shipped("harassment.yaml"), shipped("spam-scam.yaml")];
    let prompt = compile(policies(), settings()).unwrap();
    let text = "Everybody go to Marlon's page and tell him what a clown he is. ".repeat(8);
    let unit = Unit::text("u", &text);
    c.bench_function("messages of one unit", |b| {
        b.iter(|| prompt.questions()[0].request_body(black_box(&unit)).unwrap());
    });
    c.bench_function("two policies", |b| {
        b.iter(|| compile(black_box(policies()), settings()).unwrap());
    });
}

criterion_group!(benches, messages);
criterion_main!(benches);
