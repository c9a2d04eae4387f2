//! The tidy form of a measurement: one row an estimator, the columns people chart.

use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Missing;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::measure::Segment;
use crate::measure::Verdict;
use crate::stats::Draws;
use crate::stats::TwoDays;
use crate::unit::FingerprintBuilder;

/// One row of the tidy form. What is not known, or not yet measured, is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct TidyRow {
    /// The reporting period.
    pub period: Option<String>,
    /// The policy's id.
    pub policy: String,
    /// The segment; `None` is all of them together.
    pub segment: Option<String>,
    /// The label whose share it is; `None` is the policy's own rule.
    pub label: Option<String>,
    /// The estimator.
    pub estimator: Estimator,
    /// The estimate.
    pub value: Option<f64>,
    /// Its lower limit.
    pub low: Option<f64>,
    /// Its upper limit.
    pub high: Option<f64>,
    /// The level of the interval.
    pub level: f64,
    /// The verdict of the measurement.
    pub verdict: Verdict,
    /// The codes of the measurement and of this estimate, in order.
    pub codes: Vec<Code>,
    /// Labeled units.
    pub n: u64,
    /// Gold units.
    pub m: u64,
    /// The effective size of the estimate.
    pub n_eff: Option<f64>,
    /// The squared correlation of label and truth.
    pub k: Option<f64>,
    /// The naive estimate, for comparison.
    pub naive: Option<f64>,
    /// The estimated exposure of the population.
    pub exposure: f64,
    /// The policy's version.
    pub policy_version: Option<String>,
    /// The labeler.
    pub labeler: Option<String>,
    /// The age of the oldest gold.
    pub gold_age_days: Option<f64>,
    /// `preliminary`, `final` or `restated`; `None` outside a series.
    pub status: Option<String>,
    /// The design of the sample.
    pub design: String,
    /// A hash of the row's other contents and of the seed: the same inputs give the same id.
    pub estimate_id: String,
}

impl PolicyPrevalence {
    /// Returns one row an estimator: naive, corrected, gold alone, where it is not the corrected one Rogan-Gladen, and what allows
    /// for errors of the gold where that could be made.
    #[must_use]
    pub fn tidy_rows(&self) -> Vec<TidyRow> {
        let mut rows = vec![
            self.tidy_row(Estimator::Naive, &self.naive),
            self.tidy_row(self.corrected_by, &self.corrected),
            self.tidy_row(Estimator::GoldOnly, &self.gold_only),
        ];
        if self.corrected_by != Estimator::RoganGladen {
            rows.push(self.tidy_row(Estimator::RoganGladen, &self.rogan_gladen));
        }
        let beside = self.beside().into_iter();
        rows.extend(beside.map(|(by, estimate)| self.tidy_row(by, &Ok(estimate.clone()))));
        rows
    }

    /// Returns the rows of every label, where they were measured: as [`Self::tidy_rows`], `m` being the gold of all labels.
    #[must_use]
    pub fn tidy_rows_of_labels(&self) -> Vec<TidyRow> {
        let Some(classes) = &self.classes else { return Vec::new() };
        let mut rows = Vec::new();
        for share in classes.shares.iter().chain(&classes.at_least) {
            let mut of_label = vec![
                (Estimator::Naive, &share.naive),
                (classes.by, &share.corrected),
                (Estimator::GoldOnly, &share.gold_only),
            ];
            if classes.by != Estimator::RoganGladen {
                of_label.push((Estimator::RoganGladen, &share.inverted));
            }
            for (estimator, estimate) in of_label {
                let mut row = self.tidy_row(estimator, estimate);
                row.label = Some(share.label.clone());
                row.level = classes.level.value();
                row.verdict = share.verdict;
                let own = estimate.iter().flat_map(|estimate| &estimate.codes).copied();
                let told = classes.findings.iter().chain(&share.findings);
                row.codes = told.map(|finding| finding.code).chain(own).collect();
                row.codes.sort_unstable();
                row.codes.dedup();
                row.k = None;
                row.naive = share.naive.as_ref().ok().map(|naive| naive.value);
                row.estimate_id = self.estimate_id(&row);
                rows.push(row);
            }
        }
        rows
    }

