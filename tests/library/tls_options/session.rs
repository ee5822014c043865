//! TLS options in the app: commands, options that take effect after a restart, and warnings.

use std::time::Instant;

use echoscope::app::{App, Check, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::Setting;
use echoscope::settings::{ClientAuth, Settings, TlsVersions};

use crate::support::PATIENCE;
use crate::tls_options::lab::Lab;

pub(crate) fn poll_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
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
