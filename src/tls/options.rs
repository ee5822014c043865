//! What TLS is served with: the files, and the choices beside them.

use std::path::PathBuf;

use crate::settings::tls::{ClientAuth, TlsVersions};

/// Where certificate and key are read from, anew at each start, and how they are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The versions that are spoken.
    pub versions: TlsVersions,
    /// Whether clients are asked for a certificate.
    pub client_auth: ClientAuth,
    /// The CA certificates that sign the clients' certificates, PEM; read unless nobody is asked for one.
    pub client_ca: PathBuf,
    /// The protocols that are agreed to by ALPN (RFC 7301), best first; empty: the extension is not answered.
    pub alpn: Vec<String>,
    /// Whether sessions can be resumed by ticket (RFC 5077; RFC 8446, section 4.6.1).
    pub tickets: bool,
    /// The file that keys are appended to in NSS' format; `None`: they are written nowhere.
    pub key_log: Option<PathBuf>,
}

impl TlsFiles {
    /// TLS 1.2 and 1.3, no client certificates, no ALPN, sessions resumed by ticket, no key log.
    #[must_use]
    pub fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self {
            certificate,
            key,
            versions: TlsVersions::Both,
            client_auth: ClientAuth::None,
            client_ca: PathBuf::new(),
            alpn: Vec::new(),
            tickets: true,
            key_log: None,
        }
    }
}
