//! The TLS server through the library: handshakes that succeed, hang, fail, or aren't handshakes at all.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::server::Server;
use echoscope::server::config::{Config, TlsFiles};
use echoscope::server::event::{CloseReason, Event, EventKind, Problem};
use echoscope::server::sink::{Source, channel};
use echoscope::server::status::{Phase, State};
use echoscope::settings::{Mode, Settings};
use echoscope::tls::handshake::HandshakeKind;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const PATIENCE: Duration = Duration::from_secs(10);

struct Running {
    server: Server,
    source: Source,
    events: Vec<Event>,
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = TlsFiles::new(folder.path().join("server.crt"), folder.path().join("server.key"));
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let mut config = Config {
            host: "127.0.0.1".to_owned(),
            port: 0,
            tls: Some(files),
            ..Config::from(&Settings::default())
        };
        change(&mut config);
        let (sink, source) = channel(|| {});
        let server = Server::start(config, sink);
        let mut address = None;
        wait_for("listening", || match server.state() {
            State::Listening { addresses, .. } => {
                address = addresses.first().copied();
                true
            }
            State::Failed(error) => panic!("{error}"),
            _ => false,
        });
        let certificate = made.cert.der().clone();
        Self { server, source, events: Vec::new(), address: address.unwrap(), certificate, _folder: folder }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn trusting(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    }

    fn tls(&self, config: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), self.connect())
    }

    fn event<T>(&mut self, wanted: impl Fn(&EventKind) -> Option<T>) -> T {
        let mut found = None;
        wait_for("an event", || {
            self.source.drain(|event| self.events.push(event));
            found = self.events.iter().find_map(|event| wanted(&event.kind));
            found.is_some()
        });
        found.unwrap()
    }

    fn closed(&mut self) -> CloseReason {
        self.event(|kind| match kind {
            EventKind::Closed(closed) => Some(closed.reason.clone()),
            _ => None,
        })
    }
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::yield_now();
    }
}

fn echo(stream: &mut (impl Read + Write), data: &[u8]) {
    stream.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

#[test]
fn what_was_agreed_is_told_and_a_second_visit_is_resumed() {
    let mut running = Running::start(|_| {});
    let config = running.trusting();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        running.events.clear();
        let mut client = running.tls(&config);
        echo(&mut client, b"over TLS");
        let handshake = running.event(|kind| match kind {
            EventKind::Handshake(handshake) => Some(Arc::clone(handshake)),
            _ => None,
        });
        assert_eq!(handshake.kind, expected);
        assert_eq!(handshake.version, "TLS 1.3");
        assert_eq!(handshake.cipher_suite, "TLS_AES_256_GCM_SHA384");
        assert_eq!(handshake.group.as_deref(), Some("X25519MLKEM768"));
        assert_eq!(handshake.server_name.as_deref(), Some("localhost"));
        client.conn.send_close_notify();
        client.flush().unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(running.closed(), CloseReason::EndOfStream);
    }
}

#[test]
fn everything_sent_before_close_notify_comes_back() {
    let running = Running::start(|config| config.recv_size = 1000);
    let mut client = running.tls(&running.trusting());
    let data = (0..100_000_u32).map(|n| (n % 253) as u8).collect::<Vec<_>>();
    client.write_all(&data).unwrap();
    client.conn.send_close_notify();
    client.flush().unwrap();
    let mut back = Vec::new();
    client.read_to_end(&mut back).unwrap();
    assert!(back == data, "{} of {} bytes came back", back.len(), data.len());
}

#[test]
fn a_client_without_close_notify_is_closed_and_not_failed() {
    let mut running = Running::start(|_| {});
    let mut client = running.tls(&running.trusting());
    echo(&mut client, b"x");
    client.sock.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(running.closed(), CloseReason::EndWithoutCloseNotify);
    assert!(!running.events.iter().any(|event| matches!(event.kind, EventKind::Problem(_))));
}

#[test]
fn a_client_that_distrusts_the_certificate_is_explained() {
    let mut running = Running::start(|_| {});
    let roots = RootCertStore::empty();
    let distrusting = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    assert!(running.tls(&distrusting).write_all(b"x").is_err());
    assert_eq!(running.closed(), CloseReason::Tls);
    let text = running.event(|kind| match kind {
        EventKind::Problem(Problem::Tls { text, in_handshake: true, .. }) => Some(text.clone()),
        _ => None,
    });
    assert!(text.contains("does not trust who signed it"), "{text}");
}

#[test]
fn http_is_named_and_gets_an_alert_not_a_reset() {
    let mut running = Running::start(|_| {});
    let mut client = running.connect();
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    // A fatal alert record: RFC 8446, sections 5.1 and 6.
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7));
    let start = running.event(|kind| match kind {
        EventKind::Problem(Problem::NotTls { start, http: true }) => Some(start.clone()),
        _ => None,
    });
    assert_eq!(start, b"GET / HTTP/1.1");
}

#[test]
fn a_handshake_has_a_deadline_and_holds_nobody_up() {
    let mut running = Running::start(|config| config.handshake_timeout = Duration::from_secs(2));
    let mut slow = running.connect();
    // The start of a ClientHello, and then nothing.
    slow.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    let mut good = running.tls(&running.trusting());
    echo(&mut good, b"not held up");
    assert!(running.server.connections().iter().any(|connection| connection.phase == Phase::Handshake));
    running.event(|kind| matches!(kind, EventKind::Problem(Problem::HandshakeTimeout { .. })).then_some(()));
    assert_eq!(running.closed(), CloseReason::Tls);
    echo(&mut good, b"still there");
}

#[test]
fn drops_in_a_handshake_do_not_stretch_its_deadline() {
    let mut running = Running::start(|config| config.handshake_timeout = Duration::from_millis(300));
    let mut dripping = running.connect();
    dripping.set_nodelay(true).unwrap();
    let start = Instant::now();
    // A record of 512 bytes, one byte at a time: each byte alone is in time.
    let mut bytes = [22, 3, 1, 2, 0].into_iter().chain(std::iter::repeat(1));
    while bytes.next().is_some_and(|byte| dripping.write_all(&[byte]).is_ok()) {
        assert!(start.elapsed() < PATIENCE, "it dripped on for ever");
        thread::sleep(Duration::from_millis(20));
    }
    running.event(|kind| matches!(kind, EventKind::Problem(Problem::HandshakeTimeout { .. })).then_some(()));
}

#[test]
fn stop_ends_clients_in_the_handshake() {
    for mode in Mode::ALL {
        let running = Running::start(|config| config.mode = mode);
        let mut silent = running.connect();
        wait_for("a handshake", || running.server.counters().clients_now == 1);
        let start = Instant::now();
        running.server.stop();
        assert!(running.server.wait_at_rest(PATIENCE));
        let took = start.elapsed();
        assert!(took < Duration::from_millis(500), "{mode:?}: stop took {took:?}");
        let end = silent.read(&mut [0]);
        assert!(
            end.as_ref().is_ok_and(|n| *n == 0) || end.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
        );
    }
}

#[test]
fn tls_to_a_plain_port_is_named() {
    let mut running = Running::start(|config| config.tls = None);
    let config = running.trusting();
    // The echo of the ClientHello is no ServerHello.
    assert!(running.tls(&config).write_all(b"x").is_err());
    running.event(|kind| matches!(kind, EventKind::Problem(Problem::TlsOnPlain)).then_some(()));
}
