//! Captures of how TLS connections end: alerts, a missing `close_notify`, invalid data, and resets.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use echoscope::capture::sequence::header_fields;
use echoscope::capture::{CaptureEventKind, Side};
use echoscope::server::event::CloseReason;
use echoscope::settings::ClientAuth;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::capture::lab::{
    Lab, Proxy, capture_until, echo, events, labels, over_tls, provider, sequence, wire_bytes,
};

#[test]
fn http_is_recorded_as_raw_bytes() {
    let lab = Lab::tls(ClientAuth::None);
    let proxy = Proxy::before(lab.running.address);
    let mut client = proxy.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    client.write_all(b"what now?").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let capture = lab.closed(1);
    let labels = labels(&capture);
    assert_eq!(
        labels[..3],
        ["> connect", "> 18 bytes, no TLS record", "< Alert: unexpected_message (fatal)"]
    );
    let (up, down) = proxy.bytes();
    assert!(wire_bytes(&capture, Side::Client) == up && wire_bytes(&capture, Side::Server) == down);
    let fields = header_fields(&sequence(&capture).rows()[2]);
    let named = fields.iter().map(|field| (field.name, field.value.as_str(), field.range.clone()));
    let expected = [
        ("Type", "21 alert", 0..1),
        ("Version", "0x0303 TLS 1.2; TLS 1.3 uses it too", 1..3),
        ("Length", "2 bytes", 3..5),
        ("Level", "2 fatal; TLS 1.3 ignores it", 5..6),
        ("Description", "10 unexpected_message", 6..7),
    ];
    assert_eq!(named.collect::<Vec<_>>(), expected);
    assert!(sequence(&capture).close_summary().unwrap().starts_with("The server gave up first"));
}

#[test]
fn invalid_records_are_captured_to_the_byte() {
    let lab = Lab::tls(ClientAuth::None);
    let config = lab.client(provider(), rustls::ALL_VERSIONS, false);
    let mut hello = Vec::new();
    ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap().write_tls(&mut hello).unwrap();
    // A deterministic generator (xorshift64), so that a failure is reproducible.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for id in 1..=60 {
        let mut sent = hello.clone();
        for _ in 0..random(4) {
            let within = if random(2) == 0 { 9 } else { sent.len() };
            let at = random(within);
            sent[at] = u8::try_from(random(256)).unwrap();
        }
        let cut = random(2) * random(hello.len());
        sent.truncate(sent.len() - cut);
        sent.extend((0..random(3000)).map(|n| [23, 3, 3, 0, 30, 9][n % 6]));
        let mut client = lab.running.connect();
        // The server may close before everything is sent.
        let _ = client.write_all(&sent);
        let _ = client.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        let capture = lab.closed(id);
        assert!(wire_bytes(&capture, Side::Client) == sent, "{id}: {:#?}", labels(&capture));
        assert!(wire_bytes(&capture, Side::Server) == answer, "{id}: {:#?}", labels(&capture));
    }
}

#[test]
fn incomplete_record_is_recorded_at_the_end() {
    let lab = Lab::tls(ClientAuth::None);
    let mut client = lab.running.connect();
    client.write_all(&[22, 3, 1, 2, 0, 1, 0]).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let capture = lab.closed(1);
    let events = events(&capture);
    let raw = events.iter().find(|event| event.kind == CaptureEventKind::Raw).unwrap();
    assert_eq!(raw.bytes[..], [22, 3, 1, 2, 0, 1, 0]);
    assert_eq!(events.last().unwrap().kind, CaptureEventKind::Closed(CloseReason::Tls));
}

#[test]
fn alert_of_a_client_that_rejects_the_certificate_is_recorded() {
    for (version, expected) in
        [(&TLS13, "> Application data (encrypted: unknown_ca)"), (&TLS12, "> Alert: unknown_ca (fatal)")]
    {
        let lab = Lab::tls(ClientAuth::None);
        let config = ClientConfig::builder_with_provider(provider().into())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        assert!(over_tls(&config.into(), lab.running.connect()).write_all(b"x").is_err());
        let capture = lab.closed(1);
        let labels = labels(&capture);
        assert!(labels.iter().any(|label| label == expected), "{labels:#?}");
        let summary = sequence(&capture).close_summary().unwrap();
        assert!(
            summary.starts_with("The client gave up first") && summary.contains("unknown_ca"),
            "{summary}"
        );
    }
}

#[test]
fn missing_client_certificate_is_answered_with_an_alert() {
    let lab = Lab::tls(ClientAuth::Required);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    let _ = client.write_all(b"x");
    let _ = client.read(&mut [0]);
    drop(client);
    let labels = labels(&lab.closed(1));
    assert!(
        labels.iter().any(|label| label == "< Application data (encrypted: certificate_required)"),
        "{labels:#?}"
    );
}

#[test]
fn undecryptable_record_is_rejected_and_the_rest_not_read() {
    for version in [&TLS13, &TLS12] {
        let lab = Lab::tls(ClientAuth::None);
        let proxy = Proxy::before(lab.running.address);
        let mut client = over_tls(&lab.client(provider(), &[version], false), proxy.connect());
        echo(&mut client, b"x");
        let bad = [&[23, 3, 3, 0, 40][..], &[7; 40]].concat();
        client.sock.write_all(&[bad.clone(), bad].concat()).unwrap();
        let mut rest = Vec::new();
        client.sock.read_to_end(&mut rest).unwrap();
        client.sock.shutdown(Shutdown::Write).unwrap();
        let capture = lab.closed(1);
        let (up, down) = proxy.bytes();
        assert!(wire_bytes(&capture, Side::Client) == up && wire_bytes(&capture, Side::Server) == down);
        let labels = labels(&capture);
        let at = labels.iter().position(|label| label.ends_with("rejected")).unwrap();
        let alert = if *version == TLS13 {
            "< Application data (encrypted: bad_record_mac)"
        } else {
            "< Alert (encrypted: bad_record_mac)"
        };
        let expected = ["> Application data, rejected", alert, "> Application data, not read", "< FIN"];
        assert_eq!(labels[at..at + 4], expected, "{labels:#?}");
    }
}

#[test]
fn missing_close_notify_differs_from_reset() {
    let lab = Lab::tls(ClientAuth::None);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"x");
    client.sock.shutdown(Shutdown::Write).unwrap();
    let capture = lab.closed(1);
    assert_eq!(
        events(&capture).last().unwrap().kind,
        CaptureEventKind::Closed(CloseReason::EndWithoutCloseNotify)
    );
    let all = labels(&capture);
    let ends = ["> FIN", "< Application data (encrypted: close_notify)", "< FIN", ". closed"];
    assert_eq!(all[all.len() - 4..], ends, "{all:#?}");

    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"x");
    capture_until(&lab, 2, |events| {
        events.iter().filter(|event| event.kind == CaptureEventKind::Plaintext).count() == 2
    });
    socket2::SockRef::from(&client.sock).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let all = labels(&lab.closed(2));
    assert_eq!(all[all.len() - 2..], ["> RST", ". closed"], "{all:#?}");
}
