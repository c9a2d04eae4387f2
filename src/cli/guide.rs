//! `titer guide`.

use super::failure::Failure;
use super::output::Output;
use crate::ops::Program;
use crate::ops::guide;
use crate::prompt::Audience;
use crate::prompt::GuideFormat;
use clap::Args;
use clap::ValueEnum;
use serde_json::json;
use std::path::Path;

/// Print a policy for people, with the same ids as the prompt
#[derive(Debug, Args)]
#[command(after_help = "Example: titer guide harassment --for public --html > harassment.html")]
pub(super) struct GuideArgs {
    /// Policy file, or id of one of the project's policies
    #[arg(value_name = "POLICY")]
    policy: String,
    /// Who reads it
    #[arg(long = "for", value_name = "WHO", default_value = "rater")]
    audience: AudienceArg,
    /// One HTML page in place of Markdown
    #[arg(long)]
    html: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AudienceArg {
    /// Everything that decides a label
    Rater,
    /// What the policy says about content, not how it is judged
    Public,
}

pub(super) fn run(
    args: &GuideArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let audience = match args.audience {
        AudienceArg::Rater => Audience::Rater,
        AudienceArg::Public => Audience::Public,
    };
    let format = if args.html { GuideFormat::Html } else { GuideFormat::Markdown };
    let text = guide::guide(&Program::open(project)?, &args.policy, audience, format)?;
    output.json(&json!({"policy": args.policy, "guide": text}))?;
    output.text(&text)?;
    Ok(())
}
