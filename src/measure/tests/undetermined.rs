//! Gold on which people could not tell moves the limits, never silently the estimate.

use super::World;
use super::codes;
use crate::measure::Code;
use crate::measure::GoldDrawn;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;

const DRAWN: [GoldDrawn; 3] = [GoldDrawn::FromSample, GoldDrawn::ByLabel, GoldDrawn::Independent];

/// 20 % of the units are violating and the labeler is never wrong; half of the gold is drawn.
///
/// On `unclear` of the 200 violating gold units people could not tell.
fn world(unclear: usize, probability: Option<f64>) -> World {
    let mut world =
        World::default().add("bad", 400, (200, 200)).add("fine", 1600, (800, 0)).sampled(0.01);
    world.gold.iter_mut().take(unclear).for_each(|gold| gold.1 = "unclear");
    world.gold.iter_mut().for_each(|gold| gold.2 = probability);
    world
}

fn undetermined(measured: &PolicyPrevalence) -> &str {
    let mut found = measured.findings.iter();
    &found.find(|finding| finding.code == Code::UndeterminedGold).unwrap().detail
}

#[test]
fn abstaining_on_half_the_violating_gold_no_longer_halves_the_estimate() {
    for probability in [None, Some(0.5)] {
        for drawn in [GoldDrawn::FromSample, GoldDrawn::ByLabel] {
            let measured = world(100, probability).measure(drawn);
            assert_eq!(measured.verdict, Verdict::Provisional, "{:?}", measured.findings);
            let detail = undetermined(&measured);
            assert!(detail.contains("100 of 1000 gold units, 10.0 %"), "{detail}");
            let corrected = measured.corrected.clone().unwrap();
            assert!((corrected.value - 0.2).abs() < 1e-9, "{drawn:?} {corrected:?}");
            for estimate in [corrected, measured.gold_only.unwrap()] {
                assert!(estimate.low < 0.1 && 0.2 < estimate.high, "{drawn:?} {estimate:?}");
                assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
            }
            assert_eq!((measured.m, measured.cells[0].gold), (900, 100));
        }
    }
}

#[test]
fn the_limits_are_those_of_measuring_either_answer() {
    for drawn in DRAWN {
        let (mut none, mut all) = (world(100, None), world(0, None));
        none.gold.iter_mut().filter(|gold| gold.1 == "unclear").for_each(|gold| gold.1 = "fine");
        all.gold.iter_mut().filter(|gold| gold.1 == "unclear").for_each(|gold| gold.1 = "bad");
        let [none, all] = [none, all].map(|world| world.measure(drawn));
        let measured = world(100, None).measure(drawn);
        for (shown, none, all) in [
            (&measured.corrected, &none.corrected, &all.corrected),
            (&measured.gold_only, &none.gold_only, &all.gold_only),
        ] {
            let (shown, none, all) =
                (shown.as_ref().unwrap(), none.as_ref().unwrap(), all.as_ref().unwrap());
            assert!(shown.low <= none.low && all.high <= shown.high, "{drawn:?} {shown:?}");
        }
        let sensitivity = measured.rates.sensitivity.unwrap().share.value;
        assert!((sensitivity - 1.0).abs() < 1e-12, "error rates rest on decided gold");
    }
}

#[test]
fn more_than_a_fifth_undetermined_is_withheld_with_bounds() {
    let mut world = world(100, None);
    world.gold.iter_mut().skip(200).take(110).for_each(|gold| gold.1 = "unclear");
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Withheld);
    assert!(undetermined(&measured).contains("210 of 1000 gold units, 21.0 %"));
    let withheld = Missing::Withheld(Code::UndeterminedGold);
    for estimate in [&measured.corrected, &measured.gold_only, &measured.rogan_gladen] {
        assert_eq!(estimate.as_ref().unwrap_err(), &withheld);
    }
    let bounds = measured.bounds.unwrap();
    assert!((bounds.lowest - 0.1).abs() < 1e-9 && (bounds.highest - 0.31).abs() < 1e-9);
    assert!(bounds.low < bounds.lowest && bounds.highest < bounds.high);
}

#[test]
fn gold_that_is_all_undetermined_tells_nothing() {
    let mut world = World::default().add("bad", 20, (10, 10)).add("fine", 80, (40, 0));
    world.gold.iter_mut().for_each(|gold| gold.1 = "unclear");
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(codes(&measured), [Code::EmptyCell, Code::UndeterminedGold]);
    assert_eq!((measured.verdict, measured.m), (Verdict::Withheld, 0));
    assert!(measured.findings[0].detail.contains("no labeled unit has decided gold"));
    let bounds = measured.bounds.unwrap();
    assert!(bounds.lowest < 1e-12 && bounds.highest > 1.0 - 1e-12);
}

#[test]
fn a_floor_is_not_claimed_where_people_could_not_tell() {
    let mut world = world(0, None);
    assert!(world.measure(GoldDrawn::FromSample).floor.is_some());
    world.gold.iter_mut().skip(200).take(5).for_each(|gold| gold.1 = "unclear");
    assert_eq!(codes(&world.measure(GoldDrawn::FromSample)), [Code::UndeterminedGold]);
}
