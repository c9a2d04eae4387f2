//! How well labelers do their work: every number of it, and the errors of several labelers side by side.

use super::bench::Project;
use super::bench::Ran;
use super::bench::Simulated;
use serde_json::Value;
use std::fmt::Write as _;

/// Forty units, all with gold: 8 hits, 2 misses, 3 false alarms, 27 passes. The labeler is 90 % sure of all of them.
fn forty() -> Project {
    let project = Project::empty();
    let (mut labels, mut gold) = (
        "id,policy,label,label_probability,labeler,output\n".to_owned(),
        "id,policy,label\n".to_owned(),
    );
    for (n, (said, is)) in outcomes().enumerate() {
        writeln!(labels, "u{n},insults,{said},0.9,small,text").unwrap();
        writeln!(gold, "u{n},insults,{is}").unwrap();
    }
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project
}

fn outcomes() -> impl Iterator<Item = (u8, u8)> {
    [((1, 1), 8), ((0, 1), 2), ((1, 0), 3), ((0, 0), 27)]
        .into_iter()
        .flat_map(|(pair, n)| std::iter::repeat_n(pair, n))
}

fn prevalence(project: &Project, more: &[&str]) -> Ran {
    let files = ["prevalence", "--labels", "labels.csv", "--gold", "gold.csv"];
    project.titer(&[&files, more].concat())
}

#[track_caller]
fn check(found: &Value, expected: f64) {
    let value = found["value"].as_f64().unwrap_or_else(|| panic!("{found}"));
    assert!((value - expected).abs() < 1e-9, "{value} {expected}");
}

