//! The calls happen one by one in the tutorial's order, and a client sees the right effect at each pause.

use std::io::Read;
use std::time::Duration;

use echoscope::server::calls::{Call, CallArgument, ClientVariables, ServerThread};
use echoscope::server::event::{ClientId, CloseReason, EventKind};
use echoscope::server::{Server, ServerState};
use echoscope::settings::Mode;

use crate::step_mode::driver::Stepped;
use crate::support::running::{Running, wait_for};

/// Returns the paused threads when client 1 is paused before `call`; the accepting thread is paused before `accept` if
/// it is another thread.
fn pauses(mode: Mode, call: Call) -> Vec<(Option<u64>, Call)> {
    let mut pauses = vec![(Some(1), call)];
    if mode != Mode::One {
        pauses.insert(0, (None, Call::Accept));
    }
    pauses
}

/// Returns the variables of the client that is paused before `call`.
fn variables(server: &Server, call: Call) -> ClientVariables {
    let paused = server.paused_threads().into_iter().find(|thread| thread.site.call == call);
    paused.expect("a client is paused there").variables
}

#[test]
fn calls_are_made_for_each_address_in_turn() {
    let stepped = Stepped::start(Mode::Threads, false, |config| config.host = "localhost".to_owned());
    for number in [1, 2] {
        for call in [Call::Socket, Call::Bind, Call::Listen] {
            stepped.wait_until(&[(None, call)]);
            let calls = stepped.server.calls();
            let CallArgument::Address { number: now, of, .. } = calls.accepting.unwrap().argument else {
                panic!("{calls:?}")
            };
            assert_eq!((now, of), (number, 2), "{}", call.label());
            let listening: Vec<bool> = calls.addresses.iter().map(|(_, listening)| *listening).collect();
            assert_eq!(listening, [number == 2, false], "{} for address {number}", call.label());
            stepped.step(None);
        }
    }
    stepped.wait_until(&[(None, Call::Accept)]);
    assert!(stepped.server.calls().addresses.iter().all(|(_, listening)| *listening));
}

#[test]
fn client_sees_the_effect_of_each_pause() {
    for mode in Mode::ALL {
        for tls in [false, true] {
            walk_through(mode, tls);
        }
    }
}

fn walk_through(mode: Mode, tls: bool) {
    let name = format!("{mode:?}, TLS {tls}");
    let mut stepped = Stepped::start(mode, tls, |_| {});
    let address = stepped.address;
    for call in [Call::Socket, Call::Bind, Call::Listen] {
        stepped.wait_until(&[(None, call)]);
        assert!(matches!(stepped.server.state(), ServerState::Starting), "{name}");
        let place = stepped.server.calls().accepting.unwrap();
        assert_eq!(
            (place.call, place.paused, place.argument),
            (call, true, CallArgument::Address { address, number: 1, of: 1 }),
            "{name}"
        );
        assert!(stepped.refuses(), "{name}: a socket listens before {}", call.label());
        stepped.step(None);
    }

    stepped.wait_until(&[(None, Call::Accept)]);
    assert!(matches!(stepped.server.state(), ServerState::Listening { .. }), "{name}");
    let mut client = stepped.connect();
    client.begin(b"Hello\n");
    if cfg!(target_os = "linux") {
        wait_for("the client in the queue", || stepped.server.counters().waiting == Some(1));
    }
    assert_eq!(stepped.server.counters().clients_total, 0, "{name}");
    assert!(client.receives_nothing(), "{name}: served before accept");

    stepped.step(None);
    if tls {
        stepped.wait_until(&pauses(mode, Call::Handshake));
        assert!(client.receives_nothing(), "{name}: the handshake began by itself");
        stepped.step(Some(1));
        client.shake_hands();
    }
    stepped.wait_until(&pauses(mode, Call::Recv));
    assert_eq!(variables(&stepped.server, Call::Recv).data, None, "{name}: the first recv");
    assert_eq!(stepped.server.counters().clients_now, 1, "{name}");
    assert!(client.receives_nothing(), "{name}: echoed before recv");
    assert_eq!(stepped.server.counters().bytes_received, 0, "{name}: received before recv");

    stepped.step(Some(1));
    stepped.wait_until(&pauses(mode, Call::SendAll));
    let (_, place) = stepped.server.calls().clients[0];
    assert_eq!(
        (place.call, place.paused, place.argument),
        (Call::SendAll, true, CallArgument::Bytes(6)),
        "{name}"
    );
    let sending =
        stepped.server.paused_threads().into_iter().find(|pause| pause.site.call == Call::SendAll).unwrap();
    assert_eq!(sending.variables.data.as_deref(), Some(&b"Hello\n"[..]), "{name}");
    let values = &sending.variables;
    assert_eq!((values.received, values.sent, values.is_tls, values.end), (6, 0, tls, None), "{name}");
    let counters = stepped.server.counters();
    assert_eq!((counters.bytes_received, counters.bytes_sent), (6, 0), "{name}");
    assert!(client.receives_nothing(), "{name}: echoed before sendall");

    stepped.step(Some(1));
    let mut back = [0; 6];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"Hello\n", "{name}");

    stepped.wait_until(&pauses(mode, Call::Recv));
    let values = variables(&stepped.server, Call::Recv);
    assert_eq!(values.data.as_deref(), Some(&b"Hello\n"[..]), "{name}: what the last recv returned");
    assert_eq!((values.received, values.sent), (6, 6), "{name}");
    client.half_close().unwrap();
    stepped.step(Some(1));
    stepped.wait_until(&pauses(mode, Call::Close));
    let values = variables(&stepped.server, Call::Close);
    assert_eq!(values.data.as_deref(), Some(&b""[..]), "{name}: recv has returned nothing");
    assert_eq!(values.end, Some(CloseReason::EndOfStream), "{name}");
    assert!(client.receives_nothing(), "{name}: closed before close");
    assert_eq!(stepped.server.counters().clients_now, 1, "{name}");

    stepped.step(Some(1));
    assert_eq!(client.read(&mut back).unwrap(), 0, "{name}");
    drop(client);
    stepped.wait_until(&[(None, Call::Accept)]);
    wait_for("the client to go", || stepped.server.counters().clients_now == 0);
    let calls = stepped.server.calls();
    assert_eq!(calls.counts, [1, 1, 1, 1, u64::from(tls), 2, 1, 1], "{name}");
    assert!(calls.clients.is_empty(), "{name}: {calls:?}");
    assert!(stepped.events().iter().any(|event| {
        matches!(&event.kind, EventKind::Closed(closed) if closed.reason == CloseReason::EndOfStream)
    }));
}

