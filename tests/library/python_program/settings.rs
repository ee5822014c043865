//! Settings have the same effect in the Python program as in Echoscope.

use std::io::ErrorKind;

use echoscope::settings::{ClientAuth, Mode, Settings, TlsVersions};

use crate::python_program::both::{Client, both, over_tls, python, python_with, tutorial};
use crate::support::Identity;

#[test]
fn small_recv_size_splits_the_stream() {
    let identity = Identity::new();
    let settings = Settings { recv_size: 4, ..Settings::default() };
    for settings in [over_tls(&settings, &identity), settings] {
        let Some(mut peers) = both(&settings) else { return };
        for peer in &mut peers {
            let mut client = peer.connect();
            client.echo(b"Hello, world");
            assert!(client.half_close().is_empty());
            peer.wait_until("Connection from");
        }
        let [python, echoscope] = peers.map(|peer| peer.comparable());
        assert_eq!(python, echoscope);
        assert_eq!(echoscope[1..4], ["Received: b'Hell'", "Received: b'o, w'", "Received: b'orld'"]);
    }
}

/// Only Linux documents the length of the accept queue: N + 1 clients fit, and the next one gets no answer.
#[cfg(target_os = "linux")]
#[test]
fn backlog_has_its_length() {
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    for (backlog, start) in [(0, python as fn(&_) -> _), (2, tutorial)] {
        let settings = Settings { mode: Mode::One, backlog, ..Settings::default() };
        let Some(peer) = start(&settings) else { return };
        let mut served = peer.connect();
        served.echo(b"served");
        let waiting: Vec<Client> = (0..=backlog).map(|_| peer.connect()).collect();
        let address = SocketAddr::from(([127, 0, 0, 1], peer.server.port));
        let next = TcpStream::connect_timeout(&address, Duration::from_millis(300));
        assert_eq!(next.unwrap_err().kind(), ErrorKind::TimedOut, "backlog {backlog}");
        drop(served);
        for mut client in waiting {
            client.echo(b"my turn");
        }
    }
}

#[test]
fn pool_serves_as_many_clients_as_it_has_threads() {
    let settings = Settings { mode: Mode::Pool, pool_size: 2, ..Settings::default() };
    for start in [tutorial, python] {
        let Some(peer) = start(&settings) else { return };
        let mut clients = [peer.connect(), peer.connect()];
        for client in &mut clients {
            client.echo(b"served");
        }
        let mut third = peer.connect();
        third.send(b"early");
        for client in &mut clients {
            client.echo(b"served again");
        }
        third.stream().set_nonblocking(true).unwrap();
        assert_eq!(third.stream().peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        third.stream().set_nonblocking(false).unwrap();
        drop(clients);
        assert_eq!(third.take(5).unwrap(), b"early");
    }
}

#[test]
fn idle_client_is_closed_after_the_timeout() {
    let identity = Identity::new();
    let settings = Settings { idle_timeout: 1, ..Settings::default() };
    for settings in [over_tls(&settings, &identity), settings] {
        let Some(mut peers) = both(&settings) else { return };
        for peer in &mut peers {
            let mut client = peer.connect();
            client.echo(b"and then nothing");
            peer.wait_until("closed by the server as idle");
        }
        let [python, echoscope] = peers.map(|peer| peer.comparable());
        assert_eq!(python, echoscope);
    }
}

#[test]
fn slow_handshake_is_a_tls_failure_and_not_idle() {
    let identity = Identity::new();
    let settings = over_tls(&Settings::default(), &identity);
    let short = |text: String| {
        let shorter = text.replace("HANDSHAKE_TIMEOUT = 10", "HANDSHAKE_TIMEOUT = 0.2");
        assert_ne!(shorter, text);
        shorter
    };
    let Some(mut peer) = python_with(&settings, short) else { return };
    // The client sends nothing, or only the beginning of a ClientHello.
    for sent in [&b""[..], b"\x16\x03\x01"] {
        let mut client = peer.server.connect();
        std::io::Write::write_all(&mut client, sent).unwrap();
        peer.wait_until("TLS failure: no handshake: ");
        peer.wait_until(" closed on a TLS failure after ");
    }
}

#[test]
fn client_certificates_are_requested_as_set() {
    let (server, known, unknown) = (Identity::new(), Identity::new(), Identity::new());
    for versions in TlsVersions::ALL {
        for auth in [ClientAuth::Optional, ClientAuth::Required] {
            let settings = Settings {
                tls_versions: versions,
                client_auth: auth,
                client_ca: known.certificate.clone().into(),
                ..over_tls(&Settings::default(), &server)
            };
            let (Some(peers), Some(tutorial)) = (both(&settings), tutorial(&settings)) else { return };
            for mut peer in peers.into_iter().chain([tutorial]) {
                for (shown, wanted) in
                    [(Some(&known), true), (Some(&unknown), false), (None, auth == ClientAuth::Optional)]
                {
                    let mut client = peer.connect_with(shown);
                    let case = format!("{} {versions:?} {auth:?} {}", peer.name, shown.is_some());
                    let Client::Tls(stream) = &mut client else { panic!("TLS is on") };
                    // With TLS 1.3 a client learns only later that it is rejected.
                    let sent = std::io::Write::write_all(stream, b"let me in")
                        .and_then(|()| std::io::Write::flush(stream));
                    let got = sent.and_then(|()| client.take(9));
                    assert_eq!(got.is_ok(), wanted, "{case}: {got:?}");
                    drop(client);
                    peer.wait_for_close(!wanted);
                }
                if peer.is_tutorial() {
                    continue;
                }
                // The rejected clients did not end the server, and nothing of theirs was echoed.
                let closed: Vec<_> =
                    peer.comparable().into_iter().filter(|line| line.contains("on a TLS failure")).collect();
                assert_eq!(closed.len(), if auth == ClientAuth::Required { 2 } else { 1 }, "{closed:?}");
            }
        }
    }
}

#[test]
fn tls_versions_and_alpn_are_as_set() {
    let identity = Identity::new();
    for (versions, wanted) in [
        (TlsVersions::Both, rustls::ProtocolVersion::TLSv1_3),
        (TlsVersions::Only12, rustls::ProtocolVersion::TLSv1_2),
        (TlsVersions::Only13, rustls::ProtocolVersion::TLSv1_3),
    ] {
        let settings = Settings { tls_versions: versions, ..over_tls(&Settings::default(), &identity) };
        for start in [tutorial, python] {
            let Some(peer) = start(&settings) else { return };
            let mut client = peer.connect();
            client.echo(b"x");
            let Client::Tls(stream) = &client else { panic!("TLS is on") };
            assert_eq!(stream.conn.protocol_version(), Some(wanted));
        }
    }
}

// Windows has no SIGINT that one program could send to another.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_program_silently_with_open_connections() {
    let identity = Identity::new();
    for mode in Mode::ALL {
        for tls in [false, true] {
            let settings = Settings { mode, ..Settings::default() };
            let settings = if tls { over_tls(&settings, &identity) } else { settings };
            let Some(mut peer) = python(&settings) else { return };
            let mut client = peer.connect();
            client.echo(b"here");
            peer.server.signal("INT");
            let status =
                peer.server.end(crate::support::PATIENCE).expect("it ends while a thread is in recv");
            assert_eq!(status.code(), Some(0), "{mode:?} {tls}");
            assert_eq!(peer.server.err.rest(), [""; 0], "{mode:?} {tls}");
        }
    }
}
