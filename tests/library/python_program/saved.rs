//! The Python program in the app: which settings it has, and how it is saved.

use std::fs;

use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::settings::Setting;
use echoscope::settings::{Mode, Settings};

use crate::support::running::wait_for;

fn app() -> App {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    App::new(settings, Options::default())
}

fn program_contains(app: &App, line: &str) -> bool {
    app.program().lines.iter().any(|known| known.text.split("  #").next() == Some(line))
}

#[test]
fn program_has_the_settings_of_the_form_or_the_running_server() {
    let mut app = app();
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
    assert!(std::sync::Arc::ptr_eq(&app.program(), &app.program()), "it is not written anew each time");
    app.apply(Command::Stop);
    wait_for("the end", || app.state().is_stopped());
    assert!(program_contains(&app, "RECV_SIZE = 9") && program_contains(&app, "MAX_WORKERS = 10"));
}

#[test]
fn program_is_saved_completely_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ServerPython.py");
    let mut app = app();
    app.apply(Command::SaveProgram(path.clone()));
    wait_for("the good news", || app.poll() && app.notice().is_some_and(|notice| !notice.problem));
    assert_eq!(fs::read_to_string(&path).unwrap(), app.program().text());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");

    app.apply(Command::DismissNotice);
    let nowhere = folder.path().join("no such folder").join("ServerPython.py");
    app.apply(Command::SaveProgram(nowhere));
    wait_for("the bad news", || app.poll() && app.notice().is_some_and(|notice| notice.problem));
    let text = &app.notice().unwrap().text;
    assert!(text.starts_with("Can't save the program to") && text.ends_with("Choose another place."));
}

#[test]
fn relative_paths_become_absolute() {
    let settings = Settings { tls: true, certificate: "lab/server.crt".into(), ..Settings::default() };
    let app = App::new(settings, Options::default());
    let program = app.program();
    let line = program.lines.iter().find(|line| line.text.starts_with("CERTIFICATE = ")).unwrap();
    let here = std::env::current_dir().unwrap().join("lab");
    assert!(line.text.contains(&*here.to_string_lossy().replace('\\', "\\\\")), "{}", line.text);
    assert!(program_contains(&app, "KEY = 'server.key'"), "where none is chosen, the tutorial's stands");
    assert!(program.lines.iter().any(|line| line.call == Some(Call::Handshake)));
}
