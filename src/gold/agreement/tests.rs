use super::*;
use crate::gold::Answer;
use crate::stats::Resampling;
use std::num::NonZeroUsize;

fn level() -> Level {
    Level::new(0.95).unwrap()
}

fn scale(labels: &[(&str, u32)]) -> LabelScale {
    let label = |(id, severity): &(&str, u32)| ScaleLabel {
        id: (*id).to_owned(),
        severity: *severity,
        violating: *severity > 0,
    };
    LabelScale { labels: labels.iter().map(label).collect() }
}

fn insults() -> LabelScale {
    scale(&[("ok", 0), ("rude", 1), ("vile", 2)])
}

fn spam() -> LabelScale {
    scale(&[("ok", 0), ("spam", 1)])
}

/// A unit with the answers of raters a, b, c...; `-` is no answer.
fn unit(policy: &str, n: usize, answers: &str) -> RatedUnit {
    let answers = answers.split(' ').zip('a'..).filter(|(label, _)| *label != "-");
    RatedUnit {
        unit_id: format!("u{n}"),
        policy: policy.to_owned(),
        answers: answers
            .map(|(label, rater)| Answer { rater: Some(rater.into()), label: label.to_owned() })
            .collect(),
    }
}

fn units(policy: &str, counts: &[(usize, &str)]) -> Vec<RatedUnit> {
    let answers = counts.iter().flat_map(|(n, answers)| std::iter::repeat_n(*answers, *n));
    answers.enumerate().map(|(n, answers)| unit(policy, n, answers)).collect()
}

fn measured(rated: &[RatedUnit], scale: &LabelScale) -> RaterAgreement {
    let rated: Vec<&RatedUnit> = rated.iter().collect();
    agreement(&rated, scale, level(), Draws::least(1))
}

fn found(agreement: &RaterAgreement, name: CoefficientName) -> Measured {
    agreement.coefficients.iter().find(|one| one.name == name).unwrap().measured.unwrap()
}

/// 100 units by two raters: 20 spam for both, 5 and 15 for one, 60 for neither; and 10 more that one of them saw.
fn pair() -> Vec<RatedUnit> {
    let counts =
        [(20, "spam spam"), (5, "spam ok"), (15, "ok spam"), (60, "ok ok"), (10, "spam -")];
    units("spam", &counts)
}

#[test]
fn two_raters_have_the_kappa_of_the_textbook() {
    let got = measured(&pair(), &spam());
    assert_eq!((got.units, got.shared), (110, 100));
    let value = |name| found(&got, name).value;
    assert!((value(CoefficientName::PercentAgreement) - 0.8).abs() < 1e-12);
    assert!((value(CoefficientName::PositiveAgreement) - 40.0 / 60.0).abs() < 1e-12);
    // chance .25 * .35 + .75 * .65
    assert!((value(CoefficientName::CohenKappa) - (0.8 - 0.575) / 0.425).abs() < 1e-12);
    // chance 2 p (1 - p) with p the mean share .3
    assert!((value(CoefficientName::GwetAc1) - (0.8 - 0.42) / 0.58).abs() < 1e-12);
    let names: Vec<&str> = got.coefficients.iter().map(|one| one.name.name()).collect();
    let expected = [
        "percent_agreement",
        "positive_agreement",
        "krippendorff_alpha",
        "gwet_ac1",
        "cohen_kappa",
    ];
    assert_eq!(names, expected);
    for one in &got.coefficients {
        let Measured { value, interval } = one.measured.unwrap();
        let interval = interval.unwrap();
        assert!(interval.low < value && value < interval.high, "{one:?}");
    }
}

