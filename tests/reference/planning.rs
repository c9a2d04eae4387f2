//! Sample sizes, allocations and selections against R sampling, PracTools, pwr, stats, epiR and SciPy.

use crate::case::Case;
use crate::case::cases;
use titer::stats::GroupPlan;
use titer::stats::GuessedRates;
use titer::stats::HalfWidth;
use titer::stats::JointProbabilities;
use titer::stats::LabelerGuess;
use titer::stats::Level;
use titer::stats::OrderKey;
use titer::stats::PowerTarget;
use titer::stats::RankedUnits;
use titer::stats::Rejections;
use titer::stats::RelativeError;
use titer::stats::StatsError;
use titer::stats::StratumPlan;
use titer::stats::TwoShares;
use titer::stats::allocation_for_budget;
use titer::stats::allocation_for_variance;
use titer::stats::capped_neyman_allocation;
use titer::stats::cohen_h;
use titer::stats::detectable_share;
use titer::stats::inclusion_probabilities;
use titer::stats::joint_max_entropy;
use titer::stats::joint_systematic;
use titer::stats::joint_tille;
use titer::stats::neyman_allocation;
use titer::stats::order_keys;
use titer::stats::order_selection;
use titer::stats::poisson_selection;
use titer::stats::power_of_arcsine_test;
use titer::stats::power_of_two_shares;
use titer::stats::proportional_allocation;
use titer::stats::size_for_arcsine_one;
use titer::stats::size_for_arcsine_two;
use titer::stats::size_for_half_width;
use titer::stats::size_for_rate_among;
use titer::stats::size_for_relative_error;
use titer::stats::size_for_two_shares;
use titer::stats::size_for_wilson;
use titer::stats::size_to_detect;
use titer::stats::size_with_known_errors;
use titer::stats::stratified_mean_variance;
use titer::stats::systematic_selection;
use titer::stats::whole_neyman_allocation;

fn some(prefix: &str) -> Vec<Case> {
    let found = cases("j_sampling_design.json", prefix);
    assert!(!found.is_empty(), "no case {prefix}");
    found
}

fn floats(whole: &[usize]) -> Vec<f64> {
    whole.iter().map(|value| *value as f64).collect()
}

#[test]
fn inclusion_probabilities_equal_r_sampling() {
    for case in some("j-inclprob") {
        let got = inclusion_probabilities(&case.list("size"), case.number("n")).unwrap();
        case.check_list("pik", &got);
        case.finish();
    }
}

/// Compares the joint probability of two units, given with their own.
fn check_pair(case: &Case, path: &str, (one, other, both): (f64, f64, f64)) {
    if path.starts_with("pi2_tille") && (one >= 1.0 || other >= 1.0) {
        assert!((both - one * other).abs() < 1e-9, "{} {path}: {both}", case.name());
        case.differs(
            path,
            "a certain unit is drawn with every other, and UPtillepi2 leaves its row at 0",
        );
    } else {
        case.check(path, both);
    }
}

#[test]
fn joint_probabilities_equal_r_sampling() {
    type Joint = fn(&[f64]) -> Result<JointProbabilities, StatsError>;
    for case in some("j-joint") {
        let pi = inclusion_probabilities(&case.list("size"), case.number("n")).unwrap();
        case.check_list("pik", &pi);
        for (field, joint) in [
            ("pi2_maxentropy", joint_max_entropy as Joint),
            ("pi2_tille", joint_tille),
            ("pi2_systematic_ordered", joint_systematic),
        ] {
            for (i, row) in joint(&pi).unwrap().rows().iter().enumerate() {
                for (j, both) in row.iter().enumerate() {
                    check_pair(&case, &format!("{field}.{i}.{j}"), (pi[i], pi[j], *both));
                }
            }
        }
        case.finish();
    }
}

#[test]
fn poisson_and_systematic_samples_are_those_of_r_sampling() {
    for case in some("j-poisson-systematic") {
        let (targets, numbers) = (case.list("pik"), case.list("u_poisson"));
        let units = RankedUnits { targets: &targets, numbers: &numbers };
        case.check_list("poisson_selected_0based", &floats(&poisson_selection(units).unwrap()));
        let systematic = systematic_selection(&targets, case.number("u1_systematic")).unwrap();
        case.check_list("systematic_selected_0based", &floats(&systematic));
        case.finish();
    }
}

#[test]
fn order_samples_are_those_of_the_published_keys() {
    for case in some("j-order-sampling") {
        let (targets, numbers) = (case.list("lambda"), case.list("u"));
        let units = RankedUnits { targets: &targets, numbers: &numbers };
        let n = case.count("n") as usize;
        for (field, key) in [
            ("pareto_selected_0based", OrderKey::Pareto),
            ("uniform_selected_0based", OrderKey::SequentialPoisson),
            ("exponential_selected_0based", OrderKey::Exponential),
        ] {
            case.check_list(field, &floats(&order_selection(units, key, n).unwrap()));
        }
        case.check_list("pareto_Q", &order_keys(units, OrderKey::Pareto).unwrap());
        case.finish();
    }
}

