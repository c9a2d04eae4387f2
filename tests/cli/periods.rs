//! Change over time: periods in one file, samples in two, goals and breaks.

use super::bench::Project;
use super::bench::Simulated;
use serde_json::Value;
use std::fmt::Write as _;

/// Units a period.
const N: usize = 900;

/// Labels and gold of two periods, ids beginning with the period; in the second twice as many are flagged.
fn periods(project: &Project, more: impl Fn(usize, usize) -> String) {
    let mut units = "id,exposure,month,surface\n".to_owned();
    let mut labels = "id,policy,label,labeler,policy_version\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for (period, month) in ["2026-01", "2026-02"].into_iter().enumerate() {
        for n in 0..N {
            let surface = if n % 5 < 2 { "search" } else { "feed" };
            let said = n % 10 < 1 + period;
            writeln!(units, "{month}-u{n},{},{month},{surface}", 1 + n % 3).unwrap();
            let code = u8::from(said);
            writeln!(labels, "{month}-u{n},insults,{code},{}", more(period, n)).unwrap();
            if n % 2 == 0 {
                let is = said != (n % 22 == 0);
                writeln!(gold, "{month}-u{n},insults,{}", u8::from(is)).unwrap();
            }
        }
    }
    project.write("units.csv", &units);
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project.write("titer.yaml", "units: {from: units.csv, exposure: exposure, period: month}\n");
}

fn usual() -> Project {
    let project = Project::empty();
    periods(&project, |_, _| "main,1.0.0".to_owned());
    project
}

const FILES: [&str; 9] = [
    "prevalence",
    "--labels",
    "labels.csv",
    "--gold",
    "gold.csv",
    "--units",
    "units.csv",
    "--drawn",
    "from_sample",
];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FILES.into_iter().chain(more.iter().copied()).collect()
}

fn json(project: &Project, more: &[&str]) -> Value {
    let json = ["--format", "json"];
    let all: Vec<&str> = args(more).into_iter().chain(json).collect();
    serde_json::from_str(&project.titer(&all).done().stdout).unwrap()
}

