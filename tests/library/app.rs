//! The app without a user interface: saved settings, saved logs, checked files, warnings about certificates, a flood.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::{App, Check, Command, ExportFormat, Options};
use echoscope::server::ServerState;
use echoscope::server::event::EventKind;
use echoscope::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use echoscope::settings::{Setting, SettingChoice, Settings};
use echoscope::tls::create::{self, CertificateSpec, KeyChoice};
use jiff::Timestamp;

const PATIENCE: Duration = Duration::from_secs(20);

fn app() -> App {
    App::new(Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() }, Options::default())
}

/// Polls the app until `done` returns true. Panics after [`PATIENCE`].
fn poll_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(app) {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        app.poll();
        thread::yield_now();
    }
}

fn start(app: &mut App) -> TcpStream {
    app.apply(Command::Start);
    poll_until(app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("it stopped again") };
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
fn settings_are_restored_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let file = SettingsFile::new(path.clone(), Settings::default());
    let options = Options { settings_file: Some(file), ..Options::default() };
    let mut app = App::new(Settings::default(), options);
    app.apply(Command::Set(Setting::Port, "4711".to_owned()));
    app.apply(Command::Set(Setting::Backlog, "no number".to_owned()));
    app.apply(Command::set(Setting::Tls, true));
    drop(app);
    let loaded = settings_file::load(&path, OnBrokenFile::Keep);
    let expected = Settings { port: 4711, tls: true, ..Settings::default() };
    assert_eq!((loaded.settings, loaded.complaint), (expected, None));
}

#[test]
fn an_invalid_setting_blocks_the_start() {
    let mut app = app();
    app.apply(Command::Set(Setting::Port, "65536".to_owned()));
    assert_eq!(app.blocked().unwrap(), "Port must be a whole number from 0 to 65,535.");
    app.apply(Command::Start);
    assert!(matches!(app.state(), ServerState::Stopped));
    app.apply(Command::Set(Setting::Port, "0".to_owned()));
    assert_eq!(app.blocked(), None);
    app.apply(Command::set(Setting::Tls, true));
    assert!(app.blocked().unwrap().contains("a certificate and its key"));
}

#[test]
fn a_port_in_use_is_replaced_by_a_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _holder = TcpListener::bind(taken).unwrap();
    let mut app = app();
    app.apply(Command::Set(Setting::Port, taken.port().to_string()));
    app.apply(Command::Start);
    poll_until(&mut app, "a failed start", |app| matches!(app.state(), ServerState::Failed(_)));
    let ServerState::Failed(error) = app.state() else { panic!() };
    assert!(error.is_about_the_port());
    app.apply(Command::StartOnFreePort);
    let free = |app: &App| app.form().text(Setting::Port) != taken.port().to_string();
    poll_until(&mut app, "a free port in the form", free);
    let ServerState::Listening { addresses, .. } = app.state() else { panic!() };
    assert_eq!(app.form().text(Setting::Port), addresses[0].port().to_string());
}

#[test]
fn an_address_in_use_beside_a_free_one_shows_a_notice() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let mut app = App::new(Settings { port, ..Settings::default() }, Options::default());
    app.apply(Command::Start);
    poll_until(&mut app, "a notice", |app| app.notice().is_some());
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("{:?}", app.state()) };
    assert_eq!(addresses, [std::net::SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port))]);
    let notice = app.notice().unwrap();
    assert!(notice.problem && notice.text.contains("127.0.0.1 is already in use"), "{notice:?}");
}

#[test]
fn the_log_is_saved_as_text_and_as_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    let mut client = start(&mut app);
    echo(&mut client, b"Hello\n");
    poll_until(&mut app, "the echo in the log", |app| {
        app.log().iter().any(|entry| matches!(entry.event.kind, EventKind::Received { .. }))
    });
    for (format, wanted) in
        [(ExportFormat::Text, r"Received: b'Hello\n'"), (ExportFormat::JsonLines, r#""event":"received""#)]
    {
        app.apply(Command::DismissNotice);
        let path = folder.path().join("log");
        app.apply(Command::SaveLog { path: path.clone(), format });
        poll_until(&mut app, "the log to be saved", |app| app.notice().is_some());
        assert!(!app.notice().unwrap().problem, "{:?}", app.notice());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(wanted), "{text}");
    }
}

