//! SurveyDesign-based estimates and their variances against the R packages survey, sampling and PracTools.

use crate::case::Case;
use crate::case::cases;
use crate::case::numbers;
use std::collections::BTreeMap;
use titer::stats::CalibrationDistance;
use titer::stats::FixedSizeForm;
use titer::stats::GoldAndLabel;
use titer::stats::Interval;
use titer::stats::JointForm;
use titer::stats::JointProbabilities;
use titer::stats::KnownMargin;
use titer::stats::KnownTotals;
use titer::stats::LabelAccuracy;
use titer::stats::LabelOutcome;
use titer::stats::Level;
use titer::stats::Linearized;
use titer::stats::Lonely;
use titer::stats::RakedResiduals;
use titer::stats::RatioOf;
use titer::stats::SamplePlace;
use titer::stats::SampleStructure;
use titer::stats::SecondStage;
use titer::stats::Selection;
use titer::stats::SimpleSample;
use titer::stats::SurveyDesign;
use titer::stats::SurveyDomain;
use titer::stats::SurveyEstimate;
use titer::stats::SurveySample;
use titer::stats::SurveyShare;
use titer::stats::inclusion_probabilities;
use titer::stats::jackknife_by_psu;
use titer::stats::joint_max_entropy;
use titer::stats::kish_design_effect;
use titer::stats::kish_size;

fn level() -> Level {
    Level::new(0.95).unwrap()
}

fn column(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.input()["columns"][name])
}

fn extra(case: &Case, name: &str) -> f64 {
    case.input()["extra"][name].as_f64().unwrap()
}

/// The values of a column as indices in their order, and these values as text.
fn classes(case: &Case, name: &str) -> (Vec<usize>, Vec<String>) {
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = case.input()["columns"][name].as_array().unwrap();
    let mut names: Vec<String> = list.iter().map(text).collect();
    names.sort();
    names.dedup();
    let index: BTreeMap<&String, usize> = names.iter().zip(0..).collect();
    (list.iter().map(|value| index[&text(value)]).collect(), names)
}

fn has(case: &Case, name: &str) -> bool {
    !case.input()["columns"][name].is_null()
}

fn strata(case: &Case) -> Vec<usize> {
    if has(case, "st") { classes(case, "st").0 } else { vec![0; column(case, "y").len()] }
}

/// The value of a column that is constant within each class.
fn per_class(of: &[usize], values: &[f64]) -> Vec<f64> {
    let mut list = vec![0.0; of.iter().max().unwrap() + 1];
    of.iter().zip(values).for_each(|(class, value)| list[*class] = *value);
    list
}

fn clustered(case: &Case, strata: &[usize]) -> (SampleStructure, Vec<usize>) {
    let psus = classes(case, "psu").0;
    let pairs: Vec<(usize, usize)> = strata.iter().copied().zip(psus).collect();
    let mut known = pairs.clone();
    known.sort_unstable();
    known.dedup();
    let psus: Vec<usize> = pairs.iter().map(|pair| known.binary_search(pair).unwrap()).collect();
    let places: Vec<SamplePlace> = strata
        .iter()
        .zip(&psus)
        .map(|(stratum, psu)| SamplePlace { stratum: *stratum, psu: *psu })
        .collect();
    (SampleStructure::clustered(&places).unwrap(), psus)
}

fn design(structure: SampleStructure, selection: Selection) -> SurveyDesign {
    SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap()
}

fn sample(design: SurveyDesign, weights: Vec<f64>) -> SurveySample {
    SurveySample::new(design, weights).unwrap()
}

fn inverse(probabilities: &[f64]) -> Vec<f64> {
    probabilities.iter().map(|pi| 1.0 / pi).collect()
}

/// The sample of a case whose estimates are all of one kind: its design is in its name.
fn described(case: &Case) -> SurveySample {
    let name = case.name().to_owned();
    let with_fpc = !name.contains("nofpc") && name.contains("fpc");
    if name.contains("two-stage") {
        return two_stage(case);
    }
    let strata =
        if name.contains("nostrata") { vec![0; column(case, "y").len()] } else { strata(case) };
    let (structure, fpc) = if name.contains("cluster") {
        (clustered(case, &strata).0, "Npsu")
    } else {
        (SampleStructure::stratified(&strata).unwrap(), "N")
    };
    let selection = if with_fpc {
        Selection::SimpleRandom { populations: per_class(&strata, &column(case, fpc)) }
    } else {
        Selection::WithReplacement
    };
    sample(design(structure, selection), column(case, "w"))
}

