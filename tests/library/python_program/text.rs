//! The Python program is valid for every setting, and contains each value unchanged.

use std::fs;
use std::process::{Command, Stdio};

use echoscope::python::{Version, program};
use echoscope::server::{ServerConfig, TlsFiles};
use echoscope::settings::{ClientAuth, Mode, Settings, TlsVersions};

/// A Python program that compiles each file as Python 3.8 would, with warnings as errors, and prints the constants and
/// all strings of each file as a line of JSON.
const CONSTANTS: &str = r"
import ast, json, sys
for name in sys.argv[1:]:
    with open(name, encoding='utf-8') as file:
        text = file.read()
    compile(text, name, 'exec')
    tree = ast.parse(text, name, feature_version=(3, 8))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (AttributeError, ValueError):
                pass
    nodes = list(ast.walk(tree))
    found['strings'] = [node.value for node in nodes if isinstance(node, ast.Constant)]
    found['strings'] = [value for value in found['strings'] if isinstance(value, str)]
    found['nodes'] = len(nodes)
    print(json.dumps(found))
";

/// Returns the constants of every program, as Python reads them; `None` without Python.
fn constants(programs: &[ServerConfig], version: Version) -> Option<Vec<serde_json::Value>> {
    let python = crate::support::program("python3")?;
    let folder = tempfile::tempdir().unwrap();
    let names = (0..programs.len()).map(|number| format!("{number}.py"));
    let mut command = Command::new(python);
    command.args(["-W", "error", "-c", CONSTANTS]).current_dir(folder.path()).stdin(Stdio::null());
    for (config, name) in programs.iter().zip(names) {
        fs::write(folder.path().join(&name), program(config, version).text()).unwrap();
        command.arg(name);
    }
    let end = crate::support::finish(command);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    Some(end.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn config() -> ServerConfig {
    ServerConfig::from(&Settings::default())
}

#[test]
fn python_compiles_the_program_for_every_setting() {
    let mut programs = Vec::new();
    for mode in Mode::ALL {
        for host in [
            "localhost",
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "fe80::1%eth0",
            "a.example",
        ] {
            let host = host.to_owned();
            let idle_timeout = (programs.len() % 2 == 0).then_some(std::time::Duration::from_secs(30));
            let plain = ServerConfig { mode, host, idle_timeout, max_clients: 7, ..config() };
            for versions in TlsVersions::ALL {
                for client_auth in ClientAuth::ALL {
                    for (alpn, tickets) in [("", true), ("h2 http/1.1 '\"\\", false)] {
                        let tls = TlsFiles {
                            versions,
                            client_auth,
                            client_ca: "ca.crt".into(),
                            alpn: alpn.split_whitespace().map(str::to_owned).collect(),
                            tickets,
                            key_log: (!tickets).then(|| "keys.log".into()),
                            ..TlsFiles::new("server.crt".into(), "server.key".into())
                        };
                        programs.push(ServerConfig { tls: Some(tls), ..plain.clone() });
                    }
                }
            }
            programs.push(plain);
        }
    }
    for version in [Version::Tutorial, Version::Robust] {
        let Some(found) = constants(&programs, version) else { return };
        assert_eq!(found.len(), programs.len());
        for (config, found) in programs.iter().zip(found) {
            assert_eq!(found["SERVER_PORT"], config.port);
            if version == Version::Robust {
                assert_eq!(found["RECV_SIZE"], config.recv_size);
                assert_eq!(found.get("CERTIFICATE").is_some(), config.tls.is_some());
                assert_eq!(found.get("MAX_WORKERS").is_some(), config.mode == Mode::Pool);
            }
            let program = program(config, version);
            assert!(
                !program.text().contains("keys.log"),
                "the key log is never remembered, so it isn't saved"
            );
            assert!((1..=5).contains(&program.notes.len()), "{:?}", program.notes);
        }
    }
}

#[test]
fn values_with_special_characters_stay_one_string() {
    let hostile = [
        "it's",
        "say \"hi\"",
        "'''\"\"\"",
        "');import os;os._exit(9)#",
        "\\",
        "\\'",
        "two\nlines\r\n\tand more",
        "\0\u{1}\u{7f}\u{85}\u{2028}\u{202e}\u{feff}",
        "C:\\new\\table\\x41\\u0041\\N{DASH}",
        "/tmp/süß/猫/\u{1f600}/e\u{301}",
        "{x} %s #",
        " ",
    ];
    let all = hostile.map(|text| {
        let tls = TlsFiles {
            client_auth: ClientAuth::Required,
            client_ca: text.into(),
            ..TlsFiles::new(text.into(), text.into())
        };
        ServerConfig { host: text.to_owned(), tls: Some(tls), ..config() }
    });
    let plain = [ServerConfig { host: "a.example".to_owned(), ..all[0].clone() }];
    for version in [Version::Tutorial, Version::Robust] {
        let Some(usual) = constants(&plain, version) else { return };
        for (text, found) in hostile.iter().zip(constants(&all, version).unwrap()) {
            assert_eq!(found["SERVER_NAME"], *text);
            // The host, the certificate, the key, and the CA.
            let same = found["strings"].as_array().unwrap().iter().filter(|string| *string == text);
            assert!(same.count() >= 4, "{text:?}");
            assert_eq!(found["nodes"], usual[0]["nodes"], "{text:?} adds nothing of its own");
        }
    }
}

// On Windows a path that isn't UTF-8 can't be made from bytes.
#[cfg(unix)]
#[test]
fn path_that_is_not_utf8_is_still_found() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let Some(python) = crate::support::program("python3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"odd \xff name"));
    if fs::write(&path, "found").is_err() {
        // Some file systems allow only UTF-8.
        return;
    }
    let tls = TlsFiles::new(path, "server.key".into());
    let text = program(&ServerConfig { tls: Some(tls), ..config() }, Version::Robust).text();
    let line = text.lines().find(|line| line.starts_with("CERTIFICATE = ")).unwrap();
    let mut command = Command::new(python);
    command.args(["-c", &format!("{line}\nprint(open(CERTIFICATE).read())")]).stdin(Stdio::null());
    assert_eq!(crate::support::finish(command).stdout.trim(), "found");
}
