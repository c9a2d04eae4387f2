//! The ledger: every HTTP call with its raw reply and its cost.

use crate::store::Billed;
use crate::store::Reader;
use crate::store::StoreError;
use crate::store::labels::count;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::named_params;
use rusqlite::params;
use std::collections::BTreeMap;

/// One HTTP call and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRow {
    /// The request's fingerprint.
    pub request: Fingerprint,
    /// The place among the calls of the request, from 0; 0 where it takes one.
    pub call: usize,
    /// The labeler's.
    pub labeler: Fingerprint,
    /// The prompt's.
    pub prompt: Fingerprint,
    /// When it was sent.
    pub started_at: Timestamp,
    /// The HTTP status; `None` when no response came.
    pub status: Option<u16>,
    /// The name of the signal it gave, such as `answered` or `rate_limited`.
    pub signal: &'static str,
    /// The response body as received.
    pub raw: Vec<u8>,
    /// Tokens and money.
    pub billed: Billed,
    /// Whether the token counts are our own estimate.
    pub estimated: bool,
    /// From sending to the last byte, in milliseconds.
    pub latency_ms: f64,
    /// What happened, for a person; empty when answered.
    pub message: String,
}

/// Sums over attempts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// Calls by the name of their signal.
    pub attempts: BTreeMap<String, u64>,
    /// Calls whose cost is not known: no price, or no usage came.
    pub unpriced: u64,
    /// Calls whose tokens are estimated.
    pub estimated: u64,
    /// Tokens and money of all; the cost is of the priced calls, `None` when there is none.
    pub billed: Billed,
}

impl AttemptRow {
    const INSERT: &str = "INSERT INTO attempts (request, call, labeler, prompt, started_at, status, signal, raw,
            input_tokens, cached_tokens, output_tokens, estimated, cost_usd, latency_ms, message)
        VALUES (:request, :call, :labeler, :prompt, :started_at, :status, :signal, :raw,
            :input_tokens, :cached_tokens, :output_tokens, :estimated, :cost_usd, :latency_ms, :message)";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(Self::INSERT)?
            .execute(named_params! {
                ":request": self.request.as_bytes(),
                ":call": count(self.call as u64),
                ":labeler": self.labeler.as_bytes(),
                ":prompt": self.prompt.as_bytes(),
                ":started_at": self.started_at.to_string(),
                ":status": self.status,
                ":signal": self.signal,
                ":raw": self.raw,
                ":input_tokens": count(self.billed.input_tokens),
                ":cached_tokens": count(self.billed.cached_tokens),
                ":output_tokens": count(self.billed.output_tokens),
                ":estimated": self.estimated,
                ":cost_usd": self.billed.cost_usd,
                ":latency_ms": self.latency_ms,
                ":message": self.message,
            })
            .map(drop)
    }
}

impl Reader {
    /// Returns the sums over all attempts, or over those of one labeler.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn ledger(&self, labeler: Option<Fingerprint>) -> Result<Ledger, StoreError> {
        let labeler = labeler.map(|labeler| labeler.as_bytes().to_vec());
        let sql = "SELECT signal, count(*), count(*) - count(cost_usd), sum(estimated),
                sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(cost_usd)
            FROM attempts WHERE ?1 IS NULL OR labeler = ?1 GROUP BY signal ORDER BY signal";
        let mut ledger = Ledger::default();
        self.each(sql, params![labeler], |row| {
            let number = |column| row.get(column).map(|number: i64| number.unsigned_abs());
            ledger.attempts.insert(row.get(0)?, number(1)?);
            ledger.unpriced += number(2)?;
            ledger.estimated += number(3)?;
            ledger.billed.input_tokens += number(4)?;
            ledger.billed.cached_tokens += number(5)?;
            ledger.billed.output_tokens += number(6)?;
            let cost: Option<f64> = row.get(7)?;
            ledger.billed.cost_usd = match (ledger.billed.cost_usd, cost) {
                (Some(before), Some(more)) => Some(before + more),
                (before, more) => before.or(more),
            };
            Ok(())
        })?;
        Ok(ledger)
    }
}