/// Waits until the log has as many `Received` entries, and returns their data.
fn received(app: &mut App, count: usize) -> Vec<Vec<u8>> {
    let data = |app: &App| -> Vec<Vec<u8>> {
        let events = app.log().iter().map(|entry| &entry.event.kind);
        let data = events.filter_map(|kind| match kind {
            EventKind::Received { data, .. } => Some(data.to_vec()),
            _ => None,
        });
        data.collect()
    };
    poll_until(app, "received data", |app| data(app).len() == count);
    data(app)
}

#[test]
fn cleared_log_is_restored_before_newer_entries() {
    let mut app = app();
    let mut client = start(&mut app);
    echo(&mut client, b"one");
    received(&mut app, 1);
    app.apply(Command::ClearLog);
    assert!(app.log().is_empty() && app.notice().unwrap().can_undo());
    echo(&mut client, b"two");
    received(&mut app, 1);
    app.apply(Command::RestoreLog);
    assert_eq!(received(&mut app, 2), [b"one", b"two"]);
    assert_eq!(app.notice(), None);
    let numbers = app.log().iter().map(|entry| entry.number);
    assert!(numbers.eq(0..app.log().next_number()), "the numbers have a gap");
}

#[test]
fn cleared_log_is_gone_once_its_notice_is_dismissed() {
    let mut app = app();
    let mut client = start(&mut app);
    echo(&mut client, b"one");
    received(&mut app, 1);
    app.apply(Command::ClearLog);
    app.apply(Command::DismissNotice);
    app.apply(Command::RestoreLog);
    assert!(app.log().is_empty());
}

#[test]
fn restart_applies_the_settings_of_the_form() {
    let mut app = app();
    let _client = start(&mut app);
    assert_eq!(app.settings_to_apply(), []);
    app.apply(Command::set(Setting::Backlog, 9));
    app.apply(Command::set(Setting::RecvSize, 4));
    assert_eq!(app.settings_to_apply(), [Setting::Backlog, Setting::RecvSize]);
    app.apply(Command::Restart);
    poll_until(&mut app, "a restart", |app| {
        matches!(app.state(), ServerState::Listening { .. }) && app.settings_to_apply().is_empty()
    });
}

#[test]
fn restart_keeps_the_server_while_a_setting_is_invalid() {
    let mut app = app();
    let mut client = start(&mut app);
    app.apply(Command::set(Setting::Backlog, "x"));
    app.apply(Command::Restart);
    app.poll();
    echo(&mut client, b"still here");
}

#[test]
fn stop_after_a_restart_wins() {
    let mut app = app();
    let _client = start(&mut app);
    app.apply(Command::Restart);
    app.apply(Command::Stop);
    poll_until(&mut app, "a stop", |app| app.state().is_stopped());
    app.poll();
    assert!(app.state().is_stopped());
}

#[test]
fn a_failed_save_of_the_log_is_reported_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    let path = folder.path().join("no such folder/log.txt");
    app.apply(Command::SaveLog { path, format: ExportFormat::Text });
    poll_until(&mut app, "the failure", |app| app.notice().is_some());
    assert!(app.notice().unwrap().problem);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

// Files on Windows have no mode.
#[cfg(unix)]
#[test]
fn a_saved_log_keeps_the_mode_of_the_file_it_replaces() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    std::fs::write(&path, "an older log").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut app = app();
    let _client = start(&mut app);
    app.poll();
    app.apply(Command::SaveLog { path: path.clone(), format: ExportFormat::Text });
    poll_until(&mut app, "the log to be saved", |app| app.notice().is_some());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&path).unwrap().contains("Starting server"));
}