#[test]
fn a_pooled_number_never_passes_for_one_periods() {
    let project = usual();
    let shown = project.titer(&args(&[])).done().stdout;
    let first = shown.lines().next().unwrap();
    assert!(first.starts_with("insults in 2026-01/2026-02 (2 periods pooled): "), "{shown}");
    assert!(shown.contains("insults by period\n"), "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("2026-01 ")), "{shown}");
    assert!(shown.contains("--period names one, --vs compares two"), "{shown}");
    let got = json(&project, &[]);
    assert_eq!(got["policies"][0]["periods_pooled"], 2);
    assert_eq!(got["periods"].as_array().unwrap().len(), 2);
    let one = json(&project, &["--period", "2026-02"]);
    assert_eq!(one["policies"][0]["corrected"], got["periods"][1]["corrected"]);
    assert_eq!(one["policies"][0]["period"], "2026-02");
}

#[test]
fn a_change_comes_with_its_interval_its_ratio_and_what_would_be_found() {
    let project = usual();
    let shown = project.titer(&args(&["--vs", "2026-01"])).done().stdout;
    assert!(shown.starts_with("insults in 2026-02: "), "{shown}");
    assert!(
        shown.contains("insults, change from 2026-01 to 2026-02, percentage points\n"),
        "{shown}"
    );
    for part in [
        "changed: all (q at most 0.05)",
        "ratio 1.",
        "80 % power finds a change of ",
        "naive: +10.0 points",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(
        shown.lines().all(|line| line.starts_with("insults")
            || line.starts_with("S0")
            || line.starts_with("* ")
            || line.chars().count() <= 60),
        "{shown}"
    );
    let got = json(&project, &["--vs", "2026-01"]);
    let change = &got["changes"][0]["change"];
    let value = |name: &str| change[name].as_f64().unwrap();
    assert!(0.0 < value("low") && value("low") < value("value") && value("value") < value("high"));
    assert_eq!(got["changes"][0]["changed"], true);
    let estimates = |name: &str| got[name][0]["corrected"]["value"].as_f64().unwrap();
    assert!((value("value") - (estimates("policies") - estimates("periods"))).abs() < 1e-12);
    project.titer(&args(&["--vs", "2026-02", "--period", "2026-01"])).done();
    let none = args(&["--vs", "2025-12"]);
    project.titer(&none).ends(2, &["2025-12", "2026-01"]);
    project.titer(&args(&["--vs", "2026-01", "--period", "2026-01"])).ends(2, &["2026-01"]);
}

#[test]
fn segments_have_their_own_change_and_q_values_over_all_of_them() {
    let project = usual();
    let more = ["--vs", "2026-01", "--by", "surface", "--estimates", "estimates.csv"];
    let shown = project.titer(&args(&more)).done().stdout;
    for name in ["all", "surface=feed", "surface=search"] {
        assert!(shown.lines().any(|line| line.starts_with(name)), "{name}\n{shown}");
    }
    let got = json(&project, &more[..4]);
    for change in got["changes"].as_array().unwrap() {
        let (p, q) =
            (change["change"]["p_value"].as_f64().unwrap(), change["q_value"].as_f64().unwrap());
        assert!(p <= q, "{change}");
    }
    let table = project.read("estimates.csv");
    assert_eq!(table.lines().filter(|line| line.contains(",change,")).count(), 3, "{table}");
    assert!(table.contains("2026-01/2026-02,insults,,change,"), "{table}");
    assert!(table.contains("2026-01,insults,,two_phase,"), "{table}");
}

#[test]
fn a_goal_is_met_not_met_or_cannot_be_told() {
    let project = usual();
    let line = |goal: &str| {
        let shown = project.titer(&args(&["--period", "2026-02", "--goal", goal])).done().stdout;
        shown.lines().next().unwrap().to_owned()
    };
    assert!(line("below 40 %").contains("goal below 40 % met"));
    assert!(line("below 0.5 %").contains("goal below 0.5 % not met"));
    assert!(
        line("below 25 %").contains("goal below 25 %: cannot be told"),
        "{}",
        line("below 25 %")
    );
    project.titer(&args(&["--goal", "small"])).ends(2, &["small", "below 0.5 %"]);
    project.write(
        "titer.yaml",
        "units: {from: units.csv, exposure: exposure, period: month}\nestimate: {policies: {insults: {goal: above 90 %}}}\n",
    );
    assert!(
        project
            .titer(&args(&["--vs", "2026-01"]))
            .done()
            .stdout
            .contains("goal above 90 % not met")
    );
}

#[test]
fn a_new_standard_ends_the_series_and_a_new_labeler_does_not() {
    let project = Project::empty();
    periods(&project, |period, _| format!("main,{}.0.0", 1 + period));
    let shown = project.titer(&args(&["--vs", "2026-01"])).done().stdout;
    assert!(shown.contains("S018 the policy's version went from 1.0.0 to 2.0.0"), "{shown}");
    assert!(!shown.contains("ratio"), "{shown}");
    let got = json(&project, &["--vs", "2026-01"]);
    assert_eq!(got["changes"][0]["verdict"], "withheld");
    assert_eq!(got["breaks"][0]["changed"], "standard");
    let pooled = json(&project, &[]);
    assert!(pooled["policies"][0]["corrected"]["missing"].as_str().unwrap().contains("S018"));

    periods(&project, |period, _| format!("{},1.0.0", ["old", "new"][period]));
    let shown = project.titer(&args(&["--vs", "2026-01"])).done().stdout;
    assert!(shown.contains("changed: all"), "{shown}");
    assert!(shown.contains("naive: not comparable"), "{shown}");
    assert!(shown.contains("the labeler changed (old to new)"), "{shown}");

    periods(&project, |_, n| format!("main,{}.0.0", 1 + n % 2));
    project.titer(&args(&["--vs", "2026-01"])).ends(2, &["S018", "versions 1 and 2"]);
}

#[test]
fn two_samples_may_stand_in_two_files_and_share_units() {
    let project = Project::empty();
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..1200 {
        let said = n % 7 == 0;
        writeln!(labels, "u{n},insults,{}", u8::from(said)).unwrap();
        if n % 3 == 0 {
            writeln!(gold, "u{n},insults,{}", u8::from(said != (n % 33 == 0))).unwrap();
        }
    }
    let sample = |range: std::ops::Range<usize>| {
        let mut units = "id,exposure,inclusion_probability,design\n".to_owned();
        for n in range {
            writeln!(units, "u{n},{},0.1,priority", 1 + n % 3).unwrap();
        }
        units
    };
    project.write("january.csv", &sample(0..900));
    project.write("february.csv", &sample(300..1200));
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    let mut all = FILES.to_vec();
    all[6] = "february.csv";
    all.extend(["--vs-units", "january.csv"]);
    let shown = project.titer(&all).done().stdout;
    assert!(shown.contains("change from january to february"), "{shown}");
    assert!(
        shown.contains("600 units are in both samples, and nothing says that one salt"),
        "{shown}"
    );
    assert!(!shown.contains("S013"), "{shown}");
    project.write("titer.yaml", "units: {from: february.csv}\nsample: {size: 900, salt: months}\n");
    let shown = project.titer(&all).done().stdout;
    assert!(shown.contains("600 units are in both samples, which narrows the interval"), "{shown}");
    all.extend(["--vs", "jan", "--period", "feb"]);
    assert!(project.titer(&all).done().stdout.contains("change from jan to feb"));
}

#[test]
fn the_report_shows_the_series_and_the_change() {
    let project = usual();
    let report = |more: &[&str]| {
        let mut all = args(more);
        all[0] = "report";
        project.titer(&all).done();
        project.read("report.html")
    };
    let series = report(&[]);
    assert!(series.contains("<h3 style=\"margin-top:0\">Over time</h3>"));
    assert!(series.contains("2026-01&#x2f;2026-02 (2 periods pooled)"));
    let change = report(&["--vs", "2026-01"]);
    assert!(change.contains("Change from 2026-01 to 2026-02, corrected, percentage points"));
    assert!(!change.contains("Over time"));
}

#[test]
fn gold_older_than_allowed_makes_an_estimate_provisional() {
    let project = usual();
    let dated: String = project
        .read("gold.csv")
        .lines()
        .enumerate()
        .map(|(at, line)| {
            format!("{line},{}\n", if at == 0 { "drawn_at" } else { "2020-01-01T00:00:00Z" })
        })
        .collect();
    project.write("gold.csv", &dated);
    let configure = |age: &str| {
        project.write(
            "titer.yaml",
            &format!("units: {{from: units.csv, exposure: exposure, period: month}}\nestimate: {{max_gold_age: {age}}}\n"),
        );
    };
    configure("90 days");
    let shown = project.titer(&args(&["--period", "2026-02"])).done().stdout;
    assert!(shown.contains("S009 stale_gold") && shown.contains("provisional"), "{shown}");
    configure("5000 weeks");
    assert!(!project.titer(&args(&["--period", "2026-02"])).done().stdout.contains("S009"));
    configure("long");
    project.titer(&args(&["--period", "2026-02"])).ends(2, &["`long`", "90 days"]);
}

#[test]
fn a_window_of_gold_carries_thin_periods_and_says_which_are_preliminary() {
    let project = usual();
    let kept: String = project
        .read("gold.csv")
        .lines()
        .enumerate()
        .filter(|(at, line)| !line.starts_with("2026-02") || at % 10 == 0)
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    project.write("gold.csv", &kept);
    let configure = |estimate: &str| {
        project.write(
            "titer.yaml",
            &format!("units: {{from: units.csv, exposure: exposure, period: month}}\nestimate: {{{estimate}}}\n"),
        );
    };
    let by = |estimate: &str| {
        configure(estimate);
        let got = json(&project, &["--period", "2026-02"]);
        got["policies"][0]["corrected_by"].as_str().unwrap().to_owned()
    };
    assert_eq!(by("min_gold: 30"), "two_phase");
    assert_eq!(by("gold_window: 1 period"), "hybrid");
    assert_eq!(by("gold_window: 31 days"), "hybrid");
    assert_eq!(by("gold_window: 20 days"), "two_phase");
    configure("gold_window: 1 period, final_after: 7 days");
    let got = json(&project, &["--vs", "2026-01"]);
    assert!(got["changes"][0]["change"]["value"].as_f64().is_some(), "{got}");
    configure("final_after: 100000 weeks");
    let shown =
        project.titer(&args(&["--period", "2026-02", "--estimates", "e.csv"])).done().stdout;
    assert!(shown.lines().next().unwrap().contains(" · preliminary · "), "{shown}");
    assert!(project.read("e.csv").contains(",preliminary,"));
    configure("gold_window: some");
    project.titer(&args(&["--vs", "2026-01"])).ends(2, &["`some`"]);
}

/// Labels a file of units, draws gold of it and answers it.
fn measured_month(project: &Project, file: &str, salt: &str) {
    let program = project.read("titer.yaml");
    project.write("titer.yaml", &program.replace("units.csv", file));
    project.titer(&["label"]).done();
    project.titer(&["gold", "draw", "--size", "40", "--salt", salt]).done();
    let sheet = project.titer(&["gold", "export"]).done().stdout;
    let answered: String = sheet
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let label = if at % 4 == 1 { "demeaning" } else { "allowed" };
            line.replace(",harassment,,", &format!(",harassment,{label},vendor")) + "\n"
        })
        .collect();
    project.write("sheet.csv", &answered);
    project.titer(&["gold", "import", "sheet.csv"]).done();
    project.write("titer.yaml", &program);
}

