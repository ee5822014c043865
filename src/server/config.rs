//! What one run of the server is started with.

use std::time::Duration;

use crate::settings::{Mode, Settings};
pub use crate::tls::options::TlsFiles;

/// The values of one run; they don't change while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// A host name or an IP literal, bound on every address that it resolves to.
    pub host: String,
    /// TCP port; 0 lets the system choose one, the same for every address.
    pub port: u16,
    /// Length of the accept queue, handed to `listen(2)` as it is.
    pub backlog: u16,
    /// How accepted clients are served.
    pub mode: Mode,
    /// Threads in mode [`Mode::Pool`], at least 1.
    pub pool_size: u16,
    /// The most bytes that one `recv` hands over, at least 1.
    pub recv_size: usize,
    /// Clients at once, at least 1.
    pub max_clients: usize,
    /// How long a client may neither send nor take a byte; `None`: for ever.
    pub idle_timeout: Option<Duration>,
    /// The files to speak TLS with, and how; `None`: plain TCP.
    pub tls: Option<TlsFiles>,
    /// How long a client may take for its TLS handshake, as a whole.
    pub handshake_timeout: Duration,
    /// Whether what goes by on each connection is kept for a look at it (see [`crate::capture`]).
    pub capture: bool,
}

impl From<&Settings> for ServerConfig {
    fn from(settings: &Settings) -> Self {
        Self {
            host: settings.host.clone(),
            port: settings.port,
            backlog: settings.backlog,
            mode: settings.mode,
            pool_size: settings.pool_size,
            recv_size: settings.recv_size as usize,
            max_clients: settings.max_clients as usize,
            idle_timeout: (settings.idle_timeout > 0)
                .then(|| Duration::from_secs(u64::from(settings.idle_timeout))),
            tls: settings.tls.then(|| tls_files(settings)),
            handshake_timeout: Duration::from_secs(10),
            capture: false,
        }
    }
}

fn tls_files(settings: &Settings) -> TlsFiles {
    TlsFiles {
        certificate: settings.certificate.clone(),
        key: settings.key.clone(),
        versions: settings.tls_versions,
        client_auth: settings.client_auth,
        client_ca: settings.client_ca.clone(),
        alpn: settings.alpn.clone(),
        tickets: settings.session_tickets,
        key_log: Some(settings.key_log.clone()).filter(|path| !path.as_os_str().is_empty()),
    }
}
