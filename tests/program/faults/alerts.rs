//! Violations of TLS, and the fatal alert that the server answers each with (RFC 8446, section 6.2; RFC 5246, section
//! 7.2.2). After a failure the server never sends `close_notify`, which would look like an orderly end to the client.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use echoscope::server::event::{ClientId, CloseReason, EventKind, Problem};
use echoscope::settings::{Mode, TlsVersions};
use echoscope::tls::explain::explain_server_error;
use rustls::crypto::cipher::{InboundOpaqueMessage, OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::ServerName;
use rustls::{
    AlertDescription, ClientConnection, ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion,
    StreamOwned, SupportedCipherSuite, SupportedProtocolVersion, version,
};

use super::echo;
use super::tls::{Lab, Stream, client_hello, over};
use crate::support::program;
use crate::support::trusting::trusting;

const CCS: &[u8] = &[20, 3, 3, 0, 1, 1];
const FATAL_ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 90];
const ZERO_TYPE: &[u8] = &[0, 3, 3, 0, 1, 0];

const RECORD_OVERFLOW: u8 = 22;
const HANDSHAKE_FAILURE: u8 = 40;
const ILLEGAL_PARAMETER: u8 = 47;
const DECODE_ERROR: u8 = 50;
const UNEXPECTED_MESSAGE: u8 = 10;
const PROTOCOL_VERSION: u8 = 70;
const MISSING_EXTENSION: u8 = 109;
const NO_APPLICATION_PROTOCOL: u8 = 120;

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3][..], &length, content].concat()
}

/// Returns a handshake message in a record of its own.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    record(22, &[&[kind], &length[1..], body].concat())
}

/// Returns records with the content of one record in two parts, and other bytes between them.
fn split(whole: &[u8], between: &[u8]) -> Vec<u8> {
    let (first, second) = whole[5..].split_at(2);
    [&record(22, first), between, &record(22, second)].concat()
}

