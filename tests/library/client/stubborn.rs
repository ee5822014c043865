//! A server that takes nothing: sends wait honestly, and leaving works all the same.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use echoscope::client::client_event::{ClientEventKind, CloseCause, CloseMode};
use echoscope::client::client_status::ClientState;
use echoscope::client::connection_config::Payload;
use echoscope::client::echo_check::EchoVerdict;
use echoscope::client::{MAX_QUEUED, SendError};

use crate::client::watched::{Watched, read_all, server};
use crate::support::PATIENCE;

/// A connection into an accept queue from which nobody takes it.
fn taken_by_nobody() -> (TcpListener, Watched) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Watched::open(listener.local_addr().unwrap());
    (listener, client)
}

/// The same, filled to the brim.
fn stuck() -> (TcpListener, Watched) {
    let (listener, mut client) = taken_by_nobody();
    let piece = vec![b'x'; 4 << 20];
    let deadline = Instant::now() + PATIENCE;
    loop {
        match client.client.send(Payload::Bytes(piece.clone())) {
            Ok(()) => {}
            Err(SendError::QueueFull) => break,
            Err(error) => panic!("{error}"),
        }
        assert!(Instant::now() < deadline, "it takes for ever");
    }
    client.until("standstill", |client| client.client.status().blocked_since.map(drop));
    (listener, client)
}

#[test]
fn a_queue_has_its_bound_and_says_so() {
    let (_listener, client) = stuck();
    let status = client.client.status();
    assert!(status.queued <= MAX_QUEUED as u64, "{} bytes wait", status.queued);
    assert!(status.queued > 0 && status.state == ClientState::Open);
    assert!(SendError::QueueFull.to_string().contains("the server takes nothing"));
}

#[test]
fn every_way_to_leave_works_and_tells_what_was_not_sent() {
    for how in [CloseMode::Close, CloseMode::Abort, CloseMode::WithoutCloseNotify] {
        let (_listener, mut client) = stuck();
        let start = Instant::now();
        client.client.close(how);
        let closed = client.closed();
        assert_eq!(closed.cause, CloseCause::Client(how));
        assert!(closed.unsent > 0, "{closed:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{how:?} took {:?}", start.elapsed());
    }
}

#[test]
fn what_waits_can_be_forgotten() {
    let (_listener, mut client) = stuck();
    client.client.stop_sending();
    client.until("empty queue", |client| (client.client.status().queued == 0).then_some(()));
    assert_eq!(client.client.status().state, ClientState::Open);
    client.client.close(CloseMode::Abort);
    assert!(client.closed().unsent > 0);
}

#[test]
fn a_file_goes_on_to_a_server_that_returns_nothing() {
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
fn what_was_stopped_midway_leaves_the_next_sends_their_verdicts() {
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
    client.until("standstill", |client| client.client.status().blocked_since.map(drop));
    client.client.stop_sending();
    client.until("empty queue", |client| (client.client.status().queued == 0).then_some(()));
    assert!(client.note().contains("only that can come back"));
    read_on.send(()).unwrap();
    client.send(b"after");
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    assert_eq!(client.verdict(2), EchoVerdict::Exact);
    let report = client.client.status().echo;
    assert!(report.is_exact() && report.compared < 32 << 20, "{report:?}");
    client.client.close(CloseMode::Close);
    client.closed();
    thread.join().unwrap();
}

#[test]
fn an_abort_is_not_kept_waiting_by_a_million_small_sends() {
    let (address, thread) = server(|mut stream| {
        // What comes is thrown away, as fast as possible.
        let mut piece = vec![0; 64 << 10];
        while let Ok(1..) = stream.read(&mut piece) {}
    });
    let mut client = Watched::open(address);
    client.client.repeat(b"x\n".to_vec(), 1_000_000, Duration::ZERO).unwrap();
    client.event("first send", |kind| matches!(kind, ClientEventKind::Sent { .. }).then_some(()));
    client.client.close(CloseMode::Abort);
    let closed = client.closed();
    assert!(closed.sent < 400_000, "{} bytes went before it was obeyed", closed.sent);
    thread.join().unwrap();
}

#[test]
fn a_closed_connection_sends_nothing_any_more_and_says_so() {
    let (_listener, mut client) = stuck();
    client.client.repeat(b"x".to_vec(), 1000, Duration::ZERO).unwrap();
    client.client.close(CloseMode::HalfClose);
    client.until("repetition", |client| client.client.status().half_close_pending.then_some(()));
    client.client.close(CloseMode::Abort);
    assert!(client.closed().unsent > 0);
    let status = client.client.status();
    assert_eq!((status.state, status.queued, status.blocked_since), (ClientState::Closed, 0, None));
    assert_eq!((status.file, status.repeat, status.half_close_pending), (None, None, false));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 64 << 20]).unwrap();
    let (_listener, mut client) = taken_by_nobody();
    client.client.send(Payload::File(path)).unwrap();
    client.client.repeat(b"x".to_vec(), 1000, Duration::ZERO).unwrap();
    client.until("standstill", |client| client.client.status().blocked_since.map(drop));
    let status = client.client.status();
    assert!(status.file.is_some() && status.repeat.is_some());
    client.client.close(CloseMode::Abort);
    client.closed();
    let status = client.client.status();
    assert_eq!((status.file, status.repeat, status.blocked_since, status.queued), (None, None, None, 0));
}