fn two_stage(case: &Case) -> SurveySample {
    let strata = vec![0; column(case, "y").len()];
    let (structure, psus) = clustered(case, &strata);
    let (ssus, _) = classes(case, "ssu");
    let mut pairs: Vec<(usize, usize)> = psus.iter().copied().zip(ssus.iter().copied()).collect();
    let all = pairs.clone();
    pairs.sort_unstable();
    pairs.dedup();
    let units: Vec<usize> = all.iter().map(|pair| pairs.binary_search(pair).unwrap()).collect();
    let (n1, n2) = (column(case, "N1"), column(case, "N2"));
    let drawn = |psu: usize| pairs.iter().filter(|(of, _)| *of == psu).count() as f64;
    let first = structure.n_psus() as f64;
    let weights =
        psus.iter().enumerate().map(|(i, psu)| n1[i] / first * n2[i] / drawn(*psu)).collect();
    let selection = Selection::TwoStage {
        populations: vec![n1[0]],
        second: SecondStage { units, populations: per_class(&psus, &n2) },
    };
    sample(design(structure, selection), weights)
}

/// Compares value, standard error and interval; the reference used Student's t where it states degrees of freedom.
fn check(case: &Case, path: &str, estimate: SurveyEstimate) {
    case.check(&format!("{path}.est"), estimate.value);
    case.check(&format!("{path}.se"), estimate.std_error());
    let interval = if case.check_if(&format!("{path}.df"), estimate.degrees) {
        estimate.t_interval(level()).unwrap()
    } else {
        case.differs(
            &format!("{path}.df"),
            "the reference took infinitely many: a normal interval",
        );
        estimate.normal_interval(level())
    };
    check_limits(case, path, interval);
}

fn check_limits(case: &Case, path: &str, interval: Interval) {
    case.check(&format!("{path}.ci_lower"), interval.low);
    case.check(&format!("{path}.ci_upper"), interval.high);
}

/// Compares the field where the case has it.
fn check_field(case: &Case, sample: &SurveySample, field: &str, linear: &Linearized) {
    if case.expected(field).is_some() {
        check(case, field, sample.estimate(linear).unwrap());
    }
}

fn check_domains(case: &Case, sample: &SurveySample) {
    for field in ["domain_mean_y", "domain_total_y", "domain_mean_b"] {
        if case.expected(field).is_none() {
            continue;
        }
        let values = column(case, if field.ends_with('y') { "y" } else { "b" });
        let (of, names) = classes(case, "dom");
        for (index, name) in names.iter().enumerate() {
            let domain = SurveyDomain { column: &of, index };
            let linear = if field.contains("total") {
                sample.domain_total(&values, domain)
            } else {
                sample.domain_mean(&values, domain)
            };
            let estimate = sample.estimate(&linear.unwrap()).unwrap();
            assert_eq!(case.expected(&format!("{field}.domain.{index}")).unwrap(), name.as_str());
            case.check(&format!("{field}.est.{index}"), estimate.value);
            case.check(&format!("{field}.se.{index}"), estimate.std_error());
        }
        case.differs(&format!("{field}.domain"), "the names of the domains were compared above");
    }
}

fn check_share(case: &Case, sample: &SurveySample) {
    if case.expected("ciprop_b").is_none() {
        return;
    }
    let share = SurveyShare::of(sample, &column(case, "b")).unwrap();
    for (name, interval) in [
        ("logit", share.logit_interval(level())),
        ("xlogit", share.logit_interval(level())),
        ("asin", share.arcsine_interval(level())),
        ("beta_korn_graubard", share.kg_interval(level())),
        ("mean", share.estimate().t_interval(level())),
    ] {
        let path = format!("ciprop_b.{name}");
        case.check(&format!("{path}.est"), share.share.value);
        check_limits(case, &path, interval.unwrap());
    }
}

