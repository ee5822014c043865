//! The gate with threads of the test's own.
#![allow(clippy::unwrap_used)]

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::server::event_channel::channel;
use crate::server::registry::Registry;

fn gate(stepping: bool, one_thread: bool) -> Gate {
    Gate::new(channel(|| {}).0, stepping, one_thread)
}

fn address() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

fn conn(id: u64) -> Arc<Conn> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    Arc::new(Conn::new(ClientInfo { id: ClientId(id), peer: address() }, stream, None))
}

fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        thread::yield_now();
    }
}

#[test]
fn out_of_step_mode_nobody_halts_and_all_is_counted() {
    let gate = gate(false, false);
    let conn = conn(1);
    assert!(gate.start_call(Call::Bind, address()));
    assert_eq!(gate.snapshot().accepting.unwrap().argument, CallArgument::Address(address()));
    assert!(gate.accept_call(|_| panic!("nobody has to watch")));
    assert!(gate.is_accepting());
    for _ in 0..3 {
        assert!(gate.client_call(&conn, Call::Recv, 1024));
    }
    gate.close_call(&conn);
    gate.closes(&conn);
    assert_eq!(gate.snapshot().counts, [0, 1, 0, 1, 0, 3, 0, 1]);
}

#[test]
fn a_step_lets_one_call_of_one_thread_happen() {
    let gate = gate(true, false);
    let conns = [conn(1), conn(2)];
    thread::scope(|scope| {
        for conn in &conns {
            scope.spawn(|| {
                for call in [Call::Recv, Call::SendAll] {
                    assert!(gate.client_call(conn, call, 1));
                }
            });
            until(|| gate.paused_threads().len() == usize::try_from(conn.client.id.0).unwrap());
        }
        let first = &gate.paused_threads()[0];
        assert_eq!((first.id(), first.site.call, first.site.paused), (Some(ClientId(1)), Call::Recv, true));
        gate.step(None);
        gate.step(Some(ClientId(3)));
        assert_eq!((gate.paused_threads().len(), gate.snapshot().counts[Call::Recv as usize]), (2, 0));
        gate.step(Some(ClientId(2)));
        until(|| gate.paused_threads().iter().any(|halt| halt.site.call == Call::SendAll));
        assert_eq!(gate.paused_threads()[0].id(), Some(ClientId(1)), "the oldest halt stays first");
        assert_eq!(gate.snapshot().counts[Call::Recv as usize], 1);
        gate.set_stepping(false);
    });
    assert!(gate.paused_threads().is_empty());
    assert_eq!(gate.snapshot().counts[Call::SendAll as usize], 2);
}

#[test]
fn who_is_ended_makes_no_call_but_is_closed() {
    let gate = gate(true, true);
    let registry = Registry::default();
    let conn = conn(1);
    registry.insert(&conn);
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let goes = gate.client_call(&conn, Call::Recv, 1);
            gate.close_call(&conn);
            goes
        });
        until(|| gate.paused_threads().len() == 1);
        registry.end(ClientId(1));
        gate.nudge();
        assert!(!thread.join().unwrap());
    });
    let calls = gate.snapshot();
    assert_eq!((calls.made(Call::Recv), calls.made(Call::Close)), (0, 1));
}

#[test]
fn a_stop_releases_everybody_and_keeps_everybody_from_halting() {
    let gate = gate(true, false);
    thread::scope(|scope| {
        let starting = scope.spawn(|| gate.start_call(Call::Socket, address()));
        until(|| gate.paused_threads().len() == 1);
        gate.stop();
        assert!(!starting.join().unwrap());
    });
    assert!(!gate.start_call(Call::Bind, address()));
    gate.set_paused(true);
    gate.wait_while_paused();
    assert_eq!(gate.snapshot().counts, [0; 8]);
}

#[test]
fn one_at_a_time_a_step_of_the_server_is_one_of_its_client() {
    let gate = gate(true, true);
    let conn = conn(1);
    thread::scope(|scope| {
        let thread = scope.spawn(|| gate.client_call(&conn, Call::Recv, 1));
        until(|| gate.paused_threads().len() == 1);
        gate.step(None);
        assert!(thread.join().unwrap());
    });
}
