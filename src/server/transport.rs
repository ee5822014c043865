//! What lies between the socket and the echo: nothing, or TLS.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::server::end::End;
use crate::server::socket::Socket;
use crate::server::tls_stream::Tls;
use crate::tls::handshake::Handshake;
use crate::tls::server_config::TlsServer;

/// A client's byte stream.
pub(super) enum Transport {
    Plain,
    Tls(Tls),
}

impl Transport {
    /// The tutorial's `wrap_socket(conn, server_side=True)`, done within `timeout`.
    pub(super) fn accept_tls(
        socket: &Socket<'_>,
        serving: &Arc<TlsServer>,
        timeout: Duration,
    ) -> Result<(Self, Handshake), End> {
        let (tls, handshake) = Tls::accept(socket, serving, timeout)?;
        Ok((Self::Tls(tls), handshake))
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The tutorial's `conn.recv(n)`: at least one byte, at most what fits.
    pub(super) fn recv(&mut self, socket: &Socket<'_>, buffer: &mut [u8]) -> Result<usize, End> {
        match self {
            Self::Plain => match socket.recv(buffer)? {
                0 => Err(End::OfStream),
                received => Ok(received),
            },
            Self::Tls(tls) => tls.recv(socket, buffer),
        }
    }

    /// The tutorial's `conn.sendall(data)`. How much was sent is told also where it failed.
    pub(super) fn send_all(&mut self, socket: &Socket<'_>, data: &[u8]) -> (usize, Result<(), End>) {
        match self {
            Self::Plain => {
                let (sent, result) = write_all(socket, data);
                (sent, result.map_err(End::from))
            }
            Self::Tls(tls) => tls.send_all(socket, data),
        }
    }

    /// Says goodbye, where there is a way to say it.
    pub(super) fn close(&mut self, socket: &Socket<'_>) {
        if let Self::Tls(tls) = self {
            tls.close(socket);
        }
    }
}

/// As [`Write::write_all`], but tells how much went out before an error.
fn write_all(mut socket: &Socket<'_>, data: &[u8]) -> (usize, io::Result<()>) {
    let mut sent = 0;
    while sent < data.len() {
        match socket.write(&data[sent..]) {
            Ok(0) => return (sent, Err(ErrorKind::WriteZero.into())),
            Ok(written) => sent += written,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (sent, Err(error)),
        }
    }
    (sent, Ok(()))
}
