//! `titer guide`: the rater's and the public's guide, from the same source as the prompt.

use super::error::OpsError;
use super::policies;
use super::program::Program;
use crate::prompt;
use crate::prompt::Audience;
use crate::prompt::GuideFormat;

/// Renders the guide of one policy.
///
/// # Errors
///
/// Mistakes in the policy, or a name that holds several.
pub fn guide(
    program: &Program,
    named: &str,
    audience: Audience,
    format: GuideFormat,
) -> Result<String, OpsError> {
    let (policy, _) = policies::single(program, named)?;
    Ok(prompt::guide(&policy, audience, format)?)
}
