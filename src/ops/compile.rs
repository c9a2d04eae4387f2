//! `titer compile`: the exact messages and schema a unit would be sent with.

use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::prompt;
use crate::requests;
use crate::unit::Unit;
use serde::Serialize;
use serde_json::Value;

/// One compiled request.
#[derive(Debug, Clone, Serialize)]
pub struct Compiled {
    /// The policies it answers.
    pub policies: Vec<String>,
    /// The hash of everything but the unit that can change a reply.
    pub fingerprint: String,
    /// The whole request, with the given unit or a placeholder.
    pub request: Value,
    /// Tokens of the static part.
    pub system_tokens: u64,
    /// Tokens of the unit's part.
    pub unit_tokens: u64,
    /// Whether the counts are estimates from lengths: the model's own tokenizer is not known.
    pub tokens_estimated: bool,
    /// What the policies say and the dialect cannot carry.
    pub left_out: Vec<&'static str>,
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
    let reading = policies::load(program, named)?;
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
    prompts
        .iter()
        .map(|prompt| {
            let body = prompt.request_body(unit)?;
            let count = |text: &str| requests::tokens(&settings.model, text);
            let (of_system, of_unit) = (count(prompt.system()), count(&prompt.user_message(unit)?));
            let request = serde_json::from_slice(&body).unwrap_or(Value::Null);
            Ok(Compiled {
                policies: prompt.policies().iter().map(|policy| policy.id.clone()).collect(),
                fingerprint: prompt.fingerprint().to_string(),
                request,
                system_tokens: of_system.count,
                unit_tokens: of_unit.count,
                tokens_estimated: of_system.estimated || of_unit.estimated,
                left_out: prompt.left_out().iter().map(|feature| feature.name()).collect(),
            })
        })
        .collect()
}