#[cfg(unix)]
#[test]
fn saving_to_a_link_writes_to_its_target_and_a_pipe_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
    std::os::unix::fs::symlink("target", &link).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut app = app();
    let mut save = |command: Command, fails: bool| {
        app.apply(Command::DismissNotice);
        app.apply(command);
        poll_until(&mut app, "a notice", |app| app.notice().is_some());
        assert_eq!(app.notice().unwrap().problem, fails, "{:?}", app.notice());
    };
    save(Command::SaveLog { path: link.clone(), format: ExportFormat::Text }, false);
    save(Command::SaveProgram(link.clone()), false);
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(folder.path().join("target")).unwrap().contains("socket"));
    save(Command::SaveProgram(pipe.clone()), true);
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[cfg(unix)]
#[test]
fn a_chosen_path_outside_of_utf_8_is_used_and_remembered_exactly() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let file = SettingsFile::new(path.clone(), Settings::default());
    let mut app = App::new(Settings::default(), Options { settings_file: Some(file), ..Options::default() });
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.path().join(std::ffi::OsStr::from_bytes(b"b\xff.crt"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    app.apply(Command::SetPath(Setting::Certificate, certificate.clone()));
    poll_until(&mut app, "the certificate", |app| matches!(app.certificate(), Check::Good(_)));
    drop(app);
    assert_eq!(settings_file::load(&path, OnBrokenFile::Keep).settings.certificate, certificate);
}

/// A window that hangs, for example in a debugger, doesn't read the channel of events.
#[test]
fn the_echo_continues_while_the_log_is_not_read() {
    let mut app = app();
    let mut client = start(&mut app);
    // These are many times more events than the channel holds.
    for round in 0..800_u32 {
        echo(&mut client, &round.to_be_bytes().repeat(16 << 10));
    }
    // Bytes are counted after `send` returns, when the client may have them already.
    poll_until(&mut app, "the last count", |app| app.counters().bytes_sent == 800 << 16);
}

#[test]
fn dropped_files_are_recognized_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // The names don't show which file is which.
    let (certificate, key) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut app = app();
    assert!(!app.settings().tls);
    app.apply(Command::DropFile(key.clone()));
    app.apply(Command::DropFile(certificate.clone()));
    poll_until(&mut app, "both fields", |app| app.pair().is_some());
    let is = |field, path: &Path| app.form().text(field) == path.display().to_string();
    assert!(is(Setting::Certificate, &certificate) && is(Setting::Key, &key));
    assert!(app.settings().tls, "the fields are not in view");
    assert!(matches!(app.pair(), Some(Ok(()))));
    assert!(matches!((app.certificate(), app.key()), (Check::Good(_), Check::Good(_))));
}

#[test]
fn every_event_of_a_flood_is_logged_or_counted_in_bounded_memory() {
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        recv_size: 1,
        log_entries: 1000,
        log_mebibytes: 1,
        ..Settings::default()
    };
    let mut app = App::new(settings, Options::default());
    let mut client = start(&mut app);
    // With one byte for each recv, Wine is fifty times slower than Linux.
    let sent = if cfg!(windows) { 60_000 } else { 300_000 };
    // More events with one byte than the log takes before the first poll.
    let flooded = 50_000;
    let mut writer = client.try_clone().unwrap();
    let flood = thread::spawn(move || writer.write_all(&vec![b'x'; sent]).unwrap());
    let (busy, is_busy) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut back = vec![0; sent];
        client.read_exact(&mut back[..flooded]).unwrap();
        busy.send(()).unwrap();
        client.read_exact(&mut back[flooded..]).unwrap();
        assert!(back.iter().all(|byte| *byte == b'x'));
        // The client stays open, because its close would add an entry.
        client
    });
    is_busy.recv().unwrap();
    // One byte for each recv means one entry for each byte.
    let (mut shown, mut not_shown, mut next) = (0_u64, 0, 0);
    poll_until(&mut app, "all lines", |app| {
        let log = app.log();
        assert!(log.len() <= 1000 && log.bytes() <= 1 << 20, "the log grew beyond its limits");
        shown += log.next_number() - next;
        for entry in log.iter().filter(|entry| entry.number >= next) {
            if let EventKind::NotShown { count } = entry.event.kind {
                not_shown += count;
                shown -= 1;
            }
        }
        next = log.next_number();
        app.counters().bytes_sent == sent as u64 && shown + not_shown >= sent as u64 + 3
    });
    flood.join().unwrap();
    let _client = reader.join().unwrap();
    // The entries are Starting, Listening and Opened, and one for each byte.
    assert_eq!(shown + not_shown, sent as u64 + 3);
    assert!(not_shown > 0, "this was no flood");
    let log = app.log();
    assert!(log.iter().any(|entry| matches!(entry.event.kind, EventKind::Opened)), "only data was evicted");
    let skipped = log.iter().map(|entry| match entry.event.kind {
        EventKind::NotShown { count } => count,
        _ => 0,
    });
    assert_eq!(skipped.sum::<u64>() + log.evicted().skipped, not_shown, "skipped events stay counted");
    assert_eq!((log.evicted().total() + log.len() as u64, log.evicted().others), (log.next_number(), 0));
}

