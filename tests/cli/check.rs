//! What `titer check` finds is what would stop a run.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::rows;
use titer::prompt;

const POLICY: &str = "\
policy: insults
version: 1.0.0
labels:
  allowed: {default: true}
  insult: {severity: 1, definition: Calls a person worthless.}
abstain:
  unreadable: It is in a language you cannot read.
";
const PICTURES: &str = "\
policy: gore
version: 1.0.0
labels:
  allowed: {default: true}
  gore: {severity: 1, definition: Shows an open wound.}
components:
  caption: {modality: text, required: true}
  picture: {modality: image}
tests:
  - {unit: {caption: A wound., picture: pictures/wound.png}, expect: gore, agree: 0.01}
  - {unit: {caption: A meadow.}, expect: allowed}
";
const TEMPLATE: &str = "{% if part == 'system' %}\nRULES\n{% include '_answer.j2' %}\n{% else %}\n{% include '_unit.j2' %}\n{% endif %}\n";

fn project(policy: &str, labeler: &str) -> Project {
    configured(policy, "http://127.0.0.1:9/v1", labeler)
}

fn configured(policy: &str, url: &str, labeler: &str) -> Project {
    let project = Project::empty();
    project.write("policies/policy.yaml", policy);
    project.write("units.csv", &rows(3));
    project.configure(url, labeler);
    project
}

/// The codes and places of the errors `titer check` finds.
fn errors(project: &Project) -> Vec<String> {
    let checked = project.titer(&["check", "--format", "json"]).json();
    let found = checked["diagnostics"].as_array().unwrap().iter();
    let errors = found.filter(|found| found["severity"] == "error");
    errors.map(ToString::to_string).collect()
}

#[test]
fn a_template_is_compiled_for_each_labeler() {
    let project = project(POLICY, "    template: prompts/mine.j2\n");
    for (rules, code, line) in [
        ("{{ polices }}", "T003", ":2:4"),
        ("{% if %}", "T002", ":2"),
        ("{{ answer.x.y }}", "T002", ":2"),
    ] {
        project.write("prompts/mine.j2", &TEMPLATE.replace("RULES", rules));
        let checked = project.titer(&["check"]).ends(1, &[]);
        let compiled = project.titer(&["compile"]).ends(2, &[code]);
        let place = format!("prompts/mine.j2{line}");
        for said in [&checked.stdout, &compiled.stderr] {
            assert!(said.contains(code) && said.contains(&place), "{said}");
        }
    }
    project.write("prompts/mine.j2", TEMPLATE);
    assert_eq!(errors(&project), [""; 0]);
}

#[test]
fn a_template_is_checked_where_no_policy_is_free_of_mistakes() {
    let project = project("policy: p\n", "    template: prompts/mine.j2\n");
    project.write("prompts/mine.j2", &TEMPLATE.replace("RULES", "{{ polices }}"));
    let said = project.titer(&["check"]).ends(1, &[]).stdout;
    assert!(said.contains("T003") && said.contains("Y011"), "{said}");
}

#[test]
fn a_template_that_is_not_there_is_shown_where_it_is_named() {
    let project = project(POLICY, "    template: prompts/mine.j2\n");
    let said = ["D002", "cannot read the template prompts/mine.j2", "titer.yaml:6:15"];
    let checked = project.titer(&["check"]).ends(1, &[]).stdout;
    assert!(said.iter().all(|part| checked.contains(part)), "{checked}");
    project.titer(&["compile"]).ends(2, &said);
}

