//! `titer prevalence --rates-by COLUMN`: error rates of labelers, of ways of labeling, or of parts of the units; no prevalence.

mod files;
mod store;

use super::Estimating;
use super::PrevalenceRequest;
use super::refused;
use super::sample::Maker;
use super::sample::PolicyRows;
use super::sample::Row;
use super::sample::Sample;
use crate::eval::Certainty;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::measure::Asked;
use crate::measure::Division;
use crate::measure::GivenAnswer;
use crate::measure::PeriodRows;
use crate::measure::RatesLine;
use crate::measure::RatesTable;
use crate::measure::WeighedGoldRows;
use crate::measure::rates_table;
use crate::ops::error::OpsError;
use crate::ops::program::Program;
use crate::reply::Outcome;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

/// Returns the value of each unit. A unit whose exposure is split has several, and its one answer would count for each.
fn value_of_each(division: &Division) -> Result<Vec<Arc<str>>, OpsError> {
    if division.n_split() > 0 {
        return Err(OpsError::refused(
            format!(
                "the exposure of some units is split over several values of `{}`",
                division.name()
            ),
            "error rates by it are in `titer prevalence --by`, each part with its exposure",
        ));
    }
    let values: Vec<Arc<str>> = division.values().iter().map(|it| Arc::from(it.as_str())).collect();
    Ok(division.numbers().iter().map(|number| Arc::clone(&values[*number as usize])).collect())
}

/// The column that names the labeler.
const LABELER: &str = "labeler";
/// The column that names how the form of an answer was enforced.
const OUTPUT: &str = "output";

/// Error rates, and what to know beside them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeasuredRates {
    /// One table a policy.
    pub tables: Vec<RatesTable>,
    /// Things to know, one line each.
    pub notes: Vec<String>,
}

/// Measures error rates by the values of a column: `labeler`, a column of the labels (`output` for the store's), or one of the
/// units. Several labelers may have labeled the same units.
///
/// # Errors
///
/// No labels, no gold, a column that is not there, and gold drawn by one labeler's labels without probabilities where the labels
/// are of several.
pub fn error_rates(
    program: &Program,
    request: &PrevalenceRequest,
    by: &str,
) -> Result<MeasuredRates, OpsError> {
    let mut measured = MeasuredRates::default();
    let answered = match &request.labels {
        Some(labels) => files::answered(program, request, (labels, by), &mut measured.notes)?,
        None => store::answered(program, request, by, &mut measured.notes)?,
    };
    let estimating = Estimating { program, request, elsewhere: HashSet::new() };
    for policy in answered.policies {
        let table = policy.table(&answered.sample, &estimating, by)?;
        measured.notes.extend(not_of_the_same_gold(&table, &answered.sample));
        measured.tables.push(table);
    }
    Ok(measured)
}

/// Says where lines rest on different gold units, so that they may differ in units and not in errors alone. Parts of the units do
/// by their nature.
fn not_of_the_same_gold(table: &RatesTable, sample: &Sample) -> Vec<String> {
    if !sample.divisions.is_empty() {
        return Vec::new();
    }
    let policy = &table.policy;
    let partly = || table.lines.iter().filter(|line| line.asked < table.gold);
    if table.by != LABELER {
        let note = format!(
            "{policy}: not every line was asked about all {} gold units, so that lines may differ in units and not in errors alone",
            table.gold
        );
        return partly().next().map(|_| note).into_iter().collect();
    }
    let note = |line: &RatesLine| {
        format!(
            "{policy}: `{}` was asked about {} of {} gold units; its rates are those of these",
            line.labeler, line.asked, table.gold
        )
    };
    partly().map(note).collect()
}

/// What several labelers answered about a sample.
struct Answered {
    /// The units with their gold; it holds no labels.
    sample: Sample,
    policies: Vec<AnsweredPolicy>,
}

/// The answers under one policy.
struct AnsweredPolicy {
    /// The units of the policy, with placeholders in place of labels that differ from labeler to labeler.
    rows: PolicyRows,
    answers: Vec<AnswerRow>,
}

/// One answer.
struct AnswerRow {
    /// Where its unit stands among the rows.
    at: usize,
    labeler: Arc<str>,
    value: Option<Arc<str>>,
    outcome: Outcome,
    label: Option<Arc<str>>,
    certainty: Option<Certainty>,
}

