//! What the fitted model must do whatever the numbers are.

use super::DawidSkene;
use super::DawidSkeneSettings;
use super::FewRaters;
use super::RaterModel;
use super::Refits;
use super::Smoothing;
use super::Starts;
use super::Steps;
use super::Stopping;
use super::dawid_skene;
use crate::stats::MajorityVote;
use crate::stats::Rating;
use crate::stats::RatingShape;
use crate::stats::Ratings;
use crate::stats::StatsError;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::num::NonZeroUsize;

const UNITS: usize = 300;
/// How often each rater is right.
const SKILLS: [f64; 5] = [0.95, 0.85, 0.8, 0.7, 0.6];

/// Ratings of three classes by five raters, and the truth; about one rating in five is missing, four remain at least.
fn simulated(seed: u64) -> (Vec<Rating>, Vec<usize>) {
    let mut source = Pcg64::seed_from_u64(seed);
    let mut uniform = || (source.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let (mut ratings, mut truths) = (Vec::new(), Vec::new());
    for unit in 0..UNITS {
        let truth = [0, 0, 0, 1, 1, 2][(uniform() * 6.0) as usize];
        let absent = (uniform() * 6.0) as usize;
        truths.push(truth);
        for (rater, skill) in SKILLS.iter().enumerate().filter(|(rater, _)| *rater != absent) {
            let wrong = (truth + 1 + (uniform() * 2.0) as usize) % 3;
            let class = if uniform() < *skill { truth } else { wrong };
            ratings.push(Rating { unit, rater, class });
        }
    }
    (ratings, truths)
}

const SHAPE: RatingShape = RatingShape { units: UNITS, raters: 5, classes: 3 };

fn table(ratings: &[Rating]) -> Ratings {
    Ratings::new(SHAPE, ratings).unwrap()
}

fn standard() -> DawidSkeneSettings {
    DawidSkeneSettings::standard(5)
}

fn fitted(ratings: &[Rating], settings: &DawidSkeneSettings) -> DawidSkene {
    dawid_skene(&table(ratings), None, settings).unwrap()
}

fn near(a: &[f64], b: &[f64]) {
    let close = a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close && a.len() == b.len(), "{a:?} {b:?}");
}

#[test]
fn the_model_is_right_more_often_than_the_vote_and_knows_its_raters() {
    let (ratings, truths) = simulated(1);
    let (votes, model) = (table(&ratings), fitted(&ratings, &standard()));
    let vote = |unit| MajorityVote::of(&votes, unit).unwrap().winner();
    let by_vote = (0..UNITS).filter(|unit| vote(*unit) == Some(truths[*unit])).count();
    let by_model = (0..UNITS).filter(|unit| model.most_probable(*unit) == truths[*unit]).count();
    assert!(by_model > by_vote, "{by_model} {by_vote}");
    for (rater, skill) in SKILLS.iter().enumerate() {
        let accuracy = model.accuracy(rater).unwrap();
        assert!((accuracy - skill).abs() < 0.08, "{rater}: {accuracy}");
    }
    near(&[model.prior().iter().sum()], &[1.0]);
}

#[test]
fn prolonged_steps_end_where_plain_ones_do_and_sooner() {
    let (mut plain_steps, mut prolonged_steps) = (0, 0);
    for seed in 11..15 {
        let (ratings, _) = simulated(seed);
        let model = |steps| {
            let stopping = Stopping { change: 1e-10, iterations: 20_000 };
            let starts = Starts { random: 0, seed: 0 };
            fitted(&ratings, &DawidSkeneSettings { steps, stopping, starts, ..standard() })
        };
        let (plain, prolonged) = (model(Steps::Plain), model(Steps::Prolonged));
        assert!((plain.log_likelihood - prolonged.log_likelihood).abs() < 1e-6, "{seed}");
        plain_steps += plain.iterations;
        prolonged_steps += prolonged.iterations;
        near(plain.prior(), prolonged.prior());
        for unit in 0..UNITS {
            near(plain.posterior(unit), prolonged.posterior(unit));
        }
    }
    assert!(2 * prolonged_steps < plain_steps, "{prolonged_steps} {plain_steps}");
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (ratings, _) = simulated(2);
    let with = |threads: usize| {
        let mut model = fitted(
            &ratings,
            &DawidSkeneSettings {
                threads: NonZeroUsize::new(threads).unwrap(),
                starts: Starts { random: 1, seed: 1 },
                stopping: Stopping { change: 1e-2, iterations: 50 },
                ..standard()
            },
        );
        model.settings = standard();
        model
    };
    let one = with(1);
    for threads in [2, 3, 16, 40] {
        assert_eq!(one, with(threads), "{threads}");
    }
}

