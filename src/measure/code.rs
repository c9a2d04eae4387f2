//! The codes a measurement may carry, and what each does to its verdict.

use std::fmt;

/// What may be done with a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It can be defended as it stands.
    Publishable,
    /// The interval is honest and wide; a reason says what is missing.
    Provisional,
    /// It cannot be known from what there is.
    Withheld,
}

/// Why a measurement is noted, provisional or withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// S001: the labeler is too close to chance for its error rates to be inverted.
    RgUndefined,
    /// S002: sensitivity + specificity - 1 is below 0.3: small errors in the rates move the estimate far.
    RgUnstable,
    /// S003: the labeler flags less than its own false positive rate says it must.
    BelowFpr,
    /// S004: the estimate came out below 0 or above 1 and is shown at the limit.
    Clipped,
    /// S005: No gold unit is violating: the estimate is 0 and only its upper limit informs.
    NoGoldPositives,
    /// S006: some exposure has no gold that speaks for it.
    EmptyCell,
    /// S007: a cell had too little gold to stand alone and was merged with another.
    CellMerged,
    /// S008: there is less gold than asked for, in all or in one cell.
    ThinGold,
    /// S009: gold is older than the greatest age allowed.
    StaleGold,
    /// S010: gold was not drawn with known probabilities, so it cannot correct prevalence.
    ConvenienceGold,
    /// S011: only some rows have a probability, so the weights of the others are unknown.
    MissingProbability,
    /// S012: sample and gold were drawn with the same salt, so gold is a function of the sample's own draw.
    SameSalt,
    /// S013: some gold belongs to units that are not in the labeled sample.
    GoldOutsideSample,
    /// S014: one unit carries much of the estimated exposure.
    MaxWeightShare,
    /// S015: weights differ so much that few units carry the estimate; the interval may be too short.
    LowEss,
    /// S016: the estimate rests on error rates from elsewhere, with no gold of its own.
    ModelOnly,
    /// S017: the labeler's error rates differ from those of the period they are taken from.
    DriftInErrorRates,
    /// S018: the policy's standard changed within the series.
    DefinitionBreak,
    /// S019: a segment has too little gold to be shown.
    SuppressedPivot,
    /// S020: the labeler confuses the classes too much for its confusion matrix to be inverted.
    IllConditioned,
    /// S021: more than 5 % of the exposure has no answer from the labeler.
    NonAnswerShare,
    /// S022: gold found nothing among unflagged units, so the upper limit rests on how few were looked at.
    FloorOfIgnorance,
    /// S023: people could not tell for some gold, so limits hold for either answer.
    UndeterminedGold,
    /// S024: with errors of the gold allowed for, the estimate leaves the interval of the corrected one.
    GoldError,
}

