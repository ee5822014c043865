//! Reads the CA certificates that sign the clients' certificates.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::tls::certificate::certificates;
use crate::tls::error::{Fault, FileError, Role};
use crate::tls::inspect::certificate_text::distinguished_name;

/// CA certificates that clients' certificates are checked against.
#[derive(Debug, Clone)]
pub struct ClientCaFile {
    pub(super) roots: Arc<RootCertStore>,
    report: ClientCaReport,
}

/// What the window tells about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCaReport {
    /// The subject of each certificate in the file.
    pub subjects: Vec<String>,
}

impl ClientCaFile {
    /// Reads every certificate of the file. May wait for a disk: not for the window's thread.
    ///
    /// # Errors
    /// Everything in [`Fault`] that a file of certificates can have.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::try_read(path).map_err(|fault| FileError::new(path, Role::ClientCa, fault))
    }

    /// What to tell about it.
    #[must_use]
    pub fn report(&self) -> &ClientCaReport {
        &self.report
    }

    fn try_read(path: &Path) -> Result<Self, Fault> {
        let found = certificates(path, Role::ClientCa)?;
        let mut roots = RootCertStore::empty();
        for (index, der) in found.iter().enumerate() {
            let bad = |error: rustls::Error| Fault::BadCertificate {
                number: index + 1,
                of: found.len(),
                raw: error.to_string(),
            };
            roots.add(der.clone()).map_err(bad)?;
        }
        let subjects = found.iter().map(subject).collect();
        Ok(Self { roots: Arc::new(roots), report: ClientCaReport { subjects } })
    }
}

impl ClientCaReport {
    /// One line for under the field: `CN=Practice CA`, `CN=Practice CA and 2 more`.
    #[must_use]
    pub fn line(&self) -> String {
        match self.subjects.as_slice() {
            [] => "no certificate".to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        }
    }
}

fn subject(der: &CertificateDer<'static>) -> String {
    X509Certificate::from_der(der)
        .map_or_else(|_| "?".to_owned(), |(_, parsed)| distinguished_name(parsed.subject()))
}
