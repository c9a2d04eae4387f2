//! One labeled sample, wherever its labels and gold come from, divided by period.

use super::Estimating;
use super::sets;
use super::sets::Votes;
use super::totals::Known;
use crate::eval::CalibrationError;
use crate::eval::Certainty;
use crate::eval::GoldLabel;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::eval::Stated;
use crate::eval::StatedUnit;
use crate::gold::RatedUnit;
use crate::gold::labels_in;
use crate::measure::Calibrated;
use crate::measure::Division;
use crate::measure::Opinion;
use crate::measure::Settings;
use crate::measure::Span;
use crate::measure::Subject;
use crate::ops::error::OpsError;
use crate::ops::gold::Collected;
use crate::ops::sampled::SampledUnit;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::reply::Outcome;
use crate::stats::Truth;
use crate::unit::Inclusion;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

/// Labeled units with their gold.
#[derive(Debug)]
pub(super) struct Sample {
    /// The file of the units.
    pub(super) name: String,
    /// The units; empty where labels stand for themselves.
    pub(super) units: Vec<SampledUnit>,
    /// The pivots asked for, one value a unit.
    pub(super) divisions: Vec<Division>,
    /// The policies they are labeled by.
    pub(super) policies: Vec<PolicyRows>,
    /// The gold of each period; under `None` that of units without one.
    pub(super) gold: BTreeMap<Option<String>, Arc<Collected>>,
    /// The salt the units were drawn with, where it is known.
    pub(super) salt: Option<String>,
    /// The totals that exposures are calibrated to.
    pub(super) known: Option<Known>,
}

/// The labels of one policy.
#[derive(Debug)]
pub(super) struct PolicyRows {
    /// The policy's id.
    pub(super) id: String,
    /// The policy, where the project has it.
    pub(super) policy: Option<Arc<Policy>>,
    /// Which labels count as violating.
    pub(super) positive: Positive,
    /// The labels.
    pub(super) rows: Vec<Row>,
    /// Who made them.
    pub(super) makers: Vec<Maker>,
    /// The inclusion of each unit, where it differs from what its file says.
    pub(super) inclusions: Option<Vec<Option<Inclusion>>>,
}

/// One label.
#[derive(Debug)]
pub(super) struct Row {
    /// The unit's id, where no unit is named.
    pub(super) id: Option<String>,
    /// The index of the unit.
    pub(super) unit: Option<usize>,
    pub(super) outcome: Outcome,
    pub(super) label: Option<Arc<str>>,
    /// What stands beside the label about its certainty.
    pub(super) certainty: Option<Certainty>,
    /// All labels with `;` between them, where several may apply.
    pub(super) labels: Option<Arc<str>>,
    /// The index of who made it.
    pub(super) maker: usize,
}

/// A labeler under one version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Maker {
    pub(super) labeler: String,
    pub(super) version: Option<String>,
    /// Tells labelers apart that have one name.
    pub(super) fingerprint: Option<String>,
}

/// The rows of one policy in one period.
#[derive(Debug)]
pub(super) struct Period<'a> {
    pub(super) subject: Subject,
    pub(super) instrument: Option<String>,
    pub(super) units: Vec<LabeledUnit<'a>>,
    pub(super) gold: Vec<GoldLabel<'a>>,
    /// What each rater said of its gold units.
    pub(super) opinions: Vec<Opinion<'a>>,
    /// The probabilities stated of units with gold.
    pub(super) stated: Option<Result<Stated, CalibrationError>>,
    /// The index of each unit, in the same order; empty where labels stand for themselves.
    pub(super) of: Vec<usize>,
    pub(super) settings: Settings<'a>,
    /// Where its gold is from, to tell whether two periods share it.
    pub(super) collected: &'a Collected,
    /// What its exposures were calibrated to.
    pub(super) calibrated: Option<Calibrated>,
}

impl PolicyRows {
    /// Returns whether several labels may apply to a unit at once.
    pub(super) fn several(&self) -> bool {
        let shown = || self.rows.iter().any(|row| row.labels.is_some());
        self.policy.as_ref().map_or_else(shown, |policy| policy.mode == Mode::Multi)
    }

