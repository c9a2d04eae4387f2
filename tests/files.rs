//! Unit, label and gold files: what is read back, and what every mistake in one is told.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use titer::gold::LabelMap;
use titer::io::Columns;
use titer::io::ComponentColumn;
use titer::io::ComponentKind;
use titer::io::ContentColumns;
use titer::io::IdCheck;
use titer::io::IoError;
use titer::io::LabelRow;
use titer::io::LabelWriter;
use titer::io::Source;
use titer::io::Target;
use titer::io::read_gold;
use titer::io::read_labels;
use titer::io::read_units;
use titer::io::write_units;
use titer::unit::Component;
use titer::unit::Content;
use titer::unit::Design;
use titer::unit::Inclusion;
use titer::unit::Unit;

fn read(path: &Path, columns: &Columns) -> Result<Vec<Unit>, IoError> {
    read_units(&Source::File(path.to_owned()), columns, IdCheck::Unique)?.collect()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_bad_file_is_told_where_what_and_how() {
    let mut seen = 0;
    for entry in fs::read_dir("tests/suite/units").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "expected") {
            continue;
        }
        let error = read(&path, &Columns::own()).unwrap_err();
        let cause = error.source().map(|cause| format!("\ncaused by: {cause}")).unwrap_or_default();
        let found = format!("{error}{cause}\n").replace('\\', "/");
        let beside = PathBuf::from(format!("{}.expected", path.display()));
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(
            found,
            expected,
            "{} is told otherwise than {}",
            path.display(),
            beside.display()
        );
        seen += 1;
    }
    assert!(20 <= seen, "{seen} files");
}
