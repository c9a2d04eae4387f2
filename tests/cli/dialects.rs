//! Every dialect offline: label, try and test against the simulated endpoint, and what a labeler's own template may be.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::canned;
use super::bench::rows;

const POLICY: &str = "\
policy: insults
version: 1.0.0
title: Insults of people
mode: ordinal
labels:
  allowed: {default: true}
  rude: {severity: 1, definition: Mocks a person., includes: {mockery: Mocks a person.}}
  cruel: {severity: 2, definition: Calls a person worthless., includes: {worth: Denies a person's worth.}}
tests:
  - {unit: What a clown., expect: rude}
  - {unit: A fine day., expect: allowed}
";
const ANSWERS: &str = "\
policy: answers
version: 1.0.0
labels:
  allowed: {default: true}
  harmful: {severity: 1, definition: Helps somebody to hurt somebody.}
components:
  query: {modality: text, required: true, judge: context}
  response: {modality: text}
  tip: {modality: text, most: 3}
  picture: {modality: image}
rollup: any
";
const LABEL_ALONE: &str = "    answer: {rationale_words: 0, confidence: false, abstain: false}\n";

fn project(endpoint: &Simulated, labeler: &str) -> Project {
    let project = Project::empty();
    project.write("policies/insults.yaml", POLICY);
    project.write("units.csv", &rows(40));
    project.configure(&endpoint.url, labeler);
    project
}

#[test]
fn every_dialect_labels_tries_and_tests_offline() {
    let mut labels = Vec::new();
    for (dialect, calls, answer) in [
        ("json-chat", 1, ""),
        ("gpt-oss-safeguard", 1, ""),
        ("llama-guard", 1, LABEL_ALONE),
        ("yes-no", 2, LABEL_ALONE),
    ] {
        let endpoint = Simulated::start(&["--prevalence", "0.5", "--no-answer", "0"]);
        let project = project(&endpoint, &format!("    dialect: {dialect}\n{answer}"));
        let forecast = project.titer(&["label", "--dry-run", "--format", "json"]).done().json();
        assert_eq!((&forecast["requests"], &forecast["calls"]), (&40.into(), &(40 * calls).into()));
        project.titer(&["label", "-o", "labels.jsonl", "--min-answered", "1"]).done();
        assert_eq!(endpoint.requests(), 40 * calls, "{dialect}");
        project.titer(&["label"]).done();
        assert_eq!(endpoint.requests(), 40 * calls, "{dialect}: nothing is asked twice");
        let rows = project.read("labels.jsonl");
        let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let violating = |line| row(line)["label"] != "allowed";
        labels.push((dialect, rows.lines().map(violating).collect::<Vec<_>>()));
        let chances = rows.lines().filter(|line| row(line)["label_probability"].is_f64()).count();
        assert_eq!(chances, if dialect == "yes-no" { 40 } else { 0 }, "{dialect}");
        let tried = project.titer(&["try", "insults", "What a clown."]).done().stdout;
        assert_eq!(tried.matches("  asked ").count() as u64, if calls > 1 { calls } else { 0 });
        let tested = project.titer(&["test", "--format", "json"]);
        assert!(tested.stdout.contains("\"tests\""), "{dialect}: {tested:#?}");
    }
    // Fenced units are the same units to the endpoint, so their truth and its errors are the same.
    let [json, safeguard, guard, binary] = labels.as_slice() else { panic!("{labels:?}") };
    assert_eq!((&json.1, &json.1), (&safeguard.1, &binary.1));
    assert!(json.1.contains(&true) && json.1.contains(&false));
    assert!(guard.1.contains(&true) && guard.1.contains(&false));
}

#[test]
fn a_truth_is_found_in_every_dialect() {
    for dialect in ["json-chat", "llama-guard", "yes-no"] {
        let files = Project::empty();
        files.write("units.csv", &rows(30));
        let truth = (0..30).map(|at| {
            format!("u{at:04},insults,{}\n", if at % 3 == 0 { "rude" } else { "allowed" })
        });
        files.write("truth.csv", &format!("id,policy,label\n{}", truth.collect::<String>()));
        let (units, truth) = (files.path("units.csv"), files.path("truth.csv"));
        let endpoint = Simulated::start(&[
            "--units",
            units.to_str().unwrap(),
            "--truth",
            truth.to_str().unwrap(),
            "--sensitivity",
            "1",
            "--specificity",
            "1",
            "--no-answer",
            "0",
        ]);
        let project = project(&endpoint, &format!("    dialect: {dialect}\n{LABEL_ALONE}"));
        // Outside a project the endpoint knows a policy by its id alone, and a safety prompt shows its title.
        project.write("policies/insults.yaml", &POLICY.replace("title: Insults of people\n", ""));
        project.write("units.csv", &rows(30));
        project.titer(&["label", "-o", "labels.jsonl"]).done();
        for (at, line) in project.read("labels.jsonl").lines().enumerate() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(row["label"] != "allowed", at % 3 == 0, "{dialect}: {line}");
        }
    }
}

#[test]
fn a_call_a_component_is_counted_shown_and_rolled_up() {
    let endpoint = Simulated::start(&["--prevalence", "0.4", "--no-answer", "0"]);
    for (labeler, calls) in [("    calls: per_component\n", 60), ("    calls: per_unit\n", 20)] {
        let before = endpoint.requests();
        let project = project(&endpoint, labeler);
        project.write("policies/insults.yaml", ANSWERS);
        let unit = |at: usize| {
            format!(
                r#"{{"id":"u{at}","views":1,"components":[{{"role":"query","text":"q{at}"}},{{"role":"response","text":"r{at}"}},{{"role":"tip","text":"a{at}"}},{{"role":"tip","text":"b{at}"}}]}}"#
            )
        };
        let units: Vec<String> = (0..20).map(unit).collect();
        project.write("units.jsonl", &units.join("\n"));
        let args = ["label", "units.jsonl", "--dry-run"];
        let said = project.titer(&args).done().stdout;
        let expected =
            if calls == 60 { "20 requests to send in 60 calls" } else { "20 requests to send," };
        assert!(said.contains(expected), "{said}");
        project
            .titer(&["label", "units.jsonl", "-o", "labels.jsonl", "--min-answered", "1"])
            .done();
        assert_eq!(endpoint.requests() - before, calls);
        for line in project.read("labels.jsonl").lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let parts = row["components"].as_array().unwrap();
            assert_eq!(parts.iter().map(|part| &part["n"]).collect::<Vec<_>>(), [2, 3, 4]);
            let any = parts.iter().any(|part| part["label"] == "harmful");
            assert_eq!(row["label"], if any { "harmful" } else { "allowed" });
        }
        if calls == 60 {
            let tried = project.titer(&["try", "answers", "--unit", "units.jsonl"]).done().stdout;
            assert!(tried.contains("asked component 4: "), "{tried}");
            let shown =
                project.titer(&["compile", "answers", "--unit", "units.jsonl"]).done().stdout;
            assert!(
                shown.contains("3 calls a unit")
                    && shown.contains("answers · component 3 · prompt"),
                "{shown}"
            );
        }
    }
}

