//! A capturing server, certificates for it, and a proxy that keeps the bytes of both directions.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use echoscope::capture::sequence::{Ladder, words};
use echoscope::capture::{Capture, Carries, Mark, Side, What};
use echoscope::server::client_id::ClientId;
use echoscope::server::config::{ServerConfig, TlsFiles};
use echoscope::settings::ClientAuth;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::support::running::{PATIENCE, Running, wait_for};

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A server that captures.
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

    /// A TLS server; its own certificate is also the CA for clients.
    pub(crate) fn tls(auth: ClientAuth) -> Self {
        Self::start(|config| config.tls.as_mut().unwrap().client_auth = auth)
    }

    pub(crate) fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::named(vec!["localhost".to_owned()], change)
    }

    /// As [`Lab::start`], with a certificate for these names.
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

    /// A client that trusts the server; `shows`: with the server's certificate as its own.
    pub(crate) fn client(
        &self,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
        shows: bool,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(if shows {
            builder.with_client_auth_cert(vec![self.certificate.clone()], self.key.clone_key()).unwrap()
        } else {
            builder.with_no_client_auth()
        })
    }

    /// The capture of this client once its connection is over.
    pub(crate) fn closed(&self, id: u64) -> Arc<Capture> {
        let mut found = None;
        wait_for("the end of the connection", || {
            found = self.running.server.capture(ClientId(id)).filter(|capture| capture.is_closed());
            found.is_some()
        });
        found.unwrap()
    }
}

/// Waits until a capture of an open connection is so.
pub(crate) fn capture_until(lab: &Lab, id: u64, done: impl Fn(&[Mark]) -> bool) -> Arc<Capture> {
    let mut found = None;
    wait_for("the marks", || {
        found = lab.running.server.capture(ClientId(id)).filter(|capture| done(&marks(capture)));
        found.is_some()
    });
    found.unwrap()
}

pub(crate) fn marks(capture: &Capture) -> Vec<Mark> {
    let mut marks = Vec::new();
    capture.read(0, usize::MAX, &mut marks);
    marks
}

pub(crate) fn ladder(capture: &Capture) -> Ladder {
    let mut ladder = Ladder::new(capture);
    ladder.update(capture);
    ladder
}

/// Every row in short: `> ` from the client, `< ` from the server, `. ` what is no arrow.
pub(crate) fn labels(capture: &Capture) -> Vec<String> {
    let ladder = ladder(capture);
    let rows = ladder.rows().iter().map(|row| {
        let from = match row.arrow() {
            Some(Side::Client) => '>',
            Some(Side::Server) => '<',
            None => '.',
        };
        format!("{from} {}", words::label(row))
    });
    rows.collect()
}

/// The bytes that went over the wire from one side, put together from the marks.
pub(crate) fn wire_bytes(capture: &Capture, side: Side) -> Vec<u8> {
    let tls = capture.info().tls;
    let on_wire = |mark: &&Mark| match mark.what {
        What::Record(_) | What::Raw => true,
        What::Chunk => !tls,
        _ => false,
    };
    let mut bytes = Vec::new();
    for mark in marks(capture).iter().filter(|mark| mark.side == side).filter(on_wire) {
        let kept = capture.bytes(mark);
        assert_eq!(kept.len(), mark.len as usize, "{mark:?}");
        bytes.extend(kept);
    }
    bytes
}

/// The plain bytes of one side, and how many of them the records say that they carried.
pub(crate) fn plain_bytes(capture: &Capture, side: Side) -> (Vec<u8>, usize) {
    let (mut plain, mut carried) = (Vec::new(), 0);
    for mark in marks(capture).iter().filter(|mark| mark.side == side) {
        match mark.what {
            What::Chunk => plain.extend(capture.bytes(mark)),
            What::Record(record) => {
                if let Carries::Data { plain } = record.carries {
                    carried += plain as usize;
                }
            }
            _ => {}
        }
    }
    (plain, carried)
}

/// Goes between one client and a server, and keeps what both say.
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
            let up = pass(client.try_clone().unwrap(), server.try_clone().unwrap());
            let down = pass(server, client);
            (up.join().unwrap(), down.join().unwrap())
        });
        Self { address, thread }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What client and server said, once both have ended.
    pub(crate) fn heard(self) -> (Vec<u8>, Vec<u8>) {
        self.thread.join().unwrap()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) -> JoinHandle<Vec<u8>> {
    from.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::spawn(move || {
        let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            heard.extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
        heard
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

/// Says goodbye as TLS has it, and waits for the server's.
pub(crate) fn leave(mut stream: TlsStream) {
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    stream.sock.shutdown(Shutdown::Write).unwrap();
}
