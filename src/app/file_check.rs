//! The certificate and key files, read and checked in the background as soon as their paths change.

use std::path::Path;

use crate::tls::file_error::{TlsError, TlsFileError};
use crate::tls::{
    self, CertificateFile, CertificateReport, ClientCaFile, ClientCaReport, Issuer, KeyFile, KeyType,
};

/// The result of checking a file.
#[derive(Debug, Clone, Default)]
pub enum Check<T> {
    /// There is no path.
    #[default]
    Empty,
    /// The file is being read.
    Reading,
    /// The file is usable; this is what it contains.
    Good(T),
    /// The file is unusable for this reason.
    Bad(TlsFileError),
}

impl<T> Check<T> {
    /// Marks the file at this path as being read. A good result stays visible until the next one, which mostly comes
    /// within the same frame.
    pub(super) fn expect(&mut self, path: &Path) {
        if path.as_os_str().is_empty() {
            *self = Self::Empty;
        } else if !matches!(self, Self::Good(_)) {
            *self = Self::Reading;
        }
    }
}

/// The results for all files.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckedFiles {
    pub(super) certificate: Check<CertificateReport>,
    /// The issuer of the certificate, found in it and the files beside it; `None` until the certificate is good.
    pub(super) issuer: Option<Issuer>,
    pub(super) key: Check<KeyType>,
    pub(super) client_ca: Check<ClientCaReport>,
    /// Whether certificate and key match; `None` until both are good.
    pub(super) pair: Option<Result<(), TlsError>>,
}

impl CheckedFiles {
    /// Reads and checks the files. This may block for as long as the disk does.
    pub(super) fn read(certificate: &Path, key: &Path, client_ca: &Path) -> Self {
        let certificate = read(certificate, CertificateFile::read);
        let key = read(key, KeyFile::read);
        let pair = match (&certificate, &key) {
            (Some(Ok(certificate)), Some(Ok(key))) => Some(tls::check_pair(certificate, key)),
            _ => None,
        };
        let issuer = certificate.as_ref().and_then(|read| read.as_ref().ok()).map(Issuer::of);
        Self {
            issuer,
            certificate: check(certificate, |file| file.report().clone()),
            key: check(key, |file| file.key_type().clone()),
            client_ca: check(read(client_ca, ClientCaFile::read), |file| file.report().clone()),
            pair,
        }
    }
}

fn read<F>(
    path: &Path,
    read: impl FnOnce(&Path) -> Result<F, TlsFileError>,
) -> Option<Result<F, TlsFileError>> {
    (!path.as_os_str().is_empty()).then(|| read(path))
}

fn check<F, R>(read: Option<Result<F, TlsFileError>>, report: impl FnOnce(&F) -> R) -> Check<R> {
    match read {
        None => Check::Empty,
        Some(Ok(file)) => Check::Good(report(&file)),
        Some(Err(error)) => Check::Bad(error),
    }
}