/// Returns a `ClientHello` with these extensions (number and content).
fn hello(version: [u8; 2], suites: &[u16], compression: u8, extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let extensions: Vec<u8> = extensions
        .iter()
        .flat_map(|(kind, content)| {
            [&kind.to_be_bytes()[..], &(content.len() as u16).to_be_bytes(), content].concat()
        })
        .collect();
    let mut body = [&version[..], &[7; 32], &[0]].concat();
    body.extend((suites.len() as u16).to_be_bytes());
    body.extend(suites);
    body.extend([1, compression]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    message(1, &body)
}

const ECDHE_ECDSA: &[u16] = &[0xc02b, 0xc02c];
const GROUPS: (u16, &[u8]) = (10, &[0, 2, 0, 23]);
const SCHEMES: (u16, &[u8]) = (13, &[0, 2, 4, 3]);
const POINTS: (u16, &[u8]) = (11, &[1, 0]);
const EXTENDED_MASTER_SECRET: (u16, &[u8]) = (23, &[]);

fn tls12_hello(suites: &[u16], more: &[(u16, &[u8])]) -> Vec<u8> {
    hello([3, 3], suites, 0, &[&[GROUPS, SCHEMES, POINTS, EXTENDED_MASTER_SECRET], more].concat())
}

fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// Asserts that the newest client's connection ended with a TLS failure that the log names.
#[track_caller]
fn assert_failure(lab: &mut Lab, what: &str) {
    let number = lab.server.counters().clients_total;
    assert_eq!(lab.closed(number), CloseReason::Tls, "{what}");
    let is_named = lab.events.iter().any(|event| {
        event.client.is_some_and(|client| client.id.0 == number)
            && matches!(event.kind, EventKind::Problem(Problem::Tls(_) | Problem::NotTls { .. }))
    });
    assert!(is_named, "{what}: no entry about the failure");
}

#[test]
fn violations_before_the_server_hello_get_the_alert_of_the_rfc() {
    let mut lab = Lab::start(|_| {});
    let good = client_hello();
    let large = message(1, &vec![0; 65_000]);
    let small_records: Vec<u8> = large[5..].chunks(100).flat_map(|part| record(22, part)).collect();
    let cases = [
        ("Finished first", message(20, &[0; 12]), UNEXPECTED_MESSAGE),
        ("ClientKeyExchange first", message(16, &[1, 0]), UNEXPECTED_MESSAGE),
        ("ServerHello first", message(2, &[0; 40]), UNEXPECTED_MESSAGE),
        ("application data first", record(23, b"x"), UNEXPECTED_MESSAGE),
        ("change_cipher_spec first", CCS.to_vec(), UNEXPECTED_MESSAGE),
        ("change_cipher_spec in the ClientHello", split(&good, CCS), UNEXPECTED_MESSAGE),
        ("an alert in the ClientHello", split(&good, FATAL_ALERT), UNEXPECTED_MESSAGE),
        ("application data in the ClientHello", split(&good, &record(23, b"x")), UNEXPECTED_MESSAGE),
        ("content type zero", ZERO_TYPE.to_vec(), UNEXPECTED_MESSAGE),
        ("another content in change_cipher_spec", vec![20, 3, 3, 0, 1, 2], UNEXPECTED_MESSAGE),
        ("a record above the limit", [&[22, 3, 1, 0x48, 1][..], &vec![1; 18_433]].concat(), RECORD_OVERFLOW),
        (
            "TLS 1.3 without key_share",
            hello([3, 3], &[0x1301], 0, &[(43, &[2, 3, 4]), SCHEMES, GROUPS]),
            MISSING_EXTENSION,
        ),
        ("a ClientHello above the limit, in small records", small_records, DECODE_ERROR),
        ("a ClientHello that ends too early", message(1, &[3, 3, 0]), DECODE_ERROR),
        ("TLS 1.0", hello([3, 1], ECDHE_ECDSA, 0, &[GROUPS]), PROTOCOL_VERSION),
        ("TLS 1.1", hello([3, 2], ECDHE_ECDSA, 0, &[GROUPS, SCHEMES]), PROTOCOL_VERSION),
        ("SSL 3.0", hello([3, 0], &[0x002f], 0, &[]), PROTOCOL_VERSION),
        ("TLS 1.2 without signature_algorithms", hello([3, 3], ECDHE_ECDSA, 0, &[GROUPS]), HANDSHAKE_FAILURE),
        ("no common cipher suite", tls12_hello(&[0x002f], &[]), HANDSHAKE_FAILURE),
        (
            "no common group",
            hello([3, 3], ECDHE_ECDSA, 0, &[(10, &[0, 2, 0xee, 0xee]), SCHEMES]),
            HANDSHAKE_FAILURE,
        ),
        (
            "no common signature scheme",
            hello([3, 3], ECDHE_ECDSA, 0, &[GROUPS, (13, &[0, 2, 5, 3]), POINTS, EXTENDED_MASTER_SECRET]),
            HANDSHAKE_FAILURE,
        ),
        ("compression", hello([3, 3], ECDHE_ECDSA, 1, &[GROUPS, SCHEMES]), ILLEGAL_PARAMETER),
        (
            "TLS 1.3 without supported_groups",
            hello([3, 3], &[0x1301], 0, &[(43, &[2, 3, 4]), SCHEMES]),
            MISSING_EXTENSION,
        ),
    ];
    for (what, bytes, expected) in cases {
        let mut client = lab.connect();
        client.write_all(&bytes).unwrap();
        let answer = read_all(&mut client);
        assert_eq!(answer, [21, 3, 3, 0, 2, 2, expected], "{what}");
        drop(client);
        assert_failure(&mut lab, what);
    }
    echo(&mut lab.client(), b"served on");
}

#[test]
fn settings_that_exclude_a_client_get_the_alert_of_the_rfc() {
    for (what, versions, alpn, bytes, expected) in [
        ("TLS 1.2 alone", TlsVersions::Only13, &[][..], tls12_hello(ECDHE_ECDSA, &[]), PROTOCOL_VERSION),
        (
            "another application protocol",
            TlsVersions::Both,
            &["echo"],
            tls12_hello(ECDHE_ECDSA, &[(16, &[0, 3, 2, b'h', b'2'])]),
            NO_APPLICATION_PROTOCOL,
        ),
    ] {
        let mut lab = Lab::start(|config| {
            let tls = config.tls.as_mut().unwrap();
            tls.versions = versions;
            tls.alpn = alpn.iter().map(ToString::to_string).collect();
        });
        let mut client = lab.connect();
        client.write_all(&bytes).unwrap();
        assert_eq!(read_all(&mut client), [21, 3, 3, 0, 2, 2, expected], "{what}");
        assert_failure(&mut lab, what);
    }
}

/// Returns the explanation of the newest client's failure.
#[track_caller]
fn explanation(lab: &mut Lab, what: &str) -> String {
    assert_failure(lab, what);
    let newest = lab.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Problem(Problem::Tls(error)) => Some(explain_server_error(error)),
        _ => None,
    });
    newest.expect("a TLS failure")
}

