//! Files and arguments that cannot be used: one message, exit code 2, and nothing is sent.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::rows;

/// Nothing listens here; a test that sends anything would say so.
const NOWHERE: &str = "http://127.0.0.1:9/v1";

#[track_caller]
fn refused(project: &Project, args: &[&str], said: &[&str]) {
    project.titer(args).ends(2, said);
    assert!(!project.path(".titer/titer.db").exists(), "{args:?} made a store");
}

#[test]
fn a_file_that_is_missing_is_named() {
    let project = Project::of(1, NOWHERE);
    let gone = "cannot open gone.csv; check the path";
    refused(&project, &["label", "gone.csv"], &[gone]);
    refused(&project, &["sample", "gone.csv", "--size", "1"], &[gone]);
    refused(&project, &["check", "gone.yaml"], &["cannot read gone.yaml", "check the path"]);
    refused(&project, &["gold", "import", "gone.csv"], &[gone]);
    refused(&project, &["try", "gone.yaml", "x"], &["there is no policy `gone.yaml`"]);
    refused(&project, &["prevalence", "--labels", "gone.csv"], &[gone]);
    refused(&project, &["label", "--project", "gone"], &["there is no titer.yaml in gone"]);
}

#[test]
fn verbs_that_need_a_project_say_how_to_make_one() {
    let project = Project::empty();
    refused(&project, &["check"], &["no titer.yaml here", "titer init"]);
    refused(&project, &["label"], &["there is no folder policies", "titer init"]);
    refused(&project, &["prevalence"], &["there is no folder policies", "titer init"]);
    refused(&project, &["gold", "status"], &["titer gold draw"]);
    refused(&project, &["sample", "--size", "3"], &["no file of units", "titer init"]);
}

#[test]
fn yaml_that_cannot_be_read_is_shown_with_its_place() {
    let project = Project::of(1, NOWHERE);
    project.write("policies/broken.yaml", "policy: broken\n  bad: [\n");
    refused(&project, &["label"], &["policies/broken.yaml:2:6", "1 mistake in the files above"]);
    std::fs::remove_file(project.path("policies/broken.yaml")).unwrap();
    project.write("titer.yaml", "labelers: {main: {url: x, modl: y}}\n");
    refused(&project, &["label"], &["titer.yaml:1:27", "did you mean `model`?"]);
    project.write("titer.yaml", "store: \u{0}\n");
    refused(&project, &["label"], &["titer.yaml:1:8"]);
}

#[test]
fn gold_with_an_unknown_policy_or_label_is_refused_row_by_row() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(3, &endpoint.url);
    project.titer(&["label"]).done();
    project
        .write("gold.csv", "id,policy,label\nu0001,harasment,allowed\nu0002,harassment,alowed\n");
    let said = ["gold.csv: row 2", "`harasment`", "gold.csv: row 3", "`alowed`", "map: {label: {"];
    project.titer(&["prevalence", "--gold", "gold.csv"]).ends(2, &said);
    project.titer(&["gold", "import", "gold.csv"]).ends(2, &said);
    project.write("codes.csv", "id,policy,label\nu0001,harassment,0\n");
    let program =
        format!("{}gold: {{map: {{label: {{0: allowed}}}}}}\n", project.read("titer.yaml"));
    project.write("titer.yaml", &program);
    project.titer(&["gold", "import", "codes.csv"]).done();
}

#[test]
fn units_that_would_be_counted_twice_or_not_at_all_are_refused() {
    let project = Project::of(1, NOWHERE);
    project.write("twice.csv", "id,views,text\na,1,x\nb,1,y\na,2,z\n");
    refused(&project, &["label", "twice.csv"], &["twice.csv:4", "id `a` is also in row 2"]);
    let sample = ["sample", "twice.csv", "--size", "1"];
    refused(&project, &sample, &["twice.csv:4"]);
    project.write("empty.csv", "");
    project.write("header.csv", "id,views,text\n");
    for name in ["empty.csv", "header.csv"] {
        refused(&project, &["label", name], &[name, "holds no rows", "check that it is the file"]);
        refused(&project, &["sample", name, "--size", "1"], &[name, "holds no rows"]);
    }
    refused(&project, &["label", "-"], &["standard input holds no rows"]);
    project.write("zero.csv", "id,views,text\na,0,x\n");
    refused(&project, &["label", "zero.csv"], &["zero.csv:2", "exposure 0"]);
}

