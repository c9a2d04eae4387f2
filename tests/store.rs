//! The store across processes, versions and accidents.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use tempfile::TempDir;
use titer::reply::Answer;
use titer::reply::ComponentAnswer;
use titer::reply::Outcome;
use titer::reply::OwnAnswer;
use titer::store::Access;
use titer::store::Annotation;
use titer::store::AttemptRow;
use titer::store::Billed;
use titer::store::CallRow;
use titer::store::Capability;
use titer::store::CapabilityKey;
use titer::store::GoldDraw;
use titer::store::LabelRow;
use titer::store::PolicyRow;
use titer::store::Provenance;
use titer::store::QueuedUnit;
use titer::store::Record;
use titer::store::Store;
use titer::store::StoreError;
use titer::unit::Fingerprint;
use titer::unit::FingerprintBuilder;

/// Tells the child test which store to write to.
const CHILD: &str = "TITER_TEST_STORE_OF_CHILD";

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("deep/er/titer.db");
    (folder, path)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn hash(text: &str) -> Fingerprint {
    FingerprintBuilder::new("test").text(text).finish()
}

fn attempt(request: &str, cost_usd: Option<f64>) -> Record {
    Record::Attempt(AttemptRow {
        request: hash(request),
        call: 0,
        labeler: hash("labeler"),
        prompt: hash("prompt"),
        started_at: at(1),
        status: Some(200),
        signal: "answered",
        raw: b"{}".to_vec(),
        billed: Billed { input_tokens: 7, cached_tokens: 2, output_tokens: 3, cost_usd },
        estimated: false,
        latency_ms: 1.5,
        message: String::new(),
    })
}

fn label(request: &str, unit: &str, outcome: Outcome) -> LabelRow {
    LabelRow {
        unit: unit.into(),
        answer: Answer {
            policy: "spam".into(),
            outcome,
            label: Some("violating".into()),
            labels: Vec::new(),
            components: Vec::new(),
            own: None,
            criteria: vec!["violating.links".into()],
            checks: BTreeMap::from([("link".into(), "yes".into())]),
            because: Some("it links".into()),
            stated_confidence: Some(0.9),
            label_probability: None,
        },
        policy_version: "1.0.0".into(),
        settled: outcome != Outcome::Failed,
        provenance: Provenance {
            unit_hash: hash(unit),
            labeler: hash("labeler"),
            prompt: hash("prompt"),
            request: hash(request),
        },
        attempts: 1,
        billed: Billed { input_tokens: 7, cached_tokens: 2, output_tokens: 3, cost_usd: Some(0.5) },
        latency_ms: 1.5,
        labeled_at: at(2),
    }
}

fn labels(store: &Store) -> Vec<LabelRow> {
    let mut rows = Vec::new();
    store.reader().unwrap().labels(|row| rows.push(row)).unwrap();
    rows
}

fn refusal(path: &Path, access: Access) -> StoreError {
    Store::open(path, access).unwrap_err()
}

/// Starts this very test program as another process that writes until it is killed.
fn child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_child_process_writes_when_it_is_told_where", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the child to say that it has recorded so many.
fn acknowledged(child: &mut Child, enough: usize) -> usize {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
    lines.filter(|line| line.ends_with("recorded")).take(enough).count()
}

#[test]
fn a_child_process_writes_when_it_is_told_where() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let store = Store::open(Path::new(&path), Access::Write).unwrap();
    let writer = store.writer().unwrap();
    for number in 0_u64.. {
        let request = number.to_string();
        let row = label(&request, &request, Outcome::Label);
        writer.record_blocking(vec![attempt(&request, None), Record::Label(row)]).unwrap();
        // Written as bytes: only what the macros print is held back by the test harness.
        std::io::stdout().write_all(b"\nrecorded\n").unwrap();
    }
}

