//! Thousands of clients begin a TLS handshake and don't continue it; another client is served.
//!
//! Half-open handshakes may take three quarters of the places (1,000 by default) until their deadline, so that such
//! clients can use up neither the computer's threads nor the places of others. The oldest one ends first.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use echoscope::server::event::{CloseReason, EventKind};
use echoscope::settings::Mode;
use rustls::ClientConfig;

use super::tls::{Lab, client_hello, over, trusting};
use super::{echo, watch};
use crate::support::running::wait_for;
use crate::support::{Identity, Server};

const HALF_OPEN: usize = 2000;
/// Enough open files for all tests here at once.
const DESCRIPTORS: usize = 6000;

/// Returns the shortest of several times from connect to the first echo.
fn quickest(server: &Server, config: &Arc<ClientConfig>) -> Duration {
    let once = || {
        let start = Instant::now();
        let mut client = over(server.connect(), config);
        echo(&mut client, b"a good client");
        start.elapsed()
    };
    (0..10).map(|_| once()).min().unwrap()
}

#[test]
fn half_open_handshakes_do_not_delay_other_clients() {
    if watch::allow_descriptors(DESCRIPTORS).is_none() {
        return;
    }
    let identity = Identity::new();
    let mut arguments = identity.arguments().to_vec();
    arguments.extend(["--max-clients", "3000", "--backlog", "2500", "--host", "127.0.0.1"]);
    let server = Server::start(&arguments);
    server.out.discard();
    let config = trusting(Path::new(&identity.certificate));
    let alone = quickest(&server, &config);

    let hello = client_hello();
    let started = Instant::now();
    let half_open = (0..HALF_OPEN)
        .map(|number| {
            let stream = server.connect();
            // Every second client sends nothing at all.
            let data = if number % 2 == 0 { &hello[..hello.len() / 2] } else { &[] };
            std::io::Write::write_all(&mut &stream, data).unwrap();
            stream
        })
        .collect::<Vec<_>>();
    // Each client has its own thread in the server, which is in the middle of the handshake.
    wait_for("two thousand half-open handshakes", || watch::threads(server.pid()) >= HALF_OPEN);
    let among_others = quickest(&server, &config);
    let all_there = watch::threads(server.pid()) >= HALF_OPEN && is_open(&half_open[0]);
    println!(
        "from connect to echo: {alone:?} alone, {among_others:?} among {HALF_OPEN} half-open handshakes"
    );
    assert!(all_there, "some had gone already, {:?} after the first came", started.elapsed());
    // If handshakes were done one by one, this would wait ten seconds for each of the others.
    assert!(among_others < 20 * alone, "{among_others:?} is much more than {alone:?}");
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    std::io::Read::read(&mut &*stream, &mut [0])
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// Unfinished handshakes take at most three quarters of the places, and a place at the client limit if another client
/// waits.
#[test]
fn half_open_handshakes_cannot_take_every_place() {
    for max_clients in [1, 20] {
        let mut lab = Lab::start(|config| {
            (config.max_clients, config.backlog) = (max_clients, 100);
        });
        let mut idle = Vec::new();
        for _ in 0..max_clients / 4 {
            let mut client = lab.client();
            echo(&mut client, b"idle from now on");
            idle.push(client);
        }
        let silent = (0..max_clients * 2).map(|_| lab.connect()).collect::<Vec<_>>();
        let mut good = lab.client();
        echo(&mut good, b"served before any deadline");
        let mut closed = Vec::new();
        lab.take_events();
        for event in &lab.events {
            if let (Some(client), EventKind::Closed(end)) = (event.client, &event.kind) {
                assert_eq!(end.reason, CloseReason::HandshakeLimit, "client {}", client.id);
                // So that many good clients at once aren't disconnected.
                assert!(end.lasted >= Duration::from_millis(50), "too young: {:?}", end.lasted);
                closed.push(client.id.0);
            }
        }
        assert!(closed.is_sorted() && !closed.is_empty(), "the oldest first: {closed:?}");
        for client in &mut idle {
            echo(client, b"not disconnected");
        }
        drop(silent);
    }
}

#[test]
fn handshake_of_the_only_client_is_not_cut_short() {
    let lab = Lab::start(|config| config.max_clients = 1);
    let silent = lab.connect();
    std::thread::sleep(Duration::from_millis(300));
    assert!(is_open(&silent), "no other client waits for its place");
}

/// In mode pool, unfinished handshakes can't take every thread, and clients that wait for a thread aren't disconnected.
#[test]
fn half_open_handshakes_cannot_take_every_thread_of_the_pool() {
    for pool_size in [1, 10] {
        let lab = Lab::start(|config| {
            (config.mode, config.pool_size, config.backlog) = (Mode::Pool, pool_size, 100);
        });
        let silent = (0..pool_size).map(|_| lab.connect()).collect::<Vec<_>>();
        let start = Instant::now();
        echo(&mut lab.client(), b"served long before the deadline of a handshake");
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
        drop(silent);
    }
    let mut lab = Lab::start(|config| {
        (config.mode, config.pool_size, config.max_clients, config.backlog) = (Mode::Pool, 2, 8, 100);
    });
    let busy = (0..2).map(|_| {
        let mut client = lab.client();
        echo(&mut client, b"takes a thread");
        client
    });
    let busy = busy.collect::<Vec<_>>();
    let (address, config) = (lab.address, trusting(Path::new(&lab.identity.certificate)));
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| echo(&mut over(TcpStream::connect(address).unwrap(), &config), b"in its turn"));
        }
        std::thread::sleep(Duration::from_secs(2));
        drop(busy);
    });
    lab.take_events();
    let ended = lab.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Closed(closed) if closed.reason == CloseReason::HandshakeLimit)
    });
    assert!(!ended, "a client that waited was disconnected");
}

/// Clients that send a long ClientHello and don't finish it take a limited amount of memory together.
#[test]
fn half_open_handshakes_take_limited_memory() {
    if watch::allow_descriptors(DESCRIPTORS).is_none() {
        return;
    }
    let identity = Identity::new();
    let server =
        Server::start(&[&identity.arguments()[..], &["--host", "127.0.0.1", "--backlog", "1000"]].concat());
    server.out.discard();
    echo(&mut over(server.connect(), &trusting(Path::new(&identity.certificate))), b"warm");
    let rest = watch::resident(server.pid());
    // The first 60,000 bytes of a handshake message that claims to have 65,000, in records of 16 KiB.
    let message = [&[1, 0, 0xfd, 0xe8][..], &vec![7; 60_000]].concat();
    let hello: Vec<u8> = message
        .chunks(1 << 14)
        .flat_map(|part| [&[22, 3, 1][..], &u16::try_from(part.len()).unwrap().to_be_bytes(), part].concat())
        .collect();
    let half_open = (0..1500)
        .map(|_| {
            let stream = server.connect();
            // The server may have closed it already.
            let _ = std::io::Write::write_all(&mut &stream, &hello);
            stream
        })
        .collect::<Vec<_>>();
    let mut most = 0;
    for _ in 0..10 {
        most = most.max(watch::resident(server.pid()));
        std::thread::sleep(Duration::from_millis(50));
    }
    let grown = most.saturating_sub(rest) / 1024;
    println!("{grown} MiB more than when idle");
    assert!(grown < 64, "{grown} MiB more than when idle");
    echo(&mut over(server.connect(), &trusting(Path::new(&identity.certificate))), b"served");
    drop(half_open);
}
