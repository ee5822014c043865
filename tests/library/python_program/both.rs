//! The servers to compare: the saved Python program in its two versions, and Echoscope without a window.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use echoscope::python::{Version, program};
use echoscope::server::ServerConfig;
use echoscope::settings::{ClientAuth, Settings};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Identity, Server};

/// The beginnings of lines that only Echoscope prints: its addresses, the outcome of a handshake, and its explanations
/// of TLS failures.
const ONLY_ECHOSCOPE: &[&str] = &[
    "Listening on ",
    "TLS 1.",
    "This client doesn't use TLS",
    "The client presented no certificate",
    "The client disconnected during the handshake",
    "The client disconnected in the middle of its first TLS message",
];
/// The beginning of a line that only the robust Python program prints: Python's text for a TLS failure.
const ONLY_PYTHON: &[&str] = &["TLS failure: "];
/// The beginning of a line that only the tutorial's own program prints.
const ONLY_TUTORIAL: &[&str] = &["Connection failed: "];

/// A server, and the lines to ignore when its output is compared.
pub(crate) struct Peer {
    pub(crate) server: Server,
    pub(crate) name: &'static str,
    own_lines: &'static [&'static str],
    roots: Option<Vec<u8>>,
    seen: Vec<String>,
    _folder: tempfile::TempDir,
}

/// Starts both servers with the same settings, each on a free port; `None` without Python.
pub(crate) fn both(settings: &Settings) -> Option<[Peer; 2]> {
    Some([python(settings)?, echoscope(settings)])
}

/// Starts the tutorial's own program, as saved.
pub(crate) fn tutorial(settings: &Settings) -> Option<Peer> {
    run(settings, "the tutorial", ONLY_TUTORIAL, &text(settings, Version::Tutorial))
}

/// Starts the robust program, as saved.
pub(crate) fn python(settings: &Settings) -> Option<Peer> {
    python_with(settings, |text| text)
}

/// Starts the robust program after `change` has edited its text.
pub(crate) fn python_with(settings: &Settings, change: impl FnOnce(String) -> String) -> Option<Peer> {
    run(settings, "Python", ONLY_PYTHON, &change(text(settings, Version::Robust)))
}

/// Starts a program with this text.
pub(crate) fn run(
    settings: &Settings,
    name: &'static str,
    own_lines: &'static [&'static str],
    text: &str,
) -> Option<Peer> {
    let python = crate::support::program("python3")?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ServerPython.py");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(python);
    command.arg("-u").arg(file).stdin(Stdio::null());
    Some(Peer::new(Server::from(command), name, own_lines, settings, folder))
}

/// Starts Echoscope with the same settings.
pub(crate) fn echoscope(settings: &Settings) -> Peer {
    let number = |number: u32| number.to_string();
    let mut arguments = vec![
        ("--host", settings.host.clone()),
        ("--mode", settings.mode.to_string()),
        ("--backlog", number(settings.backlog.into())),
        ("--pool-size", number(settings.pool_size.into())),
        ("--recv-size", number(settings.recv_size)),
        ("--idle-timeout", number(settings.idle_timeout)),
    ];
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    if settings.tls {
        arguments.extend([
            ("--cert", path(&settings.certificate)),
            ("--key", path(&settings.key)),
            ("--tls-versions", settings.tls_versions.to_string()),
            ("--client-auth", settings.client_auth.to_string()),
        ]);
        if settings.client_auth != ClientAuth::None {
            arguments.push(("--client-ca", path(&settings.client_ca)));
        }
    }
    let mut all: Vec<&str> = arguments.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
    if settings.tls {
        all.push("--tls");
    }
    let folder = tempfile::tempdir().unwrap();
    Peer::new(Server::start(&all), "Echoscope", ONLY_ECHOSCOPE, settings, folder)
}

/// Returns the program's text for a port that the OS chooses.
pub(crate) fn text(settings: &Settings, version: Version) -> String {
    program(&ServerConfig { port: 0, ..ServerConfig::from(settings) }, version).text()
}

/// Returns these settings with TLS and the identity's files.
pub(crate) fn over_tls(settings: &Settings, identity: &Identity) -> Settings {
    Settings {
        tls: true,
        certificate: identity.certificate.clone().into(),
        key: identity.key.clone().into(),
        ..settings.clone()
    }
}

