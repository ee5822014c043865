//! The commands under *Try it*, run as a user would paste them into a shell: each checks the certificate of the running
//! server. Windows has no such shell.

use std::fs;
use std::path::Path;

use echoscope::app::{App, Check, Command, Options};
use echoscope::platform::terminal::TerminalCommand;
use echoscope::server::ServerState;
use echoscope::settings::{ClientAuth, Setting, Settings};
use echoscope::tls::create::{CertificateSpec, Defect, KeyChoice, create};
use echoscope::tls::options::TlsFiles;
use jiff::Timestamp;

use crate::create_certificate::clients::echoes;
use crate::support::program;
use crate::support::running::Running;
use crate::tls_options::session::poll_until;

fn has_all_clients() -> bool {
    ["sh", "openssl", "python3", "curl", "gnutls-cli"].iter().all(|name| program(name).is_some())
}

fn spec(folder: &Path) -> CertificateSpec {
    CertificateSpec { folder: folder.to_owned(), key: KeyChoice::P256, ..CertificateSpec::default() }
}

/// Creates a certificate, starts the server with it, and returns both the app and the commands.
fn started(spec: &CertificateSpec, host: &str, client_auth: ClientAuth) -> (App, Vec<TerminalCommand>) {
    let created = create(spec, false, Timestamp::now()).unwrap();
    let settings = Settings { host: host.to_owned(), port: 0, ..Settings::default() };
    let mut app = App::new(settings, Options::default());
    app.apply(Command::UseCreated(Box::new(created)));
    app.apply(Command::set(Setting::ClientAuth, client_auth));
    app.apply(Command::set(Setting::Alpn, "echo"));
    poll_until(&mut app, "the files", |app| {
        app.pair().is_some() && (client_auth == ClientAuth::None || matches!(app.client_ca(), Check::Good(_)))
    });
    app.apply(Command::Start);
    poll_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    let commands = app.try_it();
    assert_eq!(
        commands.iter().map(|command| command.program).collect::<Vec<_>>(),
        ["openssl", "Python", "curl", "gnutls-cli"]
    );
    (app, commands)
}

fn port(app: &App) -> String {
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("not listening") };
    addresses[0].port().to_string()
}

/// Asserts that the command fails with one of these messages.
#[track_caller]
fn assert_rejected(line: &str, messages: &[&str]) {
    let (echoed, output) = echoes(line);
    assert!(!echoed && messages.iter().any(|message| output.contains(message)), "{line}\n{output}");
}

const UNTRUSTED: [&str; 4] = [
    "certificate verify failed",
    "self-signed certificate",
    "unable to get local issuer certificate",
    "The certificate is NOT trusted",
];
const WRONG_NAME: [&str; 4] = [
    "ostname mismatch",
    "IP address mismatch",
    "no alternative certificate subject name matches",
    "name in the certificate does not match",
];

#[test]
fn printed_commands_accept_only_the_certificate_of_the_server() {
    if !has_all_clients() {
        return;
    }
    for (signed_by_ca, client_certificate, host) in [
        (false, false, "127.0.0.1"),
        (true, false, "localhost"),
        (false, true, "127.0.0.1"),
        (false, false, "0.0.0.0"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let [own, other] = ["it's own", "it's new"].map(|name| folder.path().join(name));
        let own_spec = CertificateSpec { signed_by_ca, client_certificate, ..spec(&own) };
        let client_auth = if client_certificate { ClientAuth::Required } else { ClientAuth::None };
        let (app, commands) = started(&own_spec, host, client_auth);
        assert!(!app.lacks_client_certificate());
        // Another server, which has a certificate for another name.
        let other_spec =
            CertificateSpec { folder: other.clone(), defect: Some(Defect::WrongName), ..own_spec };
        let created = create(&other_spec, false, Timestamp::now()).unwrap();
        let other_server =
            Running::start(|config| config.tls = Some(TlsFiles::new(created.certificate, created.key)));
        let other_port = other_server.address.port().to_string();
        for TerminalCommand { program, line, note } in commands {
            let (echoed, output) = echoes(&line);
            assert!(echoed && note.is_none(), "{program}: {line}\n{output}");
            let line = line.replace(&port(&app), &other_port).replace("localhost", "127.0.0.1");
            let line = line.replace("-verify_hostname", "-verify_ip");
            assert_rejected(&line, &UNTRUSTED);
            assert_rejected(&line.replace("s own", "s new"), &WRONG_NAME);
        }
    }
}

/// Python 3.13 made its default context strict. `sitecustomize` does the same for older versions.
const STRICT: &str = "
import ssl
original = ssl.create_default_context
def strict(*arguments, **options):
    context = original(*arguments, **options)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | 0x80000
    return context
ssl.create_default_context = strict
";

#[test]
fn a_version_1_certificate_works_in_every_client_and_in_a_strict_python() {
    if !has_all_clients() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let version1 = CertificateSpec { defect: Some(Defect::Version1), ..spec(&folder.path().join("lab")) };
    let (_app, commands) = started(&version1, "localhost", ClientAuth::None);
    fs::write(folder.path().join("sitecustomize.py"), STRICT).unwrap();
    for TerminalCommand { program, line, note } in commands {
        let (echoed, output) = echoes(&line);
        assert!(echoed, "{line}\n{output}");
        assert_eq!(note.is_some(), program == "Python", "{note:?}");
        let Some(note) = note else { continue };
        assert!(note.contains("3.13") && note.contains("X.509 version 1"), "{note}");
        let strict = format!("env PYTHONPATH={} {line}", folder.path().display());
        let (echoed, output) = echoes(&strict);
        assert!(echoed, "{strict}\n{output}");
        let without = strict.replace(" c.verify_flags &= ~ssl.VERIFY_X509_STRICT;", "");
        assert_ne!(without, strict);
        assert_rejected(&without, &UNTRUSTED);
    }
}

/// The commands are those of the running server, even if the form has another certificate.
#[test]
fn commands_belong_to_the_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let (mut app, commands) = started(&spec(&folder.path().join("own")), "127.0.0.1", ClientAuth::None);
    let other = create(&spec(&folder.path().join("other")), false, Timestamp::now()).unwrap();
    app.apply(Command::UseCreated(Box::new(other)));
    poll_until(&mut app, "the files", |app| app.pair().is_some());
    assert_eq!(app.try_it(), commands);
}
