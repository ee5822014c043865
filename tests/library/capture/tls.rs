//! Captured TLS connections: compares the records with the bytes that a proxy forwarded, and checks each payload.

use std::io::Write;
use std::process::{Command, Stdio};

use echoscope::capture::sequence::{HeaderField, header_fields};
use echoscope::capture::{Capture, Side};
use echoscope::settings::ClientAuth;
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::version::{TLS12, TLS13};

use crate::capture::lab::{Lab, Proxy, close_tls, echo, labels, over_tls, plain_bytes, provider, wire_bytes};
use crate::support::{Guarded, Lines, program};

/// Checks that both directions of a capture are the bytes that the proxy forwarded.
fn assert_same_bytes(capture: &Capture, (up, down): (Vec<u8>, Vec<u8>)) {
    assert!(wire_bytes(capture, Side::Client) == up, "the client's bytes differ");
    assert!(wire_bytes(capture, Side::Server) == down, "the server's bytes differ");
}

const HELLO_13: [&str; 4] = ["> connect", "> ClientHello", "< ServerHello", "< Change cipher spec"];

#[test]
fn tls_1_3_connection_gives_exactly_its_events() {
    let lab = Lab::tls(ClientAuth::None);
    let proxy = Proxy::before(lab.running.address);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), proxy.connect());
    echo(&mut client, b"over TLS");
    close_tls(client);
    let capture = lab.closed(1);
    assert_same_bytes(&capture, proxy.bytes());
    let flight =
        "< Application data (encrypted: EncryptedExtensions, Certificate, CertificateVerify, Finished)";
    let rest = [
        flight,
        "> Change cipher spec",
        "> Application data (encrypted: Finished)",
        "< Application data (encrypted: NewSessionTicket)",
        "> Application data (encrypted: 8 bytes)",
        ". 8 bytes",
        ". 8 bytes",
        "< Application data (encrypted: 8 bytes)",
        "> Application data (encrypted: close_notify)",
        "< Application data (encrypted: close_notify)",
        "< FIN",
        "> FIN",
        ". closed",
    ];
    assert_eq!(labels(&capture), [&HELLO_13[..], &rest[..]].concat());
    let sequence = crate::capture::lab::sequence(&capture);
    let partners = |index: usize| sequence.rows()[index].partners.clone();
    assert_eq!(
        (partners(8), partners(9), partners(10), partners(11)),
        (vec![9], vec![8], vec![11], vec![10])
    );
    assert!(sequence.close_summary().unwrap().contains("it sent close_notify"));
}

#[test]
fn tls_1_2_connection_gives_exactly_its_events() {
    let lab = Lab::tls(ClientAuth::None);
    let proxy = Proxy::before(lab.running.address);
    let mut client = over_tls(&lab.client(provider(), &[&TLS12], false), proxy.connect());
    echo(&mut client, b"over TLS");
    close_tls(client);
    let capture = lab.closed(1);
    assert_same_bytes(&capture, proxy.bytes());
    let expected = [
        "> connect",
        "> ClientHello",
        "< ServerHello, Certificate, ServerKeyExchange, ServerHelloDone",
        "> ClientKeyExchange",
        "> Change cipher spec",
        "> Handshake (encrypted: Finished)",
        "< NewSessionTicket",
        "< Change cipher spec",
        "< Handshake (encrypted: Finished)",
        "> Application data (encrypted: 8 bytes)",
        ". 8 bytes",
        ". 8 bytes",
        "< Application data (encrypted: 8 bytes)",
        "> Alert (encrypted: close_notify)",
        "< Alert (encrypted: close_notify)",
        "< FIN",
        "> FIN",
        ". closed",
    ];
    assert_eq!(labels(&capture), expected);
}

#[test]
fn large_data_is_linked_to_each_record() {
    for version in [&TLS12, &TLS13] {
        let lab = Lab::start(|config| config.recv_size = 50_000);
        let proxy = Proxy::before(lab.running.address);
        let mut client = over_tls(&lab.client(provider(), &[version], false), proxy.connect());
        let data = (0..200_000_u32).map(|n| (n % 253) as u8).collect::<Vec<_>>();
        for part in data.chunks(40_000) {
            echo(&mut client, part);
        }
        close_tls(client);
        let capture = lab.closed(1);
        assert_same_bytes(&capture, proxy.bytes());
        for side in [Side::Client, Side::Server] {
            let (plain, carried) = plain_bytes(&capture, side);
            assert!(plain == data && carried == data.len(), "{side:?}: {carried}");
        }
    }
}

