//! Thousands of clients begin a TLS handshake and don't continue it; another client is served.
//!
//! Each half-open handshake counts toward the client limit (1,000 by default) until its deadline, so that such clients
//! can't use up the computer's threads. Clients beyond the limit wait in the accept queue, which the log reports.

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

/// At the client limit, another client waits for one deadline only, because all deadlines pass at the same time.
#[test]
fn half_open_handshakes_at_the_limit_end_at_their_deadline() {
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
