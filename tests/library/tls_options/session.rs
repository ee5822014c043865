//! TLS options in the app: commands, options that take effect after a restart, and warnings.

use std::io::Write;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

use echoscope::app::{App, Check, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::Setting;
use echoscope::settings::{ClientAuth, Settings, TlsVersions};
use echoscope::tls::create::{CertificateSpec, KeyChoice, create};

use crate::support::{Guarded, Lines, PATIENCE, finish, program};
use crate::tls_options::lab::Lab;

fn poll_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(app) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        app.poll();
        std::thread::yield_now();
    }
}

fn edit(app: &mut App, field: Setting, text: &str) {
    app.apply(Command::Set(field, text.to_owned()));
}

#[test]
fn options_take_effect_after_a_restart() {
    let lab = Lab::new();
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        tls: true,
        certificate: lab.path("server.crt"),
        key: lab.path("server.key"),
        ..Settings::default()
    };
    let mut app = App::new(settings, Options::default());
    app.apply(Command::Start);
    poll_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    let all = [
        Setting::TlsVersions,
        Setting::ClientAuth,
        Setting::SessionTickets,
        Setting::ClientCa,
        Setting::Alpn,
        Setting::KeyLog,
    ];
    assert!(!all.iter().any(|what| app.needs_restart(*what)));
    app.apply(Command::set(Setting::TlsVersions, TlsVersions::Only13));
    app.apply(Command::set(Setting::ClientAuth, ClientAuth::Required));
    app.apply(Command::set(Setting::SessionTickets, false));
    edit(&mut app, Setting::ClientCa, lab.path("ca.crt").to_str().unwrap());
    edit(&mut app, Setting::Alpn, "h2, echo");
    edit(&mut app, Setting::KeyLog, lab.path("keys.log").to_str().unwrap());
    for what in all {
        assert!(app.needs_restart(what), "{what:?}");
    }
    app.apply(Command::Stop);
    poll_until(&mut app, "the stop", |app| app.state().is_stopped());
    app.apply(Command::Start);
    poll_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    assert!(!all.iter().any(|what| app.needs_restart(*what)));
    // The warning stays as long as the running server writes keys, whatever the form contains.
    edit(&mut app, Setting::KeyLog, "");
    assert!(app.key_log_caution().unwrap().contains("keys.log"));
    app.apply(Command::Stop);
    poll_until(&mut app, "the stop", |app| app.state().is_stopped());
    assert_eq!(app.key_log_caution(), None);
}

#[test]
fn missing_and_unusable_files_are_reported() {
    let lab = Lab::new();
    let settings = Settings {
        tls: true,
        certificate: lab.path("server.crt"),
        key: lab.path("server.key"),
        client_auth: ClientAuth::Optional,
        ..Settings::default()
    };
    let mut app = App::new(settings, Options::default());
    assert!(app.blocked().unwrap().contains("need a CA file"));
    assert!(matches!(app.client_ca(), Check::Empty));
    edit(&mut app, Setting::ClientCa, lab.path("ca.crt").to_str().unwrap());
    assert_eq!(app.blocked(), None);
    poll_until(&mut app, "the CA", |app| matches!(app.client_ca(), Check::Good(_)));
    let Check::Good(subjects) = app.client_ca() else { panic!() };
    assert!(subjects.contains("Practice CA"), "{subjects}");
    edit(&mut app, Setting::ClientCa, lab.path("client.key").to_str().unwrap());
    poll_until(&mut app, "the refusal", |app| matches!(app.client_ca(), Check::Bad(_)));
    edit(&mut app, Setting::Alpn, "h2,,");
    assert!(app.blocked().unwrap().contains("Remove the extra comma"));
    // Without TLS, the invalid ALPN protocols don't matter.
    app.apply(Command::set(Setting::Tls, false));
    assert_eq!(app.blocked(), None);
}

#[cfg(unix)]
#[test]
fn commands_to_try_present_the_created_client_certificate() {
    let (Some(sh), Some(_), Some(_)) = (program("sh"), program("openssl"), program("python3")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let spec = CertificateSpec {
        folder: folder.path().join("it's new"),
        key: KeyChoice::P256,
        client_certificate: true,
        ..CertificateSpec::default()
    };
    let created = create(&spec, false, jiff::Timestamp::now()).unwrap();
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut app = App::new(settings, Options::default());
    app.apply(Command::UseCreated(Box::new(created)));
    app.apply(Command::set(Setting::ClientAuth, ClientAuth::Required));
    poll_until(&mut app, "the files", |app| {
        app.pair().is_some() && matches!(app.client_ca(), Check::Good(_))
    });
    assert!(!app.lacks_client_certificate());
    app.apply(Command::Start);
    poll_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    let [openssl, python] = app.try_it().try_into().unwrap();

    let mut command = Process::new(&sh);
    command.args(["-c", &python.line]).stdin(Stdio::null());
    let end = finish(command);
    assert_eq!(end.stdout.trim(), "b'Hello'", "{}: {end:?}", python.line);
    assert!(python.line.contains("ssl.create_default_context("), "{}", python.line);

    let mut command = Process::new(&sh);
    // So that the end of the shell is the end of openssl.
    command.args(["-c", &format!("exec {}", openssl.line)]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = Lines::of(child.stdout.take().unwrap());
    let _child = Guarded(child);
    input.write_all(b"Hello from openssl\n").unwrap();
    assert_eq!(output.next(), "Hello from openssl", "{}", openssl.line);
}