#[test]
fn each_sample_of_the_store_is_measured_with_the_gold_drawn_of_it() {
    let endpoint = Simulated::start(&["--prevalence", "0.3"]);
    let project = Project::of(0, &endpoint.url);
    let header = "id,views,month,text\n";
    let month = |name: &str| -> String {
        (0..80).map(|at| format!("{name}-{at},{},{name},text {name} {at}\n", 1 + at % 7)).collect()
    };
    let (january, february) = (month("2026-01"), month("2026-02"));
    project.write("january.csv", &format!("{header}{january}"));
    project.write("february.csv", &format!("{header}{february}"));
    project.write("both.csv", &format!("{header}{january}{february}"));
    let program = project.read("titer.yaml");
    project
        .write("titer.yaml", &program.replace("exposure: views", "exposure: views, period: month"));
    measured_month(&project, "january.csv", "january/gold");
    measured_month(&project, "february.csv", "february/gold");
    let changes = |args: &[&str]| {
        let all = [&["prevalence", "--format", "json", "--vs", "2026-01"], args].concat();
        project.titer(&all).done().json()["changes"][0].clone()
    };
    let apart = changes(&["--units", "february.csv", "--vs-units", "january.csv"]);
    assert!(apart["change"]["value"].as_f64().is_some(), "{apart}");
    assert_eq!((&apart["n"], &apart["m"]), (&160.into(), &80.into()));
    assert_eq!(changes(&["--units", "both.csv"]), apart, "one file or two");
    let pooled =
        project.titer(&["prevalence", "--units", "both.csv", "--format", "json"]).done().json();
    assert_eq!(
        (&pooled["policies"][0]["n"], &pooled["policies"][0]["m"]),
        (&160.into(), &80.into())
    );
    assert!(pooled["policies"][0]["corrected"]["value"].as_f64().is_some(), "{pooled}");
}

