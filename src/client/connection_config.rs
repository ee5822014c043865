//! The settings of one connection of a client, and what can be sent over it.

use std::path::PathBuf;
use std::time::Duration;

use crate::tls::options::TlsChoices;

/// How long an address may take to answer by default.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of one connection. They don't change while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// A host name or an IP literal. Its addresses are tried in order until one answers.
    pub host: String,
    /// TCP port, 1–65535.
    pub port: u16,
    /// How long each address may take to answer. After a loopback address that doesn't answer, no other address is tried:
    /// it is the same computer. The TLS handshake has no limit, since a server that serves one client at a time may
    /// begin it late; it can be cancelled at any time.
    pub connect_timeout: Duration,
    /// The TLS settings; `None`: plain TCP.
    pub tls: Option<TlsChoices>,
}

impl ConnectionConfig {
    /// Plain TCP with the default time limit.
    #[must_use]
    pub fn plain(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, connect_timeout: CONNECT_TIMEOUT, tls: None }
    }
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of a regular file of any size, read in chunks while it is sent.
    File(PathBuf),
}
