//! Which codes of a labeler share a cell: each keeps one of its own while its gold is enough, and merges within its side else.

use crate::eval::GoldDrawn;
use crate::eval::cells::PLAUSIBLE_GOLD;
use crate::eval::cells::SMALL_SHARE;
use crate::eval::cells::STEADY_GOLD;
use crate::gold::Cell;

/// How much there is of one code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CodeCount {
    /// The cell of the policy's own rule that it is part of.
    pub(crate) side: Cell,
    /// Its units.
    pub(crate) n: u64,
    /// Its gold.
    pub(crate) gold: u64,
    /// Its share of the exposure.
    pub(crate) share: f64,
}

/// Codes that share a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CodeCell {
    /// The codes, in order.
    pub(crate) codes: Vec<usize>,
    /// Their units.
    pub(crate) n: u64,
    /// Their gold.
    pub(crate) gold: u64,
    /// Their share of the exposure.
    pub(crate) share: f64,
    /// Units without an answer merge with flagged ones.
    flagged: bool,
    /// Whether gold may have reached every unit of it, so that merging is design-consistent.
    reached: bool,
}

impl CodeCell {
    /// Returns the gold the cell needs to be steady: 30, or all its units if they are fewer.
    pub(crate) fn needed(&self) -> u64 {
        STEADY_GOLD.min(self.n)
    }

    fn thin(&self) -> bool {
        self.gold < self.needed()
    }
}

/// Returns the cells of an estimate for several classes: one a code that occurs, thin ones merged.
///
/// The cell of least gold that has less than `min(30, its units)` merges with the one of least gold on its side, flagged or
/// unflagged, until none is thin or a side is one cell: how the policy's own rule divides the units. Units without an answer
/// go with the flagged ones. A code without any gold merges only where that could well have happened by chance: fewer than 3
/// were to be expected, and for units without an answer as [`crate::eval::merge_thin`] says. The rule looks at how much gold
/// there is, never at what it says. Gold that is not a subsample of the labeled units merges nothing.
pub(crate) fn cells_of_codes(counts: &[CodeCount], drawn: GoldDrawn) -> Vec<CodeCell> {
    let cell = |(code, count): (usize, &CodeCount)| CodeCell {
        codes: vec![code],
        n: count.n,
        gold: count.gold,
        share: count.share,
        flagged: count.side != Cell::Unflagged,
        reached: reached(count, counts, drawn),
    };
    let mut cells: Vec<CodeCell> =
        counts.iter().enumerate().filter(|(_, count)| count.n > 0).map(cell).collect();
    for flagged in [true, false] {
        // units without an answer are measured by themselves where nothing is flagged
        let sides = counts.iter().filter(|count| count.n > 0 && count.side == Cell::Flagged);
        if !flagged || sides.count() > 0 {
            while merge_thinnest(&mut cells, flagged) {}
        }
    }
    cells.sort_by_key(|cell| cell.codes.first().copied());
    cells
}

/// Merges the cell of a side that has the least gold, where it is thin; returns whether there was one.
fn merge_thinnest(cells: &mut Vec<CodeCell>, flagged: bool) -> bool {
    let least = |cells: &[CodeCell], thin_only: bool| {
        let open = cells.iter().enumerate().filter(|(_, it)| it.flagged == flagged && it.reached);
        let open = open.filter(|(_, it)| !thin_only || it.thin());
        open.min_by_key(|(_, it)| it.gold).map(|(at, _)| at)
    };
    let Some(thinnest) = least(cells, true) else { return false };
    let from = cells.remove(thinnest);
    let Some(into) = least(cells, false) else {
        cells.insert(thinnest, from);
        return false;
    };
    let into = &mut cells[into];
    into.codes.extend(from.codes);
    into.codes.sort_unstable();
    into.n += from.n;
    into.gold += from.gold;
    into.share += from.share;
    true
}

