//! The picture of the server, below the window: queues, calls, and which connections are drawn.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::live::{LivePicture, LiveView, ThreadState};
use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::server::event::{ClientId, EventKind, Problem};
use echoscope::settings::{Mode, Settings};

use crate::support::running::{PATIENCE, Running, wait_for};

/// An app with a listening server, and the picture of it.
struct Live {
    app: App,
    view: LiveView,
    wakes: Arc<AtomicU64>,
}

impl Live {
    fn start(settings: Settings) -> Self {
        let wakes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&wakes);
        let wake = Arc::new(move || {
            counted.fetch_add(1, Relaxed);
        });
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
        let mut live = Self {
            app: App::new(settings, Options { wake, ..Options::default() }),
            view: LiveView::default(),
            wakes,
        };
        live.app.apply(Command::Start);
        live
    }

    fn connect(&mut self) -> TcpStream {
        let address = loop {
            self.app.poll();
            if let ServerState::Listening { addresses, .. } = self.app.state() {
                break addresses[0];
            }
            thread::yield_now();
        };
        TcpStream::connect(address).unwrap()
    }

    /// Updates the picture until `is_so` returns true for it.
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&LivePicture) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.app.poll();
            let picture = self.view.update(&self.app, 8, None);
            if is_so(picture) {
                return;
            }
            assert!(Instant::now() < deadline, "timed out waiting for {what}: {picture:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn client_that_does_not_read_blocks_its_thread() {
    let mut live = Live::start(Settings::default());
    let mut client = live.connect();
    let mut writer = client.try_clone().unwrap();
    let sent = thread::spawn(move || {
        writer.write_all(&vec![7; 32 << 20]).unwrap();
    });
    live.wait_until("a blocked thread", |picture| {
        picture.clients.iter().any(|client| {
            let is_filling = |queue: Option<echoscope::platform::socket_queues::ByteQueue>| {
                // How much fits depends on the memory that the OS has for sockets.
                queue.is_some_and(|queue| queue.bytes > 1000)
            };
            client.thread.as_ref().is_some_and(|thread| thread.state == ThreadState::Blocked)
                && is_filling(client.queues.receive)
                && is_filling(client.queues.send)
        })
    });
    let mut back = vec![0; 32 << 20];
    client.read_exact(&mut back).unwrap();
    sent.join().unwrap();
    live.wait_until("a waiting thread", |picture| {
        picture.clients[0].thread.as_ref().is_some_and(|thread| thread.state == ThreadState::Waiting)
    });
}

#[test]
fn unread_bytes_of_a_waiting_client_wake_the_front_end() {
    let mut live = Live::start(Settings { mode: Mode::Pool, pool_size: 1, ..Settings::default() });
    let _served = live.connect();
    let mut queued = live.connect();
    live.wait_until("both clients", |picture| picture.clients.iter().any(|client| client.thread.is_none()));
    live.wait_until("the other thread", |picture| {
        picture.clients.iter().any(|client| client.thread.is_some())
    });
    // Nothing else wakes the front end from here on.
    let before = live.wakes.load(Relaxed);
    queued.write_all(b"Hello").unwrap();
    wait_for("the wake", || live.wakes.load(Relaxed) > before);
    live.wait_until("the bytes", |picture| {
        let queue = picture.clients.iter().find(|client| client.thread.is_none()).unwrap().queues.receive;
        queue.unwrap().bytes == 5
    });
    assert_eq!(live.view.update(&live.app, 8, None).pool.unwrap().queued, 1);
}

#[test]
fn newest_and_selected_connections_are_drawn_and_others_counted() {
    let mut live = Live::start(Settings::default());
    let _clients: Vec<_> = (0..20).map(|_| live.connect()).collect();
    live.wait_until("the newest connection", |picture| {
        picture.clients.len() == 8 && picture.clients[7].client.id == ClientId(20)
    });
    let picture = live.view.update(&live.app, 8, Some(ClientId(3)));
    let ids: Vec<_> = picture.clients.iter().map(|client| client.client.id.0).collect();
    assert!(ids.contains(&3) && ids.contains(&20) && ids.is_sorted(), "{ids:?}");
    assert_eq!((picture.clients.len(), picture.others.count), (8, 12));
}

#[test]
fn bytes_that_moved_before_the_picture_was_in_view_are_not_drawn_as_moving() {
    let mut live = Live::start(Settings::default());
    let mut client = live.connect();
    let mut echo = |live: &mut Live, bytes: u64| {
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
        wait_for("the echo", || live.app.counters().bytes_sent == bytes);
    };
    echo(&mut live, 1);
    let moved = |live: &mut Live| live.view.update(&live.app, 8, None).clients[0].moved[1].is_some();
    assert!(!moved(&mut live));
    live.view.hide(&live.app);
    echo(&mut live, 2);
    assert!(!moved(&mut live));
    echo(&mut live, 3);
    assert!(moved(&mut live));
}

#[test]
fn paused_threads_are_drawn_before_newer_connections() {
    let mut live = Live::start(Settings { mode: Mode::Pool, pool_size: 2, ..Settings::default() });
    let clients: Vec<_> = (0..6).map(|_| live.connect()).collect();
    live.wait_until("all connections", |picture| picture.clients.len() == 6);
    live.app.apply(Command::SetStepping(true));
    for mut client in &clients[..2] {
        client.write_all(b"x").unwrap();
    }
    wait_for("the paused threads", || {
        live.app.paused_threads().iter().filter(|it| it.client.is_some()).count() == 2
    });
    let picture = live.view.update(&live.app, 2, None);
    let ids: Vec<_> = picture.clients.iter().map(|client| client.client.id.0).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!((picture.others.count, picture.others.paused, picture.others.queued), (4, 0, 4));
}

#[test]
fn picture_with_little_room_asks_for_no_more_updates_once_nothing_changes() {
    let mut live = Live::start(Settings::default());
    let _clients: Vec<_> = (0..3).map(|_| live.connect()).collect();
    live.wait_until("all connections", |picture| picture.clients.len() == 3);
    let deadline = Instant::now() + PATIENCE;
    // The only place is that of the selected connection, which isn't the newest one.
    while live.view.update(&live.app, 1, Some(ClientId(1))).update_after.is_some() {
        assert!(Instant::now() < deadline, "the picture never rests");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn full_accept_queue_is_reported_with_the_number_of_dropped_attempts() {
    let mut running = Running::start(|config| config.backlog = 0);
    running.server.pause_accepting(true);
    wait_for("the pause", || running.server.calls().accepting.is_none());
    let _waiting = running.connect();
    let address = running.address;
    let attempt = TcpStream::connect_timeout(&address, Duration::from_millis(300));
    assert!(attempt.is_err());
    let dropped = running.event(|event| match event.kind {
        EventKind::Problem(Problem::AttemptsDropped { address, count }) => Some((address, count)),
        _ => None,
    });
    assert!(dropped.0 == address && dropped.1 > 0, "{dropped:?}");
    assert!(running.server.accept_queues().unwrap().queues[0].dropped.unwrap() >= dropped.1);
}
