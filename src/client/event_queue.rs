//! The bounded queue of events from a client's thread to its reader. The thread never waits for it.
//!
//! Events about data that find no room are counted, and the reader gets the count. All other events always get through;
//! there are few of them. Counters and echo check don't use this queue and are always exact.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Instant, SystemTime};

use crate::client::client_event::{ClientEvent, ClientEventKind};
use crate::sync::lock;

/// The most events in the queue.
const MAX_EVENTS: usize = 2048;
/// The most bytes of data in the queue.
const MAX_BYTES: usize = 1 << 20;

/// Both ends of the queue.
pub(super) struct EventQueue {
    queued: Mutex<QueuedEvents>,
    is_woken: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct QueuedEvents {
    events: VecDeque<ClientEvent>,
    bytes: usize,
    /// The events that found no room since the last drain, and their bytes.
    not_shown: (u64, u64),
}

impl EventQueue {
    /// Creates a queue. `wake` is called, from any thread, when there is something to read; at most once between two
    /// drains.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { queued: Mutex::default(), is_woken: AtomicBool::new(false), wake: Box::new(wake) }
    }

    /// Appends an event that always gets through.
    pub(super) fn push(&self, kind: ClientEventKind) {
        self.push_quietly(kind);
        self.wake();
    }

    /// Appends an event without waking the reader.
    pub(super) fn push_quietly(&self, kind: ClientEventKind) {
        let mut queued = lock(&self.queued);
        queued.flush_not_shown();
        queued.push(kind);
    }

    /// Appends an event about this many bytes if there is room, and returns whether there was.
    pub(super) fn push_data(&self, bytes: usize, kind: impl FnOnce() -> ClientEventKind) -> bool {
        let mut queued = lock(&self.queued);
        // Data larger than the whole queue passes if the queue is empty; otherwise it never would.
        let fits = (queued.bytes == 0 || queued.bytes + bytes <= MAX_BYTES)
            && queued.not_shown.0 == 0
            && queued.events.len() < MAX_EVENTS;
        if fits {
            queued.bytes += bytes;
            queued.push(kind());
        } else {
            queued.not_shown.0 += 1;
            queued.not_shown.1 += bytes as u64;
        }
        drop(queued);
        self.wake();
        fits
    }

    /// Appends the result of an earlier event. There is room: each event has at most one result.
    pub(super) fn push_result(&self, kind: ClientEventKind) {
        lock(&self.queued).push(kind);
        self.wake();
    }

    /// Wakes the reader, for a change of the status that no event reports.
    pub(super) fn wake(&self) {
        if !self.is_woken.load(SeqCst) && !self.is_woken.swap(true, SeqCst) {
            (self.wake)();
        }
    }

    /// Removes and returns all events.
    pub(super) fn drain(&self) -> VecDeque<ClientEvent> {
        // First, so that an event pushed from here on wakes the reader again.
        self.is_woken.store(false, SeqCst);
        let mut queued = lock(&self.queued);
        queued.flush_not_shown();
        queued.bytes = 0;
        take(&mut queued.events)
    }
}

impl QueuedEvents {
    fn push(&mut self, kind: ClientEventKind) {
        self.events.push_back(ClientEvent { at: SystemTime::now(), when: Instant::now(), kind });
    }

    fn flush_not_shown(&mut self) {
        let (count, bytes) = take(&mut self.not_shown);
        if count > 0 {
            self.push(ClientEventKind::NotShown { count, bytes });
        }
    }
}
