//! Reads regular files without blocking, writes files completely or not at all, makes files readable only by their
//! owner, and locks folders.
//!
//! On Unix, a file's mode restricts it to its owner. On Windows, files inherit the permissions of their folder; in a
//! user's own folders only the user, the administrators and the OS have access, so there is nothing to add.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use tempfile::NamedTempFile;

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
    // Another program may have replaced the file with a pipe since the check.
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
pub fn non_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options
}

/// Saves a file with the content that `write` writes, and returns the result of `write`.
///
/// Symbolic links are followed. A regular file gets its new content at once, by a renamed temporary file, and keeps its
/// mode and its owner. It is overwritten in place if it can't be replaced by another file: it has several names (hard
/// links), an access control list or another owner, its folder isn't writable, or it is a mount point. On Unix a new
/// file gets `mode`, limited by the umask. Pipes and character devices are written to, but only as long as this doesn't
/// block for two seconds.
///
/// # Errors
/// The path leads to a folder, a socket or a block device, the file or the folder isn't writable, the disk is full, or
/// `write` failed. A regular file then has its old content.
pub fn save<T>(path: &Path, mode: u32, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    match std::fs::metadata(path) {
        Ok(old) if old.is_file() => replace(path, &old, write),
        Ok(old) if old.is_dir() => Err(ReadError::Folder.into()),
        Ok(old) => write_to_device(path, &old, write),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&link_target(path)?, mode, write),
        Err(error) => Err(error),
    }
}

/// How long a pipe or a device may take no bytes.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(2);

/// The beginning of the names of temporary files.
const PREFIX: &str = ".echoscope";

#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
fn create<T>(path: &Path, mode: u32, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    let staged = builder.tempfile_in(folder_of(path))?;
    let written = fill(staged.as_file(), write)?;
    staged.persist(path)?;
    Ok(written)
}

/// Returns the path that a dangling symbolic link leads to.
fn link_target(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    // Linux follows at most 40 links, too (path_resolution(7)).
    for _ in 0..40 {
        match std::fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn replace<T>(
    path: &Path,
    old: &Metadata,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    // A rename would replace a read-only file, too.
    OpenOptions::new().write(true).open(path)?;
    let target = std::fs::canonicalize(path);
    let staged = target.and_then(|target| Ok((stage_in_place_of(&target, old)?, target)));
    let (written, content) = if let Ok((staged, target)) = staged {
        let written = fill(staged.as_file(), write)?;
        match staged.persist(target) {
            Ok(_) => return Ok(written),
            Err(error) => (written, error.file.into_file()),
        }
    } else {
        let file = tempfile::tempfile()?;
        (fill(&file, write)?, file)
    };
    overwrite(path, content)?;
    Ok(written)
}

/// Creates a temporary file with the mode and the owner of `path`, which it is to replace.
fn stage_in_place_of(path: &Path, old: &Metadata) -> io::Result<NamedTempFile> {
    let staged = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder_of(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        #[cfg(target_os = "linux")]
        let has_list = rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0; 0]).is_ok();
        #[cfg(not(target_os = "linux"))]
        let has_list = false;
        if old.nlink() > 1 || has_list {
            return Err(io::ErrorKind::Unsupported.into());
        }
        fchown(&staged, Some(old.uid()), Some(old.gid()))?;
    }
    staged.as_file().set_permissions(old.permissions())?;
    Ok(staged)
}

/// Writes the content of a file, to the disk.
fn fill<T>(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut out = BufWriter::new(file);
    let written = write(&mut out)?;
    out.flush()?;
    // Some file systems don't report before this call that the disk is full.
    file.sync_all()?;
    Ok(written)
}

/// Replaces the content of a file. After an error it has its old content, whose space on the disk is kept until then.
fn overwrite(path: &Path, mut content: File) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut old = tempfile::tempfile()?;
    io::copy(&mut file, &mut old)?;
    let mut put = |content: &mut File| {
        content.rewind()?;
        file.rewind()?;
        let size = io::copy(content, &mut file)?;
        file.set_len(size)?;
        file.sync_all()
    };
    put(&mut content).inspect_err(|_| drop(put(&mut old)))
}

