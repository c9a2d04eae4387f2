//! Several periods: changes, pooled windows, breaks and drift.

use crate::measure::Changed;
use crate::measure::Code;
use crate::measure::Comparison;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Goal;
use crate::measure::GoalVerdict;
use crate::measure::GoldDrawn;
use crate::measure::GoldLabel;
use crate::measure::Judgment;
use crate::measure::LabeledUnit;
use crate::measure::Missing;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Positive;
use crate::measure::Rows;
use crate::measure::Series;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::TidyRow;
use crate::measure::Verdict;
use crate::measure::compare;
use crate::measure::one_period;
use crate::measure::series;
use crate::reply::Outcome;
use crate::stats::Coordination;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::Prn;
use crate::stats::TwoDays;
use crate::stats::TwoPhaseMethod;
use crate::unit::Design;
use crate::unit::Inclusion;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

const SHARED: Coordination = Coordination { sample: Prn::Shared, gold: Prn::Shared };
const SEPARATE: Coordination = Coordination { sample: Prn::Separate, gold: Prn::Separate };

/// One period: units by id with their label, gold by id with its label.
#[derive(Clone)]
struct Day {
    name: &'static str,
    version: &'static str,
    labeler: &'static str,
    units: Vec<(String, &'static str)>,
    gold: Vec<(String, &'static str)>,
    inclusion: Option<Inclusion>,
}

/// Units of one label, how many have gold, and how many of these are violating.
type Cell = (u64, u64, u64);

impl Day {
    /// A period with flagged and unflagged units; ids begin with `prefix`.
    fn of(name: &'static str, prefix: &str, flagged: Cell, unflagged: Cell) -> Self {
        let (mut units, mut gold) = (Vec::new(), Vec::new());
        for (label, (n, golden, positive)) in [("bad", flagged), ("fine", unflagged)] {
            for at in 0..n {
                let id = format!("{prefix}{label}-{at}");
                if at < golden {
                    gold.push((id.clone(), if at < positive { "bad" } else { "fine" }));
                }
                units.push((id, label));
            }
        }
        Self { name, version: "1.0.0", labeler: "main", units, gold, inclusion: None }
    }

    fn sampled(mut self, probability: f64) -> Self {
        let design = Design::Priority;
        self.inclusion = Some(Inclusion::new(probability, design));
        self
    }

    fn unit<'a>(&'a self, (id, label): &'a (String, &'static str)) -> LabeledUnit<'a> {
        let inclusion = self.inclusion.as_ref();
        LabeledUnit {
            id,
            exposure: 1.0,
            inclusion,
            outcome: Outcome::Label,
            label: Some(label),
            classes: &[],
        }
    }

    fn with<T>(&self, set: &Set, then: impl FnOnce(PeriodRows<'_>) -> T) -> T {
        let subject = Subject {
            policy: "insults".to_owned(),
            policy_version: Some(self.version.to_owned()),
            period: Some(self.name.to_owned()),
            ..Subject::default()
        };
        let positive = Positive::labels(["bad"]).unwrap();
        let settings = Settings {
            interval: TwoPhaseMethod::KgMeld,
            positive: &positive,
            drawn: set.drawn,
            level: Level::new(0.95).unwrap(),
            draws: Draws::least(1),
            min_gold: 100,
            max_gold_age_days: None,
            salts: None,
            goal: Some(Goal::parse("below 30 %").unwrap()),
        };
        let units: Vec<_> = self.units.iter().map(|unit| self.unit(unit)).collect();
        let gold: Vec<_> = self
            .gold
            .iter()
            .map(|(id, label)| GoldLabel {
                id,
                label,
                judgment: if *label == "?" { Judgment::Undetermined } else { Judgment::Decided },
                probability: None,
                age_days: None,
            })
            .collect();
        then(PeriodRows {
            subject: &subject,
            instrument: Some(self.labeler),
            rows: Rows { units: &units, gold: &gold, stated: None },
            settings: &settings,
            history: &[],
        })
    }
}

