//! The figures to measure, and their goals.

use crate::certificates::Key;
use crate::load::Load;
use crate::peers::Setup;

/// A load that is run against every server, and the figures that it measures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    /// The name that selects this trial on the command line.
    pub(crate) name: &'static str,
    pub(crate) setup: Setup,
    pub(crate) load: Load,
    pub(crate) figures: &'static [Figure],
}

/// A figure, and Echoscope's goal for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// The divisor and the unit for printing a value.
    pub(crate) unit: (f64, &'static str),
    /// The goal for Echoscope's value divided by the bare loop's.
    pub(crate) bare: Goal,
    /// The goal for how many times as fast as the tutorial's program Echoscope is, if there is one.
    pub(crate) tutorial: Option<Goal>,
}

/// A goal for a ratio.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// The goal for the speed with the window open divided by the speed without it.
pub(crate) const WINDOW_GOAL: Goal = Goal::AtLeast(0.9);

const BYTES: (f64, &str) = (1e6, "MB/s");
const TIME: (f64, &str) = (1e3, "µs");
const PER_SECOND: (f64, &str) = (1.0, "/s");

impl Figure {
    /// Returns whether a lower value is better, as for a time.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self.bare, Goal::AtMost(_))
    }
}

impl Goal {
    /// Returns the goal as text, for example `≥ 0.95`.
    pub(crate) fn text(self) -> String {
        match self {
            Self::AtLeast(goal) => format!("≥ {goal}"),
            Self::AtMost(goal) => format!("≤ {goal}"),
        }
    }

    /// Returns as text whether a ratio meets the goal, or by how much it misses the goal.
    pub(crate) fn verdict(self, ratio: f64) -> String {
        let missed = match self {
            Self::AtLeast(goal) => goal - ratio,
            Self::AtMost(goal) => ratio - goal,
        };
        if missed <= 0.0 { "met".to_owned() } else { format!("missed by {missed:.2}") }
    }
}

/// Returns all trials in the order of the table.
pub(crate) fn trials() -> Vec<Trial> {
    let plain = |recv_size| Setup { recv_size, key: None };
    let tls = |recv_size, key| Setup { recv_size, key: Some(key) };
    let trial = |name, setup, load, figures| Trial { name, setup, load, figures };
    vec![
        trial("bulk-1024", plain(1024), Load::Bulk, BULK_1024),
        trial("bulk-65536", plain(65536), Load::Bulk, BULK_65536),
        trial("tls-bulk", tls(65536, Key::P256), Load::Bulk, TLS_BULK),
        trial("round-trip", plain(1024), Load::RoundTrip, ROUND_TRIP),
        trial("connections", plain(1024), Load::Connections, CONNECTIONS),
        trial("handshakes-rsa2048", tls(1024, Key::Rsa2048), Load::Connections, RSA_2048),
        trial("handshakes-p256", tls(1024, Key::P256), Load::Connections, P_256),
    ]
}

const BULK_1024: &[Figure] = &[bulk("bulk, recv size 1,024", 0.9)];
const BULK_65536: &[Figure] = &[bulk("bulk, recv size 65,536", 0.95)];
const TLS_BULK: &[Figure] = &[bulk("TLS bulk, recv size 65,536", 0.95)];
const ROUND_TRIP: &[Figure] = &[
    Figure { name: "round trip of 64 bytes, p50", unit: TIME, bare: Goal::AtMost(1.05), tutorial: None },
    Figure { name: "round trip of 64 bytes, p99", unit: TIME, bare: Goal::AtMost(1.25), tutorial: None },
];
const CONNECTIONS: &[Figure] = &[rate("connections: connect, one echo, close", 0.9)];
const RSA_2048: &[Figure] = &[rate("full TLS handshakes, RSA 2048", 0.95)];
const P_256: &[Figure] = &[rate("full TLS handshakes, P-256", 0.95)];

const fn bulk(name: &'static str, goal: f64) -> Figure {
    Figure { name, unit: BYTES, bare: Goal::AtLeast(goal), tutorial: Some(Goal::AtLeast(3.0)) }
}

const fn rate(name: &'static str, goal: f64) -> Figure {
    Figure { name, unit: PER_SECOND, bare: Goal::AtLeast(goal), tutorial: None }
}
