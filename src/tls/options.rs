//! How a server or a client speaks TLS, as plain values: the files it uses and the choices beside them.

use std::path::PathBuf;

use crate::settings::{ClientAuth, TlsVersions};

/// The files and choices of a TLS server. The files are read at each start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The accepted versions.
    pub versions: TlsVersions,
    /// Whether clients are asked for a certificate.
    pub client_auth: ClientAuth,
    /// The CA certificates that sign the clients' certificates, PEM; read only if clients are asked for one.
    pub client_ca: PathBuf,
    /// The accepted ALPN protocols (RFC 7301), best first; empty: the extension is not answered.
    pub alpn: Vec<String>,
    /// Whether sessions can be resumed by ticket (RFC 5077; RFC 8446, section 4.6.1).
    pub tickets: bool,
    /// The file that keys are appended to in NSS format; `None`: they are not written.
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

/// Which servers a client trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The server with this certificate file: its certificates are trusted as CAs; if the first can't be used as one, that
    /// certificate itself is trusted, byte for byte.
    ThisServer(PathBuf),
    /// Servers whose certificate a CA in this file signed.
    CaFile(PathBuf),
    /// Servers whose certificate a CA of the system trust store signed.
    System,
    /// Every server. Its certificate is not checked, only that it has the key of the certificate that it presents.
    Nothing,
}

/// The certificate that a client presents if the server asks for one, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// The choices of a TLS client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsChoices {
    /// Which servers it trusts.
    pub trust: Trust,
    /// The server name (SNI, RFC 6066, section 3), which the certificate must contain; empty: the host. For an IP address
    /// no SNI is sent, and the certificate must contain the address.
    pub name: String,
    /// The offered versions.
    pub versions: TlsVersions,
    /// The certificate that it presents if the server asks for one.
    pub identity: Option<Identity>,
    /// The offered ALPN protocols (RFC 7301), best first; empty: the extension is not sent.
    pub alpn: Vec<String>,
}

impl TlsChoices {
    /// TLS 1.2 and 1.3, the host's name, no certificate, no ALPN.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self { trust, name: String::new(), versions: TlsVersions::Both, identity: None, alpn: Vec::new() }
    }
}
