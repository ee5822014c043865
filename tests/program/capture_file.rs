//! `--headless --capture`: tshark finds in the file what was echoed, and the disk never stops the echo.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, StreamOwned};

use crate::faults::{echo, reset};
use crate::support::trusting::trusting;
use crate::support::tshark::{Tshark, lines};
use crate::support::{
    Guarded, Identity, Lines, PATIENCE, Server, can_reset, echoscope, finish, program, wait,
};

/// A server that writes a capture, and the folder with it.
struct Captured {
    server: Server,
    folder: tempfile::TempDir,
}

impl Captured {
    /// Starts a server with `--capture` and these other arguments.
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        let all = [&["--capture", path.to_str().unwrap(), "--recv-size", "65536"], arguments].concat();
        Self { server: Server::start(&all), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.pcapng")
    }

    /// Stops the server, and returns its last line on stderr.
    fn stop(&mut self) -> String {
        self.server.signal("TERM");
        assert_eq!(self.server.end(PATIENCE).and_then(|status| status.code()), Some(0));
        self.server.err.rest().pop().unwrap_or_default()
    }
}

/// Sends data while another thread receives, then ends the client's side, and returns the echo.
fn send_and_end(stream: &TcpStream, data: &[u8]) -> Vec<u8> {
    thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            let mut received = Vec::new();
            (&*stream).read_to_end(&mut received).unwrap();
            received
        });
        (&*stream).write_all(data).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        receiver.join().unwrap()
    })
}

#[test]
fn tshark_reads_what_was_echoed() {
    let Some(tshark) = Tshark::plain() else { return };
    let mut captured = Captured::start(&["--mode", "threads"]);
    let large: Vec<u8> = (0..10_u32 << 18).flat_map(u32::to_le_bytes).collect();
    assert_eq!(send_and_end(&captured.server.connect(), &large), large);
    let mut client = captured.server.connect();
    echo(&mut client, b"before the reset");
    if can_reset() {
        reset(client);
    }
    let mut clients: Vec<_> = (0..100).map(|_| captured.server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        echo(client, format!("client {number}\n").as_bytes());
    }
    drop(clients);
    captured.server.out.wait_until(|line| line.contains("client 99"));
    let summary = captured.stop();
    assert!(summary.ends_with("packets of 102 connections."), "{summary}");
    let path = captured.path();
    assert_eq!(tshark.problems(&path), ["Connection reset (RST)"]);
    assert!(tshark.follow(&path, 0) == [large.clone(), large], "10 MiB differ");
    assert_eq!(tshark.follow(&path, 1), [b"before the reset"; 2]);
    for number in 0..100 {
        let line = format!("client {number}\n").into_bytes();
        assert!(tshark.follow(&path, number + 2) == [line.clone(), line], "client {number}");
        // 100 runs of tshark would take too long.
        if number == 3 {
            break;
        }
    }
    let data = tshark.fields(&path, "tcp.len > 0 and tcp.stream > 1", &["tcp.stream", "tcp.payload"]);
    assert_eq!(data.len(), 200);
    let fin = tshark.fields(&path, "tcp.stream == 0 and tcp.flags.fin == 1", &["tcp.srcport", "tcp.seq"]);
    assert_eq!(fin[0][1], (1 + (10 << 20)).to_string(), "the client's FIN comes after 10 MiB: {fin:?}");
    assert_eq!(fin[1], [captured.server.port.to_string(), (1 + (10 << 20)).to_string()]);
}

