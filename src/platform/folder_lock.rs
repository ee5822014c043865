//! An exclusive lock on a folder, which keeps two runs of the program from writing into it at the same time.
//!
//! The OS releases the lock when its owner ends, so a crash leaves nothing locked.

use std::fs::File;
use std::io;
use std::path::Path;

/// A locked folder. Dropping it releases the lock.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder; `None` if another owner has locked it.
    ///
    /// # Errors
    /// The folder can't be opened.
    #[cfg(not(windows))]
    pub fn try_lock(folder: &Path) -> io::Result<Option<Self>> {
        let file = File::open(folder)?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            // Some network file systems have no locks. The folder is then used without one.
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(Some(Self { _file: file })),
        }
    }

    /// Locks a folder; `None` if another owner has locked it. Windows can't lock folders, so this opens a hidden file in
    /// it that no other process can open and that Windows deletes when it is closed.
    ///
    /// # Errors
    /// The file can't be created.
    #[cfg(windows)]
    pub fn try_lock(folder: &Path) -> io::Result<Option<Self>> {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        const ERROR_SHARING_VIOLATION: i32 = 32;
        const ERROR_DELETE_PENDING: i32 = 303;
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        options.share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
        match options.open(folder.join(".echoscope-lock")) {
            Ok(file) => Ok(Some(Self { _file: file })),
            Err(error) => match error.raw_os_error() {
                Some(ERROR_SHARING_VIOLATION | ERROR_DELETE_PENDING) => Ok(None),
                _ => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_and_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::try_lock(folder.path()).unwrap();
        assert!(lock.is_some());
        assert!(FolderLock::try_lock(folder.path()).unwrap().is_none());
        drop(lock);
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        assert!(FolderLock::try_lock(folder.path()).unwrap().is_some());
    }
}
