//! Endpoints that refuse, lie or vanish: what was answered stays, and the message says what to change.

use super::bench::Project;
use super::bench::Ran;
use super::bench::Simulated;
use super::bench::canned;
use super::bench::until;

fn label_at(url: &str, args: &[&str]) -> Ran {
    let project = Project::of(12, url);
    project.titer(&[&["label"], args].concat())
}

#[test]
fn an_endpoint_never_reached_must_be_changed() {
    let url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let said = ["the endpoint was never reached", url.as_str()];
    label_at(&url, &[]).ends(2, &said);
}

#[test]
fn a_wrong_key_is_refused_and_never_shown() {
    let endpoint = Simulated::start_with(&["--key-env", "RIGHT"], &[("RIGHT", "sesame-street")]);
    let project = Project::of(12, &endpoint.url);
    project.write("keys/wrong", "sk-wrong-0123456789\n");
    project.configure(&endpoint.url, "    key_file: keys/wrong\n");
    let ran = project.titer(&["label", "-v"]).ends(2, &["refuses the key", "check the API key"]);
    assert!(!ran.stderr.contains("sk-wrong"), "{ran:#?}");
    assert_eq!(endpoint.requests(), 1, "one request shows that none can work");
    project.write("keys/wrong", "sesame-street\n");
    project.titer(&["label"]).done();
}

#[test]
fn a_model_that_is_not_there_is_named() {
    let body =
        r#"{"error":{"message":"The model `simulated` does not exist","code":"model_not_found"}}"#;
    let url = canned("404 Not Found", "application/json", body);
    label_at(&url, &[]).ends(2, &["does not have the model", "check the model's name"]);
}

#[test]
fn an_address_that_has_no_such_path_is_named() {
    let url = canned("404 Not Found", "text/plain", "nothing here");
    label_at(&url, &[]).ends(2, &["nothing answers at this address", "usually ends in /v1"]);
}

#[test]
fn a_page_instead_of_json_is_no_answer() {
    let url = canned("200 OK", "text/html", "<html><title>Sign in</title></html>");
    label_at(&url, &[]).ends(2, &["not a chat completion", url.as_str()]);
}

#[test]
fn a_reply_outside_the_schema_is_recorded_as_unparsable() {
    let body = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"{\"label\":\"purple\"}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
    let url = canned("200 OK", "application/json", body);
    let project = Project::of(12, &url);
    let ran = project.titer(&["label", "-o", "rows.jsonl"]).done();
    assert!(ran.stdout.starts_with("0 labels · 12 unparsable"), "{ran:#?}");
    assert!(project.read("rows.jsonl").lines().all(|row| row.contains("\"unparsable\"")));
    let gate = ["label", "--min-answered", "0.5"];
    project.titer(&gate).ends(1, &["0 of 12 rows have an answer"]);
    project.titer(&["label", "--min-answered", "0"]).done();
}

#[test]
fn an_endpoint_without_strict_schemas_is_asked_for_json_by_prompt_and_that_is_remembered() {
    let endpoint = Simulated::start(&["--without-schema"]);
    let project = Project::of(12, &endpoint.url);
    let first = project.titer(&["label"]).done();
    assert!(first.stdout.contains("answers come as JSON by prompt"), "{first:#?}");
    assert_eq!(endpoint.requests(), 13);
    let again = project.titer(&["label", "--format", "json"]).done().json();
    assert_eq!((&again["answered_before"], endpoint.requests()), (&12.into(), 13));
}

#[test]
fn an_endpoint_lost_midway_stops_the_run_and_the_next_one_goes_on() {
    let mut endpoint = Simulated::start(&["--latency", "20"]);
    let project = Project::of(300, &endpoint.url);
    project.configure(&endpoint.url, "");
    let running = project.start(&["label", "--in-flight", "16"]);
    until("some are answered", || endpoint.answers() >= 40);
    endpoint.kill();
    let ran = running.ended().ends(3, &["stopped early: the endpoint was lost", "is recorded"]);
    assert!(ran.stdout.contains(" labels · "), "the counts are shown too: {ran:#?}");
    let recorded = project.recorded();
    assert!((24..300).contains(&recorded), "{recorded} recorded");
    let forecast = project.titer(&["label", "--dry-run", "--format", "json"]).done().json();
    assert_eq!(forecast["answered_before"], recorded);
}
