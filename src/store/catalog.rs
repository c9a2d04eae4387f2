//! The things labels refer to: labelers, prompts, policies, samples and what endpoints can do.

use crate::store::Reader;
use crate::store::StoreError;
use crate::store::labels::timestamp;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

/// A labeler as it was configured; secrets are no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelerRow {
    /// The hash of everything below that determines a reply.
    pub fingerprint: Fingerprint,
    /// The name in `titer.yaml`.
    pub name: String,
    /// Its settings as JSON.
    pub settings: String,
    /// When it was first used.
    pub first_seen: Timestamp,
}

/// A compiled prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRow {
    /// Its hash.
    pub fingerprint: Fingerprint,
    /// The text that stands before every unit.
    pub text: String,
    /// The output schema as JSON.
    pub schema: String,
    /// The policies it asks about, in order.
    pub policies: Vec<Fingerprint>,
    /// When it was first used.
    pub first_seen: Timestamp,
}

/// One version of a policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its hash.
    pub fingerprint: Fingerprint,
    /// The policy's id.
    pub id: String,
    /// The version its author gave it.
    pub version: String,
    /// The YAML as it was written.
    pub source: String,
    /// When it was first labeled with.
    pub first_seen: Timestamp,
}

/// The manifest of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRow {
    /// The caller's id of the sample.
    pub id: String,
    /// The manifest as JSON.
    pub manifest: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// One thing an endpoint was seen to do or not to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// The endpoint's base URL.
    pub url: String,
    /// The model asked for.
    pub model: String,
    /// What was probed, such as `output`.
    pub key: String,
    /// What was found.
    pub value: String,
    /// When.
    pub probed_at: Timestamp,
}

impl LabelerRow {
    const INSERT: &str = "INSERT INTO labelers (fingerprint, name, settings, first_seen)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let first_seen = self.first_seen.to_string();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(params![self.fingerprint.as_bytes(), self.name, self.settings, first_seen])
            .map(drop)
    }
}

impl PromptRow {
    const INSERT: &str = "INSERT INTO prompts (fingerprint, text, schema, policies, first_seen)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let policies: Vec<_> = self.policies.iter().map(Fingerprint::to_string).collect();
        let policies = serde_json::json!(policies).to_string();
        let first_seen = self.first_seen.to_string();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(params![
                self.fingerprint.as_bytes(),
                self.text,
                self.schema,
                policies,
                first_seen
            ])
            .map(drop)
    }
}

impl PolicyRow {
    const INSERT: &str = "INSERT INTO policies (fingerprint, id, version, source, first_seen)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let first_seen = self.first_seen.to_string();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(params![
                self.fingerprint.as_bytes(),
                self.id,
                self.version,
                self.source,
                first_seen
            ])
            .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            fingerprint: Fingerprint::from_bytes(row.get("fingerprint")?),
            id: row.get("id")?,
            version: row.get("version")?,
            source: row.get("source")?,
            first_seen: timestamp(row, "first_seen")?,
        })
    }
}

impl SampleRow {
    const INSERT: &str = "INSERT INTO samples (id, manifest, recorded_at)
        VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let recorded_at = self.recorded_at.to_string();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(params![self.id, self.manifest, recorded_at])
            .map(drop)
    }
}

impl Capability {
    const INSERT: &str = "INSERT INTO capabilities (url, model, key, value, probed_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let probed_at = self.probed_at.to_string();
        connection
            .prepare_cached(Self::INSERT)?
            .execute(params![self.url, self.model, self.key, self.value, probed_at])
            .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            url: row.get("url")?,
            model: row.get("model")?,
            key: row.get("key")?,
            value: row.get("value")?,
            probed_at: timestamp(row, "probed_at")?,
        })
    }
}

impl Reader {
    /// Returns the versions of the policies labeled with, oldest first; of one policy, or of all.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn policies(&self, id: Option<&str>) -> Result<Vec<PolicyRow>, StoreError> {
        let sql =
            "SELECT * FROM policies WHERE ?1 IS NULL OR id = ?1 ORDER BY id, first_seen, rowid";
        self.rows(sql, params![id], PolicyRow::of)
    }

    /// Returns the labelers used, in the order of their first use.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn labelers(&self) -> Result<Vec<LabelerRow>, StoreError> {
        self.rows("SELECT * FROM labelers ORDER BY first_seen, rowid", [], |row| {
            Ok(LabelerRow {
                fingerprint: Fingerprint::from_bytes(row.get("fingerprint")?),
                name: row.get("name")?,
                settings: row.get("settings")?,
                first_seen: timestamp(row, "first_seen")?,
            })
        })
    }

    /// Returns the manifest recorded for a sample.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn sample(&self, id: &str) -> Result<Option<SampleRow>, StoreError> {
        let rows = self.rows("SELECT * FROM samples WHERE id = ?1", [id], |row| {
            Ok(SampleRow {
                id: row.get("id")?,
                manifest: row.get("manifest")?,
                recorded_at: timestamp(row, "recorded_at")?,
            })
        })?;
        Ok(rows.into_iter().next())
    }

    /// Returns what was last found about an endpoint's model under a key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn capability(&self, asked: CapabilityKey<'_>) -> Result<Option<Capability>, StoreError> {
        let sql = "SELECT * FROM capabilities WHERE url = ?1 AND model = ?2 AND key = ?3
            ORDER BY seq DESC LIMIT 1";
        let mut statement = self.prepare(sql)?;
        statement
            .query_row([asked.url, asked.model, asked.key], Capability::of)
            .optional()
            .map_err(|source| self.failed(source))
    }
}

/// What is asked about an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapabilityKey<'a> {
    /// The endpoint's base URL.
    pub url: &'a str,
    /// The model.
    pub model: &'a str,
    /// What was probed.
    pub key: &'a str,
}
