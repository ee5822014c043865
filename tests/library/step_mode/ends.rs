//! Stop, disconnect and leaving step mode at every pause, in every mode, with and without TLS.

use std::io::Read;
use std::time::{Duration, Instant};

use echoscope::capture::CaptureEventKind;
use echoscope::capture::sequence::Sequence;
use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::server::event::{ClientId, CloseReason, EventKind};
use echoscope::settings::Mode;

use crate::step_mode::driver::Stepped;
use crate::support::running::{PATIENCE, Running, wait_for};

/// The longest time for a stop on a busy machine.
const MAX_STOP_TIME: Duration = Duration::from_millis(1500);
/// The calls that serve a client.
const SERVING: [Call; 4] = [Call::Handshake, Call::Recv, Call::SendAll, Call::Close];

/// Calls `test` for every pause in every mode, with and without TLS, each time with a new server in step mode.
fn at_every_pause(calls: &[Call], mut test: impl FnMut(Stepped, Call, &str)) {
    for mode in Mode::ALL {
        for tls in [false, true] {
            for call in calls.iter().copied().filter(|call| tls || *call != Call::Handshake) {
                let name = format!("{mode:?}, TLS {tls}, before {}", call.label());
                test(Stepped::start(mode, tls, |_| {}), call, &name);
            }
        }
    }
}

fn stop(stepped: &Stepped, name: &str) {
    let start = Instant::now();
    stepped.server.stop();
    assert!(stepped.server.wait_until_stopped(PATIENCE), "{name}: it did not stop");
    assert!(start.elapsed() < MAX_STOP_TIME, "{name}: stop took {:?}", start.elapsed());
    assert!(matches!(stepped.server.state(), ServerState::Stopped), "{name}");
    assert!(stepped.server.paused_threads().is_empty(), "{name}");
}

#[test]
fn stop_works_at_every_pause() {
    at_every_pause(&Call::ALL, |mut stepped, call, name| {
        let visitor = if SERVING.contains(&call) {
            stepped.step_to(Call::Accept);
            let visitor = stepped.visitor();
            stepped.step_to(call);
            Some(visitor)
        } else {
            stepped.step_to(call);
            None
        };
        let before = stepped.server.calls();
        stop(&stepped, name);
        let after = stepped.server.calls();
        for other in Call::ALL.into_iter().filter(|other| *other != Call::Close) {
            // The accepting thread may still make the accept call that it was stepped into before.
            let allowed = u64::from(other == Call::Accept && call != Call::Accept);
            let made = after.made(other) - before.made(other);
            assert!(made <= allowed, "{name}: {} was made {made} times", other.label());
        }
        assert_eq!(after.made(Call::Close), u64::from(visitor.is_some()), "{name}");
        if let Some(visitor) = visitor {
            // The client's connection is reset or ends, but the client doesn't hang.
            let _ = visitor.join().unwrap();
        }
        let events = stepped.events();
        assert!(matches!(events.last().unwrap().kind, EventKind::Stopped), "{name}: {events:?}");
    });
}

#[test]
fn disconnect_works_at_every_pause() {
    at_every_pause(&SERVING, |mut stepped, call, name| {
        stepped.step_to(Call::Accept);
        let visitor = stepped.visitor();
        stepped.step_to(call);
        stepped.server.disconnect(ClientId(1));
        let mut reason = None;
        wait_for(name, || {
            for event in stepped.events() {
                if let EventKind::Closed(closed) = event.kind {
                    reason = Some(closed.reason);
                }
            }
            reason.is_some()
        });
        // Before close(), the client has already closed its side, and that remains the reason.
        let own = if call == Call::Close { CloseReason::EndOfStream } else { CloseReason::Disconnected };
        assert_eq!(reason, Some(own), "{name}");
        let _ = visitor.join().unwrap();
        // The server continues: its accepting thread is paused before accept, or in the accept call that it was
        // stepped into.
        wait_for(name, || {
            let calls = stepped.server.calls();
            calls.clients.is_empty() && calls.accepting.is_some_and(|place| place.call == Call::Accept)
        });
        stop(&stepped, name);
    });
}

/// Asserts that both the log and the capture name the client as the one that closed the first connection.
#[track_caller]
fn assert_closed_by_client(stepped: &mut Stepped, name: &str) {
    let mut reason = None;
    let mut capture = None;
    wait_for(name, || {
        for event in stepped.events() {
            if let EventKind::Closed(closed) = event.kind {
                reason = Some(closed.reason);
            }
        }
        capture = stepped.server.captures().get(ClientId(1)).filter(|capture| capture.info().closed);
        reason.is_some() && capture.is_some()
    });
    assert_eq!(reason, Some(CloseReason::EndOfStream), "{name}");
    let capture = capture.unwrap();
    let mut sequence = Sequence::new(&capture);
    sequence.update(&capture);
    let last = &sequence.rows().last().unwrap().event.kind;
    assert_eq!(*last, CaptureEventKind::Closed(CloseReason::EndOfStream), "{name}");
    let summary = sequence.close_summary().unwrap();
    assert!(summary.starts_with("The client closed first: after "), "{name}: {summary}");
}