/// Everything that is said about a code, in one place.
struct Entry {
    id: &'static str,
    name: &'static str,
    title: &'static str,
    advice: &'static str,
    verdict: Verdict,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Self; 24] = [
        Self::RgUndefined,
        Self::RgUnstable,
        Self::BelowFpr,
        Self::Clipped,
        Self::NoGoldPositives,
        Self::EmptyCell,
        Self::CellMerged,
        Self::ThinGold,
        Self::StaleGold,
        Self::ConvenienceGold,
        Self::MissingProbability,
        Self::SameSalt,
        Self::GoldOutsideSample,
        Self::MaxWeightShare,
        Self::LowEss,
        Self::ModelOnly,
        Self::DriftInErrorRates,
        Self::DefinitionBreak,
        Self::SuppressedPivot,
        Self::IllConditioned,
        Self::NonAnswerShare,
        Self::FloorOfIgnorance,
        Self::UndeterminedGold,
        Self::GoldError,
    ];

    /// Returns the code as people quote it: `S001`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().id
    }

    /// Returns its name in words joined by underscores.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns what it means, in one line.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// Returns what to do about it, in one line.
    #[must_use]
    pub fn advice(self) -> &'static str {
        self.entry().advice
    }

    /// Returns the best verdict a measurement with this code may have.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        self.entry().verdict
    }

    /// Returns the code of that text, `S001` or `rg_undefined`, if there is one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str().eq_ignore_ascii_case(text) || code.name() == text)
    }

    #[allow(clippy::too_many_lines, reason = "one table: a row a code")]
    fn entry(self) -> Entry {
        match self {
            Self::RgUndefined => Entry {
                id: "S001",
                name: "rg_undefined",
                title: "The labeler is too close to chance for its error rates to be inverted",
                advice: "Draw gold from the labeled sample (drawn: from_sample), which needs no inversion, or improve the labeler.",
                verdict: Verdict::Withheld,
            },
            Self::RgUnstable => Entry {
                id: "S002",
                name: "rg_unstable",
                title: "Sensitivity + specificity - 1 is below 0.3: small errors in the rates move the estimate far",
                advice: "Draw gold from the labeled sample (drawn: from_sample), or improve the labeler.",
                verdict: Verdict::Provisional,
            },
            Self::BelowFpr => Entry {
                id: "S003",
                name: "below_fpr",
                title: "The labeler flags less than its own false positive rate says it must",
                advice: "Check that gold and labels describe the same population; do not average clipped values.",
                verdict: Verdict::Publishable,
            },
            Self::Clipped => Entry {
                id: "S004",
                name: "clipped",
                title: "The estimate came out below 0 or above 1 and is shown at the limit",
                advice: "Keep the raw value for sums over time; more gold narrows the interval.",
                verdict: Verdict::Publishable,
            },
            Self::NoGoldPositives => Entry {
                id: "S005",
                name: "no_gold_positives",
                title: "No gold unit is violating: the estimate is 0 and only its upper limit informs",
                advice: "Label more gold, first among flagged units.",
                verdict: Verdict::Provisional,
            },
            Self::EmptyCell => Entry {
                id: "S006",
                name: "empty_cell",
                title: "Some exposure has no gold that speaks for it",
                advice: "Draw gold from the cell that is named; until then only the printed bounds hold.",
                verdict: Verdict::Withheld,
            },
            Self::CellMerged => Entry {
                id: "S007",
                name: "cell_merged",
                title: "A cell had too little gold to stand alone and was merged with another",
                advice: "Nothing must be done; gold for the merged cell would narrow the interval.",
                verdict: Verdict::Publishable,
            },
            Self::ThinGold => Entry {
                id: "S008",
                name: "thin_gold",
                title: "There is less gold than asked for, in all or in one cell",
                advice: "Label the number of gold units that is named.",
                verdict: Verdict::Provisional,
            },
            Self::StaleGold => Entry {
                id: "S009",
                name: "stale_gold",
                title: "Gold is older than the greatest age allowed",
                advice: "Label gold from the current period.",
                verdict: Verdict::Provisional,
            },
            Self::ConvenienceGold => Entry {
                id: "S010",
                name: "convenience_gold",
                title: "Gold was not drawn with known probabilities, so it cannot correct prevalence",
                advice: "Draw gold with `titer gold draw`; convenience gold serves to compare labelers only.",
                verdict: Verdict::Withheld,
            },
            Self::MissingProbability => Entry {
                id: "S011",
                name: "missing_probability",
                title: "Only some rows have a probability, so the weights of the others are unknown",
                advice: "Fill the probability column for every row, or leave it out where all units were equally likely.",
                verdict: Verdict::Withheld,
            },
            Self::SameSalt => Entry {
                id: "S012",
                name: "same_salt",
                title: "Sample and gold were drawn with the same salt, so gold is a function of the sample's own draw",
                advice: "Draw gold again with a salt of its own.",
                verdict: Verdict::Withheld,
            },
            Self::GoldOutsideSample => Entry {
                id: "S013",
                name: "gold_outside_sample",
                title: "Some gold belongs to units that are not in the labeled sample",
                advice: "Remove that gold or label its units; if it is another sample of the population, say drawn: independent.",
                verdict: Verdict::Withheld,
            },
            Self::MaxWeightShare => Entry {
                id: "S014",
                name: "max_weight_share",
                title: "One unit carries much of the estimated exposure",
                advice: "Draw a larger sample, or one in proportion to exposure (design: priority).",
                verdict: Verdict::Provisional,
            },
            Self::LowEss => Entry {
                id: "S015",
                name: "low_ess",
                title: "Weights differ so much that few units carry the estimate; the interval may be too short",
                advice: "Draw gold in proportion to weight within each cell, or draw more of it.",
                verdict: Verdict::Provisional,
            },
            Self::ModelOnly => Entry {
                id: "S016",
                name: "model_only",
                title: "The estimate rests on error rates from elsewhere, with no gold of its own",
                advice: "Draw gold from this period before publishing.",
                verdict: Verdict::Provisional,
            },
            Self::DriftInErrorRates => Entry {
                id: "S017",
                name: "drift_in_error_rates",
                title: "The labeler's error rates differ from those of the period they are taken from",
                advice: "Draw gold from this period.",
                verdict: Verdict::Provisional,
            },
            Self::DefinitionBreak => Entry {
                id: "S018",
                name: "definition_break",
                title: "The policy's standard changed within the series",
                advice: "Do not connect the values before and after; label an overlap.",
                verdict: Verdict::Publishable,
            },
            Self::SuppressedPivot => Entry {
                id: "S019",
                name: "suppressed_pivot",
                title: "A segment has too little gold to be shown",
                advice: "Read the upper limit, or draw gold for the segment.",
                verdict: Verdict::Publishable,
            },
            Self::IllConditioned => Entry {
                id: "S020",
                name: "ill_conditioned",
                title: "The labeler confuses the classes too much for its confusion matrix to be inverted",
                advice: "Draw gold from the labeled sample, which needs no inversion.",
                verdict: Verdict::Withheld,
            },
            Self::NonAnswerShare => Entry {
                id: "S021",
                name: "non_answer_share",
                title: "More than 5 % of the exposure has no answer from the labeler",
                advice: "Find out why (see the outcomes), and draw gold among the units without an answer.",
                verdict: Verdict::Provisional,
            },
            Self::FloorOfIgnorance => Entry {
                id: "S022",
                name: "floor_of_ignorance",
                title: "Gold found nothing among unflagged units, so the upper limit rests on how few were looked at",
                advice: "Label the named number of unflagged units to halve that part of the limit.",
                verdict: Verdict::Provisional,
            },
            Self::UndeterminedGold => Entry {
                id: "S023",
                name: "undetermined_gold",
                title: "People could not tell for some gold, so the limits allow that all or none of it is violating",
                advice: "Have an expert decide those units, or say in the policy how such units are to be judged.",
                verdict: Verdict::Provisional,
            },
            Self::GoldError => Entry {
                id: "S024",
                name: "gold_error",
                title: "With errors of the gold allowed for, the estimate leaves the corrected interval",
                advice: "Print both estimates; have experts decide where raters disagree, and say in the policy how such units are to be judged.",
                verdict: Verdict::Provisional,
            },
        }
    }
}

impl Verdict {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Provisional => "provisional",
            Self::Withheld => "withheld",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_in_order() {
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code.as_str(), format!("S{:03}", place + 1));
        }
    }

    #[test]
    fn a_code_is_found_by_number_and_by_name() {
        assert_eq!(Code::from_text("s013"), Some(Code::GoldOutsideSample));
        assert_eq!(Code::from_text("thin_gold"), Some(Code::ThinGold));
        assert_eq!(Code::from_text("S099"), None);
    }

    #[test]
    fn what_cannot_be_known_is_withheld() {
        let withheld = Code::ALL.into_iter().filter(|code| code.verdict() == Verdict::Withheld);
        let ids: Vec<_> = withheld.map(Code::as_str).collect();
        assert_eq!(ids, ["S001", "S006", "S010", "S011", "S012", "S013", "S020"]);
    }
}
