//! From a table of texts to a corrected number, typing what the program says to type next.

use super::bench::Project;
use super::bench::Simulated;
use super::bench::below_header;
use super::bench::rows;

#[test]
fn a_table_of_texts_becomes_a_corrected_prevalence() {
    let endpoint = Simulated::start(&["--prevalence", "0.3"]);
    let project = Project::empty();
    project.write("texts.csv", &rows(60));
    let made = project.titer(&["init", "--from", "texts.csv"]).done();
    assert!(made.stdout.contains("titer check"), "{made:#?}");
    let program = project.read("titer.yaml").replace("http://127.0.0.1:8089/v1", &endpoint.url);
    project.write("titer.yaml", &program);

    project.titer(&["check"]).done();
    let labeled = project.titer(&["label", "-o", "labels.csv"]).done();
    assert!(labeled.stdout.contains("rows in labels.csv"), "{labeled:#?}");
    assert_eq!(below_header(&project.path("labels.csv")).len(), 60);
    project.titer(&["gold", "draw", "--size", "12"]).done();

    let begun =
        project.titer_reading("1\nu\n1\ns\n2\n?\nz\nq\n", &["gold", "label", "--rater", "ann"]);
    let begun = begun.done();
    assert!(begun.stdout.starts_with("2 of 12 questions answered by ann"), "{begun:#?}");
    assert!(begun.stderr.contains("that is none of the keys"), "{begun:#?}");
    let status = project.titer(&["gold", "status", "--format", "json"]).done().json();
    assert_eq!((&status["units"], &status["raters"]["ann"]), (&12.into(), &2.into()));
    let ended = project.titer_reading(&"1\n".repeat(20), &["gold", "label", "--rater", "ann"]);
    assert!(ended.done().stdout.starts_with("12 of 12"));

    let text = project.titer(&["prevalence"]).done();
    assert!(text.stdout.starts_with("harassment "), "{text:#?}");
    let measured = project.titer(&["prevalence", "--format", "json"]).done().json();
    let policy = &measured["policies"][0];
    assert_eq!((&policy["n"], &policy["m"]), (&60.into(), &12.into()));
    project.titer(&["report", "-o", "out.html"]).done();
    let report = project.read("out.html");
    assert!(report.contains("<svg") && report.contains("harassment"), "no report");
    assert_eq!(endpoint.requests(), 60, "labels were paid for once");
}

#[test]
fn a_project_from_nothing_can_be_labeled() {
    let endpoint = Simulated::start(&[]);
    let project = Project::empty();
    project.titer(&["init", "safety"]).done();
    let text = project.read("safety/titer.yaml").replace("http://127.0.0.1:8089/v1", &endpoint.url);
    project.write("safety/titer.yaml", &text);
    project.titer(&["label", "--project", "safety"]).done();
    assert_eq!(endpoint.requests(), 40);
    project.titer(&["init", "safety"]).ends(2, &["is a project already"]);
}

#[test]
fn the_sheet_of_a_draw_comes_back_as_answers_to_it() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(30, &endpoint.url);
    project.titer(&["label"]).done();
    project.titer(&["gold", "draw", "--size", "8"]).done();
    let sheet = project.titer(&["gold", "export"]).done().stdout;
    assert_eq!(sheet.lines().count(), 9);
    project.write("sheet.csv", &sheet.replace(",harassment,,", ",harassment,allowed,vendor"));
    let imported = project.titer(&["gold", "import", "sheet.csv"]).done();
    assert!(imported.stdout.contains("as answers to draw"), "{imported:#?}");
    project.titer(&["gold", "import", "sheet.csv"]).done();
    let status = project.titer(&["gold", "status", "--format", "json"]).done().json();
    assert_eq!(status["answered"]["harassment"], 8);
    assert_eq!(status["raters"]["vendor"], 8, "importing a file twice adds nothing");
}

#[test]
fn the_demo_shows_naive_corrected_and_true_prevalence_and_may_be_repeated() {
    let project = Project::empty();
    for _ in 0..2 {
        let shown = project.titer(&["demo"]).done();
        let first = shown.stdout.lines().next().unwrap();
        assert!(first.ends_with("corrected intervals cover the truth"), "{shown:#?}");
    }
    assert!(project.read("titer-demo/report.html").contains("<svg"));
    project.titer(&["prevalence", "--project", "titer-demo"]).done();
    project.write("other/titer.yaml", "store: x.db\n");
    project.titer(&["demo", "other"]).ends(2, &["is not the demo's", "titer demo DIR"]);
}