#[test]
fn the_order_of_ratings_units_and_raters_changes_nothing() {
    let (ratings, _) = simulated(3);
    let model = fitted(&ratings, &standard());
    let mut turned = ratings.clone();
    turned.reverse();
    assert_eq!(fitted(&turned, &standard()), model);
    turned.iter_mut().for_each(|rating| {
        (rating.unit, rating.rater) = (UNITS - 1 - rating.unit, SKILLS.len() - 1 - rating.rater);
    });
    let settings = DawidSkeneSettings { starts: Starts { random: 0, seed: 0 }, ..standard() };
    let (model, turned) = (fitted(&ratings, &settings), fitted(&turned, &settings));
    for unit in 0..UNITS {
        near(model.posterior(unit), turned.posterior(UNITS - 1 - unit));
    }
}

#[test]
fn a_unit_of_weight_2_counts_as_two_units() {
    let (ratings, _) = simulated(4);
    let weights: Vec<f64> = (0..UNITS).map(|unit| 1.0 + (unit % 3) as f64).collect();
    let mut copies = Vec::new();
    let mut first = vec![0; UNITS];
    let mut units = 0;
    for (unit, first) in first.iter_mut().enumerate() {
        *first = units;
        for _ in 0..=unit % 3 {
            let own = ratings.iter().filter(|rating| rating.unit == unit);
            copies.extend(own.map(|rating| Rating { unit: units, ..*rating }));
            units += 1;
        }
    }
    // Smoothing weighs one rating among the units at hand, which differ here; so without.
    let settings = DawidSkeneSettings { smoothing: Smoothing::MaximumLikelihood, ..standard() };
    let weighted = dawid_skene(&table(&ratings), Some(&weights), &settings).unwrap();
    let repeated = Ratings::new(RatingShape { units, ..SHAPE }, &copies).unwrap();
    let repeated = dawid_skene(&repeated, None, &settings).unwrap();
    near(weighted.prior(), repeated.prior());
    for (unit, copy) in first.iter().enumerate() {
        near(weighted.posterior(unit), repeated.posterior(*copy));
    }
    let scaled: Vec<f64> = weights.iter().map(|weight| weight * 1e6).collect();
    let scaled = dawid_skene(&table(&ratings), Some(&scaled), &settings).unwrap();
    near(weighted.prior(), scaled.prior());
}

#[test]
fn renaming_classes_renames_the_answer() {
    let (ratings, _) = simulated(6);
    let settings = DawidSkeneSettings { starts: Starts { random: 0, seed: 0 }, ..standard() };
    let renamed: Vec<Rating> =
        ratings.iter().map(|rating| Rating { class: 2 - rating.class, ..*rating }).collect();
    let (model, other) = (fitted(&ratings, &settings), fitted(&renamed, &settings));
    for unit in 0..UNITS {
        let mut posterior = other.posterior(unit).to_vec();
        posterior.reverse();
        near(model.posterior(unit), &posterior);
    }
}

#[test]
fn more_starts_never_end_lower_and_the_vote_wins_a_tie() {
    let (ratings, _) = simulated(7);
    let settings = |random| DawidSkeneSettings {
        smoothing: Smoothing::MaximumLikelihood,
        starts: Starts { random, seed: 9 },
        ..standard()
    };
    let (one, many) = (fitted(&ratings, &settings(0)), fitted(&ratings, &settings(6)));
    assert!(many.log_likelihood >= one.log_likelihood - 1e-9);
    assert_eq!(one.start, 0);
    if (many.log_likelihood - one.log_likelihood).abs() < 1e-6 {
        assert_eq!(many.start, 0);
    }
}

#[test]
fn smoothing_keeps_raters_who_were_never_wrong_from_being_infallible() {
    let rows: Vec<_> = (0..12)
        .map(|unit| {
            vec![Some(unit % 2), Some(unit % 2), Some(if unit < 2 { 1 - unit } else { unit % 2 })]
        })
        .collect();
    let ratings = Ratings::from_rows(2, &rows).unwrap();
    let model = |smoothing| {
        let settings = DawidSkeneSettings { smoothing, ..standard() };
        dawid_skene(&ratings, None, &settings).unwrap()
    };
    let worst = |model: &DawidSkene| model.confusion(2, 0).unwrap()[0];
    let (plain, smooth) = (model(Smoothing::MaximumLikelihood), model(Smoothing::Diagonal));
    assert!(worst(&plain) < worst(&smooth), "{plain:?} {smooth:?}");
    assert!((worst(&plain) - 5.0 / 6.0).abs() < 1e-6 && (worst(&smooth) - 6.0 / 7.0).abs() < 1e-6);
}

