//! Runs the client commands that `create-certificate` prints, as a user would paste them into a shell. Windows has no
//! such shell.

use std::thread;

use echoscope::settings::SettingChoice;
use echoscope::tls::create::{CertificateSpec, CreatedFiles, Defect, KeyChoice, create};
use jiff::Timestamp;

use crate::create_certificate::clients::echoes;
use crate::create_certificate::test_folder::TestFolder;
use crate::support::{Server, program};

/// Starts a server and runs each client's command. Returns the client's name, its command, whether it got its echo, and
/// its output.
fn run_lines(created: &CreatedFiles) -> Vec<(&'static str, String, bool, String)> {
    if program("sh").is_none() {
        return Vec::new();
    }
    let (certificate, key) = (created.certificate.to_str().unwrap(), created.key.to_str().unwrap());
    let server = Server::start(&["--tls", "--cert", certificate, "--key", key]);
    let mut ends = Vec::new();
    for one in created.client_commands(server.port) {
        let name = if one.program == "Python" { "python3" } else { one.program };
        if program(name).is_none() {
            continue;
        }
        let (echoed, output) = echoes(&one.line);
        ends.push((name, one.line, echoed, output));
    }
    ends
}

/// The folders' names have special characters of shells, or none.
#[test]
fn the_printed_client_commands_work() {
    let folder = TestFolder::new();
    let check = |name: &str, common_name: &str| {
        let spec = CertificateSpec {
            folder: folder.path(name),
            common_name: common_name.to_owned(),
            key: KeyChoice::P256,
            signed_by_ca: true,
            ..CertificateSpec::default()
        };
        let created = create(&spec, false, Timestamp::now()).unwrap();
        for (_, line, echoed, output) in run_lines(&created) {
            assert!(echoed, "{line}\n{output}");
        }
    };
    // At the same time, since curl waits for three seconds.
    thread::scope(|scope| {
        scope.spawn(|| check("it's new $HOME", "localhost"));
        scope.spawn(|| check("two\nlines", "localhost"));
        scope.spawn(|| check("\u{1b}[31m \\ 100% \"!\" \u{202e}`id`", "localhost"));
        scope.spawn(|| check("plain", "a.test"));
        scope.spawn(|| check("below", "app.localhost"));
    });
}

/// Some clients accept a common name of localhost, so the commands ask for an address.
#[test]
fn without_alternative_names_every_client_command_fails() {
    let folder = TestFolder::new();
    for defect in [Defect::NoSan, Defect::Version1] {
        for (common_name, signed_by_ca) in [("localhost", true), ("localhost", false), ("127.0.0.1", true)] {
            let what = format!("{} {common_name} {signed_by_ca}", defect.keyword());
            let spec = CertificateSpec {
                folder: folder.path(&what),
                common_name: common_name.to_owned(),
                key: KeyChoice::P256,
                signed_by_ca,
                defect: Some(defect),
                ..CertificateSpec::default()
            };
            let created = create(&spec, false, Timestamp::now()).unwrap();
            let why = format!("not every client rejects it for {common_name}");
            assert!(created.advice().contains(&why), "{}", created.advice());
            for (name, line, echoed, output) in run_lines(&created) {
                let expected = match name {
                    // Python uses OpenSSL.
                    "openssl" | "python3" => "IP address mismatch",
                    "curl" => "does not match target host name '127.0.0.",
                    _ => "The name in the certificate does not match the expected",
                };
                assert!(!echoed && output.contains(expected), "{what}: {line}\n{output}");
            }
        }
    }
}
