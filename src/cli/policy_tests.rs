//! `titer test`.

use super::failure::Failure;
use super::label::LabelerArgs;
use super::output::Output;
use super::output::Verbosity;
use super::progress;
use crate::ops::Ending;
use crate::ops::Program;
use crate::ops::policy_tests;
use crate::ops::policy_tests::PolicyReport;
use crate::ops::policy_tests::TestReport;
use clap::Args;
use std::path::Path;

/// Run the policies' own tests against a labeler
#[derive(Debug, Args)]
#[command(after_help = "Example: titer test policies/harassment.yaml --labeler main

A test passes when the expected label is answered in the share of repeats it asks for. Exit code 1 when one fails.")]
pub(super) struct TestArgs {
    /// Policy files, or ids of the project's policies; all in use when absent
    #[arg(value_name = "POLICY")]
    policies: Vec<String>,
    #[command(flatten)]
    labeler: LabelerArgs,
}

pub(super) fn run(args: &TestArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let labeler = args.labeler.ad_hoc();
    let tested =
        progress::runtime()?.block_on(policy_tests::test(&program, &args.policies, &labeler))?;
    output.json(&tested)?;
    let (failures, count) = (tested.failures(), tested.count());
    let mut text = match failures {
        0 => format!("all {count} tests pass · {} calls", tested.calls),
        _ => format!("{failures} of {count} tests fail · {} calls", tested.calls),
    };
    for policy in &tested.policies {
        text.push_str(&format!("\n\n{}", policy_text(policy, output.verbosity)));
    }
    output.text(&text)?;
    if failures == 0 { Ok(()) } else { Err(Failure::Said(Ending::NotPassed)) }
}

fn policy_text(policy: &PolicyReport, verbosity: Verbosity) -> String {
    let passed = policy.tests.iter().filter(|test| test.passed).count();
    let mut lines = vec![format!(
        "{} {}: {passed} of {} pass",
        policy.policy,
        policy.version,
        policy.tests.len()
    )];
    for test in &policy.tests {
        if !test.passed || verbosity == Verbosity::Verbose {
            lines.extend(test_lines(test));
        }
    }
    let weak = policy.rules.iter().filter(|(_, (passed, all))| passed < all);
    for (rule, (passed, all)) in weak {
        lines.push(format!("  rule {rule}: {passed} of {all} tests that name it pass"));
    }
    lines.join("\n")
}

fn test_lines(test: &TestReport) -> Vec<String> {
    let mark = if test.passed { "pass" } else { "FAIL" };
    let answers: Vec<String> = test
        .answers
        .iter()
        .map(
            |(answer, count)| {
                if *count == 1 { answer.clone() } else { format!("{answer} x{count}") }
            },
        )
        .collect();
    vec![
        format!("  {mark}  {}", test.text),
        format!("        expected {}, answered {}", test.expect, answers.join(", ")),
    ]
}
