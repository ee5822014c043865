//! The waits in progress, by name and start, so that a wait that takes too long is found and named.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest time that anything may make no progress.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// All waits in progress.
#[derive(Default)]
pub(crate) struct Waits {
    last: AtomicU64,
    open: Mutex<BTreeMap<u64, (String, Instant)>>,
}

/// A wait in progress, which ends on drop.
pub(crate) struct Waiting {
    waits: Arc<Waits>,
    number: u64,
}

impl Waits {
    pub(crate) fn begin(self: &Arc<Self>, what: String) -> Waiting {
        let number = self.last.fetch_add(1, Relaxed);
        self.with(|open| open.insert(number, (what, Instant::now())));
        Waiting { waits: Arc::clone(self), number }
    }

    /// Returns a description of each wait that takes longer than [`PATIENCE`].
    pub(crate) fn stuck(&self) -> Vec<String> {
        self.with(|open| {
            let stuck = open.values().filter(|(_, since)| since.elapsed() > PATIENCE);
            stuck.map(|(what, since)| format!("for {} s: {what}", since.elapsed().as_secs())).collect()
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<u64, (String, Instant)>) -> T) -> T {
        look(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Waiting {
    /// Changes what this wait is for and restarts its timer.
    pub(crate) fn restart_for(&self, what: &str) {
        self.waits.with(|open| {
            if let Some((text, since)) = open.get_mut(&self.number) {
                let owner = text.split(": ").next().unwrap_or_default().to_owned();
                *text = format!("{owner}: {what}");
                *since = Instant::now();
            }
        });
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waits.with(|open| open.remove(&self.number));
    }
}
