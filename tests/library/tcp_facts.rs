//! The claims about TCP and TLS in the explanations, each shown with a real program as the peer. They hold on every OS,
//! but the programs are those of Linux.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use echoscope::client::ConnectionConfig;
use echoscope::client::client_event::{ClientCloseCause, ClientEventKind, CloseMode, PeerEnd};
use echoscope::log::explanation::explanation;
use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::server::event::{CloseReason, EventKind, RESET_CAUSES};
use echoscope::server::start_error::StartError;
use echoscope::settings::{Mode, TlsVersions};
use echoscope::tls::options::{TlsChoices, Trust};

use crate::client::tls::{config, serve};
use crate::client::watched::Watched;
use crate::step_mode::driver::Stepped;
use crate::support::running::{Running, wait_for};
use crate::support::{Guarded, Identity, Lines, finish, program};

/// A program under test, its output, and its standard input, which a test keeps open.
struct Peer {
    child: Guarded,
    out: Lines,
}

impl Peer {
    fn start(program: &PathBuf, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Guarded(command.spawn().unwrap());
        let out = Lines::of(child.0.stdout.take().unwrap());
        Self { child, out }
    }

    fn python(script: &str, arguments: &[&str]) -> Option<Self> {
        let python = program("python3")?;
        Some(Self::start(&python, &[&["-c", script], arguments].concat()))
    }

