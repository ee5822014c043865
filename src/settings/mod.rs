//! What the user can set: validated values, their defaults and their limits.
//!
//! [`Settings`] is what is remembered between runs and what a server is started from. Its values are always
//! valid: text from the window or the command line becomes a value only through [`fields`], which words the
//! error where it is refused. Reading and writing the settings file is [`mod@file`]'s.

pub mod fields;
pub mod file;
pub mod tls;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use fields::Field;
pub use tls::{ClientAuth, TlsVersions};

/// How the accepted clients are served: the three `handle_new_connections_…` functions of the tutorial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One client is served to its end before the next one is accepted.
    One,
    /// Each client gets a thread of its own.
    #[default]
    Threads,
    /// A fixed number of threads share the clients; who finds no free thread waits, accepted but not served.
    Pool,
}

impl Mode {
    /// Every mode, in the order in which the tutorial introduces them.
    pub const ALL: [Self; 3] = [Self::One, Self::Threads, Self::Pool];

    /// The word used on the command line and in the settings file.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Threads => "threads",
            Self::Pool => "pool",
        }
    }
}

/// Light or dark, or whatever the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// Follow the system's preference.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How received bytes are written in a log row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataFormat {
    /// As Python prints them: `b'Hello\n'`.
    #[default]
    Python,
    /// As text, with what is not text replaced.
    Text,
    /// As hexadecimal digits, two for each byte.
    Hex,
}

impl DataFormat {
    /// Every format, in the order in which a switch steps through them.
    pub const ALL: [Self; 3] = [Self::Python, Self::Text, Self::Hex];
}

/// Everything the user can set, valid as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A host name or an IPv4 or IPv6 literal; a name is bound on every address that it resolves to.
    pub host: String,
    /// TCP port, 0–65535; 0 lets the system choose a free one.
    pub port: u16,
    /// Length of the accept queue as given to `listen(2)`, 0–65535.
    pub backlog: u16,
    /// How accepted clients are served.
    pub mode: Mode,
    /// Threads in mode [`Mode::Pool`], 1–1000.
    pub pool_size: u16,
    /// The most bytes one `recv` hands over, 1–16,777,216.
    pub recv_size: u32,
    /// Clients served at once, 1–100,000; beyond it nobody is accepted until a place is free.
    pub max_clients: u32,
    /// Seconds without a byte after which a client is closed, 0–86,400; 0 means never.
    pub idle_timeout: u32,
    /// Whether accepted connections speak TLS.
    pub tls: bool,
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The versions of TLS that the server speaks.
    pub tls_versions: TlsVersions,
    /// Whether clients are asked for a certificate.
    pub client_auth: ClientAuth,
    /// The CA certificates that sign the clients' certificates, PEM; not looked at where nobody is asked for one.
    pub client_ca: PathBuf,
    /// The protocols that the server agrees to by ALPN, best first; empty: it takes no part in ALPN.
    pub alpn: Vec<String>,
    /// Whether clients get tickets to resume their sessions with.
    pub session_tickets: bool,
    /// The file that TLS keys are written to; empty: none. Never remembered between runs, nor read from a file: who
    /// wants it says so each time.
    #[serde(skip)]
    pub key_log: PathBuf,
    /// The window's theme.
    pub theme: ThemeChoice,
    /// How large everything in the window is, 20–500 percent.
    pub zoom: u16,
    /// How received bytes are written in a log row.
    pub data_format: DataFormat,
    /// The most entries the log keeps, 100–1,000,000; the oldest go first.
    pub log_entries: u32,
    /// The most memory the log's entries may take in MiB, 1–4096; the oldest go first.
    pub log_mebibytes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 12345,
            backlog: 5,
            mode: Mode::default(),
            pool_size: 10,
            recv_size: 1024,
            max_clients: 1000,
            idle_timeout: 0,
            tls: false,
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            tls_versions: TlsVersions::default(),
            client_auth: ClientAuth::default(),
            client_ca: PathBuf::new(),
            alpn: Vec::new(),
            session_tickets: true,
            key_log: PathBuf::new(),
            theme: ThemeChoice::default(),
            zoom: 100,
            data_format: DataFormat::default(),
            log_entries: 100_000,
            log_mebibytes: 64,
        }
    }
}

impl Settings {
    /// Whether every value is one that its field would take: a file may say anything.
    #[must_use]
    pub fn within_limits(&self) -> bool {
        let in_range = |field: Field, value: u32| field.range().is_none_or(|range| range.contains(&value));
        fields::host(&self.host).is_ok_and(|host| host == self.host)
            && in_range(Field::Backlog, self.backlog.into())
            && in_range(Field::PoolSize, self.pool_size.into())
            && in_range(Field::RecvSize, self.recv_size)
            && in_range(Field::MaxClients, self.max_clients)
            && in_range(Field::IdleTimeout, self.idle_timeout)
            && tls::alpn(&self.alpn.join(",")).is_ok_and(|alpn| alpn == self.alpn)
            && (20..=500).contains(&self.zoom)
            && in_range(Field::LogEntries, self.log_entries)
            && in_range(Field::LogMebibytes, self.log_mebibytes)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "One at a time",
            Self::Threads => "A thread for each",
            Self::Pool => "A pool of threads",
        })
    }
}
