//! Where data lies that is not ours to publish; tests on it say that they were skipped where it is absent.

use std::path::PathBuf;

/// The place of a shared file: under `TITER_SHARED` where it is set, else `../shared`.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TITER_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    let place = folder.join(path);
    if place.exists() {
        return Some(place);
    }
    eprintln!("skipped: {} is not at hand", place.display());
    None
}