/// Writes to a pipe or a character device.
#[cfg(unix)]
fn write_to_device<T>(
    path: &Path,
    old: &Metadata,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    use std::os::unix::fs::FileTypeExt;
    let refuse = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    let kind = old.file_type();
    if kind.is_block_device() {
        return refuse("it is a disk, whose content would be destroyed");
    } else if kind.is_socket() {
        return refuse("it is a socket, not a file");
    }
    let file = match non_blocking(OpenOptions::new().write(true)).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return refuse("it is a pipe that no program reads from, or a device that isn't connected");
        }
        file => file?,
    };
    let mut out = BufWriter::new(DeviceWriter(file));
    let written = write(&mut out)?;
    out.flush()?;
    Ok(written)
}

#[cfg(not(unix))]
fn write_to_device<T>(
    _: &Path,
    _: &Metadata,
    _: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    Err(ReadError::NotRegular.into())
}

/// Writes to a non-blocking file, and waits at most [`PATIENCE`] until it takes more bytes.
#[cfg(unix)]
struct DeviceWriter(File);

#[cfg(unix)]
impl Write for DeviceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the program at its other end stopped reading",
                ));
            }
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], Some(&left)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

/// Opens a file that other programs may read, but not write, as far as they respect that: on Unix it is only locked.
/// `None` if another program writes to it in the same way.
///
/// # Errors
/// The file can't be opened.
pub fn open_as_only_writer(options: &mut OpenOptions, path: &Path) -> io::Result<Option<File>> {
    #[cfg(windows)]
    {
        // A lock would also prevent others from reading.
        const FILE_SHARE_READ: u32 = 1;
        std::os::windows::fs::OpenOptionsExt::share_mode(options, FILE_SHARE_READ);
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
            opened => opened.map(Some),
        }
    }
    #[cfg(not(windows))]
    {
        let file = options.open(path)?;
        // Some network file systems have no locks.
        let is_locked = matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock));
        Ok((!is_locked).then_some(file))
    }
}

