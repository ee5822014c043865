//! The same clients talk to several servers: all echo the same bytes and print the same lines.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use echoscope::python::{Version, program};
use echoscope::server::ServerConfig;
use echoscope::settings::{Mode, Settings};

use crate::python_program::both::{Client, Peer, both, echoscope, over_tls, run, tutorial};
use crate::support::Identity;
use crate::support::running::wait_for;

const BYTES: &[u8] = b"\0\x07\x1b\x7f\x80\xc3\xa9\xff\r\n";

/// Connects one client after another, which together do everything that clients do in the lessons. A reset may end the
/// tutorial's own program, so it is optional.
fn talk(peer: &mut Peer, mode: Mode, tls: bool, with_reset: bool) {
    // Several separate sends, and an orderly close.
    let mut client = peer.connect();
    for data in
        [&b"Hello\n"[..], b"it's", b"\"quoted\"", b"'both\"\t\\", "caf\u{e9} \u{1f600}".as_bytes(), BYTES]
    {
        client.echo(data);
    }
    assert!(client.half_close().is_empty());
    peer.wait_for_close(false);

    // One byte, then a thousand that are in flight when the client half-closes.
    let mut client = peer.connect();
    client.echo(b"x");
    client.send(&[b'.'; 1000]);
    assert_eq!(client.half_close(), [b'.'; 1000]);
    peer.wait_for_close(false);

    // A client that sends no data, but with TLS makes a handshake.
    assert!(peer.connect().half_close().is_empty());
    peer.wait_for_close(false);

    // A reset, after which the server continues.
    if with_reset {
        let mut client = peer.connect();
        client.echo(b"I am gone");
        client.reset();
        peer.wait_for_close(false);
    }

    // Two clients in turn. In mode one, the second waits. A line may be printed a moment after its echo.
    let (mut first, mut second) = (peer.connect(), None);
    let send_and_await = |peer: &mut Peer, client: &mut Client, text: &str| {
        client.echo(text.as_bytes());
        peer.wait_until(&format!("'{text}'"));
    };
    send_and_await(peer, &mut first, "first");
    if mode == Mode::One {
        second = Some(peer.connect());
    } else {
        let second = second.insert(peer.connect());
        send_and_await(peer, second, "second");
        send_and_await(peer, &mut first, "first again");
        send_and_await(peer, second, "second again");
    }
    assert!(first.half_close().is_empty());
    peer.wait_for_close(false);
    let mut second = second.unwrap();
    send_and_await(peer, &mut second, "second to the end");
    assert!(second.half_close().is_empty());
    peer.wait_for_close(false);

    if tls {
        // A client that ends the stream without close_notify, and one that doesn't use TLS at all.
        let mut client = peer.connect();
        client.echo(b"cut off");
        client.end_without_close_notify();
        let mut stream = client.stream();
        let _ = stream.read_to_end(&mut Vec::new());
        peer.wait_for_close(false);
        // Some versions of Python report the missing close_notify as a failure. This client's line comes after that.
        let mut client = peer.connect();
        send_and_await(peer, &mut client, "after the cut");
        assert!(client.half_close().is_empty());
        peer.wait_for_close(false);
        let mut client = peer.server.connect();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _ = client.read_to_end(&mut Vec::new());
        peer.wait_for_close(true);
        // A client that closes without sending, and two that close during the handshake: before the ClientHello is
        // complete, and after the server's answer.
        drop(peer.server.connect());
        peer.wait_for_close(true);
        for hello in [1, 2] {
            let client = peer.connect();
            let Client::Tls(mut stream) = client else { panic!("TLS is on") };
            let mut sent = Vec::new();
            stream.conn.write_tls(&mut sent).unwrap();
            stream.sock.write_all(&sent[..sent.len() * hello / 2]).unwrap();
            if hello == 2 {
                stream.sock.read_exact(&mut [0]).unwrap();
            }
            stream.sock.shutdown(Shutdown::Write).unwrap();
            peer.wait_for_close(true);
        }
        // The server continues.
        let mut client = peer.connect();
        send_and_await(peer, &mut client, "still here");
        assert!(client.half_close().is_empty());
        peer.wait_for_close(false);
    }
}