#[test]
fn severities_in_order_forgive_small_differences() {
    let near = [(20, "vile rude -"), (30, "rude rude -"), (30, "ok ok ok"), (20, "- vile vile")];
    let far = [(20, "vile ok -"), (30, "rude rude -"), (30, "ok ok ok"), (20, "- vile vile")];
    let near = measured(&units("insults", &near), &insults());
    let far = measured(&units("insults", &far), &insults());
    for name in [CoefficientName::KrippendorffAlphaOrdinal, CoefficientName::FleissKappaWeighted] {
        assert!(found(&near, name).value > found(&far, name).value + 0.1, "{name:?}");
    }
    let nominal = |got| found(got, CoefficientName::PercentAgreement).value;
    assert!((nominal(&near) - nominal(&far)).abs() < 1e-12);
    // nobody disagreed on what is violating
    assert!((found(&near, CoefficientName::PositiveAgreement).value - 1.0).abs() < 1e-12);
}

#[test]
fn raters_who_never_differ_have_no_interval_that_looks_exact() {
    let got = measured(&units("spam", &[(5, "spam spam"), (20, "ok ok")]), &spam());
    for one in &got.coefficients {
        let Measured { value, interval } = one.measured.unwrap();
        assert!((value - 1.0).abs() < 1e-12, "{one:?}");
        match interval {
            Ok(interval) => {
                assert!(one.name.is_share() && interval.low < 0.9, "{one:?}");
            }
            Err(error) => assert!(error.to_string().contains("no two answers"), "{error}"),
        }
    }
}

#[test]
fn what_cannot_be_told_says_why() {
    let alone = measured(&units("spam", &[(9, "spam -")]), &spam());
    for one in &alone.coefficients {
        let reason = one.measured.unwrap_err().to_string();
        assert!(reason.contains("no unit has answers of two raters"), "{reason}");
    }
    let single = measured(&units("spam", &[(9, "ok ok")]), &spam());
    let reason = |name| {
        let one = single.coefficients.iter().find(|one| one.name == name).unwrap();
        one.measured.unwrap_err().to_string()
    };
    assert!(reason(CoefficientName::CohenKappa).contains("single class"));
    assert!(reason(CoefficientName::PositiveAgreement).contains("has one of that class"));
    let unknown = measured(&pair(), &LabelScale::default());
    assert_eq!(unknown.raters[0].violating, None);
    let positive = unknown.coefficients[1].measured.unwrap_err().to_string();
    assert!(positive.contains("which labels are violating"), "{positive}");
}

#[test]
fn each_rater_is_held_against_the_majority_of_the_others() {
    let counts = [(6, "spam spam ok"), (3, "ok ok ok"), (1, "spam ok dunno")];
    let got = measured(&units("spam", &counts), &spam());
    let row = |rater: usize| &got.raters[rater];
    let among = |among: Option<Among>| among.map(|among| (among.count, among.of));
    // on six units a's others tie, on one too
    assert_eq!((row(0).answers, among(row(0).violating)), (10, Some((7, 10))));
    assert_eq!(among(row(0).with_majority), Some((3, 3)));
    assert_eq!(among(row(2).with_majority), Some((3, 9)));
    assert_eq!(among(row(2).violating), Some((0, 9)), "an abstention is neither");
}

#[test]
fn all_policies_together_draw_units_again_and_not_answers() {
    let (one, other) = (pair(), pair());
    let resampling = Resampling::new(7, 1_000, NonZeroUsize::MIN).unwrap();
    let over = |lists: &[&Vec<RatedUnit>]| {
        let scale = spam();
        let lists: Vec<_> =
            lists.iter().map(|list| (list.iter().collect::<Vec<_>>(), &scale)).collect();
        overall_agreement(&lists, level(), resampling)
    };
    let (alone, twice) = (over(&[&one]), over(&[&one, &other]));
    assert_eq!((twice.units, twice.shared), (220, 200));
    let width = |got: &RaterAgreement| {
        let interval = found(got, CoefficientName::PercentAgreement).interval.unwrap();
        interval.high - interval.low
    };
    // the same answers once more tell nothing new
    assert!((width(&alone) - width(&twice)).abs() < 1e-9, "{} {}", width(&alone), width(&twice));
    assert_eq!(twice.raters[0].answers, 220);
}
