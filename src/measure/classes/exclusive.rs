//! Labels of which exactly one applies: every share rests on the same cells, so that all of them sum to 1.

use super::ClassShare;
use super::Classes;
use super::NO_ANSWER;
use super::SchemeLabel;
use super::alone::Question;
use super::codes::coded;
use super::codes::counts;
use super::codes::findings;
use super::codes::row;
use super::confusion::confusion;
use super::inverse::Inverse;
use super::inverse::inverse;
use super::seen;
use super::withheld;
use crate::eval::Coded;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use crate::eval::Laid;
use crate::eval::Matching;
use crate::eval::Unclear;
use crate::eval::cells_of_codes;
use crate::measure::Code;
use crate::measure::Coverage;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Settings;
use crate::measure::Verdict;
use crate::measure::estimates::nested;
use crate::measure::estimates::two_phase;
use crate::policy::Mode;
use crate::stats::Bounds;
use crate::stats::Matrix;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::ignorance_bounds;
use crate::stats::kg_beta;
use crate::stats::post_stratified_across;

/// Everything the shares of one policy's labels rest on.
struct Exclusive<'c> {
    coded: &'c Coded<'c, 'c>,
    labels: &'c [SchemeLabel],
    laid: Laid<'c>,
    measured: &'c PolicyPrevalence,
    settings: &'c Settings<'c>,
    findings: Vec<Finding>,
}

/// Some of the labels, by what they are called.
struct Joint<'l> {
    name: String,
    holds: &'l dyn Fn(usize) -> bool,
}

pub(super) fn classes(
    matching: &Matching<'_>,
    measured: &PolicyPrevalence,
    (labels, severities): (&[SchemeLabel], &[u32]),
    settings: &Settings<'_>,
) -> Result<Classes, InputMistake> {
    let coded = &coded(matching, labels)?;
    let cells = &cells_of_codes(&counts(coded, labels, settings), settings.drawn);
    let cell_of: Vec<usize> = (0..=labels.len())
        .map(|code| cells.iter().position(|cell| cell.codes.contains(&code)).unwrap_or_default())
        .collect();
    let laid = coded.laid(&cell_of);
    let findings = if nested(settings) { findings(cells, labels) } else { Vec::new() };
    let mut all = Exclusive { coded, labels, laid, measured, settings, findings };
    let inverted = all.inverted();
    let of_label = |(at, label): (usize, &SchemeLabel)| {
        let joint = Joint { name: label.id.clone(), holds: &|class| class == at };
        let inverted = match &inverted {
            Ok(inverse) => inverse.shares[at].clone(),
            Err(missing) => Err(*missing),
        };
        all.share(&joint, inverted)
    };
    let of_severity = |least: &u32| at_least(*least, matching, &all);
    let names: Vec<String> = labels.iter().map(|label| label.id.clone()).collect();
    let codes: Vec<String> = names.iter().cloned().chain([NO_ANSWER.to_owned()]).collect();
    Ok(Classes {
        mode: Mode::Single,
        by: if nested(settings) { Estimator::TwoPhase } else { Estimator::RoganGladen },
        verdict: all.verdict(),
        shares: labels.iter().enumerate().map(of_label).collect(),
        at_least: severities.iter().map(of_severity).collect::<Result<_, _>>()?,
        covariance: all.covariance(&inverted),
        conditioning: inverted.as_ref().ok().map(|it| it.conditioning),
        cells: cells.iter().map(|cell| row(cell, &codes)).collect(),
        confusion: Some(confusion(coded, (&codes, &names), settings.drawn)),
        coverage: Coverage::Each,
        level: settings.level,
        findings: all.findings,
    })
}

/// The labels of that severity and above together. Their inverse is that of one question of yes and no, and so is the corrected
/// share where only an inverse can be had.
fn at_least(
    least: u32,
    matching: &Matching<'_>,
    all: &Exclusive<'_>,
) -> Result<ClassShare, InputMistake> {
    let severe = |class: usize| all.labels[class].severity.is_some_and(|it| it >= least);
    let name = format!("severity >= {least}");
    let place = |id: &str| all.labels.iter().position(|label| label.id == id);
    let said = |unit: &LabeledUnit<'_>| unit.label.and_then(place).is_some_and(severe);
    let meant = |gold: &GoldLabel<'_>| match gold.judgment {
        Judgment::Decided => place(gold.label).map(severe),
        Judgment::Undetermined => None,
    };
    let question = Question { name: &name, said, meant };
    let alone = question.share(matching, all.measured, all.settings)?;
    if nested(all.settings) {
        Ok(all.share(&Joint { name, holds: &severe }, alone.inverted))
    } else {
        Ok(alone)
    }
}

