//! Clients that begin a TLS handshake and leave it there, by the thousand; and one that means it.
//!
//! Each of them holds a place until its handshake's deadline. The limit of clients (1,000 unless changed) counts them:
//! it is there so that they can't take every thread of the computer. Beyond it the next ones wait in the accept queue,
//! and that is told.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use echoscope::server::event::{CloseReason, EventKind, Problem};
use rustls::ClientConfig;

use super::tls::{Lab, client_hello, over, trusting};
use super::{echo, watch};
use crate::support::running::wait_for;
use crate::support::{Identity, Server};

const HALF_OPEN: usize = 2000;

/// The quickest of a few: from connect to the first echo.
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
fn two_thousand_half_open_handshakes_hold_nobody_up() {
    if watch::allow_descriptors(HALF_OPEN + 500).is_none() {
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
            // Every other one says nothing at all.
            let said = if number % 2 == 0 { &hello[..hello.len() / 2] } else { &[] };
            std::io::Write::write_all(&mut &stream, said).unwrap();
            stream
        })
        .collect::<Vec<_>>();
    // A thread each, so they are in the middle of their handshakes.
    wait_for("two thousand half-open handshakes", || watch::threads(server.pid()) >= HALF_OPEN);
    let in_the_crowd = quickest(&server, &config);
    let all_there = watch::threads(server.pid()) >= HALF_OPEN && is_open(&half_open[0]);
    println!(
        "from connect to echo: {alone:?} alone, {in_the_crowd:?} among {HALF_OPEN} half-open handshakes"
    );
    assert!(all_there, "some had gone already, {:?} after the first came", started.elapsed());
    // Handshakes one by one would have it wait for the ten seconds that each of the others has.
    assert!(in_the_crowd < 20 * alone, "{in_the_crowd:?} is much more than {alone:?}");
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    std::io::Read::read(&mut &*stream, &mut [0])
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// At the limit the good client waits: for one deadline, not for one after the other.
#[test]
fn at_the_limit_half_open_handshakes_are_told_and_give_way_at_their_deadline() {
    let deadline = Duration::from_secs(1);
    let mut lab = Lab::start(|config| {
        (config.max_clients, config.backlog, config.handshake_timeout) = (20, 100, deadline);
    });
    let start = Instant::now();
    let silent = (0..20).map(|_| lab.connect()).collect::<Vec<_>>();
    wait_for("twenty handshakes", || lab.server.counters().clients_now == 20);
    let mut good = lab.client();
    echo(&mut good, b"after one deadline");
    assert!(start.elapsed() < 10 * deadline, "they were waited for one by one: {:?}", start.elapsed());
    lab.event(|event| {
        matches!(event.kind, EventKind::Problem(Problem::MaxClients { limit: 20 })).then_some(())
    });
    assert_eq!(lab.closed(1), CloseReason::Tls);
    drop(silent);
}
