//! The figures to measure, and their goals.

use echoscope::settings::Mode;

use crate::certificates::Key;
use crate::load::Load;
use crate::peers::Setup;

/// A load that is run against several servers, and the figures that it measures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    /// The name that selects this trial on the command line.
    pub(crate) name: &'static str,
    pub(crate) setup: Setup,
    pub(crate) load: Load,
    pub(crate) figures: &'static [Figure],
    /// Whether a capture, the tutorial's program and socat are measured, too. The latter are so slow to accept clients
    /// that their figures for connections say nothing about an echo.
    pub(crate) with_others: bool,
}

/// A figure, and Echoscope's goal for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// The divisor and the unit for printing a value.
    pub(crate) unit: (f64, &'static str),
    /// Whether a lower value is better, as for a time.
    pub(crate) is_time: bool,
    /// The goal for Echoscope's value divided by that of the loop in C, if there is one.
    pub(crate) goal: Option<Goal>,
}

/// A goal for a ratio.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// The goal for the speed with the window open divided by the speed without it.
pub(crate) const WINDOW_GOAL: Goal = Goal::AtLeast(0.9);
/// The goal for the speed of the echo while the log is flooded, divided by that of a loop without a log.
pub(crate) const FLOOD_GOAL: Goal = Goal::AtLeast(0.9);

const BYTES: (f64, &str) = (1e6, "MB/s");
const TIME: (f64, &str) = (1e3, "µs");
const PER_SECOND: (f64, &str) = (1.0, "/s");

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
    let plain = Setup::default();
    let large = Setup { recv_size: 65536, ..plain };
    let tls = |key| Setup { key: Some(key), ..plain };
    let pool = |setup| Setup { mode: Mode::Pool, ..setup };
    let with_others = |name, setup, load, figures| Trial { name, setup, load, figures, with_others: true };
    let trial =
        |name, setup, figures| Trial { name, setup, load: Load::Connections, figures, with_others: false };
    vec![
        with_others("bulk-1024", plain, Load::Bulk, BULK_1024),
        with_others("bulk-65536", large, Load::Bulk, BULK_65536),
        with_others("tls-bulk", Setup { key: Some(Key::P256), ..large }, Load::Bulk, TLS_BULK),
        with_others("round-trip", plain, Load::RoundTrip, ROUND_TRIP),
        trial("connections-threads", plain, CONNECTIONS_THREADS),
        trial("connections-pool", pool(plain), CONNECTIONS_POOL),
        trial("handshakes-rsa2048", tls(Key::Rsa2048), RSA_2048),
        trial("handshakes-p256", tls(Key::P256), P_256),
        trial("handshakes-pool", pool(tls(Key::P256)), P_256_POOL),
    ]
}

const BULK_1024: &[Figure] = &[bulk("bulk, recv size 1,024", 0.95)];
const BULK_65536: &[Figure] = &[bulk("bulk, recv size 65,536", 0.95)];
const TLS_BULK: &[Figure] = &[bulk("TLS bulk, recv size 65,536", 1.3)];
const ROUND_TRIP: &[Figure] = &[
    time("round trip of 64 bytes, p50", Some(Goal::AtMost(1.05))),
    time("round trip of 64 bytes, p99", None),
];
const CONNECTIONS_THREADS: &[Figure] = &[rate("connections, mode threads", Some(Goal::AtLeast(1.2)))];
const CONNECTIONS_POOL: &[Figure] = &[rate("connections, mode pool", Some(Goal::AtLeast(1.2)))];
const RSA_2048: &[Figure] = &[rate("full TLS handshakes, RSA 2048", Some(Goal::AtLeast(1.25)))];
const P_256: &[Figure] = &[rate("full TLS handshakes, P-256", Some(Goal::AtLeast(1.25)))];
const P_256_POOL: &[Figure] = &[rate("full TLS handshakes, P-256, mode pool", None)];

const fn bulk(name: &'static str, goal: f64) -> Figure {
    Figure { name, unit: BYTES, is_time: false, goal: Some(Goal::AtLeast(goal)) }
}

const fn time(name: &'static str, goal: Option<Goal>) -> Figure {
    Figure { name, unit: TIME, is_time: true, goal }
}

const fn rate(name: &'static str, goal: Option<Goal>) -> Figure {
    Figure { name, unit: PER_SECOND, is_time: false, goal }
}