#[test]
fn a_configured_sample_that_was_not_drawn_is_asked_for() {
    let project = Project::of(60, NOWHERE);
    let program = format!("{}sample: {{size: 30, score: none}}\n", project.read("titer.yaml"));
    project.write("titer.yaml", &program);
    refused(&project, &["label"], &["sample.jsonl is not there", "titer sample"]);
    project.write("sample.jsonl", "");
    refused(&project, &["label"], &["sample.jsonl holds no rows"]);
    let drawn = project.titer(&["sample"]).done();
    assert!(drawn.stdout.ends_with("next: titer label\n"), "{drawn:#?}");
    project.titer(&["label", "--dry-run"]).done();
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let project = Project::of(1, NOWHERE);
    refused(&project, &["label", "-o", "gone/rows.jsonl"], &["cannot write gone/rows.jsonl"]);
    refused(&project, &["label", "-o", "rows.xlsx"], &["rows.xlsx: the format is not known"]);
    let units = project.read("units.csv");
    refused(&project, &["label", "-o", "./units.csv"], &["would overwrite the units"]);
    refused(
        &project,
        &["sample", "--size", "1", "-o", "units.csv"],
        &["would overwrite the units"],
    );
    assert_eq!(project.read("units.csv"), units);
    refused(&project, &["label", "--summary", "gone/counts.json"], &["gone/counts.json"]);
}

#[test]
fn a_labeler_or_key_that_is_not_there_is_named() {
    let project = Project::of(1, NOWHERE);
    refused(
        &project,
        &["label", "--labeler", "mian"],
        &["no labeler `mian`", "did you mean `main`"],
    );
    refused(&project, &["label", "--url", NOWHERE], &["--model"]);
    project.configure(NOWHERE, "    key_env: TITER_TEST_KEY\n");
    project
        .titer(&["label"])
        .ends(2, &["TITER_TEST_KEY, which is not set", "export TITER_TEST_KEY"]);
    project.configure(NOWHERE, "    key_file: keys/none\n");
    project.titer(&["label"]).ends(2, &["cannot read the key file", "keys/none"]);
    project.configure("${TITER_TEST_URL}/v1", "");
    project.titer(&["label"]).ends(2, &["TITER_TEST_URL, which is not set"]);
    project.configure("not a url", "");
    project.titer(&["label"]).ends(2, &["not a url"]);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let project = Project::of(1, NOWHERE);
    for args in [
        &["label", "--in-flight", "0"][..],
        &["label", "--min-answered", "1.5"],
        &["label", "--max-usd", "-1"],
        &["sample", "--size", "0"],
        &["lable"],
        &["try", "harassment"],
        &["schema", "nothing"],
    ] {
        refused(&project, args, &["--help"]);
    }
    project.titer(&["label", "--max-usd", "1"]).ends(2, &["needs the labeler's `price`"]);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let project = Project::of(1, NOWHERE);
    project.write(".titer/titer.db", &rows(300));
    project.titer(&["label"]).ends(2, &["is not a titer store", "`store:`"]);
    assert_eq!(project.read(".titer/titer.db"), rows(300));
}

/// Measures two units, one of them with gold, from files.
fn measured(project: &Project, units: &str, gold: &str, said: &[&str]) {
    project.write("labels.csv", "id,policy,label\na,spam,1\nb,spam,0\n");
    project.write("units.csv", units);
    project.write("gold.csv", gold);
    let files = ["prevalence", "--labels", "labels.csv", "--units", "units.csv"];
    let gold = ["--gold", "gold.csv", "--drawn", "from_sample"];
    refused(project, &[files.as_slice(), &gold].concat(), said);
}

#[test]
fn a_sample_without_its_probabilities_never_passes_for_a_census() {
    let project = Project::empty();
    let gold = "id,policy,label\na,spam,1\n";
    let lacks = ["`inclusion_probability`", "design poisson needs the probability"];
    measured(&project, "id,design\na,poisson\nb,poisson\n", gold, &lacks);
    measured(&project, "id,design,inclusion_prob\na,poisson,0.5\nb,poisson,0.5\n", gold, &lacks);
    let draws = ["`expected_draws`", "pps_with_replacement"];
    measured(&project, "id,design\na,pps_with_replacement\nb,pps_with_replacement\n", gold, &draws);
}

#[test]
fn gold_whose_probabilities_stand_under_another_name_never_passes_for_simple_random() {
    let project = Project::empty();
    for column in ["rho", "inclusion_probability", "prob"] {
        let gold = format!("id,policy,label,{column}\na,spam,1,0.25\n");
        measured(&project, "id\na\nb\n", &gold, &[&format!("`{column}`"), "`probability`"]);
    }
}