/// Every estimate a case may ask of its sample.
fn check_all(case: &Case, sample: &SurveySample) {
    let (y, b) = (column(case, "y"), column(case, "b"));
    let product: Vec<f64> = if has(case, "g") {
        b.iter().zip(column(case, "g")).map(|(b, g)| b * g).collect()
    } else {
        b.clone()
    };
    let ratio = |numerator: &[f64], name: &str| {
        sample.ratio(RatioOf { numerator, denominator: &column(case, name) }).unwrap()
    };
    for (field, linear) in [
        ("mean_y", sample.mean(&y).unwrap()),
        ("hajek_mean_y", sample.mean(&y).unwrap()),
        ("total_y", sample.total(&y).unwrap()),
        ("mean_b", sample.mean(&b).unwrap()),
        ("hajek_mean_b", sample.mean(&b).unwrap()),
        ("total_b", sample.total(&b).unwrap()),
        ("ratio_y_x", ratio(&y, "xx")),
        ("ratio_bg", ratio(&product, "g")),
        ("ppv_like_ratio_b_over_g", ratio(&product, "g")),
    ] {
        check_field(case, sample, field, &linear);
    }
    let comparison = if case.name().contains("two-stage")
        || case.name().contains("fpc") && !case.name().contains("nofpc")
    {
        SimpleSample::WithoutReplacement
    } else {
        SimpleSample::WithReplacement
    };
    for (field, values) in [("mean_y.deff", &y), ("mean_b.deff", &b)] {
        if case.expected(field).is_some() {
            case.check(field, sample.design_effect(values, comparison).unwrap());
        }
    }
    check_domains(case, sample);
    check_share(case, sample);
    case.check_if("sum_weights", sample.sum_of_weights());
    case.check_if("N_hat", sample.sum_of_weights());
    case.check_if("n", y.len() as f64);
    case.check_if("n_eff_kish", kish_size(sample.weights()).unwrap());
    case.check_if("deff_kish", kish_design_effect(sample.weights()).unwrap());
}

fn some(prefix: &str) -> Vec<Case> {
    let found = cases("g_survey.json", prefix);
    assert!(!found.is_empty(), "no case {prefix}");
    found
}

#[test]
fn means_totals_ratios_domains_and_shares_equal_r_survey_under_every_design() {
    for prefix in
        ["g-srs", "g-stratified", "g-ppswr", "g-strat-cluster", "g-cluster", "g-two-stage"]
    {
        for case in some(prefix) {
            if !case.name().contains("jkn") {
                check_all(&case, &described(&case));
                case.finish();
            }
        }
    }
}

#[test]
fn lonely_psus_are_filled_in_as_in_r_survey() {
    for case in some("g-lonely-psu") {
        let lonely = match case.name().rsplit('-').find(|part| part.parse::<u32>().is_err()) {
            Some("adjust") => Lonely::Adjust,
            Some("average") => Lonely::Average,
            Some("remove" | "certainty") => Lonely::Certain,
            other => panic!("{}: {other:?}", case.name()),
        };
        let structure = || SampleStructure::stratified(&strata(&case)).unwrap();
        let rule = Selection::WithReplacement;
        let filled = SurveyDesign::new(structure(), rule.clone(), lonely).unwrap();
        check_all(&case, &sample(filled, column(&case, "w")));
        let refused = sample(design(structure(), rule), column(&case, "w"));
        let total = refused.total(&column(&case, "y")).unwrap();
        assert!(refused.estimate(&total).is_err());
        case.finish();
    }
}

fn poisson(case: &Case) -> SurveySample {
    let probabilities = column(case, "pik");
    let structure = SampleStructure::elements(probabilities.len()).unwrap();
    let weights = inverse(&probabilities);
    sample(design(structure, Selection::Poisson { probabilities }), weights)
}

#[test]
fn poisson_samples_have_the_variance_of_r_survey() {
    for case in some("g-poisson") {
        let sample = poisson(&case);
        check_all(&case, &sample);
        let total = sample.estimate(&sample.total(&column(&case, "y")).unwrap()).unwrap();
        case.check("var_total_hand", total.variance);
        case.check("ht_mean_known_N", total.value / extra(&case, "N"));
        case.finish();
    }
}

