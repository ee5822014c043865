//! The authorities that a client trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::tls::inspect::verdict::Trust;
use crate::tls::inspect::{CertificateFile, FileError, chain};

/// Authorities to check against. Load them once and keep them: the system's take tens of milliseconds.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(in crate::tls) store: Arc<RootCertStore>,
    pub(super) trust: Trust,
    /// Whether one of them signed itself; openssl wants such a one at the end of every chain.
    pub(super) self_signed: bool,
    raw: Vec<String>,
}

impl Roots {
    /// The system's authorities, from where the system keeps them or from `SSL_CERT_FILE`. Reads files, or asks the
    /// system's own store on Windows and macOS; never the network.
    ///
    /// Where there are none, the verdict says so.
    #[must_use]
    pub fn system() -> Self {
        let found = rustls_native_certs::load_native_certs();
        let raw = found.errors.iter().map(ToString::to_string).collect();
        Self { raw, ..Self::new(Trust::System, &found.certs) }
    }

    /// The certificates of a CA file.
    ///
    /// # Errors
    /// Everything that [`CertificateFile::read`] can find.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let file = CertificateFile::read(path)?;
        Ok(Self::new(Trust::Given(path.to_owned()), file.chain()))
    }

    /// The given CA file where there is one, else the system's.
    ///
    /// # Errors
    /// The CA file can't be used.
    pub fn choose(given: Option<&Path>) -> Result<Self, FileError> {
        given.map_or_else(|| Ok(Self::system()), Self::read)
    }

    /// The certificates of the checked file itself, as for `openssl s_client -CAfile server.crt`.
    pub(in crate::tls) fn of_file(file: &CertificateFile) -> Self {
        Self::new(Trust::File, file.chain())
    }

    fn new(trust: Trust, certificates: &[CertificateDer<'_>]) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates.iter().cloned());
        // Everyone's list of system authorities is of this kind: not worth the time to check a hundred signatures.
        let self_signed = trust == Trust::System
            || certificates.iter().any(|der| {
                X509Certificate::from_der(der).is_ok_and(|(_, parsed)| chain::self_signed(&parsed, der))
            });
        Self { store: Arc::new(store), trust, self_signed, raw: Vec::new() }
    }

    /// How many authorities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// What went wrong while the system's were loaded, in the system's own words.
    #[must_use]
    pub fn raw(&self) -> &[String] {
        &self.raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_authorities_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&path, made.cert.pem()).unwrap();
        let file = CertificateFile::read(&path).unwrap();
        let told =
            crate::tls::inspect::verdicts(&file, &Roots::new(Trust::System, &[]), jiff::Timestamp::now());
        assert_eq!(told[0].outcome, crate::tls::inspect::Outcome::Unknown);
        assert!(told[0].words.contains("this computer has no list of authorities"), "{}", told[0].words);
        assert_eq!(told[1].outcome, crate::tls::inspect::Outcome::Accepted);
    }
}