/// Returns the content of a `server_name` extension (RFC 6066, section 3).
fn server_names(names: &[&str]) -> Vec<u8> {
    let entry = |name: &&str| [&[0][..], &(name.len() as u16).to_be_bytes(), name.as_bytes()].concat();
    let entries = names.iter().map(entry).collect::<Vec<_>>().concat();
    [&(entries.len() as u16).to_be_bytes()[..], &entries].concat()
}

#[test]
fn contents_of_a_client_hello_decide_the_explanation() {
    let mut lab = Lab::start(|_| {});
    let named = |names: &[&str]| tls12_hello(ECDHE_ECDSA, &[(0, &server_names(names))]);
    let only_p384 = [GROUPS, (13, &[0, 2, 5, 3]), POINTS, EXTENDED_MASTER_SECRET];
    for (what, bytes, expected) in [
        ("a port in the server name", named(&["localhost:443"]), "localhost:443"),
        ("brackets", named(&["[localhost]"]), "[localhost]"),
        ("a letter outside of ASCII", named(&["b\u{fc}cher.test"]), "b\u{fc}cher.test"),
        ("two server names", named(&["a.test", "b.test"]), "two names"),
        (
            "no common signature scheme",
            hello([3, 3], ECDHE_ECDSA, 0, &only_p384),
            "no signature algorithm that",
        ),
        ("no signature schemes", hello([3, 3], ECDHE_ECDSA, 0, &[GROUPS]), "signature_algorithms"),
        ("TLS 1.1", hello([3, 2], ECDHE_ECDSA, 0, &[GROUPS, SCHEMES]), "no TLS version in common"),
    ] {
        let mut client = lab.connect();
        client.write_all(&bytes).unwrap();
        read_all(&mut client);
        let text = explanation(&mut lab, what);
        assert!(text.contains(expected), "{what}: {text}");
    }
}

#[test]
fn a_renegotiation_is_not_explained_as_a_failed_handshake() {
    let Some(openssl) = program("openssl") else { return };
    let mut lab = Lab::start(|_| {});
    let address = lab.address.to_string();
    let mut client = Command::new(openssl)
        .args(["s_client", "-connect", &address, "-tls1_2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut keys = client.stdin.take().unwrap();
    keys.write_all(b"hi\n").unwrap();
    lab.event(|event| matches!(event.kind, EventKind::Received { .. }).then_some(()));
    // At the start of a line, s_client asks for a renegotiation.
    keys.write_all(b"R\n").unwrap();
    let text = explanation(&mut lab, "a renegotiation");
    assert!(text.contains("renegotiation"), "{text}");
    let _ = client.kill();
    client.wait().unwrap();
}

/// Sends a `ClientHello` and receives the server's answer. Returns the records that the client would send next.
fn second_flight(lab: &Lab, versions: &'static SupportedProtocolVersion) -> (TcpStream, Vec<Vec<u8>>) {
    let mut stream = lab.connect();
    let config = Arc::new(trusting(&[versions], None));
    let mut client = ClientConnection::new(config, ServerName::try_from("localhost").unwrap()).unwrap();
    client.write_tls(&mut stream).unwrap();
    while !client.wants_write() {
        assert_ne!(client.read_tls(&mut stream).unwrap(), 0);
        client.process_new_packets().unwrap();
    }
    let mut flight = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut flight).unwrap();
    }
    let mut records = Vec::new();
    while let Some(header) = flight.get(..5) {
        let rest = flight.split_off(5 + usize::from(u16::from_be_bytes([header[3], header[4]])));
        records.push(std::mem::replace(&mut flight, rest));
    }
    (stream, records)
}

/// Returns the bytes that a client sends instead of the records of its second flight.
type Change = fn(&[Vec<u8>]) -> Vec<u8>;

