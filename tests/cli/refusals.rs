//! Numbers that would look right and be wrong: each of these once printed one.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::below_header;
use std::fs;

/// A project whose units are labeled, all of them or the first few of the file.
fn labeled(units: usize, endpoint: &Simulated) -> Project {
    let project = Project::of(units, &endpoint.url);
    project.titer(&["label"]).done();
    project
}

/// Fills the first rows of the exported sheet, in the order `pick` puts them.
fn answer(project: &Project, rows: usize, pick: impl FnOnce(&mut Vec<String>)) {
    let sheet = project.titer(&["gold", "export"]).done().stdout;
    let mut lines = sheet.lines().map(str::to_owned);
    let header = lines.next().unwrap();
    let mut questions: Vec<String> = lines.collect();
    pick(&mut questions);
    let filled = questions.iter().take(rows).map(|line| line.replacen(",,,", ",allowed,ann,", 1));
    let text: Vec<String> = std::iter::once(header).chain(filled).collect();
    project.write("answers.csv", &(text.join("\n") + "\n"));
    project.titer(&["gold", "import", "answers.csv"]).done();
}

#[test]
fn a_part_somebody_chose_is_not_a_random_part() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(200, &endpoint.url);
    let rows = fs::read_to_string(project.path("units.csv")).unwrap();
    let first: Vec<&str> = rows.lines().take(61).collect();
    project.write("first.csv", &(first.join("\n") + "\n"));
    project.titer(&["label", "first.csv"]).done();
    project.titer(&["gold", "draw", "--size", "30"]).done();
    answer(&project, 30, |_| {});
    project.titer(&["prevalence"]).ends(2, &["60 of 200 units are labeled", "--units"]);
    project.titer(&["prevalence", "--units", "first.csv"]).done();
}

#[test]
fn the_front_of_the_sheet_is_a_random_part_and_its_alphabet_is_not() {
    let endpoint = Simulated::start(&[]);
    let in_order = labeled(120, &endpoint);
    in_order.titer(&["gold", "draw", "--size", "90"]).done();
    answer(&in_order, 45, |_| {});
    in_order.titer(&["prevalence"]).done();

    let by_id = labeled(120, &endpoint);
    by_id.titer(&["gold", "draw", "--size", "90"]).done();
    answer(&by_id, 45, |questions| questions.sort());
    by_id.titer(&["prevalence"]).ends(2, &["out of turn", "titer gold export"]);
}

#[test]
fn gold_of_other_texts_or_another_standard_is_refused() {
    let endpoint = Simulated::start(&[]);
    let project = labeled(60, &endpoint);
    project.titer(&["gold", "draw", "--size", "60"]).done();
    answer(&project, 60, |_| {});
    project.titer(&["prevalence"]).done();
    let units = project.read("units.csv");
    let edited: Vec<String> = units
        .lines()
        .enumerate()
        .map(
            |(at, line)| {
                if at == 5 { line.replacen("text", "other text", 1) } else { line.to_owned() }
            },
        )
        .collect();
    assert_ne!(edited.join("\n") + "\n", units);
    project.write("units.csv", &(edited.join("\n") + "\n"));
    project.titer(&["label"]).done();
    project.titer(&["prevalence"]).ends(2, &["S013", "another text"]);
    project.write("units.csv", &units);
    let policy = project.read("policies/harassment.yaml");
    let version = policy.lines().find(|line| line.starts_with("version: 2.")).unwrap();
    project.write("policies/harassment.yaml", &policy.replace(version, "version: 3.0.0"));
    project.titer(&["label"]).done();
    project.titer(&["prevalence"]).ends(2, &["S018", "another standard"]);
}

#[test]
fn answers_outlive_a_larger_draw_and_repeating_them_adds_nothing() {
    let endpoint = Simulated::start(&[]);
    let project = labeled(80, &endpoint);
    project.titer(&["gold", "draw", "--size", "40"]).done();
    answer(&project, 40, |_| {});
    let again = project.titer(&["gold", "import", "answers.csv", "--format", "json"]).done().json();
    assert_eq!((&again["annotations"], &again["unchanged"]), (&0.into(), &40.into()));
    project.titer(&["gold", "draw", "--size", "80"]).done();
    let status = project.titer(&["gold", "status", "--format", "json"]).done().json();
    assert_eq!((&status["units"], &status["answered"]["harassment"]), (&80.into(), &40.into()));
    let sheet = project.titer(&["gold", "export"]).done().stdout;
    project.write("sheet.csv", &sheet);
    let open =
        below_header(&project.path("sheet.csv")).iter().filter(|line| line.contains(",,,")).count();
    assert_eq!(open, 40);
}

#[test]
fn a_vocabulary_that_does_not_agree_is_refused() {
    let project = Project::empty();
    let labels: String = (0..40)
        .map(|n| format!("u{n},spam,{}\n", if n % 4 == 0 { "spam" } else { "ok" }))
        .collect();
    project.write("labels.csv", &format!("id,policy,label\n{labels}"));
    let gold = |label: &str, policy: &str| {
        let rows: String = (0..20)
            .map(|n| format!("u{n},{policy},{}\n", if n % 4 == 0 { label } else { "ok" }))
            .collect();
        project.write("gold.csv", &format!("id,policy,label\n{rows}"));
    };
    let measure = |positive: &str| {
        project.titer(&[
            "prevalence",
            "--labels",
            "labels.csv",
            "--gold",
            "gold.csv",
            "--drawn",
            "from_sample",
            "--positive",
            positive,
        ])
    };
    gold("spam", "spam");
    measure("spam").done();
    measure("Spam").ends(2, &["hold the label `Spam`", "ok, spam"]);
    gold("Spam", "spam");
    measure("spam").ends(2, &["differ only in case"]);
    gold("spam", "junk");
    measure("spam").ends(2, &["no gold for policy `spam`", "junk"]);
    gold("spam", "spam");
    let twice = project.read("gold.csv") + "u0,spam,ok\n";
    project.write("gold.csv", &twice);
    measure("spam").ends(2, &["u0"]);
}

#[test]
fn people_who_cannot_tell_widen_the_interval_and_cost_the_verdict() {
    let endpoint = Simulated::start(&["--no-answer", "0"]);
    let project = labeled(60, &endpoint);
    project.titer(&["gold", "draw", "--size", "60"]).done();
    let sheet = project.titer(&["gold", "export"]).done().stdout;
    let said = ["allowed", "allowed", "demeaning", "allowed", "insufficient-context"];
    let filled: Vec<String> = sheet
        .lines()
        .enumerate()
        .map(|(at, line)| line.replacen(",,,", &format!(",{},ann,", said[at % said.len()]), 1))
        .collect();
    project.write("answers.csv", &(filled.join("\n") + "\n"));
    project.titer(&["gold", "import", "answers.csv"]).done();
    let said = project.titer(&["prevalence", "--min-gold", "10"]).done().stdout;
    assert!(said.contains("S023") && !said.contains("publishable"), "{said}");
}
