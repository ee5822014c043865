//! The servers to measure, each in its own process on its own port.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::cli::LogFormat;
use echoscope::python::{Version, program};
use echoscope::server::ServerConfig;
use echoscope::settings::{Mode, SettingChoice, Settings};
use rustls::client::Resumption;
use tempfile::TempDir;

use crate::baseline::Baseline;
use crate::certificates::Key;
use crate::display::Display;
use crate::load::Target;
use crate::trusting::trusting;
use crate::{Lab, Outcome, machine};

/// How long a server may take to start: long enough for the window on a busy machine.
const START: Duration = Duration::from_secs(30);
/// How long a server may take to become idle after a load.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);
/// A client limit that no load reaches.
const MAX_CLIENTS: &str = "10000";

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `baseline.c`, over TLS with OpenSSL.
    C,
    /// The minimal loop in Rust, over TLS with rustls.
    Bare,
    /// `echoscope --headless`, with its log written to a file.
    Headless,
    /// The same with `--capture`, whose file is `/dev/null`: the cost of making packets, without that of a disk.
    Capturing,
    /// `echoscope --start`, with its window open.
    Window,
    /// The robust version of the tutorial's program from the Code tab, with its output written to a file.
    Tutorial,
    Socat,
}

/// The settings of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// The most bytes that one read returns.
    pub(crate) recv_size: usize,
    /// The type of the TLS key; `None` without TLS.
    pub(crate) key: Option<Key>,
    /// How Echoscope and the tutorial's program serve clients. The loops start a thread for each client.
    pub(crate) mode: Mode,
    /// Where `echoscope --headless` prints its log.
    pub(crate) output: Output,
}

/// Where `echoscope --headless` prints its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// To a file, as text.
    File,
    /// To a pipe that this process reads.
    Pipe(LogFormat),
    /// To a pipe whose reader has closed it: entries arrive, but are neither formatted nor printed.
    Closed,
}

impl Default for Setup {
    fn default() -> Self {
        Self { recv_size: 1024, key: None, mode: Mode::Threads, output: Output::File }
    }
}

/// A running server, which is killed on drop.
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    child: Child,
    /// The file with the server's output.
    log: File,
    folder: TempDir,
}

/// Returns the kinds of server that can be started here, and prints which programs the others lack; in CI that is an
/// error. [`Baseline::compile`] and [`Display::open`] have already printed why theirs are skipped.
pub(crate) fn available(baseline: Option<&Baseline>, display: Option<&Display>) -> Outcome<Vec<Kind>> {
    let mut kinds: Vec<_> = baseline.map(|_| Kind::C).into_iter().collect();
    kinds.extend([Kind::Bare, Kind::Headless]);
    kinds.extend(cfg!(unix).then_some(Kind::Capturing));
    kinds.extend(display.map(|_| Kind::Window));
    for (kind, name) in [(Kind::Tutorial, "python3"), (Kind::Socat, "socat")] {
        if machine::has_program(name)? {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Bare => "bare",
            Self::Headless => "echoscope --headless",
            Self::Capturing => "echoscope --headless --capture",
            Self::Window => "echoscope, window open",
            Self::Tutorial => "tutorial (Python)",
            Self::Socat => "socat",
        }
    }

    /// Returns whether this is measured only where its figure is of interest.
    pub(crate) fn is_other(self) -> bool {
        matches!(self, Self::Capturing | Self::Tutorial | Self::Socat)
    }
}

impl Peer {
    /// Starts a server and waits until it serves.
    pub(crate) fn start(lab: &Lab, kind: Kind, setup: Setup) -> Outcome<Self> {
        // Another program may take the port between its choice and its use.
        let mut tries = 3;
        loop {
            tries -= 1;
            match Self::start_once(lab, kind, setup) {
                Err(_) if tries > 0 => {}
                started => return started,
            }
        }
    }

