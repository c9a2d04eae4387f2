//! Design-based estimates and their variances against the R packages survey, sampling and PracTools.

use crate::case::Case;
use crate::case::cases;
use crate::case::numbers;
use std::collections::BTreeMap;
use titer::stats::Benchmarks;
use titer::stats::BinaryColumns;
use titer::stats::Comparison;
use titer::stats::Design;
use titer::stats::Distance;
use titer::stats::Domain;
use titer::stats::FixedSizeForm;
use titer::stats::JointForm;
use titer::stats::JointProbabilities;
use titer::stats::LabelAccuracy;
use titer::stats::Level;
use titer::stats::Linearized;
use titer::stats::Lonely;
use titer::stats::Margin;
use titer::stats::Meeting;
use titer::stats::Place;
use titer::stats::Population;
use titer::stats::RakedResiduals;
use titer::stats::RatioOf;
use titer::stats::SecondStage;
use titer::stats::Selection;
use titer::stats::Structure;
use titer::stats::SurveyEstimate;
use titer::stats::SurveyInterval;
use titer::stats::SurveySample;
use titer::stats::SurveyShare;
use titer::stats::hansen_hurwitz_variance;
use titer::stats::inclusion_probabilities;
use titer::stats::jackknife;
use titer::stats::joint_max_entropy;
use titer::stats::kish_design_effect;
use titer::stats::kish_size;
use titer::stats::poisson_variance;

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

fn clustered(case: &Case, strata: &[usize]) -> (Structure, Vec<usize>) {
    let psus = classes(case, "psu").0;
    let pairs: Vec<(usize, usize)> = strata.iter().copied().zip(psus).collect();
    let mut known = pairs.clone();
    known.sort_unstable();
    known.dedup();
    let psus: Vec<usize> = pairs.iter().map(|pair| known.binary_search(pair).unwrap()).collect();
    let places: Vec<Place> = strata
        .iter()
        .zip(&psus)
        .map(|(stratum, psu)| Place { stratum: *stratum, psu: *psu })
        .collect();
    (Structure::clustered(&places).unwrap(), psus)
}

fn design(structure: Structure, selection: Selection) -> Design {
    Design::new(structure, selection, Lonely::Refuse).unwrap()
}

fn sample(design: Design, weights: Vec<f64>) -> SurveySample {
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
        (Structure::stratified(&strata).unwrap(), "N")
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

fn check_limits(case: &Case, path: &str, interval: SurveyInterval) {
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
            let domain = Domain { column: &of, index };
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
        ("mean", share.estimate.t_interval(level())),
    ] {
        let path = format!("ciprop_b.{name}");
        case.check(&format!("{path}.est"), share.estimate.value);
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
        Comparison::WithoutReplacement
    } else {
        Comparison::WithReplacement
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
        let structure = || Structure::stratified(&strata(&case)).unwrap();
        let rule = Selection::WithReplacement;
        let filled = Design::new(structure(), rule.clone(), lonely).unwrap();
        check_all(&case, &sample(filled, column(&case, "w")));
        let refused = sample(design(structure(), rule), column(&case, "w"));
        let total = refused.total(&column(&case, "y")).unwrap();
        assert!(refused.estimate(&total).is_err());
        case.finish();
    }
}

fn poisson(case: &Case) -> SurveySample {
    let probabilities = column(case, "pik");
    let structure = Structure::elements(probabilities.len()).unwrap();
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
            let structure = Structure::elements(y.len()).unwrap();
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
        let structure = Structure::elements(y.len()).unwrap();
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
            check(&case, field, jackknife(&structure, &weights, ratio).unwrap());
        }
        let total = jackknife(&structure, &weights, |weights| Ok(sum(weights, &y))).unwrap();
        check(&case, "total_y", total);
        case.finish();
    }
}

fn stratified(case: &Case) -> SurveySample {
    let structure = Structure::stratified(&strata(case)).unwrap();
    sample(design(structure, Selection::WithReplacement), column(case, "w"))
}

