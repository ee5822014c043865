//! The bounded way from a client's thread to whoever shows it. The thread never waits on it.
//!
//! Data that finds no room is counted, and the reader hears of the count; everything else always gets through, and there
//! is little of it. Counters and echo check don't go this way and are always exact.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use crate::client::event::{Event, EventKind};

/// The most events on their way.
const MOST_EVENTS: usize = 2048;
/// The most bytes of data on their way.
const MOST_BYTES: usize = 1 << 20;

/// Both ends.
pub(super) struct Mailbox {
    waiting: Mutex<Waiting>,
    woken: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    bytes: usize,
    /// What found no room since the last drain: events, and their bytes.
    not_shown: (u64, u64),
}

impl Mailbox {
    /// `wake` is called, from any thread, when there is something to take; at most once between two drains.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::default(), woken: AtomicBool::new(false), wake: Box::new(wake) }
    }

    /// Hands an event on that always gets through.
    pub(super) fn tell(&self, kind: EventKind) {
        self.put(kind);
        self.wake();
    }

    /// As [`Mailbox::tell`], but the caller wakes the reader.
    pub(super) fn put(&self, kind: EventKind) {
        let mut waiting = self.lock();
        waiting.flush_not_shown();
        waiting.push(kind);
    }

    /// Hands on an event about so many bytes, made only where there is room. Whether there was.
    pub(super) fn tell_data(&self, bytes: usize, kind: impl FnOnce() -> EventKind) -> bool {
        let mut waiting = self.lock();
        // What is larger than all the room passes where nothing waits; otherwise it never would.
        let fits = waiting.bytes == 0 || waiting.bytes + bytes <= MOST_BYTES;
        let fits = fits && waiting.not_shown.0 == 0 && waiting.events.len() < MOST_EVENTS;
        if fits {
            waiting.bytes += bytes;
            waiting.push(kind());
        } else {
            waiting.not_shown.0 += 1;
            waiting.not_shown.1 += bytes as u64;
        }
        drop(waiting);
        self.wake();
        fits
    }

    /// Hands on the result of something that was told before, for which there is always room: there is one for each.
    pub(super) fn tell_beside(&self, kind: EventKind) {
        self.lock().push(kind);
        self.wake();
    }

    /// A state or a count has changed, and there is no event that tells of it.
    pub(super) fn wake(&self) {
        if !self.woken.load(SeqCst) && !self.woken.swap(true, SeqCst) {
            (self.wake)();
        }
    }

    /// All that has come since the last call.
    pub(super) fn drain(&self) -> VecDeque<Event> {
        // First, so that whoever tells something from here on wakes us again.
        self.woken.store(false, SeqCst);
        let mut waiting = self.lock();
        waiting.flush_not_shown();
        waiting.bytes = 0;
        take(&mut waiting.events)
    }

    /// A panic can't leave it half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, kind: EventKind) {
        self.events.push_back(Event { at: SystemTime::now(), when: Instant::now(), kind });
    }

    fn flush_not_shown(&mut self) {
        let (count, bytes) = take(&mut self.not_shown);
        if count > 0 {
            self.push(EventKind::NotShown { count, bytes });
        }
    }
}