#[test]
fn tshark_decrypts_with_the_keys_in_the_file() {
    let Some(tshark) = Tshark::tls() else { return };
    for version in [&TLS12, &TLS13] {
        for with_keys in [true, false] {
            let identity = Identity::new();
            let mut arguments = identity.arguments().to_vec();
            arguments.extend(with_keys.then_some("--capture-keys"));
            let mut captured = Captured::start(&arguments);
            let config = Arc::new(trusting(&[version], None));
            let data = lines(200_000);
            for _ in 0..2 {
                let name = ServerName::try_from("localhost").unwrap();
                let client = ClientConnection::new(Arc::clone(&config), name).unwrap();
                let mut stream = StreamOwned::new(client, captured.server.connect());
                for part in data.chunks(16_384) {
                    echo(&mut stream, part);
                }
                stream.conn.send_close_notify();
                stream.flush().unwrap();
                assert_eq!(stream.read(&mut [0]).unwrap(), 0);
            }
            captured.server.out.wait_until(|line| line.contains("closed by the client"));
            captured.server.out.wait_until(|line| line.contains("closed by the client"));
            captured.stop();
            let path = captured.path();
            assert_eq!(tshark.problems(&path), [""; 0], "{version:?}");
            // The second connection resumes the session of the first one.
            for stream in [0, 1] {
                let expected = if with_keys { &data[..] } else { &[] };
                let followed = tshark.follow(&path, stream);
                assert!(followed[0] == expected && followed[1] == expected, "{version:?}, {stream}");
            }
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode == 0o600, with_keys, "{mode:o}");
            let bytes = fs::read(&path).unwrap();
            let has_secrets = [&b"CLIENT_RANDOM "[..], b"CLIENT_TRAFFIC_SECRET_0 "]
                .iter()
                .any(|label| bytes.windows(label.len()).any(|window| window == *label));
            assert_eq!(has_secrets, with_keys);
        }
    }
}

/// The reader of a pipe is a disk that takes no more.
#[test]
fn slow_disk_leaves_gaps_and_never_stops_the_echo() {
    /// More than the queue and the pipe hold.
    const SENT: u64 = 48 << 20;
    let Some(tshark) = Tshark::plain() else { return };
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut server = Server::start(&["--capture", pipe.to_str().unwrap(), "--recv-size", "65536"]);
    let client = server.connect();
    let data = lines(SENT as usize);
    assert!(send_and_end(&client, &data) == data, "the echo differs");
    server.out.wait_until(|line| line.contains("closed by the client"));
    let file = folder.path().join("a.pcapng");
    let reader = thread::spawn({
        let file = file.clone();
        move || io::copy(&mut File::open(pipe)?, &mut File::create(file)?)
    });
    // Data is captured again once there is room.
    let mut late = server.connect();
    crate::support::running::wait_for("room in the queue", || {
        thread::sleep(Duration::from_millis(20));
        echo(&mut late, b"late\n");
        fs::metadata(&file).is_ok_and(|metadata| metadata.len() > 60 << 20)
    });
    drop(late);
    server.signal("TERM");
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    reader.join().unwrap().unwrap();
    let summary = server.err.rest().pop().unwrap();
    let comments = tshark.fields(&file, "frame.comment", &["tcp.stream", "frame.comment"]);
    let skipped: u64 = comments
        .iter()
        .map(|fields| {
            assert!(fields[1].ends_with("before this packet not recorded."), "{fields:?}");
            number(&fields[1])
        })
        .sum();
    assert!(skipped > 10 << 20, "{comments:?}");
    let counted = echoscope::text::with_thousands(skipped);
    assert!(
        summary.contains("disk was too slow") && summary.ends_with(&format!(" {counted} bytes.")),
        "{summary}"
    );
    // The file and the counts of the comments add up to all that was sent.
    let captured = tshark.fields(&file, "tcp.stream == 0 and tcp.len > 0", &["tcp.len"]);
    let captured: u64 = captured.iter().map(|fields| fields[0].parse::<u64>().unwrap()).sum();
    let missing: u64 =
        comments.iter().filter(|fields| fields[0] == "0").map(|fields| number(&fields[1])).sum();
    assert_eq!(captured + missing, 2 * SENT);
    let problems = tshark.problems(&file);
    let marks_a_gap = |problem: &String| {
        problem.starts_with("Previous segment") || problem.starts_with("ACKed segment that wasn't captured")
    };
    assert!(problems.iter().all(marks_a_gap), "{problems:?}");
}

fn number(comment: &str) -> u64 {
    comment.split(' ').next().unwrap().replace(',', "").parse().unwrap()
}

#[test]
fn full_disk_is_reported_once_and_the_server_continues() {
    let mut server = Server::start(&["--capture", "/dev/full"]);
    let mut client = server.connect();
    for _ in 0..3 {
        echo(&mut client, b"Hello\n");
        thread::sleep(Duration::from_millis(20));
    }
    server.signal("TERM");
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    let lines = server.err.rest();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("echoscope: Can't write the capture to /dev/full: "), "{lines:?}");
    assert!(lines[0].ends_with("Nothing more is captured; the server continues."), "{lines:?}");
}