    fn type_line(&mut self, line: &str) {
        let input = self.child.0.stdin.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Ends the program with SIGKILL.
    fn kill(&mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }
}

/// A client that sends a line, and then does what the last argument is.
const CLIENT: &str = "
import socket, struct, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
peer.sendall(b'Hello')
if sys.argv[2] != 'unread':
    peer.recv(5, socket.MSG_WAITALL)
if sys.argv[2] == 'abort':
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    peer.close()
print('ready', flush=True)
sys.stdin.readline()
";

/// Starts a client that has sent a line, and waits until the server has echoed it.
fn client(running: &Running, what: &str) -> Option<Peer> {
    let peer = Peer::python(CLIENT, &[&running.address.port().to_string(), what])?;
    peer.out.wait_until(|line| line == "ready");
    wait_for("the echo", || running.server.counters().bytes_sent == 5);
    Some(peer)
}

/// Asserts that the connection was reset, and that the explanation lists what can cause that.
fn assert_reset(running: &mut Running) {
    assert_eq!(running.closed(1), CloseReason::Reset);
    let closed = running.events.iter().find(|event| matches!(event.kind, EventKind::Closed(_))).unwrap();
    assert!(explanation(closed).ends_with(RESET_CAUSES), "{}", explanation(closed));
}

#[test]
fn killed_client_that_has_read_everything_sends_fin() {
    for name in ["python3", "nc"] {
        let mut running = Running::start(|_| {});
        let mut peer = if name == "nc" {
            let Some(nc) = program("nc") else { return };
            let mut peer = Peer::start(&nc, &["127.0.0.1", &running.address.port().to_string()]);
            peer.type_line("Hello");
            peer.out.wait_until(|line| line == "Hello");
            peer
        } else {
            let Some(peer) = client(&running, "read") else { return };
            peer
        };
        peer.kill();
        assert_eq!(running.closed(1), CloseReason::EndOfStream, "{name}");
    }
}

#[test]
fn killed_client_with_unread_data_sends_rst() {
    let mut running = Running::start(|_| {});
    let Some(mut peer) = client(&running, "unread") else { return };
    peer.kill();
    assert_reset(&mut running);
}

#[test]
fn close_with_a_linger_time_of_zero_sends_rst() {
    let mut running = Running::start(|_| {});
    let Some(_peer) = client(&running, "abort") else { return };
    assert_reset(&mut running);
}

#[test]
fn data_to_a_closed_socket_is_answered_with_rst() {
    const CLOSES: &str = "
import socket, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
peer.sendall(b'Hello')
sys.stdin.readline()
peer.close()
print('closed', flush=True)
sys.stdin.readline()
";
    let mut stepped = Stepped::start(Mode::Threads, false, |config| config.recv_size = 3);
    stepped.step_to(Call::Accept);
    let Some(mut peer) = Peer::python(CLOSES, &[&stepped.address.port().to_string()]) else { return };
    stepped.step_to(Call::SendAll);
    peer.type_line("close");
    peer.out.wait_until(|line| line == "closed");
    // The client has closed with nothing unread, so until now there was only a FIN. The answer to the first part of the
    // echo is an RST, and sending the second part fails.
    stepped.server.set_stepping(false);
    let mut reason = None;
    wait_for("the close", || {
        let closed = |event: echoscope::server::event::Event| match event.kind {
            EventKind::Closed(closed) => Some(closed.reason),
            _ => None,
        };
        reason = stepped.events().into_iter().find_map(closed);
        reason.is_some()
    });
    assert_eq!(reason, Some(CloseReason::Reset));
}

#[test]
fn port_that_is_only_bound_can_be_taken_by_another_program() {
    const LISTENS: &str = "
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', int(sys.argv[1])))
server.listen()
print('listening', flush=True)
sys.stdin.readline()
";
    let stepped = Stepped::start(Mode::Threads, false, |_| {});
    stepped.step_to(Call::Listen);
    let Some(peer) = Peer::python(LISTENS, &[&stepped.address.port().to_string()]) else { return };
    peer.out.wait_until(|line| line == "listening");
    stepped.step(None);
    wait_for("the failure", || stepped.server.state().is_stopped());
    let ServerState::Failed(error) = stepped.server.state() else { panic!("it listens, too") };
    assert!(matches!(&*error, StartError::Bind(_)) && error.is_about_the_port(), "{error}");
    assert!(error.to_string().contains("already in use by another program"), "{error}");
}

#[test]
fn backlog_admits_one_more_client_up_to_somaxconn() {
    const FILLS: &str = "
import fcntl, socket, struct, sys
# Brings the loopback interface up: SIOCSIFFLAGS, IFF_UP (netdevice(7)).
with socket.socket() as any:
    fcntl.ioctl(any, 0x8914, struct.pack('16sh', b'lo', 1))
server = socket.create_server(('127.0.0.1', 0), backlog=int(sys.argv[1]))
clients = []
try:
    while len(clients) < 50:
        clients.append(socket.create_connection(server.getsockname(), timeout=0.5))
except TimeoutError:
    pass
print(len(clients))
";
    let (Some(unshare), Some(python)) = (program("unshare"), program("python3")) else { return };
    // In a network namespace of its own, the limit can be changed.
    let line = r#"echo 4 > /proc/sys/net/core/somaxconn && exec "$0" -c "$1" "$2""#;
    for (backlog, clients) in [("0", "1\n"), ("2", "3\n"), ("4", "5\n"), ("40", "5\n")] {
        let mut command = Command::new(&unshare);
        command.args(["--user", "--map-root-user", "--net", "sh", "-c", line]);
        let end = finish({
            command.arg(&python).args([FILLS, backlog]);
            command
        });
        if end.code != Some(0) && end.stderr.contains("unshare") {
            return eprintln!("skipped: no network namespace can be created here");
        }
        assert_eq!((end.stdout.as_str(), end.code), (clients, Some(0)), "backlog {backlog}: {}", end.stderr);
    }
}

/// A server on OpenSSL that receives up to the end of the stream, and only then sends the data back.
const LATE_ECHO: &str = "
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
peer = context.wrap_socket(server.accept()[0], server_side=True)
data = b''
while part := peer.recv(1024):
    data += part
peer.sendall(data)
peer.unwrap()
peer.close()
";

#[test]
fn half_close_over_tls_receives_the_rest_in_both_versions() {
    let identity = Identity::new();
    for (versions, version) in [(TlsVersions::Only12, "TLS 1.2"), (TlsVersions::Both, "TLS 1.3")] {
        let choices = || TlsChoices {
            versions,
            ..TlsChoices::new(Trust::ThisServer(identity.certificate.clone().into()))
        };
        let echoscope = serve(&identity, |_| {});
        let mut attempts = vec![(config(&echoscope, choices()), None)];
        if let Some(peer) = Peer::python(LATE_ECHO, &[&identity.certificate, &identity.key]) {
            let port = peer.out.next().parse().unwrap();
            let tls = Some(TlsChoices { name: "localhost".to_owned(), ..choices() });
            attempts
                .push((ConnectionConfig { tls, ..ConnectionConfig::plain("127.0.0.1", port) }, Some(peer)));
        }
        for (config, peer) in attempts {
            let who = if peer.is_some() { "OpenSSL" } else { "Echoscope" };
            let mut client = Watched::connect(config);
            client.wait_until_open();
            assert_eq!(client.client.status().handshake.unwrap().agreed.version, version);
            client.send(&vec![b'x'; 100_000]);
            client.client.close(CloseMode::HalfClose);
            let closed = client.closed();
            assert_eq!(closed.cause, ClientCloseCause::Client(CloseMode::HalfClose), "{who}, {version}");
            assert_eq!((closed.sent, closed.received), (100_000, 100_000), "{who}, {version}");
            assert!(client.client.status().echo.is_exact(), "{who}, {version}");
            let end = client.event("the server's end", |kind| match kind {
                ClientEventKind::PeerClosed(end) => Some(*end),
                _ => None,
            });
            assert_eq!(end, PeerEnd::CloseNotify, "{who}, {version}");
        }
    }
}
