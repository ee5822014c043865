//! The loads, which are the same for every server. Each load checks that the echo equals the sent data.

mod bulk;
mod connections;
pub(crate) mod messages;
mod round_trip;
mod source;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::Outcome;
pub(crate) use stream::Stream;

/// How long a client waits for a server before the server counts as dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// The behavior of the clients in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One client keeps bytes in flight. Measures bytes per second.
    Bulk,
    /// One client repeatedly sends 64 bytes and waits for their echo. Measures p50 and p99 in nanoseconds.
    RoundTrip,
    /// Two clients repeatedly connect, do the TLS handshake, echo once and close. Measures connections per second.
    Connections,
}

/// The server that a load connects to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Load {
    /// Runs the load for `time`. Returns its figures in the order that the variant's documentation names them.
    pub(crate) fn run(self, target: &Target, time: Duration) -> Outcome<Vec<f64>> {
        match self {
            Self::Bulk => bulk::run(target, time).map(|rate| vec![rate]),
            Self::RoundTrip => round_trip::run(target, time),
            Self::Connections => connections::run(target, time).map(|rate| vec![rate]),
        }
    }
}

/// Returns printable text like a user's or a protocol's, so that log entries have a realistic length.
fn text(length: usize) -> Vec<u8> {
    let letters = b"The quick brown fox jumps over the lazy dog, 0123456789 times.\n";
    // Skips a letter every 61 bytes, so that the text doesn't repeat soon and a misplaced byte is noticed.
    (0..length).map(|at| letters[(at + at / 61) % letters.len()]).collect()
}
