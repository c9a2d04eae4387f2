//! No case is left out: this runs all other tests once more and asks which cases they finished.

use crate::case::FINISHED;
use crate::case::folder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// A third party's table: its test reads it elsewhere and says when it is not there.
const ELSEWHERE: &str = "x_fetched_data.json";

#[test]
fn every_case_of_every_file_is_compared() {
    let scratch = tempfile::tempdir().unwrap();
    let finished = scratch.path().join("finished");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "every_case_of_every_file_is_compared", "--quiet"])
        .env(FINISHED, &finished)
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let finished = fs::read_to_string(finished).unwrap();
    let finished: BTreeSet<&str> = finished.lines().collect();
    let mut all = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".json") || name == ELSEWHERE {
            continue;
        }
        let cases: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for case in &cases {
            let case = case["case"].as_str().unwrap();
            assert!(finished.contains(case), "{name}: no test compares {case}");
            all += 1;
        }
    }
    assert!(all > 0, "there is no case in {}", folder().display());
}
