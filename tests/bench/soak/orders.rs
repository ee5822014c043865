//! What passes between the soak and the child that holds the session: one JSON value a line, each way.

use std::net::SocketAddr;

use echoscope::settings::{Mode, TlsVersions};
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// From the soak to the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Start the server so; answered by [`Answer::Listening`].
    Start(Round),
    /// Start it and stop it at once; answered by [`Answer::Stopped`].
    Flicker(Round),
    /// Let all clients of the session's own finish and go; answered by [`Answer::Settled`].
    Settle,
    /// Wait until the server has no client; answered by [`Answer::Empty`].
    Empty,
    /// Stop whatever goes on; answered by [`Answer::Stopped`].
    Stop,
    /// Close the tabs, clear the log; answered by [`Answer::Rested`].
    Rest,
}

/// From the session to the soak.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    Listening(Vec<SocketAddr>),
    Settled,
    Empty,
    Stopped(Sums),
    Rested(Rest),
    /// Something is not as it should be. Comes at any time.
    Wrong(String),
}

/// How the server is started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) mode: Mode,
    pub(crate) tls: bool,
    pub(crate) versions: TlsVersions,
    pub(crate) tickets: bool,
    pub(crate) recv_size: u32,
    pub(crate) backlog: u16,
    pub(crate) pool_size: u16,
    /// Seconds; 0: never.
    pub(crate) idle_timeout: u32,
    /// First on a port that is taken, then on a free one.
    pub(crate) taken_port: bool,
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
            // Over TLS the address that takes the port would be missing in the certificate.
            taken_port: !tls && random.one_in(6),
        }
    }
}

/// What the session counted in one run of the server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) clients: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// Clients that are still counted after the stop.
    pub(crate) left: u64,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// Lines that the log left out.
    pub(crate) not_shown: u64,
    /// Bytes that the session's own clients compared.
    pub(crate) compared: u64,
}

/// What the session held before it was cleared, and after.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    pub(crate) log_bytes: usize,
    pub(crate) log_limit: usize,
    pub(crate) captures_bytes: usize,
    pub(crate) captures_left: usize,
    pub(crate) log_left: usize,
    /// Bytes that the process holds from its allocator, cleared as it is.
    pub(crate) live: usize,
    /// What was pressed and typed since the last rest.
    pub(crate) deeds: u64,
}