#[test]
fn one_coin_raters_err_alike_in_every_class() {
    let (ratings, _) = simulated(8);
    let settings = DawidSkeneSettings { model: RaterModel::OneCoin, ..standard() };
    let model = fitted(&ratings, &settings);
    let (first, second) = (model.confusion(1, 0).unwrap(), model.confusion(1, 2).unwrap());
    near(&[first[0], first[1], first[1]], &[second[2], second[0], first[2]]);
    near(&[model.accuracy(1).unwrap()], &[first[0]]);
}

#[test]
fn a_class_a_rater_never_met_is_unknown_not_guessed() {
    let met_both =
        (0..6).flat_map(|unit| (0..3).map(move |rater| Rating { unit, rater, class: unit % 2 }));
    let never = (0..6).step_by(2).map(|unit| Rating { unit, rater: 3, class: 0 });
    let shape = RatingShape { units: 6, raters: 5, classes: 2 };
    let ratings = Ratings::new(shape, &met_both.chain(never).collect::<Vec<_>>()).unwrap();
    let settings = DawidSkeneSettings {
        smoothing: Smoothing::MaximumLikelihood,
        starts: Starts { random: 0, seed: 0 },
        ..standard()
    };
    let model = dawid_skene(&ratings, None, &settings).unwrap();
    assert_eq!(model.confusion(3, 1), None);
    near(&model.confusion(3, 0).unwrap(), &[1.0, 0.0]);
    assert_eq!((model.confusion(4, 0), model.accuracy(4)), (None, None));
}

#[test]
fn units_of_two_raters_are_refused_unless_accepted() {
    let rows = vec![vec![Some(0), Some(0), Some(0)], vec![Some(1), Some(1), None]];
    let ratings = Ratings::from_rows(2, &rows).unwrap();
    let refused = dawid_skene(&ratings, None, &standard());
    assert_eq!(refused, Err(StatsError::TooFewRaters { unit: 1, raters: 2, least: 3 }));
    let accepted = DawidSkeneSettings { few_raters: FewRaters::Accept, ..standard() };
    assert!(dawid_skene(&ratings, None, &accepted).is_ok());
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    let (ratings, _) = simulated(9);
    let hasty = Stopping { change: 1e-8, iterations: 2 };
    let unsettled =
        dawid_skene(&table(&ratings), None, &DawidSkeneSettings { stopping: hasty, ..standard() });
    assert!(matches!(unsettled, Err(StatsError::NoConvergence { iterations: 2, .. })));
    let single = Ratings::from_rows(1, &vec![vec![Some(0); 3]; 4]).unwrap();
    assert!(matches!(dawid_skene(&single, None, &standard()), Err(StatsError::Undefined { .. })));
    let empty = Ratings::from_rows(2, &vec![vec![None; 3]; 4]).unwrap();
    assert!(matches!(dawid_skene(&empty, None, &standard()), Err(StatsError::Undefined { .. })));
    let negative = vec![-1.0; UNITS];
    assert!(dawid_skene(&table(&ratings), Some(&negative), &standard()).is_err());
}

#[test]
fn resamples_vary_by_their_seed_alone_and_about_as_much_as_the_shares_do() {
    let (ratings, _) = simulated(10);
    let quick = DawidSkeneSettings {
        model: RaterModel::OneCoin,
        stopping: Stopping { change: 1e-3, iterations: 100 },
        ..standard()
    };
    let (ratings, model) = (table(&ratings), fitted(&ratings, &quick));
    let share = |model: &DawidSkene, times: &[f64]| {
        let drawn = times.iter().enumerate().map(|(unit, times)| times * model.posterior(unit)[0]);
        Ok(drawn.sum::<f64>() / UNITS as f64)
    };
    let whole = |model: &DawidSkene, _: &[f64]| share(model, &[1.0; UNITS]);
    let run = |seed| model.bootstrap(&ratings, None, Refits::new(seed, 100).unwrap(), share);
    let (first, again, other) = (run(1).unwrap(), run(1).unwrap(), run(2).unwrap());
    assert_eq!(first, again);
    assert_ne!(first, other);
    let p = model.prior()[0];
    let ratio = first.variance / (p * (1.0 - p) / UNITS as f64);
    assert!((0.6..2.0).contains(&ratio), "{ratio}");
    let parameters = model.bootstrap(&ratings, None, Refits::new(1, 100).unwrap(), whole);
    assert!(parameters.unwrap().variance < first.variance, "{parameters:?}");
    assert!(Refits::new(1, 99).is_err());
}
