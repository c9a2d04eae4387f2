//! `titer compile`: the exact messages and schema a unit would be sent with.

use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::prompt;
use crate::requests::estimated_tokens;
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
    /// Tokens of the static part, estimated from its length.
    pub system_tokens_estimated: u64,
    /// Tokens of the unit's part, estimated from its length.
    pub unit_tokens_estimated: u64,
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
            let request = serde_json::from_slice(&body).unwrap_or(Value::Null);
            Ok(Compiled {
                policies: prompt.policies().iter().map(|policy| policy.id.clone()).collect(),
                fingerprint: prompt.fingerprint().to_string(),
                request,
                system_tokens_estimated: estimated_tokens(prompt.system().len()),
                unit_tokens_estimated: estimated_tokens(prompt.user_message(unit)?.len()),
            })
        })
        .collect()
}