#[test]
fn only_a_capture_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |path: &Path| finish(echoscope(&["--headless", "--port", "0", "--capture", path.to_str().unwrap()]));
    let key = folder.path().join("server.key");
    fs::write(&key, "-----BEGIN PRIVATE KEY-----").unwrap();
    let end = run(&key);
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stderr.contains("it isn't a pcapng capture. Choose another file, or delete it."), "{end:?}");
    assert_eq!(fs::read_to_string(&key).unwrap(), "-----BEGIN PRIVATE KEY-----");
    let end = run(&folder.path().join("missing").join("a.pcapng"));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert_eq!(end.stderr.lines().count(), 1, "{end:?}");
    let end = run(folder.path());
    assert_eq!(end.code, Some(1), "{end:?}");
    let end = finish(echoscope(&["--capture", "a.pcapng"]));
    assert_eq!(end.code, Some(2), "{end:?}");
    assert!(end.stderr.contains("--headless"), "{end:?}");
}

/// Wireshark that reads a pipe can be closed while the server runs.
#[test]
fn data_after_the_end_of_a_pipes_reader_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let identity = Identity::new();
    let mut arguments = vec!["--capture", pipe.to_str().unwrap(), "--capture-keys"];
    arguments.extend(identity.arguments());
    let mut server = Server::start(&arguments);
    let mut reader = File::open(&pipe).unwrap();
    let config = Arc::new(trusting(&[&TLS13], None));
    let connect = |socket| {
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::clone(&config), name).unwrap();
        StreamOwned::new(client, socket)
    };
    let mut client = connect(server.connect());
    echo(&mut client, b"Hello\n");
    reader.read_exact(&mut [0; 1000]).unwrap();
    drop(reader);
    echo(&mut client, b"Hello\n");
    let message = server.err.wait_until(|line| line.contains("capture")).pop().unwrap();
    assert!(message.ends_with("The program that read it has ended; the server continues."), "{message}");
    let mut late = connect(server.connect());
    echo(&mut late, b"Hello\n");
    server.signal("TERM");
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    let summary = server.err.rest().pop().unwrap();
    assert!(summary.contains(" Left out because writing failed: 1 connection, "), "{summary}");
    // A connection of TLS 1.3 has two secrets for its handshake, two for its data, and one for exporters. Those of the
    // first one may have come too late, too.
    let keys = summary.strip_suffix(" TLS keys.").and_then(|text| text.rsplit(' ').next()).unwrap();
    assert!((5..=10).contains(&keys.parse().unwrap()), "{summary}");
    assert!(!summary.contains("too slow"), "{summary}");
}