#[test]
fn what_was_recorded_outlives_kill_9_and_the_lock_does_not() {
    let (_folder, path) = folder();
    let mut child = child(&path);
    let recorded = acknowledged(&mut child, 100);
    let held = refusal(&path, Access::Write);
    assert!(
        matches!(&held, StoreError::Locked { holder, .. } if *holder == Some(child.id())),
        "{held}"
    );
    assert!(labels(&Store::open(&path, Access::Read).unwrap()).len() >= recorded);
    child.kill().unwrap();
    child.wait().unwrap();
    let store = Store::open(&path, Access::Write).unwrap();
    let (rows, reader) = (labels(&store).len(), store.reader().unwrap());
    assert!(recorded == 100 && rows >= recorded, "{rows}");
    // An attempt and its label are there together or not at all.
    assert_eq!(reader.ledger(None).unwrap().attempts["answered"], rows as u64);
    assert_eq!(reader.answered_fingerprints().unwrap().len(), rows);
}

#[test]
fn a_second_writer_in_the_same_process_is_refused_until_the_first_is_gone() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let writer = store.writer().unwrap();
    drop(store);
    assert!(matches!(refusal(&path, Access::Write), StoreError::Locked { .. }));
    drop(writer);
    Store::open(&path, Access::Write).unwrap();
}

#[test]
fn a_store_to_read_must_exist() {
    let (_folder, path) = folder();
    assert!(matches!(refusal(&path, Access::Read), StoreError::Missing { .. }));
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn files_that_are_no_store_are_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to be taken for one ".repeat(40))
        .unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for path in [text, foreign] {
        for access in [Access::Read, Access::Write] {
            let before = std::fs::read(&path).unwrap();
            let error = refusal(&path, access);
            assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no lock file stays behind");
}

#[test]
fn a_newer_store_is_refused_and_an_unfinished_one_is_completed() {
    let (_folder, path) = folder();
    drop(Store::open(&path, Access::Write).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for access in [Access::Read, Access::Write] {
        let error = refusal(&path, access);
        assert!(matches!(error, StoreError::Newer { found: 99, known: 2, .. }), "{error}");
    }
    // Killed between creating the file and its first version.
    let empty = path.with_file_name("empty.db");
    std::fs::write(&empty, b"").unwrap();
    assert!(matches!(refusal(&empty, Access::Read), StoreError::Older { found: 0, .. }));
    drop(Store::open(&empty, Access::Write).unwrap());
    Store::open(&empty, Access::Read).unwrap();
}

#[test]
fn a_store_of_the_first_version_climbs_and_keeps_its_rows() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../src/store/schema.sql")).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x74697472; PRAGMA user_version = 1;
        INSERT INTO attempts VALUES (1, zeroblob(32), zeroblob(32), zeroblob(32), '1970-01-01T00:00:00Z',
            200, 'answered', x'7b7d', 7, 2, 3, 0, 0.5, 1.5, '');",
    )
    .unwrap();
    drop(old);
    assert!(matches!(refusal(&path, Access::Read), StoreError::Older { found: 1, known: 2, .. }));
    let store = Store::open(&path, Access::Write).unwrap();
    store.writer().unwrap().record_blocking(vec![attempt("r", Some(0.25))]).unwrap();
    let ledger = store.reader().unwrap().ledger(None).unwrap();
    assert_eq!((ledger.attempts["answered"], ledger.billed.cost_usd), (2, Some(0.75)));
}

#[test]
fn an_answered_call_comes_back_as_it_was_until_its_request_is_settled() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let row = label("r", "u", Outcome::Label);
    let call = |call, request: &str| CallRow {
        request: hash(request),
        call,
        component: Some(2),
        label: Some("violating".into()),
        answers: vec![Answer { label_probability: Some(0.1 + 0.2), ..row.answer.clone() }],
        attempts: 2,
        billed: row.billed,
        answered_at: at(5),
    };
    let (writer, reader) = (store.writer().unwrap(), store.reader().unwrap());
    let again = CallRow { attempts: 9, ..call(0, "r") };
    let records = [call(1, "r"), call(0, "r"), again, call(0, "other")].map(Record::Call);
    writer.record_blocking(records.into()).unwrap();
    assert_eq!(reader.calls_of(hash("r")).unwrap(), [call(0, "r"), call(1, "r")]);
    let open = || {
        let mut open = Vec::new();
        reader.calls_of_unsettled(|row| open.push((row.request, row.call))).unwrap();
        open
    };
    assert_eq!(open().len(), 3);
    writer.record_blocking(vec![Record::Label(row.clone())]).unwrap();
    assert_eq!(open(), [(hash("other"), 0)]);
}

