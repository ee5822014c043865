//! The load clients against the real server in each of its modes, plain and with TLS.

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use crate::support::PATIENCE;
use crate::support::running::Running;
use echoscope::app::clients::{ClientCommand, ClientField, TabCommand};
use echoscope::app::{App, Command, Options};
use echoscope::client::client_error::Stage;
use echoscope::client::{ConnectionConfig, LoadClients, LoadStatus, MAX_LOAD_CLIENTS};
use echoscope::server::event::EventKind;
use echoscope::settings::{Mode, Settings};
use echoscope::tls::options::{TlsChoices, Trust};

/// Load clients, and the channel of their wake-ups.
struct Watched {
    clients: LoadClients,
    woken: Receiver<()>,
}

impl Watched {
    fn connect(config: ConnectionConfig, count: u16) -> Self {
        let (sender, woken) = channel();
        let clients = LoadClients::connect(config, count, move || {
            let _ = sender.send(());
        });
        Self { clients, woken }
    }

    /// Waits until `is_done` returns true. Calls it only after each wake-up.
    #[track_caller]
    fn wait_until(&self, what: &str, is_done: impl Fn(&LoadStatus) -> bool) -> LoadStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.clients.status();
            let sum = status.connecting + status.waiting + status.echoed + status.closed + status.failed;
            assert_eq!(sum, status.total, "each is counted once: {status:?}");
            if is_done(&status) {
                return status;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.woken.recv_timeout(left).is_ok(), "waited in vain for: {what}: {status:?}");
        }
    }
}

fn config(server: &Running) -> ConnectionConfig {
    ConnectionConfig {
        connect_timeout: PATIENCE,
        ..ConnectionConfig::plain(server.address.ip().to_string(), server.address.port())
    }
}

#[test]
fn hundred_clients_get_their_own_lines_back_and_close_cleanly() {
    let mut server = Running::start(|config| config.backlog = 128);
    let watched = Watched::connect(config(&server), 100);
    let status = watched.wait_until("all echoes", |status| status.echoed == 100);
    assert!(status.first_failure.is_none());
    assert_eq!(server.server.counters().clients_now, 100, "they stay");
    watched.clients.close();
    let status = watched.wait_until("the end", |status| status.is_over);
    assert_eq!((status.closed, status.failed), (100, 0), "{status:?}");
    let mut lines: Vec<Vec<u8>> = Vec::new();
    crate::support::running::wait_for("a hundred closed connections", || {
        server.take_events();
        server.events.iter().filter(|event| matches!(event.kind, EventKind::Closed(_))).count() == 100
    });
    for event in &server.events {
        if let EventKind::Received { data, .. } = &event.kind {
            lines.push(data.to_vec());
        }
        if let EventKind::Closed(closed) = &event.kind {
            assert_eq!(closed.reason, echoscope::server::event::CloseReason::EndOfStream);
        }
    }
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 100, "each has a line of its own");
    server.stop();
}

#[test]
fn clients_of_a_server_that_serves_one_wait_and_can_be_closed() {
    let server = Running::start(|config| {
        config.mode = Mode::One;
        config.backlog = 16;
    });
    let watched = Watched::connect(config(&server), 6);
    let status =
        watched.wait_until("one echo, five waiting", |status| status.echoed == 1 && status.waiting == 5);
    let text = echoscope::app::clients::explain_waiting(&status).unwrap();
    assert!(text.starts_with("5 are connected, with no answer yet"), "{text}");
    // The clients can be closed although the server hasn't served them.
    watched.clients.close();
    let status = watched.wait_until("the end", |status| status.is_over);
    assert_eq!(status.closed, 6, "{status:?}");
    server.stop();
}

#[test]
fn pool_serves_as_many_clients_as_it_has_threads() {
    let server = Running::start(|config| {
        config.mode = Mode::Pool;
        config.pool_size = 3;
        config.backlog = 64;
    });
    let watched = Watched::connect(config(&server), 10);
    watched.wait_until("three echoes", |status| status.echoed == 3 && status.waiting == 7);
    watched.clients.close_now();
    watched.wait_until("the end", |status| status.is_over);
    server.stop();
}

/// Only Linux drops connections when the accept queue is full.
#[test]
#[cfg(target_os = "linux")]
fn full_accept_queue_is_explained() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let config = ConnectionConfig {
        connect_timeout: std::time::Duration::from_millis(300),
        ..ConnectionConfig::plain(address.ip().to_string(), address.port())
    };
    let watched = Watched::connect(config, 5);
    let status = watched.wait_until("three timeouts", |status| status.failed == 3);
    assert_eq!(status.waiting, 2, "a backlog of one admits two");
    let (_, failure) = status.first_failure.unwrap();
    assert_eq!(failure.stage(), Stage::Connecting);
    assert!(failure.to_string().contains("accept queue is full"), "{}", failure.to_string());
}

