//! The Python program in the app: which settings it has, and how it is saved.

use std::fs;

use echoscope::app::{App, Command, Options};
use echoscope::python::{ProgramLine, Version};
use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::settings::Setting;
use echoscope::settings::{Mode, Settings};

use crate::support::running::wait_for;

fn app() -> App {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    App::new(settings, Options::default())
}

/// Returns an app with the robust version of the program.
fn robust_app() -> App {
    let mut app = app();
    app.apply(Command::set(Setting::RobustProgram, true));
    app
}

fn program_contains(app: &App, line: &str) -> bool {
    app.program().lines.iter().any(|known| known.text.split("  #").next() == Some(line))
}

#[test]
fn program_has_the_settings_of_the_form_or_the_running_server() {
    let mut app = robust_app();
    assert!(program_contains(&app, "SERVER_PORT = 0") && program_contains(&app, "RECV_SIZE = 1024"));
    app.apply(Command::Set(Setting::RecvSize, "7".to_owned()));
    assert!(program_contains(&app, "RECV_SIZE = 7"));
    app.apply(Command::Set(Setting::RecvSize, "seven".to_owned()));
    assert!(program_contains(&app, "RECV_SIZE = 7"), "the last right value stays");
    app.apply(Command::Set(Setting::RecvSize, "8".to_owned()));
    app.apply(Command::Start);
    let mut port = 0;
    wait_for("listening", || match app.state() {
        ServerState::Listening { addresses, .. } => {
            port = addresses[0].port();
            true
        }
        _ => false,
    });
    app.apply(Command::Set(Setting::RecvSize, "9".to_owned()));
    app.apply(Command::set(Setting::Mode, Mode::Pool));
    assert!(
        program_contains(&app, &format!("SERVER_PORT = {port}")) && program_contains(&app, "RECV_SIZE = 8")
    );
    assert!(std::sync::Arc::ptr_eq(&app.program(), &app.program()), "it is not written again each time");
    app.apply(Command::Stop);
    wait_for("the end", || app.state().is_stopped());
    assert!(program_contains(&app, "RECV_SIZE = 9") && program_contains(&app, "MAX_WORKERS = 10"));
}

#[test]
fn program_is_saved_completely_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ServerPython.py");
    let mut app = app();
    for (version, has_docstring) in [(Version::Tutorial, false), (Version::Robust, true)] {
        app.apply(Command::set(Setting::RobustProgram, version == Version::Robust));
        app.apply(Command::SaveProgram(path.clone()));
        wait_for("the good news", || app.poll() && app.notice().is_some_and(|notice| !notice.problem));
        let saved = fs::read_to_string(&path).unwrap();
        assert_eq!((&saved, app.program().version), (&app.program().text(), version));
        assert_eq!(saved.starts_with("\"\"\""), has_docstring);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
        app.apply(Command::DismissNotice);
    }

    let nowhere = folder.path().join("no such folder").join("ServerPython.py");
    app.apply(Command::SaveProgram(nowhere));
    wait_for("the bad news", || app.poll() && app.notice().is_some_and(|notice| notice.problem));
    let text = &app.notice().unwrap().text;
    assert!(text.starts_with("Can't save the program to") && text.ends_with("Choose another place."));
}

#[test]
fn relative_paths_become_absolute() {
    let settings = Settings { tls: true, certificate: "lab/server.crt".into(), ..Settings::default() };
    let mut app = App::new(settings, Options::default());
    let here = std::env::current_dir().unwrap().join("lab").to_string_lossy().replace('\\', "\\\\");
    let text = app.program().text();
    assert!(text.contains("context.load_cert_chain('") && text.contains(&here), "{text}");
    assert!(text.contains("'server.key')"), "without a key file, the tutorial's is used: {text}");

    app.apply(Command::set(Setting::RobustProgram, true));
    let program = app.program();
    let line = program.lines.iter().find(|line| line.text.starts_with("CERTIFICATE = ")).unwrap();
    assert!(line.text.contains(&here), "{}", line.text);
    assert!(program_contains(&app, "KEY = 'server.key'"), "without a key file, the tutorial's is used");
    assert!(program.lines.iter().any(|line| line.call == Some(Call::Handshake)));
}

#[test]
fn settings_change_the_tutorials_program_only_where_they_differ() {
    let mut app = app();
    app.apply(Command::set(Setting::Host, "localhost"));
    app.apply(Command::set(Setting::Port, 12345));
    let before = app.program();
    for (setting, value, changed) in [
        (Setting::Host, "0.0.0.0", vec!["SERVER_NAME = '0.0.0.0'"]),
        (Setting::Port, "80", vec!["SERVER_PORT = 80"]),
        (Setting::Backlog, "7", vec!["    sock.listen(7)"]),
        (Setting::RecvSize, "4", vec!["            data = conn.recv(4)"]),
        (Setting::IdleTimeout, "9", vec![]),
    ] {
        let old = setting.text(app.settings());
        app.apply(Command::set(setting, value));
        let after = app.program();
        let is_new = |line: &&ProgramLine| !before.lines.contains(line);
        let new: Vec<_> = after.lines.iter().filter(is_new).map(|line| &*line.text).collect();
        assert_eq!((new, after.lines.len()), (changed, before.lines.len()));
        app.apply(Command::set(setting, old));
    }
    assert_eq!(app.program(), before);
}
