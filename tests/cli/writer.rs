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

/// A project and a simulated endpoint that knows the cases of its policies.
fn known(project: Project, rates: &[&str]) -> (Project, Simulated) {
    let folder = project.path("").display().to_string();
    let endpoint = Simulated::start(&[&["--project", &folder, "--no-answer", "0"], rates].concat());
    project.configure(&endpoint.url, "");
    (project, endpoint)
}

const FLAWLESS: [&str; 4] = ["--sensitivity", "1", "--specificity", "1"];

#[test]
fn tests_pass_or_fail_by_the_share_that_matches() {
    // A labeler that flags everything: the first test passes, the second does not.
    let rates = ["--sensitivity", "1", "--specificity", "0"];
    let (failing, flags_all) = known(project("http://127.0.0.1:9/v1"), &rates);
    let ran = failing.titer(&["test"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("1 of 2 tests fails · 2 of 2 criteria covered · 4 calls"));
    let said = "expected allowed by promotion.warning\n       answered promotion x3";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
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
    assert!(ran.stdout.contains("expected promotion by promotion.dare"), "{}", ran.stdout);
    // The labels of the second are right, and by no rule at all.
    assert!(ran.stdout.contains("answered allowed by no rule x3"), "{}", ran.stdout);
}

#[test]
fn a_test_is_judged_by_answers_to_its_own_text() {
    let (project, _endpoint) = known(project("http://127.0.0.1:9/v1"), &FLAWLESS);
    project.titer(&["test"]).done();
    let edited = POLICY.replace("Bet you will not climb it.", "Nothing to see here.");
    project.write("policies/stunts.yaml", &edited);
    let report = project.titer(&["test", "--format", "json"]).json();
    let test = &report["policies"][0]["tests"][0];
    assert_eq!(test["answers"].as_array().map(Vec::len), Some(1), "{test}");
}

#[test]
fn rules_that_no_test_covers_are_listed() {
    let project = project("http://127.0.0.1:9/v1");
    let text = project.titer(&["test", "--dry-run", "--covered"]).done().stdout;
    assert!(text.starts_with("2 tests, 4 calls at most · 2 of 2 criteria covered"), "{text}");
    let lacking = POLICY
        .replace("    excludes:\n", "      boast: Boasts of having done it.\n    excludes:\n");
    project.write("policies/stunts.yaml", &lacking);
    let ran = project.titer(&["test", "--dry-run", "--covered"]).ends(1, &[]);
    assert!(ran.stdout.contains("2 of 3 criteria covered"), "{}", ran.stdout);
    assert!(ran.stdout.contains("promotion.boast  -       none         2"), "{}", ran.stdout);
    let json = project.titer(&["test", "--dry-run", "--format", "json"]).done().json();
    let rule = &json["policies"][0]["rules"][1];
    assert_eq!((&rule["rule"], &rule["covered"]), (&"promotion.boast".into(), &false.into()));
    assert_eq!(rule["near_misses"], serde_json::json!([2]));
}

#[test]
fn an_example_that_people_judged_is_remarked_on() {
    let project = project("http://127.0.0.1:9/v1");
    project.write("units.csv", "id,views,text\nu1,1,good morning\nu2,1,\"I DARE you, to jump\"\n");
    project.write("gold.csv", "id,policy,label\nu2,stunts,promotion\n");
    let settings = project.read("titer.yaml");
    let gold = "gold: {from: gold.csv, drawn: from_sample}\n";
    project.write("titer.yaml", &format!("{settings}{gold}"));
    let text = project.titer(&["check"]).done().stdout;
    assert!(text.contains("warning[L012]: this example is nearly the unit `u2`"), "{text}");
    project.write("titer.yaml", &format!("{settings}{gold}lint: {{off: [L012]}}\n"));
    assert!(!project.titer(&["check"]).done().stdout.contains("L012"));
    project.write("titer.yaml", &format!("{settings}{}", gold.replace("gold.csv", "gone.csv")));
    project.titer(&["check"]).ends(0, &["examples were not compared with gold", "gone.csv"]);
}

#[test]
fn suites_are_checked_with_the_project() {
    let project = project("http://127.0.0.1:9/v1");
    project.write("eval/small.yaml", "labelers: [mian]\npolicies: [../policies/stunts.yaml]\n");
    project.write("eval/not-a-suite.yaml", "anything: else\n");
    let ran = project.titer(&["check"]).ends(1, &[]);
    assert!(ran.stdout.contains("error[E008]: titer.yaml has no labeler `mian`"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("not-a-suite"), "{}", ran.stdout);
    project.titer(&["label", "--policy", "eval/small.yaml"]).ends(2, &["is not a policy"]);
    let folder = project.path("").display().to_string();
    let elsewhere = Project::empty();
    elsewhere.titer(&["check", &folder]).ends(1, &[]);
    project.write("eval/small.yaml", "labelers: [main]\npolicies: [../policies/stunts.yaml]\n");
    let done = elsewhere.titer(&["check", &folder]).done().stdout;
    assert!(done.starts_with("3 files: ") || done.contains("\n3 files: "), "{done}");
}

#[test]
fn messages_are_as_wide_as_the_terminal() {
    let project = Project::empty();
    project.write("p.yaml", "policy: p\nversion: 1.0.0\nlabels:\n  a: {default: true}\n  b: {severity: 1, definition: B.}\n");
    let wide = project.shell(&["env", "COLUMNS=200"], "$TITER check p.yaml").stdout;
    assert!(wide.lines().any(|line| line.chars().count() > 60), "{wide}");
    for verb in ["check p.yaml", "explain P040", "label --rpm 0", "try p.yaml x"] {
        let ran = project.shell(&["env", "COLUMNS=60"], &format!("$TITER {verb}"));
        let said = ran.stdout + &ran.stderr;
        let example = |line: &&str| !line.starts_with(' ') && !line.contains("--");
        let widest = said.lines().filter(example).map(|line| line.chars().count()).max();
        assert!(widest <= Some(60), "{verb}: {widest:?}\n{said}");
    }
}

#[test]
fn the_policy_of_the_guide_to_writing_passes_its_own_tests() {
    let guide = include_str!("../../docs/policy-writing.md");
    let mut blocks = guide.split("\n```yaml\n").skip(1).filter_map(|part| part.split("```").next());
    let (least, whole) = (blocks.next().unwrap(), blocks.next().unwrap());
    let project = project("http://127.0.0.1:9/v1");
    std::fs::remove_file(project.path("policies/stunts.yaml")).unwrap();
    project.write("policies/counterfeit-watches.yaml", least);
    let remarks = project.titer(&["check", "counterfeit-watches"]).done().stdout;
    assert!(remarks.ends_with("1 file: 2 to look at, none that stops a run\n"), "{remarks}");
    project.write("policies/counterfeit-watches.yaml", whole);
    let done = project.titer(&["check", "counterfeit-watches"]).done().stdout;
    assert_eq!(done, "1 file: no mistakes\n");
    let (project, _endpoint) = known(project, &FLAWLESS);
    let text = project.titer(&["test", "counterfeit-watches"]).done().stdout;
    assert!(text.starts_with("all 6 tests pass · 4 of 4 criteria covered · 8 calls"), "{text}");
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
    for verb in [&["label"][..], &["compile"], &["test", "--dry-run"], &["try", "stunts", "x"]] {
        project.titer(verb).ends(2, &["P040"]);
    }
    project.titer(&["check"]).ends(1, &[]);
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
