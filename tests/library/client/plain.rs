//! Plain TCP: the client sends bytes and files, and checks that they come back.

use std::fs;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use echoscope::client::Payload;
use echoscope::client::client_event::{ClientCloseCause, ClientEventKind, CloseMode, PeerEnd, SendOrigin};
use echoscope::client::echo_check::{Difference, EchoVerdict};

use crate::client::watched::{Watched, server};
use crate::support::running::{Running, wait_for};

#[test]
fn echo_is_exact_however_the_server_splits_it() {
    // The server echoes three bytes at a time, so each send comes back in many parts.
    let running = Running::start(|config| config.recv_size = 3);
    let mut client = Watched::open(running.address);
    for text in ["Hello\n", "Hello, world\n", "\0\u{ff}"] {
        client.send(text.as_bytes());
    }
    for send in 1..=3 {
        assert_eq!(client.verdict(send), EchoVerdict::Exact);
    }
    assert_eq!(client.data(), "Hello\nHello, world\n\0\u{ff}".as_bytes());
    let status = client.client.status();
    assert_eq!((status.sends, status.sent, status.received, status.queued), (3, 22, 22, 0));
    assert!(status.echo.is_exact());
}

#[test]
fn merged_echoes_are_separated_and_the_first_wrong_byte_is_reported() {
    let (address, thread) = server(|mut stream| {
        let mut data = [0; 9];
        stream.read_exact(&mut data).unwrap();
        data[5] = b'X';
        stream.write_all(&data).unwrap();
        stream.write_all(b"more").unwrap();
        stream.read_exact(&mut [0; 1]).unwrap();
    });
    let mut client = Watched::open(address);
    for text in ["abc", "def", "ghi"] {
        client.send(text.as_bytes());
    }
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    let wrong = Difference { offset: 2, expected: b'f', got: b'X' };
    assert_eq!(client.verdict(2), EchoVerdict::Differs(wrong));
    assert_eq!(client.verdict(3), EchoVerdict::Exact);
    client.received(13);
    let echo = client.client.status().echo;
    assert_eq!(echo.difference, Some(Difference { offset: 5, ..wrong }));
    assert_eq!((echo.compared, echo.outstanding, echo.unsolicited), (9, 0, 4));
    assert!(!echo.is_exact());
    client.send(b".");
    thread.join().unwrap();
}

#[test]
fn missing_echo_is_outstanding() {
    let (address, thread) = server(|mut stream| {
        let mut data = [0; 6];
        stream.read_exact(&mut data).unwrap();
        stream.write_all(&data[..4]).unwrap();
    });
    let mut client = Watched::open(address);
    client.send(b"abcdef");
    let closed = client.closed();
    assert!(matches!(closed.cause, ClientCloseCause::Server(PeerEnd::Fin)), "{closed:?}");
    assert_eq!((closed.sent, closed.received), (6, 4));
    assert_eq!(client.client.status().echo.outstanding, 2);
    assert!(!client.events.iter().any(|event| matches!(event.kind, ClientEventKind::Echoed(_))));
    thread.join().unwrap();
}

