//! Requests of several calls: no answer is lost and none is paid for twice, wherever a run stops.

use super::bench::Bench;
use super::bench::FAULT;
use super::bench::Reply;
use super::bench::Scripted;
use super::bench::settings;
use super::bench::split;
use super::close;
use super::spoil;
use titer::reply::Outcome;
use titer::store::Access;
use titer::store::Store;
use titer::worker::StopReason;
use tokio_util::sync::CancellationToken;

/// Says yes to the questions about this label, no to the others.
fn says(label: &'static str) -> impl Fn(usize, &str) -> Reply + Send + Sync {
    move |_, body| match body.contains(&format!("`{label}` in the policy")) {
        true => Reply::Says("Yes"),
        false => Reply::Says("No"),
    }
}

fn split_bench(units: usize) -> Bench {
    let mut bench = Bench::new(units);
    bench.prompts = vec![split(&["rude", "cruel", "vile"])];
    bench
}

#[tokio::test(start_paused = true)]
async fn a_request_of_three_calls_has_one_row_with_what_all_of_them_cost() {
    let (bench, endpoint) = (split_bench(20), Scripted::new(says("cruel")));
    let summary = bench.run(&endpoint, settings(4)).await.unwrap();
    assert_eq!((summary.stopped, summary.tally.finished, endpoint.calls()), (None, 20, 60));
    assert_eq!((summary.tally.retries, summary.tally.labels), (0, 20));
    let rows = bench.labels();
    assert_eq!((rows.len(), bench.calls().len()), (20, 60));
    for row in &rows {
        assert_eq!((row.answer.label.as_deref(), row.attempts), (Some("cruel"), 3));
        assert_eq!((row.settled, row.billed.input_tokens), (true, 300));
    }
    let spent: f64 = rows.iter().filter_map(|row| row.billed.cost_usd).sum();
    assert!(close(spent, 60.0 * 0.002) && close(summary.tally.billed.cost_usd.unwrap(), spent));
    bench.run(&endpoint, settings(4)).await.unwrap();
    assert_eq!((endpoint.calls(), bench.labels().len()), (60, 20));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_between_two_calls_of_a_unit_pays_for_neither_again() {
    // The store takes one more record and then no more, as a killed process or a full disk does: at every place.
    for died_after in 1..12 {
        let bench = split_bench(4);
        drop(Store::open(&bench.path(), Access::Write).unwrap());
        spoil(
            &bench.path(),
            &format!(
                "CREATE TRIGGER killed BEFORE INSERT ON attempts WHEN {died_after} <= (SELECT count(*) FROM attempts)
                 BEGIN SELECT RAISE(ABORT, 'killed'); END;"
            ),
        );
        let endpoint = Scripted::new(says("vile"));
        bench.run(&endpoint, settings(1)).await.unwrap_err();
        assert_eq!(bench.calls().len(), died_after);
        assert!(bench.labels().len() <= died_after / 3, "a row before its last call is in");
        spoil(&bench.path(), "DROP TRIGGER killed");
        let rest = Scripted::new(says("vile"));
        bench.run(&rest, settings(3)).await.unwrap();
        assert_eq!(rest.calls(), 12 - died_after);
        let rows = bench.labels();
        assert_eq!((rows.len(), bench.calls().len()), (4, 12));
        assert!(rows.iter().all(|row| row.attempts == 3 && row.billed.input_tokens == 300));
        assert!(rows.iter().all(|row| row.answer.label.as_deref() == Some("vile")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_keeps_the_calls_that_were_answered() {
    let mut bench = split_bench(10);
    let cancel = bench.cancel.clone();
    let endpoint = Scripted::new(move |number, _| {
        if number == 4 {
            cancel.cancel();
        }
        Reply::Says("No")
    });
    let summary = bench.run(&endpoint, settings(2)).await.unwrap();
    assert_eq!(summary.stopped, Some(StopReason::Interrupted));
    assert_eq!(bench.calls().len(), endpoint.calls());
    bench.cancel = CancellationToken::new();
    let rest = Scripted::new(|_, _| Reply::Says("No"));
    bench.run(&rest, settings(2)).await.unwrap();
    assert_eq!((rest.calls() + endpoint.calls(), bench.labels().len()), (30, 10));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_leaves_the_others_of_its_unit_on_record() {
    let poisoned = Scripted::new(|_, body| match body.contains("`cruel` in the policy") {
        true if body.contains("text 3.") => Reply::Gives(FAULT),
        _ => Reply::Says("No"),
    });
    let bench = split_bench(6);
    let summary = bench.run(&poisoned, settings(1)).await.unwrap();
    assert_eq!((summary.stopped, summary.tally.of(Outcome::Failed)), (None, 1));
    let failed: Vec<_> = bench.labels().into_iter().filter(|row| !row.settled).collect();
    // The failure carries its own four attempts; the call before it stands for itself until the unit is settled.
    assert_eq!((failed.len(), failed[0].attempts, failed[0].billed.input_tokens), (1, 4, 0));
    assert_eq!(bench.calls().len(), 16);
    let healthy = Scripted::new(|_, _| Reply::Says("No"));
    bench.run(&healthy, settings(1)).await.unwrap();
    let rows = bench.labels();
    assert_eq!((healthy.calls(), rows.len()), (2, 6));
    assert!(rows.iter().all(|row| row.settled && row.billed.input_tokens == 300));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_to_one_call_is_asked_once_more_and_then_left_open() {
    let endpoint = Scripted::new(|_, body| match body.contains("`rude` in the policy") {
        true => Reply::Says("Hm"),
        false if body.contains("text 0.") && body.contains("`vile` in the policy") => {
            Reply::Says("Yes")
        }
        false => Reply::Says("No"),
    });
    let bench = split_bench(2);
    let summary = bench.run(&endpoint, settings(1)).await.unwrap();
    assert_eq!((summary.tally.attempts, summary.tally.retries), (8, 2));
    let rows = bench.labels();
    let of = |unit: &str| rows.iter().find(|row| row.unit == unit).unwrap();
    // Whether the first is also rude does not matter: vile outranks it.
    assert_eq!((of("u0").answer.label.as_deref(), of("u0").attempts), (Some("vile"), 4));
    assert_eq!((of("u1").answer.outcome, of("u1").settled), (Outcome::Unparsable, true));
    assert_eq!(bench.plan().pending.len(), 0);
}
