//! How much of a connection a capture stores, and that everything else is counted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use echoscope::capture::sequence::row_text;
use echoscope::capture::{Capture, CaptureEventKind, Captures, FIRST_BYTES, MAX_BYTES, MAX_EVENTS, Side};
use echoscope::server::event::{ClientId, ClientInfo, CloseReason};

use crate::capture::lab::{Lab, echo, events, sequence};

/// The address of a server that doesn't run.
const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 12345);

fn open(captures: &Captures, id: u64) -> Arc<Capture> {
    let client = ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 4711)) };
    captures.open(client, SERVER, false, Instant::now())
}

fn is_close(kind: &CaptureEventKind) -> bool {
    matches!(kind, CaptureEventKind::Closed(_))
}

#[test]
fn events_beyond_the_maximum_are_counted_and_the_end_is_stored() {
    let lab = Lab::plain(|config| config.recv_size = 1);
    let mut client = lab.running.connect();
    let data = vec![b'x'; 100_000];
    echo(&mut client, &data);
    drop(client);
    let capture = lab.closed(1);
    let info = capture.info();
    // The events are: accepted, two for each byte, FIN received, FIN sent, closed.
    assert_eq!(info.events as u64 + info.not_stored, 1 + 2 * 100_000 + 3);
    assert_eq!(info.events, MAX_EVENTS + 3);
    let sequence = sequence(&capture);
    let last = sequence.rows().len() - 1;
    assert!(is_close(&sequence.rows()[last].event.kind));
    assert!(
        row_text::end_text(&sequence).unwrap().starts_with("68,929 more events not stored before the end. ")
    );
    for scale in [0.0, 1000.0] {
        let positions = (0..=last).map(|row| sequence.position(row, scale)).collect::<Vec<_>>();
        assert!(positions.windows(2).all(|pair| pair[1] - pair[0] >= 1.0 - 1e-9), "no rows overlap");
        assert_eq!(sequence.row_at(positions[1000], scale), 1000);
        assert_eq!(sequence.row_at(f64::MAX, scale), last + 1);
    }
}

#[test]
fn first_mebibyte_is_kept_whole_and_then_only_the_start_of_each_event() {
    let captures = Captures::default();
    let capture = open(&captures, 1);
    let chunk = vec![7; 10_000];
    for _ in 0..200 {
        capture.record(Side::Client, CaptureEventKind::Plaintext, &chunk, None);
    }
    let events = events(&capture);
    let whole = events.iter().filter(|event| event.bytes.len() == 10_000).count();
    assert_eq!(whole, MAX_BYTES / 10_000);
    assert!(
        events[whole + 1..].iter().all(|event| event.bytes[..] == [7; FIRST_BYTES] && event.len == 10_000)
    );
}

#[test]
fn oldest_closed_captures_are_evicted_first_and_counted() {
    let captures = Captures::new(1 << 20, 3);
    let held = open(&captures, 1);
    held.record(Side::Client, CaptureEventKind::Plaintext, b"still here", None);
    let running = open(&captures, 2);
    for id in 3..=6 {
        open(&captures, id).close(CloseReason::EndOfStream);
    }
    held.close(CloseReason::EndOfStream);
    let ids = || captures.list().iter().map(|info| info.client.id.0).collect::<Vec<_>>();
    assert_eq!((ids(), captures.evicted()), (vec![1, 2, 5, 6], 2));
    let large = vec![1; 300_000];
    for _ in 0..3 {
        running.record(Side::Client, CaptureEventKind::Plaintext, &large, None);
    }
    assert!(captures.used() <= 1 << 20, "{}", captures.used());
    // There is no room for these events, even without the closed captures.
    for _ in 0..100_000 {
        running.record(Side::Client, CaptureEventKind::Plaintext, b"0123456789", None);
    }
    assert!(captures.used() <= 1 << 20, "{}", captures.used());
    assert_eq!((ids(), captures.evicted()), (vec![2], 5));
    let info = running.info();
    assert_eq!(info.events as u64 + info.not_stored, 1 + 3 + 100_000);
    assert_eq!(events(&held)[1].bytes[..], *b"still here", "an evicted capture can be read while it is held");
    running.close(CloseReason::EndOfStream);
    assert!(is_close(&events(&running).last().unwrap().kind));
    captures.clear();
    drop((held, running));
    assert_eq!((captures.list().len(), captures.used()), (0, 0));
}

#[test]
fn events_can_be_read_while_others_are_recorded() {
    let captures = Captures::default();
    let capture = open(&captures, 1);
    let writer = Arc::clone(&capture);
    let thread = std::thread::spawn(move || {
        for number in 0..50_000_u32 {
            writer.record(Side::Client, CaptureEventKind::Plaintext, &number.to_be_bytes(), None);
        }
        writer.close(CloseReason::EndOfStream);
    });
    let mut read = Vec::new();
    while !(capture.info().closed && read.len() == capture.info().events) {
        let from = read.len();
        capture.read(from, 1000, &mut read);
        assert!(captures.list()[0].events >= from);
    }
    thread.join().unwrap();
    assert!(read.iter().enumerate().all(|(index, event)| event.index as usize == index));
    for (number, event) in read[1..read.len() - 1].iter().enumerate().step_by(997) {
        assert_eq!(event.bytes[..], u32::try_from(number).unwrap().to_be_bytes());
    }
}

#[test]
fn idle_client_takes_less_than_a_kibibyte() {
    let captures = Captures::default();
    let all = (0..1000).map(|id| open(&captures, id)).collect::<Vec<_>>();
    assert!(captures.used() + all.len() * size_of::<Capture>() < 1000 * 1024, "{}", captures.used());
}
