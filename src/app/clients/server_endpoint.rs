//! The server that the client tabs follow: the running one, or else the one that the form describes.

use std::path::PathBuf;

use crate::app::try_it::reachable;
use crate::server::config::ServerConfig;
use crate::settings::{Settings, TlsVersions};

/// What a client must know of the server to connect to it, as its fields show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct ServerEndpoint {
    /// At which this computer reaches it: never an unspecified address.
    pub(super) host: String,
    /// Empty until the OS has chosen one.
    pub(super) port: String,
    pub(super) tls: bool,
    pub(super) certificate: PathBuf,
    pub(super) versions: TlsVersions,
    /// Protocols with commas between them.
    pub(super) alpn: String,
}

impl ServerEndpoint {
    /// The running server, which this computer reaches at this host and port.
    pub(in crate::app) fn running(
        config: &ServerConfig,
        host: String,
        port: u16,
        settings: &Settings,
    ) -> Self {
        let planned = Self::planned(settings);
        let endpoint = Self { host, port: port_text(port), tls: config.tls.is_some(), ..planned };
        match &config.tls {
            None => endpoint,
            Some(tls) => Self {
                certificate: tls.certificate.clone(),
                versions: tls.versions,
                alpn: tls.alpn.join(","),
                ..endpoint
            },
        }
    }

    /// The server that these settings would start.
    pub(in crate::app) fn planned(settings: &Settings) -> Self {
        Self {
            host: reachable(&settings.host),
            port: port_text(settings.port),
            tls: settings.tls,
            certificate: settings.certificate.clone(),
            versions: settings.tls_versions,
            alpn: settings.alpn.join(","),
        }
    }
}

fn port_text(port: u16) -> String {
    if port == 0 { String::new() } else { port.to_string() }
}
