//! A server in step mode, and clients with and without TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use echoscope::server::calls::{Call, PausedThread};
use echoscope::server::event::{ClientId, Event};
use echoscope::server::event_channel::{EventReceiver, channel};
use echoscope::server::{Server, ServerConfig, TlsFiles};
use echoscope::settings::Mode;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Identity;
use crate::support::running::{PATIENCE, config, wait_for};

/// How long to wait to see that nothing arrives.
const A_MOMENT: Duration = Duration::from_millis(100);

/// A server that pauses before its first call, on a port that is known before it listens.
pub(crate) struct Stepped {
    pub(crate) server: Server,
    pub(crate) source: EventReceiver,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    _identity: Option<Identity>,
}

impl Stepped {
    pub(crate) fn start(mode: Mode, tls: bool, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let identity = tls.then(Identity::new);
        let address = free_address();
        let mut config = ServerConfig { mode, port: address.port(), stepping: true, ..config() };
        config.tls = identity
            .as_ref()
            .map(|identity| TlsFiles::new((&identity.certificate).into(), (&identity.key).into()));
        change(&mut config);
        let (sink, source) = channel(|| {});
        let server = Server::start(config, sink);
        let tls = identity.as_ref().map(trusting);
        Self { server, source, address, tls, _identity: identity }
    }

    /// Waits until exactly these threads are paused, each given by its client and the call.
    #[track_caller]
    pub(crate) fn wait_until(&self, wanted: &[(Option<u64>, Call)]) {
        wait_for(&format!("{wanted:?} (now {:?})", self.paused_threads()), || {
            let mut pauses = self.paused_threads();
            pauses.sort_unstable();
            pauses == wanted
        });
    }

    fn paused_threads(&self) -> Vec<(Option<u64>, Call)> {
        let pause = |pause: PausedThread| (pause.id().map(|id| id.0), pause.site.call);
        self.server.paused_threads().into_iter().map(pause).collect()
    }

    pub(crate) fn step(&self, client: Option<u64>) {
        self.server.step(client.map(ClientId));
    }

    /// Steps the threads, the longest paused one first, until a thread is paused before `call`.
    #[track_caller]
    pub(crate) fn step_to(&self, call: Call) {
        wait_for(&format!("a pause before {}", call.label()), || {
            let pauses = self.paused_threads();
            let there = pauses.iter().any(|(_, at)| *at == call);
            if let (false, Some((client, _))) = (there, pauses.first()) {
                self.step(*client);
            }
            there
        });
    }

    /// Returns whether a connection is refused because no socket listens.
    pub(crate) fn refuses(&self) -> bool {
        TcpStream::connect(self.address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address, self.tls.as_ref()).unwrap()
    }

    /// Starts a client that connects as soon as it can, sends, reads the echo, closes its side and waits for the end.
    /// Returns the echo, or an error if the connection was cut off.
    pub(crate) fn visitor(&self) -> JoinHandle<io::Result<Vec<u8>>> {
        let (address, tls) = (self.address, self.tls.clone());
        thread::spawn(move || {
            let mut client = Client::connect(address, tls.as_ref())?;
            client.send(b"Hello\n")?;
            let mut back = vec![0; 6];
            client.read_exact(&mut back)?;
            client.half_close()?;
            client.read_to_end(&mut back)?;
            Ok(back)
        })
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        self.source.drain(|event| events.push(event));
        events
    }
}

/// Returns an address that no socket listens on at the moment.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn trusting(identity: &Identity) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&identity.certificate).unwrap()).unwrap();
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// A client with or without TLS.
pub(crate) enum Client {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(match tls {
            None => Self::Plain(stream),
            Some(config) => {
                let name = ServerName::try_from("localhost").unwrap();
                let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
                Self::Tls(Box::new(StreamOwned::new(connection, stream)))
            }
        })
    }

    /// Sends as much as possible without reading. Before a TLS handshake that is the ClientHello; the data follows
    /// after the handshake.
    pub(crate) fn begin(&mut self, data: &[u8]) {
        match self {
            Self::Plain(stream) => stream.write_all(data).unwrap(),
            Self::Tls(tls) => {
                tls.conn.writer().write_all(data).unwrap();
                while tls.conn.wants_write() {
                    tls.conn.write_tls(&mut tls.sock).unwrap();
                }
            }
        }
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(data),
            Self::Tls(tls) => tls.write_all(data).and_then(|()| tls.flush()),
        }
    }

    /// Completes the handshake.
    pub(crate) fn shake_hands(&mut self) {
        if let Self::Tls(tls) = self {
            while tls.conn.is_handshaking() || tls.conn.wants_write() {
                tls.conn.complete_io(&mut tls.sock).unwrap();
            }
        }
    }

    /// Closes the sending side, and continues to read.
    pub(crate) fn half_close(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown(Shutdown::Write),
            Self::Tls(tls) => {
                tls.conn.send_close_notify();
                tls.flush()
            }
        }
    }

    /// Returns whether neither data nor the end of the stream arrives for a moment.
    pub(crate) fn receives_nothing(&mut self) -> bool {
        self.receives_nothing_for(A_MOMENT)
    }

    pub(crate) fn receives_nothing_for(&mut self, time: Duration) -> bool {
        let set = |client: &Self, time| client.stream().set_read_timeout(Some(time)).unwrap();
        set(self, time);
        let result = self.read(&mut [0]);
        set(self, PATIENCE);
        result.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    fn stream(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(tls) => &tls.sock,
        }
    }
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}
