//! A server with captures, its certificate, and a proxy that keeps the bytes of both directions.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use echoscope::capture::sequence::{Sequence, row_text};
use echoscope::capture::{Capture, CaptureEvent, CaptureEventKind, RecordPayload, Side};
use echoscope::server::event::ClientId;
use echoscope::server::{ServerConfig, TlsFiles};
use echoscope::settings::ClientAuth;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::support::running::{PATIENCE, Running, wait_for};

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A server with captures and its certificate.
pub(crate) struct Lab {
    pub(crate) running: Running,
    pub(crate) folder: tempfile::TempDir,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Lab {
    pub(crate) fn plain(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::start(|config| {
            config.tls = None;
            change(config);
        })
    }

    /// Starts a TLS server whose own certificate is also the CA for client certificates.
    pub(crate) fn tls(auth: ClientAuth) -> Self {
        Self::start(|config| config.tls.as_mut().unwrap().client_auth = auth)
    }

    pub(crate) fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::named(vec!["localhost".to_owned()], change)
    }

    /// Starts a server like [`Lab::start`], with a certificate for these names.
    pub(crate) fn named(names: Vec<String>, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.extended_key_usages =
            vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth, rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let made = params.self_signed(&key).unwrap();
        let mut files = TlsFiles::new(folder.path().join("server.crt"), folder.path().join("server.key"));
        std::fs::write(&files.certificate, made.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files.client_ca.clone_from(&files.certificate);
        let running = Running::start(|config| {
            config.capture = true;
            config.tls = Some(files);
            change(config);
        });
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self { running, folder, certificate: made.der().clone(), key }
    }

    /// Returns a client that trusts the server. With `with_certificate`, it presents the server's certificate as
    /// its own.
    pub(crate) fn client(
        &self,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
        with_certificate: bool,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(if with_certificate {
            builder.with_client_auth_cert(vec![self.certificate.clone()], self.key.clone_key()).unwrap()
        } else {
            builder.with_no_client_auth()
        })
    }

    /// Waits until the client's connection is closed, and returns its capture.
    pub(crate) fn closed(&self, id: u64) -> Arc<Capture> {
        let mut found = None;
        wait_for("the end of the connection", || {
            found = self.running.server.captures().get(ClientId(id)).filter(|capture| capture.info().closed);
            found.is_some()
        });
        found.unwrap()
    }
}

/// Waits until the events of an open connection meet a condition.
pub(crate) fn capture_until(lab: &Lab, id: u64, done: impl Fn(&[CaptureEvent]) -> bool) -> Arc<Capture> {
    let mut found = None;
    wait_for("the events", || {
        found = lab.running.server.captures().get(ClientId(id)).filter(|capture| done(&events(capture)));
        found.is_some()
    });
    found.unwrap()
}

pub(crate) fn events(capture: &Capture) -> Vec<CaptureEvent> {
    let mut events = Vec::new();
    capture.read(0, usize::MAX, &mut events);
    events
}

pub(crate) fn sequence(capture: &Capture) -> Sequence {
    let mut sequence = Sequence::new(capture);
    sequence.update(capture);
    sequence
}

/// Returns each row's label with its direction before it: `>` from the client, `<` from the server, `.` not on the
/// wire.
pub(crate) fn labels(capture: &Capture) -> Vec<String> {
    let sequence = sequence(capture);
    let rows = sequence.rows().iter().map(|row| {
        let from = match row.sender() {
            Some(Side::Client) => '>',
            Some(Side::Server) => '<',
            None => '.',
        };
        let row_text::RowLabel { on_wire, encrypted } = row_text::label_parts(row);
        let encrypted = encrypted.map(|content| format!(" ({content})")).unwrap_or_default();
        format!("{from} {on_wire}{encrypted}")
    });
    rows.collect()
}

/// Returns the bytes that one side sent, joined from the events.
pub(crate) fn wire_bytes(capture: &Capture, side: Side) -> Vec<u8> {
    let tls = capture.info().tls;
    let on_wire = |event: &&CaptureEvent| match event.kind {
        CaptureEventKind::Record(_) | CaptureEventKind::Raw => true,
        CaptureEventKind::Plaintext => !tls,
        _ => false,
    };
    let mut bytes = Vec::new();
    for event in events(capture).iter().filter(|event| event.side == side).filter(on_wire) {
        assert_eq!(event.bytes.len(), event.len as usize, "{event:?}");
        bytes.extend_from_slice(&event.bytes);
    }
    bytes
}

/// Returns the plaintext of one side, and the number of plaintext bytes that its records contain.
pub(crate) fn plain_bytes(capture: &Capture, side: Side) -> (Vec<u8>, usize) {
    let (mut plain, mut carried) = (Vec::new(), 0);
    for event in events(capture).iter().filter(|event| event.side == side) {
        match event.kind {
            CaptureEventKind::Plaintext => plain.extend_from_slice(&event.bytes),
            CaptureEventKind::Record(record) => {
                if let RecordPayload::Data { plain } = record.payload {
                    carried += plain as usize;
                }
            }
            _ => {}
        }
    }
    (plain, carried)
}

/// Forwards between one client and a server, and keeps the bytes of both.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<(Vec<u8>, Vec<u8>)>,
}

impl Proxy {
    pub(crate) fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            let client = listener.accept().unwrap().0;
            let server = TcpStream::connect(server).unwrap();
            let up = forward(client.try_clone().unwrap(), server.try_clone().unwrap());
            let down = forward(server, client);
            (up.join().unwrap(), down.join().unwrap())
        });
        Self { address, thread }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Waits until both sides have closed, and returns the bytes of the client and of the server.
    pub(crate) fn bytes(self) -> (Vec<u8>, Vec<u8>) {
        self.thread.join().unwrap()
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream) -> JoinHandle<Vec<u8>> {
    from.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::spawn(move || {
        let (mut forwarded, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            forwarded.extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
        forwarded
    })
}

pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

pub(crate) fn over_tls(config: &Arc<ClientConfig>, stream: TcpStream) -> TlsStream {
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), stream)
}

pub(crate) fn echo(stream: &mut (impl Read + Write), data: &[u8]) {
    stream.write_all(data).unwrap();
    stream.flush().unwrap();
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

/// Sends `close_notify` and waits for the server's.
pub(crate) fn close_tls(mut stream: TlsStream) {
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    stream.sock.shutdown(Shutdown::Write).unwrap();
}
