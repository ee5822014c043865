//! Every kind of key, self-signed and signed by the practice CA: checked by openssl and served to real clients.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::create_certificate::clients::{self, Verdict};
use crate::create_certificate::test_folder::{KEYS, TestFolder, create, run};
use crate::support::{Guarded, Lines, Server, program};

fn assert_accepted(client: &str, verdict: Verdict) {
    if let Some(Err(reason)) = verdict {
        panic!("{client}: {reason}");
    }
}

fn check_with_openssl(openssl: &Path, folder: &TestFolder, ca: &str, what: &str) {
    for line in [
        format!("verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile {ca} server.crt"),
        format!("verify -verify_ip 127.0.0.1 -CAfile {ca} server.crt"),
        format!("verify -verify_ip ::1 -CAfile {ca} server.crt"),
        "pkey -check -noout -in server.key".to_owned(),
        "req -verify -noout -in server.csr".to_owned(),
    ] {
        let end = run(openssl, folder.folder(), &line);
        assert_eq!(end.code, Some(0), "{what}: openssl {line}: {end:?}");
        assert!(!end.stderr.contains("fail"), "{what}: openssl {line}: {end:?}");
    }
    let public = ["x509 -in server.crt", "req -in server.csr", "pkey -in server.key -pubout"].map(|line| {
        run(
            openssl,
            folder.folder(),
            &format!("{line} -noout -pubkey").replace(" -pubout -noout -pubkey", " -pubout"),
        )
        .stdout
    });
    assert!(public[0].contains("PUBLIC KEY"), "{what}: {}", public[0]);
    assert!(public.iter().all(|key| *key == public[0]), "{what}: the three files have different keys");
}

fn check_with_every_client(key: &str) {
    for flags in [&["--key", key][..], &["--key", key, "--signed-by-ca"]] {
        let folder = TestFolder::with_certificate(flags);
        let what = flags.join(" ");
        let ca = folder.ca_file();
        if let Some(openssl) = program("openssl") {
            let name = if flags.len() > 2 { "ca.crt" } else { "server.crt" };
            check_with_openssl(&openssl, &folder, name, &what);
        }
        let server = folder.serve();
        assert_accepted(&format!("openssl {what}"), clients::openssl(server.port, &ca, "localhost"));
        assert_accepted(&format!("curl {what}"), clients::curl(server.port, &ca, "localhost"));
        assert_accepted(&format!("gnutls {what}"), clients::gnutls(server.port, &ca, "localhost"));
        assert_accepted(&format!("Python {what}"), clients::python(server.port, &ca, "localhost"));
        assert_accepted(&format!("Python by address {what}"), clients::python(server.port, &ca, "127.0.0.1"));
        assert_accepted(&format!("rustls {what}"), Some(clients::rustls(server.port, &ca, "localhost")));
    }
}

#[test]
fn every_client_accepts_rsa_2048() {
    check_with_every_client(KEYS[0]);
}

#[test]
fn every_client_accepts_rsa_4096() {
    check_with_every_client(KEYS[1]);
}

#[test]
fn every_client_accepts_p256() {
    check_with_every_client(KEYS[2]);
}

#[test]
fn every_client_accepts_ed25519() {
    check_with_every_client(KEYS[3]);
}

#[test]
fn the_output_lists_the_files_and_how_to_use_them() {
    let folder = TestFolder::new();
    let end = folder.create(&["--name", "a.test", "--name", "10.1.2.3", "--days", "30", "--signed-by-ca"]);
    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
    for file in ["ca.key", "ca.crt", "server.key", "server.csr", "server.crt"] {
        let line = format!("Wrote {}", folder.text(file));
        assert!(end.stdout.lines().any(|printed| printed == line), "{line}\n{}", end.stdout);
    }
    assert_eq!(folder.files(), ["ca.crt", "ca.key", "server.crt", "server.csr", "server.key"]);
    let ca = folder.text("ca.crt");
    // In a Python string a backslash would begin an escape sequence.
    let in_python = if cfg!(windows) { ca.replace('\\', "/") } else { ca.clone() };
    for expected in [
        "a.test, 10.1.2.3 · RSA 2048 · 30 days left",
        "No trust store was changed",
        &format!("-CAfile {ca}"),
        &format!("--cacert {ca}"),
        &format!("create_default_context(cafile='{in_python}')"),
        &format!("--x509cafile {ca}"),
        &format!("--tls --cert {} --key {}", folder.text("server.crt"), folder.text("server.key")),
    ] {
        assert!(end.stdout.contains(expected), "{expected}\n{}", end.stdout);
    }
}

#[test]
fn the_practice_ca_is_created_once() {
    let folder = TestFolder::with_certificate(&["--key", "p256", "--signed-by-ca"]);
    let before = (fs::read(folder.path("ca.crt")).unwrap(), fs::read(folder.path("ca.key")).unwrap());
    let end = folder.create(&["--key", "ed25519", "--signed-by-ca", "--force", "--name", "second.test"]);
    assert_eq!(end.code, Some(0), "{end:?}");
    assert!(!end.stdout.contains("ca.key"), "it was written again: {}", end.stdout);
    assert_eq!((fs::read(folder.path("ca.crt")).unwrap(), fs::read(folder.path("ca.key")).unwrap()), before);
    let Some(openssl) = program("openssl") else { return };
    let line = "verify -x509_strict -verify_hostname second.test -CAfile ca.crt server.crt";
    assert_eq!(run(&openssl, folder.folder(), line).code, Some(0));
}

