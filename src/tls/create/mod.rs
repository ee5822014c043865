//! Makes certificates, good ones and ones that are broken on purpose: for the window's dialog and the command line.
//!
//! ```text
//!  Request ──> look ──> make ──> write ──> Created
//!  values      folder,   keys and           all files    paths, what it is,
//!              CA there  certificates       or none      how to use it
//!     └──────> commands: the same by hand, with openssl
//! ```
//!
//! Nothing is ever put into a trust store of the system or of a browser.

mod broken;
mod ca;
mod commands;
mod created;
mod error;
mod lock;
mod make;
mod names;
mod problem;
mod request;
mod text;
mod version1;
mod workshop;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use broken::Broken;
pub use ca::{CA_CERTIFICATE, CA_DAYS, CA_KEY, CA_NAME};
pub use commands::openssl_commands;
pub use created::{Created, Use};
pub use error::CreateError;
pub use names::{MAX_COMMON_NAME, NameProblem};
pub use problem::{Field, Problem};
pub use request::{KeyChoice, MAX_DAYS, MAX_NAMES, Request, default_names, parse_days, split_names};

use ca::Authority;
use write::Item;

/// The file name of the server's private key.
pub const KEY: &str = "server.key";
/// The file name of the certificate signing request.
pub const SIGNING_REQUEST: &str = "server.csr";
/// The file name of the server's certificate.
pub const CERTIFICATE: &str = "server.crt";
/// The file name of the intermediate CA's certificate, which [`Broken::NoIntermediate`] does not send.
pub const INTERMEDIATE: &str = "intermediate.crt";

/// What the disk says to a request, before anything is written.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// What keeps the files from being made; the values' own problems come first.
    pub problems: Vec<Problem>,
    /// The folder is not there and will be made.
    pub makes_folder: bool,
    /// The folder has no practice CA yet, and the request needs one.
    pub makes_ca: bool,
    /// The names of files that are there and would be replaced.
    pub existing: Vec<String>,
}

/// Looks at the folder and its practice CA. Waits for a disk: not for the window's thread.
#[must_use]
pub fn look(request: &Request, now: Timestamp) -> Look {
    let mut look = Look { problems: request.problems(), ..Look::default() };
    if request.folder.as_os_str().is_empty() {
        return look;
    }
    match folder_is_there(&request.folder) {
        Ok(true) => {
            look.existing = existing(request);
            if request.needs_ca() {
                match ca::load(&request.folder, now) {
                    Ok(found) => look.makes_ca = found.is_none(),
                    Err(problem) => look.problems.push(problem),
                }
            }
        }
        Ok(false) => (look.makes_folder, look.makes_ca) = (true, request.needs_ca()),
        Err(problem) => look.problems.push(problem),
    }
    look
}

/// Makes the files. Waits for a disk and for a key to be found, which for RSA may take seconds: not for the window's
/// thread. With `replace`, files of the same names are replaced, but never the practice CA's.
///
/// # Errors
/// Something can't be used, is in the way or failed; the folder is then as it was, or the error says what is not.
pub fn create(request: &Request, replace: bool, now: Timestamp) -> Result<Created, CreateError> {
    // Nobody calls it off, so there is always something made.
    create_while(request, replace, now, || true)?
        .ok_or_else(|| CreateError::Library { raw: "called off".to_owned() })
}

/// The same, unless `go_on` says no when all is made and nothing is written yet: then nothing is, and the answer is
/// `None`. For a user who thinks better of it while a key is being found.
///
/// # Errors
/// As [`create`].
pub fn create_while(
    request: &Request,
    replace: bool,
    now: Timestamp,
    go_on: impl Fn() -> bool,
) -> Result<Option<Created>, CreateError> {
    if let Some(problem) = request.problems().into_iter().next() {
        return Err(problem.into());
    }
    let is_there = folder_is_there(&request.folder)?;
    let names = existing(request);
    if !replace && !names.is_empty() {
        return Err(CreateError::Exists { folder: request.folder.clone(), names });
    }
    let (authority, mut items) = practice_ca(request, now)?;
    let made_ca = !items.is_empty();
    let made = make::server(request, authority.as_ref(), now)?;
    let mut add = |name, content, secret| items.push(Item { name, content, secret, replace });
    add(KEY, made.key, true);
    add(SIGNING_REQUEST, made.request, false);
    if let Some(intermediate) = made.intermediate {
        add(INTERMEDIATE, intermediate, false);
    }
    add(CERTIFICATE, made.certificate, false);
    let names = items.iter().map(|item| item.name).collect::<Vec<_>>();
    // Before the files: nothing may fail when they are there.
    let created = Created::new(request, &names, made_ca, &made.der, authority.as_ref(), now)?;
    if !go_on() {
        return Ok(None);
    }
    let written =
        if is_there { write::all(&request.folder, &items) } else { in_new_folder(&request.folder, &items) };
    match written {
        Ok(()) => Ok(Some(created)),
        // The CA that was not there has been made by another in the meantime. It is never replaced.
        Err(CreateError::Exists { folder, names }) if names.iter().any(|name| is_of_ca(name)) => {
            Err(CreateError::Busy { folder })
        }
        Err(error) => Err(error),
    }
}

