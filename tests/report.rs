//! Reports of small invented measurements: what they say, what they refuse to say, and hostile names in them.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use std::collections::BTreeMap;
use titer::eval::Certainty;
use titer::eval::Stated;
use titer::eval::StatedUnit;
use titer::measure::Coverage;
use titer::measure::GoldDrawn;
use titer::measure::GoldLabel;
use titer::measure::Judgment;
use titer::measure::LabeledUnit;
use titer::measure::PeriodRows;
use titer::measure::PolicyPrevalence;
use titer::measure::Positive;
use titer::measure::Rows;
use titer::measure::Scheme;
use titer::measure::SchemeLabel;
use titer::measure::Settings;
use titer::measure::Several;
use titer::measure::Subject;
use titer::measure::classes;
use titer::measure::one_period;
use titer::measure::prevalence;
use titer::policy::Mode;
use titer::reply::Outcome;
use titer::report::Detail;
use titer::report::Report;
use titer::report::by_label;
use titer::report::html;
use titer::report::markdown;
use titer::report::summary_line;
use titer::report::text;
use titer::stats::Draws;
use titer::stats::Level;
use titer::stats::TwoPhaseMethod;
use titer::unit::Design;
use titer::unit::Inclusion;

const HOSTILE: &str = "<script>alert(1)</script>|*x*\u{1b}[31m";

/// A sample as groups of units that are alike, measured for one policy.
struct World {
    policy: &'static str,
    units: Vec<(String, Outcome, &'static str)>,
    gold: Vec<(String, &'static str)>,
    exposure: f64,
    probability: Option<f64>,
    drawn: GoldDrawn,
    level: f64,
}

impl World {
    fn of(policy: &'static str) -> Self {
        let (units, gold) = (Vec::new(), Vec::new());
        let (exposure, probability) = (1.0, None);
        let (drawn, level) = (GoldDrawn::FromSample, 0.95);
        Self { policy, units, gold, exposure, probability, drawn, level }
    }

    /// Adds `n` units of one label or outcome, `gold` of them with gold, `positive` of those violating.
    fn add(mut self, label: &'static str, n: u64, (gold, positive): (u64, u64)) -> Self {
        let outcome = Outcome::from_name(label).unwrap_or(Outcome::Label);
        for i in 0..n {
            let id = format!("{label}-{i}");
            if i < gold {
                self.gold.push((id.clone(), if i < positive { "violating" } else { "allowed" }));
            }
            self.units.push((id, outcome, label));
        }
        self
    }

    fn measure(&self) -> PolicyPrevalence {
        let positive = Positive::labels(["violating", HOSTILE]).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn: self.drawn,
            level: Level::new(self.level).unwrap(),
            draws: Draws::least(7),
            min_gold: 300,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        };
        let inclusion =
            self.probability.map(|probability| Inclusion::new(probability, Design::Uniform));
        let unit = |(id, outcome, label): &'_ (String, Outcome, &'static str)| {
            let (outcome, inclusion) = (*outcome, inclusion.as_ref());
            let label = (outcome == Outcome::Label).then_some(*label);
            (id.clone(), inclusion, outcome, label)
        };
        let rows: Vec<_> = self.units.iter().map(unit).collect();
        let units: Vec<_> = rows
            .iter()
            .map(|(id, inclusion, outcome, label)| LabeledUnit {
                id,
                exposure: self.exposure,
                inclusion: *inclusion,
                outcome: *outcome,
                label: *label,
                classes: &[],
            })
            .collect();
        let gold: Vec<_> = self
            .gold
            .iter()
            .map(|(id, label)| GoldLabel {
                id,
                label,
                judgment: Judgment::Decided,
                probability: None,
                age_days: Some(9.0),
            })
            .collect();
        let subject = Subject {
            policy: self.policy.to_owned(),
            policy_version: Some("1.2.0".to_owned()),
            labeler: Some("main".to_owned()),
            segment: None,
            ..Subject::default()
        };
        prevalence(&subject, &units, &gold, &settings).unwrap()
    }
}

fn publishable() -> World {
    let world = World::of("self-harm")
        .add("violating", 150, (110, 55))
        .add("allowed", 19_650, (450, 1))
        .add("refusal", 170, (60, 20))
        .add("unparsable", 30, (30, 2));
    World { probability: Some(0.01), drawn: GoldDrawn::ByLabel, ..world }
}

fn withheld() -> World {
    World::of("harassment").add("violating", 30, (30, 22)).add("allowed", 800, (270, 5)).add(
        "refusal",
        70,
        (0, 0),
    )
}

