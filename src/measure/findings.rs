//! The rules that decide which codes a measurement carries.

use crate::eval::CellInUse;
use crate::eval::GoldDrawn;
use crate::eval::Joined;
use crate::eval::Merge;
use crate::eval::Presence;
use crate::measure::Code;
use crate::measure::Floor;
use crate::measure::Settings;
use crate::measure::Verdict;
use crate::stats::CellSums;
use crate::stats::WeightSum;

/// A single unit with more of the estimated exposure than this is worth saying.
const NOTED_WEIGHT: f64 = 0.05;
/// A single unit with more than this makes every ratio of weighted sums indefensible.
const REFUSED_WEIGHT: f64 = 0.2;
/// Non-answers beyond this share of the exposure are worth saying.
const NOTED_NON_ANSWERS: f64 = 0.05;
/// A cell's gold is uneven when its effective size is below this part of its count.
const EVEN_GOLD: f64 = 0.6;
/// Cells with less of the exposure than this are not checked for uneven gold.
const CHECKED_SHARE: f64 = 0.01;
/// Labels are uneven when their effective size is below this part of their count.
const EVEN_LABELS: f64 = 0.25;

/// Clustered gold that counts as fewer units than this cannot tell how much clusters differ.
const FEW_CLUSTERS: f64 = 10.0;
/// With more of the weighted gold undetermined than this, either extreme is too far from the other to publish.
const REFUSED_UNDETERMINED: f64 = 0.2;

/// One thing to know about a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// The best verdict it allows here; usually that of its code.
    pub verdict: Verdict,
    /// The numbers behind it, in one line.
    pub detail: String,
}

/// What the rules look at.
pub(crate) struct Evidence<'a> {
    pub(crate) joined: &'a Joined,
    pub(crate) settings: &'a Settings<'a>,
    pub(crate) cells: &'a [CellInUse],
    pub(crate) merges: &'a [Merge],
    pub(crate) floor: Option<Floor>,
}

impl Finding {
    pub(crate) fn new(code: Code, detail: String) -> Self {
        Self { code, verdict: code.verdict(), detail }
    }
}

