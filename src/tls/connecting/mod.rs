//! TLS from the client's side: whom it trusts, what it shows, and in plain words why it refuses or is refused.
//!
//! ```text
//!  TlsChoices ──> Connector::new ──> rustls::ClientConnection   (driven by client::)
//!                      │  verifier: checks, and remembers what it saw
//!                      ├──> agreed(): what the handshake agreed on, and on what grounds the certificate was taken
//!                      └──> failure(): what went wrong, in words
//! ```

mod agreed;
mod connector;
mod failures;
mod pinned;
mod verifier;
mod words;

use std::path::PathBuf;

use crate::settings::tls::TlsVersions;

pub use agreed::{Accepted, Agreed};
pub use connector::{Connector, ConnectorError};
pub use words::{Explained, gone_in_handshake, reset_in_handshake};

/// Whom the client trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The certificates of this file, which the server serves: as authorities, and where its first can't be used as one,
    /// that certificate itself, byte for byte.
    ThisServer(PathBuf),
    /// The authorities in this file.
    CaFile(PathBuf),
    /// The system's authorities.
    System,
    /// Anybody: no certificate is checked. Only that the server has the key of the certificate that it shows.
    Nothing,
}

impl Trust {
    /// A standing word of care.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        matches!(self, Self::Nothing).then_some(
            "The server's certificate is not checked: anybody in between can read and change everything. Use this for \
             experiments only.",
        )
    }
}

/// The certificate that a client shows when it is asked for one, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// How a client speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsChoices {
    /// Whom it trusts.
    pub trust: Trust,
    /// The name that is asked for (SNI, RFC 6066, section 3) and looked for in the certificate; empty: the host. For
    /// an address there is no SNI, and the certificate must have the address.
    pub name: String,
    /// The versions that it offers.
    pub versions: TlsVersions,
    /// What it shows when it is asked for a certificate; `None`: nothing.
    pub identity: Option<Identity>,
    /// The protocols that it offers by ALPN (RFC 7301), best first; empty: it does not send the extension.
    pub alpn: Vec<String>,
}

impl TlsChoices {
    /// TLS 1.2 and 1.3, the host's name, no certificate, no ALPN.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self { trust, name: String::new(), versions: TlsVersions::Both, identity: None, alpn: Vec::new() }
    }
}
