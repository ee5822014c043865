//! Checks a certificate file as clients do: the verification of a rustls client for each name in the certificate, and
//! where openssl and Python are known to differ. Revocation is not checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::tls::certificate_report::Validity;
use crate::tls::explain::certificate_errors::{RejectionKind, rejection_kind};
use crate::tls::file_error::TlsFileError;
use crate::tls::inspect::certificate_text::{
    address, common_names, distinguished_name, general_names, one_line,
};
use crate::tls::inspect::chain::self_signed;
use crate::tls::load::CertificateFile;

/// The most names that are checked.
pub(in crate::tls) const MAX_CHECKED_NAMES: usize = 100;

/// Where the CAs that a client trusts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustSource {
    /// The OS's trust store.
    System,
    /// A CA file.
    CaFile(PathBuf),
    /// The checked file itself.
    SameFile,
}

/// The CAs that a client trusts. Loading those of the OS takes tens of milliseconds.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(in crate::tls) store: Arc<RootCertStore>,
    source: TrustSource,
    /// Whether one of them is self-signed, as openssl requires at the end of every chain.
    has_self_signed: bool,
    /// The first error while the OS's trust store was loaded.
    error: Option<String>,
}

impl Roots {
    /// Loads the OS's trust store, or the file in `SSL_CERT_FILE`. Blocks on the disk, but never on the network.
    #[must_use]
    pub fn system() -> Self {
        let found = rustls_native_certs::load_native_certs();
        let error = found.errors.first().map(ToString::to_string);
        Self { error, ..Self::new(TrustSource::System, &found.certs) }
    }

    /// Reads a CA file.
    ///
    /// # Errors
    /// As for [`CertificateFile::read`].
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        let file = CertificateFile::read(path)?;
        Ok(Self::new(TrustSource::CaFile(path.to_owned()), file.chain()))
    }

    /// Returns the certificates of the checked file itself, as with `openssl s_client -CAfile server.crt`.
    pub(in crate::tls) fn of_file(file: &CertificateFile) -> Self {
        Self::new(TrustSource::SameFile, file.chain())
    }

    fn new(source: TrustSource, certificates: &[CertificateDer<'_>]) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates.iter().cloned());
        // Those of an OS always are, and checking a hundred signatures would take time.
        let has_self_signed = source == TrustSource::System
            || certificates
                .iter()
                .any(|der| X509Certificate::from_der(der).is_ok_and(|(_, parsed)| self_signed(&parsed)));
        Self { store: Arc::new(store), source, has_self_signed, error: None }
    }

    /// Returns whether there is no usable CA.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// Returns the first error while the OS's trust store was loaded.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// The result of the checks that one kind of client makes for some of the names.
#[derive(Debug, Clone)]
pub struct ClientCheck {
    /// The CAs that the client trusts.
    pub trust: TrustSource,
    /// The names that the client asks for, each on one line.
    pub names: Vec<String>,
    /// The result.
    pub outcome: CheckOutcome,
    /// Where other clients are known to differ.
    pub(in crate::tls) quirk: Option<ClientQuirk>,
    /// Whether the names are only common names.
    pub(in crate::tls) only_common_names: bool,
    pub(in crate::tls) certificate: Arc<CheckedCertificate>,
}

/// The result of a check.
#[derive(Debug, Clone)]
pub enum CheckOutcome {
    /// The client accepts the certificate.
    Accepted,
    /// The client rejects the certificate.
    Rejected {
        /// The error of the verification.
        error: Error,
        /// Whether the error is about the server's own certificate, not about another one of the chain.
        is_about_own: bool,
    },
    /// No client can ask for such a name.
    InvalidName,
    /// There is no usable CA to check against; the OS's error, if any.
    NoRoots(Option<String>),
}

/// How openssl and Python differ from the check. `tests/library/certificate_inspection` compares this with real runs;
/// uncertain cases are omitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientQuirk {
    /// openssl and Python before 3.13 accept a certificate that the check rejects. Python 3.13 made its default context
    /// strict, so its result depends on more than is checked here.
    Accepted,
    /// openssl and Python before 3.13 require the root at the end of the chain.
    RootRequired,
    /// openssl and Python require a key usage for TLS.
    KeyUsageRequired,
}

/// The facts about the server's certificate that the explanation of a check mentions.
#[derive(Debug)]
pub(in crate::tls) struct CheckedCertificate {
    /// The issuer of the file's last certificate.
    pub(in crate::tls) last_issuer: String,
    pub(in crate::tls) self_signed: bool,
    /// Whether it names itself as its issuer.
    pub(in crate::tls) is_self_issued: bool,
    pub(in crate::tls) has_alternative_names: bool,
    /// How many names it has, even beyond [`MAX_CHECKED_NAMES`].
    pub(in crate::tls) name_count: usize,
}

