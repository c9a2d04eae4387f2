//! How a sample is divided among strata.

use crate::stats::Rate;
use crate::stats::StatsError;

/// What is known of a stratum before sampling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratumPlan {
    /// Its units in the population (or their exposure, where that is what is drawn), above 0.
    pub size: f64,
    /// The standard deviation of the values within it, 0 or above.
    pub deviation: f64,
    /// The cost of one unit, above 0.
    pub cost: f64,
    /// The fewest units it must get; 2 are needed for a variance. A smaller stratum is taken whole.
    pub least: f64,
}

/// Returns the standard deviation to plan with for a share that a pilot sample estimated.
///
/// The share is taken to be no smaller than `1 / (n + 2)` and no larger than its complement, so that a pilot without
/// a positive does not starve the stratum.
#[must_use]
pub fn pilot_deviation(pilot: Rate) -> f64 {
    let least = 1.0 / (pilot.trials() as f64 + 2.0);
    let share = pilot.value().clamp(least, 1.0 - least);
    (share * (1.0 - share)).sqrt()
}

/// Returns `n_h` proportional to the strata's sizes.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without strata, [`StatsError::OutOfRange`] for numbers that are no plan.
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 5.5.
pub fn proportional_allocation(strata: &[StratumPlan], n: f64) -> Result<Vec<f64>, StatsError> {
    share_out(strata, positive(n)?, |stratum| stratum.size)
}

/// Returns Neyman's allocation, `n_h` proportional to `N_h S_h`, without regard to minima and sizes.
///
/// # Errors
///
/// As [`proportional_allocation`]; [`StatsError::Undefined`] where no stratum varies.
///
/// # Source
///
/// Neyman (1934), JRSS 97:558–625; Tschuprow (1923).
pub fn neyman_allocation(strata: &[StratumPlan], n: f64) -> Result<Vec<f64>, StatsError> {
    share_out(strata, positive(n)?, |stratum| stratum.size * stratum.deviation)
}

/// Returns the allocation of least variance for a budget, `n_h` proportional to `N_h S_h / sqrt(c_h)`.
///
/// # Errors
///
/// As [`neyman_allocation`].
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 5.5.
pub fn allocation_for_budget(strata: &[StratumPlan], budget: f64) -> Result<Vec<f64>, StatsError> {
    let each = share_out(strata, 1.0, by_cost)?;
    let cost: f64 = each.iter().zip(strata).map(|(part, stratum)| part * stratum.cost).sum();
    let scale = positive(budget)? / cost;
    Ok(each.iter().map(|part| part * scale).collect())
}

/// Returns the cheapest allocation that estimates the population's mean with the wanted variance.
///
/// # Errors
///
/// As [`neyman_allocation`].
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 5.5 and 5.9.
pub fn allocation_for_variance(
    strata: &[StratumPlan],
    variance: f64,
) -> Result<Vec<f64>, StatsError> {
    let each = share_out(strata, 1.0, by_cost)?;
    let population: f64 = strata.iter().map(|stratum| stratum.size).sum();
    let share = |stratum: &StratumPlan| stratum.size / population;
    let spread = |(part, stratum): (&f64, &StratumPlan)| match stratum.deviation {
        deviation if deviation > 0.0 => (share(stratum) * deviation).powi(2) / part,
        _ => 0.0,
    };
    let one: f64 = each.iter().zip(strata).map(spread).sum();
    let whole: f64 =
        strata.iter().map(|stratum| share(stratum) * stratum.deviation.powi(2)).sum::<f64>()
            / population;
    let n = one / (positive(variance)? + whole);
    Ok(each.iter().map(|part| part * n).collect())
}

