//! The worker against a scripted endpoint, in paused time where time matters.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

#[path = "worker/bench.rs"]
mod bench;
#[path = "worker/calls.rs"]
mod calls;

use bench::ALLOWED;
use bench::Bench;
use bench::FAULT;
use bench::Reply;
use bench::Scripted;
use bench::prompt;
use bench::settings;
use bench::unit;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use titer::pace::Fatal;
use titer::pace::Signal;
use titer::reply::Outcome;
use titer::store::Access;
use titer::store::Store;
use titer::store::StoreError;
use titer::worker::RunError;
use titer::worker::RunSettings;
use titer::worker::StopReason;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

fn spoil(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_unit_is_labeled_once_and_within_the_limit() {
    let (bench, endpoint) = (Bench::new(50), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    let summary = bench.run(&endpoint, settings(8)).await.unwrap();
    assert_eq!((summary.stopped, summary.tally.finished, endpoint.calls()), (None, 50, 50));
    assert_eq!((summary.tally.of(Outcome::Label), summary.tally.in_flight), (50, 0));
    assert_eq!(endpoint.most_in_flight.load(Ordering::SeqCst), 8);
    let rows = bench.labels();
    assert!(rows.iter().all(|row| row.settled && row.answer.label.as_deref() == Some("allowed")));
    let spent: f64 = rows.iter().filter_map(|row| row.billed.cost_usd).sum();
    assert!(close(spent, 50.0 * 0.002) && close(summary.tally.billed.cost_usd.unwrap(), spent));
}

#[tokio::test(start_paused = true)]
async fn a_second_run_sends_nothing() {
    let (bench, endpoint) = (Bench::new(10), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    bench.run(&endpoint, settings(4)).await.unwrap();
    bench.run(&endpoint, settings(4)).await.unwrap();
    assert_eq!((endpoint.calls(), bench.labels().len()), (10, 10));
}

#[tokio::test(start_paused = true)]
async fn the_first_request_goes_alone() {
    let (bench, endpoint) = (Bench::new(20), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    bench.run(&endpoint, settings(20)).await.unwrap();
    let seen = endpoint.seen.lock().unwrap();
    assert!(seen[1].0 - seen[0].0 >= Duration::from_millis(100));
    assert!(seen[19].0 - seen[1].0 < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_429_ends_with_every_label_and_uses_up_no_attempts() {
    let started = Instant::now();
    let wait = Some(Duration::from_secs(2));
    let endpoint = Scripted::new(move |_, _| {
        // Ten minutes of nothing but refusals after the first second.
        let storm = Duration::from_secs(1)..Duration::from_secs(600);
        if storm.contains(&started.elapsed()) {
            Reply::Gives(Signal::RateLimited { wait })
        } else {
            Reply::Says(ALLOWED)
        }
    });
    let bench = Bench::new(2000);
    let summary = bench.run(&endpoint, settings(100)).await.unwrap();
    assert_eq!((summary.stopped, summary.tally.of(Outcome::Label)), (None, 2000));
    assert!(summary.tally.rate_limited > 100);
    // The pause is kept by all requests and the limit gives way: no hammering, no common wake-up.
    let seen = endpoint.seen.lock().unwrap();
    let late = seen.iter().filter(|(at, _)| *at - started > Duration::from_secs(60));
    let mut at: BTreeMap<Duration, usize> = BTreeMap::new();
    late.filter(|(at, _)| *at - started < Duration::from_secs(600))
        .for_each(|(when, _)| *at.entry(*when - started).or_default() += 1);
    assert!(at.values().all(|together| *together <= 2), "{at:?}");
    assert!(at.values().sum::<usize>() < 1000, "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn rate_limits_without_an_end_stop_the_run_after_its_patience() {
    let endpoint = Scripted::new(|number, _| match number {
        0 => Reply::Says(ALLOWED),
        _ => Reply::Gives(Signal::RateLimited { wait: Some(Duration::from_secs(5)) }),
    });
    let settings = RunSettings { patience: Duration::from_secs(60), ..settings(4) };
    let bench = Bench::new(10);
    let summary = bench.run(&endpoint, settings).await.unwrap();
    assert_eq!(summary.stopped, Some(StopReason::RateLimited { seconds: 60 }));
    assert_eq!(bench.labels().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn faults_that_pass_are_retried_and_all_calls_are_in_the_ledger() {
    let faulty = Mutex::new(BTreeSet::new());
    let endpoint = Scripted::new(move |_, body| {
        let first = faulty.lock().unwrap().insert(body.to_owned());
        if first && body.contains("7.") { Reply::Gives(FAULT) } else { Reply::Says(ALLOWED) }
    });
    let bench = Bench::new(60);
    let summary = bench.run(&endpoint, settings(10)).await.unwrap();
    assert_eq!((summary.stopped, summary.tally.of(Outcome::Label)), (None, 60));
    let attempts = bench.attempts();
    assert_eq!((attempts["answered"], attempts["transient"], summary.tally.retries), (60, 6, 6));
    assert_eq!((endpoint.calls() as u64, summary.tally.attempts), (66, 66));
    assert_eq!(bench.labels().iter().filter(|row| row.attempts == 2).count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_met_only_faults_is_seen_as_failed_and_asked_again_by_the_next_run() {
    let poisoned = Scripted::new(|_, body| match body.contains("text 3.") {
        true => Reply::Gives(FAULT),
        false => Reply::Says(ALLOWED),
    });
    let bench = Bench::new(9);
    let first = bench.run(&poisoned, settings(1)).await.unwrap();
    assert_eq!((first.stopped, first.tally.of(Outcome::Failed)), (None, 1));
    let failed: Vec<_> = bench.labels().into_iter().filter(|row| !row.settled).collect();
    assert_eq!((failed.len(), failed[0].unit.as_str(), failed[0].attempts), (1, "u3", 4));
    let healthy = Scripted::new(|_, _| Reply::Says(ALLOWED));
    bench.run(&healthy, settings(1)).await.unwrap();
    assert_eq!(healthy.calls(), 1);
    let rows = bench.labels();
    assert_eq!((rows.len(), rows.iter().filter(|row| row.settled).count()), (9, 9));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_lost_midway_stops_the_run_and_the_next_one_goes_on() {
    let lost = Scripted::new(|number, _| match number {
        0..30 => Reply::Says(ALLOWED),
        _ => Reply::Gives(FAULT),
    });
    let bench = Bench::new(200);
    let summary = bench.run(&lost, settings(10)).await.unwrap();
    assert!(matches!(summary.stopped, Some(StopReason::EndpointLost { .. })), "{summary:?}");
    assert_eq!(summary.tally.of(Outcome::Label), 30);
    let back = Scripted::new(|_, _| Reply::Says(ALLOWED));
    let summary = bench.run(&back, settings(10)).await.unwrap();
    assert_eq!((summary.stopped, back.calls()), (None, 170));
    assert!(bench.labels().iter().all(|row| row.settled));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_answers_is_an_error_after_one_unit() {
    let endpoint = Scripted::new(|_, _| Reply::Gives(FAULT));
    let error = Bench::new(100).run(&endpoint, settings(50)).await.unwrap_err();
    assert!(matches!(error, RunError::NeverReached { attempts: 4, .. }), "{error}");
    assert_eq!(endpoint.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_fatal_first_reply_is_an_error_before_the_flood() {
    for fatal in [Fatal::Credentials, Fatal::SchemaUnsupported] {
        let endpoint = Scripted::new(move |_, _| Reply::Gives(Signal::Fatal(fatal)));
        let bench = Bench::new(100);
        let error = bench.run(&endpoint, settings(50)).await.unwrap_err();
        assert!(matches!(error, RunError::Refused { fatal: f, .. } if f == fatal), "{error}");
        assert_eq!((endpoint.calls(), bench.attempts()["fatal"]), (1, 1));
        assert_eq!(bench.labels(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fatal_reply_or_a_spent_account_midway_stops_resumably() {
    for signal in [Signal::Fatal(Fatal::Credentials), Signal::QuotaExhausted] {
        let given = signal.clone();
        let endpoint = Scripted::new(move |number, _| match number {
            0..20 => Reply::Says(ALLOWED),
            _ => Reply::Gives(given.clone()),
        });
        let bench = Bench::new(100);
        let summary = bench.run(&endpoint, settings(5)).await.unwrap();
        let message = "scripted".to_owned();
        let expected = if signal == Signal::QuotaExhausted {
            StopReason::Quota { message }
        } else {
            StopReason::Refused { fatal: Fatal::Credentials, message }
        };
        assert_eq!((summary.stopped, bench.labels().len()), (Some(expected), 20));
        assert!(endpoint.calls() <= 25);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_rejects_everything_settles_nothing() {
    let endpoint = Scripted::new(|_, _| Reply::Gives(Signal::Rejected));
    let bench = Bench::new(100);
    let error = bench.run(&endpoint, settings(50)).await.unwrap_err();
    assert!(matches!(error, RunError::Rejected { requests: 5, .. }), "{error}");
    assert!(bench.labels().iter().all(|row| !row.settled));
    assert_eq!(bench.plan().pending.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn what_no_retry_can_change_is_settled_without_one() {
    let endpoint = Scripted::new(|_, body| match body {
        body if body.contains("text 1.") => Reply::Gives(Signal::Filtered),
        body if body.contains("text 2.") => Reply::Gives(Signal::TooLarge),
        body if body.contains("text 3.") => Reply::Gives(Signal::Rejected),
        body if body.contains("text 4.") => Reply::Says("I'm sorry, I cannot help."),
        _ => Reply::Says(ALLOWED),
    });
    let mut bench = Bench::new(1);
    bench.run(&endpoint, settings(1)).await.unwrap(); // the endpoint has answered something
    bench.units = (0..6).map(|id| unit(id, format!("text {id}."))).collect();
    let summary = bench.run(&endpoint, settings(1)).await.unwrap();
    assert_eq!((summary.tally.attempts, summary.tally.retries), (5, 0));
    let mut outcomes: Vec<_> =
        bench.labels().into_iter().map(|row| (row.unit, row.answer.outcome)).collect();
    outcomes.sort();
    let expected = [
        Outcome::Label,
        Outcome::Filtered,
        Outcome::TooLarge,
        Outcome::Failed,
        Outcome::Refusal,
        Outcome::Label,
    ];
    assert_eq!(outcomes.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_unparsable_answer_is_asked_once_more_and_then_stands() {
    let endpoint = Scripted::new(|number, body| match body {
        body if body.contains("text 0.") => Reply::Says("no json"),
        _ if number % 2 == 0 => Reply::Says(r#"{"label": "unheard of"}"#),
        _ => Reply::Says(ALLOWED),
    });
    let bench = Bench::new(2);
    let summary = bench.run(&endpoint, settings(1)).await.unwrap();
    assert_eq!(summary.tally.of(Outcome::Unparsable), 1);
    let rows = bench.labels();
    let row = rows.iter().find(|row| row.unit == "u0").unwrap();
    assert_eq!((row.attempts, row.settled, row.billed.input_tokens), (2, true, 200));
    assert_eq!(bench.plan().pending.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_readable_part_of_the_first_answer_is_kept() {
    let endpoint = Scripted::new(|number, _| match number {
        0 => Reply::Says(r#"{"hate": {"label": "violating"}, "spam": {"label": "?"}}"#),
        _ => Reply::Says(r#"{"hate": {"label": "allowed"}, "spam": {"label": "allowed"}}"#),
    });
    let mut bench = Bench::new(1);
    bench.prompts = vec![prompt(&["hate", "spam"])];
    bench.run(&endpoint, settings(1)).await.unwrap();
    let rows = bench.labels();
    let labels: Vec<_> = rows.iter().filter_map(|row| row.answer.label.as_deref()).collect();
    assert_eq!(labels, ["violating", "allowed"]);
    // Two calls were billed once between the two rows.
    assert_eq!(rows.iter().map(|row| row.billed.input_tokens).sum::<u64>(), 200);
}

#[tokio::test(start_paused = true)]
async fn units_of_the_same_content_are_asked_once_and_all_labeled() {
    let endpoint = Scripted::new(|_, _| Reply::Says(ALLOWED));
    let mut bench = Bench::new(3);
    bench.units.push(unit(3, "text 0.".into()));
    let summary = bench.run(&endpoint, settings(2)).await.unwrap();
    assert_eq!((endpoint.calls(), summary.tally.labels), (3, 4));
    // A later unit of that content is labeled by reuse, at no cost.
    bench.units.push(unit(4, "text 0.".into()));
    bench.run(&endpoint, settings(2)).await.unwrap();
    let rows = bench.labels();
    assert_eq!((endpoint.calls(), rows.len()), (3, 5));
    let spent: f64 = rows.iter().filter_map(|row| row.billed.cost_usd).sum();
    assert!(close(spent, 3.0 * 0.002), "{spent}");
    let late = rows.iter().find(|row| row.unit == "u4").unwrap();
    assert_eq!((late.attempts, late.answer.label.as_deref()), (0, Some("allowed")));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_takes_no_more_and_records_what_is_in_flight() {
    let mut bench = Bench::new(100);
    let cancel = bench.cancel.clone();
    let endpoint = Scripted::new(move |number, _| {
        if number == 20 {
            cancel.cancel();
        }
        Reply::Says(ALLOWED)
    });
    let summary = bench.run(&endpoint, settings(10)).await.unwrap();
    assert_eq!(summary.stopped, Some(StopReason::Interrupted));
    assert!((21..=31).contains(&endpoint.calls()), "{}", endpoint.calls());
    assert_eq!(bench.labels().len(), endpoint.calls());
    bench.cancel = CancellationToken::new();
    let rest = Scripted::new(|_, _| Reply::Says(ALLOWED));
    bench.run(&rest, settings(10)).await.unwrap();
    assert_eq!(rest.calls() + endpoint.calls(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_outlasts_the_drain_is_cut_off_and_asked_again_later() {
    let mut bench = Bench::new(10);
    let cancel = bench.cancel.clone();
    let endpoint = Scripted::new(move |number, _| match number {
        0..3 => Reply::Says(ALLOWED),
        _ => {
            cancel.cancel();
            Reply::Hangs
        }
    });
    let started = Instant::now();
    let summary = bench.run(&endpoint, settings(4)).await.unwrap();
    assert_eq!(summary.stopped, Some(StopReason::Interrupted));
    assert!(started.elapsed() < Duration::from_secs(32));
    assert_eq!((bench.labels().len(), bench.attempts()["answered"]), (3, 3));
    assert_eq!(bench.attempts()["transient"] as usize, endpoint.calls() - 3);
    bench.cancel = CancellationToken::new();
    assert_eq!(bench.plan().pending.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_never_passed_by_calls_in_flight() {
    let (bench, endpoint) = (Bench::new(200), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    let settings = RunSettings { max_usd: Some(0.1), ..settings(50) };
    let summary = bench.run(&endpoint, settings).await.unwrap();
    let spent = summary.tally.billed.cost_usd.unwrap();
    assert!(matches!(summary.stopped, Some(StopReason::Budget { .. })), "{summary:?}");
    assert!(spent <= 0.1 && spent > 0.05, "{spent}");
    assert_eq!(bench.labels().len(), endpoint.calls());
}

#[tokio::test(start_paused = true)]
async fn a_budget_without_a_price_is_refused() {
    let (bench, endpoint) = (Bench::new(1), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    let settings = RunSettings { max_usd: Some(0.1), price: None, ..settings(1) };
    let error = bench.run(&endpoint, settings).await.unwrap_err();
    assert!(matches!(error, RunError::NoPrice { .. }) && endpoint.calls() == 0);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_stops_the_run() {
    let (bench, endpoint) = (Bench::new(100), Scripted::new(|_, _| Reply::Says(ALLOWED)));
    let settings = RunSettings { deadline: Some(Duration::from_secs(2)), ..settings(1) };
    let summary = bench.run(&endpoint, settings).await.unwrap();
    assert_eq!(summary.stopped, Some(StopReason::Deadline));
    assert!((2..=20).contains(&bench.labels().len()));
}

#[tokio::test(start_paused = true)]
async fn requests_and_tokens_per_minute_are_kept() {
    let limits = [
        RunSettings { rpm: NonZeroU32::new(60), ..settings(20) },
        RunSettings { tpm: std::num::NonZeroU64::new(6_600), ..settings(20) },
    ];
    for settings in limits {
        let (bench, endpoint) = (Bench::new(150), Scripted::new(|_, _| Reply::Says(ALLOWED)));
        bench.run(&endpoint, settings).await.unwrap();
        let seen = endpoint.seen.lock().unwrap();
        let minute = Duration::from_secs(60);
        let most = seen.iter().map(|(from, _)| {
            seen.iter().filter(|(at, _)| *at >= *from && *at - *from < minute).count()
        });
        // 110 tokens a request: both limits allow 60 a minute.
        assert!(most.max().unwrap() <= 61, "{:?}", seen.len());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_recorded_stops_the_run_at_once() {
    let bench = Bench::new(500);
    drop(Store::open(&bench.path(), Access::Write).unwrap());
    spoil(
        &bench.path(),
        "CREATE TRIGGER full BEFORE INSERT ON attempts WHEN 40 <= (SELECT count(*) FROM attempts)
         BEGIN SELECT RAISE(ABORT, 'no more'); END;",
    );
    let endpoint = Scripted::new(|_, _| Reply::Says(ALLOWED));
    let error = bench.run(&endpoint, settings(10)).await.unwrap_err();
    assert!(matches!(error, RunError::Store(StoreError::Sqlite { .. })), "{error}");
    assert!(endpoint.calls() <= 60, "{}", endpoint.calls());
    assert_eq!(bench.labels().len(), 40);
    spoil(&bench.path(), "DROP TRIGGER full");
    let rest = Scripted::new(|_, _| Reply::Says(ALLOWED));
    bench.run(&rest, settings(10)).await.unwrap();
    assert_eq!((rest.calls(), bench.labels().len()), (460, 500));
}