impl ClientCheck {
    /// Returns whether the result is as usual: accepted, or a certificate of one's own that the OS's trust store doesn't
    /// contain.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        match &self.outcome {
            CheckOutcome::Accepted => true,
            CheckOutcome::Rejected { error, .. } if self.trust == TrustSource::System => {
                rejection_kind(error) == RejectionKind::UnknownIssuer || self.is_namesake()
            }
            _ => false,
        }
    }

    /// Returns whether a self-signed certificate was checked against a CA that only has the same name, such as the
    /// `localhost` that some OSes create for themselves.
    pub(in crate::tls) fn is_namesake(&self) -> bool {
        let CheckOutcome::Rejected { error, .. } = &self.outcome else { return false };
        rejection_kind(error) == RejectionKind::BadSignature && self.certificate.is_self_issued
    }

    /// Returns the library's error, on one line.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match &self.outcome {
            CheckOutcome::Rejected { error, .. } => Some(one_line(&error.to_string())),
            CheckOutcome::NoRoots(error) => error.clone(),
            CheckOutcome::Accepted | CheckOutcome::InvalidName => None,
        }
    }
}

/// A name to check.
struct CheckedName {
    text: String,
    /// `None` if no client can ask for it.
    server_name: Option<ServerName<'static>>,
    is_common_name: bool,
}

/// Checks a file as two kinds of clients do, for each name in it: those that trust `roots`, and those that trust the
/// file itself. Takes up to a second.
#[must_use]
pub fn check_as_clients(file: &CertificateFile, roots: &Roots, now: Timestamp) -> Vec<ClientCheck> {
    let Some(first) = file.chain().first() else { return Vec::new() };
    let Ok((_, leaf)) = X509Certificate::from_der(first) else { return Vec::new() };
    let last = file.chain().last().and_then(|der| X509Certificate::from_der(der).ok());
    let mut names = names_to_check(&leaf);
    let certificate = Arc::new(CheckedCertificate {
        last_issuer: last.map_or_else(String::new, |(_, last)| distinguished_name(last.issuer())),
        self_signed: self_signed(&leaf),
        is_self_issued: leaf.subject().as_raw() == leaf.issuer().as_raw(),
        has_alternative_names: leaf.subject_alternative_name().ok().flatten().is_some(),
        name_count: names.len(),
    });
    names.truncate(MAX_CHECKED_NAMES);
    [roots, &Roots::of_file(file)]
        .into_iter()
        .flat_map(|roots| check_against(roots, file.chain(), &leaf, &certificate, &names, now))
        .collect()
}

/// Checks all names. Those with the same result share one check.
fn check_against(
    roots: &Roots,
    chain: &[CertificateDer<'_>],
    leaf: &X509Certificate<'_>,
    certificate: &Arc<CheckedCertificate>,
    names: &[CheckedName],
    now: Timestamp,
) -> Vec<ClientCheck> {
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.store), Arc::new(default_provider()))
            .build();
    let unix_now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().try_into().unwrap_or(0)));
    let mut groups: Vec<(CheckOutcome, Vec<&CheckedName>)> = Vec::new();
    for name in names {
        let outcome = match (&verifier, &name.server_name) {
            (Err(_), _) => CheckOutcome::NoRoots(roots.error.clone()),
            (Ok(_), None) => CheckOutcome::InvalidName,
            (Ok(verifier), Some(server_name)) => {
                match verifier.verify_server_cert(&chain[0], &chain[1..], server_name, &[], unix_now) {
                    Ok(_) => CheckOutcome::Accepted,
                    Err(error) => {
                        let is_about_own = is_about(&error, leaf);
                        CheckOutcome::Rejected { error, is_about_own }
                    }
                }
            }
        };
        let group = groups.iter_mut().find(|(known, names)| {
            is_same(known, &outcome) && names[0].is_common_name == name.is_common_name
        });
        match group {
            Some((_, names)) => names.push(name),
            None => groups.push((outcome, vec![name])),
        }
    }
    let check = |(outcome, names): (CheckOutcome, Vec<&CheckedName>)| ClientCheck {
        quirk: quirk(roots, certificate.self_signed, leaf, &outcome, &names, now),
        trust: roots.source.clone(),
        names: names.iter().map(|name| name.text.clone()).collect(),
        outcome,
        only_common_names: names[0].is_common_name,
        certificate: Arc::clone(certificate),
    };
    groups.into_iter().map(check).collect()
}

