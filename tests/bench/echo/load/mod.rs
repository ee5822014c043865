//! The clients, the same for every server. Each load checks that the echo equals the sent data.

mod bulk;
mod connections;
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

/// The actions of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One client keeps bytes in flight. Measures bytes per second.
    Bulk,
    /// One client sends 64 bytes, waits for them, and again. Measures p50 and p99 in nanoseconds.
    RoundTrip,
    /// Two clients connect, do the TLS handshake, echo once and close, again and again. Measures connections per
    /// second.
    Connections,
}

/// The server of a load.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Load {
    /// Runs for this time. Returns the figures in the order of the variant's description.
    pub(crate) fn run(self, target: &Target, time: Duration) -> Outcome<Vec<f64>> {
        match self {
            Self::Bulk => bulk::run(target, time).map(|rate| vec![rate]),
            Self::RoundTrip => round_trip::run(target, time),
            Self::Connections => connections::run(target, time).map(|rate| vec![rate]),
        }
    }
}

/// Returns printable text, as a user or a protocol would send it, so that its log entry has about the same length.
fn text(length: usize) -> Vec<u8> {
    let letters = b"The quick brown fox jumps over the lazy dog, 0123456789 times.\n";
    // A step that does not divide the length of the line, so that a misplaced byte is noticed.
    (0..length).map(|at| letters[(at + at / 61) % letters.len()]).collect()
}