#[test]
fn a_store_opened_to_read_gives_no_writer() {
    let (_folder, path) = folder();
    drop(Store::open(&path, Access::Write).unwrap());
    let store = Store::open(&path, Access::Read).unwrap();
    assert!(matches!(store.writer(), Err(StoreError::ReadOnly { .. })));
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_named_as_such_and_can_still_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = folder();
    drop(Store::open(&path, Access::Write).unwrap());
    let parent = path.parent().unwrap();
    let permit = |mode| {
        std::fs::set_permissions(parent, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode & 0o666)).unwrap();
    };
    std::fs::remove_file(path.with_file_name("titer.db.lock")).unwrap();
    permit(0o555);
    let superuser = std::fs::File::create(parent.join("probe")).is_ok();
    let (write, read) = (Store::open(&path, Access::Write), Store::open(&path, Access::Read));
    permit(0o755);
    // Permissions do not bind the superuser, who may then do both.
    let refused = matches!(write, Err(StoreError::ReadOnly { .. }));
    assert!(refused != superuser && read.is_ok(), "{write:?} {read:?}");
}

#[test]
fn label_rows_come_back_as_they_were_recorded() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let mut rows = [label("r1", "u1", Outcome::Label), label("r2", "u2", Outcome::Refusal)];
    rows[0].answer.components = vec![ComponentAnswer {
        n: 2,
        label: "violating".into(),
        labels: Vec::new(),
        criteria: vec!["violating.links".into()],
    }];
    rows[0].answer.own = Some(OwnAnswer {
        label: "allowed".into(),
        labels: vec!["allowed".into()],
        criteria: vec!["allowed.source".into()],
        because: Some("it names a source".into()),
    });
    let records = rows.iter().cloned().map(Record::Label).collect();
    store.writer().unwrap().record_blocking(records).unwrap();
    assert_eq!(labels(&store), rows);
    let reader = store.reader().unwrap();
    let mut of_unit = Vec::new();
    reader.labels_of_unit("u2", |row| of_unit.push(row)).unwrap();
    assert_eq!(of_unit, rows[1..]);
    assert_eq!(reader.labels_of(hash("r1")).unwrap(), rows[..1]);
}

#[test]
fn a_failure_stands_until_an_answer_settles_it_and_an_answer_is_kept_once() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let (writer, reader) = (store.writer().unwrap(), store.reader().unwrap());
    let record = |outcome| {
        writer.record_blocking(vec![Record::Label(label("r", "u", outcome))]).unwrap();
    };
    let outcomes = || labels(&store).iter().map(|row| row.answer.outcome).collect::<Vec<_>>();
    record(Outcome::Failed);
    record(Outcome::Failed);
    assert_eq!(
        (outcomes(), reader.answered_fingerprints().unwrap().len()),
        (vec![Outcome::Failed], 0)
    );
    record(Outcome::Label);
    record(Outcome::Abstain);
    record(Outcome::Failed);
    assert_eq!(
        (outcomes(), reader.answered_fingerprints().unwrap().len()),
        (vec![Outcome::Label], 1)
    );
}

#[test]
fn an_answer_is_reused_for_another_unit_at_no_cost() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let reuse = || Record::Reuse { request: hash("r"), unit: "v".into() };
    let records = vec![Record::Label(label("r", "u", Outcome::Label)), reuse(), reuse()];
    store.writer().unwrap().record_blocking(records).unwrap();
    let [first, second] = labels(&store).try_into().unwrap();
    assert_eq!((second.unit.as_str(), &second.answer), ("v", &first.answer));
    let free = Billed { cost_usd: Some(0.0), ..Billed::default() };
    assert_eq!((second.attempts, second.billed), (0, free));
}

#[test]
fn rows_can_be_neither_changed_nor_deleted() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let call = CallRow {
        request: hash("r"),
        call: 0,
        component: None,
        label: None,
        answers: Vec::new(),
        attempts: 1,
        billed: Billed::default(),
        answered_at: at(5),
    };
    let row = Record::Label(label("r", "u", Outcome::Label));
    let records = vec![attempt("r", None), Record::Call(call), row];
    store.writer().unwrap().record_blocking(records).unwrap();
    let connection = Connection::open(&path).unwrap();
    for sql in [
        "UPDATE labels SET label = 'allowed'",
        "DELETE FROM labels",
        "UPDATE attempts SET cost_usd = 0",
        "DELETE FROM attempts",
        "UPDATE attempts SET call = 1",
        "UPDATE calls SET answers = '[]'",
        "DELETE FROM calls",
    ] {
        assert!(connection.execute(sql, []).is_err(), "{sql}");
    }
    assert_eq!(connection.execute("UPDATE attempts SET raw = x''", []), Ok(1), "text is forgotten");
}