#[test]
fn client_certificate_is_in_the_flights() {
    for (version, shows, expected) in [
        (&TLS13, true, "> Application data (encrypted: Certificate, CertificateVerify, Finished)"),
        (&TLS13, false, "> Application data (encrypted: Certificate, Finished)"),
        (&TLS12, true, "> Handshake (encrypted: Finished)"),
        (&TLS12, false, "> Handshake (encrypted: Finished)"),
    ] {
        let lab = Lab::tls(ClientAuth::Optional);
        let mut client = over_tls(&lab.client(provider(), &[version], shows), lab.running.connect());
        echo(&mut client, b"x");
        close_tls(client);
        let labels = labels(&lab.closed(1));
        let has = |wanted: &str| labels.iter().any(|label| label == wanted);
        assert!(has(expected), "{expected}: {labels:#?}");
        if *version == TLS13 {
            let names = "EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify, Finished";
            assert!(has(&format!("< Application data (encrypted: {names})")), "{labels:#?}");
        } else {
            let names = "ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone";
            assert!(has(&format!("< {names}")), "{labels:#?}");
            assert_eq!(labels.iter().any(|label| label.contains("CertificateVerify")), shows, "{labels:#?}");
        }
    }
}

#[test]
fn resumed_handshake_has_no_certificate() {
    for (version, expected) in [
        (&TLS13, "< Application data (encrypted: EncryptedExtensions, Finished)"),
        (&TLS12, "< Handshake (encrypted: Finished)"),
    ] {
        let lab = Lab::tls(ClientAuth::None);
        let config = lab.client(provider(), &[version], false);
        for _ in 0..2 {
            let mut client = over_tls(&config, lab.running.connect());
            echo(&mut client, b"x");
            close_tls(client);
        }
        let labels = labels(&lab.closed(2));
        assert!(labels.iter().any(|label| label == expected), "{labels:#?}");
        assert!(!labels.iter().any(|label| label.contains("Certificate")), "{labels:#?}");
    }
}

#[test]
fn client_hello_without_supported_key_share_gets_hello_retry_request() {
    let lab = Lab::tls(ClientAuth::None);
    let mut provider = provider();
    provider.kx_groups = vec![kx_group::MLKEM768, kx_group::X25519];
    let mut client = over_tls(&lab.client(provider, &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"x");
    close_tls(client);
    let expected = [
        "> connect",
        "> ClientHello",
        "< HelloRetryRequest",
        "< Change cipher spec",
        "> Change cipher spec",
        "> ClientHello",
        "< ServerHello",
        "< Application data (encrypted: EncryptedExtensions, Certificate, CertificateVerify, Finished)",
        "> Application data (encrypted: Finished)",
    ];
    assert_eq!(labels(&lab.closed(1))[..expected.len()], expected);
}

#[test]
fn flight_of_several_records_is_labeled_as_parts() {
    let names = (0..1500).map(|number| format!("host-{number}.example.org"));
    let lab = Lab::named([vec!["localhost".to_owned()], names.collect()].concat(), |_| {});
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"x");
    close_tls(client);
    let labels_13 = labels(&lab.closed(1));
    let flight = labels_13[4..].iter().take_while(|label| label.starts_with('<')).collect::<Vec<_>>();
    assert!(flight.len() > 2, "{labels_13:#?}");
    let some = "some of EncryptedExtensions, Certificate, CertificateVerify, Finished";
    let some = format!("< Application data (encrypted: {some})");
    assert!(flight.iter().all(|label| **label == some), "{flight:#?}");
    let mut client = over_tls(&lab.client(provider(), &[&TLS12], false), lab.running.connect());
    echo(&mut client, b"x");
    close_tls(client);
    let labels_12 = labels(&lab.closed(2));
    assert_eq!(labels_12[2], "< ServerHello, Certificate");
    assert!(labels_12[3].starts_with("< Handshake, continued"), "{labels_12:#?}");
}

