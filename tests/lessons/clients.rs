//! Clients as a lesson wants them: plain and over TLS, polite and not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use echoscope::tls::create::{self, Broken, Created, KeyChoice, Request};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::player::PATIENCE;

/// A plain client.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes and reads them back.
pub(crate) fn echo(client: &mut (impl Read + Write), data: &[u8]) {
    client.write_all(data).unwrap();
    read_back(client, data);
}

/// Reads what was sent before.
pub(crate) fn read_back(client: &mut impl Read, data: &[u8]) {
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

/// Leaves with RST.
pub(crate) fn abort(client: TcpStream) {
    socket2::SockRef::from(&client).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(client);
}

pub(crate) type TlsClient = StreamOwned<ClientConnection, TcpStream>;

/// A client over TLS that trusts this certificate, or nobody, and asks for this name. Its refusal is rustls' own.
pub(crate) fn tls(address: SocketAddr, trust: Option<&Path>, name: &str) -> Result<TlsClient, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = trust {
        roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = connect(address);
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).map_err(|error| error.to_string())?;
    }
    Ok(StreamOwned::new(connection, socket))
}

/// Makes a certificate as *Create certificate…* does.
pub(crate) fn create(folder: &Path, broken: Option<Broken>) -> Box<Created> {
    let request = Request { folder: folder.to_owned(), key: KeyChoice::P256, broken, ..Request::default() };
    Box::new(create::create(&request, true, jiff::Timestamp::now()).unwrap())
}
