//! The server through the library, as a client sees it: modes, accept queue, limits, problems and stop.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::running::{PATIENCE, Running, config, listening, wait_for};
use echoscope::server::calls::Call;
use echoscope::server::event::{CloseReason, EventKind, Problem};
use echoscope::server::event_channel::channel;
use echoscope::server::{Phase, Server, ServerConfig, ServerState};
use echoscope::settings::Mode;

fn echo(stream: &mut TcpStream, data: &[u8]) {
    stream.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

/// Returns whether nothing arrives within a moment: the client waits and is not served.
fn is_waiting(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let result = stream.read(&mut [0]);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    result.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn data_is_echoed_and_reported_in_order() {
    let mut running = Running::start(|_| {});
    let mut client = running.connect();
    echo(&mut client, b"Hello\n");
    client.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    assert_eq!(running.closed(1), CloseReason::EndOfStream);
    let kinds = running.events.iter().map(|event| event.kind.clone()).collect::<Vec<_>>();
    assert!(matches!(&kinds[0], EventKind::Starting { port } if *port == running.address.port()));
    assert!(matches!(&kinds[1], EventKind::Listening { .. }));
    assert!(matches!(&kinds[2], EventKind::Opened));
    assert!(matches!(&kinds[3], EventKind::Received { data, echoed: 6, .. } if **data == *b"Hello\n"));
    assert!(matches!(&kinds[4], EventKind::Closed(closed) if closed.received == 6 && closed.sent == 6));
}

#[test]
fn half_close_echoes_pending_data() {
    let running = Running::start(|config| config.recv_size = 7);
    let mut client = running.connect();
    let data = (0..200_000_u32).map(|n| (n % 251) as u8).collect::<Vec<_>>();
    thread::scope(|scope| {
        let mut writer = client.try_clone().unwrap();
        let data = &data;
        scope.spawn(move || {
            writer.write_all(data).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut back = Vec::new();
        client.read_to_end(&mut back).unwrap();
        assert!(back == *data, "the echo differs");
    });
}

#[test]
fn localhost_is_served_on_ipv4_and_ipv6_with_one_port() {
    let running = Running::start(|config| config.host = "localhost".to_owned());
    let ServerState::Listening { addresses, .. } = running.server.state() else { panic!() };
    assert_eq!(addresses.len(), 2, "{addresses:?}");
    for address in addresses {
        assert_eq!(address.port(), running.address.port());
        echo(&mut TcpStream::connect(address).unwrap(), b"both");
    }
}

#[test]
fn unspecified_ipv6_address_also_accepts_ipv4() {
    let running = Running::start(|config| config.host = "::".to_owned());
    echo(&mut TcpStream::connect(("127.0.0.1", running.address.port())).unwrap(), b"four");
    echo(&mut TcpStream::connect(("::1", running.address.port())).unwrap(), b"six");
}

#[test]
fn mode_one_keeps_the_data_of_a_waiting_client() {
    let running = Running::start(|config| (config.mode, config.backlog) = (Mode::One, 1));
    let mut first = running.connect();
    echo(&mut first, b"first");
    let mut second = running.connect();
    second.write_all(b"sent while waiting").unwrap();
    assert!(is_waiting(&mut second));
    if cfg!(target_os = "linux") {
        wait_for("the queue's length", || running.server.counters().waiting == Some(1));
    }
    echo(&mut first, b"still the only one");
    drop(first);
    let mut back = [0; 18];
    second.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"sent while waiting");
    echo(&mut second, b"served");
}

#[test]
fn backlog_of_zero_is_passed_on() {
    // Linux admits one client more than the backlog, and doesn't answer the SYN of the next one.
    if !cfg!(target_os = "linux") {
        return;
    }
    let running = Running::start(|config| (config.mode, config.backlog) = (Mode::One, 0));
    let mut served = running.connect();
    echo(&mut served, b"x");
    let _waits = running.connect();
    let refused = TcpStream::connect_timeout(&running.address, Duration::from_millis(300));
    assert!(refused.is_err(), "a third client got in");
}

#[test]
fn pool_serves_as_many_clients_as_it_has_threads() {
    let running = Running::start(|config| (config.mode, config.pool_size) = (Mode::Pool, 2));
    let mut clients = [running.connect(), running.connect(), running.connect()];
    let (served, waiting) = clients.split_at_mut(2);
    for client in served.iter_mut() {
        echo(client, b"served");
    }
    waiting[0].write_all(b"waits").unwrap();
    assert!(is_waiting(&mut waiting[0]));
    assert!(running.server.connections().iter().any(|connection| connection.phase == Phase::Queued));
    served[0].shutdown(Shutdown::Both).unwrap();
    let mut back = [0; 5];
    waiting[0].read_exact(&mut back).unwrap();
    assert_eq!(&back, b"waits");
}

#[test]
fn client_beyond_the_limit_waits_in_the_queue() {
    let mut running = Running::start(|config| config.max_clients = 2);
    let mut clients = [running.connect(), running.connect(), running.connect()];
    echo(&mut clients[0], b"a");
    echo(&mut clients[1], b"b");
    clients[2].write_all(b"c").unwrap();
    assert!(is_waiting(&mut clients[2]));
    running.event(|event| {
        matches!(event.kind, EventKind::Problem(Problem::MaxClients { limit: 2, .. })).then_some(())
    });
    assert_eq!(running.server.counters().clients_now, 2);
    clients[0].shutdown(Shutdown::Both).unwrap();
    let mut back = [0];
    clients[2].read_exact(&mut back).unwrap();
    assert_eq!(&back, b"c");
}

#[test]
fn five_hundred_clients_get_their_own_bytes() {
    let running = Running::start(|config| config.backlog = 500);
    let mut clients = (0..500).map(|_| running.connect()).collect::<Vec<_>>();
    for (number, client) in clients.iter_mut().enumerate() {
        client.write_all(format!("client {number:>4}").as_bytes()).unwrap();
    }
    for (number, client) in clients.iter_mut().enumerate() {
        let mut back = [0; 11];
        client.read_exact(&mut back).unwrap();
        assert_eq!(back, *format!("client {number:>4}").as_bytes());
    }
    assert_eq!(running.server.counters().clients_now, 500);
}

#[test]
fn idle_client_is_closed() {
    let mut running = Running::start(|config| config.idle_timeout = Some(Duration::from_millis(50)));
    let mut client = running.connect();
    echo(&mut client, b"x");
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(running.closed(1), CloseReason::Idle);
}

#[test]
fn disconnect_closes_one_client() {
    let mut running = Running::start(|_| {});
    let (mut gone, mut stays) = (running.connect(), running.connect());
    echo(&mut gone, b"x");
    echo(&mut stays, b"y");
    let id = running.server.connections()[0].client.id;
    running.server.disconnect(id);
    assert_eq!(gone.read(&mut [0]).unwrap(), 0);
    assert_eq!(running.closed(id.0), CloseReason::Disconnected);
    echo(&mut stays, b"still here");
}

#[test]
fn panic_ends_one_client_and_is_reported() {
    static PANIC: AtomicBool = AtomicBool::new(false);
    // The wake call runs on the client's thread. Its panic represents any bug there.
    let mut running =
        Running::start_waking(|_| {}, || assert!(!PANIC.swap(false, SeqCst), "a bug in a client's thread"));
    let mut good = running.connect();
    echo(&mut good, b"before");
    let mut unlucky = running.connect();
    echo(&mut unlucky, b"x");
    // An echo arrives a moment before the server's thread calls `wake`.
    wait_for("both threads to wait again", || running.server.calls().made(Call::Recv) == 4);
    PANIC.store(true, SeqCst);
    // The call to `wake` that panics must be one in this client's thread, so this sends until that happens.
    wait_for("the bug to strike", || {
        running.take_events();
        let _ = unlucky.write_all(b"boom");
        !PANIC.load(SeqCst)
    });
    assert_eq!(running.closed(2), CloseReason::Panicked);
    let message = running.event(|event| match &event.kind {
        EventKind::Problem(Problem::Panicked { message }) => Some(message.clone()),
        _ => None,
    });
    assert_eq!(message, "a bug in a client's thread");
    echo(&mut good, b"after");
}

#[test]
fn stop_ends_every_client_in_any_state() {
    for mode in Mode::ALL {
        let running =
            Running::start(|config| (config.mode, config.pool_size, config.backlog) = (mode, 4, 64));
        let mut idle = running.connect();
        echo(&mut idle, b"x");
        // This client never reads, so the echo blocks in `send`.
        let never_reads = running.connect();
        never_reads.set_nonblocking(true).unwrap();
        if mode != Mode::One {
            let mut full = 0;
            wait_for("a full pipe", || {
                full = if (&never_reads).write(&[0; 8192]).is_ok() { 0 } else { full + 1 };
                full > 1000
            });
        }
        let others = (0..20).map(|_| running.connect()).collect::<Vec<_>>();
        let took = running.stop();
        assert!(took < Duration::from_millis(500), "{mode:?}: stop took {took:?}");
        for mut client in others.into_iter().chain([idle]) {
            let end = client.read(&mut [0]);
            let closed = end.as_ref().is_ok_and(|n| *n == 0)
                || end.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
            assert!(closed, "{mode:?}: {end:?}");
        }
        assert_eq!(running.server.counters().clients_now, 0);
    }
}

#[test]
fn same_port_can_be_started_again_at_once() {
    let mut port = 0;
    for round in 0..200 {
        let running = Running::start(|config| config.port = port);
        port = running.address.port();
        let mut client = running.connect();
        echo(&mut client, b"again");
        running.stop();
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "round {round}");
    }
}

#[test]
fn events_have_the_states_in_their_order() {
    // The server is stopped at various moments: before, while and just after it starts to listen.
    for round in 0..300 {
        let (sink, mut source) = channel(|| {});
        let server = Server::start(config(), sink);
        if round % 3 > 0 {
            listening(&server);
        }
        server.stop();
        assert!(server.wait_until_stopped(PATIENCE));
        let mut states = Vec::new();
        source.drain(|event| {
            states.push(match event.kind {
                EventKind::Starting { .. } => "starting",
                EventKind::Listening { .. } => "listening",
                EventKind::Stopping => "stopping",
                EventKind::Stopped => "stopped",
                other => panic!("{other:?}"),
            });
        });
        let whole = ["starting", "listening", "stopping", "stopped"];
        assert!(states == whole || states == whole[2..], "round {round}: {states:?}");
    }
}

#[test]
fn events_never_show_more_clients_than_the_limit() {
    let mut running = Running::start(|config| config.max_clients = 1);
    for _ in 0..100 {
        echo(&mut running.connect(), b"x");
    }
    wait_for("a hundred ends", || {
        running.take_events();
        running.events.iter().filter(|event| matches!(event.kind, EventKind::Closed(_))).count() == 100
    });
    let mut open = 0;
    for event in &running.events {
        match event.kind {
            EventKind::Opened => open += 1,
            EventKind::Closed(_) => open -= 1,
            _ => {}
        }
        assert!(open <= 1, "{open} clients were open at once");
    }
}

#[test]
fn limit_is_not_reported_while_no_client_waits() {
    if !cfg!(target_os = "linux") {
        // Only Linux reports how many clients wait.
        return;
    }
    let mut running = Running::start(|config| config.max_clients = 2);
    for _ in 0..10 {
        let mut clients = [running.connect(), running.connect()];
        for client in &mut clients {
            echo(client, b"x");
        }
        drop(clients);
        wait_for("both to go", || running.server.counters().clients_now == 0);
    }
    running.take_events();
    assert!(!running.events.iter().any(|event| matches!(event.kind, EventKind::Problem(_))));
}

#[test]
fn client_that_waits_for_the_pool_can_be_disconnected() {
    let mut running = Running::start(|config| (config.mode, config.pool_size) = (Mode::Pool, 1));
    let mut served = running.connect();
    echo(&mut served, b"x");
    let mut queued = running.connect();
    wait_for("the second client", || running.server.connections().len() == 2);
    let id = running.server.connections()[1].client.id;
    running.server.disconnect(id);
    assert_eq!(queued.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(running.closed(id.0), CloseReason::Disconnected);
    assert_eq!(running.server.counters().clients_now, 1);
    echo(&mut served, b"still served");
}

#[test]
fn client_that_never_reads_is_idle() {
    let mut running = Running::start(|config| config.idle_timeout = Some(Duration::from_millis(400)));
    let never_reads = running.connect();
    never_reads.set_nonblocking(true).unwrap();
    let start = Instant::now();
    while start.elapsed() < PATIENCE && running.server.counters().clients_total == 0 {}
    // The client keeps sending and reads nothing.
    let mut closed = false;
    wait_for("the end", || {
        let _ = (&never_reads).write(&[0; 8192]);
        running.source.drain(|event| {
            closed |= matches!(&event.kind, EventKind::Closed(closed) if closed.reason == CloseReason::Idle);
        });
        closed
    });
}

#[test]
fn ipv4_mapped_ipv6_address_is_served() {
    let running = Running::start(|config| config.host = "::ffff:127.0.0.1".to_owned());
    assert!(running.address.is_ipv4());
    echo(&mut running.connect(), b"x");
}

#[test]
fn stop_can_be_called_twice_and_before_the_server_listens() {
    for _ in 0..50 {
        let (sink, _source) = channel(|| {});
        let server = Server::start(config(), sink);
        server.stop();
        server.stop();
        assert!(server.wait_until_stopped(PATIENCE));
        assert!(matches!(server.state(), ServerState::Stopped));
    }
}

#[test]
fn unknown_host_name_fails_the_start() {
    let (sink, _source) = channel(|| {});
    let config = ServerConfig { host: "no-such-name.invalid".to_owned(), ..config() };
    let server = Server::start(config, sink);
    assert!(server.wait_until_stopped(Duration::from_mins(1)));
    let ServerState::Failed(error) = server.state() else { panic!("it started") };
    assert!(error.to_string().contains("no-such-name.invalid"), "{error}");
}
