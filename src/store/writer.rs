//! The one writer: a thread that commits everything queued at once and says so when it is on disk.

use crate::store::Record;
use crate::store::StoreError;
use crate::store::lock::Lock;
use rusqlite::Connection;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;

/// How many submissions may wait for the writer, and how many one commit takes at the most.
const CAPACITY: usize = 4096;

/// A handle to the writer thread; the thread ends, and frees the store, when the last handle is gone.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    sender: Option<SyncSender<Submission>>,
    room: Semaphore,
    thread: Option<std::thread::JoinHandle<()>>,
    path: PathBuf,
}

/// Records that are committed together or not at all, and who waits for them.
#[derive(Debug)]
struct Submission {
    records: Vec<Record>,
    done: Done,
}

#[derive(Debug)]
enum Done {
    Task(oneshot::Sender<Result<(), StoreError>>),
    Thread(SyncSender<Result<(), StoreError>>),
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        path: &Path,
        lock: Lock,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::sync_channel(CAPACITY);
        let place = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("titer-store".into())
            .spawn(move || {
                write(&connection, &receiver, &place);
                drop(connection);
                drop(lock);
            })
            .map_err(|source| StoreError::Inaccessible {
                path: path.to_owned(),
                source: Arc::new(source),
            })?;
        Ok(Self(Arc::new(Handle {
            sender: Some(sender),
            room: Semaphore::new(CAPACITY),
            thread: Some(thread),
            path: path.to_owned(),
        })))
    }

    /// Appends the records, all or none, and returns once they are on disk.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they were not recorded: a full disk, a store gone read-only, a stopped writer.
    pub async fn record(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let stopped = || self.0.stopped();
        // A permit a submission, so that sending to the bounded channel never blocks the runtime.
        let _room = self.0.room.acquire().await.map_err(|_| stopped())?;
        let (done, answer) = oneshot::channel();
        self.0.send(Submission { records, done: Done::Task(done) })?;
        answer.await.map_err(|_| stopped())?
    }

    /// Appends the records, all or none, and blocks the calling thread until they are on disk.
    ///
    /// # Errors
    ///
    /// As [`Writer::record`].
    pub fn record_blocking(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let (done, answer) = mpsc::sync_channel(1);
        self.0.send(Submission { records, done: Done::Thread(done) })?;
        answer.recv().map_err(|_| self.0.stopped())?
    }
}

impl Handle {
    fn send(&self, submission: Submission) -> Result<(), StoreError> {
        let sender = self.sender.as_ref().ok_or_else(|| self.stopped())?;
        sender.send(submission).map_err(|_| self.stopped())
    }

    fn stopped(&self) -> StoreError {
        StoreError::WriterStopped { path: self.path.clone() }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already seen by everyone who waited for it.
            drop(thread.join());
        }
    }
}

impl Done {
    /// Says how it ended; nobody may be waiting any more, and that is fine: the rows are kept.
    fn say(self, result: Result<(), StoreError>) {
        match self {
            Self::Task(sender) => drop(sender.send(result)),
            Self::Thread(sender) => drop(sender.send(result)),
        }
    }
}

/// Commits until every handle is gone. What arrives during one commit is the next one's group, so a
/// busy store pays for one disk flush a group and an idle one waits for nothing.
fn write(connection: &Connection, receiver: &Receiver<Submission>, path: &Path) {
    while let Ok(first) = receiver.recv() {
        let rest = std::iter::from_fn(|| receiver.try_recv().ok()).take(CAPACITY - 1);
        let group: Vec<_> = std::iter::once(first).chain(rest).collect();
        match commit(connection, &group, path) {
            Ok(results) => {
                group
                    .into_iter()
                    .zip(results)
                    .for_each(|(waiting, result)| waiting.done.say(result));
            }
            Err(error) => {
                group.into_iter().for_each(|waiting| waiting.done.say(Err(error.clone())));
            }
        }
    }
}

/// Commits the group; a submission that breaks a constraint is left out, the others stay.
fn commit(
    connection: &Connection,
    group: &[Submission],
    path: &Path,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let failed = |source| StoreError::of(path, source);
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let mut results = Vec::with_capacity(group.len());
    for submission in group {
        let result = insert(&transaction, &submission.records).map_err(failed);
        match result {
            Err(error) if error.concerns_all_records() => return Err(error),
            Ok(()) | Err(_) => results.push(result),
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(results)
}

/// Inserts all records of a submission or none.
fn insert(connection: &Connection, records: &[Record]) -> rusqlite::Result<()> {
    connection.prepare_cached("SAVEPOINT submission")?.execute([])?;
    let inserted = records.iter().try_for_each(|record| record.insert(connection));
    // A full disk makes SQLite roll the whole transaction back by itself; the savepoint is then gone.
    if inserted.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO submission")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE submission")?.execute([])?;
    }
    inserted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Access;
    use crate::store::Capability;
    use crate::store::Store;
    use crate::unit::FingerprintBuilder;
    use jiff::Timestamp;

    fn capability(value: &str) -> Record {
        Record::Capability(Capability {
            url: "u".into(),
            model: "m".into(),
            key: "k".into(),
            value: value.into(),
            probed_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn retraction_of_nothing() -> Record {
        let annotation = FingerprintBuilder::new("annotation").finish();
        Record::Retraction { annotation, retracted_at: Timestamp::UNIX_EPOCH }
    }

    fn submission(records: Vec<Record>) -> Submission {
        Submission { records, done: Done::Thread(mpsc::sync_channel(1).0) }
    }

    fn store() -> (tempfile::TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("titer.db");
        drop(Store::open(&path, Access::Write).unwrap());
        let connection = Connection::open(&path).unwrap();
        (folder, path, connection)
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM capabilities", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_submission_that_breaks_a_rule_is_left_out_whole_and_its_neighbours_stay() {
        let (_folder, path, connection) = store();
        let group = [
            submission(vec![capability("a")]),
            submission(vec![capability("b"), retraction_of_nothing()]),
            submission(vec![capability("c")]),
        ];
        let results = commit(&connection, &group, &path).unwrap();
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(rows(&connection), 2);
    }

    #[test]
    fn a_full_disk_is_named_and_keeps_what_was_committed() {
        let (_folder, path, connection) = store();
        let pages: i64 =
            connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
        commit(&connection, &[submission(vec![capability("small")])], &path).unwrap();
        let large = "x".repeat(100_000);
        let group = [submission(vec![capability("b"), capability(&large)])];
        let error = commit(&connection, &group, &path).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
        assert_eq!(rows(&connection), 1);
        connection.pragma_update(None, "max_page_count", pages + 400).unwrap();
        commit(&connection, &group, &path).unwrap();
        assert_eq!(rows(&connection), 3);
    }
}
