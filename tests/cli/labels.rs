//! The share of every label of a policy.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::below_header;
use std::fmt::Write as _;

const NAMES: [&str; 3] = ["allowed", "demeaning", "threatening"];

/// A labeler that calls units of one true label what `said` makes of it; every fifth unit has gold.
fn labeled(said: impl Fn(usize, usize) -> usize) -> Project {
    let project = Project::empty();
    let mut labels = "id,policy,label,outcome\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..2000 {
        let truth = [0, 0, 0, 1, 0, 0, 2, 0, 1, 0][n / 5 % 10];
        match n % 97 {
            0 => writeln!(labels, "u{n},insults,,refusal").unwrap(),
            _ => writeln!(labels, "u{n},insults,{},label", NAMES[said(truth, n)]).unwrap(),
        }
        if n % 5 == 0 {
            writeln!(gold, "u{n},insults,{}", NAMES[truth]).unwrap();
        }
    }
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project
}

fn careful() -> Project {
    labeled(|truth, n| if n % 7 == 0 { (truth + 1) % 3 } else { truth })
}

fn args<'a>(drawn: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let files = ["prevalence", "--labels", "labels.csv", "--gold", "gold.csv", "--drawn", drawn];
    let rule = ["--positive", "demeaning", "--positive", "threatening"];
    files.into_iter().chain(rule).chain(more.iter().copied()).collect()
}

