//! The server that the client tabs follow: the running one, else the one that the form describes.

use std::path::PathBuf;

use crate::app::try_it::reachable;
use crate::server::config::ServerConfig;
use crate::settings::{Settings, TlsVersions};

/// What a client needs to know of the server to connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct ServerSide {
    /// Where this computer reaches it: never an unspecified address.
    pub(super) host: String,
    /// 0 while nobody knows.
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) certificate: PathBuf,
    pub(super) versions: TlsVersions,
    pub(super) alpn: Vec<String>,
}

impl ServerSide {
    /// A server that runs and is reached here.
    pub(in crate::app) fn running(
        config: &ServerConfig,
        host: String,
        port: u16,
        settings: &Settings,
    ) -> Self {
        let mut side = Self::planned(settings);
        side.host = host;
        side.port = port;
        side.tls = config.tls.is_some();
        if let Some(tls) = &config.tls {
            side.certificate.clone_from(&tls.certificate);
            side.versions = tls.versions;
            side.alpn.clone_from(&tls.alpn);
        }
        side
    }

    /// The server that these settings would start.
    pub(in crate::app) fn planned(settings: &Settings) -> Self {
        Self {
            host: reachable(&settings.host),
            port: settings.port,
            tls: settings.tls,
            certificate: settings.certificate.clone(),
            versions: settings.tls_versions,
            alpn: settings.alpn.clone(),
        }
    }
}
