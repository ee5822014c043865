//! Which certificate to create: plain values from a dialog or from flags, and the problems that they can have.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::text::display_path;
use crate::tls::create::certificate_name::{InvalidName, check_name};
use crate::tls::create::defect::Defect;
use crate::tls::file_error::{TlsError, TlsFileError};

/// The file name of the server's private key.
pub const KEY: &str = "server.key";
/// The file name of the certificate signing request.
pub const SIGNING_REQUEST: &str = "server.csr";
/// The file name of the server's certificate.
pub const CERTIFICATE: &str = "server.crt";
/// The file name of the intermediate CA's certificate, which the server doesn't send with [`Defect::NoIntermediate`].
pub const INTERMEDIATE: &str = "intermediate.crt";
/// The file name of the practice CA's certificate, which clients are given.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// The file name of the practice CA's private key.
pub const CA_KEY: &str = "ca.key";

/// The longest validity in days: a hundred years, which ends in a year of four digits.
const MAX_DAYS: u32 = 36_500;
/// The most names in one certificate, which has to fit into a handshake message.
const MAX_NAMES: usize = 100;
/// The longest common name, in characters (RFC 5280, appendix A.1, `ub-common-name`).
const MAX_COMMON_NAME: usize = 64;

/// Which certificate to create, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpec {
    /// The folder for the files. It is created if it is missing and its parent exists.
    pub folder: PathBuf,
    /// The subject's common name, which is also the first of the certificate's names.
    pub common_name: String,
    /// More names and IP addresses (RFC 5280, section 4.2.1.6).
    pub names: Vec<String>,
    /// The validity in days from now: 1 to 36,500.
    pub days: u32,
    /// The server's kind of key.
    pub key: KeyChoice,
    /// Whether the folder's practice CA signs it, which is created if it is missing. Otherwise it is self-signed.
    pub signed_by_ca: bool,
    /// The deliberate defect, if any.
    pub defect: Option<Defect>,
}

/// The kinds of keys that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum KeyChoice {
    /// RSA with 2048 bits, as in the tutorial.
    #[default]
    Rsa2048,
    /// RSA with 4096 bits.
    Rsa4096,
    /// ECDSA on the curve P-256.
    P256,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl KeyChoice {
    /// Every kind, in the order of a list to choose from.
    pub const ALL: [Self; 4] = [Self::Rsa2048, Self::Rsa4096, Self::P256, Self::Ed25519];

    /// Returns its keyword on the command line, its label in a list, and a sentence about it.
    fn texts(self) -> [&'static str; 3] {
        match self {
            Self::Rsa2048 => ["rsa2048", "RSA 2048", "The usual kind of key: every client accepts it."],
            Self::Rsa4096 => [
                "rsa4096",
                "RSA 4096",
                "A longer RSA key: every client accepts it, but each handshake takes more time.",
            ],
            Self::P256 => [
                "p256",
                "ECDSA P-256",
                "A short and fast key: every client of the last ten years accepts it.",
            ],
            Self::Ed25519 => [
                "ed25519",
                "Ed25519",
                "The newest kind: openssl, Python and gnutls accept it, browsers don't.",
            ],
        }
    }

    /// Returns its keyword on the command line.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        self.texts()[0]
    }

    /// Returns its name in a list to choose from.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.texts()[1]
    }

    /// Returns one sentence about which clients accept it and why to choose it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.texts()[2]
    }

    pub(super) fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa4096)
    }
}

impl Default for CertificateSpec {
    /// Returns a certificate for this computer that is valid for a year. The folder is empty.
    fn default() -> Self {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        if check_name(&host).is_ok() && !names.iter().any(|name| name.eq_ignore_ascii_case(&host)) {
            names.push(host);
        }
        Self {
            folder: PathBuf::new(),
            common_name: "localhost".to_owned(),
            names,
            days: 365,
            key: KeyChoice::default(),
            signed_by_ca: false,
            defect: None,
        }
    }
}