const RESULTS: &str = "\
policy: results
version: 1.0.0
labels:
  allowed: {default: true}
  sensitive: {severity: 1, includes: {gore: Shows injuries.}}
  harmful: {severity: 2, includes: {hazard-steps: Gives steps to hurt somebody.}}
components:
  query: {modality: text, required: true}
  result: {modality: text, most: 3}
rollup: max-severity
";

#[test]
fn rows_and_try_tell_the_computed_label_from_the_models_own() {
    let said = serde_json::json!({
        "because": "Steps are given.",
        "components": [
            {"criteria": [], "label": "allowed", "n": 1},
            {"criteria": [], "label": "allowed", "n": 2},
            {"criteria": ["sensitive.gore"], "label": "sensitive", "n": 3},
        ],
        "criteria": ["harmful.hazard-steps"],
        "label": "harmful",
    });
    let message = serde_json::json!({"role": "assistant", "content": said.to_string()});
    let body = serde_json::json!({
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9},
    });
    let project = Project::empty();
    project.write("policies/results.yaml", RESULTS);
    let unit = r#"{"id":"u","components":[{"role":"query","text":"q"},{"role":"result","text":"a"},{"role":"result","text":"b"}]}"#;
    project.write("units.jsonl", unit);
    project.configure(&canned("200 OK", "application/json", &body.to_string()), "");
    let settings = project
        .read("titer.yaml")
        .replace("{from: units.csv, exposure: views}", "{from: units.jsonl}");
    project.write("titer.yaml", &settings);
    project.titer(&["label", "-o", "labels.jsonl"]).done();
    let row: serde_json::Value = serde_json::from_str(&project.read("labels.jsonl")).unwrap();
    let tried = ["try", "results", "--unit", "units.jsonl"];
    let json = project.titer(&[&tried[..], &["--format", "json"]].concat()).done().json();
    for shown in [&row, &json] {
        assert_eq!(
            (&shown["label"], &shown["own_label"]),
            (&"sensitive".into(), &"harmful".into())
        );
        assert_eq!(shown["criteria"], serde_json::json!(["sensitive.gore"]));
        assert_eq!(shown["own_criteria"], serde_json::json!(["harmful.hazard-steps"]));
        assert!(
            shown["because"].is_null() && shown["own_because"] == "Steps are given.",
            "{shown}"
        );
        let third = serde_json::json!({"n": 3, "role": "result", "label": "sensitive", "criteria": ["sensitive.gore"]});
        assert_eq!(
            (shown["components"].as_array().map(Vec::len), &shown["components"][2]),
            (Some(3), &third)
        );
    }
    let text = project.titer(&tried).done().stdout;
    for line in [
        "sensitive · violating\n  rule  sensitive.gore: Shows injuries.\n",
        "  own   the model's own label is harmful by harmful.hazard-steps: Steps are given.\n",
        "  component  role    label      rules\n",
        "  3          result  sensitive  sensitive.gore\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    project.titer(&["label", "-o", "labels.csv"]).done();
    let csv = project.read("labels.csv");
    assert!(csv.contains(",components,own_label,own_criteria,own_because,because,"), "{csv}");
    assert!(csv.contains(",harmful,harmful.hazard-steps,Steps are given.,,"), "{csv}");
}

