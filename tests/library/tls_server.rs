//! The TLS server through the library: handshakes that succeed, hang, fail, or aren't handshakes at all.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::support::running::{Running, wait_for};
use crate::support::trusting::trusting;
use echoscope::capture::{CaptureEventKind, RecordPayload, TlsRecord};
use echoscope::server::event::{ClientId, CloseReason, EventKind, Problem};
use echoscope::server::{Phase, ServerConfig, TlsFiles};
use echoscope::settings::Mode;
use echoscope::tls::client_hello::OtherProtocol;
use echoscope::tls::explain::explain_server_error;
use echoscope::tls::handshake::HandshakeKind;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A TLS server with a certificate of its own.
struct Lab {
    running: Running,
    certificate: CertificateDer<'static>,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = TlsFiles::new(folder.path().join("server.crt"), folder.path().join("server.key"));
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let running = Running::start(|config| {
            config.tls = Some(files);
            change(config);
        });
        Self { running, certificate: made.cert.der().clone(), _folder: folder }
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

    fn wait_for_event<T>(&mut self, wanted: impl Fn(&EventKind) -> Option<T>) -> T {
        self.event(|event| wanted(&event.kind))
    }

    /// Waits until a connection is closed, and returns why.
    fn first_closed(&mut self) -> CloseReason {
        self.wait_for_event(|kind| match kind {
            EventKind::Closed(closed) => Some(closed.reason),
            _ => None,
        })
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

fn echo(stream: &mut (impl Read + Write), data: &[u8]) {
    stream.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

#[test]
fn the_handshake_is_reported_and_a_second_one_resumes() {
    let mut running = Lab::start(|_| {});
    let config = running.trusting();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        running.events.clear();
        let mut client = running.tls(&config);
        echo(&mut client, b"over TLS");
        let handshake = running.wait_for_event(|kind| match kind {
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
        assert_eq!(running.first_closed(), CloseReason::EndOfStream);
    }
}

#[test]
fn all_data_before_close_notify_is_echoed() {
    let running = Lab::start(|config| config.recv_size = 1000);
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
fn data_after_close_notify_does_not_lose_the_echo_before_it() {
    let running = Lab::start(|config| config.recv_size = 4096);
    let mut client = running.tls(&running.trusting());
    let data = vec![b'x'; 150_000];
    client.write_all(&data).unwrap();
    client.conn.send_close_notify();
    client.flush().unwrap();
    // The server no longer echoes this data, but must read it: unread data would turn the close into a reset.
    let _ = client.sock.write_all(&vec![0; 50_000]);
    wait_for("the whole echo", || running.server.counters().bytes_sent == 150_000);
    let mut back = Vec::new();
    client.read_to_end(&mut back).unwrap();
    assert_eq!(back.len(), data.len());
}

#[test]
fn data_right_before_a_bad_record_is_echoed() {
    let mut running = Lab::start(|_| {});
    let mut client = running.tls(&running.trusting());
    client.conn.complete_io(&mut client.sock).unwrap();
    client.conn.writer().write_all(b"good").unwrap();
    let mut wire = Vec::new();
    client.conn.write_tls(&mut wire).unwrap();
    // An application data record that can't be decrypted (RFC 8446, section 5.2).
    wire.extend([23, 3, 3, 0, 20]);
    wire.extend([0; 20]);
    client.sock.write_all(&wire).unwrap();
    // The echo and the alert may arrive together. A plain read would then return only the error.
    let mut back = Vec::new();
    while back.len() < 4 {
        assert_ne!(client.conn.read_tls(&mut client.sock).unwrap(), 0, "closed without the echo");
        let _ = client.conn.process_new_packets();
        let _ = client.conn.reader().read_to_end(&mut back);
    }
    assert_eq!(back, b"good");
    running.wait_for_event(|kind| {
        matches!(kind, EventKind::Problem(Problem::Tls(error)) if !error.in_handshake).then_some(())
    });
}

#[test]
fn a_client_hello_in_small_parts_is_recognized() {
    let mut running = Lab::start(|config| (config.tls, config.recv_size) = (None, 4));
    let config = running.trusting();
    assert!(running.tls(&config).write_all(b"x").is_err());
    running.wait_for_event(|kind| matches!(kind, EventKind::Problem(Problem::TlsOnPlain)).then_some(()));
}

#[test]
fn a_missing_close_notify_is_not_a_failure() {
    let mut running = Lab::start(|_| {});
    let mut client = running.tls(&running.trusting());
    echo(&mut client, b"x");
    client.sock.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(running.first_closed(), CloseReason::EndWithoutCloseNotify);
    assert!(!running.events.iter().any(|event| matches!(event.kind, EventKind::Problem(_))));
}

#[test]
fn rejection_of_the_certificate_is_explained() {
    let mut running = Lab::start(|_| {});
    let roots = RootCertStore::empty();
    let distrusting = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    assert!(running.tls(&distrusting).write_all(b"x").is_err());
    assert_eq!(running.first_closed(), CloseReason::Tls);
    let text = running.wait_for_event(|kind| match kind {
        EventKind::Problem(Problem::Tls(error)) if error.in_handshake => Some(explain_server_error(error)),
        _ => None,
    });
    assert!(text.contains("because it is self-signed"), "{text}");
}

#[test]
fn http_is_recognized_and_gets_an_alert_and_no_reset() {
    let mut running = Lab::start(|_| {});
    let mut client = running.connect();
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    // A fatal alert record: RFC 8446, sections 5.1 and 6.
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7));
    let start = running.wait_for_event(|kind| match kind {
        EventKind::Problem(Problem::NotTls { start, protocol: OtherProtocol::Http }) => Some(start.clone()),
        _ => None,
    });
    assert_eq!(start, b"GET / HTTP/1.1");
}

#[test]
fn a_handshake_has_a_deadline_and_does_not_block_others() {
    let mut running = Lab::start(|config| config.handshake_timeout = Duration::from_secs(2));
    let mut slow = running.connect();
    // The client sends only the beginning of a ClientHello.
    slow.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    wait_for("a handshake", || {
        running.server.connections().iter().any(|connection| connection.phase == Phase::Handshake)
    });
    let mut good = running.tls(&running.trusting());
    echo(&mut good, b"not held up");
    running.wait_for_event(|kind| {
        matches!(kind, EventKind::Problem(Problem::HandshakeTimeout { .. })).then_some(())
    });
    assert_eq!(running.first_closed(), CloseReason::Tls);
    echo(&mut good, b"still there");
}

#[test]
fn single_bytes_do_not_extend_the_deadline_of_a_handshake() {
    let mut running = Lab::start(|config| config.handshake_timeout = Duration::from_millis(300));
    let client = running.connect();
    client.set_nodelay(true).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    // The client sends a record of 512 bytes one byte at a time until the server disconnects. Each byte alone is in
    // time.
    let is_open = |mut stream: &TcpStream, byte: u8| {
        let is_waiting =
            |error: io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        stream.write_all(&[byte]).is_ok() && stream.read(&mut [0]).is_err_and(is_waiting)
    };
    let closed = [22, 3, 1, 2, 0].into_iter().chain([1; 507]).any(|byte| !is_open(&client, byte));
    assert!(closed, "the server waited for the whole record");
    running.wait_for_event(|kind| {
        matches!(kind, EventKind::Problem(Problem::HandshakeTimeout { .. })).then_some(())
    });
}

#[test]
fn stop_ends_clients_in_the_handshake() {
    for mode in Mode::ALL {
        let running = Lab::start(|config| config.mode = mode);
        let mut silent = running.connect();
        wait_for("a handshake", || running.server.counters().clients_now == 1);
        let took = running.stop();
        assert!(took < Duration::from_millis(500), "{mode:?}: stop took {took:?}");
        let end = silent.read(&mut [0]);
        assert!(
            end.as_ref().is_ok_and(|n| *n == 0) || end.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
        );
    }
}

#[test]
fn tls_to_a_plain_port_is_recognized() {
    let mut running = Lab::start(|config| config.tls = None);
    let config = running.trusting();
    // The server echoes the ClientHello, which isn't a ServerHello.
    assert!(running.tls(&config).write_all(b"x").is_err());
    running.wait_for_event(|kind| matches!(kind, EventKind::Problem(Problem::TlsOnPlain)).then_some(()));
}

/// Serves one client that may send early data, and gives it tickets for that.
fn serve_with_early_data(lab: &Lab, client: &Arc<ClientConfig>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    config.max_early_data_size = 1 << 16;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, listener.accept().unwrap().0);
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        stream.write_all(&byte).unwrap();
    });
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
    echo(&mut StreamOwned::new(connection, TcpStream::connect(address).unwrap()), b"x");
    server.join().unwrap();
    assert!(lab.server.counters().clients_total == 0);
}

