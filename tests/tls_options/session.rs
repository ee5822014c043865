//! The choices as the window makes them: commands, what waits for a restart, and the words of care.

use std::time::Instant;

use echoscope::server::status::State;
use echoscope::session::{Changed, Check, Command, Options, Session};
use echoscope::settings::fields::Field;
use echoscope::settings::{ClientAuth, Settings, TlsVersions};

use crate::lab::Lab;
use crate::support::PATIENCE;

fn poll_until(session: &mut Session, what: &str, mut done: impl FnMut(&Session) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(session) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        session.poll();
        std::thread::yield_now();
    }
}

fn edit(session: &mut Session, field: Field, text: &str) {
    session.apply(Command::Edit(field, text.to_owned()));
}

#[test]
fn choices_wait_for_a_restart() {
    let lab = Lab::new();
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        tls: true,
        certificate: lab.path("server.crt"),
        key: lab.path("server.key"),
        ..Settings::default()
    };
    let mut session = Session::new(settings, Options::default());
    session.apply(Command::Start);
    poll_until(&mut session, "listening", |session| matches!(session.state(), State::Listening { .. }));
    let all = [
        Changed::TlsVersions,
        Changed::ClientAuth,
        Changed::Tickets,
        Changed::Field(Field::ClientCa),
        Changed::Field(Field::Alpn),
        Changed::Field(Field::KeyLog),
    ];
    assert!(!all.iter().any(|what| session.needs_restart(*what)));
    session.apply(Command::SetTlsVersions(TlsVersions::Only13));
    session.apply(Command::SetClientAuth(ClientAuth::Required));
    session.apply(Command::SetTickets(false));
    edit(&mut session, Field::ClientCa, lab.path("ca.crt").to_str().unwrap());
    edit(&mut session, Field::Alpn, "h2, echo");
    edit(&mut session, Field::KeyLog, lab.path("keys.log").to_str().unwrap());
    for what in all {
        assert!(session.needs_restart(what), "{what:?}");
    }
    session.apply(Command::Stop);
    poll_until(&mut session, "the stop", |session| session.state().is_at_rest());
    session.apply(Command::Start);
    poll_until(&mut session, "listening", |session| matches!(session.state(), State::Listening { .. }));
    assert!(!all.iter().any(|what| session.needs_restart(*what)));
    // The caution stands as long as the running server writes keys, whatever the form says.
    edit(&mut session, Field::KeyLog, "");
    assert!(session.key_log_caution().unwrap().contains("keys.log"));
    session.apply(Command::Stop);
    poll_until(&mut session, "the stop", |session| session.state().is_at_rest());
    assert_eq!(session.key_log_caution(), None);
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    let lab = Lab::new();
    let settings = Settings {
        tls: true,
        certificate: lab.path("server.crt"),
        key: lab.path("server.key"),
        client_auth: ClientAuth::Optional,
        ..Settings::default()
    };
    let mut session = Session::new(settings, Options::default());
    assert!(session.blocked().unwrap().contains("need a CA file"));
    assert!(matches!(session.client_ca(), Check::Empty));
    edit(&mut session, Field::ClientCa, lab.path("ca.crt").to_str().unwrap());
    assert_eq!(session.blocked(), None);
    poll_until(&mut session, "the CA", |session| matches!(session.client_ca(), Check::Good(_)));
    let Check::Good(report) = session.client_ca() else { panic!() };
    assert!(report.line().contains("Practice CA"), "{}", report.line());
    edit(&mut session, Field::ClientCa, lab.path("client.key").to_str().unwrap());
    poll_until(&mut session, "the refusal", |session| matches!(session.client_ca(), Check::Bad(_)));
    edit(&mut session, Field::Alpn, "h2,,");
    assert!(session.blocked().unwrap().contains("comma too many"));
    // Without TLS nobody needs it.
    session.apply(Command::SetTls(false));
    assert_eq!(session.blocked(), None);
}