#[test]
fn refused_connection_is_explained_once_for_all() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let watched = Watched::connect(ConnectionConfig::plain("127.0.0.1", port), 7);
    let status = watched.wait_until("the end", |status| status.is_over);
    assert_eq!(status.failed, 7);
    let (_, failure) = status.first_failure.unwrap();
    assert!(failure.to_string().contains("Connection refused by"), "{}", failure.to_string());
}

#[test]
fn server_that_is_no_echo_is_detected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut client, _) = listener.accept().unwrap();
        let mut data = [0; 64];
        let count = client.read(&mut data).unwrap();
        data[0] ^= 1;
        client.write_all(&data[..count]).unwrap();
        let _ = client.read(&mut data);
    });
    let watched = Watched::connect(ConnectionConfig::plain(address.ip().to_string(), address.port()), 1);
    let status = watched.wait_until("the end", |status| status.is_over);
    let (number, failure) = status.first_failure.unwrap();
    assert_eq!((number, status.failed), (1, 1));
    assert!(failure.to_string().contains("sent back other data"), "{}", failure.to_string());
    server.join().unwrap();
}

#[test]
fn tls_works_with_trust_and_is_explained_without() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        tls: true,
        certificate: certificate.clone(),
        key,
        backlog: 64,
        ..Settings::default()
    };
    let server = Running::start(|config| {
        *config = echoscope::server::ServerConfig { port: 0, ..(&settings).into() };
    });
    let choices = |trust| TlsChoices { name: "localhost".to_owned(), ..TlsChoices::new(trust) };
    let trusting = ConnectionConfig { tls: Some(choices(Trust::ThisServer(certificate))), ..config(&server) };
    let watched = Watched::connect(trusting, 20);
    watched.wait_until("all echoes", |status| status.echoed == 20);
    watched.clients.close();
    assert_eq!(watched.wait_until("the end", |status| status.is_over).closed, 20);
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let authority = folder.path().join("other.crt");
    std::fs::write(&authority, other.cert.pem()).unwrap();
    let wary = ConnectionConfig { tls: Some(choices(Trust::CaFile(authority))), ..config(&server) };
    let watched = Watched::connect(wary, 3);
    let status = watched.wait_until("the end", |status| status.is_over);
    assert_eq!(status.failed, 3);
    let (_, failure) = status.first_failure.unwrap();
    assert_eq!(failure.stage(), Stage::Handshake);
    assert!(!failure.to_string().is_empty() && !failure.raw().is_empty(), "{failure:?}");
    server.stop();
}

#[test]
fn count_is_bounded_and_shutdown_closes_the_load_clients() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, backlog: 64, ..Settings::default() };
    let (sender, woken) = channel();
    let wake = std::sync::Arc::new(move || {
        let _ = sender.send(());
    });
    let mut app = App::new(settings, Options { wake, ..Options::default() });
    let wait_until = |app: &mut App, what: &str, is_done: &dyn Fn(&App) -> bool| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            app.poll();
            if is_done(app) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(woken.recv_timeout(left).is_ok(), "waited in vain for: {what}");
        }
    };
    for wrong in ["0", "201", "", "ten", "1.5"] {
        app.apply(Command::Client(ClientCommand::EditLoadCount(wrong.to_owned())));
        let text = app.clients().load().error().unwrap();
        assert!(text.contains(&MAX_LOAD_CLIENTS.to_string()), "{text}");
        app.apply(Command::Client(ClientCommand::ConnectLoad));
        assert!(app.clients().load().status().is_none(), "{wrong:?} connects no client");
    }
    app.apply(Command::Client(ClientCommand::EditLoadCount("9".to_owned())));
    assert!(app.clients().load_blocked().is_some(), "the OS has not chosen a port yet");
    app.apply(Command::Start);
    wait_until(&mut app, "listening", &|app| app.clients().load_blocked().is_none());
    app.apply(Command::Client(ClientCommand::ConnectLoad));
    assert!(app.clients().load().is_running());
    wait_until(&mut app, "nine echoes", &|app| {
        app.clients().load().status().is_some_and(|status| status.echoed == 9)
    });
    // The load clients can't be connected again before all are closed.
    app.apply(Command::Client(ClientCommand::ConnectLoad));
    assert_eq!(app.clients().load().status().map(|status| status.echoed), Some(9));
    // The load clients use the settings of the first tab.
    let first = app.clients().iter().next().unwrap().id();
    app.apply(ClientCommand::Tab(first, TabCommand::Edit(ClientField::Port, "x".to_owned())).into());
    assert!(app.clients().load_blocked().is_some());
    app.shutdown();
    app.poll();
    assert!(app.clients().load().status().is_some_and(|status| status.is_over));
}
