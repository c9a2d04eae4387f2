//! `titer try`.

use super::failure::Failure;
use super::label::LabelerArgs;
use super::output::Output;
use super::progress;
use super::table::table;
use super::width::fitted;
use crate::ops;
use crate::ops::Ending;
use crate::ops::Program;
use crate::ops::try_text;
use crate::ops::try_text::LabelRowComponent;
use crate::ops::try_text::Tried;
use crate::ops::try_text::TriedCall;
use crate::reply::OwnAnswer;
use crate::unit::Unit;
use clap::Args;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// Label one text and show the label, the rules cited and why
#[derive(Debug, Args)]
#[command(after_help = "\
Example: titer try harassment \"Nobody likes you, log off.\"

Exit code 1 when the text could not be put to the labeler; a refusal and an abstention are answers.")]
pub(super) struct TryArgs {
    /// Policy file, or id of one of the project's policies
    #[arg(value_name = "POLICY")]
    policy: String,
    /// The text
    #[arg(value_name = "TEXT", required_unless_present = "unit", conflicts_with = "unit")]
    text: Option<String>,
    /// File whose first unit is labeled (JSONL or CSV), for units of several parts
    #[arg(long, value_name = "FILE")]
    unit: Option<PathBuf>,
    #[command(flatten)]
    labeler: LabelerArgs,
}

pub(super) fn run(args: TryArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let unit = match (&args.unit, &args.text) {
        (Some(path), _) => ops::first_unit(&program, path)?,
        (None, text) => Unit::text("try", text.as_deref().unwrap_or_default()),
    };
    let labeler = args.labeler.ad_hoc();
    let tried = progress::runtime()?.block_on(try_text::try_unit(
        &program,
        &args.policy,
        unit,
        &labeler,
    ))?;
    let own = tried.answer.own.as_ref();
    output.json(&json!({
        "policy": tried.policy,
        "outcome": tried.answer.outcome.name(),
        "label": tried.answer.label,
        "violating": tried.violating,
        "criteria": tried.answer.criteria,
        "checks": tried.answer.checks,
        "components": tried.components,
        "own_label": own.map(|own| &own.label),
        "own_criteria": own.map(|own| &own.criteria),
        "own_because": own.and_then(|own| own.because.as_ref()),
        "because": tried.answer.because,
        "stated_confidence": tried.answer.stated_confidence,
        "label_probability": tried.answer.label_probability,
        "calls": tried.calls.iter().map(|call| json!({
            "component": call.component,
            "label": call.label,
            "said": call.said,
            "probability": call.probability,
        })).collect::<Vec<_>>(),
        "labeler": tried.labeler,
        "latency_ms": tried.latency_ms,
        "reused": tried.reused,
    }))?;
    output.text(&fitted(&text(&tried)))?;
    if tried.failed() { Err(Failure::Said(Ending::NotPassed)) } else { Ok(()) }
}

fn text(tried: &Tried) -> String {
    let answer = &tried.answer;
    let mut lines = Vec::new();
    lines.push(match &answer.label {
        Some(label) if tried.violating => format!("{label} · violating"),
        Some(label) => label.clone(),
        None => format!("no label: {}", answer.outcome.name()),
    });
    lines.extend(answer.because.iter().map(|because| format!("  why   {}", because.trim())));
    lines.extend(tried.rules.iter().map(|(id, text)| format!("  rule  {id}: {}", text.trim())));
    lines.extend(answer.checks.iter().map(|(id, said)| format!("  check {id}: {said}")));
    lines.extend(answer.own.iter().map(own));
    lines.extend(components(&tried.components));
    lines.extend(tried.calls.iter().map(asked));
    let probability = answer.label_probability.map(|p| format!(" · label probability {p:.2}"));
    let confidence = answer.stated_confidence.map(|said| format!(" · says it is {said:.2} sure"));
    let cost = if tried.reused {
        "on record, no call".to_owned()
    } else {
        format!("{:.0} ms", tried.latency_ms)
    };
    lines.push(format!(
        "  {} · {}{}{} · {cost}",
        tried.policy,
        tried.labeler,
        probability.unwrap_or_default(),
        confidence.unwrap_or_default()
    ));
    lines.join("\n")
}

/// What the model itself says about a unit whose label is computed from those of its components.
fn own(own: &OwnAnswer) -> String {
    let label = if own.labels.len() > 1 { own.labels.join(" + ") } else { own.label.clone() };
    let rules = match own.criteria.as_slice() {
        [] => String::new(),
        rules => format!(" by {}", rules.join(", ")),
    };
    let because = own.because.as_ref().map(|because| format!(": {}", because.trim()));
    format!("  own   the model's own label is {label}{rules}{}", because.unwrap_or_default())
}

/// The labels of the components, a line each.
fn components(parts: &[LabelRowComponent]) -> Vec<String> {
    if parts.is_empty() {
        return Vec::new();
    }
    let row = |part: &LabelRowComponent| {
        let several = part.labels.len() > 1;
        let label = if several { part.labels.join(" + ") } else { part.label.clone() };
        vec![part.n.to_string(), part.role.clone(), label, part.criteria.join(", ")]
    };
    let rows: Vec<Vec<String>> = parts.iter().map(row).collect();
    let table = table(&["component", "role", "label", "rules"], &[], &rows);
    table.lines().map(|line| format!(" {line}")).collect()
}

/// What one call of several said.
fn asked(call: &TriedCall) -> String {
    let component = call.component.map(|n| format!("component {n}"));
    let label = call.label.as_ref().map(|label| format!("{label}?"));
    let about: Vec<String> = component.into_iter().chain(label).collect();
    let sure = call.probability.map(|p| format!(" (probability {p:.2})")).unwrap_or_default();
    format!("  asked {}: {}{sure}", about.join(" · "), call.said)
}
