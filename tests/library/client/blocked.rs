//! A server that reads nothing: the client's send queue is bounded, and every way of closing still works.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use echoscope::client::client_event::{ClientCloseCause, ClientEventKind, ClientState, CloseMode};
use echoscope::client::echo_check::EchoVerdict;
use echoscope::client::{MAX_QUEUED, Payload, SendError};

use crate::client::watched::{Watched, read_all, server};
use crate::support::PATIENCE;

/// Connects to a listener that never accepts.
fn unaccepted() -> (TcpListener, Watched) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Watched::open(listener.local_addr().unwrap());
    (listener, client)
}

/// Connects to a listener that never accepts, and sends until the queue is full.
fn blocked() -> (TcpListener, Watched) {
    let (listener, mut client) = unaccepted();
    let piece = vec![b'x'; 4 << 20];
    let deadline = Instant::now() + PATIENCE;
    loop {
        match client.client.send(Payload::Bytes(piece.clone())) {
            Ok(()) => {}
            Err(SendError::QueueFull) => break,
            Err(error) => panic!("{error}"),
        }
        assert!(Instant::now() < deadline, "the queue never fills");
    }
    client.wait_until("a blocked client", |client| client.client.status().blocked_since.map(drop));
    (listener, client)
}

#[test]
fn send_queue_is_bounded() {
    let (_listener, client) = blocked();
    let status = client.client.status();
    assert!(status.queued <= MAX_QUEUED as u64, "{} bytes wait", status.queued);
    assert!(status.queued > 0 && status.state == ClientState::Open);
    assert!(SendError::QueueFull.to_string().contains("the server isn't receiving"));
}

#[test]
fn every_close_mode_works_while_blocked_and_reports_unsent_bytes() {
    for mode in [CloseMode::Close, CloseMode::Abort] {
        let (_listener, mut client) = blocked();
        client.client.close(mode);
        let closed = client.closed();
        assert_eq!(closed.cause, ClientCloseCause::Client(mode));
        assert!(closed.unsent > 0, "{closed:?}");
    }
}

#[test]
fn send_queue_can_be_emptied() {
    let (_listener, mut client) = blocked();
    client.client.stop_sending();
    client.wait_until("empty queue", |client| (client.client.status().queued == 0).then_some(()));
    assert_eq!(client.client.status().state, ClientState::Open);
    client.client.close(CloseMode::Abort);
    assert!(client.closed().unsent > 0);
}

#[test]
fn file_is_sent_to_a_server_that_returns_nothing() {
    const SIZE: usize = 6 << 20;
    let (address, thread) = server(|mut stream| read_all(&mut stream).0.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; SIZE]).unwrap();
    let mut client = Watched::open(address);
    client.client.send(Payload::File(path)).unwrap();
    client.client.close(CloseMode::HalfClose);
    let closed = client.closed();
    assert_eq!((closed.sent, closed.received), (SIZE as u64, 0));
    assert_eq!(thread.join().unwrap(), SIZE);
}

#[test]
fn sends_after_a_stopped_one_get_their_verdicts() {
    let (read_on, may_read) = channel();
    let (address, thread) = server(move |mut stream| {
        may_read.recv().unwrap();
        let mut piece = vec![0; 64 << 10];
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            stream.write_all(&piece[..count]).unwrap();
        }
    });
    let mut client = Watched::open(address);
    client.send(&vec![b'x'; 32 << 20]);
    client.wait_until("a blocked client", |client| client.client.status().blocked_since.map(drop));
    client.client.stop_sending();
    client.wait_until("empty queue", |client| (client.client.status().queued == 0).then_some(()));
    assert!(client.note().contains("only those can be echoed"));
    // Sent before the echo floods the client's events.
    client.send(b"after");
    read_on.send(()).unwrap();
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    assert_eq!(client.verdict(2), EchoVerdict::Exact);
    let report = client.client.status().echo;
    assert!(report.is_exact() && report.compared < 32 << 20, "{report:?}");
    client.client.close(CloseMode::Close);
    client.closed();
    thread.join().unwrap();
}

#[test]
fn abort_does_not_wait_for_a_million_small_sends() {
    let (address, thread) = server(|mut stream| {
        // The server discards the data as fast as possible.
        let mut piece = vec![0; 64 << 10];
        while let Ok(1..) = stream.read(&mut piece) {}
    });
    let mut client = Watched::open(address);
    client.client.repeat(b"x\n".to_vec(), 1_000_000, Duration::ZERO).unwrap();
    client.event("first send", |kind| matches!(kind, ClientEventKind::Sent { .. }).then_some(()));
    client.client.close(CloseMode::Abort);
    let closed = client.closed();
    assert!(closed.sent < 400_000, "{} bytes were sent before the abort", closed.sent);
    thread.join().unwrap();
}

#[test]
fn closing_clears_the_progress_of_sends() {
    let (_listener, mut client) = blocked();
    client.client.repeat(b"x".to_vec(), 1000, Duration::ZERO).unwrap();
    client.client.close(CloseMode::HalfClose);
    client.wait_until("repetition", |client| client.client.status().half_close_pending.then_some(()));
    client.client.close(CloseMode::Abort);
    assert!(client.closed().unsent > 0);
    let status = client.client.status();
    assert_eq!((status.state, status.queued, status.blocked_since), (ClientState::Closed, 0, None));
    assert_eq!((status.file, status.repeat, status.half_close_pending), (None, None, false));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 64 << 20]).unwrap();
    let (_listener, mut client) = unaccepted();
    client.client.send(Payload::File(path)).unwrap();
    client.client.repeat(b"x".to_vec(), 1000, Duration::ZERO).unwrap();
    client.wait_until("a blocked client", |client| client.client.status().blocked_since.map(drop));
    let status = client.client.status();
    assert!(status.file.is_some() && status.repeat.is_some());
    client.client.close(CloseMode::Abort);
    client.closed();
    let status = client.client.status();
    assert_eq!((status.file, status.repeat, status.blocked_since, status.queued), (None, None, None, 0));
}
