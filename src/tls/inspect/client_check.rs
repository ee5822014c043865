//! Checks a certificate file as clients do: verifies it like a rustls client for each name in the certificate, and
//! reports where openssl and Python are known to differ. Revocation is not checked.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{Error, RootCertStore};

use crate::tls::certificate::{Certificate, has_signed, moment};
use crate::tls::explain::certificate_errors::{RejectionKind, rejection_kind, time_of};
use crate::tls::file_error::TlsFileError;
use crate::tls::inspect::certificate_text::one_line;
use crate::tls::inspect::chain::parse;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::inspect::verdict::{Clients, Verdict};
use crate::tls::load::{CertificateFile, trust_anchor};
use crate::tls::options::Trust;

/// The maximum number of names that are checked.
pub(in crate::tls) const MAX_CHECKED_NAMES: usize = 100;

/// The CAs that a client trusts. Loading those of the OS takes tens of milliseconds.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(in crate::tls) store: Arc<RootCertStore>,
    source: Trust,
    /// Whether one of the CAs is self-signed, as openssl requires at the end of every chain.
    has_self_signed: bool,
    /// The first error in loading the OS's trust store.
    error: Option<String>,
}

impl Roots {
    /// Loads the OS's trust store, or the file in `SSL_CERT_FILE`. Blocks on the disk, but never on the network.
    #[must_use]
    pub fn system() -> Self {
        let loaded = rustls_native_certs::load_native_certs();
        let error = loaded.errors.first().map(ToString::to_string);
        Self { error, ..Self::new(Trust::System, &loaded.certs) }
    }

    /// Reads a CA file.
    ///
    /// # Errors
    /// The same errors as for [`CertificateFile::read`].
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        let file = CertificateFile::read(path)?;
        Ok(Self::new(Trust::CaFile(path.to_owned()), file.chain()))
    }

    /// Uses the certificates of the checked file itself as CAs, as with `openssl s_client -CAfile server.crt`.
    pub(in crate::tls) fn of_file(file: &CertificateFile) -> Self {
        Self::new(Trust::ThisServer(file.path.clone()), file.chain())
    }

    fn new(source: Trust, certificates: &[CertificateDer<'_>]) -> Self {
        let mut store = RootCertStore::empty();
        store.roots.extend(certificates.iter().filter_map(|der| trust_anchor(der).ok()));
        // An OS's trust store always contains self-signed CAs, and checking a hundred signatures would take time.
        let has_self_signed =
            source == Trust::System || parse(certificates).iter().any(|parsed| has_signed(parsed, parsed));
        Self { store: Arc::new(store), source, has_self_signed, error: None }
    }

    /// Returns whether there is no usable CA.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// Returns the first error in loading the OS's trust store.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// The result of one kind of client's check for one or more names.
#[derive(Debug, Clone)]
pub struct ClientCheck {
    /// The CAs that the client trusts.
    pub trust: Trust,
    /// The names that the client asks for, each on one line.
    pub names: Vec<String>,
    /// The outcome for these names.
    pub outcome: CheckOutcome,
    /// How openssl and Python are known to differ from this result.
    pub(in crate::tls) quirk: Option<ClientQuirk>,
    /// The certificates of the file, the server's own first.
    pub(in crate::tls) chain: Arc<[Certificate]>,
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

/// How openssl and Python differ from the check. `tests/library/certificate_inspection` verifies these cases with the
/// real programs; uncertain cases are omitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientQuirk {
    /// openssl and Python before 3.13 accept a certificate that the check rejects. Python 3.13 made its default context
    /// strict, so its result depends on more than is checked here.
    Accepted,
    /// openssl and Python before 3.13 require the root at the end of the chain.
    RootRequired,
    /// openssl and Python reject a certificate that the check accepts; the reason, as the end of a sentence.
    Rejected(String),
}

impl ClientCheck {
    /// Returns whether the result is normal for a certificate without defects: it is accepted, or its issuer isn't in
    /// the OS's trust store.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        match &self.outcome {
            CheckOutcome::Accepted => true,
            CheckOutcome::Rejected { error, .. } if self.trust == Trust::System => {
                match rejection_kind(error) {
                    RejectionKind::UnknownIssuer => true,
                    // Some OSes trust a CA of their own named `localhost`, which has the same name but another key.
                    RejectionKind::BadSignature => self.chain[0].self_signed,
                    _ => false,
                }
            }
            _ => false,
        }
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

/// Checks a file as two kinds of clients do, for each name in it: those that trust `roots`, and those that trust the
/// file itself. Takes up to a second.
#[must_use]
pub fn check_as_clients(file: &CertificateFile, roots: &Roots, now: Timestamp) -> Vec<ClientCheck> {
    [roots, &Roots::of_file(file)].into_iter().flat_map(|roots| check_against(roots, file, now)).collect()
}

/// Checks all names. Names with the same result share one [`ClientCheck`].
fn check_against(roots: &Roots, file: &CertificateFile, now: Timestamp) -> Vec<ClientCheck> {
    let chain = file.chain();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.store), Arc::new(default_provider()))
            .build();
    let unix_now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().try_into().unwrap_or(0)));
    let served = ServedCertificate::of(file);
    let mut groups: Vec<(CheckOutcome, Vec<String>)> = Vec::new();
    for name in names_to_check(file.own()) {
        let outcome = match (&verifier, ServerName::try_from(name.as_str())) {
            (Err(_), _) => CheckOutcome::NoRoots(roots.error.clone()),
            (Ok(_), Err(_)) => CheckOutcome::InvalidName,
            (Ok(verifier), Ok(server_name)) => {
                match verifier.verify_server_cert(&chain[0], &chain[1..], &server_name, &[], unix_now) {
                    Ok(_) => CheckOutcome::Accepted,
                    Err(error) => {
                        let is_about_own = is_about(&error, file.own());
                        CheckOutcome::Rejected { error, is_about_own }
                    }
                }
            }
        };
        match groups.iter_mut().find(|(known, _)| is_same(known, &outcome)) {
            Some((_, names)) => names.push(name),
            None => groups.push((outcome, vec![name])),
        }
    }
    let check = |(outcome, names): (CheckOutcome, Vec<String>)| ClientCheck {
        quirk: quirk(roots, &served, &outcome, &names, now),
        trust: roots.source.clone(),
        names,
        outcome,
        chain: Arc::clone(file.certificates()),
    };
    groups.into_iter().map(check).collect()
}