impl Peer {
    fn new(
        server: Server,
        name: &'static str,
        own_lines: &'static [&'static str],
        settings: &Settings,
        folder: tempfile::TempDir,
    ) -> Self {
        let roots = settings.tls.then(|| fs::read(&settings.certificate).unwrap());
        Self { server, name, own_lines, roots, seen: Vec::new(), _folder: folder }
    }

    /// Connects a client, with TLS if the server uses it.
    pub(crate) fn connect(&self) -> Client {
        self.connect_with(None)
    }

    /// Connects a client that presents a certificate, if one is given.
    pub(crate) fn connect_with(&self, shown: Option<&Identity>) -> Client {
        let stream = self.server.connect();
        let Some(roots) = &self.roots else { return Client::Plain(stream) };
        let mut store = RootCertStore::empty();
        store.add(CertificateDer::from_pem_slice(roots).unwrap()).unwrap();
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(store);
        let config = match shown {
            None => config.with_no_client_auth(),
            Some(identity) => config
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_file(&identity.certificate).unwrap()],
                    PrivateKeyDer::from_pem_file(&identity.key).unwrap(),
                )
                .unwrap(),
        };
        let connection =
            ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        Client::Tls(Box::new(StreamOwned::new(connection, stream)))
    }

    /// Waits until the server prints a line that contains `text`, and keeps all lines up to it.
    pub(crate) fn wait_until(&mut self, text: &str) {
        let lines = self.server.out.wait_until(|line| line.contains(text));
        self.seen.extend(lines);
    }

    /// Returns whether this is the tutorial's own program.
    pub(crate) fn is_tutorial(&self) -> bool {
        self.own_lines == ONLY_TUTORIAL
    }

    /// Waits until the server prints that it closed a connection, which may have failed. The tutorial's own program
    /// prints only failures.
    pub(crate) fn wait_for_close(&mut self, is_failure: bool) {
        if !self.is_tutorial() {
            self.wait_until("Connection from");
        } else if is_failure {
            self.wait_until("Connection failed: ");
        }
    }

    /// Returns the tutorial's lines so far, without ports.
    pub(crate) fn tutorial_lines(&self) -> Vec<String> {
        self.comparable().into_iter().filter(|line| line.starts_with("Received")).collect()
    }

    /// Returns all lines so far that both servers should print, without ports and durations.
    pub(crate) fn comparable(&self) -> Vec<String> {
        let own = |line: &&String| self.own_lines.iter().any(|start| line.starts_with(start));
        self.seen.iter().filter(|line| !own(line)).map(|line| normalized(line)).collect()
    }
}

/// Replaces ports and durations: `('127.0.0.1', 49743)` becomes `('127.0.0.1', …)`, and `after 1.2 s:` becomes `after
/// …:`.
fn normalized(line: &str) -> String {
    if line.starts_with("Received: ") {
        return line.to_owned();
    }
    let mut line = line.to_owned();
    for (before, after) in [("', ", ")"), (" after ", ":")] {
        if let Some((start, rest)) = line.split_once(before)
            && let Some((gone, end)) = rest.split_once(after)
        {
            let (_, kept) = gone.split_once(',').map_or((gone, String::new()), |(a, b)| (a, format!(",{b}")));
            line = format!("{start}{before}…{kept}{after}{end}");
        }
    }
    line
}

/// One client's connection.
pub(crate) enum Client {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    pub(crate) fn send(&mut self, data: &[u8]) {
        match self {
            Self::Plain(stream) => stream.write_all(data).unwrap(),
            Self::Tls(stream) => stream.write_all(data).and_then(|()| stream.flush()).unwrap(),
        }
    }

    /// Reads this many bytes.
    pub(crate) fn take(&mut self, count: usize) -> std::io::Result<Vec<u8>> {
        let mut got = vec![0; count];
        match self {
            Self::Plain(stream) => stream.read_exact(&mut got)?,
            Self::Tls(stream) => stream.read_exact(&mut got)?,
        }
        Ok(got)
    }

    /// Sends data and reads the same data back.
    pub(crate) fn echo(&mut self, data: &[u8]) {
        self.send(data);
        let got = self.take(data.len()).unwrap();
        assert!(got == data, "{} came back as {}", data.escape_ascii(), got.escape_ascii());
    }

    /// Closes the sending side, and reads to the end of the stream, which must be orderly.
    pub(crate) fn half_close(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self {
            Self::Plain(stream) => {
                stream.shutdown(Shutdown::Write).unwrap();
                stream.read_to_end(&mut rest).unwrap();
            }
            Self::Tls(stream) => {
                // Without this flush, rustls would send close_notify before a handshake that hasn't begun yet.
                stream.flush().unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
                // This fails if the server doesn't send its own close_notify.
                stream.read_to_end(&mut rest).unwrap();
                // Echoscope waits a moment for the client to close; this ends that wait.
                stream.sock.shutdown(Shutdown::Both).unwrap();
            }
        }
        rest
    }

    /// Closes the connection with RST.
    pub(crate) fn reset(self) {
        let stream = self.stream();
        socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(self);
    }

    /// Closes TCP's sending side without `close_notify`.
    pub(crate) fn end_without_close_notify(&self) {
        self.stream().shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }
}
