//! Samples that were drawn elsewhere: which designs are understood, and what is refused.

use super::bench::Project;
use super::bench::Ran;
use std::fmt::Write as _;

/// Labels and gold of 400 units, every other with gold, and their units as `row` writes each: columns and cells.
fn project(columns: &str, row: impl Fn(usize) -> String) -> Project {
    let project = Project::empty();
    let mut units = format!("id,{columns}\n");
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..400 {
        let violating = n % 4 < if n < 200 { 3 } else { 1 };
        writeln!(units, "u{n},{}", row(n)).unwrap();
        writeln!(labels, "u{n},insults,{}", u8::from(violating != (n % 19 == 0))).unwrap();
        if n % 2 == 0 {
            writeln!(gold, "u{n},insults,{}", u8::from(violating)).unwrap();
        }
    }
    project.write("units.csv", &units);
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project
}

fn measured(project: &Project, more: &[&str]) -> Ran {
    let files = ["--labels", "labels.csv", "--gold", "gold.csv", "--units", "units.csv"];
    let all = [&["prevalence", "--drawn", "from_sample"][..], &files, more].concat();
    project.titer(&all)
}

fn stratum(n: usize) -> &'static str {
    if n < 200 { "risky" } else { "calm" }
}

#[test]
fn strata_that_differ_make_the_interval_narrower() {
    let columns = "inclusion_probability,design,stratum";
    let width = |design: &str| {
        let project = project(columns, |n| format!("0.01,{design},{}", stratum(n)));
        let json = measured(&project, &["--format", "json"]).json();
        let policy = &json["policies"][0];
        assert_eq!(policy["design"], design);
        policy["corrected"]["high"].as_f64().unwrap() - policy["corrected"]["low"].as_f64().unwrap()
    };
    let (stratified, independent) = (width("stratified"), width("poisson"));
    assert!(stratified < 0.95 * independent, "{stratified} {independent}");
}

#[test]
fn a_stratum_of_two_probabilities_is_no_simple_random_sample() {
    let columns = "inclusion_probability,design,stratum";
    let project = project(columns, |n| {
        format!("{},stratified,{}", if n == 7 { 0.02 } else { 0.01 }, stratum(n))
    });
    measured(&project, &[]).ends(2, &["stratum `risky`", "0.02 for unit u7", "pareto or poisson"]);
}

#[test]
fn a_stratum_of_one_unit_is_said() {
    let columns = "inclusion_probability,design,stratum";
    let project = project(columns, |n| {
        format!("0.01,stratified,{}", if n == 7 { "alone" } else { stratum(n) })
    });
    let shown = measured(&project, &[]).done().stdout;
    assert!(shown.contains("strata with a single unit") && shown.contains("alone"), "{shown}");
}

#[test]
fn draws_with_replacement_go_by_expected_draws() {
    let with = project("expected_draws,times_drawn,design", |n| {
        format!("0.5,{},pps_with_replacement", 1 + n % 2)
    });
    let json = measured(&with, &["--format", "json"]).json();
    assert_eq!(json["policies"][0]["design"], "pps_with_replacement");
    // every other unit was drawn twice: 600 draws, each standing for 1 / 0.5
    assert!((json["policies"][0]["exposure"].as_f64().unwrap() - 1200.0).abs() < 1e-9);
    let without =
        project("inclusion_probability,design", |_| "0.5,pps_with_replacement".to_owned());
    measured(&without, &[]).ends(2, &["expected_draws", "n q"]);
    let twice = project("inclusion_probability,times_drawn,design", |_| "0.5,2,pareto".to_owned());
    measured(&twice, &[]).ends(2, &["only design pps_with_replacement", "times_drawn"]);
}

#[test]
fn an_unknown_design_is_answered_with_the_known_ones() {
    let project = project("inclusion_probability,design", |_| "0.5,systematic".to_owned());
    let known = ["census", "uniform", "poisson", "priority", "stratified", "pareto"];
    let said = [&["no design `systematic`"][..], &known, &["or pps_with_replacement"]].concat();
    measured(&project, &[]).ends(2, &said);
    let bare = self::project("inclusion_probability,design", |_| "0.5,stratified".to_owned());
    measured(&bare, &[]).ends(2, &["needs the stratum of every unit"]);
}
