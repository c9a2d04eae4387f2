//! Intervals for a share: statsmodels, SciPy, R binom, epiR, and Newcombe's published table.

use crate::case::Case;
use crate::case::cases;
use titer::stats::Interval;
use titer::stats::Level;
use titer::stats::Method;
use titer::stats::Rate;
use titer::stats::clopper_pearson_lower;
use titer::stats::clopper_pearson_upper;
use titer::stats::rate_interval;

/// What the file calls each method.
const METHODS: [(&str, Method); 9] = [
    ("wald", Method::Wald),
    ("wilson", Method::Wilson),
    ("wilson_cc", Method::WilsonCorrected),
    ("clopper_pearson", Method::ClopperPearson),
    ("agresti_coull", Method::AgrestiCoull),
    ("jeffreys_raw", Method::JeffreysRaw),
    ("jeffreys_bcd", Method::Jeffreys),
    ("jeffreys_rbinom_all_alpha_one_tail", Method::JeffreysOneTail),
    ("logit", Method::Logit),
];

fn limits(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

fn rate(case: &Case, successes: &str, trials: &str) -> Rate {
    Rate::new(case.count(successes), case.count(trials)).unwrap()
}

#[test]
fn binomial_intervals_equal_scipy_statsmodels_r_and_newcombe() {
    let cases = cases("a_binomial_ci.json", "a-");
    assert!(!cases.is_empty());
    for case in cases {
        let level = Level::new(case.number("conf_level")).unwrap();
        let rate = rate(&case, "successes", "n");
        case.check_if("estimate", rate.value());
        case.check_if("cp_lower_one_sided", clopper_pearson_lower(rate, level));
        case.check_if("cp_upper_one_sided", clopper_pearson_upper(rate, level));
        for (field, method) in METHODS {
            if case.expected(field).is_some() {
                case.check_list(field, &limits(rate_interval(method, rate, level).unwrap()));
            }
        }
        case.finish();
    }
}
