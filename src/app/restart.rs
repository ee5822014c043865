//! Which of the form's values a running server does not have yet: they wait for the next start.

use crate::app::App;
use crate::server::Server;
use crate::server::config::{ServerConfig, TlsFiles};
use crate::settings::fields::Field;

/// A value that a running server may have another of than the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A typed field.
    Field(Field),
    /// How clients are served.
    Mode,
    /// The TLS switch.
    Tls,
    /// The versions of TLS.
    TlsVersions,
    /// Whether clients are asked for a certificate.
    ClientAuth,
    /// Whether clients get tickets.
    Tickets,
}

impl App {
    /// Whether the running server has another value than the form.
    #[must_use]
    pub fn needs_restart(&self, what: Changed) -> bool {
        let Some(server) = self.server.as_ref().filter(|server| !server.state().is_stopped()) else {
            return false;
        };
        let typed = ServerConfig::from(self.settings());
        match what {
            // Port 0 in the running server stands for the one that it got, which is in the form by then.
            Changed::Field(Field::Port) => server.config().port != typed.port && self.port() != typed.port,
            _ => differs(server, &typed, what),
        }
    }
}

fn differs(server: &Server, typed: &ServerConfig, what: Changed) -> bool {
    let running = server.config();
    // Without TLS on both sides there is nothing to compare: the switch itself tells.
    let tls = |differ: fn(&TlsFiles, &TlsFiles) -> bool| {
        running.tls.as_ref().zip(typed.tls.as_ref()).is_some_and(|(running, typed)| differ(running, typed))
    };
    match what {
        Changed::Mode => running.mode != typed.mode,
        Changed::Tls => running.tls.is_some() != typed.tls.is_some(),
        Changed::TlsVersions => tls(|a, b| a.versions != b.versions),
        Changed::ClientAuth => tls(|a, b| a.client_auth != b.client_auth),
        Changed::Tickets => tls(|a, b| a.tickets != b.tickets),
        Changed::Field(Field::Host) => running.host != typed.host,
        Changed::Field(Field::Port) => running.port != typed.port,
        Changed::Field(Field::Backlog) => running.backlog != typed.backlog,
        Changed::Field(Field::PoolSize) => running.pool_size != typed.pool_size,
        Changed::Field(Field::RecvSize) => running.recv_size != typed.recv_size,
        Changed::Field(Field::MaxClients) => running.max_clients != typed.max_clients,
        Changed::Field(Field::IdleTimeout) => running.idle_timeout != typed.idle_timeout,
        // Applied at once.
        Changed::Field(Field::LogEntries | Field::LogMebibytes) => false,
        Changed::Field(Field::Certificate) => tls(|a, b| a.certificate != b.certificate),
        Changed::Field(Field::Key) => tls(|a, b| a.key != b.key),
        Changed::Field(Field::ClientCa) => tls(|a, b| a.client_ca != b.client_ca),
        Changed::Field(Field::Alpn) => tls(|a, b| a.alpn != b.alpn),
        Changed::Field(Field::KeyLog) => tls(|a, b| a.key_log != b.key_log),
    }
}
