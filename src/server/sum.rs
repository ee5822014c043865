//! A sum that the threads of many clients add to.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::server::event::ClientId;

/// The number of parts. Two threads at the same time rarely serve clients of the same part.
const PARTS: usize = 16;

/// A sum that the threads of many clients add to. It consists of parts, so that these threads rarely write to the same
/// cache line, which is slow.
#[derive(Default)]
pub(super) struct Sum([Part; PARTS]);

/// The alignment gives each part a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Part(AtomicU64);

impl Sum {
    /// Adds `amount`, from the thread that serves `client`.
    pub(super) fn add(&self, client: ClientId, amount: u64) {
        #[expect(clippy::cast_possible_truncation, reason = "less than PARTS")]
        let part = (client.0 % PARTS as u64) as usize;
        self.0[part].0.fetch_add(amount, SeqCst);
    }

    /// Sets the sum to 0, and returns what it was.
    pub(super) fn take(&self) -> u64 {
        self.0.iter().map(|part| part.0.swap(0, SeqCst)).sum()
    }

    /// Returns the sum. It is exact once no thread adds to it.
    pub(super) fn get(&self) -> u64 {
        self.0.iter().map(|part| part.0.load(SeqCst)).sum()
    }
}