#[test]
fn an_estimate_that_changes_after_it_was_final_is_restated() {
    let project = usual();
    let config = project.read("titer.yaml");
    project.write("titer.yaml", &format!("{config}estimate: {{final_after: 7 days}}\n"));
    let row = || {
        project.titer(&args(&["--period", "2026-01", "--estimates", "e.csv"])).done();
        let table = project.read("e.csv");
        table.lines().find(|line| line.contains(",two_phase,")).unwrap().to_owned()
    };
    assert!(row().contains(",final,") && row().contains(",final,"));
    let gold = project.read("gold.csv").replacen("2026-01-u4,insults,1", "2026-01-u4,insults,0", 1);
    let gold = gold.replacen("2026-01-u0,insults,0", "2026-01-u0,insults,1", 1);
    project.write("gold.csv", &gold);
    assert!(row().contains(",restated,") && row().contains(",restated,"));
}

#[test]
fn nothing_comes_after_the_last_period() {
    let project = usual();
    let last = json(&project, &[])["periods"].as_array().unwrap().len();
    assert!(last > 1);
    let names = json(&project, &[])["periods"].clone();
    let name = names[last - 1]["period"].as_str().unwrap().to_owned();
    project.titer(&args(&["--vs", &name])).ends(2, &["is the last period", "--period"]);
}
