//! Opening a store: creating it, refusing what is not one, connections for its writer and readers.

use crate::store::StoreError;
use crate::store::Writer;
use crate::store::lock;
use crate::store::lock::Lock;
use crate::store::migrate;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// How long a connection waits for another one's short lock.
const BUSY: Duration = Duration::from_secs(10);

/// What a caller wants to do with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only look; the file must exist.
    Read,
    /// Record; the file and its folder are created, and other writers are kept out.
    Write,
}

/// An opened store. While it or its [`Writer`] lives with [`Access::Write`], no other process can write.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    writer: Option<Writer>,
}

/// A connection that only reads; it sees what was committed when each of its queries began.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

impl Store {
    /// Opens the store at `path`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is nothing to read, the place cannot be written, the file is not a
    /// store of this version, or another process writes to it.
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let writer = match access {
            Access::Read => None,
            Access::Write => Some(open_for_writing(path)?),
        };
        let store = Self { path: path.to_owned(), writer };
        store.reader()?;
        Ok(store)
    }

    /// Returns where the store is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a handle to the one writer.
    ///
    /// # Errors
    ///
    /// [`StoreError::ReadOnly`] when the store was opened to read.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        self.writer.clone().ok_or_else(|| StoreError::ReadOnly { path: self.path.clone() })
    }

    /// Opens a connection that only reads.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the file is missing, is not a store, or has another version.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let path = self.path.clone();
        if !path.exists() {
            return Err(StoreError::Missing { path });
        }
        let (connection, found) = match read(&path, &path.to_string_lossy()) {
            // Even reading makes a file beside a store in WAL mode, which a read-only folder forbids.
            Err(StoreError::Inaccessible { .. } | StoreError::ReadOnly { .. })
                if !has_unsaved_pages(&path) =>
            {
                read(&path, &immutable(&path))?
            }
            opened => opened?,
        };
        if found < migrate::newest() {
            return Err(StoreError::Older { path, found, known: migrate::newest() });
        }
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Reader { connection, path })
    }
}

/// Opens a connection that only reads and returns it with the version of the store.
fn read(path: &Path, name: &str) -> Result<(Connection, i64), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let failed = |source| StoreError::of(path, source);
    let connection = Connection::open_with_flags(name, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let version = migrate::inspect(&connection, path)?;
    Ok((connection, version))
}

/// Names a file to SQLite that nothing changes while it is read.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

/// Returns whether the store was left with commits that are not in its main file yet.
fn has_unsaved_pages(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

fn open_for_writing(path: &Path) -> Result<Writer, StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| lock::refused(folder, source))?;
    }
    // What is there is judged before a lock file is put beside it.
    if path.exists() {
        let opened = std::fs::File::options().append(true).open(path);
        opened.map_err(|source| lock::refused(path, source))?;
        match read(path, &path.to_string_lossy()) {
            // The lock says why a folder that cannot be written refuses.
            Ok(_) | Err(StoreError::Inaccessible { .. } | StoreError::ReadOnly { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let lock = Lock::take(path)?;
    let connection = writing(path)?;
    Writer::start(connection, path, lock)
}

/// Opens the writer's connection: WAL, and every commit waits for the disk.
fn writing(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::of(path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    if connection.is_readonly("main").map_err(failed)? {
        return Err(StoreError::ReadOnly { path: path.to_owned() });
    }
    for (pragma, value) in
        [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")]
    {
        connection.pragma_update(None, pragma, value).map_err(failed)?;
    }
    // 64 MiB of cache and a checkpoint every 32 MiB: the indexes on hashes touch pages at random.
    connection.pragma_update(None, "cache_size", -65_536).map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", 8_192).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate::climb(&mut connection, path)?;
    Ok(connection)
}
