//! stdout without a window never stops the echo: its reader stalls or leaves, it doesn't block, it is full or closed.
//! Skipped lines are counted exactly.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use super::echo;
use super::tls::{over, trusting};
use super::vanish::skipped_count;
use super::watch;
use crate::support::running::wait_for;
use crate::support::{Guarded, Identity, Lines, PATIENCE, echoscope, wait};

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

fn terminate(child: &Guarded) {
    rustix::process::kill_process(rustix::process::Pid::from_child(&child.0), rustix::process::Signal::TERM)
        .unwrap();
}

/// Sends data to a server whose stdout fails, and stops it. Returns what it wrote to stderr.
fn echoes_without_stdout(mut command: Command, port: impl FnOnce() -> u16) -> Vec<String> {
    let mut child = Guarded(command.stderr(Stdio::piped()).spawn().unwrap());
    let complaints = Lines::of(child.0.stderr.take().unwrap());
    let port = port();
    for _ in 0..2 {
        let mut client = wait_for_connection(port);
        for _ in 0..100 {
            echo(&mut client, &[b'x'; 1000]);
        }
    }
    terminate(&child);
    assert_eq!(wait(&mut child.0, PATIENCE).and_then(|status| status.code()), Some(0));
    complaints.rest()
}

fn wait_for_connection(port: u16) -> TcpStream {
    let mut client = None;
    wait_for("the server to listen", || {
        client = TcpStream::connect(("127.0.0.1", port)).ok();
        client.is_some()
    });
    let client = client.unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn command(port: u16) -> Command {
    echoscope(&["--headless", "--host", "127.0.0.1", "--port", &port.to_string()])
}

#[test]
fn server_continues_after_the_reader_of_stdout_has_left() {
    let port = free_port();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = command(port);
    command.stdout(writer);
    let leave = move || {
        drop(wait_for_connection(port));
        drop(reader);
        port
    };
    let complaints = echoes_without_stdout(command, leave);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("Can't print the log"), "{complaints:?}");
}

#[test]
fn server_continues_on_a_full_device() {
    let port = free_port();
    let mut command = command(port);
    command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let complaints = echoes_without_stdout(command, || port);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("No space left"), "{complaints:?}");
}

#[test]
fn server_continues_with_a_closed_stdout() {
    let port = free_port();
    let program = command(port);
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$0" "$@" >&-"#]).arg(program.get_program()).args(program.get_args());
    assert_eq!(echoes_without_stdout(command, || port), Vec::<String>::new());
}

/// Another program has made stdout non-blocking, and its reader pauses.
#[test]
fn slow_reader_of_a_nonblocking_stdout_gets_whole_lines_and_an_exact_count() {
    const ECHOES: usize = 10_000;
    let port = free_port();
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let mut command = command(port);
    let mut child = Guarded(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap());
    drop(command);
    let complaints = Lines::of(child.0.stderr.take().unwrap());
    let mut client = wait_for_connection(port);
    for _ in 0..ECHOES {
        echo(&mut client, &[b'x'; 1000]);
    }
    let lines = Lines::of(reader);
    let (mut printed, mut left_out) = (0, 0);
    while printed + left_out < ECHOES {
        let line = lines.next();
        left_out += skipped_count(&line).unwrap_or(0);
        if line.starts_with("Received: ") {
            assert_eq!(line.len(), "Received: b''".len() + 1000, "a torn line: {line}");
            printed += 1;
        }
    }
    assert_eq!(printed + left_out, ECHOES);
    assert!(left_out > 0, "nothing was stalled");
    terminate(&child);
    assert_eq!(wait(&mut child.0, PATIENCE).and_then(|status| status.code()), Some(0));
    assert_eq!(lines.rest().last().map(String::as_str), Some("Server stopped"));
    assert_eq!(complaints.rest(), Vec::<String>::new());
}

/// The window's log may be short; that setting doesn't limit the printed log.
#[test]
fn stalled_stdout_delays_no_client_and_skipped_lines_are_counted() {
    const ECHOES: usize = 70_000;
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
        left_out += skipped_count(&line).unwrap_or(0);
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
    terminate(&child);
    assert_eq!(wait(&mut child.0, Duration::from_secs(5)).and_then(|status| status.code()), Some(0));
    assert_eq!(lines.rest().last().map(String::as_str), Some("Server stopped"));
    assert_eq!(complaints.rest(), Vec::<String>::new());
}

/// The main thread is blocked by stdout, and a stop still ends TLS connections in order.
#[test]
fn stop_with_a_stalled_stdout_sends_close_notify() {
    let identity = Identity::new();
    let (mut child, reader, _complaints, port) = start(&identity.arguments());
    let config = trusting(std::path::Path::new(&identity.certificate));
    let mut client = over(connect(port), &config);
    for _ in 0..300 {
        echo(&mut client, &[b'x'; 1000]);
    }
    terminate(&child);
    assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0);
    assert_eq!(wait(&mut child.0, PATIENCE).and_then(|status| status.code()), Some(0));
    drop(reader);
}