#[test]
fn the_ledger_sums_what_was_paid_and_says_what_is_not_known() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let records = vec![attempt("a", Some(0.25)), attempt("b", Some(0.5)), attempt("c", None)];
    store.writer().unwrap().record_blocking(records).unwrap();
    let ledger = store.reader().unwrap().ledger(Some(hash("labeler"))).unwrap();
    assert_eq!((ledger.attempts["answered"], ledger.unpriced, ledger.estimated), (3, 1, 0));
    let billed =
        Billed { input_tokens: 21, cached_tokens: 6, output_tokens: 9, cost_usd: Some(0.75) };
    assert_eq!(ledger.billed, billed);
    let other = store.reader().unwrap().ledger(Some(hash("another"))).unwrap();
    assert_eq!(other, titer::store::Ledger::default());
}

#[test]
fn gold_comes_back_and_a_retraction_hides_without_deleting() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let writer = store.writer().unwrap();
    let draw = GoldDraw {
        id: "gold-1".into(),
        salt: "salt".into(),
        design: "uniform".into(),
        policies: vec!["spam".into()],
        plan: r#"{"size": 2}"#.into(),
        created_at: at(5),
        queue: ["b", "a"].map(|unit| QueuedUnit { unit: unit.into(), probability: 0.25 }).to_vec(),
    };
    let annotation = |unit: &str| Annotation {
        id: hash(unit),
        unit: unit.into(),
        policy: "spam".into(),
        label: "allowed".into(),
        rater: Some("me".into()),
        probability: Some(0.25),
        drawn_at: Some(at(5)),
        criteria: vec!["allowed.quote".into()],
        note: None,
        draw: Some("gold-1".into()),
        answered_at: at(6),
    };
    let (a, b) = (annotation("a"), annotation("b"));
    writer.record_blocking(vec![Record::GoldDraw(draw.clone())]).unwrap();
    for record in [&a, &b, &b] {
        writer.record_blocking(vec![Record::Annotation(record.clone())]).unwrap();
    }
    let reader = store.reader().unwrap();
    assert_eq!(reader.gold_draws().unwrap(), [draw]);
    assert_eq!(reader.annotations().unwrap(), [a.clone(), b]);
    let undo = Record::Retraction { annotation: hash("b"), retracted_at: at(7) };
    writer.record_blocking(vec![undo]).unwrap();
    assert_eq!(reader.annotations().unwrap(), [a]);
    let kept: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM annotations", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn the_latest_capability_and_every_policy_version_are_found() {
    let (_folder, path) = folder();
    let store = Store::open(&path, Access::Write).unwrap();
    let capability = |value: &str, second| {
        Record::Capability(Capability {
            url: "http://a/v1".into(),
            model: "m".into(),
            key: "output".into(),
            value: value.into(),
            probed_at: at(second),
        })
    };
    let policy = |version: &str| PolicyRow {
        fingerprint: hash(version),
        id: "spam".into(),
        version: version.into(),
        source: format!("version: {version}"),
        first_seen: at(1),
    };
    let records = vec![
        capability("schema", 1),
        capability("text", 2),
        Record::Policy(policy("1.0.0")),
        Record::Policy(policy("1.0.1")),
        Record::Policy(policy("1.0.0")),
    ];
    store.writer().unwrap().record_blocking(records).unwrap();
    let reader = store.reader().unwrap();
    let asked = CapabilityKey { url: "http://a/v1", model: "m", key: "output" };
    assert_eq!(reader.capability(asked).unwrap().unwrap().value, "text");
    assert_eq!(reader.capability(CapabilityKey { model: "n", ..asked }).unwrap(), None);
    assert_eq!(reader.policies(Some("spam")).unwrap(), [policy("1.0.0"), policy("1.0.1")]);
    assert_eq!(reader.policies(None).unwrap().len(), 2);
}
