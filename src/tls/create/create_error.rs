//! Why a certificate can't be created: invalid names and other values, an unusable folder or practice CA, or files that
//! can't be written.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::text::{display_path, io_error, list, sanitize};
use crate::tls::file_error::{TlsError, TlsFileError};

/// The maximum validity in days: a hundred years, so that it ends in a year of four digits.
pub(super) const MAX_DAYS: u32 = 36_500;
/// The maximum number of names in one certificate, so that it fits into a handshake message.
pub(super) const MAX_NAMES: usize = 100;
/// The maximum length of a common name, in characters (RFC 5280, appendix A.1, `ub-common-name`).
pub(super) const MAX_COMMON_NAME: usize = 64;

/// Why a text can't be a name in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{name}” {why}")]
pub struct InvalidName {
    /// The start of the name, long enough to recognize it.
    name: String,
    /// The rest of the sentence after the name, and the advice.
    why: String,
}

/// Checks a DNS name, a wildcard or an IP address.
///
/// # Errors
/// The first reason why the name can't be in a certificate.
pub(super) fn check_name(name: &str) -> Result<(), InvalidName> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
    let labels: Vec<&str> = name.split('.').collect();
    let is_wildcard = labels[0] == "*" && labels.len() > 2;
    let why = if name.parse::<IpAddr>().is_ok() {
        return Ok(());
    } else if name.is_empty() {
        "is empty. Type a name such as localhost, or an address such as 127.0.0.1.".to_owned()
    } else if let Some(c) = name.chars().find(|c| !c.is_ascii()) {
        // Non-ASCII names: RFC 5280, section 7.2.
        format!(
            "contains a character that certificates can't contain ({c}). Use the name's xn-- form: xn--bcher-kva.example \
             stands for bücher.example."
        )
    } else if let Some(c) = name.chars().find(|c| !is_allowed(*c)) {
        let character = match c {
            ' ' => "a space".to_owned(),
            c if c.is_control() => "an invisible character".to_owned(),
            c => c.to_string(),
        };
        format!("contains {character}. Remove http://, the port, brackets and a zone such as %eth0.")
    } else if name.len() > 253 || labels.iter().any(|label| label.len() > 63) {
        // Maximum lengths: RFC 1035, section 2.3.4.
        "is too long. Use at most 253 characters, and at most 63 between dots.".to_owned()
    } else if labels.contains(&"")
        || labels.iter().any(|label| label.starts_with('-') || label.ends_with('-'))
    {
        // Characters at the ends of a label: RFC 1123, section 2.1. Names in certificates don't end in the root's dot
        // (RFC 5280, section 4.2.1.6).
        "has an extra dot or hyphen. Begin and end each part between dots with a letter or a digit."
            .to_owned()
    } else if labels[usize::from(is_wildcard)..].iter().any(|label| label.contains('*')) {
        // Wildcards: RFC 6125, section 6.4.3.
        "is not a wildcard that clients accept. Put * alone before the first dot, and a name with a dot after it: \
         *.example.org."
            .to_owned()
    } else if labels[labels.len() - 1].bytes().all(|byte| byte.is_ascii_digit()) {
        // A name whose last label is all digits would read as an address (RFC 3696, section 2).
        "is not an address. An IPv4 address is four numbers from 0 to 255: 127.0.0.1.".to_owned()
    } else {
        return Ok(());
    };
    Err(InvalidName { name: sanitize(name, 40), why })
}

/// The field of the form in which a problem is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecField {
    /// The folder for the files.
    Folder,
    /// The common name.
    CommonName,
    /// The names and addresses.
    Names,
    /// The validity in days.
    Days,
    /// The option *Signed by a practice CA*.
    Ca,
}

