//! Clients flood the server, and its memory stays limited: what is queued or kept for clients has a limit in bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::{App, Command as AppCommand, Options};
use echoscope::server::ServerState;
use echoscope::settings::Settings;

use super::watch;
use crate::support::running::wait_for;
use crate::support::{Guarded, Identity, echoscope};

const MIB: usize = 1024;

/// Returns a `ClientHello` of 65 KB with 250 application protocols of 255 bytes, and no cipher suite that the server
/// has. None of the bytes is UTF-8, so that as text each takes three bytes.
fn large_hello() -> Vec<u8> {
    let length = |value: usize| u16::try_from(value).unwrap().to_be_bytes();
    let protocols = [&[255][..], &[0xff; 255]].concat().repeat(250);
    let alpn = [&length(protocols.len())[..], &protocols].concat();
    let extensions = [&[0, 16][..], &length(alpn.len()), &alpn, &[0, 13, 0, 4, 0, 2, 4, 3]].concat();
    let body =
        [&[3, 3][..], &[0; 33], &[0, 2, 0, 0x2f, 1, 0], &length(extensions.len()), &extensions].concat();
    let message = [&[1, 0][..], &length(body.len()), &body].concat();
    message.chunks(1 << 14).flat_map(|part| [&[22, 3, 1][..], &length(part.len()), part].concat()).collect()
}

/// Connects again and again until `over`: sends `data` and reads until the server closes or has echoed all of it.
fn flood(address: SocketAddr, data: &[u8], repeat: usize, over: &AtomicBool) -> usize {
    let mut connections = 0;
    let mut buffer = vec![0; 64 << 10];
    while !over.load(Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        for _ in 0..repeat {
            let mut left = data.len();
            if stream.write_all(data).is_err() {
                break;
            }
            while left > 0 {
                match stream.read(&mut buffer) {
                    Ok(count @ 1..) => left = left.saturating_sub(count),
                    _ => break,
                }
            }
        }
        connections += 1;
    }
    connections
}

/// How the reader of stdout reads.
#[derive(Debug, Clone, Copy)]
enum Reader {
    Stalled,
    Slow,
    Fast,
}

impl Reader {
    fn read(self, mut stdout: ChildStdout, over: &AtomicBool) {
        let mut buffer = vec![0; 64 << 10];
        while !over.load(Relaxed) {
            match self {
                Self::Stalled => thread::sleep(Duration::from_millis(20)),
                Self::Slow | Self::Fast => {
                    let _ = stdout.read(&mut buffer);
                }
            }
            if let Self::Slow = self {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Floods the program with `data` and returns how much its resident memory grew, in KiB.
fn growth(arguments: &[&str], reader: Reader, data: &[u8], repeat: usize) -> usize {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let all =
        [&["--headless", "--host", "127.0.0.1", "--backlog", "100", "--port"][..], &[&*port][..], arguments];
    let mut command: Command = echoscope(&all.concat());
    let mut child = Guarded(command.stdout(Stdio::piped()).spawn().unwrap());
    let stdout = child.0.stdout.take().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    wait_for("the server to listen", || TcpStream::connect(address).is_ok());
    let pid = child.0.id();
    let over = AtomicBool::new(false);
    let connections = AtomicUsize::new(0);
    let grown = thread::scope(|scope| {
        scope.spawn(|| reader.read(stdout, &over));
        let rest = watch::resident(pid);
        for _ in 0..3 {
            scope.spawn(|| connections.fetch_add(flood(address, data, repeat, &over), Relaxed));
        }
        let grown = most(pid, Duration::from_secs(2)).saturating_sub(rest);
        over.store(true, Relaxed);
        // A stalled reader leaves the pipe with the child's end.
        drop(child);
        grown
    });
    assert!(connections.load(Relaxed) > 10, "no flood: {connections:?} connections");
    grown
}

/// Returns the most resident memory within a time, in KiB.
fn most(pid: u32, time: Duration) -> usize {
    let end = Instant::now() + time;
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(watch::resident(pid));
        thread::sleep(Duration::from_millis(20));
    }
    most
}

#[test]
fn memory_is_limited_however_stdout_is_read() {
    let identity = Identity::new();
    let hello = large_hello();
    let lines = vec![b'\xff'; 8192];
    for reader in [Reader::Stalled, Reader::Slow, Reader::Fast] {
        for format in ["text", "json"] {
            let plain = ["--log-format", format];
            let tls = [&plain, &identity.arguments()[..]].concat();
            for (what, arguments, data, repeat) in
                [("failed handshakes", &tls[..], &hello, 1), ("data", &plain, &lines, 100)]
            {
                let grown = growth(arguments, reader, data, repeat);
                println!("{what}, {reader:?}, {format}: +{} MiB", grown / MIB);
                assert!(grown < 64 * MIB, "{what}, {reader:?}, {format}: {grown} KiB more than when idle");
            }
        }
    }
}

/// The limit of the log in the flooded app, in MiB. That of the captures is 64 MiB.
const LOG_MEBIBYTES: u32 = 8;

#[test]
fn memory_of_the_window_is_limited() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "faults::memory::flooded_app", "--nocapture"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{printed}");
    let grown: Vec<usize> =
        printed.lines().filter_map(|line| line.strip_prefix("grown by KiB: ")?.parse().ok()).collect();
    let limit = (64 + LOG_MEBIBYTES as usize + 64) * MIB;
    assert_eq!(grown.len(), 3, "{printed}");
    assert!(grown.iter().all(|grown| *grown < limit), "{grown:?} KiB, more than {limit} KiB");
}

#[test]
#[ignore = "the test above starts it in a process of its own"]
fn flooded_app() {
    let identity = Identity::new();
    for (what, tls, data, repeat) in [
        ("failed handshakes", true, large_hello(), 1),
        ("data", false, vec![b'x'; 100_000], 20),
        ("small messages", false, vec![b'x'; 16], 1000),
    ] {
        let settings = Settings {
            host: "127.0.0.1".to_owned(),
            port: 0,
            backlog: 100,
            tls,
            certificate: identity.certificate.clone().into(),
            key: identity.key.clone().into(),
            log_mebibytes: LOG_MEBIBYTES,
            ..Settings::default()
        };
        let mut app = App::new(settings, Options { capture: true, ..Options::default() });
        app.apply(AppCommand::Start);
        wait_for("listening", || {
            app.poll();
            matches!(app.state(), ServerState::Listening { .. })
        });
        let ServerState::Listening { addresses, .. } = app.state() else { panic!("it stopped") };
        let pid = std::process::id();
        let rest = watch::resident(pid);
        let over = AtomicBool::new(false);
        let mut most = 0;
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| flood(addresses[0], &data, repeat, &over));
            }
            let end = Instant::now() + Duration::from_secs(4);
            while Instant::now() < end {
                app.poll();
                most = most.max(watch::resident(pid));
                thread::sleep(Duration::from_millis(16));
            }
            over.store(true, Relaxed);
        });
        println!("{what}: {} clients, {} entries", app.counters().clients_total, app.log().len());
        println!("grown by KiB: {}", most.saturating_sub(rest));
    }
}
