//! `titer explain`.

use super::failure::Failure;
use super::output::Output;
use crate::ops::explain;
use clap::Args;
use serde_json::json;

/// Show the page on a code, such as P012 or S008
#[derive(Debug, Args)]
#[command(after_help = "Example: titer explain P012")]
pub(super) struct ExplainArgs {
    /// The code; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, output: &Output) -> Result<(), Failure> {
    let Some(code) = &args.code else {
        let codes: Vec<&str> = explain::codes().collect();
        output.json(&codes)?;
        output.text(&codes.join(" "))?;
        return Ok(());
    };
    let page = explain::explain(code)?;
    output.json(&json!({"code": code.to_uppercase(), "page": page}))?;
    output.text(&page)?;
    Ok(())
}
