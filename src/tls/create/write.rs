//! Writes several files as one: all of them or none, never over others unless told to, keys for their owner's eyes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::problem::CreateError;

/// A file to write.
pub(super) struct Item {
    /// Its name in the folder.
    pub(super) name: &'static str,
    pub(super) content: String,
    /// Only its owner may read it (mode 0600 on Unix).
    pub(super) secret: bool,
    /// It may take the place of a file that is there.
    pub(super) replace: bool,
}

/// Writes the files into the folder, which is there. After an error the folder is as it was.
pub(super) fn all(folder: &Path, items: &[Item]) -> Result<(), CreateError> {
    // The slow part first, and where a full disk shows: under other names.
    let mut staged = Vec::with_capacity(items.len());
    for item in items {
        let failed = |error: &io::Error| write_error(item.name, error);
        staged.push((item, stage(folder, item).map_err(|error| failed(&error))?));
    }
    let mut done = Vec::with_capacity(items.len());
    for (item, file) in staged {
        match place(folder, item, file) {
            Ok(placed) => done.push(placed),
            Err(error) => {
                // Each is tried, also after one that failed.
                let left = done.into_iter().rev().filter_map(|placed| placed.undo().err()).count();
                return Err(match error.kind() {
                    _ if left > 0 => {
                        CreateError::HalfWritten { name: item.name.to_owned(), raw: error.to_string() }
                    }
                    io::ErrorKind::AlreadyExists if !item.replace => {
                        CreateError::Exists { folder: folder.to_owned(), names: vec![item.name.to_owned()] }
                    }
                    _ => write_error(item.name, &error),
                });
            }
        }
    }
    // What was replaced goes only when nothing can fail any more; one that stays for want of a right does no harm.
    for old in done.into_iter().filter_map(|placed| placed.old) {
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// Whether files can be made in the folder: tried, since the rights alone don't tell.
pub(super) fn try_folder(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".echoscope-").tempfile_in(folder).map(drop)
}

/// A file in its place, and under which name the one before it is kept.
struct Placed {
    path: PathBuf,
    old: Option<PathBuf>,
}

impl Placed {
    fn undo(self) -> io::Result<()> {
        match self.old {
            Some(old) => fs::rename(old, self.path),
            None => fs::remove_file(self.path),
        }
    }
}

fn stage(folder: &Path, item: &Item) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope-new-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // From the first byte on; the system takes from it what the user's umask says.
        builder.permissions(fs::Permissions::from_mode(if item.secret { 0o600 } else { 0o644 }));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(item.content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn place(folder: &Path, item: &Item, file: NamedTempFile) -> io::Result<Placed> {
    let path = folder.join(item.name);
    if !item.replace || fs::symlink_metadata(&path).is_err() {
        file.persist_noclobber(&path).map_err(|error| error.error)?;
        return Ok(Placed { path, old: None });
    }
    if path.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    // A name that is surely free: that of a temporary file whose place the old file takes.
    let old = tempfile::Builder::new().prefix(".echoscope-old-").tempfile_in(folder)?;
    let (_, old) = old.keep().map_err(|error| error.error)?;
    if let Err(error) = fs::rename(&path, &old) {
        let _ = fs::remove_file(&old);
        return Err(error);
    }
    let placed = Placed { path, old: Some(old) };
    match file.persist_noclobber(&placed.path) {
        Ok(_) => Ok(placed),
        Err(error) => {
            placed.undo()?;
            Err(error.error)
        }
    }
}

fn write_error(name: &str, error: &io::Error) -> CreateError {
    CreateError::Write { name: name.to_owned(), raw: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &'static str, content: &str, replace: bool) -> Item {
        Item { name, content: content.to_owned(), secret: name.ends_with("key"), replace }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_in_the_middle_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("b.key"), "old").unwrap();
        // A folder can't be replaced by a file.
        fs::create_dir(path("d.crt")).unwrap();
        let items = ["a.key", "b.key", "c.crt", "d.crt"].map(|name| item(name, "new", true));
        let error = all(folder.path(), &items).unwrap_err();
        assert!(matches!(&error, CreateError::Write { name, .. } if name == "d.crt"), "{error}");
        assert_eq!(names(folder.path()), ["b.key", "d.crt"]);
        assert_eq!(fs::read_to_string(path("b.key")).unwrap(), "old");
    }

    #[test]
    fn what_appears_in_between_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.crt"), "another's").unwrap();
        let items = [item("a.key", "new", false), item("b.crt", "new", false)];
        let error = all(folder.path(), &items).unwrap_err();
        assert!(matches!(&error, CreateError::Exists { names, .. } if names == &["b.crt"]), "{error}");
        assert_eq!(names(folder.path()), ["b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("b.crt")).unwrap(), "another's");
    }

    #[test]
    fn what_may_be_replaced_is_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.key"), "old").unwrap();
        all(folder.path(), &[item("a.key", "new", true), item("b.crt", "new", true)]).unwrap();
        assert_eq!(names(folder.path()), ["a.key", "b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("a.key")).unwrap(), "new");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode("a.key"), 0o600);
            assert_eq!(mode("b.crt") & 0o600, 0o600);
        }
    }
}
