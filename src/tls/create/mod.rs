//! Creates certificates for experiments, valid ones and deliberately broken ones, for the window's dialog and the
//! command line. Nothing is ever added to a trust store.
//!
//! ```text
//!  CertificateSpec ──> prepare ───────────────────────────> write ──> CreatedFiles
//!        │             folder, CA, keys and certificates   all files  paths, a summary,
//!        │             in memory                           or none    commands to try
//!        ├──> preflight: the problems and files that `prepare` would find
//!        └──> openssl_script: the same files by hand
//! ```

mod certificate_spec;
mod create_error;
mod created_files;
mod issue;
mod openssl_script;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::platform::files::{
    self, FolderLock, ReadError, open_regular, owner_only_folder, readable_by_all, restrict_to_owner,
};
use crate::tls::create::issue::{PracticeCa, issue, to_pem};

pub use crate::tls::create::certificate_spec::{
    CA_CERTIFICATE, CA_KEY, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, CertificateSpec, Defect,
    INTERMEDIATE, KEY, KeyChoice, SIGNING_REQUEST, parse_days, split_names,
};
pub use crate::tls::create::create_error::{CreateError, InvalidName, SpecField, SpecProblem};
pub use crate::tls::create::created_files::CreatedFiles;
pub use crate::tls::create::openssl_script::openssl_script;

/// The result of checking a [`CertificateSpec`] before anything is written.
#[derive(Debug, Default)]
pub struct Preflight {
    /// The problems that prevent creating the certificate, first those of the values themselves.
    pub problems: Vec<SpecProblem>,
    /// Whether the folder is missing and will be created.
    pub creates_folder: bool,
    /// Whether the practice CA is needed and missing, so that it will be created.
    pub creates_ca: bool,
    /// The names of existing files that would be replaced.
    pub existing: Vec<String>,
}

/// Checks the values, the folder and its practice CA. Blocks on the disk.
#[must_use]
pub fn preflight(spec: &CertificateSpec, now: Timestamp) -> Preflight {
    let mut result = Preflight { problems: spec.problems(), ..Preflight::default() };
    if spec.folder.as_os_str().is_empty() {
        return result;
    }
    match folder_exists(&spec.folder) {
        Ok(true) => {
            result.existing = existing_files(spec);
            if spec.needs_ca() {
                match PracticeCa::load(&spec.folder, now) {
                    Ok(ca) => result.creates_ca = ca.is_none(),
                    Err(problem) => result.problems.push(problem),
                }
            }
        }
        Ok(false) => (result.creates_folder, result.creates_ca) = (true, spec.needs_ca()),
        Err(problem) => result.problems.push(problem),
    }
    result
}

/// Creates a certificate and writes its files. Blocks on the disk, and may take seconds for an RSA key. Existing files
/// are only replaced if `replace` is set, and never the practice CA's.
///
/// # Errors
/// A value, the folder or the practice CA can't be used, or writing failed. The folder is then as it was before, except
/// after [`CreateError::HalfWritten`].
pub fn create(spec: &CertificateSpec, replace: bool, now: Timestamp) -> Result<CreatedFiles, CreateError> {
    prepare(spec, replace, now)?()
}

/// Creates keys and certificates in memory, as [`create`] does, and returns the function that writes them. If that
/// function is dropped instead, the folder is left as it was. Until then, the folder is locked against other instances
/// of the program.
///
/// # Errors
/// The same errors as for [`create`].
pub fn prepare(
    spec: &CertificateSpec,
    replace: bool,
    now: Timestamp,
) -> Result<impl FnOnce() -> Result<CreatedFiles, CreateError> + use<>, CreateError> {
    if let Some(problem) = spec.problems().into_iter().next() {
        return Err(problem.into());
    }
    let folder = ReservedFolder::new(&spec.folder)?;
    let existing = existing_files(spec);
    if !replace && !existing.is_empty() {
        return Err(CreateError::Exists { folder: spec.folder.clone(), names: existing });
    }
    let mut files = Vec::new();
    let mut ca = None;
    if spec.needs_ca() {
        ca = PracticeCa::load(&spec.folder, now)?;
        if ca.is_none() {
            let (new, key) = PracticeCa::new(now)?;
            let certificate = to_pem("CERTIFICATE", &new.certificate);
            files.push(NewFile { name: CA_KEY, content: key, replace: false });
            files.push(NewFile { name: CA_CERTIFICATE, content: certificate, replace: false });
            ca = Some(new);
        }
    }
    let issued = issue(spec, ca.as_ref(), now)?;
    files.extend(issued.files.into_iter().map(|(name, content)| NewFile { name, content, replace }));
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    let ca_not_after = ca.and_then(|ca| ca.not_after());
    let created = CreatedFiles::new(spec, &names, &issued.certificate, ca_not_after, now)?;
    Ok(move || write_files(&folder.path, &files).map(|()| created))
}

