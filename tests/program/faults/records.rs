//! Garbage, truncated and oversized TLS records, instead of a ClientHello and after the handshake: the server sends an
//! alert where TLS requires one (RFC 8446, section 6.2), explains the failure in the log, and continues to serve.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use echoscope::server::event::{CloseReason, EventKind, Problem};
use echoscope::tls::explain::explain_server_error;
use rustls::AlertDescription;

use super::echo;
use super::tls::{Lab, client_hello};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

/// Returns a record whose header claims `length` and that contains `bytes` bytes.
fn record(kind: u8, version: [u8; 2], length: u16, bytes: usize) -> Vec<u8> {
    let mut record = vec![kind, version[0], version[1]];
    record.extend(length.to_be_bytes());
    record.extend(std::iter::repeat_n(0xA5, bytes));
    record
}

/// Asserts that the last connection ended on a TLS failure that the log explains, and that other clients are served.
#[track_caller]
fn assert_explained(lab: &mut Lab, what: &str, in_handshake: bool) {
    let number = lab.server.counters().clients_total;
    assert_eq!(lab.closed(number), CloseReason::Tls, "{what}");
    let (text, raw) = lab.event(|event| match &event.kind {
        EventKind::Problem(Problem::Tls(error))
            if event.client.is_some_and(|client| client.id.0 == number) =>
        {
            let text = explain_server_error(error);
            assert_eq!(error.in_handshake, in_handshake, "{what}: {text}");
            Some((text, error.to_string()))
        }
        EventKind::Problem(Problem::Panicked { message }) => panic!("{what}: {message}"),
        // If the first bytes aren't TLS, the log shows them instead of an error.
        EventKind::Problem(Problem::NotTls { start, .. })
            if event.client.is_some_and(|client| client.id.0 == number) =>
        {
            Some((format!("{start:?} is no TLS."), String::new()))
        }
        _ => None,
    });
    println!("{what}: {text} [{raw}]");
    assert!(text.ends_with('.') && !text.contains("::") && !text.contains('{'), "{what}: {text}");
    echo(&mut lab.client(), b"served on");
}

/// Reads everything until the server closes the connection.
fn answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn invalid_records_instead_of_a_client_hello_get_an_alert() {
    let mut lab = Lab::start(|_| {});
    let mut long_hello = client_hello();
    // The record is valid; its message claims to be 16 MiB long.
    long_hello[6..9].fill(0xFF);
    let cases = [
        ("garbage", vec![0xFF; 64], 0),
        ("an unknown type", record(99, [3, 1], 64, 64), 0),
        ("a wrong version", record(HANDSHAKE, [9, 9], 64, 64), 0),
        ("SSL 2", vec![0x80, 0x2E, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10, 1, 0, 0x80], 0),
        ("a handshake record of nothing", record(HANDSHAKE, [3, 1], 0, 0), 0),
        ("the longest length there is", record(HANDSHAKE, [3, 1], 0xFFFF, 40_000), 0),
        ("one byte more than the longest record", record(HANDSHAKE, [3, 1], 16_384 + 2049, 16_384 + 2049), 0),
        ("garbage in a good record", record(HANDSHAKE, [3, 1], 200, 200), 0),
        ("an endless message in a good record", long_hello, 0),
        ("data before the handshake", record(DATA, [3, 3], 64, 64), 0),
    ];
    for (what, bytes, alert) in cases {
        let mut client = lab.connect();
        // The server may reject it before it has read everything.
        let _ = client.write_all(&bytes);
        let answer = answer(&mut client);
        let [ALERT, 3, _, 0, 2, 2, description] = answer[..] else {
            panic!("{what}: not one fatal alert: {answer:?}");
        };
        // The expected alert 0 stands for any of the alerts that rustls may choose: unexpected_message,
        // record_overflow, illegal_parameter, decode_error or protocol_version.
        let fits =
            if alert == 0 { [10, 22, 47, 50, 70].contains(&description) } else { description == alert };
        assert!(fits, "{what}: alert {description}");
        drop(client);
        assert_explained(&mut lab, what, true);
    }
}

#[test]
fn truncated_client_hello_is_explained() {
    let mut lab = Lab::start(|_| {});
    let hello = client_hello();
    for (what, length) in
        [("in the header", 3), ("right after the header", 5), ("in the middle", hello.len() / 2)]
    {
        let mut client = lab.connect();
        client.write_all(&hello[..length]).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        // The client has closed its side, so an alert isn't required.
        answer(&mut client);
        drop(client);
        assert_explained(&mut lab, what, true);
        // The certificate was not sent yet, so the client can't have rejected it.
        let blamed = lab.events.iter().any(|event| match &event.kind {
            EventKind::Problem(Problem::Tls(error)) => explain_server_error(error).contains("certificate"),
            _ => false,
        });
        assert!(!blamed, "{what}");
    }
}

#[test]
fn invalid_records_after_the_handshake_get_an_alert() {
    let mut lab = Lab::start(|_| {});
    let cases = [
        ("data with a wrong tag", record(DATA, [3, 3], 64, 64), AlertDescription::BadRecordMac),
        ("garbage", vec![0xFF; 64], AlertDescription::DecodeError),
        ("a wrong version", record(DATA, [9, 9], 64, 64), AlertDescription::DecodeError),
        ("an unknown type", record(99, [3, 3], 64, 64), AlertDescription::DecodeError),
        ("a record of nothing", record(DATA, [3, 3], 0, 0), AlertDescription::BadRecordMac),
        ("the longest length there is", record(DATA, [3, 3], 0xFFFF, 40_000), AlertDescription::DecodeError),
        (
            "one byte more than the longest record",
            record(DATA, [3, 3], 16_384 + 2049, 16_384 + 2049),
            AlertDescription::DecodeError,
        ),
        ("a hello in the clear", client_hello(), AlertDescription::BadRecordMac),
    ];
    for (what, bytes, alert) in cases {
        let mut client = lab.client();
        echo(&mut client, b"good so far");
        let _ = client.sock.write_all(&bytes);
        // The alert is encrypted, so only a client on this connection can read it.
        let error = loop {
            match client.conn.read_tls(&mut client.sock) {
                Ok(0) => panic!("{what}: closed without an alert"),
                Ok(_) => {}
                Err(error) => panic!("{what}: {error}"),
            }
            if let Err(error) = client.conn.process_new_packets() {
                break error;
            }
        };
        println!("{what}: {error}");
        assert_eq!(error, rustls::Error::AlertReceived(alert), "{what}");
        drop(client);
        assert_explained(&mut lab, what, false);
    }
}

#[test]
fn truncated_record_after_the_handshake_is_a_missing_close_notify() {
    let mut lab = Lab::start(|_| {});
    for length in [3, 5, 20] {
        let mut client = lab.client();
        echo(&mut client, b"good so far");
        client.conn.writer().write_all(&[b'x'; 64]).unwrap();
        let mut record = Vec::new();
        client.conn.write_tls(&mut record).unwrap();
        client.sock.write_all(&record[..length]).unwrap();
        client.sock.shutdown(Shutdown::Write).unwrap();
        answer(&mut client.sock);
        drop(client);
        let number = lab.server.counters().clients_total;
        // This is like any end without close_notify: earlier data is echoed, and the log names the reason.
        assert_eq!(lab.closed(number), CloseReason::EndWithoutCloseNotify, "after {length} bytes");
        echo(&mut lab.client(), b"served on");
    }
}
