//! Any bytes are a value with places, or a list of mistakes that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::diag::Source;
use titer::yaml;
use titer_fuzz::check_diagnostics;

fuzz_target!(|bytes: &[u8]| {
    let read = Source::decode("fuzz.yaml", bytes).and_then(|source| {
        yaml::read(&source).map(|_| ()).inspect_err(|found| check_diagnostics(found, &[source]))
    });
    if let Err(found) = read {
        assert!(!found.is_empty());
    }
});