impl AnsweredPolicy {
    /// Puts the labels in their places where every unit has the one answer of one labeler, as gold drawn by label needs; else
    /// each unit stands without one.
    fn new(mut rows: PolicyRows, answers: Vec<AnswerRow>) -> Self {
        let labelers: BTreeSet<&str> = answers.iter().map(|answer| &*answer.labeler).collect();
        let places: HashSet<usize> = answers.iter().map(|answer| answer.at).collect();
        let single = labelers.len() == 1 && places.len() == answers.len();
        if single && answers.len() == rows.rows.len() {
            for answer in &answers {
                let row = &mut rows.rows[answer.at];
                (row.outcome, row.label) = (answer.outcome, answer.label.clone());
            }
            rows.makers = vec![maker(labelers.into_iter().next().unwrap_or_default())];
        }
        Self { rows, answers }
    }

    fn has_labels(&self) -> bool {
        self.rows.makers.iter().any(|maker| !maker.labeler.is_empty())
    }

    fn table(
        &self,
        sample: &Sample,
        estimating: &Estimating<'_>,
        by: &str,
    ) -> Result<RatesTable, OpsError> {
        let policy = &self.rows.id;
        let periods = sample.periods(&self.rows, estimating)?;
        let parts: Vec<PeriodRows<'_>> = periods.iter().map(super::sample::Period::rows).collect();
        for part in &parts {
            self.can_be_weighed(part.rows.gold, part.settings.drawn)?;
        }
        let gold = WeighedGoldRows::of(&parts).map_err(|mistakes| refused(policy, &mistakes))?;
        let Some(first) = periods.first() else {
            return Err(OpsError::refused(
                format!("policy `{policy}` has no gold to measure errors with"),
                "collect gold first: titer gold",
            ));
        };
        let all: Vec<GoldLabel<'_>> =
            parts.iter().flat_map(|part| part.rows.gold.iter().copied()).collect();
        let seed = estimating.request.seed;
        Ok(rates_table(
            (policy, by),
            &gold,
            &self.asked(sample),
            (&self.rows.positive, self.labels(&all)),
            (first.settings.level, first.settings.drawn, seed),
        ))
    }

    /// Everyone who answered, in the order of their names.
    fn asked<'a>(&'a self, sample: &'a Sample) -> Vec<Asked<'a>> {
        let mut asked: BTreeMap<(&str, Option<&str>), HashMap<&str, GivenAnswer<'_>>> =
            BTreeMap::new();
        for answer in &self.answers {
            let id = self.rows.unit_id(sample, &self.rows.rows[answer.at]);
            let (label, certainty) = (answer.label.as_deref(), answer.certainty);
            let given = GivenAnswer { outcome: answer.outcome, label, certainty };
            let key = (&*answer.labeler, answer.value.as_deref());
            asked.entry(key).or_default().insert(id, given);
        }
        let one = |((labeler, value), answers): ((&str, Option<&str>), _)| Asked {
            labeler: labeler.to_owned(),
            value: value.map(str::to_owned),
            answers,
        };
        asked.into_iter().map(one).collect()
    }

    fn labels(&self, gold: &[GoldLabel<'_>]) -> usize {
        match &self.rows.policy {
            Some(policy) => policy.labels.len(),
            None => {
                let said = self.answers.iter().filter_map(|answer| answer.label.as_deref());
                said.chain(gold.iter().map(|gold| gold.label)).collect::<HashSet<&str>>().len()
            }
        }
    }

    /// Gold that one labeler's labels drew has, for any other, only the weights that were written down.
    fn can_be_weighed(&self, gold: &[GoldLabel<'_>], drawn: GoldDrawn) -> Result<(), OpsError> {
        let recorded = gold.iter().filter(|gold| gold.probability.is_some()).count();
        let policy = &self.rows.id;
        if drawn == GoldDrawn::Convenience || recorded == gold.len() {
            return Ok(());
        }
        if recorded > 0 {
            return Err(OpsError::refused(
                format!(
                    "S011: {recorded} of {} gold units of `{policy}` have a probability",
                    gold.len()
                ),
                "give every gold unit the probability it was drawn with, or none",
            ));
        }
        if drawn == GoldDrawn::ByLabel && !self.has_labels() {
            return Err(OpsError::refused(
                format!(
                    "S011: gold of `{policy}` was drawn by one labeler's labels and has no probabilities, so that its weights for other labelers, or for a part of the labels, are unknown"
                ),
                "add a column `probability` to the gold, or measure that labeler alone with --labeler",
            ));
        }
        Ok(())
    }
}

fn maker(labeler: &str) -> Maker {
    Maker { labeler: labeler.to_owned(), version: None, fingerprint: None }
}

/// A unit whose labels are kept elsewhere.
fn placeholder(id: Option<String>, unit: Option<usize>) -> Row {
    Row { id, unit, outcome: Outcome::Failed, label: None, labels: None, certainty: None, maker: 0 }
}
