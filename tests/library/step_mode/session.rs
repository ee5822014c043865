//! Step mode and the accept queue through the app.

use std::io::{Read, Write};
use std::net::TcpStream;

use echoscope::app::{App, Command, Options, pause_text};
use echoscope::log::{LogEntry, line};
use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::settings::{DataFormat, Settings};

use crate::support::running::wait_for;

fn app() -> App {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    App::new(settings, Options::default())
}

fn wait_until(app: &mut App, what: &str, is_so: impl Fn(&App) -> bool) {
    wait_for(what, || {
        app.poll();
        is_so(app)
    });
}

fn is_paused_before(app: &App, call: Call) -> bool {
    app.paused_threads().first().is_some_and(|pause| pause.site.call == call)
}

#[test]
fn step_mode_outlasts_a_restart_of_the_server_but_not_of_the_app() {
    let mut app = app();
    assert!(!app.is_stepping() && app.paused_threads().is_empty());
    app.apply(Command::SetStepping(true));
    for _ in 0..2 {
        app.apply(Command::Start);
        app.apply(Command::Start);
        wait_until(&mut app, "socket", |app| is_paused_before(app, Call::Socket));
        assert!(matches!(app.state(), ServerState::Starting));
        assert!(
            pause_text(&app.paused_threads()[0])
                .starts_with("Server is paused before socket() for 127.0.0.1:")
        );
        app.apply(Command::Step(None));
        wait_until(&mut app, "bind", |app| is_paused_before(app, Call::Bind));
        app.apply(Command::Stop);
        wait_until(&mut app, "the end", |app| matches!(app.state(), ServerState::Stopped));
        assert!(app.is_stepping() && app.calls().stepping);
    }
    app.apply(Command::Start);
    for call in [Call::Socket, Call::Bind, Call::Listen] {
        wait_until(&mut app, call.label(), |app| is_paused_before(app, call));
        app.apply(Command::Step(None));
    }
    wait_until(&mut app, "accept", |app| is_paused_before(app, Call::Accept));
    let ServerState::Listening { addresses, .. } = app.state() else { panic!() };
    let mut client = TcpStream::connect(addresses[0]).unwrap();
    client.write_all(b"x").unwrap();
    app.apply(Command::SetStepping(false));
    assert!(!app.is_stepping());
    client.read_exact(&mut [0]).unwrap();
    wait_until(&mut app, "the next recv", |app| app.calls().made(Call::Recv) == 2);
    app.apply(Command::SetStepping(true));
    client.write_all(b"y").unwrap();
    wait_until(&mut app, "sendall", |app| is_paused_before(app, Call::SendAll));
    assert_eq!(pause_text(&app.paused_threads()[0]), "#1 is paused before sendall(b'y')");
    app.shutdown();
    assert!(matches!(app.state(), ServerState::Stopped));
}

#[test]
fn pause_is_logged_and_the_queue_explains_the_next_client() {
    let mut app = app();
    assert_eq!(app.accept_queue(), None);
    app.apply(Command::PauseAccepting(true));
    app.apply(Command::Start);
    wait_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    assert!(!app.is_paused(), "there was nothing to pause before the start");
    wait_until(&mut app, "accept", |app| app.calls().accepting.is_some());
    assert!(app.accept_queue().unwrap().next.contains("accepted at once"));
    app.apply(Command::PauseAccepting(true));
    wait_until(&mut app, "the pause", |app| app.is_paused() && app.calls().accepting.is_none());
    assert!(app.accept_queue().unwrap().paused);
    if cfg!(target_os = "linux") {
        let ServerState::Listening { addresses, .. } = app.state() else { panic!() };
        let _clients = [(); 6].map(|()| TcpStream::connect(addresses[0]).unwrap());
        let full = |app: &App| {
            let queue = app.accept_queue().unwrap();
            queue.label == "6 of 6 waiting" && queue.next.starts_with("The queue is full.")
        };
        wait_until(&mut app, "a full queue", full);
    }
    app.apply(Command::PauseAccepting(false));
    wait_until(&mut app, "six clients", |app| {
        !cfg!(target_os = "linux") || app.counters().clients_total == 6
    });
    let line = |entry: &LogEntry| line::line(&entry.event, DataFormat::Python);
    let lines = app.log().iter().map(line).collect::<Vec<_>>();
    let count = |prefix: &str| lines.iter().filter(|line| line.starts_with(prefix)).count();
    assert_eq!((count("Accepting paused"), count("Accepting resumed")), (1, 1), "{lines:#?}");
}
