//! Units whose exposure is split over the values of a pivot.

use super::bench::Project;
use super::bench::Ran;
use serde_json::Value;
use std::fmt::Write as _;

/// Whether a unit is flagged, and whether it is violating.
fn said(n: usize) -> (bool, bool) {
    let violating = n.is_multiple_of(5) || n.is_multiple_of(7);
    (violating != n.is_multiple_of(11), violating)
}

fn exposures(n: usize) -> (f64, f64) {
    let feed = 10.0 + (n % 9) as f64;
    (feed, if n.is_multiple_of(3) { 30.0 - feed } else { 0.0 })
}

/// Writes labels and gold of every second unit, with each of a unit's `names`.
fn judged(project: &Project, prefix: &str, names: impl Fn(usize) -> Vec<String>) {
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..900 {
        for name in names(n) {
            let (flagged, violating) = said(n);
            writeln!(labels, "{name},insults,{}", u8::from(flagged)).unwrap();
            if n % 2 == 0 {
                writeln!(gold, "{name},insults,{}", u8::from(violating)).unwrap();
            }
        }
    }
    project.write(&format!("{prefix}labels.csv"), &labels);
    project.write(&format!("{prefix}gold.csv"), &gold);
}

fn measured(project: &Project, prefix: &str, more: &[&str]) -> Ran {
    let units = format!("{prefix}units{}", if prefix.is_empty() { ".jsonl" } else { ".csv" });
    let (labels, gold) = (format!("{prefix}labels.csv"), format!("{prefix}gold.csv"));
    let files = ["--labels", &labels, "--gold", &gold, "--units", &units];
    let all = [&["prevalence", "--drawn", "from_sample", "--by", "surface"][..], &files, more];
    project.titer(&all.concat())
}

/// Every third of 900 units was seen on two surfaces; the same as rows of their own in `apart-…`.
fn project() -> Project {
    let project = Project::empty();
    let mut units = String::new();
    let mut apart = "id,exposure,surface,inclusion_probability,design\n".to_owned();
    let mut names = Vec::new();
    for n in 0..900 {
        let (feed, search) = exposures(n);
        let total = feed + search;
        let split = format!(r#""exposure_by":{{"surface":{{"feed":{feed},"search":{search}}}}}"#);
        let drawn = r#""inclusion_probability":0.02,"design":"poisson""#;
        writeln!(units, r#"{{"id":"u{n}","exposure":{total},{drawn},{split}}}"#).unwrap();
        writeln!(apart, "u{n}f,{feed},feed,0.02,poisson").unwrap();
        names.push(vec![format!("u{n}f")]);
        if search > 0.0 {
            writeln!(apart, "u{n}s,{search},search,0.02,poisson").unwrap();
            names[n].push(format!("u{n}s"));
        }
    }
    project.write("units.jsonl", &units);
    project.write("apart-units.csv", &apart);
    judged(&project, "", |n| vec![format!("u{n}")]);
    judged(&project, "apart-", |n| names[n].clone());
    project
}

#[test]
fn a_unit_counts_in_each_part_with_its_exposure_there() {
    let project = project();
    let json = |prefix: &str| -> Value {
        measured(&project, prefix, &["--format", "json"]).done().json()["segments"].clone()
    };
    let (split, apart) = (json(""), json("apart-"));
    for (at, value) in ["feed", "search"].into_iter().enumerate() {
        assert_eq!(split[at]["segment"]["value"], value);
        for estimate in ["naive", "corrected", "gold_only"] {
            for number in ["value", "std_error", "low", "high"] {
                let of = |json: &Value| json[at][estimate][number].as_f64().unwrap();
                let (a, b) = (of(&split), of(&apart));
                assert!((a - b).abs() < 1e-9, "{value} {estimate} {number}: {a} {b}");
            }
        }
    }
    assert_eq!((&split[0]["n"], &split[1]["n"]), (&Value::from(900), &Value::from(300)));
    let shown = measured(&project, "", &[]).done().stdout;
    assert!(shown.contains("300 units have exposure in several parts of surface"), "{shown}");
}

#[test]
fn parts_that_are_no_split_of_the_exposure_are_refused() {
    let project = project();
    let line = |split: &str| format!("{{\"id\":\"u0\",\"exposure\":9,\"exposure_by\":{split}}}\n");
    for (split, said) in [
        (r#"{"surface":{"feed":10}}"#, "add up to 10, more than its 9"),
        (r#"{"surface":{"feed":-1}}"#, "-1 is no exposure in `feed`"),
        (r#"{"surface":3}"#, "not an object"),
        (r#"{"country":{"de":9}}"#, "no unit has a value of `surface`"),
    ] {
        project.write("units.jsonl", &line(split));
        measured(&project, "", &[]).ends(2, &[said]);
    }
    project.write("totals.csv", "segment,value,exposure\nsurface,feed,9\n");
    project.write("units.jsonl", &line(r#"{"surface":{"feed":4,"search":5}}"#));
    project.write("labels.csv", "id,policy,label\nu0,insults,1\n");
    measured(&project, "", &["--totals", "totals.csv"]).ends(2, &["a total is met by whole units"]);
}
