//! One writer at a time: a hidden file in the folder is locked while files are written there, and goes afterwards.
//!
//! The system lets go of the lock when its owner ends, so that after a crash nobody is kept out by what is left.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The name of the hidden file.
pub(super) const NAME: &str = ".echoscope-lock";

/// How often the file may go away between being opened and being locked, before that counts as someone else's writing.
const TRIES: usize = 20;

/// Held while files are written into a folder.
pub(super) struct Lock {
    #[cfg_attr(windows, expect(dead_code, reason = "the file goes when it is closed"))]
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes it; `None` where another has it.
    pub(super) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(NAME);
        for _ in 0..TRIES {
            // Opening a pipe would wait, and through a link another file would be locked.
            if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            let Some(file) = locked(&path)? else { return Ok(None) };
            if is_at(&file, &path) {
                return Ok(Some(Self { path, _file: file }));
            }
            // Its last owner has just taken it away: the lock on it keeps nobody out.
        }
        Ok(None)
    }
}

#[cfg(not(windows))]
impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: afterwards it could be another's.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(not(windows))]
fn locked(path: &Path) -> io::Result<Option<File>> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        // Some network folders have no locks. Without one the files are still written whole or not at all.
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// Nobody else can open it, and the system deletes it when it is closed.
#[cfg(windows)]
fn locked(path: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt;
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    const SHARING_VIOLATION: i32 = 32;
    const DELETE_PENDING: i32 = 303;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).share_mode(0).custom_flags(DELETE_ON_CLOSE);
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.raw_os_error(), Some(SHARING_VIOLATION | DELETE_PENDING)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(own), Ok(there)) => (own.dev(), own.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_it_and_it_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        assert!(lock.is_some());
        assert!(Lock::take(folder.path()).unwrap().is_none());
        drop(lock);
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
        assert!(Lock::take(folder.path()).unwrap().is_some());
    }

    #[test]
    fn what_a_crash_has_left_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "").unwrap();
        assert!(Lock::take(folder.path()).unwrap().is_some());
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(NAME)).unwrap();
        assert!(Lock::take(folder.path()).is_err());
    }
}
