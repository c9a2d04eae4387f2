//! The human side: which units people shall see, what they said, what they took back.

use crate::store::Reader;
use crate::store::StoreError;
use crate::store::labels::json;
use crate::store::labels::timestamp;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::named_params;
use rusqlite::params;

/// A draw of units for human review, recorded whole before any of them is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldDraw {
    /// The caller's id.
    pub id: String,
    /// The salt of its random numbers.
    pub salt: String,
    /// How the units were chosen.
    pub design: String,
    /// The policies to be answered for each unit.
    pub policies: Vec<String>,
    /// The planned probabilities and how they came about, as JSON.
    pub plan: String,
    /// When it was drawn.
    pub created_at: Timestamp,
    /// The units in the order they are shown.
    pub queue: Vec<QueuedUnit>,
}

/// One unit of a draw.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedUnit {
    /// The unit's id.
    pub unit: String,
    /// Its probability of being in the draw, in `(0, 1]`.
    pub probability: f64,
}

/// What one human said about one unit and policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The caller's id; an annotation recorded twice under one id is kept once.
    pub id: Fingerprint,
    /// The unit's id.
    pub unit: String,
    /// The policy's id.
    pub policy: String,
    /// The label given.
    pub label: String,
    /// Who said it.
    pub rater: Option<String>,
    /// The probability of the unit being chosen for gold, in `(0, 1]`.
    pub probability: Option<f64>,
    /// When the unit was chosen.
    pub drawn_at: Option<Timestamp>,
    /// Full ids of the criteria cited.
    pub criteria: Vec<String>,
    /// Anything the rater wrote.
    pub note: Option<String>,
    /// The draw it answers.
    pub draw: Option<String>,
    /// When it was said.
    pub answered_at: Timestamp,
}

impl GoldDraw {
    const INSERT: &str = "INSERT INTO gold_draws (id, salt, design, policies, plan, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    const QUEUE: &str = "INSERT INTO gold_queue (draw, position, unit, probability)
        VALUES (?1, ?2, ?3, ?4)";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let policies = serde_json::json!(self.policies).to_string();
        let created_at = self.created_at.to_string();
        connection.prepare_cached(Self::INSERT)?.execute(params![
            self.id,
            self.salt,
            self.design,
            policies,
            self.plan,
            created_at
        ])?;
        let mut queue = connection.prepare_cached(Self::QUEUE)?;
        for (position, queued) in (0_i64..).zip(&self.queue) {
            queue.execute(params![self.id, position, queued.unit, queued.probability])?;
        }
        Ok(())
    }

    /// Reads a draw without its queue.
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            salt: row.get("salt")?,
            design: row.get("design")?,
            policies: json(row, "policies")?,
            plan: row.get("plan")?,
            created_at: timestamp(row, "created_at")?,
            queue: Vec::new(),
        })
    }
}

impl Annotation {
    const INSERT: &str =
        "INSERT INTO annotations (id, unit, policy, label, rater, probability, drawn_at,
            criteria, note, draw, answered_at)
        VALUES (:id, :unit, :policy, :label, :rater, :probability, :drawn_at,
            :criteria, :note, :draw, :answered_at)
        ON CONFLICT (id) DO NOTHING";
    const RETRACT: &str = "INSERT INTO retractions (annotation, retracted_at) VALUES (?1, ?2)
        ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(Self::INSERT)?
            .execute(named_params! {
                ":id": self.id.as_bytes(),
                ":unit": self.unit,
                ":policy": self.policy,
                ":label": self.label,
                ":rater": self.rater,
                ":probability": self.probability,
                ":drawn_at": self.drawn_at.map(|time| time.to_string()),
                ":criteria": serde_json::json!(self.criteria).to_string(),
                ":note": self.note,
                ":draw": self.draw,
                ":answered_at": self.answered_at.to_string(),
            })
            .map(drop)
    }

    pub(crate) fn retract(
        connection: &Connection,
        annotation: Fingerprint,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(Self::RETRACT)?
            .execute(params![annotation.as_bytes(), at.to_string()])
            .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let drawn_at: Option<String> = row.get("drawn_at")?;
        Ok(Self {
            id: Fingerprint::from_bytes(row.get("id")?),
            unit: row.get("unit")?,
            policy: row.get("policy")?,
            label: row.get("label")?,
            rater: row.get("rater")?,
            probability: row.get("probability")?,
            drawn_at: drawn_at.map(|_| timestamp(row, "drawn_at")).transpose()?,
            criteria: json(row, "criteria")?,
            note: row.get("note")?,
            draw: row.get("draw")?,
            answered_at: timestamp(row, "answered_at")?,
        })
    }
}

impl Reader {
    /// Returns all draws with their queues, in the order they were made.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn gold_draws(&self) -> Result<Vec<GoldDraw>, StoreError> {
        let sql = "SELECT * FROM gold_draws ORDER BY created_at, rowid";
        let mut draws = self.rows(sql, [], GoldDraw::of)?;
        let sql = "SELECT unit, probability FROM gold_queue WHERE draw = ?1 ORDER BY position";
        for draw in &mut draws {
            draw.queue = self.rows(sql, [&draw.id], |row| {
                Ok(QueuedUnit { unit: row.get(0)?, probability: row.get(1)? })
            })?;
        }
        Ok(draws)
    }

    /// Returns every annotation that was not taken back, in the order recorded.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn annotations(&self) -> Result<Vec<Annotation>, StoreError> {
        let sql = "SELECT * FROM annotations
            WHERE NOT EXISTS (SELECT 1 FROM retractions WHERE annotation = annotations.id)
            ORDER BY seq";
        self.rows(sql, [], Annotation::of)
    }
}
