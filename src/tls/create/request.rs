//! What is asked for: plain values, filled in by a dialog or by flags.

use std::path::PathBuf;

use crate::tls::create::broken::Broken;
use crate::tls::create::names;
use crate::tls::create::problem::Problem;

/// The longest validity that can be asked for, in days: a hundred years, which still ends in a year of four digits.
pub const MAX_DAYS: u32 = 36_500;

/// The most names in one certificate; a handshake message has to hold them all.
pub const MAX_NAMES: usize = 100;

/// Which certificate to make, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The folder for the files. One that isn't there is made if the folder around it is there.
    pub folder: PathBuf,
    /// The subject's common name, and always the first of the names that the certificate is for.
    pub common_name: String,
    /// More names and IP addresses that the certificate is for (RFC 5280, section 4.2.1.6).
    pub names: Vec<String>,
    /// How long it is valid, in days from now: 1 to [`MAX_DAYS`].
    pub days: u32,
    /// The kind of the server's key.
    pub key: KeyChoice,
    /// Signed by the folder's practice CA, which is made if it isn't there, instead of by itself.
    pub signed_by_ca: bool,
    /// What is wrong with it on purpose.
    pub broken: Option<Broken>,
}

/// The kinds of keys that can be made.
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

    /// What it is called on the command line.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa4096 => "rsa4096",
            Self::P256 => "p256",
            Self::Ed25519 => "ed25519",
        }
    }

    /// What it is called in a list to choose from.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA 2048",
            Self::Rsa4096 => "RSA 4096",
            Self::P256 => "ECDSA P-256",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// One sentence on which clients take it and why one would choose it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Rsa2048 => "The usual kind of key: every client takes it.",
            Self::Rsa4096 => "A longer RSA key: every client takes it, but each handshake costs more time.",
            Self::P256 => "A short and quick key: every client of the last ten years takes it.",
            Self::Ed25519 => "The newest kind: openssl, Python and gnutls take it, browsers do not.",
        }
    }

    pub(super) fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa4096)
    }
}

impl Default for Request {
    /// For this computer, valid for a year. No folder: there is no good guess.
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            common_name: "localhost".to_owned(),
            names: default_names(),
            days: 365,
            key: KeyChoice::default(),
            signed_by_ca: false,
            broken: None,
        }
    }
}

/// By what clients on this computer and around it may call it: localhost, both loopback addresses and this computer's
/// name, where that is one that can stand in a certificate.
#[must_use]
pub fn default_names() -> Vec<String> {
    let own = gethostname::gethostname().to_string_lossy().into_owned();
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if names::check(&own).is_ok() && !names.iter().any(|name| name.eq_ignore_ascii_case(&own)) {
        names.push(own);
    }
    names
}

/// Takes names apart that were typed into one field, with commas, semicolons, spaces or lines between them.
#[must_use]
pub fn split_names(text: &str) -> Vec<String> {
    let separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    text.split(separator).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Reads a number of days as it was typed.
///
/// # Errors
/// [`Problem::Days`] for everything but a whole number from 1 to [`MAX_DAYS`].
pub fn parse_days(text: &str) -> Result<u32, Problem> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let days = digits.then(|| text.parse().ok()).flatten();
    days.filter(|days| (1..=MAX_DAYS).contains(days)).ok_or(Problem::Days)
}

impl Request {
    /// Everything that is wrong with the values themselves, in the order of the fields. Asks no disk, so that a window
    /// may call it for each frame; [`crate::tls::create::look`] tells the rest.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.folder.as_os_str().is_empty() {
            problems.push(Problem::NoFolder);
        }
        problems.extend(names::check_common_name(&self.common_name).err());
        problems.extend(self.names.iter().find_map(|name| names::check(name).err()).map(Problem::Name));
        if self.names.len() > MAX_NAMES {
            problems.push(Problem::TooManyNames { count: self.names.len() });
        }
        if !(1..=MAX_DAYS).contains(&self.days) {
            problems.push(Problem::Days);
        }
        problems
    }

    /// The names that the certificate would be for if nothing were broken: the common name, then the others, each once.
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

    /// Whether the folder's practice CA takes part: asked for, or needed to break what is to be broken.
    #[must_use]
    pub fn needs_ca(&self) -> bool {
        self.signed_by_ca || matches!(self.broken, Some(Broken::SelfSigned | Broken::NoIntermediate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_for_this_computer() {
        let request = Request { folder: "lab".into(), ..Request::default() };
        assert_eq!(request.problems(), Vec::new());
        assert_eq!(request.all_names()[..3], ["localhost", "127.0.0.1", "::1"]);
        assert_eq!((request.days, request.key), (365, KeyChoice::Rsa2048));
    }

    #[test]
    fn the_common_name_is_always_among_the_names() {
        let names = vec!["b.test".to_owned(), "A.test".to_owned(), "B.TEST".to_owned()];
        let request = Request { common_name: "a.test".to_owned(), names, ..Request::default() };
        assert_eq!(request.all_names(), ["a.test", "b.test"]);
    }

    #[test]
    fn typed_names_and_days_are_read() {
        assert_eq!(split_names(" a.test, ::1\n b.test;"), ["a.test", "::1", "b.test"]);
        assert_eq!(parse_days(" 30 "), Ok(30));
        assert_eq!(parse_days("36500"), Ok(MAX_DAYS));
        for text in ["0", "36501", "100000", "99999999999", "", "-1", "+1", "1.5", "ten"] {
            assert_eq!(parse_days(text), Err(Problem::Days), "{text}");
        }
    }

    #[test]
    fn every_field_with_a_wrong_value_is_named() {
        use crate::tls::create::problem::Field;
        let request = Request {
            folder: PathBuf::new(),
            common_name: String::new(),
            names: vec!["*..x".to_owned()],
            days: 0,
            ..Request::default()
        };
        let fields: Vec<_> = request.problems().iter().map(Problem::field).collect();
        assert_eq!(fields, [Field::Folder, Field::CommonName, Field::Names, Field::Days]);
    }
}
