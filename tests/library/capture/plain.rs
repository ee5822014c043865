//! Plain connections: every chunk, and who ended it how.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use echoscope::capture::sequence::words;
use echoscope::capture::{Ending, Side, What};
use echoscope::server::client_id::ClientId;

use crate::capture::lab::{Lab, Proxy, capture_until, echo, labels, ladder, marks, wire_bytes};
use crate::support::can_reset;

#[test]
fn a_conversation_gives_exactly_its_marks() {
    let lab = Lab::plain(|_| {});
    let mut client = lab.running.connect();
    for data in [b"one".as_slice(), b"four", b"x"] {
        echo(&mut client, data);
    }
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let capture = lab.closed(1);
    let found = marks(&capture);
    let expected = [
        (Side::Client, What::Accepted, 0, None),
        (Side::Client, What::Chunk, 3, None),
        (Side::Server, What::Chunk, 3, Some(1)),
        (Side::Client, What::Chunk, 4, None),
        (Side::Server, What::Chunk, 4, Some(3)),
        (Side::Client, What::Chunk, 1, None),
        (Side::Server, What::Chunk, 1, Some(5)),
        (Side::Client, What::Fin, 0, None),
        (Side::Server, What::Fin, 0, None),
        (Side::Server, What::Closed(Ending::EndOfStream), 0, None),
    ];
    let seen = found.iter().map(|mark| (mark.side, mark.what, mark.len, mark.link)).collect::<Vec<_>>();
    assert_eq!(seen, expected);
    assert!(found.iter().enumerate().all(|(index, mark)| mark.index as usize == index));
    assert!(found.is_sorted_by_key(|mark| mark.at) && found[0].at == Duration::ZERO);
    for index in [1, 2] {
        assert_eq!(capture.bytes(&found[index]), b"one");
    }
    let verdict = ladder(&capture).verdict().unwrap();
    assert!(verdict.starts_with("The client closed first: after "), "{verdict}");
    assert!(verdict.contains("(FIN). The server closed its side after "), "{verdict}");
}

#[test]
fn the_bytes_are_those_that_a_proxy_sees() {
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
    let (up, down) = proxy.heard();
    assert!(wire_bytes(&capture, Side::Client) == up && up == data);
    assert!(wire_bytes(&capture, Side::Server) == down && down == data);
}

#[test]
fn a_reset_is_told_from_a_close() {
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
    assert_eq!(marks(&capture).last().unwrap().what, What::Closed(Ending::Lost));
    assert!(ladder(&capture).verdict().unwrap().starts_with("The client broke the connection off after"));
}

#[test]
fn a_server_that_ends_it_closes_first() {
    let lab = Lab::plain(|_| {});
    let (mut first, mut second) = (lab.running.connect(), lab.running.connect());
    echo(&mut first, b"x");
    echo(&mut second, b"y");
    for id in [1, 2] {
        // The byte is back before the server has noted that it sent it.
        capture_until(&lab, id, |marks| marks.len() == 3);
    }
    lab.running.server.disconnect(ClientId(1));
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    lab.running.stop();
    for (id, ending, words) in
        [(1, Ending::Disconnected, "Disconnect was pressed"), (2, Ending::Stopped, "it was stopped")]
    {
        let capture = lab.closed(id);
        assert_eq!(labels(&capture), ["> connect", "> 1 byte", "< 1 byte", "< FIN", ". closed"]);
        assert_eq!(marks(&capture).last().unwrap().what, What::Closed(ending));
        let verdict = ladder(&capture).verdict().unwrap();
        assert!(
            verdict.starts_with("The server closed first, after ") && verdict.contains(words),
            "{verdict}"
        );
    }
}

#[test]
fn an_open_connection_is_read_bit_by_bit() {
    let lab = Lab::plain(|_| {});
    let mut client = lab.running.connect();
    echo(&mut client, b"Hello\n");
    let capture = capture_until(&lab, 1, |marks| marks.len() == 3);
    let mut rows = ladder(&capture);
    assert_eq!((rows.rows().len(), rows.verdict(), capture.is_closed()), (3, None, false));
    assert_eq!(words::detail(&rows.rows()[1], &capture, 40), r"b'Hello\n'");
    echo(&mut client, b"more");
    capture_until(&lab, 1, |marks| marks.len() == 5);
    rows.update(&capture);
    assert_eq!(rows.rows().len(), 5);
    let (mut one, mut rest) = (Vec::new(), Vec::new());
    assert_eq!((capture.read(3, 1, &mut one), capture.read(4, 100, &mut rest)), (1, 1));
    assert_eq!((one[0].index, rest[0].index, capture.read(5, 100, &mut rest)), (3, 4, 0));
}

#[test]
fn nothing_is_captured_unasked() {
    let lab = Lab::plain(|config| config.capture = false);
    echo(&mut lab.running.connect(), b"x");
    assert!(lab.running.server.captures().is_empty() && lab.running.server.capture(ClientId(1)).is_none());
}
