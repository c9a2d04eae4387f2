//! Label rows: one for each unit, policy and request, appended and never changed.

use crate::reply::Answer;
use crate::reply::ComponentAnswer;
use crate::reply::Outcome;
use crate::reply::OwnAnswer;
use crate::store::Reader;
use crate::store::StoreError;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::named_params;
use rusqlite::types::Type;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::HashSet;

/// What one request says about one unit and one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRow {
    /// The unit's id.
    pub unit: String,
    /// The answer.
    pub answer: Answer,
    /// The version of the policy that was asked.
    pub policy_version: String,
    /// Whether the outcome stands. `false` for a failure that may pass: the request is asked again.
    pub settled: bool,
    /// The bytes behind the answer.
    pub provenance: Provenance,
    /// HTTP calls the request took; 0 when the answer is another unit's, reused.
    pub attempts: u32,
    /// The row's share of what its request was billed, so that sums over rows are what was paid.
    pub billed: Billed,
    /// How long the last call took, in milliseconds.
    pub latency_ms: f64,
    /// When the answer was read.
    pub labeled_at: Timestamp,
}

/// What a label that stands today says, and what it was given to; the rest of its row stays on the disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandingLabel<'a> {
    /// The unit's id.
    pub unit: &'a str,
    /// The unit's content.
    pub unit_hash: Fingerprint,
    /// The policy's id.
    pub policy: &'a str,
    /// How the labeling ended.
    pub outcome: Outcome,
    /// The label, where there is one.
    pub label: Option<&'a str>,
    /// The probability of the tokens that spell the label, where it is known.
    pub label_probability: Option<f64>,
    /// What the model says of its own certainty.
    pub stated_confidence: Option<f64>,
    /// All labels as a JSON list, where several may apply.
    pub labels: Option<&'a str>,
    /// The prompt.
    pub prompt: Fingerprint,
}

/// The hashes a label can be walked back by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// The unit's content.
    pub unit_hash: Fingerprint,
    /// The labeler.
    pub labeler: Fingerprint,
    /// The prompt.
    pub prompt: Fingerprint,
    /// The request: all that determines the reply.
    pub request: Fingerprint,
}

/// Tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Billed {
    /// Prompt tokens, the cached ones included.
    pub input_tokens: u64,
    /// Prompt tokens from the provider's cache.
    pub cached_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// Money; `None` when no price is known.
    pub cost_usd: Option<f64>,
}