#[test]
fn everything_a_labeler_cannot_carry_is_named_at_the_labeler() {
    let project = project(POLICY, "    dialect: llama-guard\n");
    let said = "labeler `main` of dialect `llama-guard` cannot carry: of policy `insults` abstain reasons; of its own `answer` a reason in words, a stated confidence";
    let checked = project.titer(&["check"]).ends(1, &[]).stdout;
    for part in [said, "D001", "titer.yaml:2:3", "`abstain: false`", "`rationale_words: 0`"] {
        assert!(checked.contains(part), "{part}: {checked}");
    }
    for verb in [&["compile"][..], &["label", "--dry-run"], &["label"]] {
        project.titer(verb).ends(2, &[said, "D001", "titer.yaml:2:3"]);
    }
    project.write("policies/policy.yaml", &format!("{POLICY}status: retired\n"));
    assert_eq!(errors(&project).len(), 0, "a retired policy is not labeled under");
    let image = "components:\n  picture: {modality: image, required: true}\nrollup: any\n";
    project.write("policies/policy.yaml", &format!("{POLICY}{image}"));
    let checked = project.titer(&["check"]).ends(1, &[]).stdout;
    assert!(
        checked.contains("an image in every unit") && checked.contains("`rollup`"),
        "{checked}"
    );
}

/// The text of a page between ```` ```yaml NAME ```` and the end of its fence.
fn example(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("```yaml {name}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_wrong_labeler_of_a_page_gives_exactly_its_code_and_the_right_one_nothing() {
    for code in ["D001", "D002"] {
        let page = prompt::explain(code).unwrap();
        let project = project(POLICY, "");
        if code == "D001" {
            project.write("policies/policy.yaml", &example(page, "policy"));
        }
        project.write("prompts/mine.j2", TEMPLATE);
        project.write("titer.yaml", &example(page, "wrong"));
        let found = errors(&project);
        assert!(found.len() == 1 && found[0].contains(code), "{code}: {found:?}");
        project.write("titer.yaml", &example(page, "right"));
        assert_eq!(errors(&project), [""; 0], "{code}");
    }
}

#[test]
fn a_picture_that_is_not_there_is_found_and_keeps_no_other_test_from_running() {
    let endpoint = Simulated::start(&["--no-answer", "0"]);
    let project = configured(PICTURES, &endpoint.url, "");
    let found = errors(&project);
    let (place, name) = ("\"line\":10", "pictures/wound.png");
    assert!(found.len() == 1 && found[0].contains("P050") && found[0].contains(name), "{found:?}");
    assert!(found[0].contains(place), "{found:?}");
    let tested = project.titer(&["test"]).ends(1, &[]).stdout;
    let said = "not asked: policies/policy.yaml:10: cannot read policies/pictures/wound.png";
    assert!(tested.contains(said) && tested.contains("FAIL 1. "), "{tested}");
    assert_eq!(endpoint.requests(), 1, "the other test is run");
    project.write("policies/pictures/wound.png", "\u{89}PNG");
    assert_eq!(errors(&project), [""; 0]);
}

#[test]
fn a_trial_that_fails_says_where_and_exits_with_one() {
    let endpoint = Simulated::start(&["--no-answer", "0"]);
    let project = configured(POLICY, &endpoint.url, "    template: prompts/mine.j2\n");
    let zebra = "{% include '_unit.j2' %}\n{% if 'zebra' in components[0].text %}{{ answer.x.y }}{% endif %}";
    project.write("prompts/mine.j2", &TEMPLATE.replace("{% include '_unit.j2' %}", zebra));
    project.titer(&["try", "insults", "A horse."]).done();
    let said = project.titer(&["try", "insults", "A zebra."]).ends(1, &[]).stdout;
    assert!(said.contains("no label: failed") && said.contains("prompts/mine.j2:6: "), "{said}");
    assert_eq!(endpoint.requests(), 1);
}

#[test]
fn only_codes_that_exist_are_switched_off() {
    let project = project(POLICY, "");
    let file = project.read("titer.yaml");
    project.write("titer.yaml", &format!("{file}lint: {{off: [L999, l001, P012, L008]}}\n"));
    let found = errors(&project);
    assert_eq!(found.len(), 3, "{found:?}");
    let text = project.titer(&["check"]).ends(1, &[]).stdout;
    for part in [
        "`L999` is none of",
        "`l001` is none of",
        "`P012` is none of",
        "did you mean `L001`?",
        "did you mean `L012`?",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    project.write("titer.yaml", &format!("{file}lint: {{off: [L008]}}\n"));
    assert_eq!(errors(&project), [""; 0]);
}
