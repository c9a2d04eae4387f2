//! `titer compile`.

use super::failure::Failure;
use super::output::Output;
use super::output::Verbosity;
use crate::ops;
use crate::ops::AdHoc;
use crate::ops::Program;
use crate::ops::compile;
use crate::ops::compile::Compiled;
use crate::ops::compile::CompiledImage;
use clap::Args;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;

/// Show the exact messages and JSON Schema a unit is sent with
#[derive(Debug, Args)]
#[command(after_help = "Example: titer compile policies/harassment.yaml")]
pub(super) struct CompileArgs {
    /// Policy files, or ids of the project's policies; all in use when absent
    #[arg(value_name = "POLICY")]
    policies: Vec<String>,
    /// Labeler of titer.yaml whose prompt is shown
    #[arg(long, value_name = "NAME")]
    labeler: Option<String>,
    /// Show one call a policy rather than one for all of them
    #[arg(long)]
    separate: bool,
    /// File whose first unit fills in the message (JSONL or CSV)
    #[arg(long, value_name = "FILE")]
    unit: Option<PathBuf>,
}

pub(super) fn run(
    args: &CompileArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let unit = args.unit.as_deref().map(|path| ops::first_unit(&program, path)).transpose()?;
    let labeler = AdHoc { name: args.labeler.clone(), separate: args.separate, ..AdHoc::default() };
    let compiled = compile::compile(&program, &args.policies, &labeler, unit.as_ref())?;
    output.json(&compiled)?;
    if compiled.len() > 1 {
        output.text(&format!("{} calls a unit\n", compiled.len()))?;
    }
    for request in &compiled {
        output.text(&text(request, output.verbosity))?;
    }
    Ok(())
}

/// A message's text; its images are described, not printed.
fn content(content: &Value, images: &[CompiledImage]) -> String {
    let mut images = images.iter();
    let mut part = |part: &Value| match part["text"].as_str() {
        Some(text) => text.to_owned(),
        None => images.next().map_or_else(|| "(an image)".to_owned(), described),
    };
    match (content.as_str(), content.as_array()) {
        (Some(text), _) => text.to_owned(),
        (None, parts) => parts.into_iter().flatten().map(&mut part).collect::<Vec<_>>().join("\n"),
    }
}

/// What one call of several asks.
fn about(request: &Compiled) -> String {
    let component = request.component.map(|n| format!(" · component {n}"));
    let label = request.label.as_ref().map(|label| format!(" · label {label}"));
    component.into_iter().chain(label).collect()
}

fn described(image: &CompiledImage) -> String {
    let CompiledImage { role, position, .. } = image;
    let what = match (&image.media_type, image.bytes) {
        (Some(kind), Some(bytes)) => format!("{kind}, {bytes} bytes"),
        (Some(_) | None, _) => "by its address".to_owned(),
    };
    format!("({}: component {position}, role {role}, {what})", image.caption)
}

/// The part of a fingerprint that is enough to tell it from others.
fn beginning(fingerprint: &str) -> &str {
    fingerprint.get(..12).unwrap_or_default()
}

fn text(request: &Compiled, verbosity: Verbosity) -> String {
    let guides = request.guides.iter().map(|guide| beginning(guide)).collect::<Vec<_>>();
    let mut text = format!(
        "{}{} · prompt {} · guide {} · {} + {} tokens{}\n",
        request.policies.join(" + "),
        about(request),
        beginning(&request.fingerprint),
        guides.join(" + "),
        request.system_tokens,
        request.unit_tokens,
        if request.tokens_estimated { " (estimated from length)" } else { "" },
    );
    if !request.left_out.is_empty() {
        text.push_str(&format!("the dialect leaves out: {}\n", request.left_out.join(", ")));
    }
    for message in request.request["messages"].as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default();
        text.push_str(&format!(
            "\n--- {role} ---\n{}\n",
            content(&message["content"], &request.images)
        ));
    }
    let schema = &request.request["response_format"]["json_schema"]["schema"];
    if *schema != Value::Null {
        let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
        text.push_str(&format!("\n--- schema ---\n{pretty}\n"));
    }
    if verbosity == Verbosity::Verbose {
        let pretty = serde_json::to_string_pretty(&request.request).unwrap_or_default();
        text.push_str(&format!("\n--- request ---\n{pretty}\n"));
    }
    text
}