/// Gold from elsewhere: its error rates are inverted.
fn inverted() -> World {
    let world = World::of("insults").add("violating", 200, (60, 50)).add("allowed", 800, (240, 12));
    World { drawn: GoldDrawn::Independent, ..world }
}

fn report<'a>(policies: &'a [PolicyPrevalence]) -> Report<'a> {
    Report {
        title: "Quickstart".to_owned(),
        subtitle: "Three policies".to_owned(),
        generated_at: "2026-11-23 01:30 UTC".to_owned(),
        version: "0.1.0",
        notes: vec!["40 units have no gold for `spam`".to_owned()],
        policies,
        segments: &[],
        periods: &[],
        changes: &[],
        breaks: &[],
        known_truth: Some(BTreeMap::from([("self-harm".to_owned(), 0.0062)])),
        provenance: vec![("frame".to_owned(), "eval/quickstart/units.jsonl".to_owned())],
    }
}

#[test]
fn the_line_says_estimate_verdict_naive_and_what_it_rests_on() {
    insta::assert_snapshot!(summary_line(&publishable().measure()));
}

#[test]
fn the_line_of_a_withheld_estimate_gives_its_code_and_bounds() {
    let line = summary_line(&withheld().measure());
    assert!(
        line.starts_with("harassment withheld (S006 empty_cell) · naive 3.3 % · between "),
        "{line}"
    );
    assert!(line.ends_with(" % of units · 900 labels, 300 gold"), "{line}");
}

#[test]
fn the_line_of_a_provisional_estimate_names_what_is_missing() {
    let thin = World::of("spam").add("violating", 100, (40, 30)).add("allowed", 900, (80, 2));
    let line = summary_line(&thin.measure());
    assert!(line.contains(" of units · provisional (S008 thin_gold) · "), "{line}");
    let none = World::of("spam").add("allowed", 5000, (400, 0)).measure();
    let line = summary_line(&none);
    assert!(line.starts_with("spam 0.00 % [0.00, 0."), "{line}");
    assert!(line.contains("provisional (S005, S022)"), "{line}");
}

#[test]
fn exposure_other_than_one_is_called_views() {
    let seen = World { exposure: 40.0, ..withheld() };
    assert!(summary_line(&seen.measure()).contains(" of views "));
    let sampled = World { probability: Some(0.01), ..publishable() };
    assert!(summary_line(&sampled.measure()).contains(" of units "), "each weighs the same");
}

#[test]
fn an_unusual_level_is_said() {
    let line = summary_line(&World { level: 0.9, ..publishable() }.measure());
    assert!(line.ends_with("gold · level 90 %"), "{line}");
}

#[test]
fn convenience_gold_gives_no_number_but_the_naive_one() {
    let line = summary_line(&World { drawn: GoldDrawn::Convenience, ..publishable() }.measure());
    let expected = "self-harm withheld (S010 convenience_gold) · naive 0.75 % · 20,000 labels, ";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn brief_text_is_a_line_a_table_and_findings() {
    insta::assert_snapshot!(text(&publishable().measure(), Detail::Brief));
}

#[test]
fn full_text_shows_everything_behind_a_withheld_estimate() {
    insta::assert_snapshot!(text(&withheld().measure(), Detail::Full));
}

#[test]
fn independent_gold_is_marked_as_model_dependent() {
    let shown = text(&inverted().measure(), Detail::Brief);
    assert!(shown.contains("corrected*") && shown.contains("* model-dependent"), "{shown}");
    assert!(!shown.contains("rogan-gladen"), "it would be the same line twice: {shown}");
    let nested = World { drawn: GoldDrawn::FromSample, ..inverted() };
    let shown = text(&nested.measure(), Detail::Brief);
    assert!(shown.contains("rogan-gladen*") && !shown.contains("corrected*"), "{shown}");
}

#[test]
fn an_estimate_that_does_not_exist_has_no_mark() {
    let impossible = World { drawn: GoldDrawn::Independent, ..publishable() };
    let shown = text(&impossible.measure(), Detail::Brief);
    assert!(shown.contains("corrected: not estimated: ") && !shown.contains('*'), "{shown}");
}

#[test]
fn tables_fit_sixty_columns() {
    for world in [publishable(), withheld()] {
        let shown = text(&world.measure(), Detail::Full);
        let tables = shown.lines().skip(1).filter(|line| line.contains("   "));
        for line in tables {
            assert!(line.chars().count() <= 60, "{line}");
        }
    }
}

#[test]
fn markdown_is_a_section_a_policy() {
    let policies = [publishable().measure(), withheld().measure()];
    insta::assert_snapshot!(markdown(&report(&policies)));
}

#[test]
fn html_needs_nothing_from_outside() {
    let policies = [publishable().measure(), withheld().measure()];
    let page = html(&report(&policies)).unwrap();
    for outside in ["http://", "https://", "<script", "src=", "@import", "url(http", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<svg role=\"img\"").count(), 2);
    assert!(page.contains("truth 0.62 %") && page.contains("S006 empty_cell"));
    assert_eq!(page.matches("id=\"policy-").count(), 2);
}