/// What tests vary.
struct Set {
    drawn: GoldDrawn,
}

const NESTED: Set = Set { drawn: GoldDrawn::FromSample };

fn compared_by(set: &Set, a: &Day, b: &Day, drawn: Coordination) -> Comparison {
    a.with(set, |earlier| b.with(set, |later| compare(TwoDays { earlier, later }, drawn).unwrap()))
}

fn compared(a: &Day, b: &Day, drawn: Coordination) -> Comparison {
    compared_by(&NESTED, a, b, drawn)
}

fn series_of(days: &[&Day]) -> Series {
    fn gather(days: &[&Day], parts: &[PeriodRows<'_>]) -> Series {
        match days.split_first() {
            None => series(parts).unwrap(),
            Some((day, rest)) => day.with(&NESTED, |part| {
                let mut parts = parts.to_vec();
                parts.push(part);
                gather(rest, &parts)
            }),
        }
    }
    gather(days, &[])
}

/// 20 % flagged, of which 5 in 6 violate, and 5 % of the rest.
fn steady(name: &'static str, prefix: &str) -> Day {
    Day::of(name, prefix, (200, 60, 50), (800, 240, 12)).sampled(0.01)
}

/// Twice as much flagged.
fn doubled(name: &'static str, prefix: &str) -> Day {
    Day::of(name, prefix, (400, 120, 100), (600, 180, 9)).sampled(0.01)
}

#[test]
fn samples_without_a_unit_in_common_have_independent_errors() {
    let got = compared(&steady("a", "a"), &doubled("b", "b"), SHARED).change;
    let made = got.difference.unwrap();
    assert!((made.value - (0.4 - 0.2) * (5.0 / 6.0 - 0.05)).abs() < 1e-12, "{made:?}");
    assert!(made.from_units.abs() < 1e-300 && made.from_gold.abs() < 1e-300);
    assert!(0.0 < made.low && made.low < made.value && made.value < made.high);
    assert!(made.p_value < 1e-3 && got.shared_units == 0);
    assert!((got.naive.unwrap() - 0.2).abs() < 1e-12);
    let ratio = got.ratio.unwrap();
    assert!(1.0 < ratio.low && ratio.low < ratio.value && ratio.value < ratio.high);
    // 2.8 half widths over 1.96
    let half = (made.high - made.low) / 2.0;
    assert!((made.detectable.unwrap() / half - 2.801_585 / 1.959_964).abs() < 0.1, "{made:?}");
}

#[test]
fn units_that_both_samples_hold_narrow_the_change_only_under_one_salt() {
    let (a, b) = (steady("a", ""), steady("b", ""));
    let mut moved = b.clone();
    moved.units.iter_mut().take(20).for_each(|(_, label)| *label = "fine");
    let shared = compared(&a, &moved, SHARED).change;
    let separate = compared(&a, &moved, SEPARATE).change;
    assert_eq!(shared.shared_units, 1000);
    let (shared, separate) = (shared.difference.unwrap(), separate.difference.unwrap());
    assert!(shared.from_units > 0.0 && separate.from_units.abs() < 1e-300);
    assert!(shared.std_error < 0.5 * separate.std_error, "{shared:?} {separate:?}");
    assert!(shared.high - shared.low < separate.high - separate.low);
    let same = compared(&a, &b, SHARED).change.difference.unwrap();
    assert!(same.value.abs() < 1e-12 && same.std_error < 1e-9 && same.p_value > 0.99, "{same:?}");
}

#[test]
fn no_change_is_told_across_a_change_of_standard() {
    let b = Day { version: "2.0.0", ..doubled("b", "b") };
    let got = compared(&steady("a", "a"), &b, SHARED);
    assert_eq!(got.change.difference, Err(Missing::Withheld(Code::DefinitionBreak)));
    assert_eq!(got.change.ratio, Err(Missing::Withheld(Code::DefinitionBreak)));
    assert_eq!((got.change.naive, got.change.verdict), (None, Verdict::Withheld));
    assert!(got.later.has(Code::DefinitionBreak) && !got.earlier.has(Code::DefinitionBreak));
    assert!(got.later.corrected.is_ok() && got.drift.is_none());
    assert_eq!(got.breaks.iter().map(|it| it.what).collect::<Vec<_>>(), [Changed::Standard]);
}

#[test]
fn the_corrected_change_survives_another_labeler_and_the_naive_one_does_not() {
    for b in [
        Day { labeler: "other", ..doubled("b", "b") },
        Day { version: "1.4.0", ..doubled("b", "b") },
    ] {
        let got = compared(&steady("a", "a"), &b, SHARED);
        assert!(got.change.difference.is_ok() && got.change.naive.is_none());
        assert!(!got.later.has(Code::DefinitionBreak) && got.drift.is_none());
        assert_eq!(got.breaks.iter().map(|it| it.what).collect::<Vec<_>>(), [Changed::Labeler]);
        let pooled = series_of(&[&steady("a", "a"), &b]).pooled;
        assert!(pooled.corrected.is_ok());
        assert_eq!(pooled.naive, Err(Missing::SeveralLabelers));
    }
}

#[test]
fn what_people_could_not_tell_widens_the_change_to_its_worst_cases() {
    let (a, mut b) = (steady("a", "a"), doubled("b", "b"));
    let sure = compared(&a, &b, SHARED).change.difference.unwrap();
    b.gold.iter_mut().take(10).for_each(|(_, label)| *label = "?");
    let got = compared(&a, &b, SHARED);
    let unsure = got.change.difference.unwrap();
    let (a, b) = (got.earlier.corrected.unwrap(), got.later.corrected.unwrap());
    assert!((unsure.low - (b.low - a.high)).abs() < 1e-12);
    assert!((unsure.high - (b.high - a.low)).abs() < 1e-12);
    assert!(unsure.high - unsure.low > sure.high - sure.low);
}

#[test]
fn independent_gold_has_a_change_by_inverted_rates() {
    let set = Set { drawn: GoldDrawn::Independent };
    let got = compared_by(&set, &steady("a", "a"), &doubled("b", "b"), SHARED);
    assert_eq!(got.later.corrected_by, Estimator::RoganGladen);
    let made = got.change.difference.unwrap();
    assert!(made.low < made.value && made.value < made.high && made.value > 0.1, "{made:?}");
}

#[test]
fn a_period_without_an_estimate_has_no_change() {
    let b = Day::of("b", "b", (400, 0, 0), (600, 0, 0));
    let got = compared(&steady("a", "a"), &b, SHARED).change;
    assert_eq!(got.difference, Err(Missing::Withheld(Code::EmptyCell)));
    assert_eq!(got.verdict, Verdict::Withheld);
}

#[test]
fn a_change_is_a_row_of_the_table_under_both_periods() {
    let got = compared(&steady("a", "a"), &doubled("b", "b"), SHARED);
    let days = TwoDays { earlier: &got.earlier, later: &got.later };
    let row = TidyRow::of_change(&got.change, days);
    assert_eq!((row.period.as_deref(), row.estimator.name()), (Some("a/b"), "change"));
    assert_eq!((row.n, row.m), (2000, 600));
    assert!(row.value.is_some() && row.low < row.high && !row.estimate_id.is_empty());
}

#[test]
fn a_window_is_the_mean_of_its_periods_by_exposure() {
    let (a, b) = (steady("a", "a"), doubled("b", "b"));
    let got = series_of(&[&a, &b]);
    let values: Vec<f64> =
        got.periods.iter().map(|period| period.corrected.as_ref().unwrap().value).collect();
    let pooled = got.pooled.corrected.unwrap();
    assert!((pooled.value - (values[0] + values[1]) / 2.0).abs() < 1e-12);
    assert!(pooled.low < pooled.value && pooled.value < pooled.high);
    assert_eq!(got.pooled.subject.period.as_deref(), Some("a/b"));
    assert_eq!((got.pooled.n, got.pooled.m), (2000, 600));
    assert!(got.breaks.is_empty());
}

#[test]
fn gold_counts_within_its_own_period_however_unevenly_it_was_drawn() {
    // much gold where little violates, little gold where much does
    let a = Day::of("a", "a", (20, 20, 10), (980, 380, 0));
    let b = Day::of("b", "b", (500, 12, 10), (500, 12, 2));
    let got = series_of(&[&a, &b]);
    let values: Vec<f64> =
        got.periods.iter().map(|period| period.corrected.as_ref().unwrap().value).collect();
    let pooled = got.pooled.corrected.unwrap().value;
    let mean = (values[0] + values[1]) / 2.0;
    // as one simple random sample all gold would say some 7 %
    assert!((pooled - mean).abs() < 0.04 && pooled > 0.2, "{pooled} {values:?}");
}

#[test]
fn a_window_with_a_period_without_gold_is_withheld() {
    let got = series_of(&[&steady("a", "a"), &Day::of("b", "b", (400, 0, 0), (600, 0, 0))]);
    assert_eq!(got.pooled.corrected, Err(Missing::Withheld(Code::EmptyCell)));
    assert_eq!(got.pooled.verdict, Verdict::Withheld);
    assert!(got.periods[0].corrected.is_ok());
}

#[test]
fn a_window_across_two_standards_is_no_number_at_all() {
    let b = Day { version: "2.0.0", ..doubled("b", "b") };
    let got = series_of(&[&steady("a", "a"), &b]);
    let broken = Missing::Withheld(Code::DefinitionBreak);
    assert_eq!(got.pooled.corrected, Err(broken));
    assert_eq!(got.pooled.naive, Err(broken));
    assert!(got.periods.iter().all(|period| period.corrected.is_ok()));
}

#[test]
fn error_rates_that_moved_are_told_with_their_test() {
    let worse = Day::of("b", "b", (200, 60, 20), (800, 240, 12)).sampled(0.01);
    let got = compared(&steady("a", "a"), &worse, SHARED);
    let drift = got.drift.unwrap();
    let moved: Vec<&str> = drift.moved().map(|rate| rate.rate).collect();
    assert!(moved.contains(&"precision"), "{drift:?}");
    let precision = drift.rates.iter().find(|rate| rate.rate == "precision").unwrap();
    // 50 of 60 against 20 of 60
    assert!((precision.test.statistic - 30.857).abs() < 0.01, "{precision:?}");
    assert!(precision.adjusted >= precision.test.p_value);
    let told = got.later.findings.iter().find(|it| it.code == Code::DriftInErrorRates).unwrap();
    assert!(told.detail.contains("precision 83.3, 33.3 % over a, b"), "{}", told.detail);
    // gold of the period itself is none the worse for it
    assert_eq!(told.verdict, Verdict::Publishable);
    let same = compared(&steady("a", "a"), &steady("b", "b"), SHARED);
    assert_eq!(same.drift.unwrap().moved().count(), 0);
    assert!(!same.later.has(Code::DriftInErrorRates));
}

#[test]
fn a_goal_is_told_by_the_interval() {
    let got = compared(&steady("a", "a"), &doubled("b", "b"), SHARED);
    assert_eq!(got.earlier.goal.unwrap().verdict, GoalVerdict::Met);
    assert_eq!(got.later.goal.unwrap().verdict, GoalVerdict::NotMet);
    let thin = Day::of("a", "a", (200, 8, 6), (800, 30, 2));
    let got = compared(&thin, &doubled("b", "b"), SHARED);
    assert_eq!(got.earlier.goal.unwrap().verdict, GoalVerdict::CannotBeTold);
}

/// The last of several periods, leaning on those before it.
fn leaning(days: &[&Day]) -> PolicyPrevalence {
    fn gather(days: &[&Day], parts: &[PeriodRows<'_>]) -> PolicyPrevalence {
        let Some((day, rest)) = days.split_first() else { unreachable!("no period") };
        day.with(&NESTED, |part| {
            if rest.is_empty() {
                return one_period(&PeriodRows { history: parts, ..part }).unwrap();
            }
            let mut parts = parts.to_vec();
            parts.push(part);
            gather(rest, &parts)
        })
    }
    gather(days, &[])
}

#[test]
fn thin_gold_leans_on_earlier_gold_and_is_narrower_for_it() {
    let thin = Day::of("c", "c", (200, 8, 7), (800, 32, 2)).sampled(0.01);
    let alone = leaning(&[&thin]).corrected.unwrap();
    let (a, b) = (steady("a", "a"), steady("b", "b"));
    let got = leaning(&[&a, &b, &thin]);
    assert_eq!(got.corrected_by, Estimator::Hybrid);
    let leaning = got.corrected.unwrap();
    assert!((leaning.value - alone.value).abs() < 0.03, "{leaning:?} {alone:?}");
    assert!(leaning.high - leaning.low < alone.high - alone.low, "{leaning:?} {alone:?}");
    // earlier gold says .8333 and .05: what it says of this period, plus the mean residual of its own gold
    let model = 0.2 * 50.0 / 60.0 + 0.8 * 0.05;
    let residual = (7.0 - 8.0 * 50.0 / 60.0 + 2.0 - 32.0 * 0.05) / 40.0;
    assert!((leaning.value - (model + residual)).abs() < 1e-9, "{leaning:?}");
}

#[test]
fn a_period_with_gold_enough_goes_by_its_own() {
    let got = leaning(&[&steady("a", "a"), &doubled("b", "b")]);
    assert_eq!(got.corrected_by, Estimator::TwoPhase);
}

#[test]
fn few_residuals_that_agree_do_not_pass_for_precision() {
    // no gold positive among the unflagged, and every flagged one violating
    let lucky = Day::of("c", "c", (200, 8, 8), (800, 32, 0)).sampled(0.01);
    let got = leaning(&[&steady("a", "a"), &steady("b", "b"), &lucky]);
    let (a, it) = (leaning(&[&steady("a", "a")]).corrected.unwrap(), got.corrected.unwrap());
    assert!(it.std_error > a.std_error, "{it:?} {a:?}");
}

#[test]
fn a_period_without_gold_is_the_model_alone_and_says_so() {
    let none = Day::of("c", "c", (300, 0, 0), (700, 0, 0)).sampled(0.01);
    let shifted = Day::of("b", "b", (200, 60, 46), (800, 240, 18)).sampled(0.01);
    let got = leaning(&[&steady("a", "a"), &shifted, &none]);
    assert_eq!((got.corrected_by, got.verdict), (Estimator::ModelOnly, Verdict::Provisional));
    assert!(got.has(Code::ModelOnly) && !got.has(Code::EmptyCell));
    let made = got.corrected.unwrap();
    assert!((made.value - (0.3 * 96.0 / 120.0 + 0.7 * 30.0 / 480.0)).abs() < 1e-9, "{made:?}");
    // two periods that differ leave much open about a third
    assert!(made.high - made.low > 0.2, "{made:?}");
    assert_eq!(got.goal.unwrap().verdict, GoalVerdict::CannotBeTold);
    // a single earlier period cannot show how much periods differ
    let one = leaning(&[&steady("a", "a"), &none]);
    assert_eq!(one.corrected, Err(Missing::Withheld(Code::EmptyCell)));
}

#[test]
fn gold_of_another_labeler_or_standard_is_not_leant_on() {
    let thin = Day::of("c", "c", (200, 8, 7), (800, 32, 2)).sampled(0.01);
    for other in
        [Day { labeler: "other", ..steady("a", "a") }, Day { version: "0.9.0", ..steady("a", "a") }]
    {
        assert_eq!(leaning(&[&other, &thin]).corrected_by, Estimator::TwoPhase);
    }
}

#[test]
fn changes_of_leaning_periods_count_the_gold_they_share() {
    let (a, b) = (steady("a", "a"), Day::of("b", "b", (200, 60, 46), (800, 240, 18)).sampled(0.01));
    let none = |name| Day::of(name, name, (300, 0, 0), (700, 0, 0)).sampled(0.01);
    let got = a.with(&NESTED, |a| {
        b.with(&NESTED, |b| {
            let history = [a, b];
            none("c").with(&NESTED, |c| {
                none("d").with(&NESTED, |d| {
                    let leaning = |part| PeriodRows { history: &history, ..part };
                    let days = TwoDays { earlier: leaning(c), later: leaning(d) };
                    compare(days, SHARED).unwrap()
                })
            })
        })
    });
    let made = got.change.difference.unwrap();
    assert_eq!(got.later.corrected_by, Estimator::ModelOnly);
    assert!(made.value.abs() < 1e-12 && made.from_gold > 0.0, "{made:?}");
    let width = |of: &PolicyPrevalence| of.corrected.as_ref().unwrap().std_error;
    assert!(made.std_error < width(&got.earlier).hypot(width(&got.later)), "{made:?}");
}

/// A simple random sample of a large population: labels by error rates, gold on a random part of it.
fn drawn(name: &'static str, theta: f64, (n, gold): (usize, usize), rng: &mut Pcg64) -> Day {
    let mut day = Day::of(name, name, (0, 0, 0), (0, 0, 0)).sampled(1e-6);
    for at in 0..n {
        let truth = rng.random_bool(theta);
        let flagged = rng.random_bool(if truth { 0.85 } else { 0.01 });
        let id = format!("{name}{at}");
        // units come in random order, so the first ones are a random part
        if at < gold {
            day.gold.push((id.clone(), if truth { "bad" } else { "fine" }));
        }
        day.units.push((id, if flagged { "bad" } else { "fine" }));
    }
    day
}

#[test]
fn intervals_of_changes_and_of_leaning_periods_cover() {
    const RUNS: usize = 100;
    let mut rng = Pcg64::seed_from_u64(7);
    let (mut change, mut lean, mut model) = ((0, 0), 0, (0, 0));
    for _ in 0..RUNS {
        let thetas: Vec<f64> = (0..5).map(|_| 0.02 + 0.01 * rng.random::<f64>()).collect();
        let day = |at: usize, gold, rng: &mut Pcg64| {
            drawn(["a", "b", "c", "d", "e"][at], thetas[at], (700, gold), rng)
        };
        let days: Vec<Day> = (0..5).map(|at| day(at, 80, &mut rng)).collect();
        let truth = thetas[4] - thetas[3];
        if let Ok(it) = compared(&days[3], &days[4], SHARED).change.difference {
            change.0 += usize::from(it.low <= truth && truth <= it.high);
            change.1 += 1;
        }
        let days: Vec<&Day> = days.iter().collect();
        let holds = |it: &Estimate| it.low <= thetas[4] && thetas[4] <= it.high;
        let leant = leaning(&days).corrected.unwrap();
        lean += usize::from(holds(&leant));
        let none = Day { gold: Vec::new(), ..days[4].clone() };
        if let Ok(it) = leaning(&[days[0], days[1], days[2], days[3], &none]).corrected {
            model.0 += usize::from(holds(&it));
            model.1 += 1;
        }
    }
    let share = |(covered, runs): (usize, usize)| covered as f64 / runs as f64;
    assert!(share(change) >= 0.93 && change.1 > RUNS / 2, "change {change:?}");
    assert!(share((lean, RUNS)) >= 0.93, "hybrid {lean}");
    assert!(share(model) >= 0.93 && model.1 > RUNS / 2, "model {model:?}");
}

#[test]
fn periods_of_one_size_pool_to_the_variance_of_each_over_two() {
    let (a, b) = (steady("a", "a"), steady("b", "b"));
    let series = series_of(&[&a, &b]);
    let error = |of: &PolicyPrevalence| of.corrected.as_ref().unwrap().std_error;
    let (alone, pooled) = (error(&series.periods[0]), error(&series.pooled));
    assert!((pooled / (alone / 2.0_f64.sqrt()) - 1.0).abs() < 1e-9, "{pooled} {alone}");
}