#[test]
fn failed_start_keeps_an_earlier_capture() {
    let mut captured = Captured::start(&[]);
    echo(&mut captured.server.connect(), b"Hello\n");
    captured.stop();
    let path = captured.path();
    let earlier = fs::read(&path).unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let end = finish(echoscope(&[
        "--headless",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--capture",
        path.to_str().unwrap(),
    ]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert_eq!(end.stderr.lines().count(), 1, "only the reason of the failure: {end:?}");
    assert!(fs::read(&path).unwrap() == earlier);
}

/// A file that isn't finished is whole up to its last packets.
#[test]
fn killed_server_leaves_a_readable_file() {
    let Some(tshark) = Tshark::plain() else { return };
    let mut captured = Captured::start(&[]);
    let mut client = captured.server.connect();
    echo(&mut client, b"Hello\n");
    let path = captured.path();
    crate::support::running::wait_for("the data", || {
        fs::read(&path).unwrap().windows(6).filter(|window| window == b"Hello\n").count() == 2
    });
    captured.server.signal("KILL");
    captured.server.end(PATIENCE);
    assert_eq!(tshark.problems(&path), [""; 0]);
    assert_eq!(tshark.follow(&path, 0), [b"Hello\n"; 2]);
    // The next run overwrites it.
    let mut again = Captured { server: Server::start(&["--capture", path.to_str().unwrap()]), ..captured };
    again.stop();
    assert!(tshark.fields(&path, "tcp", &["tcp.len"]).is_empty());
}

#[test]
fn server_stops_cleanly_if_stderr_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let mut command = echoscope(&["--headless", "--port", "0", "--capture", path.to_str().unwrap()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Guarded(command.spawn().unwrap());
    drop(child.0.stderr.take());
    Lines::of(child.0.stdout.take().unwrap()).wait_until(|line| line.starts_with("Listening"));
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(wait(&mut child.0, PATIENCE).and_then(|status| status.code()), Some(0));
}

/// The disk is a small file system that another file fills, until the test deletes that one.
#[test]
fn packets_are_written_again_once_the_disk_has_space() {
    let (Some(tshark), Some(unshare)) = (Tshark::plain(), program("unshare")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let inner = echoscope(&["--headless", "--port", "0", "--capture", path.to_str().unwrap()]);
    let line = format!(
        "mount -t tmpfs -o size=1m full '{0}' && head -c 900000 /dev/zero >'{0}/filler' && \
         exec \"$0\" \"$@\"",
        folder.path().display()
    );
    let mut command = Command::new(unshare);
    command.args(["-m", "sh", "-c", &line]).arg(inner.get_program()).args(inner.get_args());
    command.env("XDG_CONFIG_HOME", folder.path());
    if finish({
        let mut attempt = Command::new("unshare");
        attempt.args(["-m", "sh", "-c", "mount -t tmpfs full /mnt"]);
        attempt
    })
    .code
        != Some(0)
    {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let mut server = Server::from(command);
    let inside = |name: &str| {
        let path = folder.path().join(name);
        PathBuf::from(format!("/proc/{}/root{}", server.pid(), path.display()))
    };
    let mut client = server.connect();
    for _ in 0..2 {
        echo(&mut client, &lines(200_000));
        thread::sleep(Duration::from_millis(50));
    }
    let (filler, capture) = (inside("filler"), inside("a.pcapng"));
    fs::remove_file(filler).unwrap();
    let copy = tempfile::tempdir().unwrap();
    let copy = copy.path().join("copy.pcapng");
    crate::support::running::wait_for("packets after the gap", || {
        echo(&mut client, b"again\n");
        thread::sleep(Duration::from_millis(20));
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&capture, &copy).unwrap();
        tshark.follow(&copy, 0)[1].ends_with(b"again\n")
    });
    // Each gap has a comment: a few packets may fit between two transfers.
    let comments = tshark.fields(&copy, "frame.comment", &["frame.comment"]);
    assert!(!comments.is_empty());
    let has_number = |row: &Vec<String>| row[0].ends_with("packets left out before this packet.");
    assert!(comments.iter().all(has_number), "{comments:?}");
    let lost: u64 = comments.iter().map(|row| number(&row[0])).sum();
    drop(client);
    server.signal("TERM");
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    let messages = server.err.rest();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0].ends_with("left out until there is space again; the server continues."),
        "{messages:?}"
    );
    let left_out = format!(" {lost} packets.");
    assert!(messages[1].contains(" Left out because writing failed: "), "{messages:?}");
    assert!(messages[1].replace(',', "").ends_with(&left_out), "{messages:?}");
}

/// The first write to an earlier capture fails, because no file may grow, until the test raises that limit.
#[test]
#[cfg(target_os = "linux")]
fn capture_whose_first_write_failed_is_readable() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let Some(tshark) = Tshark::plain() else { return };
    let mut earlier = Captured::start(&[]);
    echo(&mut earlier.server.connect(), b"Hello\n");
    earlier.stop();
    let path = earlier.path();
    let inner = echoscope(&["--headless", "--port", "0", "--capture", path.to_str().unwrap()]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 0; exec \"$0\" \"$@\""]);
    command.arg(inner.get_program()).args(inner.get_args());
    let mut server = Server::from(command);
    let mut client = server.connect();
    echo(&mut client, b"lost\n");
    server.err.wait_until(|line| line.contains("left out until there is space again"));
    let pid = Pid::from_raw(server.pid().cast_signed());
    prlimit(pid, Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    echo(&mut client, b"again\n");
    drop(client);
    server.signal("TERM");
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    assert!(tshark.follow(&path, 0)[1].ends_with(b"again\n"));
}

#[test]
fn file_of_a_running_capture_is_not_overwritten() {
    let mut captured = Captured::start(&[]);
    let mut client = captured.server.connect();
    echo(&mut client, b"Hello\n");
    let path = captured.path();
    let end = finish(echoscope(&["--headless", "--port", "0", "--capture", path.to_str().unwrap()]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stderr.contains("another program is writing to it"), "{end:?}");
    drop(client);
    captured.stop();
    assert!(fs::read(path).unwrap().windows(6).any(|window| window == b"Hello\n"));
}
