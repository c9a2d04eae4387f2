//! Any bytes in `titer.yaml` are a project, or a list of mistakes in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::ops::OpsError;
use titer::ops::Program;
use titer::ops::chain;
use titer_fuzz::check_diagnostics;
use titer_fuzz::scratch;

fuzz_target!(|bytes: &[u8]| {
    let path = scratch("titer.yaml", bytes);
    match Program::open(path.parent()) {
        Ok(program) => assert!(program.found),
        Err(OpsError::Diagnostics { diagnostics, sources, .. }) => {
            assert!(!diagnostics.is_empty());
            check_diagnostics(&diagnostics, &sources);
        }
        Err(other) => assert!(!chain(&other).is_empty()),
    }
});