/// Splits names that were typed into one field, with commas, semicolons or white space between them.
#[must_use]
pub fn split_names(text: &str) -> Vec<String> {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    text.split(is_separator).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Parses a number of days.
///
/// # Errors
/// [`SpecProblem::Days`] for everything but a whole number from 1 to 36,500.
pub fn parse_days(text: &str) -> Result<u32, SpecProblem> {
    let days = text.trim().parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    // `parse` accepts a plus sign.
    days.filter(|_| !text.contains('+')).ok_or(SpecProblem::Days)
}

impl CertificateSpec {
    /// Returns every problem of the values themselves, in the order of the fields. Doesn't access the disk, so the
    /// window may call it for each frame. [`crate::tls::create::preflight`] finds the others.
    #[must_use]
    pub fn problems(&self) -> Vec<SpecProblem> {
        let mut problems = Vec::new();
        if self.folder.as_os_str().is_empty() {
            problems.push(SpecProblem::NoFolder);
        }
        if self.common_name.trim().is_empty() {
            problems.push(SpecProblem::NoCommonName);
        } else if let Err(error) = check_name(&self.common_name) {
            problems.push(SpecProblem::CommonName(error));
        } else if self.common_name.len() > MAX_COMMON_NAME {
            problems.push(SpecProblem::LongCommonName(self.common_name.len()));
        }
        problems.extend(self.names.iter().find_map(|name| check_name(name).err()).map(SpecProblem::Name));
        if self.names.len() > MAX_NAMES {
            problems.push(SpecProblem::TooManyNames(self.names.len()));
        }
        if !(1..=MAX_DAYS).contains(&self.days) {
            problems.push(SpecProblem::Days);
        }
        problems
    }

    /// Returns the common name and the other names without duplicates: the names of a certificate without defect.
    #[must_use]
    pub fn all_names(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for name in std::iter::once(&self.common_name).chain(&self.names) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                all.push(name);
            }
        }
        all
    }

    /// Returns whether the practice CA is needed to sign the certificate or for its defect.
    #[must_use]
    pub fn needs_ca(&self) -> bool {
        self.signed_by_ca || matches!(self.defect, Some(Defect::SelfSigned | Defect::NoIntermediate))
    }

    /// Returns the names of the files that are written for the server, without the practice CA's.
    #[must_use]
    pub fn file_names(&self) -> Vec<&'static str> {
        let intermediate = (self.defect == Some(Defect::NoIntermediate)).then_some(INTERMEDIATE);
        [KEY, SIGNING_REQUEST].into_iter().chain(intermediate).chain([CERTIFICATE]).collect()
    }
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
    /// *Signed by a practice CA*.
    Ca,
}

/// A value that can't be used, or an unusable folder or practice CA.
#[derive(Debug, thiserror::Error)]
pub enum SpecProblem {
    /// No folder was given.
    #[error("No folder is chosen. Type the path of a folder for the new files.")]
    NoFolder,
    /// Neither the folder nor its parent exists, which is more likely a typing error.
    #[error("There is no folder {}. Check the path: only its last folder can be created.", display_path(.0))]
    NoParent(PathBuf),
    /// The path isn't a folder's.
    #[error("{} is not a folder. Choose the folder that it is in, or another.", display_path(.0))]
    NotAFolder(PathBuf),
    /// The OS doesn't let us create a file there (`EACCES`, `EROFS`, `ENOSPC`).
    #[error(
        "Nothing can be written in {}{}. Choose a folder of your own.",
        display_path(folder),
        in_brackets(source)
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
        "The common name has {0} characters, and at most {MAX_COMMON_NAME} are allowed. Choose a shorter one, and \
         give the long one as a further name."
    )]
    LongCommonName(usize),
    /// One of the names is invalid.
    #[error(transparent)]
    Name(InvalidName),
    /// There are more names than a handshake should carry; their number.
    #[error("{0} names are too many for one certificate. Leave it at {MAX_NAMES} at most.")]
    TooManyNames(usize),
    /// Not a whole number from 1 to 36,500.
    #[error("Days takes a whole number from 1 to 36,500, which is a hundred years.")]
    Days,
    /// Only one of `ca.crt` and `ca.key` exists.
    #[error(
        "{present} is in the folder, but {missing} is missing. Put {missing} back, or move {present} away to get a new \
         practice CA."
    )]
    IncompleteCa {
        /// The name of the file that exists.
        present: &'static str,
        /// The name of the missing file.
        missing: &'static str,
    },
    /// `ca.crt` or `ca.key` can't be read.
    #[error(transparent)]
    CaFile(#[from] TlsFileError),
    /// `ca.key` belongs to another certificate than `ca.crt`.
    #[error(
        "ca.key does not fit ca.crt. Put the right one back, or move both away to get a new practice CA."
    )]
    CaMismatch(#[source] TlsError),
    /// `ca.crt` isn't a CA's certificate (RFC 5280, section 4.2.1.9).
    #[error(
        "ca.crt is not the certificate of an authority, so clients would not accept what it signs. Move ca.crt and \
         ca.key away to get a new practice CA."
    )]
    NotACa,
    /// `ca.crt` isn't valid now: for example `expired since 2026-01-31`.
    #[error(
        "ca.crt is {0}, so clients would reject what it signs. Move ca.crt and ca.key away to get a new practice CA."
    )]
    CaNotValid(String),
    /// `ca.crt` is valid, but `rcgen` can't sign with it.
    #[error(
        "Can't sign with ca.crt: its name or its key is of an unusual kind. Move ca.crt and ca.key away to get a new \
         practice CA."
    )]
    CaUnusual(#[source] Box<dyn Error + Send + Sync>),
}

