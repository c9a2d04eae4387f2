//! Files people write, read up to the size at which they are refused.

use crate::yaml;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

/// Bytes of the longest character.
const LONGEST_CHARACTER: usize = 4;

/// Returns the bytes of a file; of one that is too large for a file of rules, or has no end, just so many that its
/// size refuses it.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let refused = yaml::MOST_BYTES + 1;
    let most = u64::try_from(refused + LONGEST_CHARACTER).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    let starts = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0b1100_0000 != 0b1000_0000);
    if let Some(end) = (refused..bytes.len()).find(starts) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_for_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.yaml");
        for (length, whole) in [(0, true), (10, true), (yaml::MOST_BYTES, true), (9 << 20, false)] {
            let text = "é".repeat(length / 2);
            std::fs::write(&path, &text).unwrap();
            let read = String::from_utf8(bytes(&path).unwrap()).unwrap();
            assert_eq!(read == text, whole, "{length}");
            assert_eq!(read.len() > yaml::MOST_BYTES, !whole, "{length}");
        }
    }
}
