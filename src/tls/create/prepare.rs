//! Checks a folder and its practice CA, and creates a certificate there in two steps: in memory, then on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::platform::files::FolderLock;
use crate::tls::create::certificate_spec::{
    CA_CERTIFICATE, CA_KEY, CERTIFICATE, CertificateSpec, INTERMEDIATE, KEY, SIGNING_REQUEST, SpecProblem,
};
use crate::tls::create::created_files::CreatedFiles;
use crate::tls::create::issue::{PracticeCa, issue, to_pem};
use crate::tls::create::write_files::{CreateError, NewFile, write_files};

/// The result of checking a [`CertificateSpec`] before anything is written.
#[derive(Debug, Default)]
pub struct Preflight {
    /// The problems that prevent the creation; those of the values themselves come first.
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
    let mut found = Preflight { problems: spec.problems(), ..Preflight::default() };
    if spec.folder.as_os_str().is_empty() {
        return found;
    }
    match folder_exists(&spec.folder) {
        Ok(true) => {
            found.existing = existing_files(spec);
            if spec.needs_ca() {
                match PracticeCa::load(&spec.folder, now) {
                    Ok(ca) => found.creates_ca = ca.is_none(),
                    Err(problem) => found.problems.push(problem),
                }
            }
        }
        Ok(false) => (found.creates_folder, found.creates_ca) = (true, spec.needs_ca()),
        Err(problem) => found.problems.push(problem),
    }
    found
}

/// Creates a certificate and writes its files. Blocks on the disk, and for an RSA key maybe for seconds. Existing
/// files are only replaced if `replace` is set, and never the practice CA's.
///
/// # Errors
/// A value, the folder or the practice CA can't be used, or writing failed. The folder is then as it was before, except
/// after [`CreateError::HalfWritten`].
pub fn create(spec: &CertificateSpec, replace: bool, now: Timestamp) -> Result<CreatedFiles, CreateError> {
    prepare(spec, replace, now)?.write()
}

/// A certificate in memory. Nothing was written yet, and dropping it leaves the folder as it was. Its folder is locked
/// against other runs of the program.
pub struct PreparedCertificate {
    folder: ReservedFolder,
    files: Vec<NewFile>,
    created: CreatedFiles,
}

/// Creates keys and certificates in memory, as [`create`] does.
///
/// # Errors
/// As for [`create`].
pub fn prepare(
    spec: &CertificateSpec,
    replace: bool,
    now: Timestamp,
) -> Result<PreparedCertificate, CreateError> {
    if let Some(problem) = spec.problems().into_iter().next() {
        return Err(problem.into());
    }
    let folder = ReservedFolder::new(&spec.folder)?;
    let existing = existing_files(spec);
    if !replace && !existing.is_empty() {
        return Err(CreateError::Exists { folder: spec.folder.clone(), names: existing });
    }
    let mut files = Vec::new();
    let mut add = |name, content, replace| {
        let is_secret = [KEY, CA_KEY].contains(&name);
        files.push(NewFile { name, content, is_secret, replace });
    };
    let mut ca = None;
    if spec.needs_ca() {
        ca = PracticeCa::load(&spec.folder, now)?;
        if ca.is_none() {
            let (new, key) = PracticeCa::new(now)?;
            add(CA_KEY, key, false);
            add(CA_CERTIFICATE, to_pem("CERTIFICATE", &new.certificate), false);
            ca = Some(new);
        }
    }
    let issued = issue(spec, ca.as_ref(), now)?;
    add(KEY, issued.key, replace);
    add(SIGNING_REQUEST, issued.signing_request, replace);
    if let Some(intermediate) = issued.intermediate {
        add(INTERMEDIATE, to_pem("CERTIFICATE", &intermediate), replace);
    }
    add(CERTIFICATE, to_pem("CERTIFICATE", &issued.certificate), replace);
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    let ca_not_after = ca.and_then(|ca| ca.not_after());
    let created = CreatedFiles::new(spec, &names, &issued.certificate, ca_not_after, now)?;
    Ok(PreparedCertificate { folder, files, created })
}

impl PreparedCertificate {
    /// Writes the files.
    ///
    /// # Errors
    /// As for [`create`].
    pub fn write(self) -> Result<CreatedFiles, CreateError> {
        write_files(&self.folder.path, &self.files)?;
        Ok(self.created)
    }
}

/// A locked folder. Dropping it removes a new folder that is still empty.
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
                // Another run has just created it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(not_writable(error).into()),
            }
        }
        match FolderLock::try_lock(path) {
            Ok(Some(lock)) => Ok(Self { path: path.to_owned(), is_new, lock: Some(lock) }),
            Ok(None) => Err(CreateError::Busy(path.to_owned())),
            // Another run had created the folder and has just removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CreateError::Busy(path.to_owned())),
            Err(error) => Err(not_writable(error).into()),
        }
    }
}

impl Drop for ReservedFolder {
    fn drop(&mut self) {
        // On Windows the lock is a file in the folder.
        self.lock = None;
        if self.is_new {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Returns the names of the files to write that exist already, even as dangling links.
fn existing_files(spec: &CertificateSpec) -> Vec<String> {
    let exists = |name: &&str| fs::symlink_metadata(spec.folder.join(name)).is_ok();
    spec.file_names().into_iter().filter(exists).map(str::to_owned).collect()
}

/// Returns whether the folder exists. Checks that a file can be created in it, or in its parent if it is missing.
fn folder_exists(folder: &Path) -> Result<bool, SpecProblem> {
    // Permissions alone don't answer this on every file system, so a file is created and deleted.
    let check_writable = |folder: &Path| {
        let file = tempfile::Builder::new().prefix(".echoscope-").tempfile_in(folder).map(drop);
        file.map_err(|source| SpecProblem::NotWritable { folder: folder.to_owned(), source })
    };
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => return Err(SpecProblem::NotAFolder(folder.to_owned())),
        Ok(_) => return check_writable(folder).map(|()| true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
        Err(source) => return Err(SpecProblem::NotWritable { folder: folder.to_owned(), source }),
    }
    if folder.is_symlink() {
        return Err(SpecProblem::NotAFolder(folder.to_owned()));
    }
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let parent = absolute.parent().unwrap_or(&absolute);
    if parent.is_dir() {
        check_writable(parent).map(|()| false)
    } else if fs::symlink_metadata(parent).is_ok() {
        Err(SpecProblem::NotAFolder(parent.to_owned()))
    } else {
        Err(SpecProblem::NoParent(parent.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::create::KeyChoice;

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
}