/// Returns Neyman's allocation with every `n_h` at least its minimum and at most the stratum.
///
/// `n_h = clamp(lambda N_h S_h)` with the `lambda` that uses up `n`: the exact optimum (Karush-Kuhn-Tucker).
///
/// # Errors
///
/// As [`neyman_allocation`]; [`StatsError::OutOfRange`] where `n` is below the sum of the minima or above all units.
///
/// # Source
///
/// Gabler, Ganninger & Muennich (2012), Metrika 75:151–161.
pub fn capped_neyman_allocation(strata: &[StratumPlan], n: f64) -> Result<Vec<f64>, StatsError> {
    share_out(strata, 1.0, |stratum| stratum.size * stratum.deviation)?;
    let need = |stratum: &StratumPlan| stratum.size * stratum.deviation;
    let clamp = |stratum: &StratumPlan, lambda: f64| {
        (lambda * need(stratum)).clamp(stratum.least.min(stratum.size), stratum.size)
    };
    let sum = |lambda: f64| strata.iter().map(|stratum| clamp(stratum, lambda)).sum::<f64>();
    let most = strata
        .iter()
        .filter(|stratum| stratum.deviation > 0.0)
        .fold(0.0_f64, |most, stratum| most.max(1.0 / stratum.deviation));
    let slack = 1e-9 * (1.0 + n.abs());
    if !(sum(0.0) - slack <= n && n <= sum(most) + slack) {
        return Err(StatsError::OutOfRange {
            what: "a sample size between the strata's minima and what they can use",
            value: n,
        });
    }
    let (mut low, mut high) = (0.0_f64, most);
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if sum(middle) < n { low = middle } else { high = middle }
    }
    Ok(settle(strata, n, high))
}

/// Returns Neyman's allocation in whole units, of least variance among all that keep minima and sizes.
///
/// Starts at the minima and gives one unit at a time to the stratum whose variance it lowers most, by the priority
/// `N_h S_h / sqrt(k (k+1))`; ties go to the first. Minima are rounded up and are at least 1.
///
/// # Errors
///
/// As [`capped_neyman_allocation`].
///
/// # Source
///
/// Wright (2012), The equivalence of Neyman optimum allocation for sampling and equal proportions for apportioning the
/// U.S. House of Representatives, Am. Stat. 66:217–224.
pub fn whole_neyman_allocation(strata: &[StratumPlan], n: u64) -> Result<Vec<u64>, StatsError> {
    share_out(strata, 1.0, |stratum| stratum.size * stratum.deviation)?;
    let top = |stratum: &StratumPlan| stratum.size.floor() as u64;
    let mut sizes: Vec<u64> =
        strata.iter().map(|s| (s.least.ceil().max(1.0) as u64).min(top(s))).collect();
    let (least, most): (u64, u64) = (sizes.iter().sum(), strata.iter().map(top).sum());
    if n < least || most < n {
        return Err(StatsError::OutOfRange {
            what: "a sample size between the strata's minima and all units",
            value: n as f64,
        });
    }
    let priority = |stratum: &StratumPlan, k: u64| {
        stratum.size * stratum.deviation / (k as f64).sqrt() / (k as f64 + 1.0).sqrt()
    };
    let mut order: std::collections::BinaryHeap<Claim> = (0..strata.len())
        .filter(|h| sizes[*h] < top(&strata[*h]))
        .map(|h| Claim { priority: priority(&strata[h], sizes[h]), stratum: h })
        .collect();
    for _ in least..n {
        let Some(Claim { stratum: h, .. }) = order.pop() else { break };
        sizes[h] += 1;
        if sizes[h] < top(&strata[h]) {
            order.push(Claim { priority: priority(&strata[h], sizes[h]), stratum: h });
        }
    }
    Ok(sizes)
}

/// Rounds an allocation to whole units with the same (rounded) sum: the largest remainders are rounded up.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a size below 0 or not finite.
///
/// # Source
///
/// Hamilton's method of apportionment; Balinski & Young (1982), Fair Representation.
pub fn largest_remainder(sizes: &[f64]) -> Result<Vec<u64>, StatsError> {
    if let Some(size) = sizes.iter().find(|size| !(**size >= 0.0 && **size < 9e15)) {
        return Err(StatsError::OutOfRange { what: "a size of 0 or above", value: *size });
    }
    let mut whole: Vec<u64> = sizes.iter().map(|size| size.floor() as u64).collect();
    let missing = (sizes.iter().sum::<f64>().round() as u64).saturating_sub(whole.iter().sum());
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].fract().total_cmp(&sizes[*a].fract()).then(a.cmp(b)));
    order.iter().take(missing as usize).for_each(|h| whole[*h] += 1);
    Ok(whole)
}

