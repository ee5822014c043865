//! The window is closed while the server, its clients and a save are at work: the app ends soon and loses no data.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use echoscope::app::ExportFormat;
use echoscope::app::clients::{ClientCommand, TabCommand};
use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::server::event::{Event, EventKind};
use echoscope::settings::Setting;
use echoscope::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use echoscope::settings::{Mode, Settings, ThemeChoice};

use crate::support::running::{PATIENCE, wait_for};

const ENTRIES: usize = 100_000;

#[test]
fn app_that_is_closed_under_load_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (settings_file, log) = (folder.path().join("settings.toml"), folder.path().join("log.txt"));
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        backlog: 100,
        log_entries: ENTRIES as u32,
        ..Settings::default()
    };
    let file = SettingsFile::new(settings_file.clone(), settings.clone());
    let options = Options { settings_file: Some(file), capture: true, ..Options::default() };
    // A large log, which is still being saved when the app ends.
    let entries = (0..ENTRIES).map(|number| {
        let kind = EventKind::Note { text: format!("entry {number}"), problem: false };
        Event { at: SystemTime::now(), client: None, kind }
    });
    let mut app = App::with_log(settings, options, entries);
    app.apply(Command::StartLesson(0));
    app.apply(Command::Start);
    wait_for("listening", || {
        app.poll();
        matches!(app.state(), ServerState::Listening { .. })
    });
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("it stopped again") };
    let address = addresses[0];
    app.apply(Command::Client(ClientCommand::EditLoadCount("20".to_owned())));
    app.apply(Command::Client(ClientCommand::ConnectLoad));
    let first = app.clients().iter().next().unwrap().id();
    app.apply(Command::Client(ClientCommand::Tab(first, TabCommand::Connect)));

    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            let over = &over;
            scope.spawn(move || {
                let mut client = TcpStream::connect(address).unwrap();
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut back = [0; 4096];
                while !over.load(Relaxed) {
                    if client.write_all(&[b'x'; 4096]).is_err() || client.read_exact(&mut back).is_err() {
                        return;
                    }
                }
            });
        }
        wait_for("a load", || {
            app.poll();
            app.counters().bytes_received > 1 << 20 && app.counters().clients_now > 5
        });
        app.apply(Command::SaveLog { path: log.clone(), format: ExportFormat::JsonLines });
        // These settings change just before the app ends, so they aren't saved yet.
        app.apply(Command::set(Setting::Theme, ThemeChoice::Dark));
        app.apply(Command::set(Setting::Mode, Mode::Pool));
        app.apply(Command::Set(Setting::Backlog, "42".to_owned()));
        let start = Instant::now();
        drop(app);
        let took = start.elapsed();
        over.store(true, Relaxed);
        assert!(took < Duration::from_secs(10), "the end took {took:?}");
    });

    let kept = settings_file::load(&settings_file, OnBrokenFile::Keep);
    assert_eq!(kept.complaint, None);
    assert_eq!(
        (kept.settings.theme, kept.settings.mode, kept.settings.backlog),
        (ThemeChoice::Dark, Mode::Pool, 42)
    );
    // The requested log exists and is complete.
    let saved = std::fs::File::open(&log).expect("the log was being saved");
    let mut last = String::new();
    let mut lines = 0;
    for line in std::io::BufReader::new(saved).lines() {
        last = line.unwrap();
        lines += 1;
    }
    assert_eq!(lines, ENTRIES);
    assert!(last.starts_with('{') && last.ends_with('}'), "{last}");
    let mut names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        names.all(|name| name == "log.txt" || name == "settings.toml" || name == "lesson-progress.toml"),
        "something half-written stayed"
    );
    let closed = TcpStream::connect(address).map(|mut stream| stream.read(&mut [0]));
    assert!(closed.is_err(), "something still listens");
}
