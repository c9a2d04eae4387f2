//! Any bytes are a suite, or a list of mistakes in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::diag::Source;
use titer::eval::suite;
use titer_fuzz::check_diagnostics;

fuzz_target!(|text: &str| {
    let source = Source::new("suite.yaml", text);
    let found = match suite::read(&source) {
        Ok(checked) => {
            let mut found = checked.unknown(&["main"], |path| path.len() % 2 == 0);
            found.extend(checked.warnings);
            found
        }
        Err(found) => {
            assert!(!found.is_empty());
            found
        }
    };
    check_diagnostics(&found, &[source]);
});
