//! Exposures calibrated to known totals.

use super::bench::Project;
use super::bench::Ran;
use serde_json::Value;
use std::fmt::Write as _;

/// 900 units drawn with one chance in ten: two thirds of them on `feed`, which has half of the exposure.
fn project() -> Project {
    let project = Project::empty();
    let mut units = "id,exposure,surface,country,day,inclusion_probability,design\n".to_owned();
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..900 {
        let surface = if n % 3 == 0 { "story" } else { "feed" };
        let country = if n < 12 {
            "li"
        } else if n % 2 == 0 {
            "de"
        } else {
            "fr"
        };
        let day = if n % 4 < 2 { "2026-10-01" } else { "2026-10-02" };
        writeln!(units, "u{n},2,{surface},{country},{day},0.1,uniform").unwrap();
        let violating = n % 10 < if n % 3 == 0 { 8 } else { 1 };
        writeln!(labels, "u{n},insults,{}", u8::from(violating != (n % 17 == 0))).unwrap();
        if n % 2 == 0 {
            writeln!(gold, "u{n},insults,{}", u8::from(violating)).unwrap();
        }
    }
    project.write("units.csv", &units);
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project.write("surface.csv", "segment,value,exposure\nsurface,feed,9000\nsurface,story,9000\n");
    project
}

fn measured(project: &Project, more: &[&str]) -> Ran {
    let files = ["--labels", "labels.csv", "--gold", "gold.csv", "--units", "units.csv"];
    let all = [&["prevalence", "--drawn", "from_sample"][..], &files, more].concat();
    project.titer(&all)
}

fn json(project: &Project, more: &[&str]) -> Value {
    measured(project, &[more, &["--format", "json"]].concat()).done().json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn totals_move_the_estimate_to_where_the_exposure_is_and_are_said() {
    let project = project();
    let plain = json(&project, &[]);
    let with = json(&project, &["--totals", "surface.csv", "--by", "surface"]);
    let (plain, with, segments) = (&plain["policies"][0], &with["policies"][0], &with["segments"]);
    assert!((number(&plain["corrected"]["value"]) - 0.33).abs() < 0.03, "{plain}");
    assert!((number(&with["corrected"]["value"]) - 0.45).abs() < 0.03, "{with}");
    assert!(number(&with["corrected"]["std_error"]) < number(&plain["corrected"]["std_error"]));
    assert_eq!(with["design"], "uniform, calibrated to surface");
    assert_eq!(with["calibrated_to"][0]["values"], 2);
    assert!(plain.get("calibrated_to").is_none());
    for segment in segments.as_array().unwrap() {
        assert!((number(&segment["exposure"]) - 9000.0).abs() < 1e-6, "{segment}");
    }
    let shown = measured(&project, &["--totals", "surface.csv"]).done().stdout;
    assert!(shown.contains("calibrated to the known totals of surface"), "{shown}");
}

#[test]
fn several_pivots_are_raked_and_a_thin_value_is_said() {
    let project = project();
    let mut totals = project.read("surface.csv");
    totals.push_str("country,de,8000\ncountry,fr,9800\ncountry,li,200\n");
    project.write("both.csv", &totals);
    let with = json(&project, &["--totals", "both.csv", "--by", "country"]);
    assert_eq!(with["policies"][0]["design"], "uniform, calibrated to surface+country");
    assert_eq!(with["policies"][0]["calibrated_to"][1]["thin"][0], "li");
    let of = |name: &str| {
        let all = with["segments"].as_array().unwrap();
        number(&all.iter().find(|it| it["segment"]["value"] == name).unwrap()["exposure"])
    };
    assert!((of("de") - 8000.0).abs() < 1e-3 && (of("fr") - 9800.0).abs() < 1e-3);
    let shown = measured(&project, &["--totals", "both.csv"]).done().stdout;
    assert!(shown.contains("li (12 units)"), "{shown}");
}

#[test]
fn totals_that_do_not_fit_are_refused_with_the_reason() {
    let project = project();
    for (name, table, said) in [
        ("missing", "surface,feed,18000", "no total is given for surface = `story`"),
        ("other", "surface,feed,9e6\nsurface,story,9e6", "they count something else"),
        ("twice", "surface,feed,9000\nsurface,feed,9000", "two totals"),
        ("bad", "surface,feed,-1", "column `exposure`"),
        ("nobody", "planet,mars,18000", "no unit has a value of `planet`"),
        ("unequal", "surface,feed,9000\nsurface,story,9000\ncountry,de,20000", "add up to"),
    ] {
        let file = format!("{name}.csv");
        project.write(&file, &format!("segment,value,exposure\n{table}\n"));
        measured(&project, &["--totals", &file]).ends(2, &[said]);
    }
}

#[test]
fn each_period_has_its_own_totals() {
    let project = project();
    project.write(
        "titer.yaml",
        "units: {from: units.csv, exposure: exposure, period: day}\nestimate: {totals: days.csv}\n",
    );
    project.write("days.csv", &project.read("surface.csv"));
    measured(&project, &[]).ends(2, &["does not say of which period"]);
    let table = "segment,value,exposure,period\n\
        surface,feed,4000,2026-10-01\nsurface,story,5000,2026-10-01\n\
        surface,feed,5000,2026-10-02\nsurface,story,4000,2026-10-02\n";
    project.write("days.csv", table);
    let with = json(&project, &[]);
    assert_eq!(with["periods"][0]["design"], "uniform, calibrated to surface");
    let value = |at: usize| number(&with["periods"][at]["corrected"]["value"]);
    assert!(value(0) > value(1) + 0.03, "{with}");
    assert!((number(&with["policies"][0]["exposure"]) - 18_000.0).abs() < 1e-6);
    project.write("days.csv", &project.read("surface.csv").replace("9000", "4500"));
    let one = json(&project, &["--period", "2026-10-02"]);
    assert!((number(&one["policies"][0]["exposure"]) - 9000.0).abs() < 1e-6);
}