#[test]
fn one_client_continues_while_another_is_paused() {
    let stepped = Stepped::start(Mode::Threads, false, |_| {});
    stepped.step_to(Call::Accept);
    let (mut first, mut second) = (stepped.connect(), stepped.connect());
    first.begin(b"first");
    second.begin(b"second");
    stepped.step(None);
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Recv)]);
    stepped.step(None);
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Recv), (Some(2), Call::Recv)]);
    stepped.step(Some(2));
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Recv), (Some(2), Call::SendAll)]);
    stepped.step(Some(2));
    let mut back = [0; 6];
    second.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"second");
    assert!(first.receives_nothing());
    assert_eq!(stepped.server.connections()[0].received, 0);
    // The thread that has been paused longest is first, so stepping the first one gives every thread a turn.
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Recv), (Some(2), Call::Recv)]);
    let order =
        stepped.server.paused_threads().iter().map(|pause| pause.id().map(|id| id.0)).collect::<Vec<_>>();
    assert_eq!(order, [Some(1), None, Some(2)]);
}

#[test]
fn mode_one_serves_on_the_accepting_thread() {
    let stepped = Stepped::start(Mode::One, false, |_| {});
    stepped.step_to(Call::Accept);
    let mut client = stepped.connect();
    client.begin(b"x");
    for call in [Call::Recv, Call::SendAll, Call::Recv] {
        stepped.step(None);
        stepped.wait_until(&[(Some(1), call)]);
        let calls = stepped.server.calls();
        assert_eq!(calls.accepting, None);
        assert_eq!(calls.last_stepped, Some(ServerThread::Serving(ClientId(1))), "it was the same thread");
    }
    client.read_exact(&mut [0]).unwrap();
}

#[test]
fn pause_does_not_count_for_time_limits() {
    let limit = Duration::from_millis(60);
    let stepped = Stepped::start(Mode::Threads, true, |config| {
        // The timeout is long enough that even a busy machine doesn't exceed it inside the call.
        config.handshake_timeout = Duration::from_millis(500);
        config.idle_timeout = Some(limit);
    });
    stepped.step_to(Call::Accept);
    let mut client = stepped.connect();
    client.begin(b"x");
    stepped.step(None);
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Handshake)]);
    assert!(client.receives_nothing_for(Duration::from_millis(700)), "the handshake's deadline struck");
    stepped.step(Some(1));
    client.shake_hands();
    for call in [Call::Recv, Call::SendAll] {
        stepped.wait_until(&[(None, Call::Accept), (Some(1), call)]);
        assert!(client.receives_nothing_for(limit * 3), "the idle timeout struck before {}", call.label());
        stepped.step(Some(1));
    }
    client.read_exact(&mut [0]).unwrap();
}

#[test]
fn without_step_mode_every_call_is_counted() {
    for mode in Mode::ALL {
        let mut running = Running::start(|config| config.mode = mode);
        for client in 0..3 {
            let mut stream = running.connect();
            for number in 0..7 {
                std::io::Write::write_all(&mut stream, &[client, number]).unwrap();
                stream.read_exact(&mut [0; 2]).unwrap();
            }
            drop(stream);
            assert_eq!(running.closed(u64::from(client) + 1), CloseReason::EndOfStream);
        }
        wait_for("the next accept", || running.server.calls().made(Call::Accept) == 4);
        let calls = running.server.calls();
        // Each client's last recv returned nothing.
        assert_eq!(calls.counts, [1, 1, 1, 4, 0, 24, 21, 3], "{mode:?}");
        assert_eq!(calls.accepting.map(|place| (place.call, place.paused)), Some((Call::Accept, false)));
        assert!(calls.paused_threads.is_empty() && !calls.stepping && !calls.paused);
        let received = |kind: &EventKind| matches!(kind, EventKind::Received { .. });
        assert_eq!(running.events.iter().filter(|event| received(&event.kind)).count(), 21);
        running.stop();
        let calls = running.server.calls();
        assert_eq!((calls.made(Call::Close), calls.accepting), (3, None));
    }
}

#[test]
fn snapshot_has_the_call_of_every_thread() {
    let running = Running::start(|config| config.recv_size = 10);
    let clients = [running.connect(), running.connect()];
    let at_recv = |server: &Server| {
        let calls = server.calls();
        let recv = |detail| matches!(detail, CallArgument::Bytes(10));
        calls
            .clients
            .iter()
            .filter(|(_, at)| at.call == Call::Recv && !at.paused && recv(at.argument))
            .count()
    };
    wait_for("two clients in recv", || at_recv(&running.server) == clients.len());
    let ids = running.server.calls().clients.iter().map(|(client, _)| client.id.0).collect::<Vec<_>>();
    assert_eq!(ids, [1, 2]);
}
