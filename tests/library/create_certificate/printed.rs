//! The lines that are printed for the clients, run as they are copied into a terminal: a shell's, which
//! Windows has not.

use std::process::{Command, Stdio};

use echoscope::tls::create::{Broken, Created, KeyChoice, Request, create};
use jiff::Timestamp;

use crate::create_certificate::lab::Lab;
use crate::support::{Finished, Server, finish, program};

/// Serves what was made and runs each client's line; gives the client's name and how it ended.
fn run_lines(created: &Created) -> Vec<(&'static str, String, Finished)> {
    let Some(sh) = program("sh") else { return Vec::new() };
    let (certificate, key) = (created.certificate.to_str().unwrap(), created.key.to_str().unwrap());
    let server = Server::start(&["--tls", "--cert", certificate, "--key", key]);
    let mut ends = Vec::new();
    for one in created.uses(server.port) {
        let name = if one.program == "Python" { "python3" } else { one.program };
        if program(name).is_none() {
            continue;
        }
        let mut command = Command::new(&sh);
        command.args(["-c", &one.line]).stdin(Stdio::null());
        ends.push((name, one.line, finish(command)));
    }
    ends
}

/// In a folder whose name holds what shells care about, and in a plain one.
#[test]
fn the_lines_that_tell_how_to_use_it_work() {
    let lab = Lab::new();
    for (folder, common_name) in
        [("it's new $HOME", "localhost"), ("plain", "a.test"), ("below", "app.localhost")]
    {
        let request = Request {
            folder: lab.path(folder),
            common_name: common_name.to_owned(),
            key: KeyChoice::P256,
            signed_by_ca: true,
            ..Request::default()
        };
        let created = create(&request, false, Timestamp::now()).unwrap();
        for (name, line, end) in run_lines(&created) {
            let (code, words) = match name {
                "openssl" => (0, "Verification: OK"),
                // The echo of its own request; curl then waits for more until its time is over.
                "curl" => (28, "GET / HTTP"),
                "python3" => (0, "b'Hello'"),
                _ => (0, "Handshake was completed"),
            };
            assert!(end.code == Some(code) && end.stdout.contains(words), "{line}\n{end:?}");
        }
    }
}

/// Clients still look at the common name for localhost, so that a line with it would show no refusal.
#[test]
fn without_alternative_names_every_line_shows_the_refusal() {
    let lab = Lab::new();
    for broken in [Broken::NoSan, Broken::Version1] {
        for (common_name, signed_by_ca) in [("localhost", true), ("localhost", false), ("127.0.0.1", true)] {
            let what = format!("{} {common_name} {signed_by_ca}", broken.keyword());
            let request = Request {
                folder: lab.path(&what),
                common_name: common_name.to_owned(),
                key: KeyChoice::P256,
                signed_by_ca,
                broken: Some(broken),
                ..Request::default()
            };
            let created = create(&request, false, Timestamp::now()).unwrap();
            let why = format!("with {common_name} not every client would show the refusal");
            assert!(created.advice().contains(&why), "{}", created.advice());
            for (name, line, end) in run_lines(&created) {
                let words = match name {
                    // Python checks with OpenSSL.
                    "openssl" | "python3" => "IP address mismatch",
                    "curl" => "does not match target host name '127.0.0.",
                    _ => "The name in the certificate does not match the expected",
                };
                let said = format!("{}{}", end.stdout, end.stderr);
                assert!(end.code != Some(0) && said.contains(words), "{what}: {line}\n{end:?}");
            }
        }
    }
}
