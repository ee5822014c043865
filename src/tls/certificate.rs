//! Reads and checks `server.crt`.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::tls::error::{self, Fault, FileError, Role};
use crate::tls::file;
use crate::tls::pem::{self, Decoded};
use crate::tls::report::CertificateReport;
use crate::tls::sections::{self, Label, Section};

/// A certificate, with the chain that came after it in its file.
#[derive(Debug, Clone)]
pub struct CertificateFile {
    pub(super) path: PathBuf,
    pub(super) chain: Vec<CertificateDer<'static>>,
    report: CertificateReport,
}

impl CertificateFile {
    /// Reads every certificate of the file, the server's own first. May wait for a disk: not for the window's thread.
    ///
    /// # Errors
    /// Everything in [`Fault`] that a certificate file can have.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::try_read(path).map_err(|fault| FileError::new(path, Role::Certificate, fault))
    }

    /// What to tell about it.
    #[must_use]
    pub fn report(&self) -> &CertificateReport {
        &self.report
    }

    /// The certificates as they are sent, the server's own first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    fn try_read(path: &Path) -> Result<Self, Fault> {
        let chain = certificates(path, Role::Certificate)?;
        let first = chain.first().ok_or(Fault::NoneFound)?;
        let (_, parsed) = X509Certificate::from_der(first).map_err(|_| Fault::NoneFound)?;
        let report = CertificateReport::new(&parsed, chain.len());
        Ok(Self { path: path.to_owned(), chain, report })
    }
}

/// Every certificate of a file, at least one, each known to be one.
pub(super) fn certificates(path: &Path, role: Role) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let bytes = file::read(path)?;
    let found = sections::find(&bytes);
    let wanted: Vec<_> = found.iter().filter(|section| section.label.is_certificate()).collect();
    if wanted.is_empty() {
        return Err(error::instead(role, &bytes, &found));
    }
    let mut chain = Vec::with_capacity(wanted.len());
    for (index, section) in wanted.iter().enumerate() {
        let bad = |raw: String| Fault::BadCertificate { number: index + 1, of: wanted.len(), raw };
        let der = decode(section)?;
        let (rest, _) = X509Certificate::from_der(&der).map_err(|error| bad(error.to_string()))?;
        if !rest.is_empty() {
            return Err(bad(format!("{} bytes too many", rest.len())));
        }
        chain.push(der);
    }
    Ok(chain)
}

fn decode(section: &Section) -> Result<CertificateDer<'static>, Fault> {
    let Decoded::Certificate(der) = pem::decode(section)? else { return Err(Fault::NoneFound) };
    if section.label == Label::TrustedCertificate
        && let Ok((rest, _)) = X509Certificate::from_der(&der)
    {
        // What OpenSSL appends is for its own use and must not go over the wire.
        return Ok(CertificateDer::from(der[..der.len() - rest.len()].to_vec()));
    }
    Ok(der)
}
