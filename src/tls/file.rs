//! Reads a small ordinary file whole: never a folder, a pipe or a device, never more than [`LIMIT`].

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::tls::error::Fault;

/// The longest file that is read: 1 MiB. A chain of ten certificates is about 20 KiB.
pub(super) const LIMIT: u64 = 1024 * 1024;

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    if path.as_os_str().is_empty() {
        return Err(Fault::NoPath);
    }
    // Asked before the open: to open a pipe that nobody writes to would wait forever.
    check(&fs::metadata(path).map_err(|error| from_metadata(path, &error))?)?;
    let file = File::open(path).map_err(|error| from_read(&error))?;
    check(&file.metadata().map_err(|error| from_read(&error))?)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| from_read(&error))?;
    match bytes.len() as u64 {
        0 => Err(Fault::Empty),
        // It grew between the check and the read.
        length if length > LIMIT => Err(Fault::TooLarge { bytes: length }),
        _ => Ok(bytes),
    }
}

fn check(metadata: &fs::Metadata) -> Result<(), Fault> {
    check_kind(metadata)?;
    if metadata.len() > LIMIT { Err(Fault::TooLarge { bytes: metadata.len() }) } else { Ok(()) }
}

/// Whether it is an ordinary file, of whatever length.
pub(super) fn check_kind(metadata: &fs::Metadata) -> Result<(), Fault> {
    if metadata.is_dir() {
        Err(Fault::Folder)
    } else if !metadata.is_file() {
        Err(Fault::NotOrdinary)
    } else {
        Ok(())
    }
}

/// Why nothing can be known of a file.
pub(super) fn from_metadata(path: &Path, error: &io::Error) -> Fault {
    match error.kind() {
        // What the path names as a folder is a file, or isn't there.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let folder = folder_of(path);
            if folder.is_dir() { Fault::NoSuchFile { folder } } else { Fault::NoSuchFolder { folder } }
        }
        io::ErrorKind::PermissionDenied => {
            Fault::FolderClosed { folder: folder_of(path), raw: error.to_string() }
        }
        _ => from_read(error),
    }
}

fn from_read(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Fault::NotReadable { raw: error.to_string() },
        _ => Fault::Unreadable { raw: error.to_string() },
    }
}

/// The folder that a file is in, or would be.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.parent().map_or_else(|| whole.clone(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_by_the_system_is_told_from_other_failures() {
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(from_read(&refused), Fault::NotReadable { .. }));
        assert!(matches!(from_metadata(Path::new("a/b"), &refused), Fault::FolderClosed { .. }));
        assert!(matches!(from_read(&io::Error::other("disk")), Fault::Unreadable { .. }));
    }

    #[test]
    fn the_limit_itself_is_read_and_one_more_byte_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let mut bytes = vec![b'x'; usize::try_from(LIMIT).unwrap()];
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap().len(), bytes.len());
        bytes.push(b'x');
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(read(&path), Err(Fault::TooLarge { bytes }) if bytes == LIMIT + 1));
    }
}