fn is_of_ca(name: &str) -> bool {
    [CA_KEY, CA_CERTIFICATE].contains(&name)
}

/// The CA that the request needs, and the files that make it, where it is new.
fn practice_ca(request: &Request, now: Timestamp) -> Result<(Option<Authority>, Vec<Item>), CreateError> {
    if !request.needs_ca() {
        return Ok((None, Vec::new()));
    }
    // Else one of its two files could be there and the other not yet. Not for longer: keys take their time.
    let lock = if request.folder.is_dir() { Some(write::lock(&request.folder)?) } else { None };
    let found = ca::load(&request.folder, now)?;
    drop(lock);
    if found.is_some() {
        return Ok((found, Vec::new()));
    }
    let (authority, key) = ca::new(now)?;
    let item = |name, content, secret| Item { name, content, secret, replace: false };
    let certificate = text::pem("CERTIFICATE", &authority.certificate);
    let items = vec![item(CA_KEY, text::private_key(&key), true), item(CA_CERTIFICATE, certificate, false)];
    Ok((Some(authority), items))
}

fn in_new_folder(folder: &Path, items: &[Item]) -> Result<(), CreateError> {
    fs::create_dir(folder).map_err(|error| match error.kind() {
        // A moment ago it was not there.
        io::ErrorKind::AlreadyExists => CreateError::Busy { folder: folder.to_owned() },
        _ => Problem::not_writable(around(folder), &error).into(),
    })?;
    write::all(folder, items).inspect_err(|_| {
        // Only where it is empty: someone else may have put something in it.
        let _ = fs::remove_dir(folder);
    })
}

/// The files of the request that are there already, even as links that lead nowhere.
fn existing(request: &Request) -> Vec<String> {
    let mut names = vec![KEY, SIGNING_REQUEST, CERTIFICATE];
    if request.broken == Some(Broken::NoIntermediate) {
        names.push(INTERMEDIATE);
    }
    let is_there = |name: &&str| fs::symlink_metadata(request.folder.join(name)).is_ok();
    names.into_iter().filter(is_there).map(str::to_owned).collect()
}

/// Whether the folder is there and can be written; where it isn't, whether it can be made.
fn folder_is_there(folder: &Path) -> Result<bool, Problem> {
    let path = folder.to_owned();
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Err(Problem::NotAFolder { path }),
        Ok(_) => match write::try_folder(folder) {
            Ok(()) => Ok(true),
            Err(error) => Err(Problem::not_writable(path, &error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = around(folder);
            // Only a link: a folder may just have been made by another writer.
            if fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink()) {
                // One that leads nowhere.
                return Err(Problem::NotAFolder { path });
            }
            if !parent.is_dir() {
                // Windows doesn't tell a file on the way from nothing there.
                return Err(no_folder(parent));
            }
            match write::try_folder(&parent) {
                Ok(()) => Ok(false),
                Err(error) => Err(Problem::not_writable(parent, &error)),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(no_folder(around(folder))),
        Err(error) => Err(Problem::NotWritable { path, raw: error.to_string() }),
    }
}

/// What is wrong with a parent that is no folder.
fn no_folder(parent: PathBuf) -> Problem {
    let is_there = fs::symlink_metadata(&parent).is_ok();
    if is_there { Problem::NotAFolder { path: parent } } else { Problem::NoParent { parent } }
}

fn around(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    whole.parent().map_or_else(|| whole.clone(), Path::to_owned)
}