/// Returns the variance of the stratified mean, `sum (N_h/N)^2 (1 - n_h/N_h) S_h^2 / n_h`.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`]; [`StatsError::OutOfRange`] for a size outside (0, N_h].
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 5.3.
pub fn stratified_mean_variance(strata: &[StratumPlan], sizes: &[f64]) -> Result<f64, StatsError> {
    check(strata)?;
    if strata.len() != sizes.len() {
        return Err(StatsError::LengthsDiffer { left: strata.len(), right: sizes.len() });
    }
    let population: f64 = strata.iter().map(|stratum| stratum.size).sum();
    let mut variance = 0.0;
    for (stratum, size) in strata.iter().zip(sizes) {
        if !(*size > 0.0 && *size <= stratum.size * (1.0 + 1e-12)) {
            return Err(StatsError::OutOfRange { what: "a size within its stratum", value: *size });
        }
        let left = (1.0 - size / stratum.size).max(0.0);
        variance += (stratum.size / population * stratum.deviation).powi(2) * left / size;
    }
    Ok(variance)
}

/// A stratum's claim to the next unit; the largest priority first, then the first stratum.
#[derive(Debug, PartialEq)]
struct Claim {
    priority: f64,
    stratum: usize,
}

impl Eq for Claim {}

impl Ord for Claim {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.priority.total_cmp(&other.priority).then(other.stratum.cmp(&self.stratum))
    }
}

impl PartialOrd for Claim {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn by_cost(stratum: &StratumPlan) -> f64 {
    stratum.size * stratum.deviation / stratum.cost.sqrt()
}

/// Gives the strata between their limits exactly what the others leave, at the lambda found.
fn settle(strata: &[StratumPlan], n: f64, lambda: f64) -> Vec<f64> {
    let need = |stratum: &StratumPlan| stratum.size * stratum.deviation;
    let bounds = |stratum: &StratumPlan| (stratum.least.min(stratum.size), stratum.size);
    let free = |stratum: &StratumPlan| {
        let (least, most) = bounds(stratum);
        least < lambda * need(stratum) && lambda * need(stratum) < most
    };
    let fixed = |stratum: &StratumPlan| {
        let (least, most) = bounds(stratum);
        (lambda * need(stratum)).clamp(least, most)
    };
    let taken: f64 = strata.iter().filter(|stratum| !free(stratum)).map(fixed).sum();
    let needs: f64 = strata.iter().filter(|stratum| free(stratum)).map(need).sum();
    let of = |stratum: &StratumPlan| {
        if free(stratum) { (n - taken) * need(stratum) / needs } else { fixed(stratum) }
    };
    strata.iter().map(of).collect()
}

fn share_out(
    strata: &[StratumPlan],
    n: f64,
    need: impl Fn(&StratumPlan) -> f64,
) -> Result<Vec<f64>, StatsError> {
    check(strata)?;
    let sum: f64 = strata.iter().map(&need).sum();
    if sum > 0.0 && sum.is_finite() {
        Ok(strata.iter().map(|stratum| n * need(stratum) / sum).collect())
    } else {
        Err(StatsError::Undefined {
            statistic: "optimal allocation",
            reason: "no stratum is expected to vary",
        })
    }
}

fn check(strata: &[StratumPlan]) -> Result<(), StatsError> {
    if strata.is_empty() {
        return Err(StatsError::NoUnits);
    }
    for stratum in strata {
        positive(stratum.size)?;
        positive(stratum.cost)?;
        for value in [stratum.deviation, stratum.least] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(StatsError::OutOfRange { what: "a number of 0 or above", value });
            }
        }
    }
    Ok(())
}

