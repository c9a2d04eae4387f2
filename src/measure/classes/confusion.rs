//! What the labeler said against gold: the estimated share of exposure of each pair, with the gold units behind it.

use crate::eval::Coded;
use crate::eval::GoldDrawn;
use crate::stats::WeightSum;

/// What the labeler said, downwards, against gold, across.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassConfusion {
    /// What the labeler said: labels that occur, and `no_answer`.
    pub said: Vec<String>,
    /// The labels gold may have.
    pub gold: Vec<String>,
    /// The share of the exposure with each code.
    pub exposure: Vec<f64>,
    /// Gold units of each pair.
    pub counts: Vec<Vec<u64>>,
    /// The estimated share of the exposure of each pair; a row is `None` where no gold speaks for the code. Where every row is
    /// known they sum to 1.
    pub shares: Vec<Option<Vec<f64>>>,
}

/// Joins both.
///
/// Where gold is part of the labeled units the share of a pair is `Q_k C_kj`, the share of the code times that of the class in
/// its gold; in a sample of its own gold shows the pair itself. Gold without known probabilities shows counts only.
pub(super) fn confusion(
    coded: &Coded<'_, '_>,
    (codes, classes): (&[String], &[String]),
    drawn: GoldDrawn,
) -> ClassConfusion {
    let (labeled, table) = (coded.labeled(), coded.table(classes.len()));
    let total: f64 = labeled.iter().map(|code| code.weight).sum();
    let all_gold: f64 = table.iter().flatten().map(|sum| sum.weight).sum();
    let mut counts = vec![vec![0; classes.len()]; codes.len()];
    for gold in coded.gold() {
        if let Some(class) = gold.class {
            counts[gold.code][class] += 1;
        }
    }
    let row = |code: usize| -> Option<Vec<f64>> {
        let own: f64 = table[code].iter().map(|sum| sum.weight).sum();
        let part = |sum: &WeightSum| match drawn {
            GoldDrawn::FromSample | GoldDrawn::ByLabel => {
                (own > 0.0).then(|| labeled[code].weight / total * sum.weight / own)
            }
            GoldDrawn::Independent => (all_gold > 0.0).then(|| sum.weight / all_gold),
            GoldDrawn::Convenience => None,
        };
        table[code].iter().map(part).collect()
    };
    let has_gold = |code: usize| counts[code].iter().any(|count| *count > 0);
    let used: Vec<usize> =
        (0..codes.len()).filter(|code| labeled[*code].count > 0 || has_gold(*code)).collect();
    ClassConfusion {
        said: used.iter().map(|code| codes[*code].clone()).collect(),
        gold: classes.to_vec(),
        exposure: used.iter().map(|code| labeled[*code].weight / total).collect(),
        shares: used.iter().map(|code| row(*code)).collect(),
        counts: used.iter().map(|code| counts[*code].clone()).collect(),
    }
}
