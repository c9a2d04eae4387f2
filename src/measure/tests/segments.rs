//! Parts of the units: what they sum to, and which are too small to be shown.

use super::World;
use super::codes;
use crate::measure::Code;
use crate::measure::Coverage;
use crate::measure::Division;
use crate::measure::GoldLabel;
use crate::measure::Judgment;
use crate::measure::LabeledUnit;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Positive;
use crate::measure::Rows;
use crate::measure::Segments;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::by_segments;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::TwoPhaseMethod;
use std::borrow::Cow;
use std::num::NonZeroUsize;

/// Measures a world by whether the number of a unit is below `cut` (`few`) or not (`many`).
fn by_cut(world: &World, cut: usize, coverage: Coverage) -> Vec<PolicyPrevalence> {
    let positive = Positive::labels(["bad"]).unwrap();
    let settings = Settings {
        positive: &positive,
        drawn: crate::measure::GoldDrawn::FromSample,
        level: Level::new(0.9).unwrap(),
        draws: Draws::least(1),
        min_gold: 30,
        max_gold_age_days: None,
        salts: None,
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    let units: Vec<LabeledUnit<'_>> = world.units.iter().map(|unit| world.unit(unit)).collect();
    let gold: Vec<GoldLabel<'_>> = world
        .gold
        .iter()
        .map(|(id, label, probability)| GoldLabel {
            id,
            label,
            judgment: Judgment::Decided,
            probability: *probability,
            age_days: None,
        })
        .collect();
    let values = world.units.iter().map(|(id, ..)| {
        let number: usize = id.rsplit('-').next().unwrap().parse().unwrap();
        Some(Cow::Borrowed(if number < cut { "few" } else { "many" }))
    });
    let divisions = [Division::new("surface", values)];
    let segments = Segments { divisions: &divisions, coverage, threads: NonZeroUsize::MIN };
    let subject = Subject { policy: "insults".to_owned(), ..Subject::default() };
    by_segments(&subject, Rows { units: &units, gold: &gold, stated: None }, segments, &settings)
        .unwrap()
}

/// Every fifth unit of a label has gold; of these every fourth is violating.
fn spread() -> World {
    let mut world =
        World::default().add("bad", 400, (0, 0)).add("fine", 1600, (0, 0)).sampled(0.01);
    for (at, (id, ..)) in world.units.iter().enumerate().filter(|(at, _)| at % 5 == 0) {
        let label = if at % 20 == 0 { "bad" } else { "fine" };
        world.gold.push((id.clone(), label, Some(0.2)));
    }
    world
}

#[test]
fn the_parts_hold_all_units_and_all_gold() {
    let parts = by_cut(&spread(), 200, Coverage::Each);
    let names: Vec<String> =
        parts.iter().map(|part| part.subject.segment.as_ref().unwrap().name()).collect();
    assert_eq!(names, ["surface=few", "surface=many"]);
    assert_eq!(parts.iter().map(|part| part.n).sum::<u64>(), 2000);
    assert_eq!(parts.iter().map(|part| part.m).sum::<u64>(), 400);
    assert!(parts.iter().all(|part| part.corrected.is_ok()), "{parts:?}");
}

#[test]
fn a_part_with_little_gold_shows_an_upper_limit_and_no_estimate() {
    let parts = by_cut(&spread(), 40, Coverage::Each);
    let few = &parts[0];
    assert_eq!((few.n, few.m), (80, 16));
    let high = match few.corrected {
        Err(Missing::Suppressed { high }) => high.unwrap(),
        ref other => unreachable!("{other:?}"),
    };
    assert!((0.1..=1.0).contains(&high), "{high}");
    assert!(codes(few).contains(&Code::SuppressedPivot));
    let rows = few.tidy_rows();
    let corrected = rows.iter().find(|row| row.estimator.name() == "two_phase").unwrap();
    assert_eq!((corrected.value, corrected.low), (None, None));
    assert_eq!(corrected.high, Some(high));
}

#[test]
fn intervals_that_hold_together_are_wider() {
    let (each, together) =
        (by_cut(&spread(), 200, Coverage::Each), by_cut(&spread(), 200, Coverage::Together));
    for (one, all) in each.iter().zip(&together) {
        assert!((all.level.value() - 0.95).abs() < 1e-12);
        let (one, all) = (one.corrected.as_ref().unwrap(), all.corrected.as_ref().unwrap());
        assert!(all.low < one.low && one.high < all.high);
    }
}
