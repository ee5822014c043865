//! The TLS keys of a session, in memory, for files that are to include them.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustls::KeyLog;

use crate::sync::lock;
use crate::tls::key_log_line;

/// The most keys that are kept. A handshake has up to five; the oldest keys are removed first.
const MAX_KEYS: usize = 16_384;

/// The length of the random value at the start of a `ClientHello`, which names a connection in a key log.
pub(super) const RANDOM_LEN: usize = 32;

/// Keeps the keys of TLS handshakes while that is turned on. Its debug output contains none of them.
#[derive(Default)]
pub struct TlsKeys {
    is_on: AtomicBool,
    keys: Mutex<VecDeque<TlsKey>>,
}

struct TlsKey {
    client_random: Vec<u8>,
    /// The key as a line of a key log.
    line: String,
}

impl TlsKeys {
    /// Returns whether the keys of new handshakes are kept.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// Sets whether the keys of new handshakes are kept. Turning it off forgets all keys.
    pub fn turn(&self, on: bool) {
        self.is_on.store(on, Relaxed);
        if !on {
            lock(&self.keys).clear();
        }
    }

    /// Returns the lines of a key log for a connection; empty if its keys weren't kept.
    pub(super) fn lines(&self, client_random: &[u8]) -> String {
        let keys = lock(&self.keys);
        keys.iter().filter(|key| key.client_random == client_random).map(|key| key.line.as_str()).collect()
    }
}

impl KeyLog for TlsKeys {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        if !self.is_on() {
            return;
        }
        let line = key_log_line(label, client_random, secret);
        let mut keys = lock(&self.keys);
        if keys.len() == MAX_KEYS {
            keys.pop_front();
        }
        keys.push_back(TlsKey { client_random: client_random.to_vec(), line });
    }
}

impl std::fmt::Debug for TlsKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsKeys").field("is_on", &self.is_on()).finish_non_exhaustive()
    }
}