impl Evidence<'_> {
    /// Returns every finding that does not depend on an estimate, in the order of the codes.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = [
            self.no_gold_positives(),
            self.empty_cell(),
            self.merged(),
            self.thin(),
            self.stale(),
            self.convenience(),
            self.missing_probability(),
            self.same_salt(),
            self.outside(),
            self.heavy(),
            self.uneven(),
            self.non_answers(),
            self.floor(),
            self.undetermined(),
        ]
        .into_iter()
        .flatten()
        .collect();
        found.sort_by_key(|finding| finding.code);
        found
    }

    fn n_gold(&self) -> u64 {
        self.joined.cells.n_gold()
    }

    /// Whether gold is a subsample of the labeled units, so that each cell needs its own.
    fn nested(&self) -> bool {
        match self.settings.drawn {
            GoldDrawn::FromSample | GoldDrawn::ByLabel => true,
            GoldDrawn::Independent | GoldDrawn::Convenience => false,
        }
    }

    fn share(&self, weight: f64) -> f64 {
        weight / self.joined.cells.exposure()
    }

    fn no_gold_positives(&self) -> Option<Finding> {
        let positives: u64 = self.joined.cells.all().iter().map(|cell| cell.positives.count).sum();
        (self.n_gold() > 0 && positives == 0).then(|| {
            Finding::new(
                Code::NoGoldPositives,
                format!("0 of {} gold units are violating", self.n_gold()),
            )
        })
    }

    fn empty_cell(&self) -> Option<Finding> {
        if self.settings.drawn == GoldDrawn::Convenience
            || self.joined.gold_probability == Presence::Some
        {
            return None;
        }
        if self.n_gold() == 0 {
            return Some(Finding::new(
                Code::EmptyCell,
                format!("no labeled unit has {}", self.gold_word()),
            ));
        }
        let empty = self.cells.iter().filter(|cell| self.nested() && cell.sums.gold().count == 0);
        let named: Vec<String> = empty
            .map(|cell| {
                let percent = 100.0 * self.share(cell.sums.labeled.weight);
                format!(
                    "cell {} ({} units, {percent:.1} % of the exposure) has no {}",
                    cell.name(),
                    cell.sums.labeled.count,
                    self.gold_word()
                )
            })
            .collect();
        (!named.is_empty()).then(|| Finding::new(Code::EmptyCell, named.join("; ")))
    }

    /// Returns what gold is called where only the decided part of it counts.
    fn gold_word(&self) -> &'static str {
        if self.joined.undetermined.is_some() { "decided gold" } else { "gold" }
    }

    fn merged(&self) -> Option<Finding> {
        let named: Vec<String> = self
            .merges
            .iter()
            .map(|merge| {
                let (from, into) = (merge.from.name(), merge.into.name());
                format!(
                    "{from} ({} units, {} of {} gold needed) merged into {into}",
                    merge.n, merge.gold, merge.needed
                )
            })
            .collect();
        (!named.is_empty()).then(|| Finding::new(Code::CellMerged, named.join("; ")))
    }

    fn thin(&self) -> Option<Finding> {
        let mut named = Vec::new();
        if self.n_gold() > 0 && self.n_gold() < self.settings.min_gold {
            named.push(format!(
                "{} gold units of {} asked for",
                self.n_gold(),
                self.settings.min_gold
            ));
        }
        for cell in self.cells.iter().filter(|_| self.nested()) {
            let gold = cell.sums.gold();
            let (count, needed) = (gold.count, cell.needed());
            if count > 0 && count < needed {
                named.push(format!(
                    "cell {} has {count} gold units of {needed} needed",
                    cell.name()
                ));
            }
            let apart = gold.weight.powi(2) / gold.error;
            if gold.error > gold.square && apart < FEW_CLUSTERS {
                named.push(format!(
                    "the {count} gold units of cell {} are so clustered that they count as {apart:.0}, with {FEW_CLUSTERS:.0} needed",
                    cell.name()
                ));
            }
        }
        (!named.is_empty()).then(|| Finding::new(Code::ThinGold, named.join("; ")))
    }

    fn stale(&self) -> Option<Finding> {
        let (most, oldest) = (self.settings.max_gold_age_days?, self.joined.oldest_gold_days?);
        (oldest > most).then(|| {
            Finding::new(
                Code::StaleGold,
                format!("the oldest gold is {oldest:.1} days old, {most:.1} are allowed"),
            )
        })
    }

    fn convenience(&self) -> Option<Finding> {
        (self.settings.drawn == GoldDrawn::Convenience).then(|| {
            Finding::new(
                Code::ConvenienceGold,
                format!("{} gold units, drawn: convenience", self.n_gold()),
            )
        })
    }

    fn missing_probability(&self) -> Option<Finding> {
        let gold = self.joined.gold_probability == Presence::Some
            && self.settings.drawn != GoldDrawn::Convenience;
        let sample = self.joined.inclusion == Presence::Some;
        let detail = match (sample, gold) {
            (true, true) => {
                "some units have no inclusion probability and some gold has no probability"
            }
            (true, false) => "some units have no inclusion probability",
            (false, true) => "some gold has no probability",
            (false, false) => return None,
        };
        Some(Finding::new(Code::MissingProbability, detail.to_owned()))
    }

    fn same_salt(&self) -> Option<Finding> {
        let salts = self.settings.salts?;
        (salts.sample == salts.gold).then(|| {
            Finding::new(Code::SameSalt, format!("both were drawn with salt `{}`", salts.sample))
        })
    }

    fn outside(&self) -> Option<Finding> {
        let outside = &self.joined.gold_outside;
        if outside.is_empty() || self.settings.drawn == GoldDrawn::Convenience {
            return None;
        }
        let first: Vec<&str> = outside.iter().take(3).map(String::as_str).collect();
        let detail = format!(
            "{} gold units have no label in the sample, such as {}",
            outside.len(),
            first.join(", ")
        );
        Some(Finding::new(Code::GoldOutsideSample, detail))
    }

    fn heavy(&self) -> Option<Finding> {
        let largest =
            self.joined.cells.all().iter().map(|cell| cell.labeled.largest).fold(0.0, f64::max);
        let share = self.share(largest);
        let verdict = if share > REFUSED_WEIGHT { Verdict::Withheld } else { Verdict::Provisional };
        let detail =
            format!("one unit stands for {:.1} % of the estimated exposure", 100.0 * share);
        (share > NOTED_WEIGHT).then_some(Finding { code: Code::MaxWeightShare, verdict, detail })
    }

    fn uneven(&self) -> Option<Finding> {
        let all = self.joined.cells.all();
        let labels = all.iter().fold(WeightSum::default(), |sum, cell| sum.plus(&cell.labeled));
        let mut named = Vec::new();
        if evenness(&labels) < EVEN_LABELS {
            named.push(format!(
                "the labels count as {:.0} % of their number",
                100.0 * evenness(&labels)
            ));
        }
        let large = |cell: &&CellInUse| self.share(cell.sums.labeled.weight) >= CHECKED_SHARE;
        for cell in self.cells.iter().filter(large) {
            let part = self.gold_evenness(&cell.sums);
            if part < EVEN_GOLD {
                named.push(format!(
                    "the gold of cell {} counts as {:.0} % of its number",
                    cell.name(),
                    100.0 * part
                ));
            }
        }
        (!named.is_empty()).then(|| Finding::new(Code::LowEss, named.join("; ")))
    }

    /// Returns the effective size of a cell's gold over its count.
    ///
    /// Where all units of the cell were equally likely to be chosen, it is what the cell's weights lead to expect: the gold
    /// at hand looks even just when it missed the heavy units.
    fn gold_evenness(&self, cell: &CellSums) -> f64 {
        let (labeled, gold) = (&cell.labeled, cell.gold());
        if !self.nested() || self.joined.gold_probability != Presence::None || gold.count == 0 {
            return evenness(&gold);
        }
        let rho = gold.count as f64 / labeled.count as f64;
        let error = labeled.square - rho * (labeled.square - labeled.error.min(labeled.square));
        labeled.weight.powi(2) / error / labeled.count as f64
    }

    fn non_answers(&self) -> Option<Finding> {
        let share = self.share(self.joined.cells.no_answer.labeled.weight);
        (share > NOTED_NON_ANSWERS).then(|| {
            Finding::new(
                Code::NonAnswerShare,
                format!("{:.1} % of the exposure has no answer", 100.0 * share),
            )
        })
    }

    fn undetermined(&self) -> Option<Finding> {
        let found = self.joined.undetermined.as_ref()?;
        let refused = found.share > REFUSED_UNDETERMINED;
        let verdict = if refused { Verdict::Withheld } else { Verdict::Provisional };
        let detail = format!(
            "people could not tell for {} of {} gold units, {:.1} % of the weighted gold",
            found.n,
            found.n + self.n_gold(),
            100.0 * found.share
        );
        Some(Finding { code: Code::UndeterminedGold, verdict, detail })
    }

    fn floor(&self) -> Option<Finding> {
        let floor = self.floor?;
        let detail = format!(
            "{} unflagged gold units, none violating: up to {:.3} % may hide there; {} in all would halve that",
            floor.gold,
            100.0 * floor.hidden,
            floor.gold_to_halve
        );
        Some(Finding::new(Code::FloorOfIgnorance, detail))
    }
}

/// Returns Kish's effective size over the count; not a number, and so never too small, without units.
///
/// It is about weights alone: what clusters add to the error makes the interval wider and is no reason to distrust it.
fn evenness(sum: &WeightSum) -> f64 {
    sum.weight.powi(2) / sum.error.min(sum.square) / sum.count as f64
}
