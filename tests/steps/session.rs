//! Step mode and the accept queue through the session.

use std::io::{Read, Write};
use std::net::TcpStream;

use echoscope::journal::{Entry, words};
use echoscope::server::calls::Call;
use echoscope::server::status::State;
use echoscope::session::{Command, Options, Session, halt_words};
use echoscope::settings::{DataFormat, Settings};

use crate::support::running::wait_for;

fn session() -> Session {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    Session::new(settings, Options::default())
}

fn until(session: &mut Session, what: &str, is_so: impl Fn(&Session) -> bool) {
    wait_for(what, || {
        session.poll();
        is_so(session)
    });
}

fn halts_before(session: &Session, call: Call) -> bool {
    session.halts().first().is_some_and(|halt| halt.place.call == call)
}

#[test]
fn step_mode_lasts_over_stop_and_start_but_not_over_the_app() {
    let mut session = session();
    assert!(!session.is_stepping() && session.halts().is_empty());
    session.apply(Command::SetStepping(true));
    for _ in 0..2 {
        session.apply(Command::Start);
        session.apply(Command::Start);
        until(&mut session, "socket", |session| halts_before(session, Call::Socket));
        assert!(matches!(session.state(), State::Starting));
        assert!(halt_words(&session.halts()[0]).starts_with("Server halts before socket() for 127.0.0.1:"));
        session.apply(Command::Step(None));
        until(&mut session, "bind", |session| halts_before(session, Call::Bind));
        session.apply(Command::Stop);
        until(&mut session, "the end", |session| matches!(session.state(), State::Stopped));
        assert!(session.is_stepping() && session.calls().stepping);
    }
    session.apply(Command::Start);
    for call in [Call::Socket, Call::Bind, Call::Listen] {
        until(&mut session, call.label(), |session| halts_before(session, call));
        session.apply(Command::Step(None));
    }
    until(&mut session, "accept", |session| halts_before(session, Call::Accept));
    let State::Listening { addresses, .. } = session.state() else { panic!() };
    let mut client = TcpStream::connect(addresses[0]).unwrap();
    client.write_all(b"x").unwrap();
    session.apply(Command::GoOn);
    assert!(!session.is_stepping());
    client.read_exact(&mut [0]).unwrap();
    until(&mut session, "the next recv", |session| session.calls().made(Call::Recv) == 2);
    session.apply(Command::SetStepping(true));
    client.write_all(b"y").unwrap();
    until(&mut session, "sendall", |session| halts_before(session, Call::SendAll));
    assert_eq!(halt_words(&session.halts()[0]), "#1 halts before sendall(b'y')");
    session.shutdown();
    assert!(matches!(session.state(), State::Stopped));
}

#[test]
fn a_pause_is_in_the_log_and_the_gauge_tells_of_the_next_client() {
    let mut session = session();
    assert_eq!(session.accept_queue(), None);
    session.apply(Command::PauseAccepting(true));
    session.apply(Command::Start);
    until(&mut session, "listening", |session| matches!(session.state(), State::Listening { .. }));
    assert!(!session.is_paused(), "there was nothing to pause before the start");
    until(&mut session, "accept", |session| session.calls().accepting.is_some());
    assert!(session.accept_queue().unwrap().next.contains("accepted at once"));
    session.apply(Command::PauseAccepting(true));
    until(&mut session, "the pause", |session| session.is_paused() && session.calls().accepting.is_none());
    assert!(session.accept_queue().unwrap().paused);
    if cfg!(target_os = "linux") {
        let State::Listening { addresses, .. } = session.state() else { panic!() };
        let _clients = [(); 6].map(|()| TcpStream::connect(addresses[0]).unwrap());
        let full = |session: &Session| {
            let queue = session.accept_queue().unwrap();
            queue.label == "6 of 6 waiting" && queue.next.starts_with("The queue is full.")
        };
        until(&mut session, "a full queue", full);
    }
    session.apply(Command::PauseAccepting(false));
    until(&mut session, "six clients", |session| {
        !cfg!(target_os = "linux") || session.counters().clients_total == 6
    });
    let line = |entry: &Entry| words::line(&entry.event, DataFormat::Python);
    let lines = session.journal().iter().map(line).collect::<Vec<_>>();
    let told = |words: &str| lines.iter().filter(|line| line.starts_with(words)).count();
    assert_eq!((told("Accepting paused"), told("Accepting resumed")), (1, 1), "{lines:#?}");
}