impl LabelRow {
    const INSERT: &str = "INSERT INTO labels (unit, unit_hash, policy, policy_version, outcome, settled,
            label, criteria, checks, components, because, stated_confidence, label_probability,
            labeler, prompt, request, attempts, input_tokens, cached_tokens, output_tokens, cost_usd,
            latency_ms, labeled_at)
        VALUES (:unit, :unit_hash, :policy, :policy_version, :outcome, :settled,
            :label, :criteria, :checks, :components, :because, :stated_confidence, :label_probability,
            :labeler, :prompt, :request, :attempts, :input_tokens, :cached_tokens, :output_tokens,
            :cost_usd, :latency_ms, :labeled_at)
        ON CONFLICT DO NOTHING";

    /// The answers of the first unit the request was settled for; `labeled_at` stays the answer's own.
    const REUSE: &str = "INSERT INTO labels (unit, unit_hash, policy, policy_version, outcome, settled,
            label, criteria, checks, components, because, stated_confidence, label_probability,
            labeler, prompt, request, attempts, input_tokens, cached_tokens, output_tokens, cost_usd,
            latency_ms, labeled_at)
        SELECT :unit, unit_hash, policy, policy_version, outcome, settled,
            label, criteria, checks, components, because, stated_confidence, label_probability,
            labeler, prompt, request, 0, 0, 0, 0, iif(cost_usd IS NULL, NULL, 0.0),
            latency_ms, labeled_at
        FROM labels
        WHERE request = :request AND settled = 1
          AND unit = (SELECT unit FROM labels WHERE request = :request AND settled = 1
                      ORDER BY seq LIMIT 1)
        ORDER BY seq
        ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { answer, provenance, billed, .. } = self;
        connection
            .prepare_cached(Self::INSERT)?
            .execute(named_params! {
                ":unit": self.unit,
                ":unit_hash": provenance.unit_hash.as_bytes(),
                ":policy": answer.policy,
                ":policy_version": self.policy_version,
                ":outcome": answer.outcome.name(),
                ":settled": self.settled,
                ":label": answer.label,
                ":criteria": serde_json::json!(answer.criteria).to_string(),
                ":checks": serde_json::json!(answer.checks).to_string(),
                ":components": parts(answer),
                ":because": answer.because,
                ":stated_confidence": answer.stated_confidence,
                ":label_probability": answer.label_probability,
                ":labeler": provenance.labeler.as_bytes(),
                ":prompt": provenance.prompt.as_bytes(),
                ":request": provenance.request.as_bytes(),
                ":attempts": self.attempts,
                ":input_tokens": count(billed.input_tokens),
                ":cached_tokens": count(billed.cached_tokens),
                ":output_tokens": count(billed.output_tokens),
                ":cost_usd": billed.cost_usd,
                ":latency_ms": self.latency_ms,
                ":labeled_at": self.labeled_at.to_string(),
            })
            .map(drop)
    }

    pub(crate) fn reuse(
        connection: &Connection,
        request: Fingerprint,
        unit: &str,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(Self::REUSE)?
            .execute(named_params! {":request": request.as_bytes(), ":unit": unit})
            .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let outcome: String = row.get("outcome")?;
        let outcome = Outcome::from_name(&outcome).ok_or_else(|| unreadable(row, "outcome"))?;
        let fingerprint = |name| row.get(name).map(Fingerprint::from_bytes);
        let parts = json::<Value>(row, "components")?;
        let answer = Answer {
            policy: row.get("policy")?,
            outcome,
            label: row.get("label")?,
            labels: texts(&parts["labels"]),
            components: components(&parts["components"]),
            own: own(&parts),
            criteria: json::<Vec<String>>(row, "criteria")?,
            checks: json::<BTreeMap<String, String>>(row, "checks")?,
            because: row.get("because")?,
            stated_confidence: row.get("stated_confidence")?,
            label_probability: row.get("label_probability")?,
        };
        Ok(Self {
            unit: row.get("unit")?,
            answer,
            policy_version: row.get("policy_version")?,
            settled: row.get("settled")?,
            provenance: Provenance {
                unit_hash: fingerprint("unit_hash")?,
                labeler: fingerprint("labeler")?,
                prompt: fingerprint("prompt")?,
                request: fingerprint("request")?,
            },
            attempts: row.get("attempts")?,
            billed: Billed::of(row)?,
            latency_ms: row.get("latency_ms")?,
            labeled_at: timestamp(row, "labeled_at")?,
        })
    }
}

impl Billed {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let tokens = |name| row.get(name).map(|tokens: i64| tokens.unsigned_abs());
        Ok(Self {
            input_tokens: tokens("input_tokens")?,
            cached_tokens: tokens("cached_tokens")?,
            output_tokens: tokens("output_tokens")?,
            cost_usd: row.get("cost_usd")?,
        })
    }
}

/// What an answer says beside one label, as the `components` column holds it.
fn parts(answer: &Answer) -> String {
    if answer.labels.is_empty() && answer.components.is_empty() && answer.own.is_none() {
        return "{}".to_owned();
    }
    let components: Vec<Value> = answer
        .components
        .iter()
        .map(|part| {
            let mut one = json!({"criteria": part.criteria, "label": part.label, "n": part.n});
            if !part.labels.is_empty() {
                one["labels"] = json!(part.labels);
            }
            one
        })
        .collect();
    let own = answer.own.as_ref();
    json!({
        "labels": answer.labels,
        "components": components,
        "own_label": own.map(|own| &own.label),
        "own_labels": own.map(|own| &own.labels),
        "own_criteria": own.map(|own| &own.criteria),
        "own_because": own.map(|own| &own.because),
    })
    .to_string()
}

fn own(parts: &Value) -> Option<OwnAnswer> {
    Some(OwnAnswer {
        label: parts["own_label"].as_str()?.to_owned(),
        labels: texts(&parts["own_labels"]),
        criteria: texts(&parts["own_criteria"]),
        because: parts["own_because"].as_str().map(str::to_owned),
    })
}