#[test]
fn compile_tells_what_an_image_is() {
    let project = Project::empty();
    project.write("p.yaml", ANSWERS);
    project.write(
        "u.jsonl",
        r#"{"id":"u","components":[{"role":"query","text":"q"},{"role":"picture","image":"data:image/png;base64,iVBORw0KGgo="}]}"#,
    );
    let args = ["compile", "p.yaml", "--unit", "u.jsonl"];
    let text = project.titer(&args).done().stdout;
    let line = "(Image 1 of 1 (role: picture): component 2, role picture, image/png, 8 bytes)";
    assert!(text.contains(line), "{text}");
    let json = project.titer(&[&args[..], &["--format", "json"]].concat()).done().json();
    let image = &json[0]["images"][0];
    assert_eq!((&image["position"], &image["bytes"]), (&2.into(), &8.into()));
    assert_eq!((&image["role"], &image["media_type"]), (&"picture".into(), &"image/png".into()));
}

#[test]
fn a_template_of_ones_own_is_used_and_its_mistakes_are_shown() {
    let endpoint = Simulated::start(&["--no-answer", "0"]);
    let project = project(&endpoint, "    template: prompts/mine.j2\n");
    let text = "{% if part == 'system' %}\nMy rules\n{% include '_answer.j2' %}\n{% else %}\n{% include '_unit.j2' %}\n{% endif %}\n";
    project.titer(&["label", "--dry-run"]).ends(2, &["mine.j2"]);
    project.write("prompts/mine.j2", &text.replace("My rules", "{{ polices }}"));
    let said = ["mine.j2:2:4", "T003", "did you mean `policies`?"];
    project.titer(&["label", "--dry-run"]).ends(2, &said);
    project.titer(&["explain", "T003"]).done();
    assert_eq!(endpoint.requests(), 0);
    project.write("prompts/mine.j2", text);
    assert!(project.titer(&["compile"]).done().stdout.contains("My rules"));
    project.titer(&["label", "--min-answered", "1"]).done();
    assert_eq!(endpoint.requests(), 40);
    // Another wording is another instrument.
    project.write("prompts/mine.j2", &text.replace("My rules", "Our rules"));
    project.titer(&["label"]).done();
    assert_eq!(endpoint.requests(), 80);
}
