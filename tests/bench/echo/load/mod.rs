//! The clients: the same for every server. Each load checks that what comes back is what was sent.

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

/// How long a client waits for a server before it takes it for dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One client keeps bytes flowing. Measures bytes a second.
    Bulk,
    /// One client sends 64 bytes, waits for them, and again. Measures p50 and p99 in nanoseconds.
    RoundTrip,
    /// Two clients connect, shake hands where TLS is on, echo once and close, again and again. Measures connections a
    /// second.
    Connections,
}

/// Whom the clients talk to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Load {
    /// Runs for so long; the figures in the order of the variant's words.
    pub(crate) fn run(self, target: &Target, time: Duration) -> Outcome<Vec<f64>> {
        match self {
            Self::Bulk => bulk::run(target, time).map(|rate| vec![rate]),
            Self::RoundTrip => round_trip::run(target, time),
            Self::Connections => connections::run(target, time).map(|rate| vec![rate]),
        }
    }
}

/// Printable text, as a person or a protocol would send it: what the log makes of it has about the same length.
fn text(length: usize) -> Vec<u8> {
    let letters = b"The quick brown fox jumps over the lazy dog, 0123456789 times.\n";
    // A step that does not divide the length of the line, so that a byte out of place is noticed.
    (0..length).map(|at| letters[(at + at / 61) % letters.len()]).collect()
}