    pub(super) fn unit_id<'a>(&'a self, sample: &'a Sample, row: &'a Row) -> &'a str {
        match (row.unit, &row.id) {
            (Some(at), _) => &sample.units[at].id,
            (None, Some(id)) => id,
            (None, None) => "",
        }
    }

    fn labeled<'a>(&'a self, sample: &'a Sample, row: &'a Row) -> LabeledUnit<'a> {
        let unit = row.unit.map(|at| &sample.units[at]);
        let own = unit.and_then(|unit| unit.inclusion.as_deref());
        let inclusion = match (&self.inclusions, row.unit) {
            (Some(inclusions), Some(at)) => inclusions[at].as_ref(),
            (Some(_) | None, _) => own,
        };
        LabeledUnit {
            id: self.unit_id(sample, row),
            exposure: unit.map_or(1.0, |unit| unit.exposure),
            inclusion,
            outcome: row.outcome,
            label: row.label.as_deref(),
            classes: &[],
        }
    }

    /// Returns the probabilities that the labeler stated of units with gold.
    fn stated(
        &self,
        sample: &Sample,
        rows: &[&Row],
        gold: &[GoldLabel<'_>],
    ) -> Option<Result<Stated, CalibrationError>> {
        let has_gold: HashSet<&str> = gold.iter().map(|gold| gold.id).collect();
        let mut units: Vec<StatedUnit<'_>> = Vec::new();
        for row in rows.iter().filter(|row| row.outcome == Outcome::Label) {
            let (Some(certainty), Some(label)) = (row.certainty, &row.label) else { continue };
            let id = self.unit_id(sample, row);
            if has_gold.contains(id) {
                units.push(StatedUnit { id, flagged: self.positive.matches(label), certainty });
            }
        }
        let labels = |policy: &Arc<Policy>| policy.labels.len();
        Stated::of(&units, self.policy.as_ref().map_or_else(|| self.labels_seen(gold), labels))
    }

    /// How many labels there are, where no policy says so.
    fn labels_seen(&self, gold: &[GoldLabel<'_>]) -> usize {
        let said = self.rows.iter().filter(|row| row.outcome == Outcome::Label);
        let seen: HashSet<&str> = said.filter_map(|row| row.label.as_deref()).collect();
        let of_gold = gold.iter().filter(|gold| gold.judgment == Judgment::Decided);
        seen.into_iter().chain(of_gold.map(|gold| gold.label)).collect::<HashSet<&str>>().len()
    }

    /// Returns the rows of each period, in order.
    fn by_period<'a>(
        &'a self,
        sample: &'a Sample,
    ) -> Result<BTreeMap<Option<&'a str>, Vec<&'a Row>>, OpsError> {
        let mut periods: BTreeMap<Option<&str>, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            let period = row.unit.and_then(|at| sample.units[at].period.as_deref());
            periods.entry(period).or_default().push(row);
        }
        let without = periods.get(&None).map_or(0, Vec::len);
        if without > 0 && periods.len() > 1 {
            return Err(OpsError::refused(
                format!(
                    "{without} units of {} have no period, and the others have one",
                    sample.name
                ),
                "fill the column of periods, or leave it out (`units: {period: …}` in titer.yaml names it)",
            ));
        }
        Ok(periods)
    }

    /// Returns who made the labels of a period. Two standards, or two labelers, are two measurements.
    fn maker(&self, rows: &[&Row], period: Option<&str>) -> Result<Option<&Maker>, OpsError> {
        let indices: BTreeSet<usize> = rows.iter().map(|row| row.maker).collect();
        let makers: Vec<&Maker> = indices.into_iter().map(|at| &self.makers[at]).collect();
        let place = period.map_or_else(String::new, |period| format!(" in {period}"));
        let labelers: BTreeSet<&str> = makers.iter().map(|maker| maker.labeler.as_str()).collect();
        if labelers.len() > 1 {
            let names: Vec<&str> = labelers.into_iter().collect();
            return Err(OpsError::refused(
                format!(
                    "policy `{}` has labels of {} labelers{place}, whose errors differ",
                    self.id,
                    names.len()
                ),
                format!(
                    "name one with --labeler: {}; or see the errors of each with --rates-by labeler",
                    names.join(", ")
                ),
            ));
        }
        let major = |maker: &&Maker| {
            let version = maker.version.as_deref()?;
            Some(version.trim_start_matches('v').split('.').next().unwrap_or(version).to_owned())
        };
        let standards: BTreeSet<String> = makers.iter().filter_map(major).collect();
        if standards.len() > 1 {
            let names: Vec<String> = standards.into_iter().collect();
            return Err(OpsError::refused(
                format!(
                    "S018: policy `{}` has labels by versions {}{place}: different standards",
                    self.id,
                    names.join(" and ")
                ),
                "measure the units of each version by themselves",
            ));
        }
        Ok(makers.last().copied())
    }
}

