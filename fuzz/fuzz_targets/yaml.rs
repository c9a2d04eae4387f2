//! Any bytes are a value with places, or a list of mistakes that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::diag;
use titer::diag::Color;
use titer::diag::Source;
use titer::yaml;

fuzz_target!(|bytes: &[u8]| {
    let read = Source::decode("fuzz.yaml", bytes).and_then(|source| {
        yaml::read(&source).map(|_| ()).map_err(|found| {
            assert!(!diag::text(&found, std::slice::from_ref(&source), Color::Plain).is_empty());
            found
        })
    });
    if let Err(found) = read {
        assert!(!found.is_empty());
    }
});