/// A value that can't be used, or an unusable folder or practice CA.
#[derive(Debug, thiserror::Error)]
pub enum SpecProblem {
    /// No folder was given.
    #[error("No folder is chosen. Type the path of a folder for the new files.")]
    NoFolder,
    /// Neither the folder nor its parent exists, most likely because of a typing error.
    #[error("There is no folder {}. Check the path: Echoscope creates only its last folder.", display_path(.0))]
    NoParent(PathBuf),
    /// The path is relative, and the program's current folder was removed.
    #[error(
        "{} can't be found: the folder that Echoscope was started in no longer exists. Change to another folder and restart \
         Echoscope, or type the full path.",
        display_path(.0)
    )]
    CurrentFolderGone(PathBuf),
    /// The path doesn't lead to a folder.
    #[error("{} is not a folder. Choose the folder that contains it, or another one.", display_path(.0))]
    NotAFolder(PathBuf),
    /// The OS doesn't allow creating a file in the folder (`EACCES`, `EROFS`, `ENOSPC`).
    #[error(
        "Can't write to {}{}. Choose a folder of your own.",
        display_path(folder),
        in_parentheses(source)
    )]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// The OS's error.
        source: io::Error,
    },
    /// The common name is empty.
    #[error("The common name is empty. Type the name that clients connect to, such as localhost.")]
    NoCommonName,
    /// The common name is invalid.
    #[error(transparent)]
    CommonName(InvalidName),
    /// The common name is longer than X.509 allows; its length in characters.
    #[error(
        "The common name has {0} characters, but at most {MAX_COMMON_NAME} are allowed. Choose a shorter one, and add the \
         long one under Names."
    )]
    LongCommonName(usize),
    /// One of the names is invalid.
    #[error(transparent)]
    Name(InvalidName),
    /// There are too many names; their number.
    #[error("{0} names are too many for one certificate. Enter at most {MAX_NAMES}.")]
    TooManyNames(usize),
    /// The validity isn't a whole number of days from 1 to 36,500.
    #[error("Days must be a whole number from 1 to 36,500 (a hundred years).")]
    Days,
    /// `ca.crt` or `ca.key` can't be read.
    #[error(transparent)]
    CaFile(#[from] TlsFileError),
    /// The practice CA can't sign a certificate that clients would accept.
    #[error("{why}. Restore the right files, or move ca.crt and ca.key away to get a new practice CA.")]
    UnusableCa {
        /// The reason, without a full stop.
        why: String,
        /// The library's error, if any.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl SpecProblem {
    /// Returns the field in which the problem is shown.
    #[must_use]
    pub fn field(&self) -> SpecField {
        match self {
            Self::NoFolder
            | Self::NoParent(_)
            | Self::CurrentFolderGone(_)
            | Self::NotAFolder(_)
            | Self::NotWritable { .. } => SpecField::Folder,
            Self::NoCommonName | Self::CommonName(_) | Self::LongCommonName(_) => SpecField::CommonName,
            Self::Name(_) | Self::TooManyNames(_) => SpecField::Names,
            Self::Days => SpecField::Days,
            _ => SpecField::Ca,
        }
    }
}

impl From<TlsError> for SpecProblem {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::File(error) => Self::CaFile(error),
            other => {
                Self::UnusableCa { why: "ca.key doesn't match ca.crt".to_owned(), source: Some(other.into()) }
            }
        }
    }
}

/// Returns the OS's error in parentheses, for the middle of a sentence, without its number. Returns nothing for
/// `ENOENT`, which creating a file in `/proc` fails with and whose text would be misleading.
pub(super) fn in_parentheses(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return String::new();
    }
    let text = io_error(error);
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!(" ({}{rest})", first.to_lowercase())
}

/// Why no certificate was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A value, the folder or the practice CA can't be used.
    #[error(transparent)]
    Problem(#[from] SpecProblem),
    /// Files with these names exist, and they may not be replaced.
    #[error(
        "{} {} in {}. Choose another folder, or allow replacing {}.",
        list(names, usize::MAX),
        if names.len() == 1 { "already exists" } else { "already exist" },
        display_path(folder),
        if names.len() == 1 { "it" } else { "them" }
    )]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// The names of the files, without the folder.
        names: Vec<String>,
    },
    /// Another instance of Echoscope is using the folder.
    #[error(
        "Another instance of Echoscope is using {}, so nothing was written. Try again in a moment.",
        display_path(.0)
    )]
    Busy(PathBuf),
    /// Writing or renaming a file failed. The folder is unchanged.
    #[error("Can't write {name}{}. Nothing was changed.", in_parentheses(source))]
    Write {
        /// The file's name, without the folder.
        name: &'static str,
        /// The OS's error.
        source: io::Error,
    },
    /// Writing a file failed, and so did restoring the files that were there before.
    #[error(
        "Can't write {name}{}, and some changes can't be undone. The old files are in {}.",
        in_parentheses(source),
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
    #[error("Can't create the certificate. Try again, or choose another type of key.")]
    Library(#[from] rcgen::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_use_are_accepted() {
        for name in [
            "localhost",
            "a.test",
            "*.example.org",
            "xn--bcher-kva.example",
            "127.0.0.1",
            "::1",
            "fe80::1",
            "my_pc",
            "3com.test",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        assert_eq!(check_name(&format!("{}.test", "a".repeat(63))), Ok(()));
    }

    #[test]
    fn invalid_names_are_rejected_with_a_remedy() {
        let long = "a.".repeat(150);
        let label = format!("{}.test", "a".repeat(64));
        for (name, expected) in [
            ("", "is empty"),
            ("*..x", "an extra dot or hyphen"),
            (&long, "at most 253"),
            (&label, "at most 63"),
            ("😀.test", "xn-- form"),
            ("bücher.example", "(ü)"),
            ("a b", "a space"),
            ("a\nb", "invisible"),
            ("http://a.test", "contains :"),
            ("[::1]", "contains ["),
            ("fe80::1%eth0", "a zone such as"),
            ("localhost.", "an extra dot or hyphen"),
            ("a..", "an extra dot or hyphen"),
            (".", "an extra dot or hyphen"),
            (".a", "an extra dot or hyphen"),
            ("-a.test", "an extra dot or hyphen"),
            ("a-.test", "an extra dot or hyphen"),
            ("*", "*.example.org"),
            ("*.test", "*.example.org"),
            ("a.*.test", "*.example.org"),
            ("a*.b.test", "*.example.org"),
            ("256.0.0.1", "0 to 255"),
            ("1.2.3", "0 to 255"),
        ] {
            let message = check_name(name).unwrap_err().to_string();
            assert!(message.contains(expected), "{name:?}: {message}");
            assert!(message.ends_with('.') && message.len() < 260 && !message.contains('\n'), "{message}");
        }
    }
}
