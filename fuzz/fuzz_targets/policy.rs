//! Any text is a policy that can be linted and counted, or a list of mistakes in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use titer::diag;
use titer::diag::Color;
use titer::diag::Source;
use titer::policy;
use titer::policy::LintSettings;
use titer::policy::Reader;

static READER: LazyLock<Reader> = LazyLock::new(Reader::prepare);

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz.yaml", text);
    let found = match READER.read(&source, &BTreeMap::new()) {
        Ok(checked) => {
            assert_eq!(policy::coverage(&checked.policy).len(), checked.policy.rule_ids().len());
            policy::lint(&checked, &LintSettings { off: BTreeSet::new() })
        }
        Err(found) => {
            assert!(!found.is_empty());
            found
        }
    };
    let sources = [source];
    assert_eq!(diag::text(&found, &sources, Color::Ansi).is_empty(), found.is_empty());
    assert_eq!(diag::github(&found).lines().count(), found.len());
    assert!(diag::sarif(&found).is_object());
});