/// Returns whether gold may be taken to have reached the units of a code.
fn reached(count: &CodeCount, counts: &[CodeCount], drawn: GoldDrawn) -> bool {
    let among = |belongs: &dyn Fn(&CodeCount) -> bool| {
        let all = counts.iter().filter(|it| belongs(it));
        let (n, gold) = all.fold((0, 0), |(n, gold), it| (n + it.n, gold + it.gold));
        count.n as f64 * gold as f64 / (n as f64).max(1.0)
    };
    match (drawn, count.side) {
        (GoldDrawn::Independent | GoldDrawn::Convenience, _) => false,
        (GoldDrawn::FromSample | GoldDrawn::ByLabel, _) if count.gold > 0 => true,
        (GoldDrawn::FromSample, Cell::NoAnswer) => {
            among(&|_| true) < PLAUSIBLE_GOLD && count.share <= SMALL_SHARE
        }
        (GoldDrawn::ByLabel, Cell::NoAnswer) => false,
        (GoldDrawn::FromSample, Cell::Flagged | Cell::Unflagged) => {
            among(&|_| true) < PLAUSIBLE_GOLD
        }
        (GoldDrawn::ByLabel, Cell::Flagged | Cell::Unflagged) => {
            among(&|it| it.side == count.side) < PLAUSIBLE_GOLD
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes as (side, units, gold).
    fn check(codes: &[(Cell, u64, u64)], drawn: GoldDrawn, expected: &[&[usize]]) {
        let total: u64 = codes.iter().map(|(_, n, _)| n).sum();
        let count = |(side, n, gold): &(Cell, u64, u64)| CodeCount {
            side: *side,
            n: *n,
            gold: *gold,
            share: *n as f64 / total as f64,
        };
        let counts: Vec<CodeCount> = codes.iter().map(count).collect();
        let cells = cells_of_codes(&counts, drawn);
        let found: Vec<&[usize]> = cells.iter().map(|cell| cell.codes.as_slice()).collect();
        assert_eq!(found, expected, "{codes:?}");
    }

    const ALLOWED: (Cell, u64, u64) = (Cell::Unflagged, 8000, 90);

    #[test]
    fn codes_with_enough_gold_stand_alone() {
        let codes = [ALLOWED, (Cell::Flagged, 500, 40), (Cell::Flagged, 20, 20)];
        check(&codes, GoldDrawn::ByLabel, &[&[0], &[1], &[2]]);
    }

    #[test]
    fn thin_codes_merge_within_their_side_and_non_answers_with_violations() {
        let none = (Cell::NoAnswer, 300, 5);
        let codes = [ALLOWED, (Cell::Flagged, 500, 40), (Cell::Flagged, 200, 9), none];
        check(&codes, GoldDrawn::FromSample, &[&[0], &[1, 2, 3]]);
        let codes = [ALLOWED, (Cell::Flagged, 500, 40), (Cell::Flagged, 200, 26), none];
        check(&codes, GoldDrawn::FromSample, &[&[0], &[1], &[2, 3]]);
        let codes = [ALLOWED, (Cell::Unflagged, 500, 4), (Cell::Flagged, 200, 30)];
        check(&codes, GoldDrawn::FromSample, &[&[0, 1], &[2]]);
        check(&[ALLOWED, none], GoldDrawn::FromSample, &[&[0], &[1]]);
    }

    #[test]
    fn a_code_that_gold_never_reached_stays_apart() {
        // 20 of 500 were to be expected among the flagged
        let codes = [ALLOWED, (Cell::Flagged, 500, 40), (Cell::Flagged, 250, 0)];
        check(&codes, GoldDrawn::ByLabel, &[&[0], &[1], &[2]]);
        let rare = [ALLOWED, (Cell::Flagged, 500, 40), (Cell::Flagged, 20, 0)];
        check(&rare, GoldDrawn::ByLabel, &[&[0], &[1, 2]]);
        check(&rare, GoldDrawn::Independent, &[&[0], &[1], &[2]]);
    }
}