/// Returns whether two names have the same result. Only errors about the name itself contain the name.
fn is_same(one: &CheckOutcome, other: &CheckOutcome) -> bool {
    match (one, other) {
        (CheckOutcome::Rejected { error: one, .. }, CheckOutcome::Rejected { error: other, .. }) => {
            let kind = rejection_kind(one);
            kind == rejection_kind(other)
                && (kind == RejectionKind::WrongName || format!("{one:?}") == format!("{other:?}"))
        }
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// Returns whether an error about a date or a version is about this certificate.
fn is_about(error: &Error, certificate: &X509Certificate<'_>) -> bool {
    let validity = certificate.validity();
    let is_own = |time: &UnixTime| {
        let own = [validity.not_before.timestamp(), validity.not_after.timestamp()];
        i64::try_from(time.as_secs()).is_ok_and(|time| own.contains(&time))
    };
    match error {
        Error::InvalidCertificate(
            CertificateError::ExpiredContext { not_after: time, .. }
            | CertificateError::NotValidYetContext { not_before: time, .. },
        ) => is_own(time),
        _ => rejection_kind(error) != RejectionKind::OldVersion || certificate.version().0 != 2,
    }
}

/// Returns the names to check: the alternative names, or else the common names, or else `localhost`.
fn names_to_check(leaf: &X509Certificate<'_>) -> Vec<CheckedName> {
    let from_text = |name: &str, is_common_name| {
        // A client asks for a name that the wildcard covers, not for the wildcard.
        let name = name.strip_prefix("*.").map_or_else(|| name.to_owned(), |rest| format!("www.{rest}"));
        let text = one_line(&name);
        CheckedName { text, server_name: ServerName::try_from(name).ok(), is_common_name }
    };
    let alternative = general_names(leaf).iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(from_text(name, false)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| CheckedName {
            text: address.to_string(),
            server_name: Some(ServerName::IpAddress(address.into())),
            is_common_name: false,
        }),
        _ => None,
    });
    let mut names: Vec<_> = alternative.collect();
    if names.is_empty() {
        names.extend(common_names(leaf.subject()).iter().map(|name| from_text(name, true)));
    }
    if names.is_empty() {
        names.push(from_text("localhost", false));
    }
    names
}

fn quirk(
    roots: &Roots,
    self_signed: bool,
    leaf: &X509Certificate<'_>,
    outcome: &CheckOutcome,
    names: &[&CheckedName],
    now: Timestamp,
) -> Option<ClientQuirk> {
    let is_usable = leaf.key_usage().is_ok_and(|usage| {
        usage.is_none_or(|usage| {
            usage.value.digital_signature() || usage.value.key_encipherment() || usage.value.key_agreement()
        })
    });
    let error = match outcome {
        CheckOutcome::Accepted if !is_usable => return Some(ClientQuirk::KeyUsageRequired),
        CheckOutcome::Accepted if !roots.has_self_signed => return Some(ClientQuirk::RootRequired),
        CheckOutcome::Rejected { error, .. } => error,
        _ => return None,
    };
    // The check stops at the first error, so the rest has to be known to be good.
    let is_server =
        leaf.extended_key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.server_auth));
    if !is_usable || !is_server || !Validity::of(leaf).holds(now) {
        return None;
    }
    // No client compares an address with the common names.
    let all_hosts = names.iter().all(|name| matches!(name.server_name, Some(ServerName::DnsName(_))));
    let is_common_name = names.iter().all(|name| name.is_common_name);
    let is_own_root = roots.source == TrustSource::SameFile && self_signed && (all_hosts || !is_common_name);
    let accepted = match rejection_kind(error) {
        RejectionKind::WrongName => roots.has_self_signed && all_hosts && is_common_name,
        RejectionKind::OldVersion => is_own_root && leaf.version().0 == 0,
        RejectionKind::IsCa => is_own_root,
        _ => false,
    };
    accepted.then_some(ClientQuirk::Accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_os_without_a_trust_store_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&path, made.cert.pem()).unwrap();
        let file = CertificateFile::read(&path).unwrap();
        let checks = check_as_clients(&file, &Roots::new(TrustSource::System, &[]), Timestamp::now());
        assert!(matches!(checks[0].outcome, CheckOutcome::NoRoots(_)));
        assert!(matches!(checks[1].outcome, CheckOutcome::Accepted));
    }
}
