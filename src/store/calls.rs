//! Answers to the single calls of a request that takes several: appended and never changed.

use crate::reply::Answer;
use crate::reply::ComponentAnswer;
use crate::reply::Outcome;
use crate::reply::OwnAnswer;
use crate::store::Billed;
use crate::store::Reader;
use crate::store::StoreError;
use crate::store::labels::count;
use crate::store::labels::json;
use crate::store::labels::timestamp;
use crate::store::labels::unreadable;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::named_params;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one call of a request said.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRow {
    /// The request it is part of.
    pub request: Fingerprint,
    /// Its place among the calls of the request, from 0.
    pub call: usize,
    /// The place in the unit of the one component it judges, from 1.
    pub component: Option<usize>,
    /// The label it asks about.
    pub label: Option<String>,
    /// Its answers, one a policy.
    pub answers: Vec<Answer>,
    /// HTTP calls it took.
    pub attempts: u32,
    /// Tokens and money it took.
    pub billed: Billed,
    /// When the answer was read.
    pub answered_at: Timestamp,
}

/// An answer as JSON.
#[derive(Serialize, Deserialize)]
struct Wire {
    policy: String,
    outcome: String,
    label: Option<String>,
    labels: Vec<String>,
    criteria: Vec<String>,
    checks: BTreeMap<String, String>,
    components: Vec<WirePart>,
    #[serde(default)]
    own: Option<WireOwn>,
    because: Option<String>,
    stated_confidence: Option<f64>,
    label_probability: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct WireOwn {
    label: String,
    labels: Vec<String>,
    criteria: Vec<String>,
    because: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WirePart {
    n: usize,
    label: String,
    labels: Vec<String>,
    criteria: Vec<String>,
}

impl Wire {
    fn of(answer: &Answer) -> Self {
        let answer = answer.clone();
        let part = |ComponentAnswer { n, label, labels, criteria }| WirePart {
            n,
            label,
            labels,
            criteria,
        };
        Self {
            policy: answer.policy,
            outcome: answer.outcome.name().to_owned(),
            label: answer.label,
            labels: answer.labels,
            criteria: answer.criteria,
            checks: answer.checks,
            components: answer.components.into_iter().map(part).collect(),
            own: answer.own.map(|OwnAnswer { label, labels, criteria, because }| WireOwn {
                label,
                labels,
                criteria,
                because,
            }),
            because: answer.because,
            stated_confidence: answer.stated_confidence,
            label_probability: answer.label_probability,
        }
    }

    fn answer(self) -> Option<Answer> {
        let part = |WirePart { n, label, labels, criteria }| ComponentAnswer {
            n,
            label,
            labels,
            criteria,
        };
        Some(Answer {
            outcome: Outcome::from_name(&self.outcome)?,
            policy: self.policy,
            label: self.label,
            labels: self.labels,
            criteria: self.criteria,
            checks: self.checks,
            components: self.components.into_iter().map(part).collect(),
            own: self.own.map(|WireOwn { label, labels, criteria, because }| OwnAnswer {
                label,
                labels,
                criteria,
                because,
            }),
            because: self.because,
            stated_confidence: self.stated_confidence,
            label_probability: self.label_probability,
        })
    }
}

impl CallRow {
    const INSERT: &str = "INSERT INTO calls (request, call, component, label, answers, attempts,
            input_tokens, cached_tokens, output_tokens, cost_usd, answered_at)
        VALUES (:request, :call, :component, :label, :answers, :attempts,
            :input_tokens, :cached_tokens, :output_tokens, :cost_usd, :answered_at)
        ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let answers: Vec<Wire> = self.answers.iter().map(Wire::of).collect();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(named_params! {
                ":request": self.request.as_bytes(),
                ":call": count(self.call as u64),
                ":component": self.component.map(|n| count(n as u64)),
                ":label": self.label,
                ":answers": serde_json::json!(answers).to_string(),
                ":attempts": self.attempts,
                ":input_tokens": count(self.billed.input_tokens),
                ":cached_tokens": count(self.billed.cached_tokens),
                ":output_tokens": count(self.billed.output_tokens),
                ":cost_usd": self.billed.cost_usd,
                ":answered_at": self.answered_at.to_string(),
            })
            .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let answers = json::<Vec<Wire>>(row, "answers")?.into_iter().map(Wire::answer);
        let answers: Option<Vec<Answer>> = answers.collect();
        Ok(Self {
            request: Fingerprint::from_bytes(row.get("request")?),
            call: place(row.get("call")?),
            component: row.get::<_, Option<i64>>("component")?.map(place),
            label: row.get("label")?,
            answers: answers.ok_or_else(|| unreadable(row, "answers"))?,
            attempts: row.get("attempts")?,
            billed: Billed::of(row)?,
            answered_at: timestamp(row, "answered_at")?,
        })
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Reader {
    /// Hands the answered calls of requests that are not settled to `take`, by request and place.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn calls_of_unsettled(&self, mut take: impl FnMut(CallRow)) -> Result<(), StoreError> {
        let sql = "SELECT * FROM calls WHERE NOT EXISTS (SELECT 1 FROM labels
                WHERE labels.request = calls.request AND labels.settled = 1)
            ORDER BY request, call";
        self.each(sql, &[], |row| {
            take(CallRow::of(row)?);
            Ok(())
        })
    }

    /// Returns the answered calls of one request, by place; none where it takes one call.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn calls_of(&self, request: Fingerprint) -> Result<Vec<CallRow>, StoreError> {
        let sql = "SELECT * FROM calls WHERE request = ?1 ORDER BY call";
        self.rows(sql, [request.as_bytes()], CallRow::of)
    }
}
