//! Any two policies, given one after the other, can be compared; one with itself has no changes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::diag::Source;
use titer::policy;

fuzz_target!(|texts: (&str, &str)| {
    let parse = |text| policy::parse(&Source::new("fuzz.yaml", text)).ok();
    let (Some((old, _)), Some((new, _))) = (parse(texts.0), parse(texts.1)) else { return };
    assert_eq!(policy::diff(&old, &old), []);
    let changes = policy::diff(&old, &new);
    if policy::check_version(&old, &new, &changes).is_ok() && old.version == new.version {
        assert!(changes.iter().all(|change| change.level == policy::Level::Note));
    }
    assert_eq!(policy::immutable_ids(&new, &new), []);
});
