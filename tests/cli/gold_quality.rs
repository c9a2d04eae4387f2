//! Gold of several raters: how far they agree, and what their errors do to the estimate.

use super::bench::Project;
use serde_json::Value;
use std::fmt::Write as _;

/// 600 labeled units; every fourth has gold, of as many of three raters as asked for. `cy` calls one allowed unit in five violating.
fn panel(raters: usize) -> Project {
    let project = Project::empty();
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label,rater\n".to_owned();
    for n in 0..600_u32 {
        let truth = n % 11 == 3;
        writeln!(labels, "u{n},insults,{}", u8::from(truth != (n % 37 == 5))).unwrap();
        if n % 4 != 0 {
            continue;
        }
        let says = [truth != (n % 50 == 8), truth != (n % 62 == 20), truth || n % 5 == 4];
        for (rater, said) in ["ann", "bo", "cy"].into_iter().zip(says).take(raters) {
            writeln!(gold, "u{n},insults,{},{rater}", u8::from(said)).unwrap();
        }
    }
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project.write("titer.yaml", "gold:\n  from: gold.csv\n  drawn: from_sample\n");
    project
}

const FILES: [&str; 3] = ["prevalence", "--labels", "labels.csv"];

fn measured(project: &Project, more: &[&str]) -> Value {
    let args = [&FILES[..], &["--format", "json"], more].concat();
    project.titer(&args).done().json()["policies"][0].take()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn status_tells_how_far_raters_agree() {
    let project = panel(3);
    let text = project.titer(&["gold", "status"]).done().stdout;
    assert!(text.contains("agreement · insults · 150 of 150 units"), "{text}");
    for line in ["percent agreement", "krippendorff alpha", "gwet ac1", "fleiss kappa", "cy  "] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("depend on prevalence"), "{text}");
    let status = project.titer(&["gold", "status", "--format", "json"]).done().json();
    let agreement = &status["agreement"][0];
    let expected =
        ["coefficients", "level", "policy", "raters", "scale", "units", "units_of_several"];
    let mut found = keys(agreement);
    found.sort_unstable();
    assert_eq!(found, expected);
    let of = |name: &str| {
        let list = agreement["coefficients"].as_array().unwrap();
        list.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(keys(&of("fleiss_kappa")), ["name", "value", "low", "high", "method"]);
    let alpha = of("krippendorff_alpha");
    assert!(alpha["low"].as_f64() < alpha["value"].as_f64(), "{alpha}");
    assert!(of("positive_agreement")["value"].as_f64() < of("percent_agreement")["value"].as_f64());
    let strange = project.read("gold.csv").replace(",1,", ",spam,");
    project.write("gold.csv", &strange);
    let status = project.titer(&["gold", "status"]).done().stdout;
    assert!(status.contains("nothing says which labels are violating"), "{status}");
    let cy = &agreement["raters"][2];
    assert_eq!((&cy["rater"], &cy["answers"]), (&"cy".into(), &150.into()));
    let share = |rater: usize| agreement["raters"][rater]["with_majority"]["share"].as_f64();
    assert!(share(2) < share(0), "{agreement}");
}

#[test]
fn two_raters_have_cohens_kappa_and_one_has_none() {
    let status =
        |raters| panel(raters).titer(&["gold", "status", "--format", "json"]).done().json();
    let names = |status: &Value| -> Vec<String> {
        let list = status["agreement"][0]["coefficients"].as_array().unwrap();
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(&status(2)).contains(&"cohen_kappa".to_owned()));
    let alone = panel(1).titer(&["gold", "status"]).done().stdout;
    assert!(alone.contains("no unit has answers of two raters"), "{alone}");
}

#[test]
fn raters_errors_are_modelled_beside_the_corrected_estimate() {
    let project = panel(3);
    let policy = measured(&project, &[]);
    let modelled = &policy["gold_error"]["raters_modelled"];
    let expected = [
        "value",
        "low",
        "high",
        "std_error",
        "method",
        "n_eff",
        "raw",
        "difference",
        "parameters_error",
        "refits",
        "raters",
    ];
    assert_eq!(keys(modelled), expected);
    assert_eq!(policy["corrected_by"], "two_phase");
    assert_eq!((&modelled["refits"], &modelled["raters"][2]["rater"]), (&500.into(), &"cy".into()));
    let specificity = |rater: usize| modelled["raters"][rater]["specificity"].as_f64().unwrap();
    assert!(specificity(2) < 0.9 && specificity(0) > 0.9, "{modelled}");
    assert!(policy["estimate_ids"]["two_phase_dawid_skene"].is_string(), "{policy}");
    assert_eq!(measured(&project, &[]), policy, "the same answers give the same numbers");

    let verbose = [&FILES[..], &["-v"]].concat();
    let text = project.titer(&verbose).done().stdout;
    for line in ["errors of the gold", "as judged", "raters' errors modelled", "sensitivity to"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let brief = project.titer(&FILES).done().stdout;
    assert!(!brief.contains("as judged"), "{brief}");
    project.titer(&[&FILES[..], &["--estimates", "estimates.csv"]].concat()).done();
    assert!(project.read("estimates.csv").contains(",two_phase_dawid_skene,"));
    let report = ["report", "--labels", "labels.csv", "-o", "out.html"];
    project.titer(&report).done();
    assert!(project.read("out.html").contains("What errors of the gold do to the estimate"));
}

#[test]
fn two_raters_are_refused_with_the_reason_and_one_is_no_matter() {
    let pair = measured(&panel(2), &[]);
    let reason = pair["gold_error"]["raters_modelled"]["missing"].as_str().unwrap();
    assert!(reason.starts_with("150 of 150 gold units have no answers of 3 raters"), "{reason}");
    assert_eq!(measured(&panel(1), &[])["gold_error"], Value::Null);
}

#[test]
fn declared_rates_of_the_gold_make_a_second_estimate() {
    let project = panel(1);
    let declare = |sensitivity: &str, specificity: &str| {
        let error = format!("{{sensitivity: {sensitivity}, specificity: {specificity}}}");
        let gold = format!("gold:\n  from: gold.csv\n  drawn: from_sample\n  error: {error}\n");
        project.write("titer.yaml", &gold);
    };
    declare("0.95", "0.99");
    let policy = measured(&project, &[]);
    let known = &policy["gold_error"]["known"];
    assert_eq!(keys(known), ["value", "low", "high", "std_error", "method", "n_eff", "raw"]);
    let taken = (policy["corrected"]["value"].as_f64().unwrap() - 0.01) / 0.94;
    assert!((known["value"].as_f64().unwrap() - taken).abs() < 1e-9, "{policy}");
    project.titer(&[&FILES[..], &["--estimates", "estimates.csv"]].concat()).done();
    assert!(project.read("estimates.csv").contains(",known_gold_error,"));

    declare("0.7", "0.75");
    let text = project.titer(&[&FILES[..], &["-v"]].concat()).done().stdout;
    assert!(text.contains("declared gold error: not estimated") && text.contains("1.5"), "{text}");
    for (sensitivity, specificity) in [("0", "0.9"), ("0.9", "1.2"), ("-0.1", "0.9")] {
        declare(sensitivity, specificity);
        project.titer(&FILES).ends(2, &["titer.yaml"]);
        project.titer(&["check"]).ends(1, &[]);
    }
}
