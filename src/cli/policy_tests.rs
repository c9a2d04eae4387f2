//! `titer test`.

use super::failure::Failure;
use super::label::LabelerArgs;
use super::output::Output;
use super::output::Verbosity;
use super::progress;
use super::table::table;
use super::width::counted;
use super::width::fitted;
use crate::ops::Ending;
use crate::ops::Program;
use crate::ops::policy_tests;
use crate::ops::policy_tests::Given;
use crate::ops::policy_tests::PolicyReport;
use crate::ops::policy_tests::RuleReport;
use crate::ops::policy_tests::TestReport;
use crate::ops::policy_tests::Tested;
use clap::Args;
use std::path::Path;

/// Run the policies' own tests against a labeler
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  titer test policies/harassment.yaml --labeler main
  titer test harassment --dry-run

A test passes when, in the share of repeats it asks for, the expected label is answered and the rules it names are \
cited. Exit code 1 when one fails. A test that expects an abstain reason is skipped where the labeler cannot abstain. \
Rules that fail or have no test that meets them or no near miss are listed; -v lists all.")]
pub(super) struct TestArgs {
    /// Policy files, or ids of the project's policies; all in use when absent
    #[arg(value_name = "POLICY")]
    policies: Vec<String>,
    #[command(flatten)]
    labeler: LabelerArgs,
    /// Exit with 1 also when a criterion has no test that meets it, or no near miss
    #[arg(long)]
    covered: bool,
    /// Show what the tests cover and how many calls they take, without sending anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &TestArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let tested = if args.dry_run {
        policy_tests::coverage(&program, &args.policies)?
    } else {
        let labeler = args.labeler.ad_hoc();
        progress::runtime()?.block_on(policy_tests::test(&program, &args.policies, &labeler))?
    };
    output.json(&tested)?;
    let mut text = if args.dry_run { planned(&tested) } else { verdict(&tested) };
    for policy in &tested.policies {
        text.push_str(&format!("\n\n{}", policy_text(policy, output.verbosity)));
    }
    output.text(&fitted(&text))?;
    let uncovered = args.covered && tested.uncovered() > 0;
    if tested.failures() == 0 && !uncovered {
        Ok(())
    } else {
        Err(Failure::Said(Ending::NotPassed))
    }
}

fn planned(tested: &Tested) -> String {
    format!(
        "{}, {} at most{}",
        counted(tested.count() as u64, "test"),
        counted(tested.repeats(), "call"),
        covered(tested)
    )
}

fn verdict(tested: &Tested) -> String {
    let (failures, skipped) = (tested.failures(), tested.skipped());
    let count = tested.count() - skipped;
    let calls = counted(tested.calls, "call");
    let verdict = match (failures, count) {
        (_, 0) => "no test to ask".to_owned(),
        (0, 1) => "the only test passes".to_owned(),
        (0, _) => format!("all {count} tests pass"),
        (1, 1) => "the only test fails".to_owned(),
        (1, _) => format!("1 of {count} tests fails"),
        (_, _) => format!("{failures} of {count} tests fail"),
    };
    format!("{verdict}{}{} · {calls}", left_out(skipped), covered(tested))
}

/// Says how many tests were skipped, if any.
fn left_out(skipped: usize) -> String {
    match skipped {
        0 => String::new(),
        some => format!(" · {some} skipped: the labeler cannot abstain"),
    }
}

fn covered(tested: &Tested) -> String {
    let rules = tested.policies.iter().flat_map(|policy| &policy.rules);
    match rules.filter(|rule| rule.criterion).count() {
        0 => String::new(),
        all => format!(" · {} of {all} criteria covered", all - tested.uncovered()),
    }
}

fn policy_text(policy: &PolicyReport, verbosity: Verbosity) -> String {
    let title = format!("{} {}", policy.policy, policy.version);
    let skipped = policy.tests.iter().filter(|test| test.skipped.is_some()).count();
    let asked = skipped > 0 || policy.tests.iter().any(|test| test.passed.is_some());
    let passed = policy.tests.iter().filter(|test| test.passed == Some(true)).count();
    let mut lines = vec![match asked {
        true => {
            let of = policy.tests.len() - skipped;
            format!("{title}: {passed} of {of} pass{}", left_out(skipped))
        }
        false => format!("{title}: {}", counted(policy.tests.len() as u64, "test")),
    }];
    if !policy.criteria_checked {
        lines.push("  by label alone: answers of this dialect cite no rules".to_owned());
    }
    let all = verbosity == Verbosity::Verbose;
    for test in policy.tests.iter().filter(|test| all || test.passed == Some(false)) {
        lines.extend(test_lines(test, policy.criteria_checked));
    }
    let lacking = |rule: &&RuleReport| {
        all || rule.criterion && !rule.covered || rule.passed.is_some_and(|n| n < rule.tests)
    };
    let rows: Vec<Vec<String>> = policy.rules.iter().filter(lacking).map(rule_row).collect();
    if !rows.is_empty() {
        lines.push(String::new());
        let table = table(&["rule", "passed", "met in test", "near miss"], &[], &rows);
        lines.extend(table.lines().map(|line| format!(" {line}")));
    }
    lines.join("\n")
}

fn test_lines(test: &TestReport, cites: bool) -> Vec<String> {
    let mark = match test.passed {
        Some(true) => "pass",
        Some(false) => "FAIL",
        None if test.skipped.is_some() => "skip",
        None => "    ",
    };
    let expected = match test.must_cite.as_slice() {
        rules @ [_, ..] if cites => format!("{} by {}", test.expect, rules.join(", ")),
        [] | [_, ..] => test.expect.clone(),
    };
    let mut lines =
        vec![format!("  {mark} {}. {}", test.n, test.text), format!("       expected {expected}")];
    if let Some(problem) = &test.problem {
        lines.push(format!("       not asked: {problem}"));
    } else if test.passed.is_some() {
        let answers: Vec<String> = test.answers.iter().map(|given| answer(given, cites)).collect();
        lines.push(format!("       answered {}", answers.join(", ")));
    }
    lines
}

/// An answer; with the rules it cites where the label alone would not show what is wrong.
fn answer(given: &Given, cites: bool) -> String {
    let mut text = given.answer.clone();
    if cites && given.label_matches {
        text.push_str(&match given.criteria.as_slice() {
            [] => " by no rule".to_owned(),
            rules => format!(" by {}", rules.join(", ")),
        });
    }
    if given.times > 1 {
        text.push_str(&format!(" x{}", given.times));
    }
    text
}

fn rule_row(rule: &RuleReport) -> Vec<String> {
    let numbers = |list: &[usize]| match list {
        [] => "none".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    vec![
        rule.rule.clone(),
        rule.passed.map_or_else(|| "-".to_owned(), |passed| format!("{passed} of {}", rule.tests)),
        numbers(&rule.meets),
        numbers(&rule.near_misses),
    ]
}