#[test]
fn every_number_of_a_labelers_quality_is_in_the_json() {
    let shown = prevalence(&forty(), &["--drawn", "from_sample", "--format", "json"]).done().json();
    let quality = &shown["policies"][0]["quality"];
    check(&quality["youden"], 0.7);
    check(&quality["balanced_accuracy"], 0.85);
    check(&quality["f1"], 16.0 / 21.0);
    check(&quality["kappa"], 1.0 - 0.125 / 0.3875);
    check(&quality["ac1"], 1.0 - 0.125 / 0.612_812_5);
    let shares: Vec<f64> = quality["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["share"].as_f64().unwrap())
        .collect();
    assert_eq!(shares, [0.2, 0.075, 0.05, 0.675]);
    let calibration = &quality["calibration"];
    assert_eq!(calibration["source"], "label_probability");
    assert!((calibration["brier"].as_f64().unwrap() - 0.11).abs() < 1e-9);
    check(&calibration["expected_error"], 0.07);
    check(&calibration["roc_auc"], (8.0 * 27.0 + 0.5 * (8.0 * 3.0 + 2.0 * 27.0)) / 300.0);
    assert_eq!(calibration["bins"].as_array().unwrap().len(), 2);
}

#[test]
fn the_full_text_and_the_report_show_the_errors_and_the_curve() {
    let project = forty();
    let brief = prevalence(&project, &["--drawn", "from_sample"]).done().stdout;
    assert!(!brief.contains("kappa") && !brief.contains("Brier"), "{brief}");
    let full = prevalence(&project, &["--drawn", "from_sample", "-v"]).done().stdout;
    for part in ["labeler's errors", "sensitivity", "kappa", "Brier score", "not flagged", "PR AUC"]
    {
        assert!(full.contains(part), "no {part} in {full}");
    }
    let files = ["--labels", "labels.csv", "--gold", "gold.csv", "--drawn", "from_sample"];
    project.titer(&[&["report", "-o", "r.html"], files.as_slice()].concat()).done();
    let page = project.read("r.html");
    assert!(page.contains("class=\"curve\"") && page.contains("Reliability of label_probability"));
    assert_eq!(page.matches("class=\"bin\"").count(), 2);
}

#[test]
fn a_certainty_of_one_of_three_labels_is_no_probability_of_being_violating() {
    let project = forty();
    let three = project.read("labels.csv").replace("u39,insults,0", "u39,insults,unclear");
    project.write("labels.csv", &three);
    let args = ["--drawn", "from_sample", "--positive", "1", "-v"];
    let shown = prevalence(&project, &args).done().stdout;
    assert!(
        shown.contains("calibration: `label_probability` is the certainty of one label"),
        "{shown}"
    );
    let own = three.replace(",label_probability,", ",violating_probability,");
    project.write("labels.csv", &own);
    assert!(prevalence(&project, &args).done().stdout.contains("Brier score"));
    project.write("labels.csv", &three.replace(",0.9,", ",90,"));
    prevalence(&project, &args)
        .ends(2, &["labels.csv:2: column `label_probability`", "not between 0 and 1"]);
}

#[test]
fn several_labelers_have_error_rates_and_no_prevalence() {
    let project = forty();
    let mut labels = project.read("labels.csv");
    // the other labeler is right about every unit it was asked about
    for (n, (_, is)) in outcomes().enumerate().filter(|(n, _)| n % 4 != 3) {
        writeln!(labels, "u{n},insults,{is},,big,schema").unwrap();
    }
    project.write("labels.csv", &labels);
    let from_sample = ["--drawn", "from_sample"];
    prevalence(&project, &from_sample).ends(2, &["labels of 2 labelers", "--labeler"]);
    let by = |column: &'static str| [from_sample.as_slice(), &["--rates-by", column]].concat();
    let shown = prevalence(&project, &by("labeler")).done().stdout;
    assert!(shown.starts_with("insults: errors by labeler, 40 gold\n"), "{shown}");
    assert!(shown.contains("`big` was asked about 30 of 40 gold units"), "{shown}");
    assert!(!shown.contains("corrected"), "{shown}");
    let json = prevalence(&project, &[by("labeler"), vec!["--format", "json"]].concat());
    let json = json.done().json();
    let lines = json["error_rates"][0]["lines"].as_array().unwrap();
    assert_eq!((&lines[0]["labeler"], &lines[0]["asked"]), (&"big".into(), &30.into()));
    check(&lines[0]["rates"]["sensitivity"], 1.0);
    check(&lines[1]["rates"]["sensitivity"], 0.8);
    assert_eq!(lines[1]["quality"]["calibration"]["source"], "label_probability");
    let shown = prevalence(&project, &by("output")).done().stdout;
    assert!(shown.contains("big schema") && shown.contains("small text"), "{shown}");
    prevalence(&project, &by("outputs")).ends(2, &["no unit has a value of `outputs`"]);
    prevalence(&project, &["--drawn", "by_label", "--rates-by", "labeler"])
        .ends(2, &["S011", "one labeler's labels", "probability"]);
    prevalence(&project, &[by("labeler"), vec!["--by", "x"]].concat()).ends(2, &["--by"]);
}

#[test]
fn one_labeler_in_two_output_modes_may_label_a_unit_twice() {
    let project = forty();
    let labels = project.read("labels.csv");
    let again = labels.lines().skip(1).map(|line| format!("{}\n", line.replace("text", "schema")));
    project.write("labels.csv", &format!("{labels}{}", again.collect::<String>()));
    let args = ["--drawn", "from_sample"];
    prevalence(&project, &args).ends(2, &["same unit, policy and labeler"]);
    let by = [args.as_slice(), &["--rates-by", "output"]].concat();
    let shown = prevalence(&project, &by).done().stdout;
    assert!(shown.contains("schema ") && shown.contains("text "), "{shown}");
    assert_eq!(shown.matches("80.0 %").count(), 2, "{shown}");
}

#[test]
fn parts_with_too_little_gold_have_no_error_rates() {
    let project = forty();
    let units = (0..40).map(|n| format!("u{n},{}\n", if n < 9 { "few" } else { "many" }));
    project.write("units.csv", &format!("id,surface\n{}", units.collect::<String>()));
    let args = ["--drawn", "from_sample", "--units", "units.csv"];
    let by = [args.as_slice(), &["--by", "surface", "-v"]].concat();
    let shown = prevalence(&project, &by).done().stdout;
    assert!(shown.contains("insults by surface: the labeler's errors"), "{shown}");
    assert!(shown.contains("few (9 gold): too little gold to show"), "{shown}");
    let rates = [args.as_slice(), &["--rates-by", "surface"]].concat();
    let shown = prevalence(&project, &rates).done().stdout;
    assert!(shown.contains("few (9 gold): too little gold to show"), "{shown}");
    let json = [args.as_slice(), &["--by", "surface", "--format", "json"]].concat();
    let json = prevalence(&project, &json).done().json();
    assert!(json["segments"][0]["rates"]["sensitivity"]["missing"].is_string());
    assert!(json["segments"][0]["quality"]["missing"].is_string());
}

#[test]
fn the_labelers_of_a_project_stand_side_by_side_on_its_gold() {
    let (good, poor) = (
        Simulated::start(&["--prevalence", "0.5", "--sensitivity", "0.95"]),
        Simulated::start(&["--prevalence", "0.5", "--sensitivity", "0.4"]),
    );
    let project = Project::of(120, &good.url);
    let other = format!("  poor:\n    url: {}\n    model: simulated\n", poor.url);
    project.configure(&good.url, &other);
    project.titer(&["label"]).done();
    project.titer(&["label", "--labeler", "poor"]).done();
    let gold = (0..120).map(|n| {
        format!("u{n:04},harassment,{}\n", if n % 2 == 0 { "allowed" } else { "demeaning" })
    });
    project.write("gold.csv", &format!("id,policy,label\n{}", gold.collect::<String>()));
    let gold = ["--gold", "gold.csv", "--drawn", "from_sample"];
    let by =
        |column: &'static str| [&["prevalence", "--rates-by", column], gold.as_slice()].concat();
    let shown = project.titer(&by("labeler")).done().stdout;
    assert!(shown.starts_with("harassment: errors by labeler, 120 gold\n"), "{shown}");
    assert!(shown.contains("\nmain ") && shown.contains("\npoor "), "{shown}");
    let shown = project.titer(&by("output")).done().stdout;
    assert!(shown.contains("main schema ") && shown.contains("poor schema "), "{shown}");
    project.titer(&by("labelers")).ends(2, &["no unit has a value of `labelers`"]);
}
