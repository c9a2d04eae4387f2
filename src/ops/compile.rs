//! `titer compile`: the exact messages and schema a unit would be sent with.

use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::prompt;
use crate::prompt::Call;
use crate::prompt::CompiledPrompt;
use crate::prompt::ShownImage;
use crate::requests;
use crate::unit::Unit;
use serde::Serialize;
use serde_json::Value;

/// One call of a compiled request.
#[derive(Debug, Clone, Serialize)]
pub struct Compiled {
    /// The policies it answers.
    pub policies: Vec<String>,
    /// The label it asks about, where each label has a question of its own.
    pub label: Option<String>,
    /// The place in the unit of the one component it judges, where each has calls of its own; from 1.
    pub component: Option<usize>,
    /// The hash of everything but the unit that can change a label; the calls of one request share it.
    pub fingerprint: String,
    /// The whole call, with the given unit or a placeholder.
    pub request: Value,
    /// Its images, in order.
    pub images: Vec<CompiledImage>,
    /// Tokens of the static part.
    pub system_tokens: u64,
    /// Tokens of the unit's part, without its images.
    pub unit_tokens: u64,
    /// Whether the counts are estimates from lengths: the model's own tokenizer is not known.
    pub tokens_estimated: bool,
    /// What the policies say and the dialect cannot carry.
    pub left_out: Vec<&'static str>,
}

/// An image of a call.
#[derive(Debug, Clone, Serialize)]
pub struct CompiledImage {
    /// The text right before it.
    pub caption: String,
    /// Its role.
    pub role: String,
    /// Its place among the components that are shown, from 1.
    pub position: usize,
    /// Its media type; null for an address whose content is not known.
    pub media_type: Option<String>,
    /// Its bytes; null for an address.
    pub bytes: Option<u64>,
}

/// Compiles policies for a labeler, with a unit or a placeholder.
///
/// # Errors
///
/// Mistakes in policies, an unknown labeler, a unit the policies do not fit.
pub fn compile(
    program: &Program,
    named: &[String],
    labeler: &AdHoc,
    unit: Option<&Unit>,
) -> Result<Vec<Compiled>, OpsError> {
    let reading = policies::load_to_label(program, named)?;
    let settings = match labeler::resolve(program, labeler) {
        Ok(labeler) => labeler.prompt,
        // Without any labeler the default settings still show the prompt.
        Err(_) if !program.found && labeler.is_empty() => labeler::default_prompt(),
        Err(refused) => return Err(refused),
    };
    let list = reading.policies();
    let placeholder = Unit::text("example", "(the unit's text stands here)");
    let unit = unit.unwrap_or(&placeholder);
    let prompts = prompt::compile_all(&list, &settings)?;
    let mut compiled = Vec::new();
    for prompt in &prompts {
        for call in prompt.calls(unit) {
            compiled.push(one(prompt, &call)?);
        }
    }
    Ok(compiled)
}

fn one(prompt: &CompiledPrompt, call: &Call<'_>) -> Result<Compiled, OpsError> {
    let question = call.question;
    let body = question.request_body(&call.unit)?;
    let count = |text: &str| requests::tokens(&prompt.settings().model, text);
    let of_system = count(question.system());
    let of_unit = count(&question.user_message(&call.unit)?);
    Ok(Compiled {
        policies: prompt.policies().iter().map(|policy| policy.id.clone()).collect(),
        label: question.label().map(str::to_owned),
        component: call.component,
        fingerprint: prompt.fingerprint().to_string(),
        request: serde_json::from_slice(&body).unwrap_or(Value::Null),
        images: prompt::images(&call.unit).into_iter().map(CompiledImage::of).collect(),
        system_tokens: of_system.count,
        unit_tokens: of_unit.count,
        tokens_estimated: of_system.estimated || of_unit.estimated,
        left_out: prompt.left_out().iter().map(|feature| feature.name()).collect(),
    })
}

impl CompiledImage {
    fn of(image: ShownImage) -> Self {
        let ShownImage { caption, role, position, media_type, bytes } = image;
        Self { caption, role, position, media_type, bytes }
    }
}
