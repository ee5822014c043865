//! Writes several files as one: all of them or none. Existing files are only replaced on request, and private keys are
//! readable for their owner only, from the first byte on.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::platform::files::owner_only_folder;
use crate::text::{display_path, list};
use crate::tls::create::certificate_spec::{SpecProblem, in_brackets};

/// Why no certificate was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A value, the folder or the practice CA can't be used.
    #[error(transparent)]
    Problem(#[from] SpecProblem),
    /// Files with these names exist, and they may not be replaced.
    #[error(
        "{} {} in {} already. Choose another folder, or allow replacing {}.",
        list(names, usize::MAX),
        if names.len() == 1 { "is" } else { "are" },
        display_path(folder),
        if names.len() == 1 { "it" } else { "them" }
    )]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// The names of the files, without the folder.
        names: Vec<String>,
    },
    /// Another run of the program is using the folder.
    #[error(
        "Another Echoscope is making certificates in {} just now, so nothing was written. Try again in a moment.",
        display_path(.0)
    )]
    Busy(PathBuf),
    /// Writing or renaming a file failed. The folder is as it was before.
    #[error("{name} could not be written{}. Nothing was changed.", in_brackets(source))]
    Write {
        /// The file's name, without the folder.
        name: &'static str,
        /// The OS's error.
        source: io::Error,
    },
    /// Writing a file failed, and so did restoring the files that were there before.
    #[error(
        "{name} could not be written{}, and not everything could be undone. The old files are in {}.",
        in_brackets(source),
        display_path(backups)
    )]
    HalfWritten {
        /// The file's name, without the folder.
        name: &'static str,
        /// The OS's error.
        source: io::Error,
        /// The folder that holds the old files that were not restored.
        backups: PathBuf,
    },
    /// A key or a signature could not be created.
    #[error("The certificate could not be made. Try again, or choose another kind of key.")]
    Library(#[from] rcgen::Error),
}

/// A file to write.
pub(super) struct NewFile {
    /// Its name in the folder.
    pub(super) name: &'static str,
    pub(super) content: String,
    /// Whether only its owner may read it (mode 0600 on Unix).
    pub(super) is_secret: bool,
    /// Whether it may replace an existing file.
    pub(super) replace: bool,
}

/// Writes the files into an existing folder.
///
/// # Errors
/// [`CreateError::Exists`], [`CreateError::Write`] or [`CreateError::HalfWritten`].
pub(super) fn write_files(folder: &Path, files: &[NewFile]) -> Result<(), CreateError> {
    let write_error = |file: &NewFile, source| CreateError::Write { name: file.name, source };
    // A full disk shows here, before anything is replaced.
    let staged = files.iter().map(|file| stage(folder, file).map_err(|error| write_error(file, error)));
    let staged = staged.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = files.first() else { return Ok(()) };
    let backups = owner_only_folder(tempfile::Builder::new().prefix(".echoscope-")).tempdir_in(folder);
    let backups = backups.map_err(|error| write_error(first, error))?;
    for (placed, (file, staged)) in files.iter().zip(staged).enumerate() {
        let Err(source) = place(folder, file, staged, backups.path()) else { continue };
        let undone = undo(folder, files, placed, backups.path());
        return Err(if undone.is_err() {
            CreateError::HalfWritten { name: file.name, source, backups: backups.keep() }
        } else if source.kind() == io::ErrorKind::AlreadyExists && !file.replace {
            CreateError::Exists { folder: folder.to_owned(), names: vec![file.name.to_owned()] }
        } else {
            write_error(file, source)
        });
    }
    Ok(())
}

/// Writes a file under a temporary name.
fn stage(folder: &Path, file: &NewFile) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope-");
    #[cfg(unix)]
    if !file.is_secret {
        // Temporary files are readable for their owner only unless told otherwise.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    }
    let mut staged = builder.tempfile_in(folder)?;
    staged.write_all(file.content.as_bytes())?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

/// Gives a staged file its name, and moves the existing file of that name to the backups.
fn place(folder: &Path, file: &NewFile, staged: NamedTempFile, backups: &Path) -> io::Result<()> {
    let path = folder.join(file.name);
    if file.replace && fs::symlink_metadata(&path).is_ok() {
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        fs::rename(&path, backups.join(file.name))?;
    }
    staged.persist_noclobber(&path)?;
    Ok(())
}

/// Removes the first `placed` files and restores every backup, even after a failure.
fn undo(folder: &Path, files: &[NewFile], placed: usize, backups: &Path) -> io::Result<()> {
    let mut result = Ok(());
    for (index, file) in files.iter().enumerate() {
        let (path, backup) = (folder.join(file.name), backups.join(file.name));
        if index < placed {
            result = result.and(fs::remove_file(&path));
        }
        if fs::symlink_metadata(&backup).is_ok() {
            result = result.and(fs::rename(&backup, &path));
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file(name: &'static str, replace: bool) -> NewFile {
        NewFile { name, content: "new".to_owned(), is_secret: name.ends_with("key"), replace }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_restores_every_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("b.key"), "old").unwrap();
        // A file can't replace a folder.
        fs::create_dir(path("d.crt")).unwrap();
        let files = ["a.key", "b.key", "c.crt", "d.crt"].map(|name| new_file(name, true));
        let error = write_files(folder.path(), &files).unwrap_err();
        assert!(matches!(&error, CreateError::Write { name: "d.crt", .. }), "{error}");
        assert_eq!(names(folder.path()), ["b.key", "d.crt"]);
        assert_eq!(fs::read_to_string(path("b.key")).unwrap(), "old");
    }

    #[test]
    fn files_are_never_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.crt"), "other").unwrap();
        let error =
            write_files(folder.path(), &[new_file("a.key", false), new_file("b.crt", false)]).unwrap_err();
        assert!(matches!(&error, CreateError::Exists { names, .. } if names == &["b.crt"]), "{error}");
        assert_eq!(names(folder.path()), ["b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("b.crt")).unwrap(), "other");
    }

    #[test]
    fn replaced_files_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.key"), "old").unwrap();
        write_files(folder.path(), &[new_file("a.key", true), new_file("b.crt", true)]).unwrap();
        assert_eq!(names(folder.path()), ["a.key", "b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("a.key")).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_keys_even_while_they_are_staged() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let key = stage(folder.path(), &new_file("a.key", false)).unwrap();
        assert_eq!(mode(key.path()), 0o600);
        drop(key);
        write_files(folder.path(), &[new_file("a.key", false), new_file("b.crt", false)]).unwrap();
        assert_eq!(mode(&folder.path().join("a.key")), 0o600);
        assert_eq!(mode(&folder.path().join("b.crt")) & 0o600, 0o600);
    }
}
