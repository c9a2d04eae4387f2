//! The policy writer's verbs: explain, test, diff, guide, and what check remarks on.

use super::bench::Project;
use super::bench::Simulated;

const POLICY: &str = "\
policy: stunts
version: 1.0.0
status: active
labels:
  allowed: {default: true}
  promotion:
    severity: 2
    definition: Makes a dangerous act look worth imitating.
    includes:
      dare: Dares the viewer to do it.
    excludes:
      warning: Warns against it.
abstain:
  insufficient-context: It cannot be seen what is done.
examples:
  - {unit: I dare you to jump., label: promotion, criteria: [promotion.dare]}
  - {unit: Never jump from there., label: allowed, criteria: [promotion.warning]}
tests:
  - {unit: Bet you will not climb it., expect: promotion, criteria: [promotion.dare]}
  - {unit: Climbing it broke my leg. Stay off., expect: allowed, criteria: [promotion.warning], repeats: 3, agree: 0.67}
";

fn project(url: &str) -> Project {
    let project = Project::of(3, url);
    std::fs::remove_file(project.path("policies/harassment.yaml")).unwrap();
    project.write("policies/stunts.yaml", POLICY);
    project
}

#[test]
fn every_code_a_message_names_can_be_explained() {
    let project = Project::empty();
    for (code, said) in
        [("P012", "## Wrong"), ("y010", "# Y010"), ("L001", "# L001"), ("S008", "thin_gold")]
    {
        let page = project.titer(&["explain", code]).done().stdout;
        assert!(page.contains(said), "{code}: {page}");
    }
    project.titer(&["explain", "P0122"]).ends(2, &["no code `P0122`", "did you mean P012?"]);
    let all = project.titer(&["explain"]).done().stdout;
    assert!(all.contains("P001") && all.contains("S022"), "{all}");
}

#[test]
fn tests_pass_or_fail_by_the_share_that_matches() {
    // A labeler that flags everything: the first test passes, the second does not.
    let flags_all =
        Simulated::start(&["--sensitivity", "1", "--specificity", "0", "--no-answer", "0"]);
    let failing = project(&flags_all.url);
    let ran = failing.titer(&["test"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("1 of 2 tests fail"), "{}", ran.stdout);
    assert!(ran.stdout.contains("expected allowed, answered promotion x3"), "{}", ran.stdout);
    assert_eq!(flags_all.requests(), 4, "one call for the first test, three for the second");
    let report = failing.titer(&["test", "--format", "json"]);
    assert_eq!(
        (report.code, &report.json()["policies"][0]["tests"][0]["passed"]),
        (1, &true.into())
    );
    assert_eq!(flags_all.requests(), 6, "a first repeat that was asked before costs nothing");

    let flags_none = Simulated::start(&[
        "--sensitivity",
        "0",
        "--specificity",
        "1",
        "--no-answer",
        "0",
        "--prevalence",
        "0",
    ]);
    let other = project(&flags_none.url);
    let ran = other.titer(&["test"]).ends(1, &[]);
    assert!(ran.stdout.contains("expected promotion, answered allowed"), "{}", ran.stdout);
}

#[test]
fn a_version_that_hides_a_change_is_called_out() {
    let project = Project::empty();
    project.write("old.yaml", POLICY);
    let widened = POLICY.replace("severity: 2", "severity: 3");
    project.write("new.yaml", &widened);
    let ran = project.titer(&["diff", "old.yaml", "new.yaml"]).ends(1, &[]);
    assert!(ran.stdout.contains("has another severity"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the version does not say so"), "{}", ran.stdout);
    project.write("new.yaml", &widened.replace("version: 1.0.0", "version: 2.0.0"));
    let said = project.titer(&["diff", "old.yaml", "new.yaml", "--format", "json"]).done().json();
    assert_eq!(said["version_problem"], serde_json::Value::Null);
    let same = project.titer(&["diff", "old.yaml", "old.yaml"]).done().stdout;
    assert!(same.starts_with("nothing changed"), "{same}");
}

#[test]
fn an_active_policy_keeps_the_ids_it_was_labeled_with() {
    let endpoint = Simulated::start(&[]);
    let project = project(&endpoint.url);
    project.titer(&["diff", "stunts"]).ends(2, &["never labeled with"]);
    project.titer(&["label"]).done();
    assert!(project.titer(&["diff", "stunts"]).done().stdout.starts_with("nothing changed"));
    let renamed = POLICY
        .replace("dare: Dares", "challenge: Dares")
        .replace("promotion.dare", "promotion.challenge");
    project.write("policies/stunts.yaml", &renamed);
    let ran = project.titer(&["check"]).ends(1, &[]);
    assert!(ran.stdout.contains("P040"), "{}", ran.stdout);
    let with_was = renamed.replace(
        "challenge: Dares the viewer to do it.",
        "challenge: {text: Dares the viewer to do it., was: dare}",
    );
    project.write("policies/stunts.yaml", &with_was);
    project.titer(&["check"]).done();
}

#[test]
fn remarks_can_be_switched_off_by_code() {
    let project = project("http://127.0.0.1:9/v1");
    project.write(
        "policies/stunts.yaml",
        &POLICY.replace("Dares the viewer", "Usually dares the viewer"),
    );
    assert!(project.titer(&["check"]).done().stdout.contains("L001"));
    let sarif = project.titer(&["check", "--annotate", "sarif"]).done().json();
    assert_eq!(sarif["version"], "2.1.0");
    let github = project.titer(&["check", "--annotate", "github"]).done().stdout;
    assert!(github.starts_with("::warning "), "{github}");
    let settings = project.read("titer.yaml") + "\nlint: {off: [L001]}\n";
    project.write("titer.yaml", &settings);
    assert!(!project.titer(&["check"]).done().stdout.contains("L001"));
}

#[test]
fn terms_may_live_in_a_shared_file() {
    let project = project("http://127.0.0.1:9/v1");
    let importing = POLICY
        .replace("labels:\n", "imports: [shared/terms.yaml]\nlabels:\n")
        .replace("Dares the viewer", "Dares a `viewer`");
    project.write("policies/stunts.yaml", &importing);
    let ran = project.titer(&["check"]).ends(1, &[]);
    assert!(ran.stdout.contains("shared/terms.yaml"), "{}", ran.stdout);
    std::fs::create_dir_all(project.path("policies/shared")).unwrap();
    project.write("policies/shared/terms.yaml", "terms:\n  viewer: Whoever sees it.\n");
    project.titer(&["check"]).done();
    let prompt = project.titer(&["compile"]).done().stdout;
    assert!(prompt.contains("viewer: Whoever sees it."), "{prompt}");
}

#[test]
fn the_guide_has_the_ids_of_the_prompt_and_not_the_tests() {
    let project = project("http://127.0.0.1:9/v1");
    for audience in ["rater", "public"] {
        let guide = project.titer(&["guide", "stunts", "--for", audience]).done().stdout;
        assert!(guide.contains("Dares the viewer"), "{guide}");
        assert!(!guide.contains("Bet you will not climb it"), "{guide}");
    }
    let html = project.titer(&["guide", "stunts", "--html"]).done().stdout;
    assert!(html.contains("<html"), "{html}");
}
