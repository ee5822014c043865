//! The server that the client tabs follow: the running one, or else the one that the form describes.

use std::path::PathBuf;

use crate::settings::parse::reachable_host;
use crate::settings::{Settings, TlsVersions};

/// The server's address and TLS settings, as the fields of a client show them.
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
    /// Returns the endpoint of a server with these settings.
    pub(in crate::app) fn new(settings: &Settings) -> Self {
        Self {
            host: reachable_host(&settings.host),
            port: if settings.port == 0 { String::new() } else { settings.port.to_string() },
            tls: settings.tls,
            certificate: settings.certificate.clone(),
            versions: settings.tls_versions,
            alpn: settings.alpn.join(","),
        }
    }
}
