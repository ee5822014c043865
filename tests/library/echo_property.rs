//! A property of the echo: whatever clients send, in any pieces and with any pauses, is echoed completely and in order,
//! for any recv size, in each mode, with and without TLS; and the counters are exact.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::Identity;
use crate::support::running::{PATIENCE, Running, wait_for};
use crate::support::trusting::trusting;
use echoscope::server::TlsFiles;
use echoscope::server::event::{CloseReason, EventKind};
use echoscope::settings::Mode;
use proptest::prelude::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

/// One action of a client.
#[derive(Debug, Clone)]
enum Act {
    /// Sends this many bytes in one call.
    Send(usize),
    /// Waits until all sent bytes are echoed.
    AwaitEcho,
    /// Does nothing for this many milliseconds.
    Pause(u64),
}

/// One client: its actions before it half-closes, and whether it reads nothing before that.
#[derive(Debug, Clone)]
struct Script {
    acts: Vec<Act>,
    reads_late: bool,
}

/// The settings and the clients of one run of the server.
#[derive(Debug, Clone)]
struct Plan {
    mode: Mode,
    pool_size: u16,
    recv_size: usize,
    scripts: Vec<Script>,
}

/// The most `recv` calls that a script can lead to. Further sends are removed, since each byte may take a `recv` call.
const MAX_CALLS: usize = 1500;
const MAX_BYTES: usize = 200_000;
/// The most bytes that a client sends before it reads at all. They fit into the socket buffers, however they are split.
const MAX_UNREAD: usize = 4000;

fn plans() -> impl Strategy<Value = Plan> {
    let mode = prop::sample::select(&Mode::ALL[..]);
    let recv_size = prop_oneof![1..=16_usize, 1..=2048_usize, 1..=65_536_usize, Just(1024), Just(65_536)];
    let scripts = prop::collection::vec(scripts(), 1..=4);
    (mode, 1..=3_u16, recv_size, scripts).prop_map(|(mode, pool_size, recv_size, mut scripts)| {
        for script in &mut scripts {
            script.shorten(recv_size);
        }
        Plan { mode, pool_size, recv_size, scripts }
    })
}

fn scripts() -> impl Strategy<Value = Script> {
    let send = prop_oneof![1..=16_usize, 1..=3000_usize, 1..=70_000_usize].prop_map(Act::Send);
    let act = prop_oneof![6 => send, 2 => Just(Act::AwaitEcho), 1 => (1..=3_u64).prop_map(Act::Pause)];
    (prop::collection::vec(act, 0..10), any::<bool>())
        .prop_map(|(acts, reads_late)| Script { acts, reads_late })
}

impl Script {
    fn shorten(&mut self, recv_size: usize) {
        let most = if self.reads_late { MAX_UNREAD } else { MAX_BYTES };
        let mut left = most.min(recv_size * MAX_CALLS);
        self.acts.retain_mut(|act| match act {
            Act::Send(count) => {
                *count = left.min(*count);
                left -= *count;
                *count > 0
            }
            // A client that doesn't read can't wait for the echo.
            Act::AwaitEcho => !self.reads_late,
            Act::Pause(_) => true,
        });
    }

    /// Returns all bytes that the client sends. They differ between clients and don't repeat.
    fn data(&self, client: usize) -> Vec<u8> {
        let length = self.acts.iter().map(|act| if let Act::Send(count) = act { *count } else { 0 }).sum();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(client as u64 + 1);
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(&mut next).take(length).collect()
    }
}

/// A certificate for all runs.
static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::new);
static TRUSTING: LazyLock<Arc<ClientConfig>> =
    LazyLock::new(|| Arc::new(trusting(rustls::ALL_VERSIONS, None)));

/// The client's end of a connection, with one thread that sends and one that reads.
struct ClientEnd {
    stream: TcpStream,
    tls: Option<Mutex<ClientConnection>>,
    back: Mutex<Vec<u8>>,
    more: Condvar,
}

