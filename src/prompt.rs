//! Policies and a dialect template compile into a prompt and an output schema; a unit fills in the messages.

#![deny(clippy::disallowed_methods)]

mod codes;
mod compile;
mod context;
mod dialect;
mod error;
mod explain;
mod fence;
mod fit;
mod guide;
mod image;
mod markdown;
mod message;
mod own;
mod question;
mod request;
mod schema;
mod settings;
mod split;
mod template;

pub use codes::Code;
pub use compile::Call;
pub use compile::CompiledPrompt;
pub use compile::check_template;
pub use compile::compile;
pub use compile::compile_all;
pub use dialect::AnswerForm;
pub use dialect::Dialect;
pub use dialect::Feature;
pub use error::CompileError;
pub use error::Refusal;
pub use explain::explain;
pub use explain::explained;
pub use fence::nonce;
pub use guide::Audience;
pub use guide::GuideError;
pub use guide::GuideFormat;
pub use guide::guide;
pub use image::ShownImage;
pub use image::images;
pub use message::Part;
pub use message::conversation;
pub use own::OwnTemplate;
pub use question::Question;
pub use settings::AnswerSettings;
pub use settings::Bundling;
pub use settings::Calls;
pub use settings::PromptSettings;
pub use settings::ReasoningEffort;
pub use settings::Rung;
pub use settings::TokenCap;
pub use split::component_units;
