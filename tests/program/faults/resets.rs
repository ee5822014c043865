//! RST at each point of a connection, with and without TLS: it ends that client alone, and the log shows it as reset.

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use echoscope::server::Phase;
use echoscope::server::event::{CloseReason, EventKind};

use super::tls::{Lab, client_hello, over, trusting};
use super::{echo, fill_buffers, reset};
use crate::support::can_reset;
use crate::support::running::{Running, wait_for};

/// A server whose clients reset their connections one after the other, and a client that must not be affected.
struct Resets {
    running: Running,
    /// Connected before the first reset.
    neighbor: TcpStream,
    clients: u64,
}

impl Resets {
    fn new(running: Running) -> Self {
        let neighbor = running.connect();
        Self { running, neighbor, clients: 1 }
    }

    /// Connects a client, calls `before`, and resets the connection. Asserts that the log shows the connection as reset.
    #[track_caller]
    fn reset(&mut self, when: &str, before: impl FnOnce(&Running, &TcpStream)) {
        let client = self.running.connect();
        before(&self.running, &client);
        reset(client);
        self.assert_reset(when);
    }

    #[track_caller]
    fn assert_reset(&mut self, when: &str) {
        self.clients += 1;
        let reason = self.running.closed(self.clients);
        assert!(matches!(reason, CloseReason::Reset), "{when}: {reason:?}");
        wait_for("its place to be free", || self.running.server.counters().clients_now == 1);
    }

    /// Asserts that only reset connections were reported.
    fn assert_no_problem(mut self) -> Running {
        self.running.take_events();
        let problem = self.running.events.iter().find(|event| matches!(event.kind, EventKind::Problem(_)));
        assert!(problem.is_none(), "{problem:?}");
        self.running
    }
}

/// Connects and resets before the server calls `accept`.
fn before_accept(resets: &mut Resets) {
    resets.running.server.pause_accepting(true);
    wait_for("the pause", || !resets.running.server.accept_queues().unwrap().accepting);
    reset(resets.running.connect());
    resets.running.server.pause_accepting(false);
    resets.assert_reset("before accept");
}

fn received(running: &Running, bytes: u64) {
    wait_for("what was sent", || running.server.counters().bytes_received >= bytes);
}

#[test]
fn reset_without_tls_ends_only_that_client_at_each_point() {
    if !can_reset() {
        return;
    }
    let mut resets = Resets::new(Running::start(|config| config.recv_size = 65_536));
    echo(&mut resets.neighbor, b"before");
    before_accept(&mut resets);
    resets.reset("before the first byte", |running, _| {
        wait_for("accept", || running.server.counters().clients_now == 2);
    });
    resets.reset("between bytes", |_, mut client| echo(&mut client, b"some bytes"));
    resets.reset("while the server sends", |_, client| {
        fill_buffers(client);
    });
    resets.reset("after half-close, while the server sends", |_, client| {
        fill_buffers(client);
        client.shutdown(Shutdown::Write).unwrap();
    });
    resets.reset("with an echo unread", |running, mut client| {
        let so_far = running.server.counters().bytes_sent;
        client.write_all(b"the echo of this stays unread").unwrap();
        wait_for("the echo", || running.server.counters().bytes_sent > so_far);
    });
    echo(&mut resets.neighbor, b"after");
    resets.assert_no_problem();
}

#[test]
fn reset_with_tls_ends_only_that_client_at_each_point() {
    if !can_reset() {
        return;
    }
    let Lab { running, identity } = Lab::start(|config| config.recv_size = 65_536);
    let trusting = trusting(identity.certificate.as_ref());
    let mut resets = Resets::new(running);
    let mut neighbor = over(resets.neighbor.try_clone().unwrap(), &trusting);
    echo(&mut neighbor, b"before");
    before_accept(&mut resets);
    let hello = client_hello();
    for (when, data) in [
        ("before the handshake", &[][..]),
        ("within a record's header", &hello[..3]),
        ("within the hello", &hello[..hello.len() / 2]),
    ] {
        resets.reset(when, |running, mut client| {
            client.write_all(data).unwrap();
            wait_for("the handshake", || {
                running.server.connections().iter().any(|open| open.phase == Phase::Handshake)
            });
        });
    }
    resets.reset("within the handshake, after the server's flight", |_, mut client| {
        client.write_all(&hello).unwrap();
        wait_for("the server's flight", || client.peek(&mut [0; 64]).unwrap() > 0);
    });
    let so_far = resets.running.server.counters().bytes_received;
    resets.reset("after the handshake", |running, client| {
        let mut client = over(client.try_clone().unwrap(), &trusting);
        client.conn.complete_io(&mut client.sock).unwrap();
        assert_eq!(running.server.counters().bytes_received, so_far);
    });
    resets.reset("between bytes", |_, client| {
        echo(&mut over(client.try_clone().unwrap(), &trusting), b"some bytes");
    });
    resets.reset("within a record", |running, client| {
        let mut client = over(client.try_clone().unwrap(), &trusting);
        echo(&mut client, b"whole");
        client.conn.writer().write_all(b"half").unwrap();
        let mut record = Vec::new();
        client.conn.write_tls(&mut record).unwrap();
        client.sock.write_all(&record[..record.len() / 2]).unwrap();
        received(running, so_far + 5);
    });
    resets.reset("while the server sends", |_, client| fill_buffers_tls(client, &trusting));
    resets.reset("after half-close, while the server sends", |_, client| {
        fill_buffers_tls(client, &trusting);
        client.shutdown(Shutdown::Write).unwrap();
    });
    echo(&mut neighbor, b"after");
    resets.assert_no_problem();
}

/// Sends TLS data until the buffers are full, and reads nothing.
fn fill_buffers_tls(client: &TcpStream, trusting: &std::sync::Arc<rustls::ClientConfig>) {
    let mut stream = over(client.try_clone().unwrap(), trusting);
    echo(&mut stream, b"the handshake is done");
    client.set_nonblocking(true).unwrap();
    let mut full = 0;
    while full < 200 {
        // Unsent bytes stay in rustls' buffer, so no record is incomplete.
        let _ = stream.conn.writer().write(&[b'.'; 16 << 10]);
        if stream.conn.write_tls(&mut stream.sock).is_ok() {
            full = 0;
        } else {
            full += 1;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    client.set_nonblocking(false).unwrap();
}
