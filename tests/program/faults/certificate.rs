//! The certificate files are replaced while the server runs. A running server keeps the certificate that it has read,
//! and the next start uses the new files or reports why it can't.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::Settings;
use rustls::ClientConfig;

use super::echo;
use super::tls::{Stream, over, trusting};
use crate::support::Identity;
use crate::support::running::{PATIENCE, wait_for};

fn start(app: &mut App) {
    app.apply(Command::Start);
    wait_for("listening or a failure", || {
        app.poll();
        matches!(app.state(), ServerState::Listening { .. } | ServerState::Failed(_))
    });
}

fn stop(app: &mut App) {
    app.apply(Command::Stop);
    wait_for("the stop", || {
        app.poll();
        app.state().is_stopped()
    });
}

fn visit(app: &App, config: &Arc<ClientConfig>) -> Stream {
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("{:?}", app.state()) };
    let stream = std::net::TcpStream::connect(addresses[0]).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = over(stream, config);
    echo(&mut client, b"a visit");
    client
}

#[test]
fn running_server_keeps_its_certificate() {
    let (old, new, third) = (Identity::new(), Identity::new(), Identity::new());
    let read = |path: &str| fs::read_to_string(path).unwrap();
    let (old_key, new_certificate) = (read(&old.key), read(&new.certificate));
    // One client resumes sessions and one doesn't, which therefore verifies the certificate at each visit.
    let mut trusts_old = Arc::unwrap_or_clone(trusting(Path::new(&old.certificate)));
    trusts_old.resumption = rustls::client::Resumption::disabled();
    let trusts_old = Arc::new(trusts_old);
    let trusts_new = trusting(Path::new(&new.certificate));
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        tls: true,
        certificate: old.certificate.clone().into(),
        key: old.key.clone().into(),
        ..Settings::default()
    };
    let mut app = App::new(settings, Options::default());
    start(&mut app);
    let mut persistent = visit(&app, &trusts_old);

    let half = &new_certificate[..new_certificate.len() / 2];
    let cases = [
        ("a broken one", Some("not a certificate\n"), Some(old_key.as_str())),
        ("a half-written one", Some(half), Some(&old_key)),
        ("an empty one", Some(""), Some(&old_key)),
        ("one that another key belongs to", Some(&new_certificate), Some(&old_key)),
        ("none at all", None, None),
    ];
    let put = |path: &str, text: Option<&str>| match text {
        Some(text) => fs::write(path, text).unwrap(),
        None => fs::remove_file(path).unwrap(),
    };
    for (what, certificate, key) in cases {
        put(&old.certificate, certificate);
        put(&old.key, key);
        // The window reads the files again when it gets the focus. That must not affect the server.
        app.apply(Command::CheckFiles);
        wait_for("the files to be looked at", || {
            app.poll();
            app.pair().is_none_or(Result::is_err)
        });
        echo(&mut persistent, what.as_bytes());
        visit(&app, &trusts_old);
    }
    // The next start finds no file and reports that. With valid files the server starts again.
    stop(&mut app);
    let end = std::io::Read::read(&mut persistent, &mut [0]);
    assert!(end.is_ok_and(|count| count == 0), "the stop ended it");
    start(&mut app);
    let ServerState::Failed(error) = app.state() else { panic!("it started without a certificate") };
    assert!(error.to_string().contains("server.crt"), "{error}");
    put(&old.certificate, Some(half));
    put(&old.key, Some(&old_key));
    start(&mut app);
    let ServerState::Failed(error) = app.state() else { panic!("it started with half a certificate") };
    assert!(error.to_string().contains("server.crt"), "{error}");
    put(&old.certificate, Some(&new_certificate));
    put(&old.key, Some(&read(&new.key)));
    start(&mut app);
    visit(&app, &trusts_new);

    // Another valid certificate in the same files is also used only by the next start.
    let mut persistent = visit(&app, &trusts_new);
    put(&old.certificate, Some(&read(&third.certificate)));
    put(&old.key, Some(&read(&third.key)));
    visit(&app, &trusts_new);
    echo(&mut persistent, b"undisturbed");
    stop(&mut app);
    start(&mut app);
    visit(&app, &trusting(Path::new(&third.certificate)));
}