/// A locked folder. If the folder was created for this and is still empty, dropping the value removes it.
struct ReservedFolder {
    path: PathBuf,
    is_new: bool,
    lock: Option<FolderLock>,
}

impl ReservedFolder {
    /// Creates the folder if it is missing, and locks it.
    fn new(path: &Path) -> Result<Self, CreateError> {
        let not_writable = |source| SpecProblem::NotWritable { folder: path.to_owned(), source };
        let mut is_new = false;
        if !folder_exists(path)? {
            match fs::create_dir(path) {
                Ok(()) => is_new = true,
                // Another instance of the program has just created the folder.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(not_writable(error).into()),
            }
        }
        match FolderLock::try_lock(path) {
            Ok(Some(lock)) => Ok(Self { path: path.to_owned(), is_new, lock: Some(lock) }),
            Ok(None) => Err(CreateError::Busy(path.to_owned())),
            // Another instance had created the folder and has just removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CreateError::Busy(path.to_owned())),
            Err(error) => Err(not_writable(error).into()),
        }
    }
}

impl Drop for ReservedFolder {
    fn drop(&mut self) {
        // On Windows the lock is a file in the folder, so it is released before the folder is removed.
        self.lock = None;
        if self.is_new {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Returns which of the files to write exist already, even as dangling symbolic links.
fn existing_files(spec: &CertificateSpec) -> Vec<String> {
    let exists = |name: &&str| fs::symlink_metadata(spec.folder.join(name)).is_ok();
    spec.file_names().into_iter().filter(exists).map(str::to_owned).collect()
}

/// Returns whether the folder exists. Checks that a file can be created in it, or in its parent if it is missing.
fn folder_exists(folder: &Path) -> Result<bool, SpecProblem> {
    // On some file systems, permissions don't show whether a folder is writable, so a file is created and deleted.
    let check_writable = |folder: &Path| {
        let file = tempfile::Builder::new().prefix(".echoscope-").tempfile_in(folder).map(drop);
        file.map_err(|source| SpecProblem::NotWritable { folder: folder.to_owned(), source })
    };
    // The current folder still has metadata after it was removed, but no path.
    let absolute =
        std::path::absolute(folder).map_err(|_| SpecProblem::CurrentFolderGone(folder.to_owned()))?;
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => return Err(SpecProblem::NotAFolder(folder.to_owned())),
        Ok(_) => return check_writable(folder).map(|()| true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
        Err(source) => return Err(SpecProblem::NotWritable { folder: folder.to_owned(), source }),
    }
    if folder.is_symlink() {
        return Err(SpecProblem::NotAFolder(folder.to_owned()));
    }
    let parent = absolute.parent().unwrap_or(&absolute);
    if parent.is_dir() {
        check_writable(parent).map(|()| false)
    } else if fs::symlink_metadata(parent).is_ok() {
        Err(SpecProblem::NotAFolder(parent.to_owned()))
    } else {
        Err(SpecProblem::NoParent(parent.to_owned()))
    }
}

/// A file to write.
struct NewFile {
    /// The file's name, without the folder.
    name: &'static str,
    content: String,
    /// Whether it may replace an existing file.
    replace: bool,
}

/// Writes the files into an existing folder: all of them or none. Private keys are readable only by their owner, even
/// while they are being written.
///
/// # Errors
/// [`CreateError::Exists`], [`CreateError::Write`] or [`CreateError::HalfWritten`].
fn write_files(folder: &Path, files: &[NewFile]) -> Result<(), CreateError> {
    let write_error = |file: &NewFile, source| CreateError::Write { name: file.name, source };
    // A full disk causes an error here, before anything is replaced.
    let staged = files.iter().map(|file| stage(folder, file).map_err(|error| write_error(file, error)));
    let staged = staged.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = files.first() else { return Ok(()) };
    let backups = owner_only_folder(tempfile::Builder::new().prefix(".echoscope-")).tempdir_in(folder);
    let backups = backups.map_err(|error| write_error(first, error))?;
    for (placed, (file, staged)) in files.iter().zip(staged).enumerate() {
        let Err(source) = place(folder, file, staged, backups.path()) else { continue };
        let undo_result = undo(folder, files, placed, backups.path());
        return Err(if undo_result.is_err() {
            CreateError::HalfWritten { name: file.name, source, backups: backups.keep() }
        } else if source.kind() == io::ErrorKind::AlreadyExists && !file.replace {
            CreateError::Exists { folder: folder.to_owned(), names: vec![file.name.to_owned()] }
        } else {
            write_error(file, source)
        });
    }
    Ok(())
}

impl NewFile {
    fn is_key(&self) -> bool {
        Path::new(self.name).extension().is_some_and(|extension| extension == "key")
    }
}

/// Writes a file under a temporary name.
fn stage(folder: &Path, file: &NewFile) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope-");
    // Only its owner may read a key (mode 0600 on Unix).
    if !file.is_key() {
        readable_by_all(&mut builder);
    }
    let mut staged = builder.tempfile_in(folder)?;
    staged.write_all(file.content.as_bytes())?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

/// Gives a staged file its name. An existing file of that name is copied to the backups, then it gets the new content
/// and keeps what else it has: links to it, and the mode unless it is a key.
fn place(folder: &Path, file: &NewFile, staged: NamedTempFile, backups: &Path) -> io::Result<()> {
    let path = folder.join(file.name);
    if !file.replace || fs::symlink_metadata(&path).is_err() {
        staged.persist_noclobber(&path)?;
        return Ok(());
    }
    match open_regular(&path) {
        Ok(old) => {
            fs::copy(&path, backups.join(file.name))?;
            if file.is_key() {
                restrict_to_owner(&old)?;
            }
        }
        // It is a link to a file that doesn't exist.
        Err(ReadError::Path(error)) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let mode = if file.is_key() { 0o600 } else { 0o644 };
    files::save(&path, mode, |out| out.write_all(file.content.as_bytes()))
}

/// Removes the first `placed` files and restores every backup. Continues after an error, and returns the first one.
fn undo(folder: &Path, files: &[NewFile], placed: usize, backups: &Path) -> io::Result<()> {
    let restore = |path: &Path, mut backup: File| {
        files::save(path, 0o600, |out| io::copy(&mut backup, out))?;
        fs::set_permissions(path, backup.metadata()?.permissions())
    };
    let mut result = Ok(());
    for (index, file) in files.iter().enumerate() {
        let path = folder.join(file.name);
        if let Ok(backup) = File::open(backups.join(file.name)) {
            result = result.and(restore(&path, backup));
        } else if index < placed {
            result = result.and(fs::canonicalize(&path).and_then(fs::remove_file));
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file(name: &'static str, replace: bool) -> NewFile {
        NewFile { name, content: "new".to_owned(), replace }
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
    fn existing_files_are_not_replaced_without_permission() {
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
    fn links_are_written_through_and_pipes_are_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = |name: &str| folder.path().join(name);
        let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
        for (name, old_mode) in [("a.key", 0o644), ("b.crt", 0o640)] {
            let target = elsewhere.path().join(name);
            fs::write(&target, "old").unwrap();
            fs::set_permissions(&target, PermissionsExt::from_mode(old_mode)).unwrap();
            symlink(target, path(name)).unwrap();
        }
        symlink(elsewhere.path().join("c.crt"), path("c.crt")).unwrap();
        std::os::unix::net::UnixListener::bind(path("d.crt")).unwrap();
        let files = ["a.key", "b.crt", "c.crt", "d.crt"].map(|name| new_file(name, true));
        let error = write_files(folder.path(), &files).unwrap_err();
        assert!(matches!(&error, CreateError::Write { name: "d.crt", .. }), "{error}");
        assert_eq!(fs::read_to_string(path("a.key")).unwrap(), "old");
        assert_eq!((mode("a.key"), mode("b.crt")), (0o644, 0o640));
        assert_eq!(names(elsewhere.path()), ["a.key", "b.crt"]);
        write_files(folder.path(), &files[..3]).unwrap();
        assert_eq!(names(elsewhere.path()), ["a.key", "b.crt", "c.crt"]);
        for name in ["a.key", "b.crt", "c.crt"] {
            assert!(path(name).is_symlink());
            assert_eq!(fs::read_to_string(path(name)).unwrap(), "new");
        }
        assert_eq!((mode("a.key"), mode("b.crt")), (0o600, 0o640));
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

    #[test]
    fn a_certificate_that_is_not_written_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let spec = CertificateSpec {
            folder: parent.path().join("lab"),
            key: KeyChoice::P256,
            ..CertificateSpec::default()
        };
        drop(prepare(&spec, false, Timestamp::now()).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_new_certificate_has_its_days_left_until_one_has_passed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let spec = CertificateSpec { folder: path, key: KeyChoice::P256, ..CertificateSpec::default() };
        let now = Timestamp::now();
        let created = create(&spec, false, now).unwrap();
        assert!(created.summary.ends_with("365 days left"), "{}", created.summary);
        let own = crate::tls::CertificateFile::read(&created.certificate).unwrap().own().clone();
        let hours = |hours| own.validity.description(now + jiff::SignedDuration::from_hours(hours));
        assert_eq!([hours(1), hours(23), hours(25)], ["365 days left", "365 days left", "364 days left"]);
    }
}
