//! Worked examples of the literature that the design variances must reproduce.

use crate::stats::design::GoldAndLabel;
use crate::stats::design::JointForm;
use crate::stats::design::JointProbabilities;
use crate::stats::design::KnownPopulation;
use crate::stats::design::LabelAccuracy;
use crate::stats::design::Lonely;
use crate::stats::design::SampleStructure;
use crate::stats::design::Selection;
use crate::stats::design::SurveyDesign;
use crate::stats::design::SurveyDomain;
use crate::stats::design::SurveyEstimate;
use crate::stats::design::SurveySample;
use crate::stats::design::hansen_hurwitz_variance;
use crate::stats::design::horvitz_thompson_variance;

/// Gutierrez's population of five with its probabilities of one draw.
const POPULATION: [f64; 5] = [32.0, 34.0, 46.0, 89.0, 35.0];
const DRAW: [f64; 5] = [0.35, 0.225, 0.175, 0.125, 0.125];
/// The probability of each of its ten pairs under a design of fixed size 2, in lexical order.
const PAIRS: [f64; 10] = [0.13, 0.2, 0.15, 0.1, 0.15, 0.04, 0.02, 0.06, 0.07, 0.08];

fn close(got: f64, wanted: f64, within: f64) {
    assert!((got - wanted).abs() < within, "{got} for {wanted}");
}

fn total(selection: Selection, weights: Vec<f64>, values: &[f64]) -> SurveyEstimate {
    let structure = SampleStructure::elements(weights.len()).unwrap();
    let design = SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap();
    let sample = SurveySample::new(design, weights).unwrap();
    sample.estimate(&sample.total(values).unwrap()).unwrap()
}

fn hansen_hurwitz(first: usize, second: usize) -> SurveyEstimate {
    let weights = vec![0.5 / DRAW[first], 0.5 / DRAW[second]];
    total(Selection::WithReplacement, weights, &[POPULATION[first], POPULATION[second]])
}

#[test]
fn hansen_hurwitz_is_unbiased_over_every_ordered_sample() {
    let (mut mean, mut variance, mut estimated) = (0.0, 0.0, 0.0);
    for (first, one) in DRAW.iter().enumerate() {
        for (second, other) in DRAW.iter().enumerate() {
            let chance = one * other;
            let got = hansen_hurwitz(first, second);
            mean += chance * got.value;
            variance += chance * (got.value - 236.0).powi(2);
            estimated += chance * got.variance;
        }
    }
    let exact = KnownPopulation { values: &POPULATION, probabilities: &DRAW };
    close(mean, 236.0, 1e-9);
    close(variance, 18_813.460_317, 1e-6);
    close(estimated, variance, 1e-8);
    close(hansen_hurwitz_variance(exact, 2).unwrap(), variance, 1e-8);
    let one = hansen_hurwitz(0, 2);
    close(one.value, 177.142_857, 1e-6);
    close(one.std_error(), 85.714_286, 1e-6);
}

fn pairs() -> impl Iterator<Item = (usize, usize, f64)> {
    let order = (0..5).flat_map(|i| (i + 1..5).map(move |j| (i, j)));
    order.zip(PAIRS).map(|((i, j), chance)| (i, j, chance))
}

fn joint() -> JointProbabilities {
    let mut rows = vec![vec![0.0; 5]; 5];
    for (i, j, chance) in pairs() {
        for (a, b) in [(i, j), (j, i), (i, i), (j, j)] {
            rows[a][b] += chance;
        }
    }
    JointProbabilities::new(rows).unwrap()
}

#[test]
fn horvitz_thompson_is_unbiased_over_every_pair() {
    let joint = joint();
    for (got, wanted) in joint.single().iter().zip([0.58, 0.34, 0.48, 0.33, 0.27]) {
        close(*got, wanted, 1e-12);
    }
    let (mut mean, mut sen_yates_grundy, mut horvitz_thompson) = (0.0, 0.0, 0.0);
    for (i, j, chance) in pairs() {
        let probabilities = joint.among(&[i, j]).unwrap();
        let weights: Vec<f64> = probabilities.single().iter().map(|pi| 1.0 / pi).collect();
        let values = [POPULATION[i], POPULATION[j]];
        let expanded: Vec<f64> = values.iter().zip(&weights).map(|(y, w)| y * w).collect();
        mean += chance * expanded.iter().sum::<f64>();
        for (form, sum) in [
            (JointForm::SenYatesGrundy, &mut sen_yates_grundy),
            (JointForm::HorvitzThompson, &mut horvitz_thompson),
        ] {
            let selection = Selection::Joint { probabilities: probabilities.clone(), form };
            let structure = SampleStructure::elements(2).unwrap();
            let design = SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap();
            *sum += chance * design.covariance(&[&expanded]).unwrap()[0][0];
        }
    }
    close(mean, 236.0, 1e-9);
    close(horvitz_thompson_variance(&POPULATION, &joint).unwrap(), 7_847.210_845, 1e-6);
    close(sen_yates_grundy, 7_847.210_845, 1e-6);
    close(horvitz_thompson, 7_847.210_845, 1e-6);
}

