//! Replays the tutorial with the built program: the transcript, the three modes, and the tutorial's clients.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::support::trusting::trusting;
use crate::support::{Guarded, Identity, Lines, Server, program};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

const MEBIBYTE: usize = 1 << 20;

/// The lock of the tests that open hundreds of sockets. Several at a time could run out of descriptors.
static MANY_SOCKETS: Mutex<()> = Mutex::new(());

/// A client program whose stdin stays open.
struct Client {
    _child: Guarded,
    input: Option<ChildStdin>,
    output: Lines,
}

impl Client {
    fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = Guarded(command.spawn().expect("the client can be started"));
        let input = child.0.stdin.take();
        let output = Lines::of(child.0.stdout.take().expect("stdout is piped"));
        Self { _child: child, input, output }
    }

    fn send(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(text.as_bytes()).expect("the client reads its input");
    }
}

/// Finds the tutorial's `nc`: OpenBSD's, which supports IPv6 and half-close, unlike other programs of that name.
fn netcat() -> Option<PathBuf> {
    let nc = program("nc")?;
    let mut help = Command::new(&nc);
    help.arg("-h").stdin(Stdio::null());
    let help = crate::support::finish(help);
    let shuts_down = (help.stdout + &help.stderr).to_lowercase().contains("shutdown the network socket");
    if !shuts_down {
        assert!(!crate::support::all_are_needed(), "this nc is not OpenBSD's, and in CI it must be");
        let _ = writeln!(std::io::stderr(), "skipped: this nc is not OpenBSD's");
    }
    shuts_down.then_some(nc)
}