#[test]
fn repetition_is_counted_and_paced() {
    let running = Running::start(|_| {});
    let mut client = Watched::open(running.address);
    let (start, every) = (Instant::now(), Duration::from_millis(30));
    client.client.repeat(b"tick\n".to_vec(), 5, every).unwrap();
    for send in 1..=5 {
        assert_eq!(client.verdict(send), EchoVerdict::Exact);
    }
    assert!(start.elapsed() >= every * 4, "{:?}", start.elapsed());
    let turns = client.events.iter().filter_map(|event| match event.kind {
        ClientEventKind::Sent { from: SendOrigin::Repeated { turn, of }, .. } => Some((turn, of)),
        _ => None,
    });
    assert_eq!(turns.collect::<Vec<_>>(), [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
    let status = client.client.status();
    assert_eq!((status.sends, status.sent, status.repeat), (5, 25, None));
}

#[test]
fn repetition_admits_other_sends_and_can_be_stopped() {
    let running = Running::start(|_| {});
    let mut client = Watched::open(running.address);
    client.client.repeat(b"tick".to_vec(), 1_000_000, Duration::from_hours(1)).unwrap();
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    client.send(b"between");
    assert_eq!(client.verdict(2), EchoVerdict::Exact);
    assert!(client.client.status().repeat.is_some());
    client.client.stop_sending();
    client.send(b"after");
    assert_eq!(client.verdict(3), EchoVerdict::Exact);
    assert_eq!(client.client.status().repeat, None);
    client.client.repeat(b"x".to_vec(), 1000, Duration::ZERO).unwrap();
    client.wait_until("all repetitions", |client| {
        (client.client.status().echo.compared == 4 + 7 + 5 + 1000).then_some(())
    });
    assert!(client.client.status().echo.is_exact());
}

#[test]
fn large_file_is_streamed_and_compared_in_bounded_memory() {
    const SIZE: usize = 50 << 20;
    let running = Running::start(|config| config.recv_size = 65_536);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bin");
    let content: Vec<u8> = (0..SIZE).map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap()).collect();
    fs::write(&path, &content).unwrap();
    let mut client = Watched::open(running.address);
    client.client.send(Payload::File(path.clone())).unwrap();
    let (mut max_kept, mut has_progress) = (0, false);
    // The test doesn't drain the events meanwhile, and they must not accumulate.
    wait_for("the whole echo", || {
        let status = client.client.status();
        max_kept = max_kept.max(status.queued).max(status.echo.outstanding);
        has_progress |= status.file.is_some_and(|file| file.size == SIZE as u64 && file.path == path);
        status.echo.compared == SIZE as u64
    });
    assert!(has_progress);
    assert!(max_kept < 16 << 20, "{max_kept} bytes were kept");
    let events = client.client.drain();
    let mut shown = 0;
    let mut not_shown = 0;
    for event in &events {
        match &event.kind {
            ClientEventKind::Received { data, .. } => shown += data.len() as u64,
            ClientEventKind::NotShown { bytes, .. } => not_shown += bytes,
            _ => {}
        }
    }
    assert!(shown <= 2 << 20, "{shown} bytes were queued");
    assert_eq!(shown + not_shown, SIZE as u64);
    client.events.extend(events);
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    let status = client.client.status();
    assert!(status.echo.is_exact() && status.file.is_none(), "{status:?}");
    client.client.close(CloseMode::Close);
    assert_eq!(client.closed().sent, SIZE as u64);
}

#[test]
fn unreadable_file_is_reported_and_the_connection_stays_open() {
    let running = Running::start(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let mut client = Watched::open(running.address);
    client.client.send(Payload::File(folder.path().join("nothing"))).unwrap();
    assert!(client.note().contains("Check the path"));
    client.events.clear();
    client.client.send(Payload::File(folder.path().to_owned())).unwrap();
    assert!(client.note().contains("is a folder"));
    fs::write(folder.path().join("empty"), "").unwrap();
    client.client.send(Payload::File(folder.path().join("empty"))).unwrap();
    client.send(b"Hello");
    assert_eq!(client.verdict(2), EchoVerdict::Exact);
    assert_eq!(client.data(), b"Hello");
}

/// A file that can be opened but not read, as on a disk that was unplugged.
#[test]
#[cfg(target_os = "linux")]
fn file_whose_first_read_fails_is_reported_and_the_connection_stays_open() {
    let running = Running::start(|_| {});
    let mut client = Watched::open(running.address);
    client.client.send(Payload::File("/proc/self/mem".into())).unwrap();
    client.send(b"Hello");
    assert!(client.note().contains("/proc/self/mem can't be read: "));
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    let status = client.client.status();
    assert_eq!((status.queued, status.sent), (0, 5));
}

#[test]
fn idle_connection_never_wakes_the_reader() {
    let running = Running::start(|_| {});
    let mut client = Watched::open(running.address);
    client.send(b"Hello");
    assert_eq!(client.verdict(1), EchoVerdict::Exact);
    client.wait_until("exact echo", |client| (client.client.status().echo.is_exact()).then_some(()));
    // The absence of events can't be awaited. Late events can still arrive during the first pause.
    std::thread::sleep(Duration::from_millis(100));
    client.events.extend(client.client.drain());
    client.woken();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(client.woken(), 0);
}
