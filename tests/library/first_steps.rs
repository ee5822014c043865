//! The actions of the start screen, without a window: a first echo, and TLS with a certificate that is made for it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use echoscope::app::clients::{ClientCommand, ClientField, TabCommand};
use echoscope::app::{App, Command, NoticeTopic, Options};
use echoscope::client::client_event::{ClientState, ConnectionOutcome};
use echoscope::server::ServerState;
use echoscope::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use echoscope::settings::{Setting, Settings};
use echoscope::tls::create::{self, CertificateSpec};
use jiff::Timestamp;

const PATIENCE: Duration = Duration::from_secs(20);

fn app(certificate_folder: &Path) -> App {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let certificate_folder = Some(certificate_folder.to_owned());
    App::new(settings, Options { certificate_folder, ..Options::default() })
}

#[track_caller]
fn poll_until(app: &mut App, what: &str, done: impl Fn(&App) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(app) {
        assert!(Instant::now() < deadline, "timed out waiting for {what}: {:?}", app.notice());
        app.poll();
        std::thread::yield_now();
    }
}

/// Waits until the first client is connected, sends a text and waits until it has come back.
#[track_caller]
fn echo(app: &mut App) {
    let id = app.clients().iter().next().unwrap().id();
    poll_until(app, "the connection", |app| {
        let status = app.clients().get(id).unwrap().status();
        if let Some(ConnectionOutcome::Failed(error)) = status.outcome {
            panic!("{error}");
        }
        status.state == ClientState::Open
    });
    app.apply(ClientCommand::Tab(id, TabCommand::Edit(ClientField::Text, "Hello".to_owned())).into());
    app.apply(ClientCommand::Tab(id, TabCommand::Send).into());
    poll_until(app, "the echo", |app| app.clients().get(id).unwrap().status().echo.is_exact());
}

#[test]
fn first_echo_starts_the_server_and_connects_a_client() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    assert!(app.shows_start_screen());
    app.apply(Command::SendFirstEcho);
    echo(&mut app);
    assert!(!app.shows_start_screen());
    assert!(matches!(app.state(), ServerState::Listening { tls: false, .. }));
}

#[test]
fn first_echo_uses_a_free_port_if_another_program_has_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let mut app = app(folder.path());
    app.apply(Command::set(Setting::Port, port));
    app.apply(Command::SendFirstEcho);
    echo(&mut app);
    assert_ne!(app.settings().port, port);
    let notice = app.notice().unwrap();
    assert!(!notice.problem && notice.text.contains(&format!("port {port}")), "{notice:?}");
}

#[test]
fn first_echo_does_nothing_while_a_setting_is_invalid() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    app.apply(Command::set(Setting::Port, "x"));
    app.apply(Command::SendFirstEcho);
    app.poll();
    app.apply(Command::set(Setting::Port, 0));
    app.apply(Command::Start);
    poll_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    app.poll();
    let state = app.clients().iter().next().unwrap().state();
    assert_eq!(state, ClientState::Idle, "a start by the user connects no client");
}

#[test]
fn tls_is_tried_with_a_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("echoscope");
    let mut app = app(&new);
    app.apply(Command::TryTls);
    assert!(!app.shows_start_screen());
    echo(&mut app);
    assert!(matches!(app.state(), ServerState::Listening { tls: true, .. }));
    assert_eq!(app.settings().certificate, new.join("server.crt"));
    assert_eq!(app.settings().key, new.join("server.key"));
}

#[test]
fn tls_is_tried_with_the_certificate_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let spec = CertificateSpec { folder: folder.path().to_owned(), ..CertificateSpec::default() };
    create::create(&spec, false, Timestamp::now()).unwrap();
    let read = || fs::read(folder.path().join("server.key")).unwrap();
    let before = read();
    let mut app = app(folder.path());
    app.apply(Command::TryTls);
    echo(&mut app);
    assert_eq!(read(), before, "the user's key was replaced");
}

#[test]
fn tls_is_tried_with_the_certificate_in_the_form() {
    let (chosen, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let spec = CertificateSpec { folder: chosen.path().to_owned(), ..CertificateSpec::default() };
    let created = create::create(&spec, false, Timestamp::now()).unwrap();
    let mut app = app(other.path());
    app.apply(Command::SetPath(Setting::Certificate, created.certificate));
    app.apply(Command::SetPath(Setting::Key, created.key));
    app.apply(Command::TryTls);
    echo(&mut app);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "a certificate was made for nothing");
}

#[test]
fn unusable_files_in_the_folder_are_kept_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.crt");
    fs::write(&file, "my notes").unwrap();
    let mut app = app(folder.path());
    app.apply(Command::TryTls);
    poll_until(&mut app, "an explanation", |app| app.notice().is_some());
    let notice = app.notice().unwrap();
    assert!(notice.problem && notice.topic == NoticeTopic::FirstCertificate, "{notice:?}");
    assert!(notice.text.contains(&folder.path().display().to_string()), "{notice:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "my notes");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(app.state().is_stopped() && !app.settings().tls);
}

#[test]
fn start_screen_never_returns_after_a_start_a_lesson_or_a_dismissal() {
    for command in [Command::Start, Command::StartLesson(0), Command::set(Setting::StartScreen, false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
        let file = SettingsFile::new(path.clone(), settings.clone());
        let mut app = App::new(settings, Options { settings_file: Some(file), ..Options::default() });
        assert!(app.shows_start_screen());
        app.apply(command.clone());
        assert!(!app.shows_start_screen(), "{command:?}");
        drop(app);
        let loaded = settings_file::load(&path, OnBrokenFile::Keep).settings;
        assert!(!App::new(loaded, Options::default()).shows_start_screen(), "{command:?}");
    }
}