impl Exclusive<'_> {
    /// The code that withholds every label, if there is one.
    fn blocked(&self) -> Option<Code> {
        let own = self.findings.iter().filter(|it| it.verdict == Verdict::Withheld);
        withheld(self.measured).chain(own).map(|finding| finding.code).min()
    }

    /// The best verdict a label can have: that of what is said here and of what the policy's own measurement says about its
    /// rows, its own cells and estimates aside.
    fn verdict(&self) -> Verdict {
        let of_rows = |finding: &&Finding| match finding.code {
            Code::RgUndefined
            | Code::RgUnstable
            | Code::BelowFpr
            | Code::Clipped
            | Code::NoGoldPositives
            | Code::CellMerged
            | Code::SuppressedPivot
            | Code::IllConditioned
            | Code::FloorOfIgnorance
            | Code::GoldError => false,
            Code::EmptyCell
            | Code::ThinGold
            | Code::StaleGold
            | Code::ConvenienceGold
            | Code::MissingProbability
            | Code::SameSalt
            | Code::GoldOutsideSample
            | Code::MaxWeightShare
            | Code::LowEss
            | Code::ModelOnly
            | Code::DriftInErrorRates
            | Code::DefinitionBreak
            | Code::NonAnswerShare
            | Code::UndeterminedGold => true,
        };
        let rows = self.measured.findings.iter().filter(of_rows);
        let all = rows.chain(&self.findings).map(|finding| finding.verdict);
        all.max().unwrap_or(Verdict::Publishable)
    }

    fn share(&self, joint: &Joint<'_>, inverted: Result<Estimate, Missing>) -> ClassShare {
        let meant = self.coded.gold().iter().filter_map(|gold| gold.class);
        let gold = meant.filter(|class| (joint.holds)(*class)).count() as u64;
        let gold_only = self.gold_only(joint);
        let inverted = match (inverted, &gold_only) {
            (Err(Missing::NoGold), Ok(alone)) => Err(Missing::NotSeen { high: alone.high }),
            (other, _) => other,
        };
        let corrected =
            if nested(self.settings) { self.two_phase(joint) } else { inverted.clone() };
        let mut findings = Vec::new();
        if gold == 0 && !self.coded.gold().is_empty() {
            let (code, m) = (Code::NoGoldPositives, self.coded.gold().len());
            findings.push(Finding::new(code, format!("0 of {m} gold units are {}", joint.name)));
        }
        let own = findings.iter().map(|finding| finding.verdict).max();
        ClassShare {
            label: joint.name.clone(),
            gold,
            verdict: own.map_or(self.verdict(), |own| own.max(self.verdict())),
            findings,
            naive: self.naive(joint),
            corrected: seen(corrected, gold),
            gold_only: seen(gold_only, gold),
            inverted,
            bounds: self.bounds(joint),
        }
    }

    fn naive(&self, joint: &Joint<'_>) -> Result<Estimate, Missing> {
        self.measured.naive.as_ref().map_err(|missing| *missing)?;
        let labels = self.labels.len();
        let apart = |code: usize| usize::from(code == labels || !(joint.holds)(code));
        let cell_of: Vec<usize> = (0..=labels).map(apart).collect();
        let share = self.coded.laid(&cell_of).first_share()?;
        Ok(Estimate::of_share(&share, kg_beta(&share, self.settings.level)))
    }

    /// Returns an estimate of decided gold, its limits widened to hold whatever the rest of the gold is.
    fn widened(
        &self,
        estimate: impl Fn(Unclear) -> Result<Estimate, Missing>,
    ) -> Result<Estimate, Missing> {
        if let Some(code) = self.blocked() {
            return Err(Missing::Withheld(code));
        }
        let mut shown = estimate(Unclear::LeftOut)?;
        if self.coded.undetermined() {
            for truth in [Truth::Negative, Truth::Positive] {
                let extreme = estimate(Unclear::Taken(truth))?;
                shown.low = shown.low.min(extreme.low);
                shown.high = shown.high.max(extreme.high);
            }
        }
        Ok(shown)
    }

    fn two_phase(&self, joint: &Joint<'_>) -> Result<Estimate, Missing> {
        self.widened(|unclear| {
            let cells = self.laid.split(joint.holds, unclear);
            let value = post_stratified_across(&cells.sums, &cells.crossing)?.value;
            let design = cells.design_ratio(value);
            two_phase(&cells.sums, (&cells.crossing, design), self.measured.n, self.settings)
        })
    }

    fn gold_only(&self, joint: &Joint<'_>) -> Result<Estimate, Missing> {
        self.widened(|unclear| {
            let cells = self.laid.split(joint.holds, unclear);
            let share = cells.gold_share().map_err(|_| Missing::NoGold)?;
            Ok(Estimate::of_share(&share, kg_beta(&share, self.settings.level)))
        })
    }

    /// Bounds are given where cells without gold, or gold on which people could not tell, are all that is in the way.
    fn bounds(&self, joint: &Joint<'_>) -> Option<Bounds> {
        let own = self.findings.iter().filter(|it| it.verdict == Verdict::Withheld);
        let mut withheld = withheld(self.measured).chain(own).peekable();
        withheld.peek()?;
        let bounded = |code| matches!(code, Code::EmptyCell | Code::UndeterminedGold);
        if !withheld.all(|finding| bounded(finding.code)) || !nested(self.settings) {
            return None;
        }
        let of = |unclear| {
            let sums = self.laid.split(joint.holds, unclear).sums;
            ignorance_bounds(&sums, self.settings.level, self.settings.draws).ok()
        };
        let mut bounds = of(Unclear::LeftOut)?;
        if self.coded.undetermined() {
            let (least, most) =
                (of(Unclear::Taken(Truth::Negative))?, of(Unclear::Taken(Truth::Positive))?);
            (bounds.lowest, bounds.low) = (least.lowest, least.low);
            (bounds.highest, bounds.high) = (most.highest, most.high);
        }
        Some(bounds)
    }

    /// Inverts the error rates. Where that is the corrected estimate, what stands in its way is a finding.
    fn inverted(&mut self) -> Result<Inverse, Missing> {
        if let Some(code) = self.blocked() {
            return Err(Missing::Withheld(code));
        }
        if self.settings.drawn == GoldDrawn::ByLabel {
            return Err(Missing::SameAsCorrected);
        }
        let decides = self.settings.drawn == GoldDrawn::Independent;
        if decides && self.coded.undetermined() {
            let detail = "the inverse of several labels' error rates has no limits for gold on which people could not tell";
            let (code, verdict) = (Code::UndeterminedGold, Verdict::Withheld);
            self.findings.push(Finding { code, verdict, detail: detail.to_owned() });
            return Err(Missing::Withheld(code));
        }
        let classes = self.labels.len();
        let allowed = |label: &SchemeLabel| !self.settings.positive.matches(&label.id);
        let default = self.labels.iter().position(allowed);
        let found = inverse(self.coded, (classes, default), self.settings);
        let detail = match found {
            Ok(inverse) => {
                self.note_boundary(&inverse, decides);
                return Ok(inverse);
            }
            Err(StatsError::IllConditioned { condition, smallest }) => format!(
                "the error rates of the labels have condition number {condition:.1} (at most 20 allowed) and smallest singular value {smallest:.3} (at least 0.1 needed)"
            ),
            Err(StatsError::LengthsDiffer { left, right }) => {
                format!(
                    "the labeler uses {} labels, and gold has {}",
                    left.min(right),
                    left.max(right)
                )
            }
            Err(StatsError::NoConvergence { .. }) => {
                "the error rates of the labels are too alike for the likeliest shares to be found"
                    .to_owned()
            }
            Err(error) => return Err(error.into()),
        };
        if decides {
            self.findings.push(Finding::new(Code::IllConditioned, detail));
        }
        Err(Missing::Withheld(Code::IllConditioned))
    }

    fn note_boundary(&mut self, inverse: &Inverse, decides: bool) {
        if decides && inverse.covariance.is_none() {
            let detail = "BOUNDARY: the inverse left what shares can be, so the likeliest shares within are shown";
            self.findings.push(Finding::new(Code::Clipped, detail.to_owned()));
        }
    }

    /// The covariance of the corrected shares. A variance is a quadratic form in what is counted, so that of two classes
    /// together gives their covariance: `C_jk = (V_j+k - V_j - V_k) / 2`, clusters included.
    fn covariance(&self, inverted: &Result<Inverse, Missing>) -> Option<Matrix> {
        if !nested(self.settings) {
            return inverted.as_ref().ok()?.covariance.clone();
        }
        if self.blocked().is_some() {
            return None;
        }
        let variance = |holds: &dyn Fn(usize) -> bool| {
            let cells = self.laid.split(holds, Unclear::LeftOut);
            let made = post_stratified_across(&cells.sums, &cells.crossing).ok()?;
            Some(made.first_phase * cells.design_ratio(made.value) + made.second_phase)
        };
        let mut covariance = Matrix::zeros(self.labels.len());
        for a in 0..self.labels.len() {
            covariance[(a, a)] = variance(&|class| class == a)?;
            for b in 0..a {
                let both = variance(&|class| class == a || class == b)?;
                let shared = (both - covariance[(a, a)] - covariance[(b, b)]) / 2.0;
                (covariance[(a, b)], covariance[(b, a)]) = (shared, shared);
            }
        }
        Some(covariance)
    }
}
