//! Connecting: what stands in its way is explained, and it can be cancelled at any time.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use echoscope::client::config::{Config, TlsChoices, Trust};
use echoscope::client::event::{CloseHow, EventKind, Leave, Stage};
use echoscope::client::status::State;
use socket2::{Domain, Socket, Type};

use crate::support::running::Running;
use crate::watched::Watched;

/// A listener that accepts nobody, with its queue full, and those who fill it. Linux drops what comes next.
fn full() -> (TcpListener, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "this system's queues don't fill up");
    }
    (listener, waiting)
}

#[test]
fn nobody_there_is_told_with_what_to_do() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut client = Watched::connect(Config::plain("127.0.0.1", address.port()));
    let failure = client.failed();
    assert_eq!(failure.stage, Stage::Connecting);
    assert!(failure.text.contains("Start the server first"), "{failure:?}");
    assert!(failure.raw.contains(&address.to_string()), "{failure:?}");
    assert_eq!(client.client.status().state, State::Closed);
}

#[test]
fn localhost_is_tried_on_both_of_its_addresses() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return eprintln!("skipped: this machine has no IPv6");
    };
    let port = listener.local_addr().unwrap().port();
    let mut client = Watched::connect(Config::plain("localhost", port));
    client.until_open();
    assert!(client.client.status().peer.unwrap().is_ipv6());
    let addresses = client.event("addresses", |kind| match kind {
        EventKind::Connecting { addresses } => Some(addresses.len()),
        _ => None,
    });
    assert_eq!(addresses, 2);
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    // RFC 6761, section 6.4: never a real name, and no resolver asks for it.
    let mut client = Watched::connect(Config::plain("nobody.invalid", 1));
    let failure = client.failed();
    assert_eq!(failure.stage, Stage::Preparing);
    assert!(failure.text.contains("nobody.invalid"), "{failure:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_accept_queue_times_out_with_its_explanation() {
    let (listener, _waiting) = full();
    let port = listener.local_addr().unwrap().port();
    let timeout = Duration::from_millis(200);
    let start = Instant::now();
    let mut client =
        Watched::connect(Config { connect_timeout: timeout, ..Config::plain("localhost", port) });
    let failure = client.failed();
    assert!(start.elapsed() >= timeout);
    assert!(failure.text.contains("accept queue may be full"), "{failure:?}");
    assert!(failure.text.contains("0.2 s"), "{failure:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn connecting_can_be_cancelled() {
    let (listener, _waiting) = full();
    let port = listener.local_addr().unwrap().port();
    let mut client = Watched::connect(Config {
        connect_timeout: Duration::from_hours(1),
        ..Config::plain("127.0.0.1", port)
    });
    client.until("connecting", |client| (client.client.status().state == State::Connecting).then_some(()));
    client.client.cancel();
    assert_eq!(client.closed().how, CloseHow::Cancelled);
}

#[test]
fn a_handshake_can_be_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for how in Leave::ALL {
        let tls = Some(TlsChoices::new(Trust::Nothing));
        let mut client = Watched::connect(Config { tls, ..Config::plain("127.0.0.1", port) });
        client.until("handshake", |client| (client.client.status().state == State::Handshake).then_some(()));
        assert!(client.client.send(echoscope::client::config::Payload::Bytes(vec![1])).is_err());
        client.client.leave(how);
        assert_eq!(client.closed().how, CloseHow::Cancelled, "{how:?}");
    }
}

#[test]
fn dropping_a_client_closes_it() {
    let mut running = Running::start(|_| {});
    let mut client = Watched::open(running.address);
    client.send(b"Hello");
    client.received(5);
    drop(client);
    running.closed(1);
}