/// Returns whether a line is exactly like the tutorial's `Received new connection from  ('127.0.0.1', 49743)`.
fn is_new_connection(line: &str) -> bool {
    line.strip_prefix("Received new connection from  ('127.0.0.1', ")
        .and_then(|rest| rest.strip_suffix(')'))
        .is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Asserts that these lines contain one new connection and end with `received`.
fn assert_transcript(lines: &[String], received: &str) {
    let connections = lines.iter().filter(|line| line.starts_with("Received new")).collect::<Vec<_>>();
    assert_eq!(connections.len(), 1, "{lines:#?}");
    assert!(is_new_connection(connections[0]), "not the tutorial's line: {:?}", connections[0]);
    assert_eq!(lines.last().map(String::as_str), Some(received), "{lines:#?}");
}

#[test]
fn transcript_with_nc_equals_the_tutorials() {
    let Some(nc) = netcat() else { return };
    let server = Server::start(&[]);
    let mut client = Client::start(&nc, &["127.0.0.1", &server.port.to_string()]);
    client.send("Hello\n");
    assert_eq!(client.output.next(), "Hello");
    let lines = server.out.wait_until(|line| line.starts_with("Received: "));
    assert_transcript(&lines, r"Received: b'Hello\n'");

    client.send("it's \"tab\"\t\\ caf\u{e9}\n");
    assert_eq!(client.output.next(), "it's \"tab\"\t\\ caf\u{e9}");
    let lines = server.out.wait_until(|line| line.starts_with("Received: "));
    assert_eq!(lines, [r#"Received: b'it\'s "tab"\t\\ caf\xc3\xa9\n'"#]);
}

#[test]
fn transcript_with_openssl_over_tls_equals_the_tutorials() {
    let Some(openssl) = program("openssl") else { return };
    let identity = Identity::by_the_tutorial(&openssl);
    let server = Server::start(&identity.arguments());
    let address = format!("127.0.0.1:{}", server.port);
    let mut client = Client::start(&openssl, &["s_client", "-quiet", "-connect", &address]);
    client.send("Hello\n");
    assert_eq!(client.output.next(), "Hello");
    let lines = server.out.wait_until(|line| line.starts_with("Received: "));
    assert_transcript(&lines, r"Received: b'Hello\n'");
}

#[test]
fn transcript_with_the_tutorials_python_client_equals_the_tutorials() {
    let (Some(openssl), Some(python)) = (program("openssl"), program("python3")) else { return };
    let identity = Identity::by_the_tutorial(&openssl);
    let server = Server::start(&identity.arguments());
    // Python 3.13 enabled a strict mode that rejects the tutorial's own certificate; the tutorial is older.
    let trusting = "context = ssl.create_default_context(cafile=sys.argv[2])\n\
                    context.verify_flags &= ~ssl.VERIFY_X509_STRICT\n\
                    context.check_hostname = False";
    let careless = "context = ssl.create_default_context()\n\
                    context.check_hostname = False\n\
                    context.verify_mode = ssl.CERT_NONE";
    for context in [trusting, careless] {
        let script = format!(
            "import socket, ssl, sys\n{context}\n\
             conn = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n\
             conn = context.wrap_socket(conn, server_hostname='localhost')\n\
             conn.sendall(b'Hello\\n')\n\
             print(conn.recv(1024), flush=True)\n\
             conn.close()\n"
        );
        let mut command = Command::new(&python);
        command.args(["-c", &script, &server.port.to_string(), &identity.certificate]).stdin(Stdio::null());
        let end = crate::support::finish(command);
        assert_eq!((end.code, end.stdout.trim_end()), (Some(0), r"b'Hello\n'"), "{}", end.stderr);
        let lines = server.out.wait_until(|line| line.starts_with("Received: "));
        assert_transcript(&lines, r"Received: b'Hello\n'");
    }
}

#[test]
fn half_close_echoes_pending_data() {
    let Some(nc) = netcat() else { return };
    let server = Server::start(&[]);
    for (name, text) in [("short", "x".to_owned()), ("long", "echo ".repeat(200_000))] {
        let mut client = Client::start(&nc, &["-N", "127.0.0.1", &server.port.to_string()]);
        // The client's stdin is closed after the text, as by `printf x |`.
        let mut input = client.input.take().expect("the input is open");
        let sent = text.clone();
        let writer = thread::spawn(move || input.write_all(sent.as_bytes()));
        let got = client.output.rest();
        writer.join().expect("the writer does not panic").expect("nc reads its input");
        assert!(got == [text], "{name}: not what was sent came back");
    }
}

#[test]
fn ipv6_peers_are_printed_as_in_python() {
    let Some(nc) = netcat() else { return };
    if TcpStream::connect("[::1]:1").is_err_and(|error| error.kind() != ErrorKind::ConnectionRefused) {
        let _ = writeln!(std::io::stderr(), "skipped: this computer has no IPv6");
        return;
    }
    // The server listens on an IPv6 address, or on a name with addresses of both families.
    for host in ["::1", "localhost"] {
        let server = Server::start(&["--host", host]);
        let mut client = Client::start(&nc, &["::1", &server.port.to_string()]);
        client.send("six\n");
        assert_eq!(client.output.next(), "six");
        let lines = server.out.wait_until(|line| line.starts_with("Received: "));
        let peer = lines.iter().find_map(|line| line.strip_prefix("Received new connection from  ('::1', "));
        let port =
            peer.and_then(|rest| rest.strip_suffix(", 0, 0)")).and_then(|port| port.parse::<u16>().ok());
        assert!(port.is_some(), "{host}: {lines:#?}");
    }
}

#[test]
fn hundred_mebibytes_are_echoed() {
    let server = Server::start(&[]);
    server.out.discard();
    let mut reading = server.connect();
    let mut writing = reading.try_clone().expect("a socket can be cloned");
    let writer = thread::spawn(move || {
        let mut random = Random(1);
        let mut block = vec![0; MEBIBYTE];
        for _ in 0..100 {
            random.fill(&mut block);
            writing.write_all(&block).expect("the server reads");
        }
        writing.shutdown(Shutdown::Write).expect("the connection is open");
    });
    let mut random = Random(1);
    let (mut expected, mut got) = (vec![0; MEBIBYTE], vec![0; MEBIBYTE]);
    for number in 0..100 {
        random.fill(&mut expected);
        reading.read_exact(&mut got).expect("the server echoes");
        assert!(got == expected, "mebibyte {number} came back changed");
    }
    assert_eq!(reading.read(&mut got).expect("the server closes"), 0, "more came back than was sent");
    writer.join().expect("the writer does not panic");
}

#[test]
fn hundred_mebibytes_are_echoed_over_tls() {
    let identity = Identity::new();
    let mut arguments = identity.arguments().to_vec();
    arguments.extend(["--recv-size", "65536"]);
    let server = Server::start(&arguments);
    server.out.discard();
    let mut client = tls(server.connect());
    let mut random = Random(2);
    // A block is small enough for the socket buffers in both directions, so that one thread can write and then read.
    let (mut block, mut got) = (vec![0; 128 << 10], vec![0; 128 << 10]);
    for number in 0..800 {
        random.fill(&mut block);
        client.write_all(&block).expect("the server reads");
        client.flush().expect("the server reads");
        client.read_exact(&mut got).expect("the server echoes");
        assert!(got == block, "block {number} came back changed");
    }
    client.conn.send_close_notify();
    client.flush().expect("the connection is open");
    assert_eq!(client.read(&mut got).expect("the server closes in order"), 0, "more came back than was sent");
}

#[test]
fn mode_one_lets_the_next_client_wait_in_the_queue() {
    let server = Server::start(&["--mode", "one", "--backlog", "1"]);
    let mut first = server.connect();
    echo(&mut first, b"first");
    let mut second = server.connect();
    second.write_all(b"second, early").expect("the queue takes what is sent");
    // The first client is served twice while the second gets nothing.
    echo(&mut first, b"first again");
    echo(&mut first, b"and again");
    assert_silent(&second);
    drop(first);
    let mut got = [0; 13];
    second.read_exact(&mut got).expect("the second is served once the first is gone");
    assert_eq!(&got, b"second, early");
    echo(&mut second, b"second");

    let lines = server.out.wait_until(|line| line == "Received: b'second'");
    let lines = lines.iter().filter(|line| line.starts_with("Received")).collect::<Vec<_>>();
    let data = lines.iter().filter_map(|line| line.strip_prefix("Received: ")).collect::<Vec<_>>();
    let wanted = ["b'first'", "b'first again'", "b'and again'", "b'second, early'", "b'second'"];
    assert_eq!(data, wanted);
    assert!(is_new_connection(lines[0]) && is_new_connection(lines[4]), "{lines:#?}");
}

#[test]
fn five_hundred_clients_get_their_own_bytes() {
    let _guard = MANY_SOCKETS.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start(&["--backlog", "512"]);
    server.out.discard();
    let mut clients = (0..500).map(|_| server.connect()).collect::<Vec<_>>();
    let data = |number: usize| format!("client {number} sends {} ", number * 7919).repeat(100);
    for (number, client) in clients.iter_mut().enumerate() {
        client.write_all(data(number).as_bytes()).expect("the server reads");
    }
    for (number, client) in clients.iter_mut().enumerate() {
        let mut got = vec![0; data(number).len()];
        client.read_exact(&mut got).expect("each client is echoed");
        assert_eq!(String::from_utf8_lossy(&got), data(number));
    }
    for client in &clients {
        assert_silent(client);
    }
}

#[test]
fn pool_serves_as_many_clients_as_it_has_threads() {
    let server = Server::start(&["--mode", "pool", "--pool-size", "2"]);
    let mut first = server.connect();
    let mut second = server.connect();
    echo(&mut first, b"one");
    echo(&mut second, b"two");
    let mut third = server.connect();
    third.write_all(b"three").expect("what is sent waits");
    echo(&mut first, b"one again");
    echo(&mut second, b"two again");
    assert_silent(&third);
    drop(second);
    let mut got = [0; 5];
    third.read_exact(&mut got).expect("a thread became free");
    assert_eq!(&got, b"three");
    echo(&mut first, b"one to the end");
}

// Windows has no signals; tests/windows.sh presses Ctrl-C in a console.
#[cfg(unix)]
#[test]
fn sigterm_and_sigint_end_two_hundred_clients() {
    let _guard = MANY_SOCKETS.lock().unwrap_or_else(PoisonError::into_inner);
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(&["--backlog", "256"]);
        server.out.discard();
        let mut clients = (0..200).map(|_| server.connect()).collect::<Vec<_>>();
        for client in &mut clients {
            echo(client, b"here");
        }
        // One client is in the middle of a transfer: it sends without reading.
        clients[0].set_nonblocking(true).expect("a socket can be made so");
        while clients[0].write(&[7; 4096]).is_ok() {}
        server.signal(signal);
        // The program should stop within a second; a machine that runs all tests at once gets three.
        let status = server.end(std::time::Duration::from_secs(3));
        let status = status.unwrap_or_else(|| panic!("still running three seconds after SIG{signal}"));
        assert_eq!(status.code(), Some(0), "after SIG{signal}: {status}");
        for client in &mut clients[1..] {
            let end = client.read(&mut [0; 16]);
            assert!(
                matches!(&end, Ok(0)) || end.as_ref().is_err_and(|e| e.kind() == ErrorKind::ConnectionReset),
                "a client was left behind: {end:?}"
            );
        }
    }
}

/// Sends data and reads the same data back.
fn echo(stream: &mut TcpStream, data: &[u8]) {
    stream.write_all(data).expect("the server reads");
    let mut got = vec![0; data.len()];
    stream.read_exact(&mut got).expect("the server echoes");
    assert_eq!(got, data);
}

/// Asserts that nothing has arrived.
fn assert_silent(stream: &TcpStream) {
    stream.set_nonblocking(true).expect("a socket can be made so");
    let peeked = stream.peek(&mut [0]);
    assert!(peeked.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "it got {peeked:?}");
    stream.set_nonblocking(false).expect("a socket can be made so");
}

/// A deterministic random number generator (xorshift64*, Vigna 2014).
struct Random(u64);

impl Random {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let word = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Returns a TLS client that accepts any certificate.
fn tls(stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let config = trusting(rustls::ALL_VERSIONS, None);
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client can be made");
    StreamOwned::new(connection, stream)
}
