//! A TLS server in this process with its own certificate, and clients that trust it.

use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use echoscope::server::{ServerConfig, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Identity;
use crate::support::running::Running;

/// A client's TLS connection.
pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A TLS server in this process.
pub(crate) struct Lab {
    pub(crate) running: Running,
    pub(crate) identity: Identity,
}

impl Lab {
    pub(crate) fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let identity = Identity::new();
        let files = TlsFiles::new(identity.certificate.clone().into(), identity.key.clone().into());
        let running = Running::start(|config| {
            config.tls = Some(files);
            change(config);
        });
        Self { running, identity }
    }

    /// Connects a client that trusts the server, before the handshake.
    pub(crate) fn client(&self) -> Stream {
        over(self.connect(), &trusting(Path::new(&self.identity.certificate)))
    }
}

impl Deref for Lab {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Lab {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}

/// Returns a client that trusts just this certificate.
pub(crate) fn trusting(certificate: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// Returns a client's TLS connection to localhost over a TCP connection, before the handshake.
pub(crate) fn over(stream: TcpStream, config: &Arc<ClientConfig>) -> Stream {
    StreamOwned::new(connection(config), stream)
}

fn connection(config: &Arc<ClientConfig>) -> ClientConnection {
    ClientConnection::new(Arc::clone(config), ServerName::try_from("localhost").unwrap()).unwrap()
}

/// Returns the first bytes that a client sends.
pub(crate) fn client_hello() -> Vec<u8> {
    let nobody = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let mut hello = Vec::new();
    connection(&Arc::new(nobody)).write_tls(&mut hello).unwrap();
    hello
}
