//! Any bytes are annotations that can be counted, or an error with words. The first byte chooses the format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use titer::gold;
use titer::gold::LabelMap;
use titer::io;
use titer::io::Source;
use titer_fuzz::scratch;

const NAMES: [&str; 3] = ["gold.jsonl", "gold.csv", "gold.tsv"];

fuzz_target!(|bytes: &[u8]| {
    let [format, bytes @ ..] = bytes else { return };
    let source = Source::File(scratch(NAMES[usize::from(*format) % NAMES.len()], bytes));
    let codes = LabelMap::new(BTreeMap::from([("1".to_owned(), "violating".to_owned())]));
    if let Err(error) = io::read_labels(&source, &codes) {
        assert!(!error.to_string().is_empty());
    }
    match io::read_gold(&source, &codes) {
        Ok(annotations) => match gold::adjudicate(&annotations) {
            Ok(decided) => {
                assert!(decided.gold.len() + decided.unresolved.len() <= annotations.len())
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