#[test]
fn every_label_has_a_line_and_what_was_said_stands_against_gold() {
    let project = careful();
    let text = project.titer(&args("from_sample", &["--each-label", "-v"])).done().stdout;
    assert!(text.starts_with("insults ") && text.contains("\ninsults by label\n"), "{text}");
    for name in NAMES {
        assert!(text.lines().any(|it| it.starts_with(name) && it.contains('[')), "{text}");
    }
    assert!(text.contains("labeler said (down) against gold (across)"), "{text}");
    assert!(text.contains("S007 cell_merged: units labeled "), "{text}");

    let all = project.titer(&args("from_sample", &["--each-label", "--format", "json"])).done();
    let policy = &all.json()["policies"][0];
    let classes = policy["classes"].as_array().unwrap();
    let sum: f64 = classes.iter().map(|it| it["corrected"]["value"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{classes:#?}");
    let details = &policy["class_details"];
    let covariance = details["covariance"].as_array().unwrap();
    for row in covariance {
        let sum: f64 = row.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).sum();
        assert!(sum.abs() < 1e-15, "{covariance:?}");
    }
    let rows = details["confusion"]["rows"].as_array().unwrap();
    let shares = rows.iter().flat_map(|row| row["shares"].as_array().unwrap());
    let sum: f64 = shares.map(|it| it.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{rows:#?}");
    assert_eq!(rows.len(), 4, "three labels and no answer: {rows:#?}");
    let plain = project.titer(&args("from_sample", &["--format", "json"])).done().json();
    assert!(plain["policies"][0].get("classes").is_none());
}

#[test]
fn labels_are_rows_of_the_table_and_a_part_of_the_report() {
    let project = careful();
    let more = ["--each-label", "--simultaneous", "--estimates", "estimates.csv"];
    let shown = project.titer(&args("from_sample", &more)).done().stdout;
    assert!(shown.contains("98.333 % interval"), "{shown}");
    let table = project.read("estimates.csv");
    assert!(table.lines().next().unwrap().ends_with(",estimate_id,label"), "{table}");
    // naive, two-phase, gold alone and Rogan-Gladen, of the policy's rule and of each label
    assert_eq!(table.lines().count(), 1 + 4 * 4, "{table}");
    assert_eq!(table.lines().filter(|line| line.ends_with(",demeaning")).count(), 4, "{table}");

    let mut report = args("from_sample", &["--each-label", "-o", "out.html"]);
    report[0] = "report";
    project.titer(&report).done();
    let page = project.read("out.html");
    assert!(page.contains("<caption>By label") && page.contains("class=\"heat\""));
    project.titer(&args("from_sample", &["--simultaneous"])).ends(2, &["--by", "--each-label"]);
}

#[test]
fn error_rates_that_cannot_be_inverted_are_withheld_with_their_numbers() {
    // what is demeaning is called threatening as often as not, and the other way round
    let project = labeled(|truth, n| if truth > 0 { 1 + n / 50 % 2 } else { 0 });
    let shown = project.titer(&args("independent", &["--each-label"])).done().stdout;
    let line = shown.lines().find(|line| line.starts_with("S020")).unwrap_or(&shown);
    assert!(line.contains("S020 ill_conditioned: the error rates of the labels have"), "{shown}");
    assert!(shown.contains("allowed, demeaning, threatening: withheld (S020"), "{shown}");
    let page = project.titer(&["explain", "S020"]).done().stdout;
    assert!(page.contains(line), "{line}\n{page}");
}

const TOPICS: &str = include_str!("../prompt/topics.yaml");

#[test]
fn labels_that_apply_at_once_go_from_the_queue_to_an_estimate_each() {
    let endpoint = Simulated::start(&["--prevalence", "0.4"]);
    let project = Project::of(120, &endpoint.url);
    std::fs::remove_file(project.path("policies/harassment.yaml")).unwrap();
    project.write("policies/topics.yaml", TOPICS);
    project.titer(&["label", "-o", "labels.csv"]).done();
    let labels = project.read("labels.csv");
    assert!(labels.starts_with("id,policy,policy_version,outcome,label,labels,"), "{labels}");
    assert_eq!(below_header(&project.path("labels.csv")).len(), 120);
    project.titer(&["gold", "draw", "--size", "40"]).done();
    // weapons and drugs; undone; neither alone; then both for all
    let keys = format!("23\nu\n1\n{}", "23\n".repeat(60));
    let asked = project.titer_reading(&keys, &["gold", "label", "--rater", "ann"]).done();
    assert!(asked.stdout.starts_with("40 of 40"), "{asked:#?}");
    let measured = project.titer(&["prevalence", "--each-label", "--format", "json"]).done().json();
    let policy = &measured["policies"][0];
    let gold: Vec<u64> = policy["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["gold"].as_u64().unwrap())
        .collect();
    assert_eq!(gold, [1, 39, 39], "{policy:#?}");
    assert_eq!(policy["class_details"]["mode"], "multi");
    assert_eq!(policy["class_details"]["confusion"], serde_json::Value::Null);

    // the same from files: gold that names several labels in one row, and one that fits no policy
    let gold = |label: &str| {
        let rows = labels.lines().skip(1).take(40).filter_map(|line| line.split(',').next());
        rows.map(|id| format!("{id},topics,{label}\n")).collect::<String>()
    };
    project.write("gold.csv", &format!("id,policy,label\n{}", gold("drugs; weapons")));
    let files = ["--labels", "labels.csv", "--gold", "gold.csv", "--drawn", "from_sample"];
    let from_files = [&["prevalence", "--each-label"], &files[..]].concat();
    let shown = project.titer(&from_files).done().stdout;
    let line = shown.lines().find(|line| line.starts_with("drugs ")).unwrap().to_owned();
    assert!(line.contains("100.0 %") && line.ends_with("40"), "{shown}");
    assert!(shown.contains("neither ") && shown.contains("at most"), "{shown}");
    project.write("gold.csv", &format!("id,policy,label\n{}", gold("neither; weapons")));
    let gold_alone = ["prevalence", "--gold", "gold.csv", "--drawn", "from_sample"];
    project.titer(&gold_alone).ends(2, &["neither;weapons", "gold does not fit"]);
}

#[test]
fn labels_of_several_periods_are_pooled_and_of_one_are_its_own() {
    let project = careful();
    let mut units = "id,month\n".to_owned();
    (0..2000).for_each(|n| writeln!(units, "u{n},2026-0{}", 1 + n / 50 % 2).unwrap());
    project.write("units.csv", &units);
    project.write("titer.yaml", "units: {from: units.csv, period: month}\n");
    let measured = |more: &[&str]| {
        let more = [&["--units", "units.csv", "--each-label", "--format", "json"], more].concat();
        project.titer(&args("from_sample", &more)).done().json()
    };
    let gold = |answer: &serde_json::Value| -> u64 {
        let classes = answer["policies"][0]["classes"].as_array().unwrap();
        let sum: f64 = classes.iter().map(|it| it["corrected"]["value"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{classes:#?}");
        classes.iter().map(|it| it["gold"].as_u64().unwrap()).sum()
    };
    let (pooled, one) = (measured(&[]), measured(&["--period", "2026-01"]));
    let compared = measured(&["--vs", "2026-01"]);
    assert_eq!((gold(&pooled), gold(&one), gold(&compared)), (400, 200, 200));
    assert_eq!(compared["policies"][0]["period"], "2026-02");
    assert!(pooled["periods"][0].get("classes").is_none());
}

#[test]
fn a_column_that_holds_no_labels_is_not_measured_label_by_label() {
    let project = labeled(|truth, _| truth);
    let mut labels = "id,policy,label\n".to_owned();
    (0..50).for_each(|n| writeln!(labels, "u{n},insults,text {n}").unwrap());
    project.write("labels.csv", &labels);
    let said = ["prevalence", "--labels", "labels.csv", "--gold", "gold.csv", "--each-label"];
    let rule = ["--drawn", "convenience", "--positive", "demeaning"];
    project.titer(&[&said[..], &rule].concat()).ends(2, &["53 labels", "at most 32"]);
}