fn positive(value: f64) -> Result<f64, StatsError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what: "a number above 0", value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stratum(size: f64, deviation: f64) -> StratumPlan {
        StratumPlan { size, deviation, cost: 1.0, least: 2.0 }
    }

    #[test]
    fn barnetts_strata_get_neymans_sizes_and_the_published_deviation() {
        // Barnett (2021), violative view rate, Table 2A: shares of views and violative rates of five risk strata.
        let shares = [0.80, 0.10, 0.05, 0.01, 0.04];
        let rates = [0.0005, 0.005, 0.01, 0.05, 0.0025_f64];
        let plan = |(w, p): (f64, f64)| stratum(w * 1e15, (p * (1.0 - p)).sqrt());
        let strata: Vec<_> = shares.into_iter().zip(rates).map(plan).collect();
        let neyman = neyman_allocation(&strata, 4000.0).unwrap();
        for (got, wanted) in neyman.iter().zip([2098.4952, 827.6337, 583.7531, 255.7340, 234.3840])
        {
            assert!((got - wanted).abs() < 5e-5, "{got}");
        }
        assert_eq!(largest_remainder(&neyman).unwrap(), [2098, 828, 584, 256, 234]);
        let points =
            |sizes: &[f64]| 100.0 * stratified_mean_variance(&strata, sizes).unwrap().sqrt();
        let rounded = points(&[2098.0, 828.0, 584.0, 256.0, 234.0]);
        assert!((rounded - 0.053_899_962_8).abs() < 1.5e-10, "{rounded}");
        assert!(points(&neyman) < rounded);
        let proportional = proportional_allocation(&strata, 4000.0).unwrap();
        assert!((points(&proportional) - 0.070_125_8).abs() < 1e-6, "{}", points(&proportional));
        let simple =
            stratified_mean_variance(&[stratum(1e15, (0.002_f64 * 0.998).sqrt())], &[4000.0]);
        assert!((100.0 * simple.unwrap().sqrt() - 0.070_639_9).abs() < 1e-6);
    }

    #[test]
    fn a_pilot_without_positives_still_gets_a_deviation() {
        let least = pilot_deviation(Rate::new(0, 98).unwrap());
        assert!((least - (0.01_f64 * 0.99).sqrt()).abs() < 1e-12);
        assert!((pilot_deviation(Rate::new(98, 98).unwrap()) - least).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        assert!(neyman_allocation(&[], 10.0).is_err());
        assert!(neyman_allocation(&[stratum(10.0, 0.0)], 5.0).is_err());
        assert!(neyman_allocation(&[stratum(10.0, f64::NAN)], 5.0).is_err());
        for n in [3.0, 21.0, f64::NAN] {
            assert!(
                capped_neyman_allocation(&[stratum(10.0, 1.0), stratum(10.0, 2.0)], n).is_err()
            );
        }
        assert!(whole_neyman_allocation(&[stratum(10.0, 1.0), stratum(10.0, 2.0)], 21).is_err());
    }

    proptest! {
        #[test]
        fn whole_units_are_given_where_no_exchange_helps(
            strata in proptest::collection::vec((3.0f64..60.0, 0.1f64..9.0), 2..5),
            part in 0.0f64..1.0,
        ) {
            let strata: Vec<_> = strata.into_iter().map(|(n, s)| stratum(n.floor(), s)).collect();
            let (least, most) = (2 * strata.len() as u64, strata.iter().map(|s| s.size as u64).sum::<u64>());
            let n = least + ((most - least) as f64 * part) as u64;
            let sizes = whole_neyman_allocation(&strata, n).unwrap();
            prop_assert_eq!(sizes.iter().sum::<u64>(), n);
            let variance = |sizes: &[u64]| {
                stratified_mean_variance(&strata, &sizes.iter().map(|n| *n as f64).collect::<Vec<_>>()).unwrap()
            };
            for from in 0..sizes.len() {
                for to in 0..sizes.len() {
                    if from != to && 2 < sizes[from] && sizes[to] < strata[to].size as u64 {
                        let mut moved = sizes.clone();
                        moved[from] -= 1;
                        moved[to] += 1;
                        prop_assert!(variance(&sizes) <= variance(&moved) * (1.0 + 1e-12));
                    }
                }
            }
            let real = capped_neyman_allocation(&strata, n as f64).unwrap();
            prop_assert!((real.iter().sum::<f64>() - n as f64).abs() < 1e-6);
            prop_assert!(stratified_mean_variance(&strata, &real).unwrap() <= variance(&sizes) * (1.0 + 1e-9));
        }
    }
}
