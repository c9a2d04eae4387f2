//! Any bytes are units or an error with words; what is read, written and read again is the same. The first byte
//! chooses the format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::io;
use titer::io::Columns;
use titer::io::IdCheck;
use titer::io::IoError;
use titer::io::Source;
use titer::io::Target;
use titer::unit::Unit;
use titer_fuzz::scratch;

const NAMES: [&str; 3] = ["units.jsonl", "units.csv", "units.tsv"];

fn read(source: &Source, columns: &Columns) -> Result<Vec<Unit>, IoError> {
    io::read_units(source, columns, IdCheck::Unique)?.collect()
}

fuzz_target!(|bytes: &[u8]| {
    let [format, bytes @ ..] = bytes else { return };
    let source = Source::File(scratch(NAMES[usize::from(*format) % NAMES.len()], bytes));
    let columns = Columns::own();
    if let Ok(head) = io::read_head(&source, 100) {
        assert!(io::guess_columns(&head).id.is_none_or(|id| head.columns.contains(&id)));
    }
    let units = match read(&source, &columns) {
        Ok(units) => units,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for unit in &units {
        assert!(!unit.id.is_empty() && !unit.components.is_empty());
        assert!(unit.exposure.is_finite() && unit.exposure > 0.0);
        assert!(unit.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
    }
    let again = scratch("again.jsonl", b"");
    io::write_units(&Target::File(again.clone()), &columns, &units).expect("units can be written");
    assert_eq!(read(&Source::File(again), &columns).expect("units can be read again"), units);
});
