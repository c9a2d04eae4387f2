//! Identities that every design variance must keep.

use crate::stats::EffectiveSize;
use crate::stats::Level;
use crate::stats::Share;
use crate::stats::Weight;
use crate::stats::WeightSum;
use crate::stats::design::CalibrationDistance;
use crate::stats::design::FixedSizeForm;
use crate::stats::design::KnownMargin;
use crate::stats::design::KnownPopulation;
use crate::stats::design::KnownTotals;
use crate::stats::design::Linearized;
use crate::stats::design::Lonely;
use crate::stats::design::RakedResiduals;
use crate::stats::design::SamplePlace;
use crate::stats::design::SampleStructure;
use crate::stats::design::SecondStage;
use crate::stats::design::Selection;
use crate::stats::design::SurveyDesign;
use crate::stats::design::SurveyDomain;
use crate::stats::design::SurveySample;
use crate::stats::design::SurveyShare;
use crate::stats::design::poisson_variance;
use proptest::prelude::*;

fn close(got: f64, wanted: f64) {
    assert!((got - wanted).abs() <= 1e-9 * (1.0 + wanted.abs()), "{got} for {wanted}");
}

fn elements(selection: Selection, weights: &[f64]) -> SurveySample {
    let structure = SampleStructure::elements(weights.len()).unwrap();
    let design = SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap();
    SurveySample::new(design, weights.to_vec()).unwrap()
}

fn poisson(probabilities: &[f64], exposures: &[f64]) -> SurveySample {
    let weights: Vec<f64> = exposures.iter().zip(probabilities).map(|(t, pi)| t / pi).collect();
    elements(Selection::Poisson { probabilities: probabilities.to_vec() }, &weights)
}

#[test]
fn the_poisson_variance_is_unbiased_over_every_sample() {
    let (values, pi) = ([3.0, -1.0, 8.0, 2.5], [0.2, 0.9, 0.5, 0.35]);
    let mut expected = 0.0;
    for drawn in 1..16_u32 {
        let inside: Vec<usize> = (0..4).filter(|unit| drawn >> unit & 1 == 1).collect();
        let chance: f64 = (0..4)
            .map(|unit| if inside.contains(&unit) { pi[unit] } else { 1.0 - pi[unit] })
            .product();
        let own: Vec<f64> = inside.iter().map(|unit| pi[*unit]).collect();
        let sample = poisson(&own, &vec![1.0; own.len()]);
        let total =
            sample.total(&inside.iter().map(|unit| values[*unit]).collect::<Vec<_>>()).unwrap();
        expected += chance * sample.estimate(&total).unwrap().variance;
    }
    let exact = poisson_variance(KnownPopulation { values: &values, probabilities: &pi }).unwrap();
    close(expected, exact);
}

#[test]
fn the_default_estimators_share_is_the_poisson_special_case() {
    let units =
        [(2.0, 0.5, 1.0), (9.0, 0.8, 0.0), (1.0, 0.1, 1.0), (4.0, 1.0, 0.0), (3.0, 0.4, 0.0)];
    let (mut hits, mut misses) = (WeightSum::default(), WeightSum::default());
    for (exposure, pi, hit) in units {
        let side = if hit > 0.5 { &mut hits } else { &mut misses };
        side.add(Weight::new(exposure, pi).unwrap());
    }
    let special = Share::of(&hits, &misses).unwrap();
    let sample = poisson(&units.map(|unit| unit.1), &units.map(|unit| unit.0));
    let general = SurveyShare::of(&sample, &units.map(|unit| unit.2)).unwrap();
    close(general.share.value, special.value);
    close(general.share.variance, special.variance);
    close(general.share.size.units(), special.size.units());
    let none = SurveyShare::of(&sample, &[0.0; 5]).unwrap();
    close(
        none.share.size.units(),
        Share::of(&WeightSum::default(), &hits.plus(&misses)).unwrap().size.units(),
    );
}

#[test]
fn a_share_of_zero_has_only_the_korn_graubard_interval() {
    let sample = poisson(&[1e-9; 30], &[1.0; 30]);
    let level = Level::new(0.95).unwrap();
    let none = SurveyShare::of(&sample, &[0.0; 30]).unwrap();
    let interval = none.kg_interval(level).unwrap();
    assert!(interval.low.abs() < 1e-300);
    assert!((interval.high - (1.0 - 0.025_f64.powf(1.0 / 30.0))).abs() < 1e-7);
    assert!(none.logit_interval(level).is_err() && none.arcsine_interval(level).is_err());
    let census = SurveyShare::of(&poisson(&[1.0; 3], &[1.0; 3]), &[1.0, 0.0, 0.0]).unwrap();
    assert_eq!(census.share.size, EffectiveSize::Exact);
}

