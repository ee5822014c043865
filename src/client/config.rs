//! What one connection of a client is made with.

use std::path::PathBuf;
use std::time::Duration;

pub use crate::settings::tls::TlsVersions;
pub use crate::tls::connecting::{Identity, TlsChoices, Trust};

/// How long a client waits for an address to answer, unless told otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The values of one connection; they don't change while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// A host name or an IP literal. Its addresses are tried in order until one answers.
    pub host: String,
    /// TCP port, 1–65535.
    pub port: u16,
    /// How long each address may take to answer. A loopback address that is silent is not followed by the next one: it
    /// is the same computer. The TLS handshake after it has no limit, since a server that serves one client at a time
    /// may come to it late; it can be cancelled at any time.
    pub connect_timeout: Duration,
    /// How to speak TLS; `None`: plain TCP.
    pub tls: Option<TlsChoices>,
}

impl Config {
    /// Plain TCP with the usual time limit.
    #[must_use]
    pub fn plain(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, connect_timeout: CONNECT_TIMEOUT, tls: None }
    }
}

/// Something to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of an ordinary file of any size, read in pieces while it is sent.
    File(PathBuf),
}
