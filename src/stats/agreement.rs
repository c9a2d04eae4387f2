//! Agreement between raters, corrected for chance, with missing ratings.
//!
//! Notation: `n` units, `r` raters, `q` classes; `r_ik` raters put unit `i` in class `k`, `r_i = sum_k r_ik`; `w_kl` in
//! `[0, 1]` is how much two ratings `k` and `l` agree (1 on the diagonal). Every coefficient is
//! `(observed - chance) / (1 - chance)` and differs from the others in what it takes for chance. Kappa depends on
//! prevalence: at 1 % positives it says little about how often raters err.

mod cohen;
mod conger;
mod fleiss;
mod gwet;
mod krippendorff;
mod specific;
mod weights;

pub use cohen::Kappa;
pub use cohen::PairTable;
pub use cohen::RaterPair;
pub use cohen::light_kappa;
pub use conger::conger_kappa;
pub use fleiss::fleiss_null_error;
pub use fleiss::randolph_kappa;
pub use fleiss::unanimous_share;
pub use gwet::Agreement;
pub use gwet::brennan_prediger;
pub use gwet::fleiss_kappa;
pub use gwet::gwet_ac;
pub use gwet::percent_agreement;
pub use krippendorff::AlphaInterval;
pub use krippendorff::krippendorff_alpha;
pub use krippendorff::krippendorff_bootstrap;
pub use specific::observed_share;
pub use specific::specific_agreement;
pub use weights::AgreementWeights;

use crate::stats::StatsError;

/// Chance agreement within this distance of 1 leaves nothing to correct.
const NEARLY_ONE: f64 = 1e-12;