#[test]
fn header_fields_have_their_position_in_the_bytes() {
    let lab = Lab::tls(ClientAuth::None);
    let mut client = over_tls(&lab.client(provider(), &[&TLS12], false), lab.running.connect());
    echo(&mut client, b"x");
    close_tls(client);
    let capture = lab.closed(1);
    let sequence = crate::capture::lab::sequence(&capture);
    let position = |field: &HeaderField| (field.name, field.range.clone());
    let flight = &sequence.rows()[2];
    let fields = header_fields(flight);
    assert_eq!(fields[0].value, "22 handshake");
    let headers = [("Type", 0..1), ("Version", 1..3), ("Length", 3..5)];
    assert_eq!(fields[..3].iter().map(position).collect::<Vec<_>>(), headers);
    assert_eq!(
        [position(&fields[3]), position(&fields[4])],
        [("Message type", 5..6), ("Message length", 6..9)]
    );
    let types = fields.iter().filter(|field| field.name == "Message type").map(|field| field.value.as_str());
    let expected = ["2 ServerHello", "11 Certificate", "12 ServerKeyExchange", "14 ServerHelloDone"];
    assert_eq!(types.collect::<Vec<_>>(), expected);
    // The last message is empty, so the record ends with its header.
    assert_eq!(fields.last().unwrap().range.end, flight.event.bytes.len());
    let data = &sequence.rows()[9];
    let content = ("Encrypted", 5..data.event.bytes.len());
    let expected = headers.into_iter().chain([content]).collect::<Vec<_>>();
    assert_eq!(header_fields(data).iter().map(position).collect::<Vec<_>>(), expected);
}

#[test]
fn key_update_is_recognized() {
    let lab = Lab::tls(ClientAuth::None);
    let proxy = Proxy::before(lab.running.address);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), proxy.connect());
    echo(&mut client, b"x");
    client.conn.refresh_traffic_keys().unwrap();
    // A KeyUpdate message has as many bytes, so the length alone doesn't distinguish them.
    echo(&mut client, b"12345");
    close_tls(client);
    let capture = lab.closed(1);
    assert_same_bytes(&capture, proxy.bytes());
    let labels = labels(&capture);
    let at = labels.iter().position(|label| label.contains("KeyUpdate")).unwrap();
    let expected = [
        "> Application data (encrypted: KeyUpdate or padding)",
        "> Application data (encrypted: 5 bytes)",
        ". 5 bytes",
        ". 5 bytes",
        "< Application data (encrypted: KeyUpdate)",
        "< Application data (encrypted: 5 bytes)",
    ];
    assert_eq!(labels[at..at + expected.len()], expected);
}

#[test]
fn openssl_connection_is_captured_to_the_byte() {
    let Some(openssl) = program("openssl") else { return };
    for (version, auth) in [
        ("-tls1_2", ClientAuth::None),
        ("-tls1_3", ClientAuth::None),
        ("-tls1_2", ClientAuth::Required),
        ("-tls1_3", ClientAuth::Required),
    ] {
        let lab = Lab::tls(auth);
        let proxy = Proxy::before(lab.running.address);
        let mut child = Command::new(&openssl)
            .args(["s_client", "-connect", &proxy.address.to_string(), "-servername", "localhost", "-quiet"])
            .args(["-CAfile", "server.crt", "-cert", "server.crt", "-key", "server.key", version])
            .current_dir(lab.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let mut child = Guarded(child);
        input.write_all(b"Hello\n").unwrap();
        out.wait_until(|line| line.ends_with("Hello"));
        let _ = child.0.kill();
        let _ = child.0.wait();
        let capture = lab.closed(1);
        assert_same_bytes(&capture, proxy.bytes());
        let labels = labels(&capture);
        assert!(labels.iter().any(|label| label == "> Application data (encrypted: 6 bytes)"), "{labels:#?}");
        let finished = if version == "-tls1_3" {
            "> Application data (encrypted: Finished)"
        } else {
            "> Handshake (encrypted: Finished)"
        };
        assert!(labels.iter().any(|label| label == finished), "{labels:#?}");
        if (version, auth) == ("-tls1_3", ClientAuth::Required) {
            // openssl sends each message in a record of its own.
            let some = "> Application data (encrypted: some of Certificate, CertificateVerify, Finished)";
            assert_eq!(labels.iter().filter(|label| *label == some).count(), 2, "{labels:#?}");
        }
        for side in [Side::Client, Side::Server] {
            assert_eq!(plain_bytes(&capture, side), (b"Hello\n".to_vec(), 6));
        }
    }
}
