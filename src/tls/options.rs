//! The TLS options of a server or a client, as plain values: its files and its other choices.

use std::path::PathBuf;

use crate::settings::{ClientAuth, TlsVersions};

/// The files and choices of a TLS server. The files are read at each start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsFiles {
    /// The file with the certificate chain, in PEM form.
    pub certificate: PathBuf,
    /// The file with the private key, in PEM form.
    pub key: PathBuf,
    /// The accepted versions.
    pub versions: TlsVersions,
    /// Whether clients are asked for a certificate.
    pub client_auth: ClientAuth,
    /// The file with the CA certificates for clients' certificates, in PEM form; read only if clients are asked for
    /// one.
    pub client_ca: PathBuf,
    /// The accepted ALPN protocols (RFC 7301), in order of preference. If this is empty, the server ignores the
    /// extension.
    pub alpn: Vec<String>,
    /// Whether sessions can be resumed by ticket (RFC 5077; RFC 8446, section 4.6.1).
    pub tickets: bool,
    /// The file to which TLS keys are appended in NSS format; `None` to write no keys.
    pub key_log: Option<PathBuf>,
}

impl TlsFiles {
    /// Creates options with TLS 1.2 and 1.3, no client certificates, no ALPN, resumption by ticket, and no key log.
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
    /// The server with this certificate file. Its certificates are trusted as CAs, and the first one is accepted as the
    /// server's certificate even if it can't be used as a CA.
    ThisServer(PathBuf),
    /// Servers whose certificate is signed by a CA in this file.
    CaFile(PathBuf),
    /// Servers whose certificate is signed by a CA in the system trust store.
    System,
    /// Every server. The certificate isn't checked, only that the server has its private key.
    Nothing,
}

/// The certificate that a client presents if the server asks for one, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The file with the certificate chain, in PEM form.
    pub certificate: PathBuf,
    /// The file with the private key, in PEM form.
    pub key: PathBuf,
}

/// The choices of a TLS client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsChoices {
    /// Which servers the client trusts.
    pub trust: Trust,
    /// The server name (SNI, RFC 6066, section 3), which the certificate must contain. If this is empty, the host is
    /// used. For an IP address no SNI is sent, and the certificate must contain the address.
    pub name: String,
    /// The offered versions.
    pub versions: TlsVersions,
    /// The certificate that the client presents if the server asks for one.
    pub identity: Option<Identity>,
    /// The offered ALPN protocols (RFC 7301), in order of preference. If this is empty, the extension isn't sent.
    pub alpn: Vec<String>,
}

impl TlsChoices {
    /// Creates choices with TLS 1.2 and 1.3, the host as server name, no client certificate, and no ALPN.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self { trust, name: String::new(), versions: TlsVersions::Both, identity: None, alpn: Vec::new() }
    }
}
