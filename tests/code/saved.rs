//! The session's program: whose settings it has, and how it is saved.

use std::fs;

use echoscope::server::calls::Call;
use echoscope::server::status::State;
use echoscope::session::{Command, Options, Session};
use echoscope::settings::fields::Field;
use echoscope::settings::{Mode, Settings};

use crate::support::running::wait_for;

fn session() -> Session {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    Session::new(settings, Options::default())
}

fn has(session: &Session, line: &str) -> bool {
    session.program().lines.iter().any(|known| known.text.split("  #").next() == Some(line))
}

#[test]
fn it_is_the_forms_and_while_a_server_runs_the_servers() {
    let mut session = session();
    assert!(has(&session, "SERVER_PORT = 0") && has(&session, "RECV_SIZE = 1024"));
    session.apply(Command::Edit(Field::RecvSize, "7".to_owned()));
    assert!(has(&session, "RECV_SIZE = 7"));
    session.apply(Command::Edit(Field::RecvSize, "seven".to_owned()));
    assert!(has(&session, "RECV_SIZE = 7"), "the last right value stays");
    session.apply(Command::Edit(Field::RecvSize, "8".to_owned()));
    session.apply(Command::Start);
    let mut port = 0;
    wait_for("listening", || match session.state() {
        State::Listening { addresses, .. } => {
            port = addresses[0].port();
            true
        }
        _ => false,
    });
    session.apply(Command::Edit(Field::RecvSize, "9".to_owned()));
    session.apply(Command::SetMode(Mode::Pool));
    assert!(has(&session, &format!("SERVER_PORT = {port}")) && has(&session, "RECV_SIZE = 8"));
    assert!(
        std::sync::Arc::ptr_eq(&session.program(), &session.program()),
        "it is not written anew each time"
    );
    session.apply(Command::Stop);
    wait_for("the end", || session.state().is_at_rest());
    assert!(has(&session, "RECV_SIZE = 9") && has(&session, "MAX_WORKERS = 10"));
}

#[test]
fn it_is_saved_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ServerPython.py");
    let mut session = session();
    session.apply(Command::SaveProgram(path.clone()));
    wait_for("the good news", || session.poll() && session.notice().is_some_and(|notice| !notice.problem));
    assert_eq!(fs::read_to_string(&path).unwrap(), session.program().text());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");

    session.apply(Command::DismissNotice);
    let nowhere = folder.path().join("no such folder").join("ServerPython.py");
    session.apply(Command::SaveProgram(nowhere));
    wait_for("the bad news", || session.poll() && session.notice().is_some_and(|notice| notice.problem));
    let words = &session.notice().unwrap().text;
    assert!(
        words.starts_with("The program could not be saved to") && words.ends_with("Choose another place.")
    );
}

#[test]
fn relative_paths_become_those_that_echoscope_means() {
    let settings = Settings { tls: true, certificate: "lab/server.crt".into(), ..Settings::default() };
    let session = Session::new(settings, Options::default());
    let program = session.program();
    let line = program.lines.iter().find(|line| line.text.starts_with("CERTIFICATE = ")).unwrap();
    let here = std::env::current_dir().unwrap().join("lab");
    assert!(line.text.contains(&*here.to_string_lossy().replace('\\', "\\\\")), "{}", line.text);
    assert!(has(&session, "KEY = 'server.key'"), "where none is chosen, the tutorial's stands");
    assert!(program.line_of(Call::Handshake).is_some());
}
