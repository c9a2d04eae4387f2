//! The ladder of versions a store climbs: `PRAGMA user_version` counts the rungs taken.

use crate::store::StoreError;
use rusqlite::Connection;
use std::path::Path;

/// The rungs, oldest first. A rung that has been released is never edited.
const MIGRATIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("calls.sql")];
/// Marks an SQLite file as a titer store: the letters `titr`.
const APPLICATION_ID: i64 = 0x7469_7472;

/// The newest version this program knows.
pub(crate) const fn newest() -> i64 {
    MIGRATIONS.len() as i64
}

/// Refuses a file that is not a store this program can read, without changing it.
pub(crate) fn inspect(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let pragma = |name: &str| -> Result<i64, StoreError> {
        let read = connection.pragma_query_value(None, name, |row| row.get(0));
        read.map_err(|source| StoreError::of(path, source))
    };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|source| StoreError::of(path, source))?;
    if application != APPLICATION_ID && (application, version, tables) != (0, 0, 0) {
        return Err(StoreError::NotAStore { path: path.to_owned() });
    }
    if newest() < version {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: newest() });
    }
    Ok(version)
}

/// Brings the store to the newest version; one transaction a rung, so a stop leaves a whole version.
pub(crate) fn climb(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let version = inspect(connection, path)?;
    let failed = |source| StoreError::of(path, source);
    for (rung, sql) in (1_i64..).zip(MIGRATIONS).filter(|(rung, _)| version < *rung) {
        let step = connection.transaction().map_err(failed)?;
        step.execute_batch(sql).map_err(failed)?;
        step.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        step.pragma_update(None, "user_version", rung).map_err(failed)?;
        step.commit().map_err(failed)?;
    }
    Ok(())
}
