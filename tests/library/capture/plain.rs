//! Captured connections without TLS: the plaintext, and how each connection ended.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use echoscope::capture::sequence::row_text;
use echoscope::capture::{CaptureEventKind, Side};
use echoscope::server::event::{ClientId, CloseReason};

use crate::capture::lab::{Lab, Proxy, capture_until, echo, events, labels, sequence, wire_bytes};
use crate::support::can_reset;

#[test]
fn connection_gives_exactly_its_events() {
    let lab = Lab::plain(|_| {});
    let mut client = lab.running.connect();
    for data in [b"one".as_slice(), b"four", b"x"] {
        echo(&mut client, data);
    }
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let capture = lab.closed(1);
    let found = events(&capture);
    let expected = [
        (Side::Client, CaptureEventKind::Accepted, 0, None),
        (Side::Client, CaptureEventKind::Plaintext, 3, None),
        (Side::Server, CaptureEventKind::Plaintext, 3, Some(1)),
        (Side::Client, CaptureEventKind::Plaintext, 4, None),
        (Side::Server, CaptureEventKind::Plaintext, 4, Some(3)),
        (Side::Client, CaptureEventKind::Plaintext, 1, None),
        (Side::Server, CaptureEventKind::Plaintext, 1, Some(5)),
        (Side::Client, CaptureEventKind::Fin, 0, None),
        (Side::Server, CaptureEventKind::Fin, 0, None),
        (Side::Server, CaptureEventKind::Closed(CloseReason::EndOfStream), 0, None),
    ];
    let seen =
        found.iter().map(|event| (event.side, event.kind.clone(), event.len, event.link)).collect::<Vec<_>>();
    assert_eq!(seen, expected);
    assert!(found.iter().enumerate().all(|(index, event)| event.index as usize == index));
    assert!(found.is_sorted_by_key(|event| event.at) && found[0].at == Duration::ZERO);
    for index in [1, 2] {
        assert_eq!(found[index].bytes[..], *b"one");
    }
    let summary = sequence(&capture).close_summary().unwrap();
    assert!(summary.starts_with("The client closed first: after "), "{summary}");
    assert!(summary.contains("(FIN). The server closed its side after "), "{summary}");
}

#[test]
fn bytes_match_those_of_a_proxy() {
    let lab = Lab::plain(|config| config.recv_size = 1000);
    let proxy = Proxy::before(lab.running.address);
    let mut client = proxy.connect();
    let data = (0..100_000_u32).map(|n| (n % 251) as u8).collect::<Vec<_>>();
    let mut writer = client.try_clone().unwrap();
    let sent = data.clone();
    let thread = std::thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut back = Vec::new();
    client.read_to_end(&mut back).unwrap();
    thread.join().unwrap();
    let capture = lab.closed(1);
    let (up, down) = proxy.bytes();
    assert!(wire_bytes(&capture, Side::Client) == up && up == data);
    assert!(wire_bytes(&capture, Side::Server) == down && down == data);
}

#[test]
fn reset_differs_from_close() {
    if !can_reset() {
        return;
    }
    let lab = Lab::plain(|_| {});
    let mut client = lab.running.connect();
    echo(&mut client, b"x");
    socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let capture = lab.closed(1);
    assert_eq!(labels(&capture), ["> connect", "> 1 byte", "< 1 byte", "> RST", ". closed"]);
    let last = events(&capture).pop().unwrap().kind;
    assert!(matches!(last, CaptureEventKind::Closed(CloseReason::Reset)));
    assert!(sequence(&capture).close_summary().unwrap().starts_with("The client reset the connection after"));
}

#[test]
fn server_that_disconnects_closes_first() {
    let lab = Lab::plain(|_| {});
    let (mut first, mut second) = (lab.running.connect(), lab.running.connect());
    echo(&mut first, b"x");
    echo(&mut second, b"y");
    for id in [1, 2] {
        // The echo can arrive before the server has recorded that it sent it.
        capture_until(&lab, id, |events| events.len() == 3);
    }
    lab.running.server.disconnect(ClientId(1));
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    lab.running.stop();
    for (id, reason, expected) in [
        (1, CloseReason::Disconnected, "you disconnected this client"),
        (2, CloseReason::ServerStopped, "the server was stopped"),
    ] {
        let capture = lab.closed(id);
        assert_eq!(labels(&capture), ["> connect", "> 1 byte", "< 1 byte", "< FIN", ". closed"]);
        assert_eq!(events(&capture).last().unwrap().kind, CaptureEventKind::Closed(reason));
        let summary = sequence(&capture).close_summary().unwrap();
        assert!(
            summary.starts_with("The server closed first, after ") && summary.contains(expected),
            "{summary}"
        );
    }
}

#[test]
fn open_connection_is_read_in_parts() {
    let lab = Lab::plain(|_| {});
    let mut client = lab.running.connect();
    echo(&mut client, b"Hello\n");
    let capture = capture_until(&lab, 1, |events| events.len() == 3);
    let mut rows = sequence(&capture);
    assert_eq!((rows.rows().len(), rows.close_summary(), capture.info().closed), (3, None, false));
    assert_eq!(row_text::detail(&rows.rows()[1], &rows, 40), r"recv() → b'Hello\n'");
    echo(&mut client, b"more");
    capture_until(&lab, 1, |events| events.len() == 5);
    rows.update(&capture);
    assert_eq!(rows.rows().len(), 5);
    let (mut one, mut rest) = (Vec::new(), Vec::new());
    assert_eq!((capture.read(3, 1, &mut one), capture.read(4, 100, &mut rest)), (1, 1));
    assert_eq!((one[0].index, rest[0].index, capture.read(5, 100, &mut rest)), (3, 4, 0));
}

#[test]
fn nothing_is_captured_unless_enabled() {
    let lab = Lab::plain(|config| config.capture = false);
    echo(&mut lab.running.connect(), b"x");
    assert!(
        lab.running.server.captures().list().is_empty()
            && lab.running.server.captures().get(ClientId(1)).is_none()
    );
}
