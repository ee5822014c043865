//! Helpers for all tests: the built program, other programs, and certificates.
#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

pub(crate) mod running;
pub(crate) mod trusting;
pub(crate) mod tshark;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::tls::TlsError;
use echoscope::tls::options::TlsFiles;
use echoscope::tls::server_config::TlsServer;
use rustls::ServerConfig;

/// How long a test waits for something that should happen at once: long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Returns the path of the built program, or that in `ECHOSCOPE_PROGRAM`: tests/arm64.sh names a script there that runs
/// the program under an emulator.
pub(crate) fn program_path() -> PathBuf {
    std::env::var_os("ECHOSCOPE_PROGRAM")
        .map_or_else(|| env!("CARGO_BIN_EXE_echoscope").into(), PathBuf::from)
}

/// Returns a command for the built program, without a display, input or saved settings.
pub(crate) fn echoscope(arguments: &[&str]) -> Command {
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-settings");
    let mut command = Command::new(program_path());
    command
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("HOME", &nowhere)
        .env("XDG_CONFIG_HOME", &nowhere)
        .stdin(Stdio::null());
    // On Windows no environment variable moves the settings folder.
    if cfg!(windows) && arguments.contains(&"--headless") && !arguments.contains(&"--settings") {
        command.arg("--settings").arg(nowhere.join("settings.toml"));
    }
    command
}

/// The exit code and the output of a program that has exited.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command until it exits. Panics if that takes longer than [`PATIENCE`].
pub(crate) fn finish(mut command: Command) -> Finished {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let stdout = collect(child.stdout.take().expect("stdout is piped"));
    let stderr = collect(child.stderr.take().expect("stderr is piped"));
    let status = wait(&mut child, PATIENCE).unwrap_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{command:?} did not end within {PATIENCE:?}");
    });
    let text = |handle: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&handle.join().expect("reading a pipe does not panic")).into_owned()
    };
    Finished { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

/// Waits for a child to exit; returns `None` after `patience`.
pub(crate) fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours to wait for") {
            return Some(status);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A child process that is killed on drop.
pub(crate) struct Guarded(pub(crate) Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of a pipe, read by a thread.
pub(crate) struct Lines {
    lines: Receiver<String>,
    discard: Arc<AtomicBool>,
}

impl Lines {
    pub(crate) fn of(pipe: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        let discard = Arc::new(AtomicBool::new(false));
        let discarding = Arc::clone(&discard);
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                if !discarding.load(Ordering::Relaxed) {
                    let text = String::from_utf8_lossy(&line);
                    let _ = sender.send(text.trim_end_matches(['\r', '\n']).to_owned());
                }
                line.clear();
            }
        });
        Self { lines, discard }
    }

    /// Returns the next line. Panics if none comes in time.
    pub(crate) fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the program prints another line in time")
    }

    /// Returns the next line, or `None` at the end of the pipe. Panics if neither comes in time.
    pub(crate) fn next_or_end(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("the program neither prints a line nor ends in time")
            }
        }
    }

    /// Returns all lines up to the first one that `wanted` accepts. Panics if none comes in time.
    pub(crate) fn wait_until(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("the expected line did not come; these did: {lines:#?}");
            };
            let found = wanted(&line);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    /// Returns all lines until the program ends.
    pub(crate) fn rest(&self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            rest.push(line);
        }
        rest
    }

    /// Continues to read, so that the program never blocks, but drops the lines.
    pub(crate) fn discard(&self) {
        self.discard.store(true, Ordering::Relaxed);
    }
}

/// The program, serving without a window on a port that the OS chose.
pub(crate) struct Server {
    child: Guarded,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
    pub(crate) port: u16,
}