#[test]
fn a_foreign_ca_can_sign() {
    let Some(openssl) = program("openssl") else { return };
    for key in ["genrsa -out ca.key 2048", "ecparam -name secp384r1 -genkey -out ca.key"] {
        let folder = TestFolder::new();
        for line in [
            key,
            "req -x509 -new -key ca.key -subj /C=DE/O=School/OU=TestFolder/CN=Class -days 9 -out ca.crt",
        ] {
            let end = run(&openssl, folder.folder(), line);
            assert_eq!(end.code, Some(0), "{line}: {end:?}");
        }
        let end = folder.create(&["--key", "p256", "--signed-by-ca"]);
        assert_eq!(end.code, Some(0), "{end:?}");
        let end =
            run(&openssl, folder.folder(), "verify -verify_hostname localhost -CAfile ca.crt server.crt");
        assert_eq!(end.code, Some(0), "{key}: {end:?}");
    }
}

/// Runs openssl in a folder and sends a line; returns whether it came back. Splits the arguments at spaces.
fn is_echoed(openssl: &Path, folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new(openssl);
    command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = Lines::of(child.stdout.take().unwrap());
    let _child = Guarded(child);
    // This fails if openssl has exited already.
    let _ = input.write_all(b"Hello from openssl\n");
    while let Some(line) = output.next_or_end() {
        if line.ends_with("Hello from openssl") {
            return true;
        }
    }
    false
}

#[test]
fn a_server_that_requires_it_accepts_the_client_certificate() {
    let Some(openssl) = program("openssl") else { return };
    for key in KEYS {
        let folder = TestFolder::with_certificate(&["--key", key, "--client"]);
        let all = ["ca.crt", "ca.key", "client.crt", "client.key", "server.crt", "server.csr", "server.key"];
        assert_eq!(folder.files(), all);
        let [certificate, key_file, ca] =
            ["server.crt", "server.key", "ca.crt"].map(|name| folder.text(name));
        let server = Server::start(&[
            "--host",
            "127.0.0.1",
            "--tls",
            "--cert",
            &certificate,
            "--key",
            &key_file,
            "--client-auth",
            "required",
            "--client-ca",
            &ca,
        ]);
        for version in ["-tls1_2", "-tls1_3"] {
            let echoes = |own: &str| {
                let line = format!(
                    "s_client -connect 127.0.0.1:{} {version} -CAfile ca.crt -verify_return_error \
                     -verify_hostname localhost{own}",
                    server.port
                );
                is_echoed(&openssl, folder.folder(), &line)
            };
            assert!(echoes(" -cert client.crt -key client.key"), "{key} {version}");
            assert!(!echoes(""), "{key} {version}: accepted without a certificate");
        }
    }
}

// On Windows a file inherits its folder's permissions.
#[cfg(unix)]
#[test]
fn only_the_owner_can_read_keys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TestFolder::with_certificate(&["--key", "p256", "--client"]);
    for name in ["server.key", "ca.key", "client.key"] {
        let mode = fs::metadata(folder.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_new_folder_is_created_for_a_wildcard() {
    let folder = TestFolder::new();
    let folder = folder.path("it's new $HOME");
    let end = create(&folder, &["--name", "*.example.org", "--key", "p256"]);
    assert_eq!(end.code, Some(0), "{end:?}");
    let Some(openssl) = program("openssl") else { return };
    let line = "verify -verify_hostname www.example.org -CAfile server.crt server.crt";
    assert_eq!(run(&openssl, &folder, line).code, Some(0));
}

#[test]
fn serial_numbers_are_unique_and_positive() {
    let serials: Vec<_> = (0..3)
        .map(|_| {
            let folder = TestFolder::with_certificate(&["--key", "p256"]);
            let bytes = fs::read(folder.path("server.crt")).unwrap();
            let (_, pem) = x509_parser::pem::parse_x509_pem(&bytes).unwrap();
            pem.parse_x509().unwrap().raw_serial().to_vec()
        })
        .collect();
    assert!(serials.iter().all(|serial| serial.len() <= 20 && serial[0] < 0x80), "{serials:?}");
    assert!(serials[0] != serials[1] && serials[1] != serials[2], "{serials:?}");
}

#[test]
fn the_output_warns_if_the_certificate_outlives_its_ca() {
    let folder = TestFolder::new();
    let end = folder.create(&["--key", "p256", "--signed-by-ca", "--days", "36500"]);
    assert!(end.stdout.contains("36,500 days left"), "{}", end.stdout);
    assert!(end.stdout.contains("accept it only until ca.crt expires on 20"), "{}", end.stdout);
}