/// Corrects observed agreement for chance.
fn corrected(observed: f64, chance: f64, statistic: &'static str) -> Result<f64, StatsError> {
    if 1.0 - chance <= NEARLY_ONE {
        let reason = "chance agreement is 1: the ratings hold a single class";
        return Err(StatsError::Undefined { statistic, reason });
    }
    Ok((observed - chance) / (1.0 - chance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Draws;
    use crate::stats::Level;
    use crate::stats::Ratings;
    use proptest::prelude::*;

    fn table(classes: usize, rows: &[Vec<Option<usize>>]) -> Ratings {
        Ratings::from_rows(classes, rows).unwrap()
    }

    fn nominal(classes: usize) -> AgreementWeights {
        AgreementWeights::nominal(classes).unwrap()
    }

    /// Up to 12 units, 3 raters, 3 classes; about one rating in four is missing.
    fn rows() -> impl Strategy<Value = Vec<Vec<Option<usize>>>> {
        let rating = prop_oneof![3 => (0usize..3).prop_map(Some), 1 => Just(None)];
        prop::collection::vec(prop::collection::vec(rating, 3), 2..12)
    }

    fn all_coefficients(ratings: &Ratings, weights: &AgreementWeights) -> Vec<Option<(f64, f64)>> {
        let coefficients = [
            percent_agreement(ratings, weights),
            gwet_ac(ratings, weights),
            fleiss_kappa(ratings, weights),
            brennan_prediger(ratings, weights),
            conger_kappa(ratings, weights),
            krippendorff_alpha(ratings, weights),
        ];
        coefficients.map(|got| got.ok().map(|got| (got.coefficient, got.std_error))).to_vec()
    }

    fn near(a: &[Option<(f64, f64)>], b: &[Option<(f64, f64)>]) -> bool {
        a.iter().zip(b).all(|pair| match pair {
            (Some(a), Some(b)) => (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        })
    }

    proptest! {
        #[test]
        fn the_order_of_units_and_raters_changes_nothing(rows in rows()) {
            let mut turned = rows.clone();
            turned.reverse();
            turned.iter_mut().for_each(|row| row.rotate_left(1));
            let weights = AgreementWeights::linear(&[0.0, 1.0, 3.0]).unwrap();
            let (a, b) = (table(3, &rows), table(3, &turned));
            prop_assert!(near(&all_coefficients(&a, &weights), &all_coefficients(&b, &weights)));
        }

        #[test]
        fn units_without_a_rating_change_nothing(rows in rows()) {
            let mut longer = rows.clone();
            longer.push(vec![None; 3]);
            let (a, b) = (table(3, &rows), table(3, &longer));
            prop_assert!(near(&all_coefficients(&a, &nominal(3)), &all_coefficients(&b, &nominal(3))));
        }

        #[test]
        fn alpha_of_complete_ratings_follows_from_fleiss_kappa(
            rows in prop::collection::vec(prop::collection::vec(0usize..3, 4), 2..15),
        ) {
            let rows: Vec<Vec<Option<usize>>> =
                rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
            let ratings = table(3, &rows);
            if let Ok(kappa) = fleiss_kappa(&ratings, &nominal(3)) {
                let alpha = krippendorff_alpha(&ratings, &nominal(3)).unwrap().coefficient;
                let n = 4.0 * rows.len() as f64;
                let expected = 1.0 - (1.0 - 1.0 / n) * (1.0 - kappa.coefficient);
                prop_assert!((alpha - expected).abs() < 1e-12);
            }
        }

        #[test]
        fn two_raters_without_gaps_make_conger_cohen_and_light_one_kappa(
            rows in prop::collection::vec((0usize..3, 0usize..3), 2..20),
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(a, b)| vec![Some(a), Some(b)]).collect();
            let ratings = table(3, &rows);
            let weights = AgreementWeights::quadratic(&[0.0, 1.0, 2.0]).unwrap();
            let pair = PairTable::of(&ratings, RaterPair { rows: 0, columns: 1 }, None).unwrap();
            if let Ok(cohen) = pair.kappa(&weights) {
                let conger = conger_kappa(&ratings, &weights).unwrap();
                let light = light_kappa(&ratings, &weights).unwrap();
                prop_assert!((conger.coefficient - cohen.value).abs() < 1e-12);
                prop_assert!((light - cohen.value).abs() < 1e-12);
                // Both errors are linearised; Gwet divides by n - 1 where Fleiss, Cohen and Everitt divide by n.
                let n = rows.len() as f64;
                let scaled = cohen.std_error * (n / (n - 1.0)).sqrt();
                prop_assert!((conger.std_error - scaled).abs() < 1e-9);
            }
        }

        #[test]
        fn scaling_every_weight_leaves_kappa_and_its_errors(scale in 0.01f64..100.0) {
            let rows: Vec<_> =
                [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)].map(|(a, b)| vec![Some(a), Some(b)]).to_vec();
            let weights = [1.0, 2.0, 3.0, 0.5, 1.5];
            let kappa = |weights: &[f64]| {
                let pair = RaterPair { rows: 0, columns: 1 };
                PairTable::of(&table(2, &rows), pair, Some(weights)).unwrap().kappa(&nominal(2)).unwrap()
            };
            let (a, b) = (kappa(&weights), kappa(&weights.map(|weight| weight * scale)));
            prop_assert!((a.value - b.value).abs() < 1e-12);
            prop_assert!((a.std_error - b.std_error).abs() < 1e-12);
            prop_assert!((a.null_error - b.null_error).abs() < 1e-12);
        }
    }

    #[test]
    fn ratings_of_a_single_class_have_no_kappa_but_full_agreement() {
        let ratings = table(2, &vec![vec![Some(0), Some(0)]; 5]);
        assert!(
            (percent_agreement(&ratings, &nominal(2)).unwrap().coefficient - 1.0).abs() < 1e-12
        );
        assert!((gwet_ac(&ratings, &nominal(2)).unwrap().coefficient - 1.0).abs() < 1e-12);
        for undefined in [fleiss_kappa, conger_kappa, krippendorff_alpha] {
            let got = undefined(&ratings, &nominal(2));
            assert!(matches!(got, Err(StatsError::Undefined { .. })), "{got:?}");
        }
        assert!(fleiss_null_error(&ratings).is_err());
    }

    #[test]
    fn units_rated_once_hold_no_agreement() {
        let ratings = table(2, &[vec![Some(0), None], vec![None, Some(1)]]);
        for coefficient in
            [percent_agreement, gwet_ac, fleiss_kappa, conger_kappa, krippendorff_alpha]
        {
            assert!(coefficient(&ratings, &nominal(2)).is_err());
        }
        assert!(unanimous_share(&ratings).is_err());
        let pair = PairTable::of(&ratings, RaterPair { rows: 0, columns: 1 }, None);
        assert_eq!(pair, Err(StatsError::NoUnits));
    }

    #[test]
    fn weights_for_other_classes_or_units_are_refused() {
        let ratings = table(2, &[vec![Some(0), Some(1)], vec![Some(0), Some(0)]]);
        assert!(matches!(
            fleiss_kappa(&ratings, &nominal(3)),
            Err(StatsError::LengthsDiffer { left: 3, right: 2 })
        ));
        let pair = RaterPair { rows: 0, columns: 1 };
        for weights in [vec![1.0], vec![1.0, 0.0], vec![1.0, f64::NAN]] {
            assert!(PairTable::of(&ratings, pair, Some(&weights)).is_err(), "{weights:?}");
        }
        assert!(PairTable::of(&ratings, RaterPair { rows: 0, columns: 2 }, None).is_err());
    }

    #[test]
    fn the_bootstrap_of_alpha_holds_alpha_and_repeats_with_its_seed() {
        let rows: Vec<_> =
            (0..40).map(|i| vec![Some(i % 3), Some(i % 3), Some((i + i / 7) % 3)]).collect();
        let (ratings, level) = (table(3, &rows), Level::new(0.9).unwrap());
        let alpha = krippendorff_alpha(&ratings, &nominal(3)).unwrap();
        let made = |seed| {
            krippendorff_bootstrap(&ratings, &nominal(3), level, Draws::least(seed)).unwrap()
        };
        let (first, again, other) = (made(1), made(1), made(2));
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert!(first.interval.low < alpha.coefficient && alpha.coefficient < first.interval.high);
        let wald = alpha.interval(level).unwrap();
        let width = (first.interval.high - first.interval.low) / (wald.high - wald.low);
        assert!((0.8..1.25).contains(&width), "{width}");
    }

    #[test]
    fn a_bootstrap_that_mostly_loses_its_second_class_is_refused() {
        let mut rows = vec![vec![Some(0), Some(0)]; 30];
        rows.push(vec![Some(0), Some(1)]);
        let level = Level::new(0.95).unwrap();
        let got = krippendorff_bootstrap(&table(2, &rows), &nominal(2), level, Draws::least(1));
        assert!(matches!(got, Err(StatsError::Undefined { .. })), "{got:?}");
    }
}