fn margin(case: &Case, name: &str, totals: &str) -> Margin {
    let (cells, names) = classes(case, name);
    let totals = &case.input()["extra"][totals];
    Margin { cells, totals: names.iter().map(|name| totals[name].as_f64().unwrap()).collect() }
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
                name if name.contains("raking") => Distance::Raking,
                name if name.contains("logit") => Distance::Logit { low: 0.3, high: 3.0 },
                _ => Distance::Linear,
            };
            let score = column(&case, "score");
            let benchmarks = Benchmarks {
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
            LabelAccuracy::new(&sample, BinaryColumns { gold: &b, label: &judge }).unwrap();
        let total = |meeting| accuracy.total(meeting);
        for (field, linear) in [
            ("precision", accuracy.precision()),
            ("recall", accuracy.sensitivity()),
            ("specificity", accuracy.specificity()),
            ("npv", accuracy.negative_predictive_value()),
            ("f1", accuracy.f1()),
            ("accuracy", accuracy.agreement()),
            ("tp", total(Meeting::TruePositive)),
            ("fp", total(Meeting::FalsePositive)),
            ("fn", total(Meeting::FalseNegative)),
            ("tn", total(Meeting::TrueNegative)),
        ] {
            check(&case, field, sample.estimate(&linear.unwrap()).unwrap());
        }
        let (of, names) = classes(&case, "dom");
        let index = names.iter().position(|name| name == "A").unwrap();
        let subset = sample.domain_mean(&b, Domain { column: &of, index }).unwrap();
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

/// The population of the sampling-efficiency table: exposures, scores, their calibrated meaning, and gold.
struct Frame {
    exposure: Vec<f64>,
    score: Vec<f64>,
    probability: Vec<f64>,
    gold: Vec<f64>,
}

impl Frame {
    fn of_20_000() -> Self {
        let part = |i: u32, step: f64| (f64::from(i) * step).fract();
        let units = || 1..=20_000_u32;
        let exposure =
            |i| (10.0 * (1.0 - part(i, 0.618_033_988_749_894_9)).powf(-1.0 / 1.2)).floor();
        let score: Vec<f64> = units().map(|i| part(i, 2.0_f64.sqrt()).powi(4)).collect();
        let probability: Vec<f64> = score.iter().map(|s| 0.25 * s.powf(1.5)).collect();
        let hit = |(i, p): (u32, &f64)| if part(i, 3.0_f64.sqrt()) < *p { 1.0 } else { 0.0 };
        Self {
            exposure: units().map(|i| exposure(i).min(1e5)).collect(),
            gold: units().zip(&probability).map(hit).collect(),
            score,
            probability,
        }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let sum: f64 = self.exposure.iter().zip(values).map(|(t, value)| t * value).sum();
        sum / self.exposure.iter().sum::<f64>()
    }

    /// `t ((1 - eps) g / gbar + eps)`.
    fn mixed(&self, eps: f64, g: impl Fn(f64) -> f64) -> Vec<f64> {
        let g: Vec<f64> = self.score.iter().map(|s| g(*s).max(1e-12)).collect();
        let mean = self.mean(&g);
        self.exposure.iter().zip(&g).map(|(t, g)| t * ((1.0 - eps) * g / mean + eps)).collect()
    }
}

/// One row of the table: standard deviations, expected positives, efficiency, certain units.
struct Row {
    known: f64,
    ratio: f64,
    positives: f64,
    efficiency: f64,
    poisson: f64,
    certain: usize,
}

fn row(frame: &Frame, sizes: &[f64], by_exposure: f64) -> Row {
    let (n, sum) = (1000, sizes.iter().sum::<f64>());
    let (theta, all) = (frame.mean(&frame.gold), frame.exposure.iter().sum::<f64>());
    let pairs = || frame.exposure.iter().zip(&frame.gold);
    let hits: Vec<f64> = pairs().map(|(t, y)| t * y / all).collect();
    let residuals: Vec<f64> = pairs().map(|(t, y)| t * (y - theta) / all).collect();
    let draw: Vec<f64> = sizes.iter().map(|size| size / sum).collect();
    let inclusion = inclusion_probabilities(sizes, n as f64).unwrap();
    let drawn =
        |values| hansen_hurwitz_variance(Population { values, probabilities: &draw }, n).unwrap();
    let ratio = drawn(&residuals);
    let poisson = Population { values: &residuals, probabilities: &inclusion };
    Row {
        known: drawn(&hits).sqrt(),
        ratio: ratio.sqrt(),
        positives: draw.iter().zip(&frame.gold).map(|(q, y)| q * y).sum::<f64>() * n as f64,
        efficiency: by_exposure / ratio,
        poisson: poisson_variance(poisson).unwrap().sqrt(),
        certain: inclusion.iter().filter(|pi| **pi >= 1.0).count(),
    }
}

#[test]
fn sizes_by_exposure_and_score_are_as_efficient_as_the_table_of_the_design_says() {
    let frame = Frame::of_20_000();
    let theta = frame.mean(&frame.gold);
    assert!(
        (theta - 0.028_840_496_131).abs() < 1e-12
            && (frame.exposure.iter().sum::<f64>() - 1_024_809.0).abs() < 0.5
    );
    let by = |g: fn(f64) -> f64| -> Vec<f64> {
        frame.exposure.iter().zip(&frame.score).map(|(t, s)| t * g(*s).max(1e-12)).collect()
    };
    let oracle = frame.exposure.iter().zip(&frame.probability);
    let exposure = row(&frame, &frame.exposure, 1.0).ratio.powi(2);
    for (sizes, wanted, within) in [
        (vec![1.0; 20_000], [0.01436671, 0.01741748, 35.600, 0.0923, 0.01697646], 0),
        (frame.exposure.clone(), [0.00529233, 0.00529233, 28.840, 1.0, 0.00375115], 108),
        (by(|s| s), [0.00336693, 11.06727, 100.028, 0.0, 9.315804], 153),
        (by(f64::sqrt), [0.00338853, 0.06065058, 73.137, 0.0076, 0.05282365], 127),
        (frame.mixed(0.2, |s| s), [0.00337585, 0.00371126, 85.791, 2.0335, 0.00247034], 137),
        (frame.mixed(0.1, |s| s), [0.00331441, 0.00386781, 92.909, 1.8722, 0.00257754], 145),
        (frame.mixed(0.2, f64::sqrt), [0.00359147, 0.00381661, 64.278, 1.9228, 0.00256671], 123),
        (
            oracle.map(|(t, p)| t * (p + theta * theta).sqrt()).collect(),
            [0.00338308, 0.00369142, 79.906, 2.0554, 0.00245246],
            129,
        ),
        (frame.mixed(0.2, |s| 1.0 - s), [0.00800752, 0.00788494, 15.709, 0.4505, 0.00607043], 107),
    ] {
        let got = row(&frame, &sizes, exposure);
        assert_eq!(got.certain, within, "{wanted:?}");
        let values = [got.known, got.ratio, got.positives, got.efficiency, got.poisson];
        let no_floor = wanted[1] > 0.05;
        for (index, (value, printed)) in values.iter().zip(wanted).enumerate() {
            // half a unit of the last printed digit, and what the design allows on top
            let digits = [5e-9, 5e-9, 5e-4, 5e-5, 5e-9][index];
            let allowed = digits + printed * if no_floor { 1e-3 } else { 1e-6 };
            assert!((value - printed).abs() <= allowed, "{wanted:?} {index}: {value}");
        }
    }
}
