//! The messages between the test and the child process with the app: one JSON value per line, in both directions.

use std::net::SocketAddr;

use echoscope::settings::{Mode, SettingChoice, TlsVersions};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::random::Random;

/// A message from the test to the app.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Starts the server with these settings; the answer is [`Answer::Listening`].
    Start(Round),
    /// Starts the server and stops it at once; the answer is [`Answer::Stopped`].
    Flicker(Round),
    /// Lets the app's own clients finish and close; the answer is [`Answer::Settled`].
    Settle,
    /// Waits until the server has no client; the answer is [`Answer::Empty`].
    Empty,
    /// Stops the server; the answer is [`Answer::Stopped`].
    Stop,
    /// Closes the client tabs and clears the log; the answer is [`Answer::Rested`].
    Rest,
}

/// A message from the app to the test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    Listening(Vec<SocketAddr>),
    Settled,
    Empty,
    Stopped(Sums),
    Rested(Rest),
    /// A failure, which can come at any time.
    Wrong(String),
}

/// The settings for one run of the app's server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Round {
    #[serde(deserialize_with = "keyword")]
    pub(crate) mode: Mode,
    pub(crate) tls: bool,
    #[serde(deserialize_with = "keyword")]
    pub(crate) versions: TlsVersions,
    pub(crate) tickets: bool,
    pub(crate) recv_size: u32,
    pub(crate) backlog: u16,
    pub(crate) pool_size: u16,
    /// In seconds; 0 for never.
    pub(crate) idle_timeout: u32,
    /// Whether the server is first started on a port in use, and then on a free one.
    pub(crate) taken_port: bool,
}

fn keyword<'de, T: SettingChoice, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::parse(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("unknown keyword"))
}

impl Round {
    pub(crate) fn choose(random: &mut Random) -> Self {
        let tls = random.one_in(2);
        Self {
            mode: random.pick(&Mode::ALL),
            tls,
            versions: random.pick(&[
                TlsVersions::Both,
                TlsVersions::Both,
                TlsVersions::Only12,
                TlsVersions::Only13,
            ]),
            tickets: !random.one_in(4),
            recv_size: random.pick(&[1, 16, 1024, 1024, 4096, 65_536]),
            backlog: random.pick(&[32, 128, 1024]),
            pool_size: random.pick(&[2, 4, 10]),
            idle_timeout: random.pick(&[0, 0, 0, 0, 0, 1]),
            // The server then listens on 127.0.0.1, which isn't in the TLS certificate.
            taken_port: !tls && random.one_in(6),
        }
    }
}

/// The counts of one run of the app's server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) clients: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// The number of clients that are still counted after the stop.
    pub(crate) left: u64,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// The number of entries that the log skipped.
    pub(crate) not_shown: u64,
    /// The number of bytes that the app's own clients compared.
    pub(crate) compared: u64,
}

/// The sizes of the app's data before and after it was cleared.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    pub(crate) log_bytes: usize,
    pub(crate) log_limit: usize,
    pub(crate) captures_bytes: usize,
    pub(crate) captures_left: usize,
    pub(crate) log_left: usize,
    /// The heap of the process after clearing, in bytes.
    pub(crate) heap: usize,
    /// The number of the simulated user's actions since the last idle reading.
    pub(crate) actions: u64,
}
