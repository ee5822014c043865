//! A panic leaves a crash report beside the settings file and ends no more than it has to.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::faults::echo;
use crate::support::{PATIENCE, Server, echoscope};

/// The home folder: the backtrace contains it.
const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// Returns a command that panics at a place, with its settings in this folder.
fn panicking(place: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = echoscope(arguments);
    // In a backtrace, the current folder is `.`.
    command.env("ECHOSCOPE_PANIC", place).env("XDG_CONFIG_HOME", folder).current_dir(folder);
    command.env(if cfg!(windows) { "USERPROFILE" } else { "HOME" }, HOME);
    command
}

fn serving(place: &str, settings: &Path, folder: &Path) -> Server {
    let settings = settings.to_str().unwrap();
    let arguments = ["--headless", "--host", "127.0.0.1", "--port", "0", "--settings", settings];
    Server::from(panicking(place, &arguments, folder))
}

/// Returns the text of the only report in a folder.
#[track_caller]
fn only_report(folder: &Path) -> String {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_report =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("echoscope-crash-");
    let reports: Vec<_> = names.filter(is_report).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&reports[0].metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = fs::read_to_string(&reports[0]).unwrap();
    assert!(!text.contains(HOME), "{text}");
    assert!(text.contains(concat!("Version:  ", env!("CARGO_PKG_VERSION"))), "{text}");
    text
}

#[test]
fn panic_of_a_client_thread_leaves_a_report_without_data() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("moved");
    let server = serving("client", &folder.join("my.toml"), home.path());
    let mut stays = server.connect();
    let mut unlucky = server.connect();
    echo(&mut unlucky, b"secret marker");
    assert_eq!(unlucky.read(&mut [0]).unwrap(), 0, "the connection ends");
    echo(&mut stays, b"still served");
    let said = server.err.wait_until(|line| line.starts_with("echoscope: A crash report is in "));
    assert!(said.last().unwrap().contains(folder.to_str().unwrap()), "{said:?}");
    server.out.wait_until(|line| line.starts_with("A bug in Echoscope ended this connection"));
    let text = only_report(&folder);
    assert!(!text.contains("secret marker"), "{text}");
    for expected in [
        "Thread:   client",
        "Message:  ECHOSCOPE_PANIC is client",
        "Place:    src",
        "Renderer: none",
        "Starting server on port",
        "Received 13 bytes, sent 13 bytes",
        "at ~",
        "handler.rs:",
    ] {
        assert!(text.contains(expected), "{expected} is missing: {text}");
    }
    echo(&mut server.connect(), b"and new clients");
}

#[test]
fn panic_of_the_accept_thread_ends_the_program_with_a_report() {
    let home = tempfile::tempdir().unwrap();
    let mut server = serving("accept", &home.path().join("settings.toml"), home.path());
    let mut client = server.connect();
    let ended = client.read(&mut [0]);
    assert!(
        matches!(&ended, Ok(0))
            || ended.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset),
        "{ended:?}"
    );
    assert_eq!(server.end(PATIENCE).unwrap().code(), Some(1));
    let said = server.err.rest();
    assert!(
        said.iter().any(|line| line.starts_with("echoscope: A bug in Echoscope stopped the server.")),
        "{said:?}"
    );
    let text = only_report(home.path());
    assert!(text.contains("Thread:   server") && text.contains("accept.rs:"), "{text}");
}

// Elsewhere no environment variable moves the settings folder out of the home folder.
#[cfg(target_os = "linux")]
#[test]
fn panic_of_a_check_ends_the_check_with_a_report() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&["--host", "127.0.0.1"]);
    let address = format!("127.0.0.1:{}", server.port);
    let end =
        crate::support::finish(panicking("check", &["check", &address, "--only", "crowd"], home.path()));
    assert!(end.code != Some(0) && end.stderr.contains("echoscope: A crash report is in "), "{end:?}");
    assert!(only_report(&home.path().join("echoscope")).contains("clients.rs:"));
}

#[test]
fn report_that_cannot_be_written_is_named_on_stderr_and_ends_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let server = serving("client", &file.join("settings.toml"), home.path());
    let (mut stays, mut unlucky) = (server.connect(), server.connect());
    echo(&mut unlucky, b"x");
    assert_eq!(unlucky.read(&mut [0]).unwrap(), 0);
    let said = server.err.wait_until(|line| line.starts_with("echoscope: Can't write a crash report to "));
    assert!(said.last().unwrap().contains(file.to_str().unwrap()), "{said:?}");
    echo(&mut stays, b"still served");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_leaves_no_incomplete_report() {
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join("settings.toml");
    // The limit is in blocks of 512 bytes. Without the trap, the signal XFSZ would end the program (setrlimit(2)).
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} --headless --host 127.0.0.1 --port 0 --settings '{}'",
        env!("CARGO_BIN_EXE_echoscope"),
        settings.display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env("ECHOSCOPE_PANIC", "client").env("HOME", home.path());
    let server = Server::from(command);
    let mut unlucky = server.connect();
    echo(&mut unlucky, b"x");
    let said = server.err.wait_until(|line| line.starts_with("echoscope: Can't write a crash report to "));
    assert!(said.last().unwrap().contains("File too large"), "{said:?}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing incomplete stays");
    echo(&mut server.connect(), b"still served");
}
