//! Right servers: Echoscope itself and the tutorial's program.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use echoscope::check::{self, CHECKS, CheckOptions, CheckVerdict, Expect, Profile, Report};
use echoscope::python::{Version, program};
use echoscope::server::ServerConfig;
use echoscope::settings::{Mode, Settings};
use echoscope::tls::options::Trust;

use crate::support::{Identity, Server, program_path};
use crate::{Turn, free_port, python, text, with_verdict};

fn run(options: &CheckOptions) -> Report {
    let _turn = Turn::take();
    let report = check::run(options, &AtomicBool::new(false), |_| ());
    assert!(report.is_passed(), "{options:?}:\n{}", text(&report));
    report
}

fn expect(mode: Mode) -> Expect {
    match mode {
        Mode::One => Expect::One,
        Mode::Threads => Expect::Threads,
        Mode::Pool => Expect::Pool,
    }
}

/// Checks Echoscope in a mode, on a port that the OS chose.
fn assert_own_server_passes(mode: Mode, mode_name: &str, is_tls: bool) {
    let identity = Identity::new();
    let mut arguments = vec!["--host", "127.0.0.1", "--mode", mode_name];
    if is_tls {
        arguments.extend(identity.arguments());
    }
    let server = Server::start(&arguments);
    server.out.discard();
    let options = CheckOptions {
        tls: is_tls,
        trust: is_tls.then(|| Trust::CaFile(PathBuf::from(&identity.certificate))),
        expect: Some(expect(mode)),
        ..CheckOptions::new("localhost", server.port)
    };
    let report = run(&options);
    let skipped = with_verdict(&report, CheckVerdict::Skipped);
    assert!(skipped.contains(&"lines") && skipped.contains(&"backlog") == (mode != Mode::One), "{skipped:?}");
    assert_eq!(skipped.contains(&"plaintext"), !is_tls);
}

#[test]
fn single_checks_pass_with_one_client_at_a_time() {
    let identity = Identity::new();
    let server = Server::start(&[&["--mode", "one"][..], &identity.arguments()].concat());
    server.out.discard();
    for check in ["idle", "certificate", "tls-versions"] {
        let options =
            CheckOptions { tls: true, only: vec![check], ..CheckOptions::new("localhost", server.port) };
        run(&options);
    }
}

#[test]
fn own_server_passes_with_one_client_at_a_time() {
    assert_own_server_passes(Mode::One, "one", false);
}

#[test]
fn own_server_passes_with_threads() {
    assert_own_server_passes(Mode::Threads, "threads", false);
}

#[test]
fn own_server_passes_with_a_pool() {
    assert_own_server_passes(Mode::Pool, "pool", false);
}

#[test]
fn own_server_passes_with_tls_and_one_client_at_a_time() {
    assert_own_server_passes(Mode::One, "one", true);
}

#[test]
fn own_server_passes_with_tls_and_threads() {
    assert_own_server_passes(Mode::Threads, "threads", true);
}

#[test]
fn own_server_passes_with_tls_and_a_pool() {
    assert_own_server_passes(Mode::Pool, "pool", true);
}

#[test]
fn own_program_passes_as_a_command() {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.toml");
    let arguments = ["--headless", "--host", "127.0.0.1", "--port", &port.to_string(), "--settings"];
    let mut command = vec![program_path().into_os_string()];
    command.extend(arguments.iter().map(OsString::from));
    command.push(settings.into_os_string());
    let report = run(&CheckOptions { command, ..CheckOptions::new("127.0.0.1", port) });
    if cfg!(target_os = "linux") {
        let passed = with_verdict(&report, CheckVerdict::Passed);
        for name in ["lines", "ctrl-c", "restart", "sockets"] {
            assert!(passed.contains(&name), "{name}:\n{}", text(&report));
        }
    }
}

/// Checks the Python program for some settings.
fn assert_python_program_passes(version: Version, profile: Profile, mode: Mode, is_tls: bool) {
    let identity = Identity::new();
    let port = free_port();
    let mut settings = Settings { port, mode, tls: is_tls, ..Settings::default() };
    if is_tls {
        settings.certificate = identity.certificate.clone().into();
        settings.key = identity.key.clone().into();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ServerPython.py");
    fs::write(&file, program(&ServerConfig::from(&settings), version).text()).unwrap();
    let Some(command) = python(&file, &[]) else { return };
    let options = CheckOptions {
        tls: is_tls,
        expect: Some(expect(mode)),
        profile,
        command,
        ..CheckOptions::new("localhost", port)
    };
    let report = run(&options);
    let passed = with_verdict(&report, CheckVerdict::Passed);
    for name in ["line", "late-reader", "half-close", "sockets", "idle", "crowd", "lines"] {
        assert!(passed.contains(&name), "{name}:\n{}", text(&report));
    }
    if mode == Mode::One && !is_tls {
        // The tutorial's program doesn't set SO_REUSEADDR, and the first run must not leave its port in use. With TLS,
        // the program itself does that: it closes first after plaintext and after close_notify.
        run(&options);
    }
}

#[test]
fn tutorials_program_passes_with_profile_course() {
    for mode in Mode::ALL {
        assert_python_program_passes(Version::Tutorial, Profile::Course, mode, false);
    }
}

#[test]
fn tutorials_program_with_tls_passes_with_profile_course() {
    for mode in Mode::ALL {
        assert_python_program_passes(Version::Tutorial, Profile::Course, mode, true);
    }
}

#[test]
fn robust_program_passes() {
    for mode in Mode::ALL {
        assert_python_program_passes(Version::Robust, Profile::Strict, mode, false);
    }
}

#[test]
fn robust_program_with_tls_passes() {
    for mode in Mode::ALL {
        assert_python_program_passes(Version::Robust, Profile::Strict, mode, true);
    }
}

#[test]
fn report_has_every_check_with_its_explanation() {
    let server = Server::start(&["--host", "127.0.0.1"]);
    server.out.discard();
    let report = run(&CheckOptions::new("127.0.0.1", server.port));
    let json = report.json();
    let page = check::html(&report);
    assert_eq!(json["passed"], true);
    assert_eq!(json["checks"].as_array().unwrap().len(), CHECKS.len());
    for (check, value) in CHECKS.iter().zip(json["checks"].as_array().unwrap()) {
        assert_eq!(value["name"], check.name);
        assert!(page.contains(&check.title.replace('\'', "&#39;")), "{} is not in the page", check.title);
    }
    assert!(!page.contains("src=") && !page.contains("href="), "the page needs another file");
}