/// Returns whether the results for two names are the same. Of errors about a wrong name, which contain the name, only
/// the kind is compared.
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

/// Returns whether an error is about this certificate. Only errors about a date or a version can be about another one
/// of the chain.
fn is_about(error: &Error, certificate: &Certificate) -> bool {
    match time_of(error) {
        Some(time) => {
            let validity = certificate.validity;
            [validity.not_before, validity.not_after].contains(&moment(time))
        }
        None => rejection_kind(error) != RejectionKind::OldVersion || certificate.version != 3,
    }
}

/// Returns the names to check: the alternative names, or else the common names, or else `localhost`.
fn names_to_check(own: &Certificate) -> Vec<String> {
    // A client asks for a name that the wildcard covers, not for the wildcard.
    let requested =
        |name: &str| name.strip_prefix("*.").map_or_else(|| name.to_owned(), |rest| format!("www.{rest}"));
    match own.hosts_or_common_names().as_slice() {
        [] => vec!["localhost".to_owned()],
        names => names.iter().take(MAX_CHECKED_NAMES).map(|name| requested(name)).collect(),
    }
}

/// Returns how openssl and Python differ from a check, by the judge's verdicts about the same names.
fn quirk(
    roots: &Roots,
    served: &ServedCertificate,
    outcome: &CheckOutcome,
    names: &[String],
    now: Timestamp,
) -> Option<ClientQuirk> {
    let own = &served.own;
    let is_in_file =
        |position: usize| position.checked_sub(1).is_none_or(|above| served.above[above].number.is_some());
    let mut rejecting = names.iter().filter_map(|name| {
        let verdicts = served.verdicts(Some(name), now);
        // The client may trust another root than the one in `ca.crt`.
        let of_openssl =
            |verdict: &Verdict| verdict.clients.contain(Clients::OPENSSL) && is_in_file(verdict.position);
        let verdict = verdicts.into_iter().find(of_openssl)?;
        Some(served.why(verdict, name))
    });
    let error = match outcome {
        CheckOutcome::Accepted => {
            let rejected = rejecting.next().map(ClientQuirk::Rejected);
            return rejected.or((!roots.has_self_signed).then_some(ClientQuirk::RootRequired));
        }
        CheckOutcome::Rejected { error, .. } => error,
        _ => return None,
    };
    let is_own_root = matches!(roots.source, Trust::ThisServer(_)) && own.self_signed;
    // rustls checks the names last, so the root is one that it trusts.
    let is_trusted =
        is_own_root || (rejection_kind(error) == RejectionKind::WrongName && roots.has_self_signed);
    (is_trusted && rejecting.next().is_none()).then_some(ClientQuirk::Accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_os_without_a_trust_store_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&path, generated.cert.pem()).unwrap();
        let file = CertificateFile::read(&path).unwrap();
        let checks = check_as_clients(&file, &Roots::new(Trust::System, &[]), Timestamp::now());
        assert!(matches!(checks[0].outcome, CheckOutcome::NoRoots(_)));
        assert!(matches!(checks[1].outcome, CheckOutcome::Accepted));
    }
}
