//! p-values adjusted for their number.
//!
//! An adjusted p-value at most `alpha` means: reject while the error named by the procedure stays at most `alpha`.

use crate::stats::StatsError;

/// The procedures, and which error each controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Family-wise error, any dependence (Bonferroni 1936).
    Bonferroni,
    /// Family-wise error, any dependence; rejects whatever Bonferroni does and more (Holm 1979, Scand. J. Stat. 6:65–70).
    Holm,
    /// Family-wise error of independent tests (Sidak 1967, JASA 62:626–633).
    Sidak,
    /// Family-wise error of independent tests, step-down (Holm 1979 with Sidak's bound).
    HolmSidak,
    /// Family-wise error of independent or positively dependent tests (Hochberg 1988, Biometrika 75:800–802).
    Hochberg,
    /// Family-wise error of independent or positively dependent tests; rejects whatever Hochberg does and more (Hommel 1988,
    /// Biometrika 75:383–386).
    Hommel,
    /// False discovery rate of independent or positively dependent tests (Benjamini & Hochberg 1995, JRSS B 57:289–300).
    BenjaminiHochberg,
    /// False discovery rate, any dependence (Benjamini & Yekutieli 2001, Ann. Stat. 29:1165–1188).
    BenjaminiYekutieli,
}

/// Returns the adjusted p-values in the order of the given ones, each at most 1.
///
/// No p-values have none adjusted. Adjusting assumes that the family was chosen without looking at the p-values.
///
/// # Errors
///
/// [`StatsError::NotAProbability`] for a value outside `[0, 1]`.
///
/// # Source
///
/// As named with each [`Adjustment`]; Wright (1992), Biometrics 48:1005–1013, for adjusted p-values.
pub fn adjust_p_values(p_values: &[f64], by: Adjustment) -> Result<Vec<f64>, StatsError> {
    if let Some(wrong) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::NotAProbability(*wrong));
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let sorted: Vec<f64> = order.iter().map(|index| p_values[*index]).collect();
    let mut adjusted = vec![0.0; p_values.len()];
    for (index, value) in order.into_iter().zip(adjust_sorted(&sorted, by)) {
        adjusted[index] = value.min(1.0);
    }
    Ok(adjusted)
}

fn adjust_sorted(p: &[f64], by: Adjustment) -> Vec<f64> {
    let n = p.len() as f64;
    let harmonic: f64 = (1..=p.len()).map(|rank| 1.0 / rank as f64).sum();
    match by {
        Adjustment::Bonferroni => each(p, |_, p| n * p),
        Adjustment::Sidak => each(p, |_, p| at_least_one(p, n)),
        Adjustment::Holm => rising(each(p, |rank, p| (n - rank + 1.0) * p)),
        Adjustment::HolmSidak => rising(each(p, |rank, p| at_least_one(p, n - rank + 1.0))),
        Adjustment::Hochberg => falling(each(p, |rank, p| (n - rank + 1.0) * p)),
        Adjustment::BenjaminiHochberg => falling(each(p, |rank, p| n / rank * p)),
        Adjustment::BenjaminiYekutieli => falling(each(p, |rank, p| harmonic * n / rank * p)),
        Adjustment::Hommel => hommel(p),
    }
}

fn each(p: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    p.iter().enumerate().map(|(index, p)| f(index as f64 + 1.0, *p)).collect()
}

/// The probability that the least of `n` independent p-values is at most `p`.
fn at_least_one(p: f64, n: f64) -> f64 {
    (n * (-p).ln_1p()).exp_m1().abs()
}

/// Each value, or a larger one before it.
fn rising(mut values: Vec<f64>) -> Vec<f64> {
    let mut most = 0.0_f64;
    for value in &mut values {
        most = most.max(*value);
        *value = most;
    }
    values
}

/// Each value, or a smaller one after it.
fn falling(mut values: Vec<f64>) -> Vec<f64> {
    let mut least = f64::INFINITY;
    for value in values.iter_mut().rev() {
        least = least.min(*value);
        *value = least;
    }
    values
}

/// Hommel's procedure by Wright's algorithm: the largest Simes p-value over all families of a size that a value can be in.
fn hommel(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let simes = |values: &[f64], size: usize, first: usize| {
        let of = |(index, p): (usize, &f64)| size as f64 * p / (index + first) as f64;
        values.iter().enumerate().map(of).fold(f64::INFINITY, f64::min)
    };
    let mut adjusted = vec![simes(p, n, 1); n];
    for size in (2..n).rev() {
        let split = n - size + 1;
        let largest = simes(&p[split..], size, 2);
        let mut last = largest;
        for (index, value) in adjusted.iter_mut().enumerate() {
            if index < split {
                last = largest.min(size as f64 * p[index]);
            }
            *value = value.max(last);
        }
    }
    adjusted.iter().zip(p).map(|(adjusted, p)| adjusted.max(*p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Adjustment; 8] = [
        Adjustment::Bonferroni,
        Adjustment::Holm,
        Adjustment::Sidak,
        Adjustment::HolmSidak,
        Adjustment::Hochberg,
        Adjustment::Hommel,
        Adjustment::BenjaminiHochberg,
        Adjustment::BenjaminiYekutieli,
    ];

    #[test]
    fn worked_by_hand() {
        let p = [0.04, 0.01, 0.03];
        let check = |by, expected: [f64; 3]| {
            let got = adjust_p_values(&p, by).unwrap();
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-12, "{by:?}: {got} for {expected}");
            }
        };
        check(Adjustment::Bonferroni, [0.12, 0.03, 0.09]);
        check(Adjustment::Holm, [0.06, 0.03, 0.06]);
        check(Adjustment::Hochberg, [0.04, 0.03, 0.04]);
        check(Adjustment::BenjaminiHochberg, [0.04, 0.03, 0.04]);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for wrong in [-0.1, 1.1, f64::NAN] {
            assert!(adjust_p_values(&[0.1, wrong], Adjustment::Holm).is_err(), "{wrong}");
        }
        assert_eq!(adjust_p_values(&[], Adjustment::Hommel), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_nothing_gets_smaller(p in prop::collection::vec(0.0f64..=1.0, 1..30)) {
            let reversed: Vec<f64> = p.iter().rev().copied().collect();
            for by in ALL {
                let (one, mut other) = (adjust_p_values(&p, by).unwrap(), adjust_p_values(&reversed, by).unwrap());
                other.reverse();
                for ((p, one), other) in p.iter().zip(&one).zip(&other) {
                    prop_assert!(*one >= p - 1e-12 && *one <= 1.0 && (one - other).abs() < 1e-12, "{by:?}");
                }
            }
        }

        #[test]
        fn each_procedure_rejects_what_the_one_before_does(p in prop::collection::vec(0.0f64..=1.0, 1..30)) {
            let chain = [Adjustment::Bonferroni, Adjustment::Holm, Adjustment::Hochberg, Adjustment::Hommel, Adjustment::BenjaminiHochberg];
            for pair in chain.windows(2) {
                let (strict, loose) = (adjust_p_values(&p, pair[0]).unwrap(), adjust_p_values(&p, pair[1]).unwrap());
                prop_assert!(strict.iter().zip(&loose).all(|(strict, loose)| *loose <= strict + 1e-12), "{pair:?}");
            }
        }
    }
}