    fn start_once(lab: &Lab, kind: Kind, setup: Setup) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("{} can't be started: {error}", kind.name());
        let folder = tempfile::tempdir().map_err(failed)?;
        let port = free_port().map_err(failed)?;
        let mut command = command(lab, kind, setup, port, folder.path()).map_err(failed)?;
        let path = folder.path().join("log");
        // Opened for appending, so that it can be truncated between two loads.
        let log = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        let output = match setup.output {
            Output::File => log.try_clone().map_err(failed)?.into(),
            Output::Pipe(_) | Output::Closed => Stdio::piped(),
        };
        let errors = File::create(folder.path().join("errors")).map_err(failed)?;
        let mut child = command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .envs(
                lab.display.iter().filter(|_| kind == Kind::Window).map(|it: &Display| ("DISPLAY", &it.name)),
            )
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(failed)?;
        if setup.output == Output::Closed {
            drop(child.stdout.take());
        }
        let tls = setup.key.map(|_| {
            let mut config = trusting(rustls::DEFAULT_VERSIONS, None);
            config.resumption = Resumption::disabled();
            Arc::new(config)
        });
        let target = Target { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), tls };
        let mut peer = Self { kind, target, child, log, folder };
        peer.wait_until_it_serves()?;
        Ok(peer)
    }

    fn wait_until_it_serves(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.target.address).is_err() {
            self.check()?;
            if Instant::now() > deadline {
                return Err(format!("{} does not serve after {START:?}", self.kind.name()));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Takes the pipe with the server's output, if that is a pipe. The server must not wait long for its reader.
    pub(crate) fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Returns the server's process ID.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Returns an error with the server's stderr if the server no longer runs.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        let Ok(Some(status)) = self.child.try_wait() else { return Ok(()) };
        let errors = fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        Err(format!("{} ended with {status}. {}", self.kind.name(), errors.trim()))
    }

    /// Waits until the server has finished the work of the last load, and empties its log.
    pub(crate) fn wait_until_idle(&self) -> Outcome<()> {
        let deadline = Instant::now() + IDLE_TIMEOUT;
        let mut quiet = 0;
        while quiet < 3 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
            quiet = if is_at_work(self.process()) { 0 } else { quiet + 1 };
        }
        self.log
            .set_len(0)
            .map_err(|error| format!("the log of {} can't be emptied: {error}", self.kind.name()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a port that is free now.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn command(lab: &Lab, kind: Kind, setup: Setup, port: u16, folder: &Path) -> std::io::Result<Command> {
    let files = setup.key.map(|key| lab.certificates.files(key));
    Ok(match kind {
        Kind::C => {
            let program = lab.baseline.as_ref().map(Baseline::program).ok_or(std::io::ErrorKind::NotFound)?;
            minimal(Command::new(program), setup, port, files)
        }
        Kind::Bare => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--bare");
            minimal(command, setup, port, files)
        }
        Kind::Headless => echoscope("--headless", setup, port, files, folder),
        Kind::Capturing => {
            let mut command = echoscope("--headless", setup, port, files, folder);
            command.args(["--capture", "/dev/null"]);
            command
        }
        Kind::Window => echoscope("--start", setup, port, files, folder),
        Kind::Tutorial => tutorial(setup, port, files, folder)?,
        Kind::Socat => socat(setup, port, files),
    })
}

type Files = Option<(PathBuf, PathBuf)>;

fn minimal(mut command: Command, setup: Setup, port: u16, files: Files) -> Command {
    command.arg(port.to_string()).arg(setup.recv_size.to_string());
    if let Some((certificate, key)) = files {
        command.arg(certificate).arg(key);
    }
    command
}

fn echoscope(how: &str, setup: Setup, port: u16, files: Files, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echoscope"));
    command.arg(how).arg("--settings").arg(folder.join("settings.toml"));
    command.args(["--port", &port.to_string(), "--recv-size", &setup.recv_size.to_string()]);
    command.args(["--mode", setup.mode.keyword(), "--max-clients", MAX_CLIENTS]);
    if setup.output == Output::Pipe(LogFormat::Json) {
        command.args(["--log-format", "json"]);
    }
    if let Some((certificate, key)) = files {
        command.arg("--tls").arg("--cert").arg(certificate).arg("--key").arg(key);
    }
    command
}

fn tutorial(setup: Setup, port: u16, files: Files, folder: &Path) -> std::io::Result<Command> {
    let mut settings = Settings { tls: files.is_some(), mode: setup.mode, ..Settings::default() };
    (settings.certificate, settings.key) = files.unwrap_or_default();
    let config = ServerConfig { port, recv_size: setup.recv_size, ..ServerConfig::from(&settings) };
    let path = folder.join("ServerPython.py");
    fs::write(&path, program(&config, Version::Robust).text())?;
    let mut command = Command::new("python3");
    command.arg(path);
    Ok(command)
}

/// Returns a socat command that echoes through a pipe, or through `cat` if one `recv` could fill the pipe.
fn socat(setup: Setup, port: u16, files: Files) -> Command {
    let common = "bind=127.0.0.1,reuseaddr,nodelay,fork";
    let listen = match files {
        None => format!("TCP-LISTEN:{port},{common}"),
        Some((certificate, key)) => format!(
            "OPENSSL-LISTEN:{port},{common},verify=0,cert={},key={}",
            certificate.display(),
            key.display()
        ),
    };
    let mut command = Command::new("socat");
    let size = setup.recv_size.to_string();
    command.args(["-b", &size, &listen, if setup.recv_size > 4096 { "EXEC:cat" } else { "PIPE" }]);
    command
}

/// Returns whether a thread of a process runs, or waits for a processor or a disk.
fn is_at_work(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return false };
    threads.flatten().any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The state follows the thread's name in parentheses, which may contain anything (proc(5)). R: runs or
        // can run; D: waits for a disk.
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['R', 'D']))
    })
}
