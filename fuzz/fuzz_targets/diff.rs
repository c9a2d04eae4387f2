//! Any two policies, given one after the other with a NUL between, can be compared; one with itself has no changes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use titer::diag::Source;
use titer::policy;
use titer::policy::Checked;
use titer::policy::Reader;
use titer_fuzz::check_diagnostics;

static READER: LazyLock<Reader> = LazyLock::new(Reader::prepare);

fn read(text: &str) -> Option<Checked> {
    READER.read(&Source::new("fuzz.yaml", text), &BTreeMap::new()).ok()
}

fuzz_target!(|texts: &str| {
    let Some((old, new)) = texts.split_once('\0') else { return };
    let (Some(old), Some(new)) = (read(old), read(new)) else { return };
    let places = new.places;
    let (old, new) = (old.policy, new.policy);
    assert_eq!(policy::diff(&old, &old), []);
    let changes = policy::diff(&old, &new);
    if policy::check_version(&old, &new, &changes).is_ok() && old.version == new.version {
        assert!(changes.iter().all(|change| change.level == policy::Level::Note));
    }
    assert_eq!(policy::immutable_ids(&new, &new), []);
    let broken = policy::immutable_ids(&old, &new);
    let found: Vec<_> = broken.iter().map(|id| id.diagnostic(&places)).collect();
    check_diagnostics(&found, std::slice::from_ref(places.source()));
});