/// Returns whether a file belongs to the user that runs this program; always true on Windows.
#[must_use]
pub fn is_own(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    {
        let _ = metadata;
        true
    }
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

/// Removes all permissions of everyone but the owner of a file, if it exists.
///
/// # Errors
/// The file belongs to someone else, or its file system has no permissions.
pub fn restrict_existing(path: &Path) -> io::Result<()> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(ReadError::Path(error) | ReadError::Read(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if !is_own(&file.metadata()?) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    restrict_to_owner(&file)
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

/// The error code for a file that another program has opened and doesn't share.
#[cfg(windows)]
const ERROR_SHARING_VIOLATION: i32 = 32;

/// An exclusive lock on a folder, which keeps two runs of the program from writing into it at the same time. Dropping
/// it releases the lock; after a crash the OS does.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder. Waits at most two seconds while it is locked. `None` if it still is, or can't be locked.
    #[must_use]
    pub fn wait(folder: &Path) -> Option<Self> {
        for _ in 0..100 {
            match Self::try_lock(folder) {
                Ok(None) => {}
                // On Windows, a file that is being deleted can't be opened either.
                Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => {}
                lock => return lock.ok().flatten(),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Locks a folder; `None` if it is already locked.
    ///
    /// # Errors
    /// The folder can't be opened.
    #[cfg(not(windows))]
    pub fn try_lock(folder: &Path) -> io::Result<Option<Self>> {
        // Another program may have replaced the folder with a pipe in the meantime.
        let file = non_blocking(OpenOptions::new().read(true)).open(folder)?;
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
        // If the file is a link, the link itself is opened and deleted, not its target.
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        options.share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT);
        match options.open(folder.join(".echoscope-lock")) {
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
            opened => opened.map(|file| Some(Self { _file: file })),
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

    /// Saves this text.
    fn put(path: &Path, text: &str) -> io::Result<()> {
        save(path, 0o666, |out| out.write_all(text.as_bytes()))
    }

    #[cfg(unix)]
    fn mode_and_number(path: &Path) -> (u32, u64) {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).unwrap();
        (metadata.mode() & 0o7777, metadata.ino())
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_are_written_through_and_modes_are_kept() {
        use std::os::unix::fs::symlink;
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (link, target) = (folder.path().join("link"), elsewhere.path().join("target"));
        symlink(&target, folder.path().join("second")).unwrap();
        symlink("second", &link).unwrap();
        put(&link, "first").unwrap();
        // A mode that the umask doesn't allow for new files.
        set_mode(&target, 0o666);
        put(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(mode_and_number(&target).0, 0o666);
        let dangling = folder.path().join("dangling");
        symlink("missing/file", &dangling).unwrap();
        assert_eq!(put(&dangling, "x").unwrap_err().kind(), io::ErrorKind::NotFound);
        symlink("loop", folder.path().join("loop")).unwrap();
        assert!(put(&folder.path().join("loop"), "x").is_err());
        assert_eq!(put(folder.path(), "x").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_two_names_is_overwritten_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, "old and long").unwrap();
        std::fs::hard_link(&one, &other).unwrap();
        put(&one, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "new");
        assert_eq!(mode_and_number(&one), mode_and_number(&other));
        let failed = save(&one, 0o666, |out| {
            out.write_all(b"half")?;
            Err::<(), _>(io::Error::other("failed"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_access_control_list_is_kept() {
        use rustix::fs::{XattrFlags, getxattr, setxattr};
        const NAME: &str = "system.posix_acl_access";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "old").unwrap();
        // acl(5): version 2, then tag, permissions and ID of each entry. The second one is for the user with the ID 1.
        let entries = [(1, 6, u32::MAX), (2, 4, 1), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            list.extend([tag, 0, permissions, 0]);
            list.extend(id.to_le_bytes());
        }
        if setxattr(&path, NAME, &list, XattrFlags::empty()).is_err() {
            let _ = writeln!(io::stderr(), "skipped: the file system has no access control lists");
            return;
        }
        put(&path, "new").unwrap();
        let mut kept = [0; 64];
        assert_eq!(getxattr(&path, NAME, &mut kept).map(|length| kept[..length].to_vec()), Ok(list));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_of_the_file_count_and_not_those_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "old and long").unwrap();
        let before = mode_and_number(&path);
        set_mode(folder.path(), 0o555);
        let is_root = std::fs::write(folder.path().join("new"), "").is_ok();
        let saved = put(&path, "new");
        set_mode(folder.path(), 0o755);
        saved.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        if is_root {
            let _ = writeln!(io::stderr(), "skipped: this user may write every file");
            return;
        }
        assert_eq!(mode_and_number(&path), before);
        set_mode(&path, 0o444);
        assert_eq!(put(&path, "other").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_failed_write_leaves_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        put(&path, "old").unwrap();
        let failed = save(&path, 0o666, |out| {
            out.write_all(&vec![b'x'; 100_000])?;
            Err::<(), _>(io::Error::other("failed"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "failed");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_written_to_but_never_waited_for() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        make_fifo(&pipe);
        assert_eq!(put(&pipe, "x").unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let mut reader = non_blocking(OpenOptions::new().read(true)).open(&pipe).unwrap();
        put(&pipe, "Hello").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "Hello");
        // The other end is open but isn't read, and the data is larger than the pipe's buffer.
        assert_eq!(put(&pipe, &"x".repeat(1 << 20)).unwrap_err().kind(), io::ErrorKind::TimedOut);
        put(Path::new("/dev/null"), "x").unwrap();
        for (path, is_kind) in [
            (pipe.as_path(), std::fs::FileType::is_fifo as fn(&_) -> bool),
            (Path::new("/dev/null"), std::fs::FileType::is_char_device),
        ] {
            assert!(is_kind(&std::fs::symlink_metadata(path).unwrap().file_type()), "{}", path.display());
        }
        let socket = folder.path().join("socket");
        std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(put(&socket, "x").unwrap_err().kind(), io::ErrorKind::InvalidInput);
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
