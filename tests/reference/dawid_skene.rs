//! Dawid-Skene, the one-coin model and majority vote: crowd-kit, and the example of 1979.

use crate::case::Case;
use crate::case::cases;
use crate::case::read;
use crate::shared::shared;
use titer::stats::DawidSkene;
use titer::stats::DawidSkeneSettings;
use titer::stats::FewRaters;
use titer::stats::MajorityVote;
use titer::stats::RaterModel;
use titer::stats::Rating;
use titer::stats::RatingShape;
use titer::stats::Ratings;
use titer::stats::Smoothing;
use titer::stats::Starts;
use titer::stats::Steps;
use titer::stats::Stopping;
use titer::stats::dawid_skene;

/// Plain maximum likelihood from the vote alone, as crowd-kit does it, however long it takes.
fn plain(model: RaterModel) -> DawidSkeneSettings {
    DawidSkeneSettings {
        model,
        smoothing: Smoothing::MaximumLikelihood,
        few_raters: FewRaters::Accept,
        starts: Starts { random: 0, seed: 0 },
        steps: Steps::Plain,
        stopping: Stopping { change: 1e-8, iterations: 200_000 },
        ..DawidSkeneSettings::standard(0)
    }
}

/// The votes of a case as (item, rater, class) indices, with their shape.
fn votes(case: &Case) -> (RatingShape, Vec<Rating>) {
    let index = |field: &str, wanted: f64| {
        let found = case.list(field).iter().position(|value| (value - wanted).abs() < 1e-9);
        found.unwrap_or_else(|| panic!("{}: {wanted} is not among the {field}", case.name()))
    };
    let ratings = case
        .table("ratings_item_rater_label")
        .iter()
        .map(|vote| Rating {
            unit: index("items", vote[0]),
            rater: index("raters", vote[1]),
            class: index("classes", vote[2]),
        })
        .collect();
    let length = |field| case.list(field).len();
    let shape = RatingShape {
        units: length("items"),
        raters: length("raters"),
        classes: length("classes"),
    };
    (shape, ratings)
}

fn ratings(case: &Case) -> Ratings {
    let (shape, ratings) = votes(case);
    Ratings::new(shape, &ratings).unwrap()
}

/// The confusion matrix of every rater; a row the model knows nothing about is left to the case to expect or not.
fn check_confusion(case: &Case, fitted: &DawidSkene) {
    let shape = fitted.shape();
    for (rater, truth) in (0..shape.raters).flat_map(|r| (0..shape.classes).map(move |j| (r, j))) {
        let path = format!("error_matrices_rater_true_observed.{rater}.{truth}");
        match fitted.confusion(rater, truth) {
            Some(row) => case.check_list(&path, &row),
            None => case.differs(
                &path,
                "no unit of the rater may be of that class: no row, not a made-up one",
            ),
        }
    }
}

fn check_dawid_skene(case: &Case) {
    let fitted = dawid_skene(&ratings(case), None, &plain(RaterModel::Confusion)).unwrap();
    case.check_list("class_prior", fitted.prior());
    let fields = case.fields();
    if fields.contains(&"item_posterior") {
        check_confusion(case, &fitted);
        for unit in 0..fitted.shape().units {
            case.check_list(&format!("item_posterior.{unit}"), fitted.posterior(unit));
        }
        case.check("marginal_log_likelihood", fitted.log_likelihood);
    }
    case.finish();
}

fn check_votes_and_one_coin(case: &Case) {
    let table = ratings(case);
    let fitted = dawid_skene(&table, None, &plain(RaterModel::OneCoin)).unwrap();
    for unit in 0..fitted.shape().units {
        let vote = MajorityVote::of(&table, unit).unwrap();
        case.check_list(&format!("majority_vote_proba.{unit}"), &vote.shares);
        case.check_list(&format!("onecoin_posterior.{unit}"), fitted.posterior(unit));
    }
    for (index, rater) in case.list("raters").iter().enumerate() {
        case.check(&format!("onecoin_skill.{rater}"), fitted.accuracy(index).unwrap());
    }
    case.finish();
}

#[test]
fn dawid_skene_by_maximum_likelihood_equals_crowd_kit() {
    let found = cases("d_dawid_skene.json", "d-ds-");
    assert!(!found.is_empty());
    found.iter().for_each(check_dawid_skene);
}

#[test]
fn majority_votes_and_the_one_coin_model_equal_crowd_kit() {
    let found = cases("d_dawid_skene.json", "d-mv-onecoin-");
    assert!(!found.is_empty());
    found.iter().for_each(check_votes_and_one_coin);
}

const ANESTHESIA: &str = "oracle/x_fetched_data.json";

#[test]
fn the_example_of_1979_equals_crowd_kit_and_the_paper() {
    let Some(file) = shared(ANESTHESIA) else { return };
    for case in read(&file) {
        if case.name().starts_with("d-mv-onecoin-") {
            check_votes_and_one_coin(&case);
        } else {
            check_dawid_skene(&case);
        }
    }
}

fn near(what: &str, got: &[f64], expected: &[f64]) {
    let close = got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 5.1e-5);
    assert!(close && got.len() == expected.len(), "{what}: {got:?} for {expected:?}");
}

/// The numbers of the paper's table come out when observer 1 says 2 a second time of patient 7 (or, with the same
/// ratings, of patient 42); the copy at hand has 1 there.
#[test]
fn the_example_of_1979_with_one_vote_restored_has_the_published_matrices() {
    let Some(file) = shared(ANESTHESIA) else { return };
    let case = read(&file).into_iter().next().unwrap();
    let (shape, mut votes) = votes(&case);
    let first = Rating { unit: 6, rater: 0, class: 0 };
    let place = votes.iter().position(|vote| *vote == first).unwrap();
    votes[place].class = 1;
    let ratings = Ratings::new(shape, &votes).unwrap();
    let fitted = dawid_skene(&ratings, None, &plain(RaterModel::Confusion)).unwrap();
    near("shares", fitted.prior(), &[0.3996, 0.4220, 0.1118, 0.0667]);
    near("observer 1, row 1", &fitted.confusion(0, 0).unwrap(), &[0.8895, 0.1105, 0.0, 0.0]);
    near("observer 1, row 2", &fitted.confusion(0, 1).unwrap(), &[0.0706, 0.8764, 0.0530, 0.0]);
    near("observer 5, row 2", &fitted.confusion(4, 1).unwrap(), &[0.1590, 0.7345, 0.1064, 0.0]);
    near("patient 38", &fitted.posterior(37)[1..3], &[0.0212, 0.9788]);
    near("patient 30", &fitted.posterior(29)[..2], &[0.9991, 0.0009]);
    assert_eq!((fitted.most_probable(11), fitted.most_probable(35)), (2, 3));
    assert!((fitted.log_likelihood + 192.890_881_2).abs() < 1e-6, "{}", fitted.log_likelihood);
}
