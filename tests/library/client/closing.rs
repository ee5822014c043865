//! The ways in which the client closes a connection, and what the server sees of each.

use std::io::{Read, Write};
use std::sync::mpsc::channel;

use echoscope::client::client_event::{
    ClientCloseCause, ClientEventKind, ClientState, CloseMode, ConnectionOutcome, PeerEnd,
};
use echoscope::client::{Payload, SendError};
use echoscope::server::event::CloseReason;
use echoscope::tls::options::{TlsChoices, Trust};

use crate::client::tls::{config, serve};
use crate::client::watched::{Watched, read_all, server};
use crate::support::running::Running;
use crate::support::{Identity, can_reset};

/// Connects, and waits for an echo, so that both sides have done their handshakes.
fn echoed(running: &Running, tls: Option<&Identity>) -> Watched {
    let mut client = match tls {
        None => Watched::open(running.address),
        Some(identity) => {
            let trust = Trust::ThisServer(identity.certificate.clone().into());
            let mut client = Watched::connect(config(running, TlsChoices::new(trust)));
            client.wait_until_open();
            client
        }
    };
    client.send(b"Hello");
    client.received(5);
    client
}

#[test]
fn server_sees_each_close_mode_over_plain_tcp() {
    let table =
        [(CloseMode::Close, CloseReason::EndOfStream), (CloseMode::HalfClose, CloseReason::EndOfStream)];
    for (how, reason) in table {
        let mut running = Running::start(|_| {});
        let mut client = echoed(&running, None);
        client.client.close(how);
        assert_eq!(running.closed(1), reason, "{how:?}");
        let closed = client.closed();
        let expected = ClientCloseCause::Client(how);
        assert_eq!((closed.cause, closed.sent, closed.received, closed.unsent), (expected, 5, 5, 0));
    }
    let mut running = Running::start(|_| {});
    let mut client = echoed(&running, None);
    client.client.close(CloseMode::Abort);
    assert!(matches!(running.closed(1), CloseReason::Reset));
    assert_eq!(client.closed().cause, ClientCloseCause::Client(CloseMode::Abort));
    assert_eq!(client.client.status().state, ClientState::Closed);
}

#[test]
fn server_sees_each_close_mode_over_tls() {
    let identity = Identity::new();
    let table = [
        (CloseMode::Close, CloseReason::EndOfStream),
        (CloseMode::HalfClose, CloseReason::EndOfStream),
        (CloseMode::WithoutCloseNotify, CloseReason::EndWithoutCloseNotify),
    ];
    for (how, reason) in table {
        let mut running = serve(&identity, |_| {});
        let mut client = echoed(&running, Some(&identity));
        client.client.close(how);
        assert_eq!(running.closed(1), reason, "{how:?}");
        let closed = client.closed();
        let expected = ClientCloseCause::Client(how);
        assert_eq!((closed.cause, closed.sent, closed.received), (expected, 5, 5));
    }
    let mut running = serve(&identity, |_| {});
    let client = echoed(&running, Some(&identity));
    client.client.close(CloseMode::Abort);
    assert!(matches!(running.closed(1), CloseReason::Reset));
}

/// Returns the ends of both sides, and how the connection ended, in the order of their events.
fn ends(client: &Watched) -> Vec<String> {
    let text = |kind: &ClientEventKind| match kind {
        ClientEventKind::EndSent { mode, close_notify: true } => Some(format!("sent close_notify, {mode:?}")),
        ClientEventKind::EndSent { mode, close_notify: false } => Some(format!("sent FIN, {mode:?}")),
        ClientEventKind::PeerClosed(end) => Some(format!("got {end:?}")),
        ClientEventKind::Ended(ConnectionOutcome::Closed(closed)) => Some(format!("{:?}", closed.cause)),
        _ => None,
    };
    client.events.iter().filter_map(|event| text(&event.kind)).collect()
}

#[test]
fn ends_are_reported_in_the_order_in_which_they_happen() {
    let identity = Identity::new();
    let plain = || Running::start(|_| {});
    let tls = || serve(&identity, |_| {});

    let running = plain();
    let mut client = echoed(&running, None);
    client.client.close(CloseMode::HalfClose);
    client.closed();
    assert_eq!(ends(&client), ["sent FIN, HalfClose", "got Fin", "Client(HalfClose)"]);

    let running = tls();
    let mut client = echoed(&running, Some(&identity));
    client.client.close(CloseMode::HalfClose);
    client.closed();
    let expected =
        ["sent close_notify, HalfClose", "got CloseNotify", "sent FIN, Close", "Client(HalfClose)"];
    assert_eq!(ends(&client), expected);

    for (running, identity, sent) in
        [(plain(), None, "sent FIN, Close"), (tls(), Some(&identity), "sent close_notify, Close")]
    {
        let mut client = echoed(&running, identity);
        client.client.close(CloseMode::Close);
        client.closed();
        // On a very busy machine, the client may stop waiting for the server's end.
        let ends: Vec<_> = ends(&client).into_iter().filter(|end| !end.starts_with("got ")).collect();
        assert_eq!(ends, [sent, "Client(Close)"]);
        assert!(self::ends(&client)[0].starts_with("sent "), "the client's own end is first");

        let mut client = echoed(&running, identity);
        running.server.stop();
        client.closed();
        let end = if identity.is_some() { "CloseNotify" } else { "Fin" };
        assert_eq!(self::ends(&client), [format!("got {end}"), sent.to_owned(), format!("Server({end})")]);
    }
}

#[test]
fn half_close_receives_the_rest_and_sends_no_more() {
    let (go_on, may_go_on) = channel();
    let (address, thread) = server(move |mut stream| {
        let (data, end) = read_all(&mut stream);
        end.unwrap();
        may_go_on.recv().unwrap();
        stream.write_all(&data).unwrap();
    });
    let mut client = Watched::open(address);
    client.send(b"first, ");
    client.send(b"second");
    client.client.close(CloseMode::HalfClose);
    client.event("half-close", |kind| matches!(kind, ClientEventKind::EndSent { .. }).then_some(()));
    assert_eq!(client.client.send(Payload::Bytes(b"more".to_vec())), Err(SendError::HalfClosed));
    assert_eq!(client.client.status().state, ClientState::HalfClosed);
    go_on.send(()).unwrap();
    assert_eq!(client.closed().cause, ClientCloseCause::Client(CloseMode::HalfClose));
    assert_eq!(client.data(), b"first, second");
    assert!(client.client.status().echo.is_exact());
    thread.join().unwrap();
}

#[test]
fn half_close_waits_for_a_whole_file() {
    let running = Running::start(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![7; 3 << 20]).unwrap();
    let mut client = Watched::open(running.address);
    client.client.send(Payload::File(path)).unwrap();
    client.client.close(CloseMode::HalfClose);
    let closed = client.closed();
    assert_eq!((closed.sent, closed.received, closed.unsent), (3 << 20, 3 << 20, 0));
    assert!(client.client.status().echo.is_exact());
}

#[test]
fn end_by_the_server_is_reported() {
    if !can_reset() {
        return;
    }
    let (address, thread) = server(|mut stream| {
        stream.read_exact(&mut [0; 5]).unwrap();
        socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    });
    let mut client = Watched::open(address);
    client.send(b"Hello");
    assert_eq!(client.closed().cause, ClientCloseCause::Server(PeerEnd::Reset));
    thread.join().unwrap();
    let running = Running::start(|_| {});
    let mut client = echoed(&running, None);
    running.server.stop();
    assert!(matches!(client.closed().cause, ClientCloseCause::Server(_)));
}