impl Server {
    /// Starts `echoscope --headless --port 0 …` and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut all = vec!["--headless", "--port", "0"];
        all.extend_from_slice(arguments);
        Self::from(echoscope(&all))
    }

    /// Starts a command that serves and prints the tutorial's lines.
    pub(crate) fn from(mut command: Command) -> Self {
        let mut child = Guarded(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program can be started"),
        );
        let out = Lines::of(child.0.stdout.take().expect("stdout is piped"));
        let err = Lines::of(child.0.stderr.take().expect("stderr is piped"));
        let Ok(first) = out.lines.recv_timeout(PATIENCE) else {
            let _ = child.0.kill();
            panic!("{command:?} printed nothing; on stderr: {:#?}", err.rest());
        };
        let port = first.strip_prefix("Starting server on port ").and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the first line is not the tutorial's: {first:?}"));
        Self { child, out, err, port }
    }

    /// Connects over IPv4, with timeouts so that a test fails instead of hanging.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens on 127.0.0.1");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream
    }

    /// Returns the program's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Sends a signal by name (`TERM`, `INT`).
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        // `kill` is built into every shell, but not every machine has it as a program.
        let line = format!("kill -{name} {}", self.child.0.id());
        let status = Command::new("sh").args(["-c", &line]).status().expect("there is a shell");
        assert!(status.success(), "{line} failed");
    }

    /// Waits for the program to exit; returns `None` after `patience`.
    pub(crate) fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        wait(&mut self.child.0, patience)
    }
}

/// Returns whether this is Wine, which closes a socket with FIN even where Windows would send RST.
pub(crate) fn is_wine() -> bool {
    Path::new(r"C:\windows\system32\winecfg.exe").exists()
}

/// Returns whether a connection can be reset here. Prints that the test is skipped if it can't.
pub(crate) fn can_reset() -> bool {
    if is_wine() {
        let _ = writeln!(std::io::stderr(), "skipped: Wine sends FIN instead of RST");
    }
    !is_wine()
}

/// Returns whether a missing program is a failure, as it is in CI on Linux, where `.ci/run` installs all of them.
pub(crate) fn all_are_needed() -> bool {
    std::env::var_os("CI").is_some() && cfg!(target_os = "linux")
}

/// Finds a program, or prints that the test is skipped. Finds programs on Linux only, because other systems have
/// different ones of the same name (LibreSSL as `openssl`, a `curl` with the OS's own TLS, a `bash` that starts WSL).
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        let _ = writeln!(std::io::stderr(), "skipped: {name} is used on Linux only");
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        assert!(!all_are_needed(), "{name} is missing, and in CI it must not be");
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not installed");
    }
    found
}

/// A certificate, its key, and the folder with both files.
pub(crate) struct Identity {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    fn in_folder(folder: tempfile::TempDir) -> Self {
        let path = |name: &str| folder.path().join(name).to_str().expect("the path is UTF-8").to_owned();
        let (certificate, key) = (path("server.crt"), path("server.key"));
        Self { folder, certificate, key }
    }

    /// Creates an identity with the tutorial's three commands. With OpenSSL 3.0 it has an X.509 v1 certificate.
    pub(crate) fn by_the_tutorial(openssl: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let lines = [
            "genrsa -out server.key 2048",
            "req -new -key server.key -out server.csr -subj /CN=localhost",
            "x509 -req -days 365 -in server.csr -signkey server.key -out server.crt",
        ];
        for line in lines {
            let mut command = Command::new(openssl);
            command.args(line.split(' ')).current_dir(folder.path()).stdin(Stdio::null());
            let end = finish(command);
            assert_eq!(end.code, Some(0), "openssl {line}: {}", end.stderr);
        }
        Self::in_folder(folder)
    }

    /// Creates an identity with an X.509 v3 certificate and an ECDSA key, without another program.
    pub(crate) fn new() -> Self {
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate can be made");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let identity = Self::in_folder(folder);
        fs::write(&identity.certificate, made.cert.pem()).expect("the certificate can be written");
        fs::write(&identity.key, made.signing_key.serialize_pem()).expect("the key can be written");
        identity
    }

    /// Returns the arguments that make the program serve TLS with this identity.
    pub(crate) fn arguments(&self) -> [&str; 5] {
        ["--tls", "--cert", &self.certificate, "--key", &self.key]
    }
}

/// Loads a certificate and its key as the server does, with the default TLS options.
pub(crate) fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let files = TlsFiles::new(certificate.to_owned(), key.to_owned());
    TlsServer::new(&files, Vec::new(), |_, _| {}).map(|server| server.new_connection())
}
