//! One writing process a store, held to it by a lock of the operating system.
//!
//! The lock is on a file beside the store and goes with its process, even by `kill -9`; the file
//! itself stays and means nothing.

use crate::store::StoreError;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// The right to write to one store, until dropped.
#[derive(Debug)]
pub(crate) struct Lock(
    #[expect(dead_code, reason = "held, never read: the lock ends with the file handle")] File,
);

impl Lock {
    /// Takes the lock of the store at `path` or says who has it.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let beside = beside(path);
        let mut file = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&beside)
            .map_err(|source| refused(path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    path: path.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(refused(path, source)),
        }
        let pid = std::process::id();
        let named = file.set_len(0).and_then(|()| writeln!(file, "{pid}"));
        named.map_err(|source| refused(path, source))?;
        Ok(Self(file))
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Names why the system refused a file of the store.
pub(crate) fn refused(path: &Path, source: io::Error) -> StoreError {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::StorageFull || source.kind() == io::ErrorKind::QuotaExceeded
    {
        StoreError::DiskFull { path }
    } else if source.kind() == io::ErrorKind::PermissionDenied
        || source.kind() == io::ErrorKind::ReadOnlyFilesystem
    {
        StoreError::ReadOnly { path }
    } else {
        StoreError::Inaccessible { path, source: Arc::new(source) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: io::ErrorKind, expected: &str) {
        let error = refused(Path::new("a.db"), kind.into());
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn what_the_system_refuses_is_said_in_the_users_words() {
        check(io::ErrorKind::PermissionDenied, "read-only");
        check(io::ErrorKind::ReadOnlyFilesystem, "read-only");
        check(io::ErrorKind::StorageFull, "no space left");
        check(io::ErrorKind::NotADirectory, "check that its folder exists");
    }
}
