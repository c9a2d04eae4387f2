//! Policies and a dialect template compile into a prompt and an output schema; a unit fills in the messages.

#![deny(clippy::disallowed_methods)]

mod compile;
mod context;
mod fence;
mod schema;
mod settings;

pub use compile::CompileError;
pub use compile::CompiledPrompt;
pub use compile::compile;
pub use compile::compile_all;
pub use fence::nonce;
pub use settings::AnswerSettings;
pub use settings::Bundling;
pub use settings::Dialect;
pub use settings::PromptSettings;
pub use settings::Rung;
pub use settings::TokenCap;