type EndAction = fn(&Stepped);

/// The ways to close a connection from outside.
const FROM_OUTSIDE: [(&str, EndAction); 2] = [
    ("stop", |stepped| stepped.server.stop()),
    ("disconnect", |stepped| stepped.server.disconnect(ClientId(1))),
];

#[test]
fn first_close_reason_remains_until_close() {
    for tls in [false, true] {
        for (how, end) in FROM_OUTSIDE {
            let name = format!("{how}, TLS {tls}");
            let mut stepped = Stepped::start(Mode::Threads, tls, |config| config.capture = true);
            stepped.step_to(Call::Accept);
            let visitor = stepped.visitor();
            stepped.step_to(Call::Close);
            end(&stepped);
            assert_closed_by_client(&mut stepped, &name);
            let _ = visitor.join().unwrap();
        }
    }
}

#[test]
fn first_close_reason_remains_while_data_is_drained() {
    for (how, end) in FROM_OUTSIDE {
        let mut stepped = Stepped::start(Mode::Threads, true, |config| config.capture = true);
        stepped.server.set_stepping(false);
        wait_for("listening", || matches!(stepped.server.state(), ServerState::Listening { .. }));
        let mut client = stepped.connect();
        client.send(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
        client.half_close().unwrap();
        // The server has sent close_notify, too, and waits a moment for the client to close, which it doesn't.
        assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0);
        end(&stepped);
        assert_closed_by_client(&mut stepped, how);
    }
}

#[test]
fn leaving_step_mode_continues_from_every_pause() {
    at_every_pause(&Call::ALL, |stepped, call, name| {
        let early = if SERVING.contains(&call) {
            stepped.step_to(Call::Accept);
            Some(stepped.visitor())
        } else {
            None
        };
        stepped.step_to(call);
        stepped.server.set_stepping(false);
        wait_for(name, || matches!(stepped.server.state(), ServerState::Listening { .. }));
        let visitor = early.unwrap_or_else(|| stepped.visitor());
        assert_eq!(visitor.join().unwrap().unwrap(), b"Hello\n", "{name}");
        assert!(stepped.server.paused_threads().is_empty() && !stepped.server.calls().stepping, "{name}");
        stop(&stepped, name);
    });
}

#[test]
fn paused_thread_continues_although_step_mode_is_on_again() {
    let stepped = Stepped::start(Mode::Threads, false, |_| {});
    stepped.wait_until(&[(None, Call::Socket)]);
    stepped.server.set_stepping(false);
    stepped.server.set_stepping(true);
    wait_for("socket()", || stepped.server.calls().made(Call::Socket) == 1);
}

#[test]
fn threads_of_a_running_server_pause_before_their_next_call() {
    let mut running = Running::start(|_| {});
    let mut client = running.connect();
    let echo = |client: &mut std::net::TcpStream| {
        std::io::Write::write_all(client, b"x").unwrap();
        std::io::Read::read_exact(client, &mut [0]).unwrap();
    };
    echo(&mut client);
    wait_for("recv", || running.server.calls().clients.iter().all(|(_, place)| place.call == Call::Recv));
    wait_for("both to wait", || running.server.calls().made(Call::Recv) == 2);
    running.server.set_stepping(true);
    // Both threads are in a call already; when one returns, that thread pauses.
    assert!(running.server.paused_threads().is_empty());
    std::io::Write::write_all(&mut client, b"x").unwrap();
    wait_for("a pause", || {
        running.server.paused_threads().iter().any(|pause| pause.site.call == Call::SendAll)
    });
    running.server.step(None);
    running.server.step(Some(ClientId(99)));
    assert_eq!(running.server.paused_threads().len(), 1, "others' steps are not this client's");
    running.server.set_stepping(false);
    std::io::Read::read_exact(&mut client, &mut [0]).unwrap();
    echo(&mut client);
    drop(client);
    assert_eq!(running.closed(1), CloseReason::EndOfStream);
}

#[test]
fn dropping_the_server_releases_paused_threads() {
    let mut stepped = Stepped::start(Mode::Threads, false, |_| {});
    stepped.step_to(Call::Accept);
    let visitor = stepped.visitor();
    stepped.step_to(Call::SendAll);
    drop(stepped.server);
    let mut at_rest = false;
    wait_for("the end", || {
        stepped.source.drain(|event| at_rest |= matches!(event.kind, EventKind::Stopped));
        at_rest
    });
    let _ = visitor.join().unwrap();
}
