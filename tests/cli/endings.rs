//! Runs that end before their work is done: by a signal, a budget, a reader that left, another writer.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::until;
use std::io::BufRead as _;
use std::io::BufReader;

/// Requests the project has in flight at once.
const IN_FLIGHT: u64 = 8;
const UNITS: u64 = 300;

fn slow(milliseconds: &str) -> (Simulated, Project) {
    let endpoint = Simulated::start(&["--latency", milliseconds]);
    let project = Project::of(UNITS as usize, &endpoint.url);
    (endpoint, project)
}

#[test]
fn killed_midway_nothing_recorded_is_asked_again() {
    let (endpoint, project) = slow("20");
    let mut running = project.start(&["label"]);
    until("some are answered", || endpoint.answers() >= 60);
    running.signal("KILL");
    running.ended();
    let recorded = project.recorded();
    assert!((60 - IN_FLIGHT..UNITS).contains(&recorded), "answered, not on disk: {recorded}");
    let again = project.titer(&["label", "-o", "rows.jsonl", "--format", "json"]).done().json();
    assert_eq!(again["answered_before"], recorded);
    assert_eq!(again["attempts"], UNITS - recorded, "what was recorded was asked again");
    assert!(endpoint.requests() <= UNITS + IN_FLIGHT, "only what was in flight is paid twice");
    assert_eq!(project.read("rows.jsonl").lines().count() as u64, UNITS);
}

#[test]
fn ctrl_c_lets_what_is_in_flight_finish_and_records_it() {
    let (endpoint, project) = slow("20");
    let mut running = project.start(&["label", "-o", "rows.jsonl"]);
    until("some are answered", || endpoint.answers() >= 60);
    running.signal("INT");
    let ran = running.ended().ends(3, &["stopping:", "stopped early: interrupted"]);
    assert!(ran.stdout.contains("rows so far in rows.jsonl"), "{ran:#?}");
    let recorded = project.recorded();
    assert_eq!((endpoint.requests(), endpoint.answers()), (recorded, recorded));
    assert_eq!(project.read("rows.jsonl").lines().count() as u64, recorded);
    project.titer(&["label"]).done();
    assert_eq!(endpoint.requests(), UNITS);
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let (endpoint, project) = slow("30000");
    let mut running = project.start(&["label"]);
    until("a request is sent", || endpoint.requests() > 0);
    until("the program ends", || {
        running.signal("INT");
        running.child().try_wait().unwrap().is_some()
    });
    assert_eq!(running.ended().code, 130);
}

#[test]
fn a_budget_ends_the_run_before_it_is_passed() {
    let (endpoint, project) = slow("0");
    project.configure(&endpoint.url, "    price: {input: 10, output: 10}\n");
    let forecast = project.titer(&["label", "--dry-run", "--format", "json"]).done().json();
    let most = forecast["cost_usd_at_most"].as_f64().unwrap();
    let budget = (most / 3.0).to_string();
    let args = ["label", "--max-usd", &budget, "--summary", "counts.json"];
    let ran = project.titer(&args).ends(3, &["stopped early: the budget of", "raise it"]);
    assert!(ran.stdout.contains(" USD"), "{ran:#?}");
    let counts: serde_json::Value = serde_json::from_str(&project.read("counts.json")).unwrap();
    let spent = counts["cost_usd"].as_f64().unwrap();
    assert!(0.0 < spent && spent <= most / 3.0, "{spent} of {budget}");
    let recorded = project.recorded();
    assert!((1..UNITS).contains(&recorded), "{recorded}");
    project.titer(&["label"]).done();
    assert_eq!(endpoint.requests(), UNITS);
}

#[test]
fn a_deadline_that_is_over_stops_the_run() {
    let (endpoint, project) = slow("40");
    project.titer(&["label", "--deadline", "1"]).ends(3, &["stopped early: the deadline is over"]);
    assert_eq!(project.recorded(), endpoint.answers());
    project.titer(&["label"]).done();
    project.titer(&["label", "--deadline", "0"]).done();
}

#[test]
fn too_few_answers_fail_the_gate_however_many_runs_they_took() {
    let endpoint = Simulated::start(&["--no-answer", "0.5"]);
    let project = Project::of(100, &endpoint.url);
    let gate = ["label", "--min-answered", "0.9"];
    project.titer(&gate).ends(1, &["of 100 rows have an answer"]);
    project.titer(&gate).ends(1, &["of 100 rows have an answer"]);
    project.titer(&["label", "--min-answered", "0.1"]).done();
    let quiet = project.titer(&[&gate[..], &["-q"]].concat());
    quiet.ends(1, &["of 100 rows have an answer"]);
    assert_eq!(endpoint.requests(), 100);
}

#[test]
fn a_second_writer_is_told_who_holds_the_store() {
    let (endpoint, project) = slow("50");
    let mut running = project.start(&["label"]);
    let pid = format!("(pid {})", running.child().id());
    until("a request is sent", || endpoint.requests() > 0);
    let said = ["another titer process", pid.as_str(), "wait for it or stop it"];
    project.titer(&["label"]).ends(2, &said);
    project.titer(&["gold", "import", "units.csv"]);
    project.titer(&["try", "harassment", "while it runs"]).done();
    project.titer(&["label", "--dry-run"]).done();
    running.ended().done();
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let (endpoint, project) = slow("0");
    let args: [&[&str]; 3] = [&["label", "-o", "-"], &["compile"], &["check", "--format", "json"]];
    for args in args {
        let mut running = project.start(args);
        let mut stdout = BufReader::new(running.child().stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        drop(stdout);
        let ran = running.ended();
        assert_eq!((ran.code, ran.stderr.contains("error")), (0, false), "{args:?}: {ran:#?}");
        assert!(!line.is_empty());
    }
    let mut deaf = project.start(&["prevalence", "--help"]);
    drop(deaf.child().stdout.take());
    deaf.ended().done();
    assert_eq!(endpoint.requests(), UNITS);
    assert_eq!(project.recorded(), UNITS);
}
