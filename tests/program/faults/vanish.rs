//! Ten thousand clients that connect and close at once: they leave no threads or files behind, and each is in the log
//! or counted.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{echo, reset, watch};
use crate::support::Server;
use crate::support::running::wait_for;

const CLIENTS: usize = 10_000;
const THREADS: usize = 4;
/// The most clients that may have connected but aren't in the log yet: fewer than the backlog.
const MAX_AHEAD_OF_LOG: usize = 500;

/// Connects from a rarely used loopback address, so that the client ports don't run out.
fn connect_from(last: u8, port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let from = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 17, last)), 0);
    socket.bind(&from.into()).unwrap();
    socket.connect(&SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port).into()).unwrap();
    socket.into()
}

/// Closes the sending side and reads to the end. Returns the received bytes.
fn finish(mut stream: TcpStream) -> Vec<u8> {
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    rest
}

#[test]
fn ten_thousand_short_connections_leave_nothing_behind() {
    let server = Server::start(&["--host", "127.0.0.1", "--backlog", "1000"]);
    drop(finish(server.connect()));
    let first = server.out.wait_until(|line| line.starts_with("Connection from"));
    assert_eq!(first.len(), 3, "{first:#?}");
    let now = || (watch::descriptors(server.pid()), watch::threads(server.pid()));
    // The first client's thread may still be ending.
    wait_for("the first client's end", || !watch::has_thread(server.pid(), "client"));
    let before = now();

    // Each client has two lines, or is counted as two skipped lines.
    let accounted = AtomicUsize::new(0);
    let connected = AtomicUsize::new(0);
    let (mut opened, mut closed, mut skipped) = (0, 0, 0);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (accounted, connected, port) = (&accounted, &connected, server.port);
            scope.spawn(move || {
                for round in 0..CLIENTS / THREADS {
                    let client = connect_from(number as u8 + 1, port);
                    // Half of the connections end with FIN, the others with RST.
                    if round % 2 == 0 {
                        drop(client);
                    } else {
                        reset(client);
                    }
                    connected.fetch_add(1, SeqCst);
                    // Wait for the log, because a client may consider itself connected although the
                    // accept queue is full (listen(2)).
                    wait_for("the log to follow", || {
                        let may = connected.load(SeqCst) < accounted.load(SeqCst) / 2 + MAX_AHEAD_OF_LOG;
                        if !may {
                            // Spinning would take time from the server.
                            thread::sleep(Duration::from_millis(1));
                        }
                        may
                    });
                }
            });
        }
        while opened + closed + skipped < 2 * CLIENTS {
            let line = server.out.next();
            if let Some(count) = skipped_count(&line) {
                skipped += count;
            } else if line.starts_with("Received new connection") {
                opened += 1;
            } else if line.starts_with("Connection from") {
                closed += 1;
            } else {
                assert!(line.starts_with("Client limit reached"), "{line}");
            }
            accounted.store(opened + closed + skipped, SeqCst);
        }
    });
    println!("{opened} opened and {closed} closed are in the log, {skipped} lines are counted");
    assert_eq!(opened + closed + skipped, 2 * CLIENTS);
    println!("file descriptors and threads: {before:?} before, {:?} after", now());
    // There may be fewer: when `before` was read, the thread that watches the accept queue may have had a file open.
    wait_for("file descriptors and threads as before", || now().0 <= before.0 && now().1 <= before.1);
    let mut good = server.connect();
    echo(&mut good, b"a good client");
    assert!(finish(good).is_empty());
    server.signal("TERM");
    let rest = server.out.rest();
    // The log contains the two lines of the last client, and no others that are late or repeated.
    let connections = rest.iter().filter(|line| line.contains("onnection from")).count();
    assert_eq!(connections, 2, "{rest:#?}");
}

/// Parses `1,234 entries skipped: …`.
pub(crate) fn skipped_count(line: &str) -> Option<usize> {
    let (count, _) = line.split_once(" entr").filter(|(_, rest)| rest.contains(" skipped: "))?;
    Some(count.replace(',', "").parse().unwrap())
}
