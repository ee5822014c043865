//! The counters of all parts of the run, and its failures.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::visits::Kind;

/// The most failures that are printed.
const MAX_PRINTED: usize = 40;

/// The counts of a run.
#[derive(Default)]
pub(crate) struct Tally {
    visits: [AtomicU64; Kind::ALL.len()],
    /// The number of visits that ended early because the server stopped, which is no failure.
    pub(crate) cut_short: AtomicU64,
    pub(crate) connections: AtomicU64,
    /// The number of echoed bytes that were compared.
    pub(crate) compared: AtomicU64,
    pub(crate) starts: AtomicU64,
    pub(crate) resumed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Tally {
    pub(crate) fn visited(&self, kind: Kind) {
        self.visits[kind as usize].fetch_add(1, Relaxed);
    }

    /// Counts a failure, which makes the run fail, and prints it.
    pub(crate) fn failed(&self, what: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < MAX_PRINTED {
            println!("FAILED: {what}");
        }
        failures.push(what.to_owned());
    }

    pub(crate) fn failures(&self) -> usize {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the number of visits of each kind as text.
    pub(crate) fn by_kind(&self) -> String {
        let counts = Kind::ALL
            .iter()
            .map(|kind| format!("{} {}", self.visits[*kind as usize].load(Relaxed), kind.label()));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Returns the totals as text.
    pub(crate) fn sums(&self) -> String {
        format!(
            "{} connections, {} MiB compared, {} starts",
            self.connections.load(Relaxed),
            self.compared.load(Relaxed) >> 20,
            self.starts.load(Relaxed)
        )
    }
}
