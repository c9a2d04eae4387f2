//! The units with gold that a policy's examples must not repeat.

use crate::gold::LabelMap;
use crate::io;
use crate::io::IdCheck;
use crate::io::Source;
use crate::ops::error::OpsError;
use crate::ops::program::Program;
use crate::ops::units;
use crate::store::Access;
use crate::store::Store;
use crate::unit::Unit;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// A file of units larger than this is not read for a check, which must stay quick.
const MOST_BYTES: u64 = 64 << 20;

/// Units with gold, or drawn for it, by policy.
#[derive(Debug, Clone, Default)]
pub(super) struct GoldUnits {
    units: BTreeMap<String, Unit>,
    of_policy: BTreeMap<String, BTreeSet<String>>,
}

impl GoldUnits {
    /// Returns the units with gold under a policy, in the order of their ids.
    pub(super) fn of(&self, policy: &str) -> impl Iterator<Item = &Unit> {
        self.of_policy.get(policy).into_iter().flatten().filter_map(|id| self.units.get(id))
    }
}

/// Reads the project's gold, from its file and its store, and the units it is about.
///
/// # Errors
///
/// Why they cannot be read; that is no mistake of a policy.
pub(super) fn read(program: &Program) -> Result<GoldUnits, OpsError> {
    let of_policy = ids(program)?;
    let wanted: BTreeSet<&String> = of_policy.values().flatten().collect();
    let Some(path) = file(program).filter(|_| !wanted.is_empty()) else {
        return Ok(GoldUnits::default());
    };
    let size = fs::metadata(&path).map_err(|source| OpsError::file("read", &path, &source))?.len();
    if MOST_BYTES < size {
        return Err(OpsError::refused(
            format!("{} has {} MiB", path.display(), size >> 20),
            "draw a sample with `titer sample`: it is compared in the units' place",
        ));
    }
    let source = Source::File(path);
    let all = io::read_units(&source, &units::columns(program), IdCheck::Unchecked)?;
    let mut units = BTreeMap::new();
    for unit in all {
        let unit = unit?;
        if wanted.contains(&unit.id) {
            units.insert(unit.id.clone(), unit);
        }
    }
    Ok(GoldUnits { units, of_policy })
}

/// The ids of units with gold, by policy.
fn ids(program: &Program) -> Result<BTreeMap<String, BTreeSet<String>>, OpsError> {
    let mut of_policy: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |policy: &str, unit: &str| {
        of_policy.entry(policy.to_owned()).or_default().insert(unit.to_owned());
    };
    if let Some(from) = program.file.gold.as_ref().and_then(|gold| gold.from.as_ref()) {
        let source = Source::File(program.path(from));
        for said in io::read_gold(&source, &LabelMap::default())? {
            add(&said.policy, &said.unit_id);
        }
    }
    let store = program.store_path();
    if store.is_file() {
        let reader = Store::open(&store, Access::Read)?.reader()?;
        for said in reader.annotations()? {
            add(&said.policy, &said.unit);
        }
        for draw in reader.gold_draws()? {
            for (policy, queued) in
                draw.policies.iter().flat_map(|policy| draw.queue.iter().map(move |q| (policy, q)))
            {
                add(policy, &queued.unit);
            }
        }
    }
    Ok(of_policy)
}

/// The file that holds the units with gold: the drawn sample, else all units.
fn file(program: &Program) -> Option<PathBuf> {
    let sample = program.sample_path();
    let drawn = program.file.sample.is_some() && sample.is_file();
    let frame = || program.file.units.as_ref().map(|units| program.path(&units.from));
    if drawn { Some(sample) } else { frame().filter(|path| path.is_file()) }
}
