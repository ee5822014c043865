//! The counters of all parts of the run, and its failures.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::visits::Kind;

/// The number of failures that are printed in full.
const TOLD: usize = 40;

/// The counts of a run.
#[derive(Default)]
pub(crate) struct Tally {
    visits: [AtomicU64; Kind::ALL.len()],
    /// Visits that a stop of the server cut short, as it should.
    pub(crate) cut_short: AtomicU64,
    pub(crate) connections: AtomicU64,
    /// Bytes that came back and were compared.
    pub(crate) compared: AtomicU64,
    pub(crate) starts: AtomicU64,
    pub(crate) resumed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Tally {
    pub(crate) fn visited(&self, kind: Kind) {
        self.visits[kind as usize].fetch_add(1, Relaxed);
    }

    /// Prints a failure at once; the run has failed.
    pub(crate) fn failed(&self, what: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < TOLD {
            println!("FAILED: {what}");
        }
        failures.push(what.to_owned());
    }

    pub(crate) fn failures(&self) -> usize {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns all kinds with their counts.
    pub(crate) fn by_kind(&self) -> String {
        let told = Kind::ALL
            .iter()
            .map(|kind| format!("{} {}", self.visits[*kind as usize].load(Relaxed), kind.label()));
        told.collect::<Vec<_>>().join(", ")
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
