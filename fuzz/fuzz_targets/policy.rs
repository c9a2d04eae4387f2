//! Any text is a policy that can be linted and counted, or a list of mistakes in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use titer::diag::Source;
use titer::policy;
use titer::policy::LintSettings;
use titer::policy::Reader;
use titer_fuzz::check_diagnostics;

static READER: LazyLock<Reader> = LazyLock::new(Reader::prepare);

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz.yaml", text);
    // A file that imports is given itself: terms it has, and keys that files of terms have not.
    let imports = policy::imports(&source);
    let imported: BTreeMap<String, Source> =
        imports.into_iter().map(|import| (import.path, source.clone())).collect();
    let found = match READER.read(&source, &imported) {
        Ok(checked) => {
            assert_eq!(policy::coverage(&checked.policy).len(), checked.policy.rule_ids().len());
            let mut found = policy::lint(&checked, &LintSettings::everything());
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