#[test]
fn violations_after_the_server_hello_of_tls12_get_the_alert_of_the_rfc() {
    let mut lab = Lab::start(|_| {});
    let cases: [(&str, Change, u8); 7] = [
        ("change_cipher_spec in ClientKeyExchange", |flight| split(&flight[0], CCS), UNEXPECTED_MESSAGE),
        ("change_cipher_spec before ClientKeyExchange", |_| CCS.to_vec(), UNEXPECTED_MESSAGE),
        ("Finished instead of ClientKeyExchange", |_| message(20, &[0; 12]), UNEXPECTED_MESSAGE),
        ("a second ClientHello", |_| client_hello(), UNEXPECTED_MESSAGE),
        ("application data", |_| record(23, b"x"), UNEXPECTED_MESSAGE),
        ("content type zero", |_| ZERO_TYPE.to_vec(), UNEXPECTED_MESSAGE),
        ("many empty records", |_| record(22, &[]).repeat(40), DECODE_ERROR),
    ];
    for (what, change, expected) in cases {
        let (mut stream, flight) = second_flight(&lab, &version::TLS12);
        stream.write_all(&change(&flight)).unwrap();
        assert_eq!(read_all(&mut stream), [21, 3, 3, 0, 2, 2, expected], "{what}");
        drop(stream);
        assert_failure(&mut lab, what);
    }
}

#[test]
fn an_alert_of_the_client_is_not_answered() {
    let mut lab = Lab::start(|_| {});
    let (mut stream, _) = second_flight(&lab, &version::TLS12);
    stream.write_all(FATAL_ALERT).unwrap();
    assert_eq!(read_all(&mut stream), [0; 0]);
    assert_failure(&mut lab, "an alert");
}

/// Returns how the connection ended for the client: the alert, or `None` for a FIN alone. Panics on `close_notify`.
#[track_caller]
fn end(mut client: Stream, what: &str) -> Option<AlertDescription> {
    loop {
        match client.conn.read_tls(&mut client.sock) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => panic!("{what}: {error}"),
        }
        match client.conn.process_new_packets() {
            Ok(state) => assert!(!state.peer_has_closed(), "{what}: close_notify"),
            Err(Error::AlertReceived(alert)) => return Some(alert),
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

/// Encrypts records of this type and content with the client's keys, and sends them. Returns the description of the
/// alert that the server answers; `None` for a FIN alone.
fn alert_after(client: Stream, kind: ContentType, content: &[u8], count: u64) -> Option<u8> {
    let StreamOwned { conn, mut sock } = client;
    let Some(SupportedCipherSuite::Tls13(suite)) = conn.negotiated_cipher_suite() else { panic!("TLS 1.3") };
    let secrets = conn.dangerous_extract_secrets().unwrap();
    let keys = |secrets| match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv } | ConnectionTrafficSecrets::Aes256Gcm { key, iv } => {
            (key, iv)
        }
        _ => panic!("another cipher"),
    };
    let (key, iv) = keys(secrets.tx.1);
    let mut encrypter = suite.aead_alg.encrypter(key, iv);
    for number in secrets.tx.0..secrets.tx.0 + count {
        let payload = OutboundChunks::Single(content);
        let message = OutboundPlainMessage { typ: kind, version: ProtocolVersion::TLSv1_2, payload };
        let _ = sock.write_all(&encrypter.encrypt(message, number).unwrap().encode());
    }
    let (key, iv) = keys(secrets.rx.1);
    let mut decrypter = suite.aead_alg.decrypter(key, iv);
    let mut answer = read_all(&mut sock);
    let mut rest = &mut answer[..];
    for number in secrets.rx.0.. {
        let [_, _, _, high, low, ..] = *rest else { break };
        let (record, next) = rest.split_at_mut(5 + usize::from(u16::from_be_bytes([high, low])));
        rest = next;
        let message = InboundOpaqueMessage::new(
            ContentType::ApplicationData,
            ProtocolVersion::TLSv1_2,
            &mut record[5..],
        );
        let plain = decrypter.decrypt(message, number).unwrap();
        if plain.typ == ContentType::Alert {
            return Some(plain.payload[1]);
        }
    }
    None
}

