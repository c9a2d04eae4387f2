//! What the labeler said as codes, where exactly one label applies, and what is to be said of the cells that codes share.

use super::CodeCellRow;
use super::NO_ANSWER;
use super::SchemeLabel;
use crate::eval::CodeCell;
use crate::eval::CodeCount;
use crate::eval::Coded;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::gold::Cell;
use crate::measure::Code;
use crate::measure::Finding;
use crate::measure::Settings;
use crate::reply::Outcome;
use crate::stats::WeightSum;

/// Codes are the labels in order and, last, no answer; classes are the labels.
pub(super) fn coded<'m, 'a>(
    matching: &'m Matching<'a>,
    labels: &[SchemeLabel],
) -> Result<Coded<'m, 'a>, InputMistake> {
    let place = |id: &str| labels.iter().position(|label| label.id == id);
    let said = |unit: &LabeledUnit<'a>| {
        let label = unit.label.filter(|_| unit.outcome == Outcome::Label);
        label.and_then(place).unwrap_or(labels.len())
    };
    let meant = |gold: &GoldLabel<'a>| match gold.judgment {
        Judgment::Decided => place(gold.label),
        Judgment::Undetermined => None,
    };
    Coded::of(matching, labels.len() + 1, said, meant)
}

/// How much there is of each code, and on which side of the policy's own rule.
pub(super) fn counts(
    coded: &Coded<'_, '_>,
    labels: &[SchemeLabel],
    settings: &Settings<'_>,
) -> Vec<CodeCount> {
    let labeled = coded.labeled();
    let total: f64 = labeled.iter().map(|code| code.weight).sum();
    let mut gold = vec![0; labeled.len()];
    coded.gold().iter().filter(|it| it.class.is_some()).for_each(|it| gold[it.code] += 1);
    let side = |code: usize| match labels.get(code) {
        Some(label) if settings.positive.matches(&label.id) => Cell::Flagged,
        Some(_) => Cell::Unflagged,
        None => Cell::NoAnswer,
    };
    let count = |(code, sum): (usize, &WeightSum)| CodeCount {
        side: side(code),
        n: sum.count,
        gold: gold[code],
        share: sum.weight / total,
    };
    labeled.iter().enumerate().map(count).collect()
}

pub(super) fn row(cell: &CodeCell, codes: &[String]) -> CodeCellRow {
    let codes = cell.codes.iter().filter_map(|code| codes.get(*code).cloned()).collect();
    CodeCellRow { codes, n: cell.n, gold: cell.gold, share: cell.share }
}

/// What is to be said of the cells that all labels share.
pub(super) fn findings(cells: &[CodeCell], labels: &[SchemeLabel]) -> Vec<Finding> {
    let name = |code: &usize| labels.get(*code).map_or(NO_ANSWER, |label| &label.id);
    let name = |cell: &CodeCell| cell.codes.iter().map(name).collect::<Vec<_>>().join("+");
    let (mut empty, mut merged, mut thin) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let (name, n, gold, needed) = (name(cell), cell.n, cell.gold, cell.needed());
        if gold == 0 {
            let percent = 100.0 * cell.share;
            empty.push(format!(
                "no gold among units labeled {name} ({n} units, {percent:.1} % of the exposure)"
            ));
        } else if gold < needed {
            thin.push(format!("{gold} gold units of {needed} needed among units labeled {name}"));
        }
        if cell.codes.len() > 1 {
            merged.push(format!("units labeled {name} share a cell ({n} units, {gold} gold)"));
        }
    }
    let of = [(Code::EmptyCell, empty), (Code::CellMerged, merged), (Code::ThinGold, thin)];
    let said = of.into_iter().filter(|(_, named)| !named.is_empty());
    said.map(|(code, named)| Finding::new(code, named.join("; "))).collect()
}
