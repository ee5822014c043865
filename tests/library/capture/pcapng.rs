//! Captures that are saved as pcapng files: tshark reads the same bytes.

use std::io::Write;
use std::net::{Shutdown, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use echoscope::capture::pcapng::{SavedPackets, save};
use echoscope::capture::{Capture, CaptureEventKind, Captures, MAX_BYTES, Side};
use echoscope::server::event::{ClientId, ClientInfo, CloseReason};
use echoscope::settings::ClientAuth;
use rustls::version::{TLS12, TLS13};

use crate::capture::lab::{Lab, close_tls, echo, events, over_tls, provider};
use crate::support::tshark::{Tshark, lines};

struct Saved {
    path: PathBuf,
    counts: SavedPackets,
    _folder: tempfile::TempDir,
}

fn save_all(captures: &Captures) -> Saved {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let mut file = std::fs::File::create(&path).unwrap();
    let counts = save(&captures.all(), captures.keys(), &mut file).unwrap();
    Saved { path, counts, _folder: folder }
}

/// Opens a capture of a connection between two addresses.
fn open(captures: &Captures, id: u64, client: &str, server: &str) -> std::sync::Arc<Capture> {
    let client = ClientInfo { id: ClientId(id), peer: client.parse().unwrap() };
    captures.open(client, server.parse::<SocketAddr>().unwrap(), false, Instant::now())
}

fn plaintext(capture: &Capture, side: Side, bytes: &[u8]) {
    capture.record(side, CaptureEventKind::Plaintext, bytes, None);
}

#[test]
fn plain_connections_are_saved_with_their_ends() {
    let Some(tshark) = Tshark::plain() else { return };
    let lab = Lab::plain(|_| {});
    for data in [lines(300_000), b"Hello\n".to_vec()] {
        let mut client = lab.running.connect();
        echo(&mut client, &data);
        client.shutdown(Shutdown::Write).unwrap();
    }
    let (first, second) = (lab.closed(1), lab.closed(2));
    let Saved { path, counts: saved, _folder } = save_all(lab.running.server.captures());
    assert_eq!((saved.connections, saved.missing, saved.tls), (2, 0, 0));
    assert_eq!(tshark.problems(&path), [""; 0]);
    assert_eq!(tshark.follow(&path, 0), [lines(300_000), lines(300_000)]);
    assert_eq!(tshark.follow(&path, 1), [b"Hello\n"; 2]);
    let rows = tshark.fields(&path, "tcp", &["frame.time_epoch", "tcp.srcport", "tcp.dstport"]);
    assert_eq!(rows.len() as u64, saved.packets);
    let times: Vec<f64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let accepted = first.info().since.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((times[0] - accepted).abs() < 1e-5, "{} {accepted}", times[0]);
    assert_eq!(
        rows[0][1..],
        [first.info().client.peer.port(), lab.running.address.port()].map(|it| it.to_string())
    );
    let mut fins = tshark.fields(&path, "tcp.flags.fin == 1", &["tcp.stream", "tcp.dstport"]);
    // The first connection may end after the second one.
    fins.sort_by_key(|row| row[0].clone());
    let clients = [&first, &second].map(|capture| capture.info().client.peer.port().to_string());
    let server = lab.running.address.port().to_string();
    let expected = [["0", &server], ["0", &clients[0]], ["1", &server], ["1", &clients[1]]];
    assert_eq!(fins, expected.map(|row| row.map(str::to_owned).to_vec()));
}

#[test]
fn tls_connections_are_saved_with_their_keys_only_if_these_were_kept() {
    let Some(tshark) = Tshark::tls() else { return };
    for version in [&TLS12, &TLS13] {
        let lab = Lab::tls(ClientAuth::None);
        let config = lab.client(provider(), &[version], false);
        let captures = lab.running.server.captures();
        let data = lines(100_000);
        // Off, on, on with a resumed session, off.
        for keeps in [false, true, true] {
            captures.keys().turn(keeps);
            let mut stream = over_tls(&config, lab.running.connect());
            for part in data.chunks(10_000) {
                echo(&mut stream, part);
            }
            close_tls(stream);
        }
        lab.closed(3);
        let Saved { path, counts: saved, _folder } = save_all(captures);
        assert_eq!((saved.tls, saved.with_keys, saved.missing), (3, 2, 0), "{version:?}");
        assert_eq!(tshark.problems(&path), [""; 0]);
        let followed: Vec<_> = (0..3).map(|stream| tshark.follow(&path, stream)).collect();
        assert!(followed[0].iter().all(Vec::is_empty), "{version:?}: it can't be decrypted");
        assert!(followed[1..].iter().all(|sides| sides[0] == data && sides[1] == data), "{version:?}");
        captures.keys().turn(false);
        assert_eq!(save_all(captures).counts.with_keys, 0, "the keys are forgotten");
        captures.keys().turn(true);
        assert_eq!(save_all(captures).counts.with_keys, 0);
    }
}

#[test]
fn bytes_that_were_not_kept_are_gaps_with_a_comment() {
    let Some(tshark) = Tshark::plain() else { return };
    let captures = Captures::default();
    let capture = open(&captures, 1, "127.0.0.1:40000", "127.0.0.1:12345");
    plaintext(&capture, Side::Client, &lines(MAX_BYTES));
    plaintext(&capture, Side::Client, &lines(100_000));
    plaintext(&capture, Side::Server, b"answer\n");
    capture.record(Side::Client, CaptureEventKind::Fin, b"", None);
    capture.close(CloseReason::EndOfStream);
    let Saved { path, counts: saved, _folder } = save_all(&captures);
    assert_eq!(saved.missing, 100_000 - 64);
    let comments = tshark.fields(&path, "frame.comment", &["tcp.seq", "tcp.dstport", "frame.comment"]);
    let fin = 1 + MAX_BYTES + 100_000;
    assert_eq!(
        comments,
        [[fin.to_string().as_str(), "12345", "99,936 bytes before this packet not recorded."]
            .map(str::to_owned)
            .to_vec()]
    );
    let [client, server] = tshark.follow(&path, 0);
    assert!(client.starts_with(&lines(MAX_BYTES)) && server == b"answer\n");
}

#[test]
fn full_capture_is_saved_with_the_number_of_missing_bytes() {
    let Some(tshark) = Tshark::plain() else { return };
    // So small that only the first events fit.
    let captures = Captures::new(4096, 8);
    let capture = open(&captures, 1, "127.0.0.1:40000", "127.0.0.1:12345");
    for _ in 0..100 {
        plaintext(&capture, Side::Client, &[b'x'; 100]);
        plaintext(&capture, Side::Server, &[b'x'; 100]);
    }
    capture.close(CloseReason::EndOfStream);
    let info = capture.info();
    assert!(info.not_stored > 100 && info.not_stored_bytes.iter().sum::<u64>() == info.not_stored * 100);
    let Saved { path, counts: saved, _folder } = save_all(&captures);
    assert_eq!(saved.missing, info.not_stored * 100);
    let comments = tshark.fields(&path, "frame.comment", &["tcp.seq", "frame.comment"]);
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert!(comments.iter().all(|row| row[0] == "10001"), "each side sent 10,000 bytes: {comments:?}");
}

#[test]
fn addresses_and_large_events_fit_into_packets() {
    let Some(tshark) = Tshark::plain() else { return };
    let captures = Captures::default();
    let large = lines(200_000);
    let ends = [
        ("192.0.2.1:1", "198.51.100.2:65535", "192.0.2.1", 4),
        ("[2001:db8::1]:2", "[2001:db8::2]:3", "2001:db8::1", 6),
        // A server that listens on [::] sees IPv4 clients like this; their packets are IPv4.
        ("[::ffff:192.0.2.9]:4", "[::ffff:192.0.2.8]:5", "192.0.2.9", 4),
    ];
    for (id, (client, server, ..)) in (1..).zip(ends) {
        let capture = open(&captures, id, client, server);
        plaintext(&capture, Side::Client, &large);
    }
    let Saved { path, counts: saved, _folder } = save_all(&captures);
    assert_eq!(saved.connections, 3);
    assert_eq!(tshark.problems(&path), [""; 0]);
    for (stream, (.., address, version)) in (0..).zip(ends) {
        let source = if version == 4 { "ip.src" } else { "ipv6.src" };
        let filter = format!("tcp.stream == {stream} and tcp.len > 0");
        let rows = tshark.fields(&path, &filter, &[source, "tcp.len"]);
        let expected =
            ["65495", "65495", "65495", "3515"].map(|len| vec![address.to_owned(), len.to_owned()]);
        assert_eq!(rows, expected);
        assert!(tshark.follow(&path, stream)[0] == large);
    }
}

#[test]
fn nothing_follows_a_reset_of_the_client() {
    let Some(tshark) = Tshark::tls() else { return };
    let lab = Lab::tls(ClientAuth::None);
    let config = lab.client(provider(), &[&TLS13], false);
    // The first client doesn't read, so the server is sending when the reset arrives.
    let mut client = over_tls(&config, lab.running.connect());
    client.sock.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    while client.write_all(&lines(1000)).and_then(|()| client.flush()).is_ok() {}
    socket2::SockRef::from(&client.sock).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    // The second one leaves without close_notify, and its OS answers the server's with RST.
    let mut client = over_tls(&config, lab.running.connect());
    echo(&mut client, b"Hello\n");
    drop(client);
    for id in [1, 2] {
        let capture = lab.closed(id);
        let events = events(&capture);
        let reset = events.iter().position(|event| event.kind == CaptureEventKind::Reset);
        assert!(id == 2 || reset == Some(events.len() - 2), "only the close follows: {events:?}");
    }
    let Saved { path, _folder, .. } = save_all(lab.running.server.captures());
    for stream in [0, 1] {
        let rows = tshark.fields(&path, &format!("tcp.stream == {stream}"), &["tcp.flags.reset"]);
        let resets: Vec<_> = rows.iter().map(|row| row[0] == "True" || row[0] == "1").collect();
        assert_eq!(resets.iter().position(|is_reset| *is_reset), Some(rows.len() - 1), "{resets:?}");
    }
}