#[test]
fn undo_of_a_cleared_log_is_withdrawn_once_newer_entries_fill_the_log() {
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        recv_size: 1,
        log_entries: 1000,
        ..Settings::default()
    };
    let mut app = App::new(settings, Options::default());
    let mut client = start(&mut app);
    echo(&mut client, b"x");
    poll_until(&mut app, "the entry", |app| app.log().len() >= 4);
    app.apply(Command::ClearLog);
    assert!(app.notice().is_some_and(|notice| notice.text.contains("cleared")));
    echo(&mut client, &[b'x'; 1500]);
    poll_until(&mut app, "the end of the offer", |app| app.notice().is_none());
}

/// Creates a certificate as the dialog and `create-certificate` do.
fn make(folder: &Path, key: KeyChoice, signed_by_ca: bool, defect: Option<create::Defect>) {
    let spec = CertificateSpec {
        folder: folder.to_owned(),
        key,
        signed_by_ca,
        defect,
        ..CertificateSpec::default()
    };
    create::create(&spec, true, Timestamp::now()).unwrap();
}

/// Returns the warning about the folder's certificate after a restart, with the server on this host.
#[track_caller]
fn warning_after_restart(folder: &Path, host: &str) -> Option<String> {
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    let settings = Settings { host: host.to_owned(), tls: true, certificate, key, ..Settings::default() };
    let mut app = App::new(settings, Options::default());
    poll_until(&mut app, "the files", |app| app.pair().is_some());
    assert!(matches!(app.pair(), Some(Ok(()))), "{:?}", app.pair());
    app.certificate_cautions().into_iter().next()
}

#[test]
fn a_defect_made_on_purpose_has_a_warning_after_a_restart() {
    // A folder that still contains the files of all earlier certificates.
    let used = tempfile::tempdir().unwrap();
    make(used.path(), KeyChoice::P256, false, Some(create::Defect::NoIntermediate));
    for (defect, ..) in create::Defect::TABLE.iter().copied() {
        let expected = match defect {
            create::Defect::Expired => "because it expired on",
            create::Defect::NotYetValid => "because it is not valid before",
            create::Defect::WrongName => "for wrong-name.example, but the server's host is localhost",
            create::Defect::NoSan => "only as common name",
            create::Defect::CaAsServer => "for signing other certificates and not for a server",
            create::Defect::SelfSigned => "self-signed, although there is a CA's ca.crt in its folder",
            create::Defect::NoIntermediate => {
                "the certificate of its issuer, CN=Echoscope practice intermediate CA, is not sent"
            }
            create::Defect::Version1 => "X.509 version 1",
        };
        for signed_by_ca in [false, true] {
            let fresh = tempfile::tempdir().unwrap();
            for folder in [fresh.path(), used.path()] {
                make(folder, KeyChoice::P256, signed_by_ca, Some(defect));
                let warning = warning_after_restart(folder, "localhost").unwrap_or_default();
                assert!(warning.contains(expected), "{defect:?}, signed by CA {signed_by_ca}: {warning:?}");
            }
        }
    }
}

