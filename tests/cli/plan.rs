//! Plans, without a project and from what a project measured.

use super::bench::Project;
use serde_json::Value;

const GUESS: [&str; 7] =
    ["plan", "--prevalence", "0.5%", "--sensitivity", "85%", "--specificity", "99.5%"];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    GUESS.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn sizes_are_compared_side_by_side() {
    let project = Project::empty();
    let sizes = ["--labels", "4000", "--gold", "200", "--gold", "800", "--by-label", "--runs", "5"];
    let planned = project.titer(&args(&[&sizes[..], &["--format", "json"]].concat())).done().stdout;
    let planned: Value = serde_json::from_str(&planned).unwrap();
    let half = |at: usize| planned["plans"][at]["half_width"].as_f64().unwrap();
    assert!(half(1) < half(0), "{planned}");
    assert_eq!(planned["plans"][1]["tried"]["runs"], 5);
    let shown = project.titer(&args(&sizes)).done().stdout;
    assert!(shown.contains("tried") && shown.contains("  800 "), "{shown}");
}

#[test]
fn a_wanted_width_or_a_budget_gives_the_size() {
    let project = Project::empty();
    let wanted = ["--labels", "100000", "--half-width", "0.1%", "--runs", "0", "--format", "json"];
    let planned = project.titer(&args(&wanted)).done().stdout;
    let planned: Value = serde_json::from_str(&planned).unwrap();
    assert_eq!(planned["plans"][0]["gold"], 12_622);
    let prices = ["--label-price", "0.001", "--gold-price", "1", "--runs", "0"];
    project.titer(&args(&[&["--budget", "500"][..], &prices].concat())).done();
    project.titer(&args(&["--budget", "500"])).ends(2, &["--label-price"]);
    project
        .titer(&args(&["--budget", "0.5", "--label-price", "1", "--gold-price", "9"]))
        .ends(2, &["budget"]);
}

#[test]
fn a_frame_is_sampled_as_it_would_be() {
    let project = Project::empty();
    let rows: Vec<String> =
        (0..1_500).map(|n| format!("u{n},{},{}", 1 + n % 50, f64::from(n % 100) / 100.0)).collect();
    project.write("frame.csv", &format!("id,exposure,score\n{}\n", rows.join("\n")));
    let frame = ["--frame", "frame.csv", "--runs", "3", "--labels"];
    project.titer(&args(&[&frame[..], &["500", "--gold", "200"]].concat())).done();
    let too_many = args(&[&frame[..], &["5000", "--gold", "200"]].concat());
    project.titer(&too_many).ends(2, &["5000", "1500 units of the frame"]);
}

#[test]
fn what_is_missing_is_named() {
    let project = Project::empty();
    project.titer(&["plan", "--labels", "10"]).ends(2, &["--prevalence"]);
    project.titer(&args(&[])).ends(2, &["--labels", "--budget"]);
    project
        .titer(&args(&["--labels", "10", "--gold", "20"]))
        .ends(2, &["20 is not a number of gold units"]);
}