#[test]
fn fixed_size_samples_have_the_variances_of_deville_rosen_and_brewer() {
    for case in some("g-pips-deville") {
        let probabilities = column(&case, "pik");
        let y = column(&case, "y");
        let of = |form| {
            let structure = SampleStructure::elements(y.len()).unwrap();
            let probabilities = probabilities.clone();
            let weights = inverse(&probabilities);
            let sample =
                sample(design(structure, Selection::FixedSize { probabilities, form }), weights);
            let total = sample.estimate(&sample.total(&y).unwrap()).unwrap();
            (total, sample.estimate(&sample.mean(&y).unwrap()).unwrap())
        };
        let (total, mean) = of(FixedSizeForm::Deville);
        case.check("ht_total", total.value);
        case.check("hajek_mean", mean.value);
        case.check("var_total_deville", total.variance);
        case.check("var_hajek_mean_deville", mean.variance);
        case.check("var_total_rosen_n", of(FixedSizeForm::HajekAll).0.variance);
        case.check("var_total_rosen_noncertainty_n", of(FixedSizeForm::Hajek).0.variance);
        let (total, mean) = of(FixedSizeForm::Brewer);
        check(&case, "brewer_total", total);
        check(&case, "brewer_mean", mean);
        let rosen = of(FixedSizeForm::Rosen).0.variance;
        assert!((rosen / of(FixedSizeForm::Hajek).0.variance - 1.0).abs() < 0.2);
        case.finish();
    }
}

#[test]
fn joint_probabilities_give_both_variances_of_r_survey() {
    for case in some("g-pips-joint") {
        let extra = &case.input()["extra"];
        let drawn: Vec<usize> =
            numbers(&extra["s"]).iter().map(|unit| *unit as usize - 1).collect();
        let pi = inclusion_probabilities(&numbers(&extra["size"]), drawn.len() as f64).unwrap();
        let computed = joint_max_entropy(&pi).unwrap().among(&drawn).unwrap();
        case.check_list("pik_sample", &computed.single());
        for (index, row) in computed.rows().iter().enumerate() {
            case.check_list(&format!("joint.{index}"), row);
        }
        let given =
            case.expected("joint").unwrap().as_array().unwrap().iter().map(numbers).collect();
        for joint in [JointProbabilities::new(given).unwrap(), computed] {
            check_joint(&case, &joint);
        }
        case.finish();
    }
}

fn check_joint(case: &Case, joint: &JointProbabilities) {
    let y = column(case, "y");
    for (name, form) in [("ht", JointForm::HorvitzThompson), ("yg", JointForm::SenYatesGrundy)] {
        let structure = SampleStructure::elements(y.len()).unwrap();
        let selection = Selection::Joint { probabilities: joint.clone(), form };
        let sample = sample(design(structure, selection), inverse(&joint.single()));
        for (field, linear) in [("total", sample.total(&y)), ("mean", sample.mean(&y))] {
            check(case, &format!("{field}_{name}"), sample.estimate(&linear.unwrap()).unwrap());
        }
    }
}

#[test]
fn the_jackknife_equals_r_survey() {
    for case in some("g-strat-cluster-jkn") {
        let structure = clustered(&case, &strata(&case)).0;
        let weights = column(&case, "w");
        let sum = |weights: &[f64], values: &[f64]| -> f64 {
            weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
        };
        let (y, b, x) = (column(&case, "y"), column(&case, "b"), column(&case, "xx"));
        let one = vec![1.0; y.len()];
        for (field, top, bottom) in
            [("mean_y", &y, &one), ("mean_b", &b, &one), ("ratio_y_x", &y, &x)]
        {
            let ratio = |weights: &[f64]| Ok(sum(weights, top) / sum(weights, bottom));
            check(&case, field, jackknife_by_psu(&structure, &weights, ratio).unwrap());
        }
        let total = jackknife_by_psu(&structure, &weights, |weights| Ok(sum(weights, &y))).unwrap();
        check(&case, "total_y", total);
        case.finish();
    }
}

fn stratified(case: &Case) -> SurveySample {
    let structure = SampleStructure::stratified(&strata(case)).unwrap();
    sample(design(structure, Selection::WithReplacement), column(case, "w"))
}

fn margin(case: &Case, name: &str, totals: &str) -> KnownMargin {
    let (cells, names) = classes(case, name);
    let totals = &case.input()["extra"][totals];
    KnownMargin { cells, totals: names.iter().map(|name| totals[name].as_f64().unwrap()).collect() }
}

fn check_weights(case: &Case, sample: &SurveySample, before: &SurveySample) {
    if case.expected("weights").is_some() {
        case.check_list("weights", sample.weights());
    }
    if case.expected("g_weights").is_some() {
        let factors = sample.weights().iter().zip(before.weights()).map(|(w, d)| w / d);
        case.check_list("g_weights", &factors.collect::<Vec<_>>());
    }
}

