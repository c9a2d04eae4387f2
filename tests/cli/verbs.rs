//! One verb at a time: what it prints, in both formats, and that it can be repeated.

use super::bench::Project;
use super::bench::Simulated;
use std::collections::BTreeSet;

const VERBS: [&[&str]; 22] = [
    &[],
    &["demo"],
    &["init"],
    &["check"],
    &["compile"],
    &["try"],
    &["test"],
    &["diff"],
    &["guide"],
    &["explain"],
    &["sample"],
    &["label"],
    &["gold"],
    &["gold", "draw"],
    &["gold", "label"],
    &["gold", "import"],
    &["gold", "export"],
    &["gold", "status"],
    &["plan"],
    &["prevalence"],
    &["report"],
    &["simulate"],
];

#[test]
fn every_verb_explains_itself_with_an_example() {
    let project = Project::empty();
    for verb in VERBS {
        let args: Vec<&str> = verb.iter().copied().chain(["--help"]).collect();
        let help = project.titer(&args).done().stdout;
        assert!(help.contains("titer "), "{verb:?}: {help}");
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{verb:?}: {widest:?} columns\n{help}");
        let example = verb.is_empty() || *verb == ["gold"] || help.contains("Example");
        assert!(example, "{verb:?} shows no example:\n{help}");
    }
}

#[test]
fn schemas_are_the_committed_ones() {
    let project = Project::empty();
    for (name, committed) in [
        ("policy", include_str!("../../schemas/policy.json")),
        ("terms", include_str!("../../schemas/terms.json")),
        ("program", include_str!("../../schemas/program.json")),
        ("suite", include_str!("../../schemas/suite.json")),
    ] {
        assert_eq!(project.titer(&["schema", name]).done().stdout, committed, "{name}");
    }
}

#[test]
fn a_text_is_tried_without_a_project_and_in_one() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(1, &endpoint.url);
    let text = project.titer(&["try", "harassment", "good morning"]).done().stdout;
    assert!(text.contains(" · main · "), "{text}");
    let again =
        project.titer(&["try", "harassment", "good morning", "--format", "json"]).done().json();
    assert_eq!((&again["reused"], &again["outcome"]), (&true.into(), &"label".into()));
    assert_eq!(endpoint.requests(), 1);

    let alone = Project::empty();
    alone.write("h.yaml", &project.read("policies/harassment.yaml"));
    let labeler = ["--url", &endpoint.url, "--model", "any"];
    let args = [&["try", "h.yaml", "good morning"], &labeler[..]].concat();
    alone.titer(&args).done();
    assert!(!alone.path(".titer").exists(), "trying a text leaves nothing behind");
    alone.titer(&["try", "h.yaml", "good morning"]).ends(2, &["no labeler", "--url and --model"]);
}

#[test]
fn a_sample_is_the_same_on_every_draw_and_says_how_it_was_drawn() {
    let project = Project::of(200, "http://127.0.0.1:9/v1");
    let draw = |salt: &str, out: &str| {
        project
            .titer(&["sample", "--size", "20", "--score", "none", "--salt", salt, "-o", out])
            .done();
        project.read(out)
    };
    let (one, again, other) = (draw("a", "1.jsonl"), draw("a", "2.jsonl"), draw("b", "3.jsonl"));
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert_eq!(one.lines().count(), 20);
    let manifest: serde_json::Value =
        serde_json::from_str(&project.read("1.jsonl.manifest.json")).unwrap();
    assert_eq!(manifest["salt"], "a");
    let said = project
        .titer(&["sample", "--size", "20", "--score", "none", "--format", "json"])
        .done()
        .json();
    assert_eq!((&said["size"], &said["frame_rows"]), (&20.into(), &200.into()));
    let piped = project
        .titer(&["sample", "--size", "20", "--score", "none", "--salt", "a", "-o", "-"])
        .done();
    assert_eq!(piped.stdout, one);
    project.titer(&["sample", "-"]).ends(2, &["sample size"]);
    project.titer(&["sample", "-", "--size", "5"]).ends(2, &["read twice"]);
}

#[test]
fn labeling_again_sends_nothing_and_a_known_text_under_a_new_id_costs_nothing() {
    let endpoint = Simulated::start(&["--no-answer", "0.2"]);
    let project = Project::of(50, &endpoint.url);
    let first = project.titer(&["label", "--format", "json", "-o", "first.jsonl"]).done();
    assert_eq!((&first.json()["labels"], endpoint.requests()), (&50.into(), 50));
    let second = project.titer(&["label", "--format", "json", "-o", "second.jsonl"]).done();
    assert_eq!(second.json()["answered_before"], 50);
    assert_eq!(project.read("first.jsonl"), project.read("second.jsonl"));

    project.write("more.csv", &format!("{}twin,3,text number 7\n", project.read("units.csv")));
    project.titer(&["label", "more.csv", "-o", "more.jsonl"]).done();
    let ids: BTreeSet<String> = project.read("more.jsonl").lines().map(id).collect();
    assert_eq!((ids.len(), ids.contains("twin")), (51, true));
    assert_eq!(endpoint.requests(), 50);
}