    fn tidy_row(&self, estimator: Estimator, estimate: &Result<Estimate, Missing>) -> TidyRow {
        let (estimate, missing) = (estimate.as_ref().ok(), estimate.as_ref().err());
        let own = estimate.iter().flat_map(|estimate| estimate.codes.iter().copied());
        let mut codes: Vec<Code> =
            self.findings.iter().map(|finding| finding.code).chain(own).collect();
        codes.sort_unstable();
        codes.dedup();
        let mut row = TidyRow {
            period: self.subject.period.clone(),
            policy: self.subject.policy.clone(),
            segment: self.subject.segment.as_ref().map(Segment::name),
            label: None,
            estimator,
            value: estimate.map(|estimate| estimate.value),
            low: estimate.map(|estimate| estimate.low),
            high: match (estimate, missing) {
                (Some(estimate), _) => Some(estimate.high),
                (None, Some(Missing::Suppressed { high })) => *high,
                (None, Some(Missing::NotSeen { high })) => Some(*high),
                (None, _) => None,
            },
            level: self.level.value(),
            verdict: self.verdict,
            codes,
            n: self.n,
            m: self.m,
            n_eff: estimate.map(|estimate| estimate.n_eff),
            k: self.k,
            naive: self.naive.as_ref().ok().map(|naive| naive.value),
            exposure: self.exposure,
            policy_version: self.subject.policy_version.clone(),
            labeler: self.subject.labeler.clone(),
            gold_age_days: self.gold_age_days,
            status: self.status.map(|status| status.name().to_owned()),
            design: self.design.clone(),
            estimate_id: String::new(),
        };
        row.estimate_id = self.estimate_id(&row);
        row
    }

    fn estimate_id(&self, row: &TidyRow) -> String {
        row.id(self.drawn.name(), self.draws)
    }
}

impl TidyRow {
    /// Returns the row of a change; its period is written as the interval from the earlier to the later.
    #[must_use]
    pub fn of_change(change: &PeriodChange, days: TwoDays<&PolicyPrevalence>) -> Self {
        let (a, b) = (days.earlier, days.later);
        let made = change.difference.as_ref().ok();
        let mut row = Self {
            period: Some(format!("{}/{}", change.periods.earlier, change.periods.later)),
            policy: change.policy.clone(),
            segment: change.segment.as_ref().map(Segment::name),
            label: None,
            estimator: Estimator::Change,
            value: made.map(|made| made.value),
            low: made.map(|made| made.low),
            high: made.map(|made| made.high),
            level: change.level.value(),
            verdict: change.verdict,
            codes: change.codes.clone(),
            n: change.n,
            m: change.m,
            n_eff: None,
            k: None,
            naive: change.naive,
            exposure: a.exposure + b.exposure,
            policy_version: joined(&a.subject.policy_version, &b.subject.policy_version),
            labeler: joined(&a.subject.labeler, &b.subject.labeler),
            gold_age_days: a.gold_age_days.zip(b.gold_age_days).map(|(a, b)| a.max(b)),
            status: None,
            design: joined(&Some(a.design.clone()), &Some(b.design.clone())).unwrap_or_default(),
            estimate_id: String::new(),
        };
        row.estimate_id = row.id(b.drawn.name(), b.draws);
        row
    }

    fn id(&self, drawn: &str, draws: Draws) -> String {
        let row = self;
        let mut hash = FingerprintBuilder::new("estimate");
        for text in [
            Some(&row.policy),
            row.policy_version.as_ref(),
            row.labeler.as_ref(),
            row.period.as_ref(),
            row.segment.as_ref(),
        ] {
            // absent and empty must differ
            hash.bytes(&[u8::from(text.is_some())]).text(text.map_or("", String::as_str));
        }
        hash.text(row.estimator.name()).text(row.verdict.name()).text(&row.design).text(drawn);
        for number in
            [row.value, row.low, row.high, Some(row.level), Some(row.exposure), row.n_eff, row.k]
        {
            hash.bytes(&number.map_or([0; 9], |number| {
                let mut bytes = [1; 9];
                bytes[1..].copy_from_slice(&number.to_bits().to_le_bytes());
                bytes
            }));
        }
        if let Some(label) = &row.label {
            hash.text("label").text(label);
        }
        for number in [row.n, row.m, draws.seed(), u64::from(draws.count())] {
            hash.bytes(&number.to_le_bytes());
        }
        row.codes.iter().for_each(|code| {
            hash.text(code.as_str());
        });
        hash.finish().short()
    }
}

/// Returns what both have, or both of them where they differ.
fn joined(a: &Option<String>, b: &Option<String>) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => Some(format!("{a}, {b}")),
        (Some(one), _) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}