impl SpecProblem {
    /// Returns the field in which the problem is shown.
    #[must_use]
    pub fn field(&self) -> SpecField {
        match self {
            Self::NoFolder | Self::NoParent(_) | Self::NotAFolder(_) | Self::NotWritable { .. } => {
                SpecField::Folder
            }
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
            other => Self::CaMismatch(other),
        }
    }
}

/// Returns the OS's error in brackets, for the middle of a sentence, without its number. In folders such as `/proc`
/// creating a file fails with `ENOENT`, whose text would be misleading.
pub(super) fn in_brackets(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return String::new();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!(" ({}{rest})", first.to_lowercase())
}

const _: () = assert!(MAX_DAYS == 36_500, "the text of SpecProblem::Days names the limit");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_for_this_computer() {
        let spec = CertificateSpec { folder: "lab".into(), ..CertificateSpec::default() };
        assert!(spec.problems().is_empty());
        assert_eq!(spec.all_names()[..3], ["localhost", "127.0.0.1", "::1"]);
        assert_eq!((spec.days, spec.key), (365, KeyChoice::Rsa2048));
    }

    #[test]
    fn the_common_name_is_always_among_the_names() {
        let names = vec!["b.test".to_owned(), "A.test".to_owned(), "B.TEST".to_owned()];
        let spec = CertificateSpec { common_name: "a.test".to_owned(), names, ..CertificateSpec::default() };
        assert_eq!(spec.all_names(), ["a.test", "b.test"]);
    }

    #[test]
    fn typed_names_and_days_are_parsed() {
        assert_eq!(split_names(" a.test, ::1\n b.test;"), ["a.test", "::1", "b.test"]);
        assert_eq!(parse_days(" 30 ").ok(), Some(30));
        assert_eq!(parse_days("36500").ok(), Some(MAX_DAYS));
        for text in ["0", "36501", "100000", "99999999999", "", "-1", "+1", "1.5", "ten"] {
            assert!(matches!(parse_days(text), Err(SpecProblem::Days)), "{text}");
        }
    }

    #[test]
    fn every_field_with_an_invalid_value_has_a_problem() {
        let spec = CertificateSpec {
            folder: PathBuf::new(),
            common_name: String::new(),
            names: vec!["*..x".to_owned()],
            days: 0,
            ..CertificateSpec::default()
        };
        let fields: Vec<_> = spec.problems().iter().map(SpecProblem::field).collect();
        assert_eq!(fields, [SpecField::Folder, SpecField::CommonName, SpecField::Names, SpecField::Days]);
    }

    #[test]
    fn a_common_name_has_its_own_limit() {
        let problems = |common_name: String| {
            CertificateSpec { folder: "lab".into(), common_name, ..CertificateSpec::default() }.problems()
        };
        let name = |length: usize| format!("{}.{}", "a".repeat(60), "b".repeat(length - 61));
        assert!(problems(name(64)).is_empty());
        assert!(matches!(problems(name(65))[..], [SpecProblem::LongCommonName(65)]));
        assert!(matches!(problems(" ".to_owned())[..], [SpecProblem::NoCommonName]));
        assert!(matches!(
            problems("😀".to_owned())[..],
            [SpecProblem::CommonName(InvalidName::NotAscii(..))]
        ));
    }
}