impl Sample {
    /// Returns the rows of each period of one policy, in the order of their names.
    pub(super) fn periods<'a>(
        &'a self,
        rows: &'a PolicyRows,
        estimating: &Estimating<'_>,
    ) -> Result<Vec<Period<'a>>, OpsError> {
        let divided = rows.by_period(self)?;
        let periods_of_gold = self.periods_of_gold(rows);
        let span = if divided.len() > 1 { Span::OneOfSeveral } else { Span::Only };
        let mut periods = Vec::with_capacity(divided.len());
        for (name, list) in divided {
            let maker = rows.maker(&list, name)?;
            let collected =
                self.gold.get(&name.map(str::to_owned)).or_else(|| self.gold.get(&None));
            let here = |id: &str| match periods_of_gold.get(id) {
                Some(period) => *period == name,
                None => !estimating.elsewhere.contains(id),
            };
            let Some(collected) = collected else { continue };
            let gold = labels(collected, rows, here);
            let opinions = opinions(collected, rows, here);
            let version = maker.and_then(|maker| maker.version.clone());
            let of: Vec<usize> = list.iter().filter_map(|row| row.unit).collect();
            let mut units: Vec<_> = list.iter().map(|row| rows.labeled(self, row)).collect();
            let calibrated = match &self.known {
                None => None,
                Some(known) => {
                    let reach = estimating.reach(name, span);
                    known.calibrate((&mut units, &of), (name, reach))?
                }
            };
            let stated = rows.stated(self, &list, &gold);
            periods.push(Period {
                subject: Subject {
                    policy: rows.id.clone(),
                    policy_version: version,
                    labeler: maker.map(|maker| maker.labeler.clone()),
                    period: name.map(str::to_owned),
                    span,
                    segment: None,
                },
                instrument: maker
                    .map(|it| it.fingerprint.clone().unwrap_or_else(|| it.labeler.clone())),
                units,
                gold,
                opinions,
                stated,
                of,
                settings: estimating.settings(self, rows, collected)?,
                collected,
                calibrated,
            });
        }
        Ok(periods)
    }

    /// Returns the pivots, divided for these units.
    pub(super) fn divided(&self, units: &[usize]) -> Vec<Division> {
        self.divisions.iter().map(|it| it.of_units(units.iter().copied())).collect()
    }

    /// Returns the period of each labeled unit that has gold.
    fn periods_of_gold<'a>(&'a self, rows: &'a PolicyRows) -> HashMap<&'a str, Option<&'a str>> {
        let has_gold: HashSet<&str> =
            self.gold.values().flat_map(|gold| gold.adjudication.units()).collect();
        let period = |row: &Row| self.units[row.unit?].period.as_deref();
        let rows_of = rows.rows.iter().map(|row| (rows.unit_id(self, row), row));
        let golden = rows_of.filter(|(id, _)| has_gold.contains(id));
        golden.map(|(id, row)| (id, period(row))).collect()
    }
}

/// What each rater of a policy said of some units, reasons to abstain left out.
fn opinions<'a>(
    gold: &'a Collected,
    rows: &PolicyRows,
    here: impl Fn(&str) -> bool,
) -> Vec<Opinion<'a>> {
    let abstains = |label: &str| rows.policy.as_ref().is_some_and(|policy| policy.abstains(label));
    let several = rows.several();
    let violating = |label: &str| match several {
        true => labels_in(label).any(|one| rows.positive.matches(one)),
        false => rows.positive.matches(label),
    };
    let truth = |label: &str| if violating(label) { Truth::Positive } else { Truth::Negative };
    let units = gold.rated.iter().filter(|unit| unit.policy == rows.id && here(&unit.unit_id));
    let said = |unit: &'a RatedUnit| {
        let decided = unit.answers.iter().filter(|answer| !abstains(&answer.label));
        decided.map(|answer| Opinion {
            id: &unit.unit_id,
            rater: answer.rater.as_deref(),
            truth: truth(&answer.label),
        })
    };
    units.flat_map(said).collect()
}

/// The gold of a policy for some units. Where a rater chose a reason to abstain, or raters found no majority, nobody knows the
/// label: such units stay in, as undetermined.
fn labels<'a>(
    gold: &'a Collected,
    rows: &PolicyRows,
    here: impl Fn(&str) -> bool,
) -> Vec<GoldLabel<'a>> {
    let now = Timestamp::now();
    let age = |at: &String| {
        let at: Timestamp = at.parse().ok()?;
        Some(now.duration_since(at).as_secs_f64().max(0.0) / 86_400.0)
    };
    let abstains = |label: &str| rows.policy.as_ref().is_some_and(|it| it.abstains(label));
    let judgment = |label: &str| {
        if abstains(label) { Judgment::Undetermined } else { Judgment::Decided }
    };
    let several = rows.several();
    let one_of = |votes: &'a Votes| {
        several.then(|| sets::majority(votes, &rows.positive, &abstains)).flatten()
    };
    let settled = gold.adjudication.gold.iter().filter(|gold| gold.policy == rows.id);
    let settled = settled.filter(|gold| here(&gold.unit_id)).map(|gold| {
        let label = one_of(&gold.votes).unwrap_or(&gold.label);
        GoldLabel {
            id: &gold.unit_id,
            label,
            judgment: judgment(label),
            probability: gold.probability,
            age_days: gold.drawn_at.as_ref().and_then(age),
        }
    });
    let open = gold.adjudication.unresolved.iter().filter(|open| open.policy == rows.id);
    let open = open.filter(|open| here(&open.unit_id)).map(|open| {
        let one = one_of(&open.votes);
        GoldLabel {
            id: &open.unit_id,
            label: one.unwrap_or("no majority"),
            judgment: one.map_or(Judgment::Undetermined, judgment),
            probability: open.probability,
            age_days: None,
        }
    });
    settled.chain(open).collect()
}