#[test]
fn violations_after_the_handshake_never_end_with_close_notify() {
    let mut lab = Lab::start(|_| {});
    let mut config = trusting(&[&version::TLS13], None);
    config.enable_secret_extraction = true;
    let config = Arc::new(config);
    // rustls queues an alert for some of these; for the others, a FIN alone is what can be sent.
    for (what, kind, content, count, expected) in [
        ("empty records", ContentType::ApplicationData, &[][..], 40, None),
        ("content type zero", ContentType::Unknown(0), &[0][..], 1, None),
        ("Finished once more", ContentType::Handshake, &[20, 0, 0, 1, 0][..], 1, Some(UNEXPECTED_MESSAGE)),
        ("change_cipher_spec", ContentType::ChangeCipherSpec, &[1][..], 1, Some(UNEXPECTED_MESSAGE)),
    ] {
        let mut client = over(lab.connect(), &config);
        // Nothing is sent yet, since AWS-LC encrypts only with numbers from 0.
        client.conn.complete_io(&mut client.sock).unwrap();
        assert_eq!(alert_after(client, kind, content, count), expected, "{what}");
        assert_failure(&mut lab, what);
    }
    let mut client = over(lab.connect(), &config);
    client.conn.complete_io(&mut client.sock).unwrap();
    for _ in 0..40 {
        client.conn.refresh_traffic_keys().unwrap();
        client.conn.write_tls(&mut client.sock).unwrap();
    }
    assert_eq!(end(client, "KeyUpdates in a row"), None);
    assert_failure(&mut lab, "KeyUpdates in a row");
    for versions in [&version::TLS12, &version::TLS13] {
        let config = Arc::new(trusting(&[versions], None));
        let mut client = over(lab.connect(), &config);
        echo(&mut client, b"good so far");
        client.sock.write_all(ZERO_TYPE).unwrap();
        assert!(end(client, "content type zero").is_some());
        assert_failure(&mut lab, "content type zero");
    }
}

#[test]
fn stop_and_disconnect_send_close_notify() {
    for mode in Mode::ALL {
        for versions in [&version::TLS12, &version::TLS13] {
            let lab = Lab::start(|config| config.mode = mode);
            let mut client = over(lab.connect(), &Arc::new(trusting(&[versions], None)));
            echo(&mut client, b"x");
            if mode == Mode::Threads {
                lab.server.disconnect(ClientId(1));
                assert_eq!(client.read(&mut [0]).unwrap(), 0, "{versions:?}, Disconnect");
                client = over(lab.connect(), &Arc::new(trusting(&[versions], None)));
                echo(&mut client, b"x");
            }
            let took = lab.stop();
            assert!(took < Duration::from_millis(500), "{mode:?}: stop took {took:?}");
            // rustls reports an end without close_notify as an error.
            assert_eq!(client.read(&mut [0]).unwrap(), 0, "{mode:?}, {versions:?}");
        }
    }
}

/// Echoes and then sends without reading, so that the server blocks in `send`.
fn never_reading(lab: &Lab) -> Stream {
    let mut client = lab.client();
    echo(&mut client, b"x");
    client.conn.set_buffer_limit(None);
    client.conn.writer().write_all(&vec![b'x'; 32 << 20]).unwrap();
    client.sock.set_nonblocking(true).unwrap();
    let mut full = 0;
    while full < 200 {
        if client.conn.write_tls(&mut client.sock).is_ok() {
            full = 0;
        } else {
            full += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    client
}

#[test]
fn stop_does_not_wait_for_a_tls_client_that_never_reads() {
    for mode in Mode::ALL {
        let lab = Lab::start(|config| config.mode = mode);
        let client = never_reading(&lab);
        let took = lab.stop();
        assert!(took < Duration::from_millis(500), "{mode:?}: stop took {took:?}");
        drop(client);
    }
}

#[test]
fn the_idle_timeout_counts_once_for_a_tls_client_that_never_reads() {
    let idle = Duration::from_secs(2);
    let mut lab = Lab::start(|config| config.idle_timeout = Some(idle));
    let client = never_reading(&lab);
    let start = Instant::now();
    assert_eq!(lab.closed(1), CloseReason::Idle);
    let took = start.elapsed();
    // Sending `close_notify` would wait for another two seconds.
    assert!(took < idle + idle / 2, "closed after {took:?}");
    drop(client);
}