impl ClientEnd {
    fn connect(address: SocketAddr, tls: bool) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let tls = tls.then(|| {
            let name = ServerName::try_from("localhost").unwrap();
            let mut connection = ClientConnection::new(Arc::clone(&TRUSTING), name).unwrap();
            while connection.is_handshaking() {
                connection.complete_io(&mut stream).unwrap();
            }
            Mutex::new(connection)
        });
        Self { stream, tls, back: Mutex::default(), more: Condvar::new() }
    }

    fn send(&self, data: &[u8]) {
        let Some(tls) = &self.tls else { return (&self.stream).write_all(data).unwrap() };
        let mut records = Vec::new();
        // The data is encrypted in parts, because rustls' buffer for encrypted data is small.
        for part in data.chunks(16 << 10) {
            let mut connection = tls.lock().unwrap();
            connection.writer().write_all(part).unwrap();
            while connection.wants_write() {
                connection.write_tls(&mut records).unwrap();
            }
        }
        (&self.stream).write_all(&records).unwrap();
    }

    fn half_close(&self) {
        if let Some(tls) = &self.tls {
            let mut connection = tls.lock().unwrap();
            connection.send_close_notify();
            connection.write_tls(&mut &self.stream).unwrap();
        }
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Reads until the server closes its side.
    fn read_to_end(&self) {
        let mut room = vec![0; 20_000];
        loop {
            let count = match (&self.stream).read(&mut room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                count => count.unwrap(),
            };
            let mut unread = &room[..count];
            let mut back = self.back.lock().unwrap();
            match &self.tls {
                None => back.extend_from_slice(unread),
                Some(tls) => {
                    let mut connection = tls.lock().unwrap();
                    while !unread.is_empty() {
                        connection.read_tls(&mut unread).unwrap();
                        let state = connection.process_new_packets().unwrap();
                        let length = back.len();
                        back.resize(length + state.plaintext_bytes_to_read(), 0);
                        connection.reader().read_exact(&mut back[length..]).unwrap();
                    }
                }
            }
            self.more.notify_all();
            if count == 0 {
                return;
            }
        }
    }

    fn await_back(&self, length: usize) {
        let back = self.back.lock().unwrap();
        let (back, wait) = self.more.wait_timeout_while(back, PATIENCE, |back| back.len() < length).unwrap();
        assert!(!wait.timed_out(), "of {length} bytes only {} came back", back.len());
    }

    /// Runs a script. Returns the received bytes.
    fn play(self, script: &Script, data: &[u8]) -> Vec<u8> {
        thread::scope(|scope| {
            if !script.reads_late {
                scope.spawn(|| self.read_to_end());
            }
            let mut sent = 0;
            for act in &script.acts {
                match *act {
                    Act::Send(count) => {
                        self.send(&data[sent..sent + count]);
                        sent += count;
                    }
                    Act::AwaitEcho => self.await_back(sent),
                    Act::Pause(milliseconds) => thread::sleep(Duration::from_millis(milliseconds)),
                }
            }
            self.half_close();
            if script.reads_late {
                self.read_to_end();
            }
        });
        self.back.into_inner().unwrap()
    }
}

/// Runs a plan against a server of its own, and checks the echo, the counters and the events.
fn check(plan: &Plan, tls: bool) {
    let mut running = Running::start(|config| {
        config.mode = plan.mode;
        config.pool_size = plan.pool_size;
        config.recv_size = plan.recv_size;
        config.handshake_timeout = PATIENCE;
        config.tls = tls.then(|| TlsFiles::new((&IDENTITY.certificate).into(), (&IDENTITY.key).into()));
    });
    let address = running.address;
    let data: Vec<_> = plan.scripts.iter().enumerate().map(|(client, script)| script.data(client)).collect();
    thread::scope(|scope| {
        let clients = plan.scripts.iter().zip(&data);
        let clients: Vec<_> = clients
            .map(|(script, data)| scope.spawn(move || ClientEnd::connect(address, tls).play(script, data)))
            .collect();
        for (client, data) in clients.into_iter().zip(&data) {
            let back = client.join().unwrap();
            let differs = back.iter().zip(data).position(|(back, sent)| back != sent);
            assert_eq!((back.len(), differs), (data.len(), None), "it didn't come back whole and in order");
        }
    });
    wait_for("the last client's end", || running.server.counters().clients_now == 0);
    running.stop();
    let counters = running.server.counters();
    let all = data.iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!(
        (counters.clients_total, counters.bytes_received, counters.bytes_sent),
        (data.len() as u64, all, all)
    );
    running.take_events();
    check_events(&running, plan, data);
}

/// Checks the events: all bytes of every client, at most `recv_size` in each event, and an orderly end.
fn check_events(running: &Running, plan: &Plan, mut data: Vec<Vec<u8>>) {
    let mut logged: HashMap<u64, Vec<u8>> = HashMap::new();
    for event in &running.events {
        let id = event.client.map(|client| client.id.0);
        match &event.kind {
            EventKind::Received { data, echoed, .. } => {
                assert!((1..=plan.recv_size).contains(&data.len()) && *echoed == data.len());
                logged.entry(id.unwrap()).or_default().extend_from_slice(data);
            }
            EventKind::Closed(closed) => {
                assert_eq!((&closed.reason, closed.received), (&CloseReason::EndOfStream, closed.sent));
                logged.entry(id.unwrap()).or_default();
            }
            // The channel was full, so the reported bytes are incomplete.
            EventKind::NotShown { .. } => return,
            EventKind::Problem(problem) => panic!("{problem:?}"),
            _ => {}
        }
    }
    let mut logged: Vec<_> = logged.into_values().collect();
    logged.sort();
    data.sort();
    assert!(logged == data, "the log has other bytes than were sent");
}

/// Returns a configuration for this many cases. proptest prints the smallest failing plan, so no file of failures is
/// kept.
fn config_with_cases(cases: u32) -> ProptestConfig {
    // Each attempt to shrink a plan may wait for a missing echo until the timeout, so their number is limited.
    let shrinking =
        ProptestConfig { max_shrink_iters: 200, max_shrink_time: 30_000, ..ProptestConfig::default() };
    ProptestConfig { cases, failure_persistence: None, ..shrinking }
}

proptest! {
    #![proptest_config(config_with_cases(64))]

    #[test]
    fn every_byte_is_echoed(plan in plans()) {
        check(&plan, false);
    }

    #[test]
    fn every_byte_is_echoed_over_tls(plan in plans()) {
        check(&plan, true);
    }
}