fn id(row: &str) -> String {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

#[test]
fn as_a_filter_it_reads_units_and_writes_rows_and_nothing_else() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(1, &endpoint.url);
    project.write(
        "titer.yaml",
        &format!("labelers: {{main: {{url: \"{}\", model: m}}}}\n", endpoint.url),
    );
    let units: String = (0..5)
        .map(|at| format!("{{\"id\":\"p{at}\",\"text\":\"piped {at}\",\"shop\":\"x\"}}\n"))
        .collect();
    for format in ["text", "json"] {
        let args = ["label", "-", "-o", "-", "--format", format];
        let ran = project.titer_reading(&units, &args).done();
        let ids: Vec<String> = ran.stdout.lines().map(id).collect();
        assert_eq!(ids, ["p0", "p1", "p2", "p3", "p4"]);
        assert!(ran.stdout.lines().all(|row| row.contains("\"shop\":\"x\"")), "{ran:#?}");
        assert!(!ran.stderr.is_empty(), "the counts go to standard error");
        let quiet = project.titer_reading(&units, &["label", "-", "-o", "-", "-q"]).done();
        assert_eq!(quiet.stderr, "");
    }
}

#[test]
fn a_dry_run_counts_and_sends_nothing() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(30, &endpoint.url);
    let forecast = project.titer(&["label", "--dry-run", "--format", "json"]).done().json();
    assert_eq!((&forecast["requests"], &forecast["answered_before"]), (&30.into(), &0.into()));
    assert!(!project.path(".titer").exists());
    project.titer(&["label"]).done();
    let forecast = project.titer(&["label", "--dry-run", "--format", "json"]).done().json();
    assert_eq!((&forecast["requests"], &forecast["answered_before"]), (&0.into(), &30.into()));
    assert_eq!(endpoint.requests(), 30);
}

#[test]
fn prevalence_needs_nothing_but_files() {
    let project = Project::empty();
    let label = |at: usize| if at.is_multiple_of(10) { "violating" } else { "allowed" };
    let table = |rows: Vec<String>, header: &str| format!("{header}\n{}\n", rows.join("\n"));
    let labels = (0..400).map(|at| format!("u{at},spam,{}", label(at))).collect();
    let gold = (0..400).step_by(2).map(|at| format!("u{at},spam,{}", label(at))).collect();
    let units = (0..400).map(|at| format!("u{at},{}", 1 + at % 3)).collect();
    project.write("labels.csv", &table(labels, "id,policy,label"));
    project.write("gold.csv", &table(gold, "id,policy,label"));
    project.write("units.csv", &table(units, "id,exposure"));
    let files = ["prevalence", "--labels", "labels.csv", "--gold", "gold.csv"];
    project.titer(&files).ends(2, &["gold.csv does not say how its units were chosen", "--drawn"]);
    let drawn = [&files[..], &["--drawn", "from_sample"]].concat();
    let text = project.titer(&drawn).done();
    assert!(text.stdout.starts_with("spam "), "{text:#?}");
    let json = project.titer(&[&drawn[..], &["--format", "json"]].concat()).done().json();
    let policy = &json["policies"][0];
    assert_eq!((&policy["n"], &policy["m"]), (&400.into(), &200.into()));
    assert_eq!(policy["naive"]["value"], 0.1);
    project.titer(&[&drawn[..], &["--level", "95"]].concat()).ends(2, &["level"]);
    let weighted = [&drawn[..], &["--units", "units.csv", "--format", "json"]].concat();
    let exposed = project.titer(&weighted).ends(0, &[]).json();
    assert_ne!(exposed["policies"][0]["naive"]["value"], 0.1);
}

#[test]
fn check_names_every_mistake_and_compile_shows_the_bytes() {
    let project = Project::of(1, "http://127.0.0.1:9/v1");
    let compiled = project.titer(&["compile"]).done();
    assert!(compiled.stdout.contains("--- system ---"), "{compiled:#?}");
    let json = project.titer(&["compile", "--format", "json"]).done().json();
    assert_eq!(json[0]["policies"][0], "harassment");
    project.write("policies/two.yaml", "policy: two\nlables: []\nextra: 1\n");
    let checked = project.titer(&["check", "--format", "json"]);
    assert_eq!(checked.code, 1, "{checked:#?}");
    assert!(checked.json()["errors"].as_u64() >= Some(2), "{checked:#?}");
    let text = project.titer(&["check"]);
    assert!(text.stdout.contains("policies/two.yaml:2:1"), "{text:#?}");
    project.titer(&["check", "policies/harassment.yaml"]).done();
}
