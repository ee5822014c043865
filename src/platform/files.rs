//! Reads regular files without blocking, writes files completely or not at all, makes files readable only by their
//! owner, and locks folders.
//!
//! On Unix, a file's mode restricts it to its owner. On Windows, files inherit the permissions of their folder; in a
//! user's own folders only the user, the administrators and the OS have access, so there is nothing to add.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Why a file can't be read as a regular file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The path leads to no file, or a folder in it can't be accessed.
    #[error("{0}")]
    Path(#[source] io::Error),
    /// The path leads to a folder.
    #[error("it is a folder")]
    Folder,
    /// The path leads to a pipe, a socket or a device.
    #[error("it is a pipe, a socket or a device, not a regular file")]
    NotRegular,
    /// The file has this many bytes, more than the limit.
    #[error("it is larger than {} KiB", limit >> 10)]
    TooLarge {
        /// The size of the file, or the number of bytes that were read.
        bytes: u64,
        /// The largest size that is allowed.
        limit: u64,
    },
    /// The file can't be opened or read.
    #[error("{0}")]
    Read(#[source] io::Error),
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Path(error) | ReadError::Read(error) => return error,
            ReadError::Folder => io::ErrorKind::IsADirectory,
            ReadError::NotRegular => io::ErrorKind::InvalidInput,
            ReadError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
        };
        Self::new(kind, error.to_string())
    }
}

/// Opens a regular file for reading. Never waits for the other end of a pipe.
///
/// # Errors
/// The path leads to no regular file, or the OS doesn't allow the file to be read.
pub fn open_regular(path: &Path) -> Result<File, ReadError> {
    let check = |metadata: std::fs::Metadata| match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(ReadError::Folder),
        _ => Err(ReadError::NotRegular),
    };
    // Opening a device may have side effects, so its kind is checked first.
    check(std::fs::metadata(path).map_err(ReadError::Path)?)?;
    let file = non_blocking(OpenOptions::new().read(true)).open(path).map_err(ReadError::Read)?;
    // Another program may have put a pipe in its place meanwhile.
    check(file.metadata().map_err(ReadError::Read)?)?;
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// The path leads to no regular file, the file is larger, or it can't be read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = open_regular(path)?;
    let size = file.metadata().map_err(ReadError::Read)?.len();
    let mut bytes = Vec::new();
    if size <= limit {
        file.take(limit + 1).read_to_end(&mut bytes).map_err(ReadError::Read)?;
    }
    // The file may be growing, and files in /proc have the size 0.
    match size.max(bytes.len() as u64) {
        bytes if bytes > limit => Err(ReadError::TooLarge { bytes, limit }),
        _ => Ok(bytes),
    }
}

/// Opens a pipe or a device without waiting for its other end. It changes nothing for a regular file.
fn non_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options
}

/// Calls `write` with a temporary file in the same folder, which replaces `path` once everything is on the disk.
/// Returns the result of `write`.
///
/// The contents may be confidential, so an existing file keeps its mode. On Unix a new one gets `mode`, limited by the
/// umask.
///
/// # Errors
/// The folder isn't writable, the disk is full, or `write` failed. The old file is then unchanged.
#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
pub fn write_atomically<T>(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<T>,
) -> io::Result<T> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope");
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(mode, |old| old.permissions().mode() & 0o777);
        builder.permissions(std::fs::Permissions::from_mode(mode))
    };
    let file = builder.tempfile_in(folder_of(path))?;
    let mut out = BufWriter::new(file.as_file());
    let written = write(&mut out)?;
    out.flush()?;
    drop(out);
    // Some file systems don't report before this call that the disk is full.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(written)
}

/// Returns the folder of a file; `.` for a bare name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a file that is created with these options readable only by its owner, from the first byte on.
pub fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a new temporary folder accessible only to its owner, from the start.
pub fn owner_only_folder<'a, 'p, 's>(
    builder: &'a mut tempfile::Builder<'p, 's>,
) -> &'a mut tempfile::Builder<'p, 's> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

/// Makes a temporary file readable by everyone. Without this, only its owner can read it.
pub fn readable_by_all(builder: &mut tempfile::Builder<'_, '_>) {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    let _ = builder;
}

/// Removes all permissions of everyone but the owner of an existing file.
///
/// # Errors
/// The file belongs to someone else, or its file system has no permissions.
pub fn restrict_to_owner(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// An exclusive lock on a folder, which keeps two runs of the program from writing into it at the same time. Dropping
/// it releases the lock; after a crash the OS does.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder; `None` if it is already locked.
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

    /// Locks a folder; `None` if it is already locked. Windows can't lock folders, so this opens a file in it that no
    /// other process can open and that Windows deletes when it is closed.
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
    fn only_regular_files_up_to_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(matches!(read_regular(&path, 4), Err(ReadError::Path(_))));
        assert!(matches!(read_regular(folder.path(), 4), Err(ReadError::Folder)));
        std::fs::write(&path, "1234").unwrap();
        assert_eq!(read_regular(&path, 4).unwrap(), b"1234");
        assert!(matches!(read_regular(&path, 3), Err(ReadError::TooLarge { bytes: 4, limit: 3 })));
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        make_fifo(&pipe);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link, Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert!(matches!(read_regular(path, 4), Err(ReadError::NotRegular)), "{}", path.display());
        }
        // Even if the pipe takes the place of a file after the check, opening it doesn't block.
        non_blocking(OpenOptions::new().read(true)).open(&pipe).unwrap();
        #[cfg(target_os = "linux")]
        assert!(matches!(
            read_regular(Path::new("/proc/self/maps"), 4),
            Err(ReadError::TooLarge { bytes: 5, limit: 4 })
        ));
    }

    #[cfg(unix)]
    fn make_fifo(path: &Path) {
        let status = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(status.success());
    }

    #[test]
    fn folder_lock_is_exclusive_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::try_lock(folder.path()).unwrap();
        assert!(lock.is_some());
        assert!(FolderLock::try_lock(folder.path()).unwrap().is_none());
        drop(lock);
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        assert!(FolderLock::try_lock(folder.path()).unwrap().is_some());
    }
}