#[test]
fn good_certificates_have_no_warning() {
    for (key, ..) in KeyChoice::TABLE.iter().copied() {
        let folder = tempfile::tempdir().unwrap();
        for signed_by_ca in [false, true] {
            make(folder.path(), key, signed_by_ca, None);
            for host in ["localhost", "LOCALHOST", "127.0.0.1", "::1", "0.0.0.0", "::"] {
                assert_eq!(
                    warning_after_restart(folder.path(), host),
                    None,
                    "{key:?}, signed by CA {signed_by_ca}, {host}"
                );
            }
        }
    }
}

#[test]
fn a_ca_certificate_has_a_warning_that_depends_on_its_key_usage() {
    use rcgen::KeyUsagePurpose::{DigitalSignature, KeyCertSign};
    let folder = tempfile::tempdir().unwrap();
    for (usages, expected) in [
        (vec![], "marked as a CA's, as openssl"),
        (vec![DigitalSignature, KeyCertSign], "marked as a CA's, as openssl"),
        (vec![KeyCertSign], "for signing other certificates and not for a server"),
    ] {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = usages;
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("server.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(folder.path().join("server.key"), key.serialize_pem()).unwrap();
        let warning = warning_after_restart(folder.path(), "localhost").unwrap_or_default();
        assert!(warning.contains(expected), "{:?}: {warning}", params.key_usages);
    }
}

#[test]
fn the_warning_depends_on_the_files_beside_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let warning = || warning_after_restart(folder.path(), "localhost").unwrap_or_default();
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    make(folder.path(), KeyChoice::P256, false, Some(create::Defect::NoIntermediate));
    assert!(warning().contains("Append intermediate.crt"), "{}", warning());
    // Repair the certificate file as the warning suggests.
    std::fs::write(path("server.crt"), read("server.crt") + &read("intermediate.crt")).unwrap();
    assert_eq!(warning(), "");
    // A ca.crt that isn't a CA certificate, or that can't be parsed, doesn't cause this warning.
    make(folder.path(), KeyChoice::P256, false, None);
    assert!(warning().contains("self-signed, although"), "{}", warning());
    for other in [read("server.crt"), "nonsense".to_owned()] {
        std::fs::write(path("ca.crt"), other).unwrap();
        assert_eq!(warning(), "");
    }
    std::fs::remove_file(path("ca.crt")).unwrap();
    std::fs::remove_file(path("ca.key")).unwrap();
    make(folder.path(), KeyChoice::P256, true, None);
    let ca = read("ca.crt");
    std::fs::remove_file(path("ca.crt")).unwrap();
    assert!(
        warning().contains("not trusted: CN=Echoscope practice CA, whose certificate is not in the file"),
        "{}",
        warning()
    );
    // Replace the CA with another one of the same name.
    std::fs::remove_file(path("ca.key")).unwrap();
    let other = tempfile::tempdir().unwrap();
    make(other.path(), KeyChoice::P256, true, None);
    std::fs::copy(other.path().join("ca.crt"), path("ca.crt")).unwrap();
    assert!(warning().contains("but another key"), "{}", warning());
    std::fs::write(path("ca.crt"), ca).unwrap();
    assert_eq!(warning(), "");
}

#[test]
fn the_warning_depends_on_the_host_in_the_form() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), KeyChoice::P256, false, None);
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let mut app =
        App::new(Settings { tls: true, certificate, key, ..Settings::default() }, Options::default());
    poll_until(&mut app, "the files", |app| app.pair().is_some());
    assert_eq!(app.certificate_cautions(), [""; 0]);
    app.apply(Command::Set(Setting::Host, "echo.test".to_owned()));
    let warning = app.certificate_cautions().remove(0);
    assert!(warning.contains("but the server's host is echo.test"), "{warning}");
}
