//! Labels of which several may apply at once: each is a question of its own, with its own cells and interval.

use super::ClassShare;
use super::Classes;
use super::SchemeLabel;
use super::seen;
use super::withheld;
use crate::eval::Coded;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::eval::Several;
use crate::measure::Coverage;
use crate::measure::PolicyPrevalence;
use crate::measure::Settings;
use crate::measure::Span;
use crate::measure::prevalence::measure;
use crate::policy::Mode;
use crate::reply::Outcome;

pub(super) fn classes(
    matching: &Matching<'_>,
    measured: &PolicyPrevalence,
    (labels, several): (&[SchemeLabel], &Several<'_>),
    settings: &Settings<'_>,
) -> Result<Classes, InputMistake> {
    let one = |label: &SchemeLabel| {
        let id = label.id.as_str();
        let said = |unit: &LabeledUnit<'_>| several.said(unit, id);
        let meant = |gold: &GoldLabel<'_>| several.meant(gold, id);
        Question { name: id, said, meant }.share(matching, measured, settings)
    };
    let shares = labels.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok(Classes {
        mode: Mode::Multi,
        by: measured.corrected_by,
        verdict: shares.iter().map(|share| share.verdict).min().unwrap_or(measured.verdict),
        findings: Vec::new(),
        shares,
        at_least: Vec::new(),
        covariance: None,
        conditioning: None,
        cells: Vec::new(),
        confusion: None,
        coverage: Coverage::Each,
        level: settings.level,
    })
}

/// A question that labeler and people answer by yes or no for each unit.
pub(super) struct Question<'q, S, M> {
    pub(super) name: &'q str,
    /// Whether the labeler said yes, where it answered.
    pub(super) said: S,
    /// Whether people said yes; `None` where they could not tell.
    pub(super) meant: M,
}

impl<S, M> Question<'_, S, M>
where
    S: Fn(&LabeledUnit<'_>) -> bool,
    M: Fn(&GoldLabel<'_>) -> Option<bool>,
{
    /// Returns the share of yes.
    pub(super) fn share(
        &self,
        matching: &Matching<'_>,
        measured: &PolicyPrevalence,
        settings: &Settings<'_>,
    ) -> Result<ClassShare, InputMistake> {
        let said = |unit: &LabeledUnit<'_>| match unit.outcome {
            Outcome::Label if (self.said)(unit) => Coded::YES,
            Outcome::Label => Coded::NO,
            Outcome::Abstain
            | Outcome::Refusal
            | Outcome::Filtered
            | Outcome::Truncated
            | Outcome::Unparsable
            | Outcome::TooLarge
            | Outcome::ImageUnavailable
            | Outcome::Failed => Coded::NO_ANSWER,
        };
        let yes = |applies| if applies { Coded::YES } else { Coded::NO };
        let coded = Coded::of(matching, 3, said, |gold| (self.meant)(gold).map(yes))?;
        let gold = coded.gold().iter().filter(|gold| gold.class == Some(Coded::YES)).count() as u64;
        let mut own = measure(&measured.subject, coded.joined(self.name)?, settings);
        // what these rows cannot show: a period without gold, a break within the pool
        let pooled = matches!(measured.subject.span, Span::Pooled(_));
        if let Some(finding) = withheld(measured).next().filter(|_| pooled) {
            own.withhold(finding.clone());
        }
        own.findings.retain(|finding| !measured.findings.contains(finding));
        Ok(ClassShare {
            label: self.name.to_owned(),
            gold,
            verdict: own.verdict,
            findings: own.findings,
            naive: own.naive,
            corrected: seen(own.corrected, gold),
            gold_only: seen(own.gold_only, gold),
            inverted: own.rogan_gladen,
            bounds: own.bounds,
        })
    }
}
