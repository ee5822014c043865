//! Connecting: what stands in its way is explained, and it can be cancelled at any time.

use std::net::TcpListener;

use echoscope::client::client_error::Stage;
use echoscope::client::client_event::{ClientEventKind, CloseCause, CloseMode};
use echoscope::client::client_status::ClientState;
use echoscope::client::connection_config::ConnectionConfig;
use echoscope::tls::options::{TlsChoices, Trust};

use crate::client::watched::Watched;
use crate::support::running::Running;

#[test]
fn nobody_there_is_told_with_what_to_do() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut client = Watched::connect(ConnectionConfig::plain("127.0.0.1", address.port()));
    let failure = client.failed();
    assert_eq!(failure.stage(), Stage::Connecting);
    assert!(failure.to_string().contains("Start the server first"), "{failure:?}");
    assert!(failure.raw().contains(&address.to_string()), "{failure:?}");
    assert_eq!(client.client.status().state, ClientState::Closed);
}

#[test]
fn localhost_is_tried_on_both_of_its_addresses() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return eprintln!("skipped: this machine has no IPv6");
    };
    let port = listener.local_addr().unwrap().port();
    let mut client = Watched::connect(ConnectionConfig::plain("localhost", port));
    client.until_open();
    assert!(client.client.status().peer.unwrap().is_ipv6());
    let addresses = client.event("addresses", |kind| match kind {
        ClientEventKind::Connecting(addresses) => Some(addresses.len()),
        _ => None,
    });
    assert_eq!(addresses, 2);
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    // RFC 6761, section 6.4: never a real name, and no resolver asks for it.
    let mut client = Watched::connect(ConnectionConfig::plain("nobody.invalid", 1));
    let failure = client.failed();
    assert_eq!(failure.stage(), Stage::Preparing);
    assert!(failure.to_string().contains("nobody.invalid"), "{failure:?}");
}

#[test]
fn a_handshake_can_be_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for how in CloseMode::ALL {
        let tls = Some(TlsChoices::new(Trust::Nothing));
        let mut client =
            Watched::connect(ConnectionConfig { tls, ..ConnectionConfig::plain("127.0.0.1", port) });
        client.until("handshake", |client| {
            (client.client.status().state == ClientState::Handshake).then_some(())
        });
        assert!(client.client.send(echoscope::client::connection_config::Payload::Bytes(vec![1])).is_err());
        client.client.close(how);
        assert_eq!(client.closed().cause, CloseCause::Cancelled, "{how:?}");
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
