//! Paused accepting, and what the OS does with clients meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use echoscope::server::calls::Call;
use echoscope::server::event::EventKind;
use echoscope::settings::Mode;

use crate::step_mode::driver::Stepped;
use crate::support::running::{Running, wait_for};

fn echo(stream: &mut TcpStream) {
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
}

/// Pauses accepting, and waits until the accept loop is paused.
fn pause(running: &Running) {
    running.server.pause_accepting(true);
    wait_for("the pause", || running.server.calls().accepting.is_none());
}

#[test]
fn while_paused_the_client_after_the_backlog_times_out() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let check = |mode: Mode, backlog: u16| {
        let running = Running::start(|config| (config.mode, config.backlog) = (mode, backlog));
        pause(&running);
        let fit = u32::from(backlog) + 1;
        let mut waiting = Vec::new();
        for number in 1..=fit {
            waiting.push(running.connect());
            wait_for("the queue's length", || running.server.counters().waiting == Some(number));
        }
        let queues = running.server.accept_queues().unwrap();
        assert_eq!((queues.backlog, queues.capacity), (backlog, Some(fit)));
        let queue = &queues.queues[0];
        assert_eq!((queues.queues.len(), queue.address, queue.waiting), (1, running.address, Some(fit)));
        let addresses: Vec<_> = waiting.iter().map(|client| client.local_addr().unwrap()).collect();
        assert_eq!(queue.clients, addresses, "in the order in which they arrived");
        assert_eq!(queue.dropped, Some(0));
        assert_eq!((queues.accepting, queues.refuses_when_full), (false, false));
        let next = TcpStream::connect_timeout(&running.address, Duration::from_millis(400));
        assert_eq!(next.unwrap_err().kind(), ErrorKind::TimedOut, "{mode:?}: the queue of {backlog}");
        wait_for("the dropped attempt", || {
            running.server.accept_queues().unwrap().queues[0].dropped.unwrap() > 0
        });
        assert_eq!(running.server.counters().clients_total, 0, "{mode:?}: accepted while paused");

        running.server.pause_accepting(false);
        // In mode one, each client is served after the one before it has closed.
        for mut client in waiting {
            echo(&mut client);
        }
        wait_for("the queue to empty", || running.server.counters().waiting == Some(0));
        echo(&mut running.connect());
    };
    // The modes at the same time, since connecting to a full queue takes its whole time limit.
    thread::scope(|scope| {
        for mode in Mode::ALL {
            scope.spawn(move || [0, 2, 5].map(|backlog| check(mode, backlog)));
        }
    });
}

#[test]
fn each_address_has_its_own_queue() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let running = Running::start(|config| config.host = "localhost".to_owned());
    pause(&running);
    let port = running.address.port();
    let _clients =
        [("127.0.0.1", port), ("127.0.0.1", port), ("::1", port)].map(|at| TcpStream::connect(at).unwrap());
    wait_for("both queues", || {
        let queues = running.server.accept_queues().unwrap();
        let lengths = queues.queues.iter().map(|queue| queue.waiting.unwrap()).collect::<Vec<_>>();
        lengths == [2, 1]
    });
    assert_eq!(running.server.counters().waiting, Some(3));
}

#[test]
fn pause_is_reported_once_and_does_not_affect_served_clients() {
    let mut running = Running::start(|_| {});
    let mut client = running.connect();
    echo(&mut client);
    pause(&running);
    running.server.pause_accepting(true);
    echo(&mut client);
    assert!(running.server.is_paused() && running.server.calls().paused);
    let mut waits = running.connect();
    waits.write_all(b"x").unwrap();
    running.server.pause_accepting(false);
    running.server.pause_accepting(false);
    waits.read_exact(&mut [0]).unwrap();
    running.take_events();
    let count =
        |wanted: fn(&EventKind) -> bool| running.events.iter().filter(|event| wanted(&event.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::AcceptPaused)), 1);
    assert_eq!(count(|kind| matches!(kind, EventKind::AcceptResumed)), 1);
    // An accept call that the pause interrupted isn't counted again: two calls have returned, and one waits.
    wait_for("the third accept", || running.server.calls().made(Call::Accept) == 3);
}

#[test]
fn stop_ends_a_pause_and_the_next_start_accepts() {
    let running = Running::start(|_| {});
    pause(&running);
    assert!(running.stop() < Duration::from_millis(1500));
    assert!(!running.server.is_paused());
    running.server.pause_accepting(true);
    assert!(!running.server.is_paused(), "nothing is there to be paused");
}

#[test]
fn pause_of_accepting_works_in_step_mode() {
    let stepped = Stepped::start(Mode::Threads, false, |_| {});
    stepped.step_to(Call::Accept);
    stepped.server.pause_accepting(true);
    let mut client = stepped.connect();
    client.begin(b"x");
    stepped.step(None);
    wait_for("the pause", || stepped.server.calls().accepting.is_none());
    assert_eq!(stepped.server.counters().clients_total, 0);
    stepped.server.pause_accepting(false);
    stepped.wait_until(&[(None, Call::Accept), (Some(1), Call::Recv)]);
}