#[test]
fn strata_of_one_kind_each_do_not_pass_for_an_enormous_sample() {
    let strata: Vec<usize> = (0..40).map(|unit| unit % 4).collect();
    let values: Vec<f64> =
        strata.iter().map(|stratum| if *stratum == 0 { 1.0 } else { 0.0 }).collect();
    let weights: Vec<f64> = strata.iter().map(|stratum| 0.1 + 0.7 * *stratum as f64).collect();
    let structure = SampleStructure::stratified(&strata).unwrap();
    let design = SurveyDesign::new(structure, Selection::WithReplacement, Lonely::Refuse).unwrap();
    let sample = SurveySample::new(design, weights).unwrap();
    let share = SurveyShare::of(&sample, &values).unwrap();
    assert!(share.share.size.units() <= 40.0, "{share:?}");
}

#[test]
fn two_stages_with_everything_taken_at_one_of_them_are_the_other() {
    let places: Vec<SamplePlace> =
        (0..6).map(|unit| SamplePlace { stratum: 0, psu: unit / 2 }).collect();
    let column = [1.0, 4.0, 2.0, 9.0, 3.0, 3.5];
    let variance = |first: f64, second: f64| {
        let selection = Selection::TwoStage {
            populations: vec![first],
            second: SecondStage { units: (0..6).collect(), populations: vec![second; 3] },
        };
        let structure = SampleStructure::clustered(&places).unwrap();
        let design = SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap();
        design.covariance(&[&column]).unwrap()[0][0]
    };
    let one_stage = |structure, populations| {
        let selection = Selection::SimpleRandom { populations };
        SurveyDesign::new(structure, selection, Lonely::Refuse)
            .unwrap()
            .covariance(&[&column])
            .unwrap()[0][0]
    };
    close(variance(10.0, 2.0), one_stage(SampleStructure::clustered(&places).unwrap(), vec![10.0]));
    let strata = SampleStructure::stratified(&[0, 0, 1, 1, 2, 2]).unwrap();
    close(variance(3.0, 7.0), one_stage(strata, vec![7.0; 3]));
    assert!(variance(10.0, 7.0) > variance(10.0, 2.0));
}

#[test]
fn certain_units_bring_no_variance_under_any_design_with_probabilities() {
    for form in [
        FixedSizeForm::Hajek,
        FixedSizeForm::HajekAll,
        FixedSizeForm::Deville,
        FixedSizeForm::Rosen,
        FixedSizeForm::Brewer,
    ] {
        let variance = |probabilities: Vec<f64>| {
            let selection = Selection::FixedSize { probabilities, form };
            let sample = elements(selection, &[1.0, 1.0, 2.0, 2.5]);
            sample.estimate(&sample.total(&[900.0, -70.0, 4.0, 1.0]).unwrap()).unwrap().variance
        };
        close(variance(vec![1.0; 4]), 0.0);
        if form != FixedSizeForm::Brewer {
            assert!(variance(vec![1.0, 1.0, 0.5, 0.4]) < 200.0, "{form:?}");
        }
    }
}

#[test]
fn calibrated_weights_meet_their_totals_and_explain_what_they_are_calibrated_to() {
    let sample = elements(Selection::WithReplacement, &[4.0, 5.0, 6.0, 3.0, 7.0]);
    let (ones, x) = ([1.0; 5], [1.0, 2.0, 3.0, 5.0, 4.0]);
    let benchmarks = KnownTotals { columns: &[&ones, &x], totals: &[27.0, 84.0] };
    for distance in [
        CalibrationDistance::Linear,
        CalibrationDistance::Raking,
        CalibrationDistance::Logit { low: 0.2, high: 4.0 },
    ] {
        let after = sample.calibrated(benchmarks, distance).unwrap();
        let total = after.estimate(&after.total(&x).unwrap()).unwrap();
        close(total.value, 84.0);
        assert!(total.variance < 1e-18, "{distance:?}: {total:?}");
        assert!(after.calibrated(benchmarks, distance).is_err(), "twice");
    }
    let bounded = CalibrationDistance::Logit { low: 0.99, high: 1.01 };
    assert!(sample.calibrated(benchmarks, bounded).is_err());
    let twice = KnownTotals { columns: &[&x, &x], totals: &[84.0, 84.0] };
    assert!(sample.calibrated(twice, CalibrationDistance::Linear).is_err());
}