#[test]
fn tutorials_program_echoes_and_prints_its_lines_like_echoscope() {
    let identity = Identity::new();
    for mode in Mode::ALL {
        for tls in [false, true] {
            let settings = Settings { mode, ..Settings::default() };
            let settings = if tls { over_tls(&settings, &identity) } else { settings };
            let Some(tutorial) = tutorial(&settings) else { return };
            let mut peers = [tutorial, echoscope(&settings)];
            for peer in &mut peers {
                talk(peer, mode, tls, false);
            }
            let [tutorial, echoscope] = peers.map(|peer| peer.tutorial_lines());
            assert_eq!(tutorial, echoscope, "{mode:?}, TLS {tls}");
            let count = |text: &str| tutorial.iter().filter(|line| line.contains(text)).count();
            assert_eq!(count("Received new connection from  ('127.0.0.1', …)"), if tls { 12 } else { 5 });
            assert_eq!(count("Received: b'Hello\\n'"), 1, "{tutorial:#?}");
        }
    }
}

#[test]
fn tutorials_program_runs_on_its_port_and_on_every_kind_of_host() {
    // The port is free again as soon as the listener is dropped.
    let free_port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    // To Python, 127.1 is a name to look up, which is found without a network.
    for host in ["localhost", "127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "127.1", "::1", "::"] {
        let is_ipv6 = host.starts_with("::") && !host.contains('.');
        if is_ipv6 && !has_ipv6 {
            let _ = writeln!(std::io::stderr(), "skipped: this computer has no IPv6");
            continue;
        }
        let settings = Settings { host: host.to_owned(), port: free_port(), ..Settings::default() };
        let program = program(&ServerConfig::from(&settings), Version::Tutorial);
        let Some(peer) = run(&settings, "the tutorial", &[], &program.text()) else { return };
        assert_eq!(peer.server.port, settings.port, "{host}");
        let mut clients = if is_ipv6 { vec!["::1"] } else { vec!["127.0.0.1"] };
        if host == "::" {
            clients.push("127.0.0.1");
        }
        for address in clients {
            let mut client = None;
            // The program prints its first line before it listens.
            wait_for("the program to listen", || {
                client = TcpStream::connect((address, settings.port)).ok();
                client.is_some()
            });
            let mut client = client.unwrap();
            client.write_all(b"x").unwrap();
            client.read_exact(&mut [0]).unwrap();
        }
    }
}

#[test]
fn program_behaves_and_prints_like_echoscope() {
    let identity = Identity::new();
    for mode in Mode::ALL {
        for tls in [false, true] {
            let settings = Settings { mode, ..Settings::default() };
            let settings = if tls { over_tls(&settings, &identity) } else { settings };
            let Some(mut peers) = both(&settings) else { return };
            for peer in &mut peers {
                talk(peer, mode, tls, true);
            }
            let [mut python, echoscope] = peers.map(|peer| peer.comparable());
            if tls {
                // Python 3.10 to 3.12 treat a reset as the end of the stream (they misread SSL_read_ex()).
                for line in &mut python {
                    if line.ends_with(": 9 bytes received, 9 bytes sent") {
                        *line = line.replace("closed by the client without close_notify", "reset");
                    }
                }
            }
            for (number, (python, echoscope)) in python.iter().zip(&echoscope).enumerate() {
                assert_eq!(python, echoscope, "{mode:?}, TLS {tls}, line {number}");
            }
            assert_eq!(python.len(), echoscope.len(), "{mode:?}, TLS {tls}");
            let count = |text: &str| echoscope.iter().filter(|line| line.contains(text)).count();
            assert_eq!(count("Received new connection from  ('127.0.0.1', …)"), if tls { 13 } else { 6 });
            assert_eq!(count(" reset after …: 9 bytes received, 9 bytes sent"), 1, "{echoscope:#?}");
            assert_eq!(count("closed by the client after …: 1,001 bytes received, 1,001 bytes sent"), 1);
            assert_eq!(count("without close_notify"), usize::from(tls));
            assert_eq!(
                count("closed on a TLS failure after …: 0 bytes received, 0 bytes sent"),
                if tls { 3 } else { 0 }
            );
        }
    }
}

#[test]
fn ipv6_addresses_are_printed_the_same() {
    if TcpListener::bind("[::1]:0").is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: this computer has no IPv6");
        return;
    }
    let settings = Settings { host: "::1".to_owned(), ..Settings::default() };
    let Some(mut peers) = both(&settings) else { return };
    for peer in &mut peers {
        let mut client = TcpStream::connect(("::1", peer.server.port)).unwrap();
        client.write_all(b"six").unwrap();
        client.read_exact(&mut [0; 3]).unwrap();
        drop(client);
        peer.wait_until("Connection from");
    }
    let [python, echoscope] = peers.map(|peer| peer.comparable());
    assert_eq!(python, echoscope);
    assert_eq!(echoscope[0], "Received new connection from  ('::1', …, 0, 0)");
}
