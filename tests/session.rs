//! The app without a face: what it remembers, what it saves, what it finds out about files, and a flood.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::server::event::EventKind;
use echoscope::server::status::State;
use echoscope::session::command::ExportFormat;
use echoscope::session::{Check, Command, Options, Session};
use echoscope::settings::Settings;
use echoscope::settings::fields::Field;
use echoscope::settings::file::{self, Broken};

const PATIENCE: Duration = Duration::from_secs(20);

fn session() -> Session {
    Session::new(
        Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() },
        Options::default(),
    )
}

/// Polls until `done`, and fails after [`PATIENCE`].
fn poll_until(session: &mut Session, what: &str, mut done: impl FnMut(&Session) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(session) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        session.poll();
        thread::yield_now();
    }
}

fn start(session: &mut Session) -> TcpStream {
    session.apply(Command::Start);
    poll_until(session, "listening", |session| matches!(session.state(), State::Listening { .. }));
    let State::Listening { addresses, .. } = session.state() else { panic!("it stopped again") };
    let client = TcpStream::connect(addresses[0]).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

fn echo(client: &mut TcpStream, data: &[u8]) {
    client.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

#[test]
fn what_was_set_is_there_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let options = Options { settings_file: Some(path.clone()), ..Options::default() };
    let mut session = Session::new(Settings::default(), options);
    session.apply(Command::Edit(Field::Port, "4711".to_owned()));
    session.apply(Command::Edit(Field::Backlog, "no number".to_owned()));
    session.apply(Command::SetTls(true));
    drop(session);
    let loaded = file::load(&path, Broken::Leave);
    let expected = Settings { port: 4711, tls: true, ..Settings::default() };
    assert_eq!((loaded.settings, loaded.complaint), (expected, None));
}

#[test]
fn a_wrong_field_blocks_the_start_with_its_words() {
    let mut session = session();
    session.apply(Command::Edit(Field::Port, "65536".to_owned()));
    assert_eq!(session.blocked().unwrap(), "Port goes from 0 to 65,535.");
    session.apply(Command::Start);
    assert!(matches!(session.state(), State::Stopped));
    session.apply(Command::Edit(Field::Port, "0".to_owned()));
    assert_eq!(session.blocked(), None);
    session.apply(Command::SetTls(true));
    assert!(session.blocked().unwrap().contains("a certificate and its key"));
}

#[test]
fn a_port_in_use_is_exchanged_for_a_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _holder = TcpListener::bind(taken).unwrap();
    let mut session = session();
    session.apply(Command::Edit(Field::Port, taken.port().to_string()));
    session.apply(Command::Start);
    poll_until(&mut session, "a failed start", |session| matches!(session.state(), State::Failed(_)));
    let State::Failed(error) = session.state() else { panic!() };
    assert!(error.is_about_the_port());
    session.apply(Command::StartOnFreePort);
    let free = |session: &Session| session.form().text(Field::Port) != taken.port().to_string();
    poll_until(&mut session, "a free port in the form", free);
    let State::Listening { addresses, .. } = session.state() else { panic!() };
    assert_eq!(session.form().text(Field::Port), addresses[0].port().to_string());
}

#[test]
fn one_of_two_addresses_in_use_is_put_before_the_user() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let mut session = Session::new(Settings { port, ..Settings::default() }, Options::default());
    session.apply(Command::Start);
    poll_until(&mut session, "a notice", |session| session.notice().is_some());
    let State::Listening { addresses, .. } = session.state() else { panic!("{:?}", session.state()) };
    assert_eq!(addresses, [std::net::SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port))]);
    let notice = session.notice().unwrap();
    assert!(notice.problem && notice.text.contains("127.0.0.1 is already in use"), "{notice:?}");
}

#[test]
fn the_log_is_saved_as_text_and_as_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session();
    let mut client = start(&mut session);
    echo(&mut client, b"Hello\n");
    poll_until(&mut session, "the echo in the log", |session| {
        session.journal().iter().any(|entry| matches!(entry.event.kind, EventKind::Received { .. }))
    });
    for (format, wanted) in
        [(ExportFormat::Text, r"Received: b'Hello\n'"), (ExportFormat::JsonLines, r#""event":"received""#)]
    {
        session.apply(Command::DismissNotice);
        let path = folder.path().join("log");
        session.apply(Command::SaveLog { path: path.clone(), format });
        poll_until(&mut session, "the log to be saved", |session| session.notice().is_some());
        assert!(!session.notice().unwrap().problem, "{:?}", session.notice());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn a_log_that_cannot_be_saved_is_told_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session();
    let path = folder.path().join("no such folder/log.txt");
    session.apply(Command::SaveLog { path, format: ExportFormat::Text });
    poll_until(&mut session, "the failure", |session| session.notice().is_some());
    assert!(session.notice().unwrap().problem);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn dropped_files_find_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // Names that say nothing: the content decides.
    let (certificate, key) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut session = session();
    assert!(!session.form().tls());
    session.apply(Command::DropFile(key.clone()));
    session.apply(Command::DropFile(certificate.clone()));
    poll_until(&mut session, "both fields", |session| session.pair().is_some());
    let is = |field, path: &Path| session.form().text(field) == path.display().to_string();
    assert!(is(Field::Certificate, &certificate) && is(Field::Key, &key));
    assert!(session.form().tls(), "the fields are not in view");
    assert!(matches!(session.pair(), Some(Ok(()))));
    assert!(matches!((session.certificate(), session.key()), (Check::Good(_), Check::Good(_))));
}

#[test]
fn in_a_flood_every_line_is_shown_or_counted_and_memory_is_bounded() {
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        recv_size: 1,
        log_entries: 1000,
        log_mebibytes: 1,
        ..Settings::default()
    };
    let mut session = Session::new(settings, Options::default());
    let mut client = start(&mut session);
    let sent = 300_000;
    let mut writer = client.try_clone().unwrap();
    let flood = thread::spawn(move || writer.write_all(&vec![b'x'; sent]).unwrap());
    let reader = thread::spawn(move || {
        let mut back = vec![0; sent];
        client.read_exact(&mut back).unwrap();
        assert!(back.iter().all(|byte| *byte == b'x'));
        // Kept open: its end would be a line, too.
        client
    });
    // One byte a recv: as many lines as bytes.
    let (mut shown, mut not_shown, mut next) = (0_u64, 0, 0);
    poll_until(&mut session, "all lines", |session| {
        let journal = session.journal();
        assert!(journal.len() <= 1000 && journal.bytes() <= 1 << 20, "the log grew beyond its limits");
        shown += journal.next_seq() - next;
        for entry in journal.iter().filter(|entry| entry.seq >= next) {
            if let EventKind::NotShown { count } = entry.event.kind {
                not_shown += count;
                shown -= 1;
            }
        }
        next = journal.next_seq();
        session.counters().bytes_sent == sent as u64 && shown + not_shown >= sent as u64 + 3
    });
    flood.join().unwrap();
    let _client = reader.join().unwrap();
    // Starting, Listening, Opened; then one line for each byte.
    assert_eq!(shown + not_shown, sent as u64 + 3);
    assert!(not_shown > 0, "this was no flood");
}
