//! Connecting: failures are explained, and the attempt can be canceled at any time.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use echoscope::client::client_error::{ClientError, Stage};
use echoscope::client::client_event::{
    ClientCloseCause, ClientEventKind, ClientState, CloseMode, ConnectionOutcome,
};
use echoscope::client::{Client, ConnectionConfig};
use echoscope::tls::options::{TlsChoices, Trust};

use crate::client::watched::Watched;
use crate::support::running::{Running, wait_for};

#[test]
fn refused_connection_is_explained() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut client = Watched::connect(ConnectionConfig::plain("127.0.0.1", address.port()));
    let failure = client.failed();
    assert_eq!(failure.stage(), Stage::Connecting);
    assert!(failure.to_string().contains("Start the server first"), "{failure:?}");
    assert!(failure.raw().contains(&address.to_string()), "{failure:?}");
    assert_eq!(client.client.status().state, ClientState::Closed);
}

#[test]
fn localhost_is_tried_at_both_addresses() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return eprintln!("skipped: this machine has no IPv6");
    };
    let port = listener.local_addr().unwrap().port();
    let mut client = Watched::connect(ConnectionConfig::plain("localhost", port));
    client.wait_until_open();
    assert!(client.client.status().peer.unwrap().is_ipv6());
    let addresses = client.event("addresses", |kind| match kind {
        ClientEventKind::Connecting(addresses) => Some(addresses.len()),
        _ => None,
    });
    assert_eq!(addresses, 2);
}

#[test]
fn unknown_host_is_explained() {
    // `.invalid` is never a real name, and is never looked up on the network (RFC 6761, section 6.4).
    let mut client = Watched::connect(ConnectionConfig::plain("nobody.invalid", 1));
    let failure = client.failed();
    assert_eq!(failure.stage(), Stage::Preparing);
    assert!(failure.to_string().contains("nobody.invalid"), "{failure:?}");
}

#[test]
fn panic_of_the_clients_thread_ends_the_client_as_failed() {
    let running = Running::start(|_| {});
    let is_first = AtomicBool::new(true);
    // The wake call runs on the client's thread. Its panic represents any bug there.
    let wake = move || assert!(!is_first.swap(false, SeqCst), "a bug in a client's thread");
    let client = Client::connect(ConnectionConfig::plain("127.0.0.1", running.address.port()), wake);
    wait_for("the end of the client", || client.status().state == ClientState::Closed);
    let outcome = client.status().outcome;
    assert!(matches!(outcome, Some(ConnectionOutcome::Failed(ClientError::Panicked))), "{outcome:?}");
}

#[test]
fn handshake_can_be_canceled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for how in CloseMode::ALL {
        let tls = Some(TlsChoices::new(Trust::Nothing));
        let mut client =
            Watched::connect(ConnectionConfig { tls, ..ConnectionConfig::plain("127.0.0.1", port) });
        client.wait_until("handshake", |client| {
            (client.client.status().state == ClientState::Handshake).then_some(())
        });
        assert!(client.client.send(echoscope::client::Payload::Bytes(vec![1])).is_err());
        client.client.close(how);
        assert_eq!(client.closed().cause, ClientCloseCause::Canceled, "{how:?}");
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
