//! The log: to standard error under `-v`, to a file when one is named.

use super::failure::Failure;
use super::output::Verbosity;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Starts the log. `TITER_LOG` narrows or widens it, in tracing's filter syntax.
pub(super) fn start(verbosity: Verbosity, file: Option<&Path>) -> Result<(), Failure> {
    let filter =
        || EnvFilter::try_from_env("TITER_LOG").unwrap_or_else(|_| EnvFilter::new("titer=debug"));
    let started = match file {
        Some(path) => {
            let file = File::create(path).map_err(|source| {
                Failure::change(
                    format!("cannot write the log to {}: {source}", path.display()),
                    "name a file in a folder you may write to",
                )
            })?;
            let log = tracing_subscriber::fmt().with_env_filter(filter()).with_ansi(false);
            log.with_writer(Arc::new(file)).try_init()
        }
        None if verbosity == Verbosity::Verbose => {
            tracing_subscriber::fmt().with_env_filter(filter()).with_writer(io::stderr).try_init()
        }
        None => return Ok(()),
    };
    started.map_err(|source| {
        Failure::change(format!("cannot start the log: {source}"), "check TITER_LOG")
    })
}