#[test]
fn allocations_equal_practools_and_the_exact_optimum() {
    for case in some("j-allocation") {
        let (sizes, deviations, costs) = (case.list("Nh"), case.list("Sh"), case.list("ch"));
        let strata = |least: f64| -> Vec<StratumPlan> {
            let of = |h: usize| StratumPlan {
                size: sizes[h],
                deviation: deviations[h],
                cost: costs[h],
                least,
            };
            (0..sizes.len()).map(of).collect()
        };
        let (plan, n) = (strata(0.0), case.number("n"));
        case.check_list("neyman_uncapped_practools", &neyman_allocation(&plan, n).unwrap());
        case.check_list("proportional", &proportional_allocation(&plan, n).unwrap());
        let budget = allocation_for_budget(&plan, case.number("cost")).unwrap();
        case.check_list("optimum_total_cost", &budget);
        let variance = allocation_for_variance(&plan, case.number("V0")).unwrap();
        case.check_list("optimum_target_variance", &variance);
        for least in [1, 2] {
            let plan = strata(f64::from(least));
            let real = capped_neyman_allocation(&plan, n).unwrap();
            let whole: Vec<f64> = whole_neyman_allocation(&plan, case.count("n"))
                .unwrap()
                .into_iter()
                .map(|n| n as f64)
                .collect();
            case.check_list(&format!("neyman_capped_real_min{least}"), &real);
            case.check_list(&format!("neyman_capped_integer_optimal_min{least}"), &whole);
            for (kind, sizes) in [("integer", whole), ("real", real)] {
                let variance = stratified_mean_variance(&plan, &sizes).unwrap();
                case.check_if(&format!("var_mean_{kind}_min{least}"), variance);
            }
        }
        case.finish();
    }
}

#[test]
fn power_and_sizes_for_two_shares_equal_r() {
    for case in some("j-power-2prop") {
        let level = Level::new(1.0 - case.number("alpha")).unwrap();
        let target = PowerTarget { power: case.number("power"), level };
        let (first, second) = (case.number("p1"), case.number("p2"));
        let (shares, n) = (TwoShares { first, second }, case.number("n"));
        let power = |rejections| power_of_two_shares(shares, n, level, rejections).unwrap();
        for (field, got) in [
            ("n_per_group_power_prop_test", size_for_two_shares(shares, target).unwrap()),
            ("power_at_n", power(Rejections::InDirection)),
            ("power_at_n_strict", power(Rejections::Either)),
            (
                "mde_p2_at_n",
                detectable_share(GroupPlan { share: first, units: n }, target).unwrap(),
            ),
            ("cohen_h", cohen_h(shares).unwrap()),
            ("n_per_group_arcsine", size_for_arcsine_two(shares, target).unwrap()),
            ("power_arcsine", power_of_arcsine_test(shares, n, level).unwrap()),
            ("n_one_sample_arcsine", size_for_arcsine_one(shares, target).unwrap()),
        ] {
            case.check(field, got);
        }
        case.finish();
    }
}

#[test]
fn sizes_for_one_share_equal_practools_and_epir() {
    for case in some("j-n-prop") {
        let level = Level::new(0.95).unwrap();
        let (share, half_width) = (case.number("p"), case.number("e"));
        let relative = case.number("er");
        let population = case.has("N").then(|| case.number("N"));
        let target = HalfWidth { share, half_width, level };
        let by_part = HalfWidth { half_width: relative * share, ..target };
        let absolute = size_for_half_width(target, population).unwrap();
        let rates = GuessedRates { prevalence: share, sensitivity: 0.9, specificity: 0.95 };
        let guess = LabelerGuess::new(rates).unwrap();
        let rate = HalfWidth { share: 0.9, half_width: 0.05, level };
        for (field, got) in [
            ("n_abs_moe", absolute),
            ("epi_sssimpleestb", absolute),
            ("n_rel_moe", size_for_half_width(by_part, population).unwrap()),
            ("n_wilson_halfwidth", size_for_wilson(target).unwrap()),
            ("statsmodels_normal_infinite_N", size_for_half_width(target, None).unwrap()),
            ("epi_ssdxsesp_se.9", size_for_rate_among(rate, share).unwrap()),
            ("epi_ssdxsesp_sp.9", size_for_rate_among(rate, 1.0 - share).unwrap()),
        ] {
            case.check(field, got);
        }
        let variation = RelativeError { share, variation: relative };
        let by_variation = size_for_relative_error(variation, population).unwrap();
        case.check("n_cv_target", by_variation);
        let misclassified = size_with_known_errors(guess, half_width, level).unwrap();
        case.check("epi_sssimpleestb_se.9_sp.95", misclassified);
        case.finish();
    }
}

#[test]
fn sizes_to_detect_equal_scipy() {
    for case in some("j-detect") {
        let level = Level::new(case.number("conf")).unwrap();
        case.check("n", size_to_detect(case.number("p"), level).unwrap() as f64);
        case.finish();
    }
}