#[test]
fn post_stratification_is_the_separate_estimator() {
    let values = [1.0, 0.0, 1.0, 1.0, 0.0];
    let sample = elements(Selection::WithReplacement, &[4.0, 5.0, 6.0, 3.0, 7.0]);
    let margin = || KnownMargin { cells: vec![0, 0, 1, 1, 1], totals: vec![30.0, 10.0] };
    let after = sample.post_stratified(margin()).unwrap();
    close(after.mean(&values).unwrap().value, (30.0 * (4.0 / 9.0) + 10.0 * (9.0 / 16.0)) / 40.0);
    let twice = sample.raked(&[margin(), margin()], RakedResiduals::Weighted).unwrap();
    let variance = |s: &SurveySample| s.estimate(&s.mean(&values).unwrap()).unwrap().variance;
    close(variance(&twice), variance(&after));
    for (cells, totals) in [
        (vec![0, 0, 1, 1, 1], vec![30.0, 10.0, 5.0]),
        (vec![0, 0, 1, 1, 2], vec![30.0, 10.0]),
        (vec![0, 0, 1, 1, 1], vec![30.0, 0.0]),
    ] {
        assert!(sample.post_stratified(KnownMargin { cells, totals }).is_err());
    }
    let other = KnownMargin { cells: vec![0, 1, 0, 1, 1], totals: vec![30.0, 11.0] };
    assert!(sample.raked(&[margin(), other], RakedResiduals::Weighted).is_err());
}

#[test]
fn what_cannot_be_estimated_is_refused() {
    let sample = elements(Selection::WithReplacement, &[2.0, 3.0]);
    let column = [0, 0];
    assert!(sample.domain_mean(&[1.0, 2.0], SurveyDomain { column: &column, index: 1 }).is_err());
    assert!(sample.total(&[1.0]).is_err() && sample.mean(&[1.0, f64::NAN]).is_err());
    let structure = || SampleStructure::elements(2).unwrap();
    for selection in [
        Selection::SimpleRandom { populations: vec![1.0] },
        Selection::SimpleRandom { populations: vec![5.0, 5.0] },
        Selection::Poisson { probabilities: vec![0.0, 0.5] },
        Selection::Poisson { probabilities: vec![0.5] },
    ] {
        assert!(
            SurveyDesign::new(structure(), selection.clone(), Lonely::Refuse).is_err(),
            "{selection:?}"
        );
    }
    let lonely = SampleStructure::stratified(&[0, 1]).unwrap();
    let design = SurveyDesign::new(lonely, Selection::WithReplacement, Lonely::Average).unwrap();
    let alone = SurveySample::new(design, vec![1.0, 1.0]).unwrap();
    assert!(alone.estimate(&alone.mean(&[1.0, 2.0]).unwrap()).is_err());
    assert!(sample.estimate(&sample.mean(&[1.0, 2.0]).unwrap()).is_ok());
}

fn units() -> impl Strategy<Value = Vec<(f64, f64, usize)>> {
    proptest::collection::vec((0.01f64..1.0, -5.0f64..5.0, 0usize..3), 3..25)
}

fn mean_of(units: &[(f64, f64, usize)], scale: f64) -> (Linearized, SurveySample) {
    let weights: Vec<f64> = units.iter().map(|unit| scale / unit.0).collect();
    let sample = elements(Selection::WithReplacement, &weights);
    (sample.mean(&units.iter().map(|unit| unit.1).collect::<Vec<_>>()).unwrap(), sample)
}

proptest! {
    #[test]
    fn a_mean_is_the_same_for_other_units_of_weight_and_another_order(units in units(), scale in 0.01f64..1e6) {
        let (mean, sample) = mean_of(&units, 1.0);
        let mut turned = units.clone();
        turned.reverse();
        let (other, rescaled) = mean_of(&turned, scale);
        let (a, b) = (sample.estimate(&mean).unwrap(), rescaled.estimate(&other).unwrap());
        prop_assert!((a.value - b.value).abs() < 1e-9 && (a.variance - b.variance).abs() < 1e-9 * (1.0 + a.variance));
        prop_assert!(sample.sum(mean.influence()).abs() < 1e-9);
    }

    #[test]
    fn domain_totals_add_up_with_their_covariances(units in units()) {
        let (_, sample) = mean_of(&units, 1.0);
        let values: Vec<f64> = units.iter().map(|unit| unit.1).collect();
        let column: Vec<usize> = units.iter().map(|unit| unit.2).collect();
        let parts: Vec<Linearized> = (0..3)
            .filter_map(|index| sample.domain_total(&values, SurveyDomain { column: &column, index }).ok())
            .collect();
        let whole = sample.estimate(&sample.total(&values).unwrap()).unwrap();
        let matrix = sample.covariance(&parts.iter().collect::<Vec<_>>()).unwrap();
        let sum: f64 = matrix.iter().flatten().sum();
        prop_assert!((parts.iter().map(|part| part.value).sum::<f64>() - whole.value).abs() < 1e-7);
        prop_assert!((sum - whole.variance).abs() < 1e-6 * (1.0 + whole.variance));
        let terms: Vec<(f64, &Linearized)> = parts.iter().map(|part| (1.0, part)).collect();
        let joined = sample.estimate(&Linearized::combination(&terms, 0.0).unwrap()).unwrap();
        prop_assert!((joined.variance - whole.variance).abs() < 1e-6 * (1.0 + whole.variance));
    }
}
