//! The values that a server is started with.

use std::time::Duration;

use crate::settings::{Mode, Settings};
pub use crate::tls::options::TlsFiles;

/// The values of one run of the server. They don't change while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// A host name or an IP literal. The server listens on every address that it resolves to.
    pub host: String,
    /// The TCP port; with 0 the OS chooses one for all addresses.
    pub port: u16,
    /// The length of the accept queue, as passed to `listen(2)`.
    pub backlog: u16,
    /// How clients are served.
    pub mode: Mode,
    /// The number of threads in mode [`Mode::Pool`], at least 1.
    pub pool_size: u16,
    /// The most bytes that one `recv` returns, at least 1.
    pub recv_size: usize,
    /// The most clients at the same time, at least 1.
    pub max_clients: usize,
    /// How long a client may neither send nor receive a byte; `None`: forever.
    pub idle_timeout: Option<Duration>,
    /// The files and options of TLS; `None`: plain TCP.
    pub tls: Option<TlsFiles>,
    /// How long the whole TLS handshake of a client may take.
    pub handshake_timeout: Duration,
    /// Whether connections are captured (see [`crate::capture`]).
    pub capture: bool,
}

impl From<&Settings> for ServerConfig {
    fn from(settings: &Settings) -> Self {
        let tls = settings.tls.then(|| TlsFiles {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
            versions: settings.tls_versions,
            client_auth: settings.client_auth,
            client_ca: settings.client_ca.clone(),
            alpn: settings.alpn.clone(),
            tickets: settings.session_tickets,
            key_log: Some(settings.key_log.clone()).filter(|path| !path.as_os_str().is_empty()),
        });
        let idle_timeout = Duration::from_secs(settings.idle_timeout.into());
        Self {
            host: settings.host.clone(),
            port: settings.port,
            backlog: settings.backlog,
            mode: settings.mode,
            pool_size: settings.pool_size,
            recv_size: settings.recv_size as usize,
            max_clients: settings.max_clients as usize,
            idle_timeout: Some(idle_timeout).filter(|timeout| !timeout.is_zero()),
            tls,
            handshake_timeout: Duration::from_secs(10),
            capture: false,
        }
    }
}