/// Expands counts of (stratum, value) cells into one row a unit.
fn rows(counts: &[&[usize]]) -> (Vec<usize>, Vec<usize>) {
    let cell = |h: usize, k: usize, count: usize| std::iter::repeat_n((h, k), count);
    let per_row = |(h, row): (usize, &&[usize])| {
        row.iter().enumerate().flat_map(|(k, count)| cell(h, k, *count)).collect::<Vec<_>>()
    };
    counts.iter().enumerate().flat_map(per_row).unzip()
}

fn stratified(strata: &[usize], sizes: &[f64]) -> SurveySample {
    let drawn = |h: usize| strata.iter().filter(|stratum| **stratum == h).count() as f64;
    let weights = strata.iter().map(|h| sizes[*h] / drawn(*h)).collect();
    let structure = SampleStructure::stratified(strata).unwrap();
    let design = SurveyDesign::new(structure, Selection::WithReplacement, Lonely::Refuse).unwrap();
    SurveySample::new(design, weights).unwrap()
}

fn indicator(column: &[usize], index: usize) -> Vec<f64> {
    column.iter().map(|value| if *value == index { 1.0 } else { 0.0 }).collect()
}

#[test]
fn barnetts_violative_view_rate_has_the_standard_error_of_r_survey() {
    // Barnett (2021), Table 2B: 1, 4, 6, 13 and 1 violating views in five strata of 80, 10, 5, 1 and 4 % of views.
    let counts: [&[usize]; 5] = [&[2097, 1], &[824, 4], &[578, 6], &[243, 13], &[233, 1]];
    let (strata, values) = rows(&counts);
    let sample = stratified(&strata, &[0.80, 0.10, 0.05, 0.01, 0.04]);
    let mean = sample.mean(&indicator(&values, 1)).unwrap();
    let got = sample.estimate(&mean).unwrap();
    close(got.value, 0.002_056_858_63, 1e-11);
    close(got.std_error(), 0.000_543_379_84, 1e-11);
}

/// Olofsson et al. (2014), Table 8: rows are map classes (the label), columns reference classes (gold).
const MAP: [&[usize]; 4] = [&[66, 0, 5, 4], &[0, 55, 8, 12], &[1, 0, 153, 11], &[2, 1, 9, 313]];
const PIXELS: [f64; 4] = [200_000.0, 150_000.0, 3_200_000.0, 6_450_000.0];
const HECTARES: f64 = 0.09;

/// One published number and its half width (1.96 standard errors).
fn published(got: SurveyEstimate, scale: f64, wanted: (f64, f64), within: f64) {
    close(got.value * scale, wanted.0, within);
    close(1.959_963_984_540_054 * got.std_error() * scale, wanted.1, within);
}

#[test]
fn areas_and_accuracies_of_a_map_are_those_of_olofsson() {
    let (map, gold) = rows(&MAP);
    let sample = stratified(&map, &PIXELS);
    let areas = [
        (21_157.76, 6_157.52),
        (11_686.15, 3_755.76),
        (285_769.93, 15_509.55),
        (581_386.15, 16_281.36),
    ];
    let users =
        [(0.88, 0.074_040), (0.733_333, 0.100_755), (0.927_273, 0.039_745), (0.963_077, 0.020_533)];
    let producers = [
        (0.748_661, 0.213_306),
        (0.847_156, 0.254_404),
        (0.934_509, 0.034_324),
        (0.961_609, 0.018_361),
    ];
    for class in 0..4 {
        let (gold, label) = (indicator(&gold, class), indicator(&map, class));
        let accuracy =
            LabelAccuracy::new(&sample, GoldAndLabel { gold: &gold, label: &label }).unwrap();
        let of = |linear| sample.estimate(&linear).unwrap();
        published(of(sample.total(&gold).unwrap()), HECTARES, areas[class], 0.006);
        published(of(accuracy.precision().unwrap()), 1.0, users[class], 1e-6);
        published(of(accuracy.sensitivity().unwrap()), 1.0, producers[class], 1e-6);
    }
    let same: Vec<f64> =
        map.iter().zip(&gold).map(|(map, gold)| if map == gold { 1.0 } else { 0.0 }).collect();
    let overall = sample.estimate(&sample.mean(&same).unwrap()).unwrap();
    published(overall, 1.0, (0.946_512, 0.018_483), 1e-6);
    let domain = SurveyDomain { column: &map, index: 1 };
    let users_again = sample.estimate(&sample.domain_mean(&same, domain).unwrap()).unwrap();
    published(users_again, 1.0, users[1], 1e-6);
}