#[test]
fn post_stratified_and_raked_estimates_equal_r_survey() {
    for prefix in ["g-poststratify", "g-rake"] {
        for case in some(prefix) {
            let before = stratified(&case);
            let domains = || margin(&case, "dom", "dom_totals");
            let predictions = || margin(&case, "pred", "pred_totals");
            let after = if case.name().contains("rake") {
                // R survey projects on the margins without weights: see RakedResiduals.
                before.raked(&[domains(), predictions()], RakedResiduals::Equal)
            } else if case.name().contains("prediction") {
                before.post_stratified(predictions())
            } else {
                before.post_stratified(domains())
            };
            let after = after.unwrap();
            check_all(&case, &after);
            check_weights(&case, &after, &before);
            case.finish();
        }
    }
}

#[test]
fn calibrated_estimates_equal_r_survey() {
    for prefix in ["g-greg", "g-calibrate"] {
        for case in some(prefix) {
            let distance = match case.name() {
                name if name.contains("raking") => CalibrationDistance::Raking,
                name if name.contains("logit") => {
                    CalibrationDistance::Logit { low: 0.3, high: 3.0 }
                }
                _ => CalibrationDistance::Linear,
            };
            let score = column(&case, "score");
            let benchmarks = KnownTotals {
                columns: &[&vec![1.0; score.len()], &score],
                totals: &[extra(&case, "N"), extra(&case, "total_score")],
            };
            let before = stratified(&case);
            let after = before.calibrated(benchmarks, distance).unwrap();
            check_all(&case, &after);
            check_weights(&case, &after, &before);
            case.finish();
        }
    }
}

#[test]
fn difference_estimates_equal_r_survey() {
    for case in some("g-difference-estimator") {
        let sample = if has(&case, "pik") { poisson(&case) } else { stratified(&case) };
        let (known, population) = (extra(&case, "total_score"), extra(&case, "N"));
        let residuals: Vec<f64> =
            column(&case, "b").iter().zip(column(&case, "score")).map(|(b, s)| b - s).collect();
        let (total, mean) = (sample.total(&residuals).unwrap(), sample.mean(&residuals).unwrap());
        check(&case, "residual_total", sample.estimate(&total).unwrap());
        check(&case, "residual_hajek_mean", sample.estimate(&mean).unwrap());
        let plus = |factor: f64, term: &Linearized, constant: f64| {
            let sum = Linearized::combination(&[(factor, term)], constant).unwrap();
            sample.estimate(&sum).unwrap()
        };
        case.check("total_b_diff", plus(1.0, &total, known).value);
        let by_size = plus(1.0 / population, &total, known / population);
        case.check("mean_b_diff_ht", by_size.value);
        case.check("se_mean_diff_ht", by_size.std_error());
        let hajek = plus(1.0, &mean, known / population);
        case.check("mean_b_diff_hajek", hajek.value);
        case.check("se_mean_diff_hajek", hajek.std_error());
        case.finish();
    }
}

#[test]
fn label_accuracy_equals_survey_ratios() {
    for case in some("g-strat-confusion") {
        let sample = stratified(&case);
        let (b, judge) = (column(&case, "b"), column(&case, "judge"));
        let accuracy =
            LabelAccuracy::new(&sample, GoldAndLabel { gold: &b, label: &judge }).unwrap();
        let total = |meeting| accuracy.total(meeting);
        for (field, linear) in [
            ("precision", accuracy.precision()),
            ("recall", accuracy.sensitivity()),
            ("specificity", accuracy.specificity()),
            ("npv", accuracy.negative_predictive_value()),
            ("f1", accuracy.f1()),
            ("accuracy", accuracy.agreement()),
            ("tp", total(LabelOutcome::TruePositive)),
            ("fp", total(LabelOutcome::FalsePositive)),
            ("fn", total(LabelOutcome::FalseNegative)),
            ("tn", total(LabelOutcome::TrueNegative)),
        ] {
            check(&case, field, sample.estimate(&linear.unwrap()).unwrap());
        }
        let (of, names) = classes(&case, "dom");
        let index = names.iter().position(|name| name == "A").unwrap();
        let subset = sample.domain_mean(&b, SurveyDomain { column: &of, index }).unwrap();
        check(&case, "subset_A_mean", sample.estimate(&subset).unwrap());
        case.finish();
    }
}

#[test]
fn kish_design_effects_equal_practools() {
    for case in some("g-kish-deff") {
        let weights = column(&case, "w");
        let effect = kish_design_effect(&weights).unwrap();
        case.check("deff_kish", effect);
        case.check("n_eff", kish_size(&weights).unwrap());
        case.check("cv2", effect - 1.0);
        case.finish();
    }
}