#[test]
fn rejected_early_data_does_not_end_the_handshake() {
    for (tickets, fragment) in [(true, None), (false, None), (true, Some(32)), (false, Some(64))] {
        let mut lab = Lab::start(|config| {
            config.tls.as_mut().unwrap().tickets = tickets;
            config.capture = true;
        });
        let mut config = trusting(&[&rustls::version::TLS13], None);
        config.enable_early_data = true;
        config.max_fragment_size = fragment;
        let config = Arc::new(config);
        serve_with_early_data(&lab, &config);
        let mut client = lab.tls(&config);
        let early = vec![b'e'; 1 << 14];
        client.conn.early_data().expect("the client has a ticket").write_all(&early).unwrap();
        echo(&mut client, b"after the early data");
        assert!(!client.conn.is_early_data_accepted());
        let handshake = lab.wait_for_event(|kind| match kind {
            EventKind::Handshake(handshake) => Some(Arc::clone(handshake)),
            _ => None,
        });
        assert!(handshake.client_hello.as_ref().is_some_and(|hello| hello.early_data));
        let received = lab.server.counters().bytes_received;
        assert_eq!(received, b"after the early data".len() as u64, "the early data is skipped");
        let mut events = Vec::new();
        let capture = lab.server.captures().get(ClientId(1)).unwrap();
        capture.read(0, usize::MAX, &mut events);
        let skipped = events.iter().filter(|event| {
            matches!(
                event.kind,
                CaptureEventKind::Record(TlsRecord { payload: RecordPayload::EarlyData, .. })
            )
        });
        assert!(
            skipped.count() >= early.len() / fragment.unwrap_or(1 << 14),
            "each record is captured as early data"
        );
    }
}
