//! Connecting: failures are explained, and the attempt can be canceled at any time.

use std::net::TcpListener;

use echoscope::client::ConnectionConfig;
use echoscope::client::client_error::Stage;
use echoscope::client::client_event::{ClientCloseCause, ClientEventKind, ClientState, CloseMode};
use echoscope::tls::options::{TlsChoices, Trust};

use crate::client::watched::Watched;
use crate::support::running::Running;

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
