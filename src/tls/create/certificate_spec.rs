//! The description of a certificate to create, as plain values from a dialog or from command-line options, and the
//! deliberate defects that it can have.

use std::path::PathBuf;

use crate::settings::{ChoiceTable, SettingChoice};
use crate::tls::create::create_error::{MAX_COMMON_NAME, MAX_DAYS, MAX_NAMES, SpecProblem, check_name};

/// The file name of the server's private key.
pub const KEY: &str = "server.key";
/// The file name of the certificate signing request.
pub const SIGNING_REQUEST: &str = "server.csr";
/// The file name of the server's certificate.
pub const CERTIFICATE: &str = "server.crt";
/// The file name of the intermediate CA's certificate, which the server doesn't send with [`Defect::NoIntermediate`].
pub const INTERMEDIATE: &str = "intermediate.crt";
/// The file name of the client certificate, which clients present to a server that asks for one.
pub const CLIENT_CERTIFICATE: &str = "client.crt";
/// The file name of the client certificate's private key.
pub const CLIENT_KEY: &str = "client.key";
/// The file name of the practice CA's certificate, which clients are given.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// The file name of the practice CA's private key.
pub const CA_KEY: &str = "ca.key";

/// The description of a certificate to create.
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
    /// The kind of key.
    pub key: KeyChoice,
    /// Whether the folder's practice CA, which is created if it is missing, signs the certificate. Otherwise it is
    /// self-signed.
    pub signed_by_ca: bool,
    /// Whether the practice CA also signs a certificate for clients, which then have their own key. Implies
    /// `signed_by_ca`.
    pub client_certificate: bool,
    /// The deliberate defect, if any.
    pub defect: Option<Defect>,
}

/// The kinds of keys that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum KeyChoice {
    /// RSA with 2048 bits, the usual kind of key.
    #[default]
    Rsa2048,
    /// RSA with 4096 bits.
    Rsa4096,
    /// ECDSA on the curve P-256.
    P256,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl SettingChoice for KeyChoice {
    const TABLE: ChoiceTable<Self> = &[
        (Self::Rsa2048, "rsa2048", "RSA 2048", "The usual type of key. Every client accepts it."),
        (
            Self::Rsa4096,
            "rsa4096",
            "RSA 4096",
            "A longer RSA key. Every client accepts it, but handshakes take longer.",
        ),
        (Self::P256, "p256", "ECDSA P-256", "A short and fast key. Every current client accepts it."),
        (
            Self::Ed25519,
            "ed25519",
            "Ed25519",
            "The newest type. openssl, Python, curl and GnuTLS accept it; browsers don't.",
        ),
    ];
}

impl KeyChoice {
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
            client_certificate: false,
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
    // `parse` would accept a plus sign.
    days.filter(|_| !text.contains('+')).ok_or(SpecProblem::Days)
}

impl CertificateSpec {
    /// Returns every problem of the values themselves, in the order of the fields. Doesn't access the disk, so the
    /// window can call it for each frame. [`crate::tls::create::preflight`] also finds problems of the folder and its
    /// practice CA.
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

    /// Returns the common name and the other names without duplicates. Unless a defect changes them, these are the
    /// certificate's names.
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

    /// Returns whether the practice CA is needed to sign a certificate or for a defect.
    #[must_use]
    pub fn needs_ca(&self) -> bool {
        self.signed_by_ca
            || self.client_certificate
            || matches!(self.defect, Some(Defect::SelfSigned | Defect::NoIntermediate))
    }

    /// Returns the names of the files to write, without those of the practice CA.
    #[must_use]
    pub fn file_names(&self) -> Vec<&'static str> {
        let intermediate = (self.defect == Some(Defect::NoIntermediate)).then_some(INTERMEDIATE);
        let client: &[_] = if self.client_certificate { &[CLIENT_KEY, CLIENT_CERTIFICATE] } else { &[] };
        let server = [KEY, SIGNING_REQUEST].into_iter().chain(intermediate).chain([CERTIFICATE]);
        server.chain(client.iter().copied()).collect()
    }
}

/// A deliberate defect of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Defect {
    /// The validity has ended.
    Expired,
    /// The validity hasn't begun.
    NotYetValid,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has no subject alternative names, only a common name.
    NoSan,
    /// The certificate is a CA certificate.
    CaAsServer,
    /// The certificate is self-signed, although clients are given the practice CA's certificate.
    SelfSigned,
    /// The certificate is signed by an intermediate CA whose certificate the server doesn't send.
    NoIntermediate,
    /// The certificate is of X.509 version 1.
    Version1,
}

impl SettingChoice for Defect {
    const TABLE: ChoiceTable<Self> = &[
        (
            Self::Expired,
            "expired",
            "Expired",
            "It expired 30 days ago: every client that checks the dates rejects it.",
        ),
        (
            Self::NotYetValid,
            "not-yet-valid",
            "Not valid yet",
            "It becomes valid 30 days from now: every client that checks the dates rejects it, as it would any \
                 certificate if its own clock were slow.",
        ),
        (
            Self::WrongName,
            "wrong-name",
            "Wrong name",
            "It is for wrong-name.example only: every client that checks the name rejects it.",
        ),
        (
            Self::NoSan,
            "no-san",
            "No subject alternative names",
            "It has only a common name: openssl, curl, Python and GnuTLS accept one that is a host name such as \
                 localhost, only curl accepts one that is an address such as 127.0.0.1, and browsers and rustls accept \
                 neither.",
        ),
        (
            Self::CaAsServer,
            "ca-as-server",
            "A CA's certificate",
            "It is for signing other certificates, not for a server: openssl, curl, Python, GnuTLS and rustls reject it \
                 even if they trust it.",
        ),
        (
            Self::SelfSigned,
            "self-signed",
            "Self-signed where a CA is expected",
            "It is self-signed, with an unrelated ca.crt in its folder: a client that trusts only ca.crt rejects it.",
        ),
        (
            Self::NoIntermediate,
            "no-intermediate",
            "Chain without its intermediate",
            "Its issuer is an intermediate CA whose certificate is not sent: a client that has only ca.crt rejects it \
                 until you append intermediate.crt to server.crt.",
        ),
        (
            Self::Version1,
            "v1",
            "X.509 version 1",
            "It is an X.509 version 1 certificate, without extensions: openssl, curl and GnuTLS accept its common name if \
                 it is a host name, only curl accepts an address such as 127.0.0.1, Python accepts it before 3.13, and \
                 browsers and rustls reject it.",
        ),
    ];
}

impl Defect {
    /// Returns whether the certificate has no subject alternative names.
    pub(super) fn has_no_names(self) -> bool {
        matches!(self, Self::NoSan | Self::Version1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::create::create_error::SpecField;

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
        assert!(matches!(problems("😀".to_owned())[..], [SpecProblem::CommonName(_)]));
    }

    #[test]
    fn every_defect_has_one_sentence_and_its_own_keyword() {
        for (index, keyword) in Defect::keywords().into_iter().enumerate() {
            let sentence = Defect::TABLE[index].3;
            assert!(sentence.starts_with("It") && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains(". "), "more than one sentence: {sentence}");
            assert!(
                keyword.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{keyword}"
            );
            let first = Defect::keywords().iter().position(|other| *other == keyword);
            assert_eq!(first, Some(index), "{keyword}");
        }
    }
}
