//! stdout without a window: if its reader closes it (`| head -1`), the server stops; if its reader stalls, no client
//! waits, and skipped lines are counted exactly.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{ChildStdout, Stdio};
use std::time::Duration;

use super::echo;
use super::vanish::left_out_count;
use super::watch;
use crate::support::{Guarded, Lines, PATIENCE, echoscope, finish, wait};

/// Starts the program. Returns it, its stdout after the first line, its stderr, and its port.
fn start(arguments: &[&str]) -> (Guarded, BufReader<ChildStdout>, Lines, u16) {
    let all = [&["--headless", "--host", "127.0.0.1", "--port", "0"], arguments].concat();
    let mut command = echoscope(&all);
    let mut child = Guarded(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let complaints = Lines::of(child.0.stderr.take().unwrap());
    let mut reader = BufReader::with_capacity(64, child.0.stdout.take().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let port = first.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
    (child, reader, complaints, port)
}

fn connect(port: u16) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

#[test]
fn closed_stdout_stops_the_server_silently() {
    // No client connects, so no write to stdout can fail.
    let mut command = std::process::Command::new("sh");
    let line = r#"{ "$0" "$@"; echo "exit code $?" >&2; } | head -1"#;
    let program = echoscope(&["--headless", "--host", "127.0.0.1", "--port", "0"]);
    command.args(["-c", line]).arg(program.get_program()).args(program.get_args()).stdin(Stdio::null());
    let end = finish(command);
    assert!(end.stdout.starts_with("Starting server on port "), "{end:?}");
    assert_eq!((end.stdout.lines().count(), end.stderr.as_str()), (1, "exit code 0\n"), "{end:?}");
}

#[test]
fn closed_stdout_stops_the_server_while_it_serves() {
    let (mut child, reader, complaints, port) = start(&[]);
    let mut client = connect(port);
    echo(&mut client, b"x");
    drop(reader);
    let status = wait(&mut child.0, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0), "{status}");
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(complaints.rest(), Vec::<String>::new());
}

/// The window's log may be short; that setting doesn't limit the printed log.
#[test]
fn stalled_stdout_delays_no_client_and_skipped_lines_are_counted() {
    const ECHOES: usize = 30_000;
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "log_entries = 100\nlog_mebibytes = 1\n").unwrap();
    let (mut child, reader, complaints, port) = start(&["--settings", settings.to_str().unwrap()]);
    let mut client = connect(port);
    // Each message is echoed before the next is sent, so each is received by one `recv` call.
    for number in 0..ECHOES {
        echo(&mut client, format!("{number:08}").as_bytes());
    }
    watch::assert_idle(child.0.id());
    // The reader continues.
    let lines = Lines::of(reader);
    let (mut printed, mut left_out) = (0, 0);
    while printed + left_out < ECHOES {
        let line = lines.next();
        left_out += left_out_count(&line).unwrap_or(0);
        if line.starts_with("Received: b'") {
            let number: usize = line[12..20].parse().unwrap();
            assert!(number >= printed, "out of order: {line}");
            printed += 1;
        }
    }
    println!("{printed} lines were printed, {left_out} were left out");
    assert_eq!(printed + left_out, ECHOES);
    assert!(left_out > 0, "everything found room: nothing was stalled");
    echo(&mut client, b"and goes on");
    let rest = lines.wait_until(|line| line.starts_with("Received: "));
    assert!(!rest.iter().any(|line| line.contains("left out")), "{rest:?}");
    drop(client);
    let line = format!("kill -TERM {}", child.0.id());
    assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success());
    assert_eq!(wait(&mut child.0, Duration::from_secs(5)).and_then(|status| status.code()), Some(0));
    assert_eq!(lines.rest().last().map(String::as_str), Some("Server stopped"));
    assert_eq!(complaints.rest(), Vec::<String>::new());
}