#[test]
fn numbers_in_the_html_are_those_of_the_line() {
    let measured = publishable().measure();
    let line = summary_line(&measured);
    let interval = &line[line.find('[').unwrap()..=line.find(']').unwrap()];
    let page = html(&report(std::slice::from_ref(&measured))).unwrap();
    assert!(page.contains(&format!("interval <b>{interval}</b>")), "{interval}");
}

#[test]
fn hostile_names_are_text_everywhere() {
    let world =
        World::of(HOSTILE).add(HOSTILE, 100, (60, 50)).add("allowed", 900, (240, 3)).measure();
    let mut report = report(std::slice::from_ref(&world));
    report.title = HOSTILE.to_owned();
    report.notes = vec![HOSTILE.to_owned()];
    report.provenance = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
    let (page, marked) = (html(&report).unwrap(), markdown(&report));
    let plain = text(&world, Detail::Full);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!marked.contains("<script") && !marked.contains("|*"), "{marked}");
    assert!([page, marked, plain].iter().all(|shown| !shown.contains('\u{1b}')));
}

/// A labeler that says how sure it is of 80 units, all with gold, as one measurement.
fn sure() -> PolicyPrevalence {
    let rows: Vec<(String, bool, f64, bool)> = (0..80)
        .map(|n| (format!("u{n}"), n % 4 == 0, if n % 3 == 0 { 0.95 } else { 0.6 }, n % 5 == 0))
        .collect();
    let label = |is: bool| if is { "violating" } else { "allowed" };
    let unit = |(id, flagged, ..): &'_ (String, bool, f64, bool)| (id.clone(), label(*flagged));
    let said: Vec<_> = rows.iter().map(unit).collect();
    let units: Vec<_> = said
        .iter()
        .map(|(id, label)| LabeledUnit {
            classes: &[],
            id,
            exposure: 1.0,
            inclusion: None,
            outcome: Outcome::Label,
            label: Some(label),
        })
        .collect();
    let gold: Vec<_> = rows
        .iter()
        .map(|(id, _, _, is)| GoldLabel {
            id,
            label: label(*is),
            judgment: Judgment::Decided,
            probability: None,
            age_days: None,
        })
        .collect();
    let certain: Vec<_> = rows
        .iter()
        .map(|(id, flagged, p, _)| StatedUnit {
            id,
            flagged: *flagged,
            certainty: Certainty::Label(*p),
        })
        .collect();
    let stated = Stated::of(&certain, 2).unwrap();
    let positive = Positive::labels(["violating"]).unwrap();
    let settings = Settings {
        positive: &positive,
        drawn: GoldDrawn::Convenience,
        level: Level::new(0.95).unwrap(),
        draws: Draws::least(7),
        min_gold: 300,
        max_gold_age_days: None,
        salts: None,
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    let subject = Subject { policy: "spam".to_owned(), ..Subject::default() };
    let rows = Rows { units: &units, gold: &gold, stated: Some(stated.as_ref()) };
    let (instrument, history) = (None, [].as_slice());
    one_period(&PeriodRows { subject: &subject, instrument, rows, settings: &settings, history })
        .unwrap()
}

#[test]
fn stated_probabilities_have_a_curve_a_table_and_words() {
    let measured = sure();
    let made = measured.calibration.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((made.n, made.bins.len()), (80, 4));
    let page = html(&report(std::slice::from_ref(&measured))).unwrap();
    assert_eq!(page.matches("class=\"bin\"").count(), 4);
    assert!(
        page.contains("<polyline class=\"fitted\" points=\"") && page.contains("label_probability")
    );
    let marked = markdown(&report(std::slice::from_ref(&measured)));
    assert!(marked.contains("| label\\_probability | value | 95 % interval |"), "{marked}");
    assert!(marked.contains("| Brier score | "), "{marked}");
    let shown = text(&measured, Detail::Full);
    assert!(shown.contains("calibration error (ECE)"), "{shown}");
    for shown in [page, marked, shown] {
        assert!(shown.contains("rates of the gold at hand, not of the population"), "{shown}");
    }
}

#[test]
fn error_rates_of_a_cell_without_gold_are_those_of_the_rest() {
    let shown = text(&withheld().measure(), Detail::Full);
    assert!(shown.contains("a cell has no gold (S006): these are rates of the units"), "{shown}");
    let shown = text(&publishable().measure(), Detail::Full);
    assert!(!shown.contains("these are rates of"), "{shown}");
}

#[test]
fn a_report_of_nothing_is_still_a_page() {
    let page = html(&report(&[])).unwrap();
    assert!(page.contains("No policy was measured."));
}

#[test]
fn gold_that_finds_nothing_draws_an_interval_from_zero() {
    let none = World::of("spam").add("allowed", 5000, (400, 0)).measure();
    let page = html(&report(std::slice::from_ref(&none))).unwrap();
    assert!(page.contains("not estimated: there are no units to estimate from"), "no sensitivity");
    assert!(page.contains("<span class=\"badge provisional\">"));
}

#[test]
fn an_estimate_that_is_clipped_says_so_beside_the_table() {
    let world = World::of("spam").add("violating", 100, (40, 30)).add("allowed", 900, (80, 2));
    let measured = world.measure();
    let (shown, page) =
        (text(&measured, Detail::Brief), html(&report(std::slice::from_ref(&measured))).unwrap());
    assert!(shown.contains("rogan-gladen: S004 clipped: "), "{shown}");
    assert!(page.contains("rogan-gladen: S004 clipped: "));
}

/// Labels of three kinds, one of them of a hostile name and one that gold never gives.
fn by_each_label() -> PolicyPrevalence {
    let units: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    let name = |n: usize| if n.is_multiple_of(4) { HOSTILE } else { "allowed" };
    let rows: Vec<LabeledUnit<'_>> = (units.iter().enumerate())
        .map(|(n, id)| LabeledUnit {
            classes: &[],
            id,
            exposure: 1.0,
            inclusion: None,
            outcome: Outcome::Label,
            label: Some(name(n)),
        })
        .collect();
    let gold: Vec<GoldLabel<'_>> = (units.iter().enumerate().step_by(2))
        .map(|(n, id)| GoldLabel {
            id,
            label: name(n + usize::from(n.is_multiple_of(20))),
            judgment: Judgment::Decided,
            probability: None,
            age_days: None,
        })
        .collect();
    let positive = Positive::labels([HOSTILE, "never"]).unwrap();
    let settings = Settings {
        positive: &positive,
        drawn: GoldDrawn::FromSample,
        level: Level::new(0.95).unwrap(),
        draws: Draws::least(7),
        min_gold: 0,
        max_gold_age_days: None,
        salts: None,
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    let subject = Subject { policy: "p".to_owned(), ..Subject::default() };
    let mut measured = prevalence(&subject, &rows, &gold, &settings).unwrap();
    let label = |id: &str| SchemeLabel { id: id.to_owned(), severity: None };
    let labels = vec![label("allowed"), label("never")];
    let scheme = Scheme { mode: Mode::Single, labels, several: Several::default() };
    let rows = Rows { units: &rows, gold: &gold, stated: None };
    let made = classes(rows, &measured, &scheme, (&settings, Coverage::Each)).unwrap();
    measured.classes = Some(made);
    measured
}

#[test]
fn every_label_is_shown_with_what_was_said_against_gold() {
    let policies = [by_each_label()];
    let shown = markdown(&report(&policies));
    assert!(shown.contains("| label | naive | corrected | 95 % interval | gold |"), "{shown}");
    assert!(shown.contains("| never | 0.0 % | - | at most "), "{shown}");
    assert!(shown.contains("never: S005 no\\_gold\\_positives: 0 of 200 gold units"), "{shown}");
    assert!(shown.contains("| allowed | 75.0 % | **75.0 % (100)** |"), "{shown}");
    assert!(!shown.contains("<script>"), "{shown}");
    let page = html(&report(&policies)).unwrap();
    assert!(page.contains("style=\"--shade:100%\""), "no heat");
    assert!(page.contains("<td class=\"same\"") && !page.contains("<script>"));
    let classes = policies[0].classes.as_ref().unwrap();
    let text = by_label(&policies[0].subject, classes, Detail::Full);
    assert!(text.starts_with("p by label\n") && !text.contains('\u{1b}'), "{text}");
}