fn components(list: &Value) -> Vec<ComponentAnswer> {
    let one = |part: &Value| {
        Some(ComponentAnswer {
            n: usize::try_from(part["n"].as_u64()?).ok()?,
            label: part["label"].as_str()?.to_owned(),
            labels: texts(&part["labels"]),
            criteria: texts(&part["criteria"]),
        })
    };
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Reader {
    /// Returns every request that need not be asked again.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn answered_fingerprints(&self) -> Result<HashSet<Fingerprint>, StoreError> {
        let mut answered = HashSet::new();
        let sql = "SELECT DISTINCT request FROM labels WHERE settled = 1";
        self.each(sql, &[], |row| {
            answered.insert(Fingerprint::from_bytes(row.get(0)?));
            Ok(())
        })?;
        Ok(answered)
    }

    /// Hands every request that need not be asked again to `take`, with each unit it is recorded for.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn answered_units(
        &self,
        mut take: impl FnMut(Fingerprint, &str),
    ) -> Result<(), StoreError> {
        let sql = "SELECT DISTINCT request, unit FROM labels WHERE settled = 1";
        self.each(sql, &[], |row| {
            let unit = row.get_ref(1)?.as_str()?;
            take(Fingerprint::from_bytes(row.get(0)?), unit);
            Ok(())
        })
    }

    /// Hands every label that stands today to `take`, in the order recorded: settled rows, and the last
    /// failure where nothing has settled since. A request has one for each of its units and policies.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn labels(&self, mut take: impl FnMut(LabelRow)) -> Result<(), StoreError> {
        self.each("SELECT * FROM current_labels ORDER BY seq", &[], |row| {
            take(LabelRow::of(row)?);
            Ok(())
        })
    }

    /// Hands every label that stands today to `take` as [`Self::labels`] does, without what an estimate has no use for.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn standing_labels(
        &self,
        mut take: impl FnMut(StandingLabel<'_>),
    ) -> Result<(), StoreError> {
        let sql = "SELECT unit, unit_hash, policy, outcome, label, prompt, label_probability, stated_confidence,
                 iif(components = '{}', NULL, json_extract(components, '$.labels'))
            FROM current_labels ORDER BY seq";
        self.each(sql, &[], |row| {
            let outcome = Outcome::from_name(row.get_ref(3)?.as_str()?);
            take(StandingLabel {
                unit: row.get_ref(0)?.as_str()?,
                unit_hash: Fingerprint::from_bytes(row.get(1)?),
                policy: row.get_ref(2)?.as_str()?,
                outcome: outcome.ok_or_else(|| unreadable(row, "outcome"))?,
                label: row.get_ref(4)?.as_str_or_null()?,
                labels: row.get_ref(8)?.as_str_or_null()?,
                prompt: Fingerprint::from_bytes(row.get(5)?),
                label_probability: row.get(6)?,
                stated_confidence: row.get(7)?,
            });
            Ok(())
        })
    }

    /// Hands the labels that stand today for one unit to `take`, in the order recorded.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn labels_of_unit(
        &self,
        unit: &str,
        mut take: impl FnMut(LabelRow),
    ) -> Result<(), StoreError> {
        self.each("SELECT * FROM current_labels WHERE unit = ?1 ORDER BY seq", &[&unit], |row| {
            take(LabelRow::of(row)?);
            Ok(())
        })
    }

    /// Returns the labels that stand today for one request, of all units it was recorded for.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn labels_of(&self, request: Fingerprint) -> Result<Vec<LabelRow>, StoreError> {
        let mut rows = Vec::new();
        let sql = "SELECT * FROM current_labels WHERE request = ?1 ORDER BY seq";
        self.each(sql, &[&request.as_bytes()], |row| {
            rows.push(LabelRow::of(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs a query that returns few rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(values, of).and_then(Iterator::collect);
        rows.map_err(|source| self.failed(source))
    }

    /// Runs a query and hands over one row at a time.
    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(values).map_err(|source| self.failed(source))?;
        while let Some(row) = rows.next().map_err(|source| self.failed(source))? {
            take(row).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        self.connection.prepare_cached(sql).map_err(|source| self.failed(source))
    }

    pub(crate) fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, source)
    }
}

/// SQLite counts in 64 signed bits; more tokens than that are not billed.
pub(crate) fn count(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// Reads a time back.
pub(crate) fn timestamp(row: &Row<'_>, name: &'static str) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(name)?;
    text.parse().map_err(|_| unreadable(row, name))
}

/// Reads JSON text back.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    name: &'static str,
) -> rusqlite::Result<T> {
    let text: String = row.get(name)?;
    serde_json::from_str(&text).map_err(|_| unreadable(row, name))
}

pub(crate) fn unreadable(row: &Row<'_>, name: &'static str) -> rusqlite::Error {
    let column = row.as_ref().column_index(name).unwrap_or_default();
    let message = format!("the value of `{name}` cannot be read");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
}
