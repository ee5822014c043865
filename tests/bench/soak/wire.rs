//! A visitor's connection, plain or TLS, with the operations that the kinds of visit need.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};

/// The time limit of a socket: longer than the watchdog's, which should expire first because its message names the
/// wait.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A connection, plain or TLS.
pub(crate) trait Wire: Read + Write {
    /// Sends the end of the stream: `close_notify` with TLS, otherwise FIN.
    fn end_sending(&mut self) -> io::Result<()>;
    fn tcp(&self) -> &TcpStream;
    fn is_resumed(&self) -> bool;
}

/// A socket that can send its bytes one at a time.
pub(crate) struct Socket {
    tcp: TcpStream,
    bytewise: bool,
}

/// Connects and sets the options of every visitor.
pub(crate) fn connect(address: std::net::SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address)?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(TIMEOUT))?;
    tcp.set_write_timeout(Some(TIMEOUT))?;
    Ok(tcp)
}

/// Returns a plain connection over this socket.
pub(crate) fn plain(tcp: TcpStream, bytewise: bool) -> Box<dyn Wire> {
    Box::new(Socket { tcp, bytewise })
}

/// Returns a TLS connection over this socket after the handshake.
pub(crate) fn tls(tcp: TcpStream, bytewise: bool, config: &Arc<ClientConfig>) -> io::Result<Box<dyn Wire>> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    let mut socket = Socket { tcp, bytewise };
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(Box::new(StreamOwned::new(connection, socket)))
}

/// Returns a client configuration that trusts this certificate (PEM) and has a session cache of its own.
pub(crate) fn trusting(certificate: &[u8]) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(certificate).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let data = if self.bytewise { data.get(..1).unwrap_or_default() } else { data };
        self.tcp.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

impl Wire for Socket {
    fn end_sending(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)
    }

    fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    fn is_resumed(&self) -> bool {
        false
    }
}

impl Wire for StreamOwned<ClientConnection, Socket> {
    fn end_sending(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()
    }

    fn tcp(&self) -> &TcpStream {
        &self.sock.tcp
    }

    fn is_resumed(&self) -> bool {
        self.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}
