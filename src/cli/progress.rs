//! A run on a terminal: the bar, and Ctrl-C.

use super::failure::Failure;
use super::output;
use super::output::Output;
use crate::ops::Tally;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use std::convert::Infallible;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the bar is drawn.
const REDRAW: Duration = Duration::from_millis(150);
/// What a shell expects of a program that Ctrl-C ended at once.
const INTERRUPTED: i32 = 130;

/// Starts the runtime runs need.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::change(
            format!("cannot start: {error}"),
            "check the limits on threads and open files",
        )
    })
}

/// Stops a run at the first Ctrl-C, with everything recorded; a second one ends the process at once.
pub(super) async fn until_interrupted(cancel: CancellationToken) -> Infallible {
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    output::error(
        "\nstopping: requests in flight are let finish and recorded (Ctrl-C again ends at once)",
    );
    cancel.cancel();
    if tokio::signal::ctrl_c().await.is_ok() {
        #[expect(clippy::exit, reason = "the user asked twice; what is durable is durable")]
        std::process::exit(INTERRUPTED);
    }
    std::future::pending().await
}

/// Waits for Ctrl-C.
pub(super) async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Draws the counts of a run for as long as it is asked to.
pub(super) async fn watch(mut tally: watch::Receiver<Tally>, output: &Output) -> Infallible {
    if !output.draws_progress() {
        return std::future::pending().await;
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let started = Instant::now();
    while tally.changed().await.is_ok() {
        let now = *tally.borrow_and_update();
        bar.set_length(now.requests);
        bar.set_position(now.finished);
        bar.set_message(message(&now, started.elapsed()));
        tokio::time::sleep(REDRAW).await;
    }
    bar.finish_and_clear();
    std::future::pending().await
}

fn message(now: &Tally, elapsed: Duration) -> String {
    let rate = now.finished as f64 / elapsed.as_secs_f64().max(0.001);
    let mut parts = vec![format!("{rate:.0}/s"), format!("{} in flight", now.in_flight)];
    parts.extend(now.billed.cost_usd.map(|usd| format!("${usd:.2}")));
    if now.rate_limited > 0 {
        parts.push(format!("{} rate-limited", now.rate_limited));
    }
    if rate > 0.0 {
        let left = (now.requests.saturating_sub(now.finished)) as f64 / rate;
        parts.push(format!("{} left", duration(left)));
    }
    parts.join(" · ")
}

/// Returns a duration as a person says it.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{:.1} s", seconds.max(0.0));
    }
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
