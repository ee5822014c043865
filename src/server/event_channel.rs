//! The bounded way from the server's threads to the log, on which nobody ever waits.
//!
//! A [`EventSender`] takes events from any thread; one [`EventReceiver`] hands them on. Where there is no room an event is
//! counted instead, and the source tells the count as [`EventKind::NotShown`].
//!
//! Data has an allowance (a token bucket): a burst passes whole, a flood is thinned out to more than anybody can
//! read and less than the echo would feel. Connections and problems have the rest of the room to themselves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Captures;
use crate::server::client_id::{ClientId, ClientInfo};
use crate::server::event::{Event, EventKind};

/// Events on their way at most.
const EVENTS: usize = 16_384;
/// Data events that pass in a burst, and in each second of a flood.
const DATA_EVENTS: Allowance = Allowance { burst: 8192, per_second: 10_000 };
/// Data bytes that pass in a burst, and in each second of a flood.
const DATA_BYTES: Allowance = Allowance { burst: 4 << 20, per_second: 2 << 20 };

/// Makes both ends. `wake` is called, from any thread, when there is something to drain; at most once between two
/// drains, so it may be as slow as waking a window.
pub fn channel(wake: impl Fn() + Send + Sync + 'static) -> (EventSender, EventReceiver) {
    let (sender, receiver) = sync_channel(EVENTS);
    let shared = Arc::new(Shared {
        events: AtomicI64::new(DATA_EVENTS.burst),
        bytes: AtomicI64::new(DATA_BYTES.burst),
        not_shown: AtomicU64::new(0),
        woken: AtomicBool::new(false),
        last_id: AtomicU64::new(0),
        captures: Captures::default(),
        wake: Box::new(wake),
    });
    // The captures are a part of what is shared: they must not keep it alive.
    let weak = Arc::downgrade(&shared);
    shared.captures.set_notifier(move || {
        if let Some(shared) = weak.upgrade() {
            shared.wake();
        }
    });
    (
        EventSender { sender, shared: Arc::clone(&shared) },
        EventReceiver { receiver, shared, refilled: Instant::now() },
    )
}

/// How much of something may pass.
struct Allowance {
    burst: i64,
    per_second: i64,
}

impl Allowance {
    /// Adds what has become free in `elapsed`, up to a whole burst. Only the reader adds, so what is read here can
    /// only have become less.
    fn refill(&self, left: &AtomicI64, elapsed: Duration) {
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        let free = self.per_second.saturating_mul(micros) / 1_000_000;
        left.fetch_add(free.min(self.burst - left.load(Relaxed)).max(0), Relaxed);
    }
}

struct Shared {
    /// Data events that may still pass.
    events: AtomicI64,
    /// Data bytes that may still pass.
    bytes: AtomicI64,
    /// Events that found no room since the last drain.
    not_shown: AtomicU64,
    /// Whether `wake` was called since the last drain.
    woken: AtomicBool,
    /// The number of the newest client.
    last_id: AtomicU64,
    captures: Captures,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn wake(&self) {
        if !self.woken.load(SeqCst) && !self.woken.swap(true, SeqCst) {
            (self.wake)();
        }
    }
}

/// The end that events go into.
#[derive(Clone)]
pub struct EventSender {
    sender: SyncSender<Event>,
    shared: Arc<Shared>,
}

impl EventSender {
    /// Hands an event on, or counts it where there is no room. Never waits.
    pub fn emit(&self, client: Option<ClientInfo>, kind: EventKind) {
        self.push(Event { at: SystemTime::now(), client, kind });
    }

    /// Hands on that `data` was received and echoed; copies it only where there is room.
    pub(super) fn received(&self, client: ClientInfo, data: &[u8], echoed: usize, took: Duration) {
        let Shared { events, bytes, .. } = &*self.shared;
        let len = i64::try_from(data.len()).unwrap_or(i64::MAX);
        let bytes_left = bytes.load(Relaxed);
        // What is larger than a burst passes when nothing was sent for a while; otherwise it never would.
        let fits = len <= bytes_left || bytes_left >= DATA_BYTES.burst;
        if events.load(Relaxed) <= 0 || !fits {
            self.count();
            return;
        }
        events.fetch_sub(1, Relaxed);
        bytes.fetch_sub(len, Relaxed);
        let at = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let kind = EventKind::Received { data: data.into(), echoed, took };
        self.push(Event { at, client: Some(client), kind });
    }

    /// Wakes the reader although there is no event: a status or a count has changed.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// What went by on the connections of this log, over all runs of the server.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        &self.shared.captures
    }

    /// The next client's number and address. One numbering for each log, over all runs of the server.
    pub(super) fn next_client(&self, peer: SocketAddr) -> ClientInfo {
        ClientInfo { id: ClientId(self.shared.last_id.fetch_add(1, Relaxed) + 1), peer }
    }

    fn push(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.shared.not_shown.fetch_add(1, Relaxed);
        }
        self.shared.wake();
    }

    fn count(&self) {
        self.shared.not_shown.fetch_add(1, Relaxed);
        self.shared.wake();
    }
}

/// The end that events come out of.
pub struct EventReceiver {
    receiver: Receiver<Event>,
    shared: Arc<Shared>,
    /// When the allowances were last added to.
    refilled: Instant,
}

impl EventReceiver {
    /// Hands on what has come since the last call, and how many events were not shown. Doesn't wait. Returns how
    /// many events were handed on.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) -> usize {
        // First, so that whoever pushes from here on wakes us again.
        self.shared.woken.store(false, SeqCst);
        let now = Instant::now();
        let elapsed = now.duration_since(std::mem::replace(&mut self.refilled, now));
        DATA_EVENTS.refill(&self.shared.events, elapsed);
        DATA_BYTES.refill(&self.shared.bytes, elapsed);
        let mut taken = 0;
        while taken < EVENTS {
            let Ok(event) = self.receiver.try_recv() else { break };
            take(event);
            taken += 1;
        }
        if taken == EVENTS {
            // As much again may be waiting: let the front end draw in between.
            self.shared.wake();
            return taken;
        }
        let count = self.shared.not_shown.swap(0, Relaxed);
        if count > 0 {
            take(Event { at: SystemTime::now(), client: None, kind: EventKind::NotShown { count } });
            taken += 1;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

    use super::*;

    fn client() -> ClientInfo {
        ClientInfo { id: ClientId(1), peer: SocketAddr::from(([127, 0, 0, 1], 1)) }
    }

    /// How many events were shown, and how many not.
    fn drain(source: &mut EventReceiver) -> (u64, u64) {
        let (mut shown, mut not_shown) = (0, 0);
        source.drain(|event| match event.kind {
            EventKind::NotShown { count } => not_shown += count,
            _ => shown += 1,
        });
        (shown, not_shown)
    }

    #[test]
    fn what_finds_no_room_is_counted_to_the_last_event() {
        let (sink, mut source) = channel(|| {});
        let sent = EVENTS as u64 * 3;
        for _ in 0..sent {
            sink.received(client(), b"x", 1, Duration::ZERO);
        }
        let (shown, not_shown) = drain(&mut source);
        assert!(shown >= DATA_EVENTS.burst as u64, "a burst is shown whole, not {shown} of it");
        assert_eq!(shown + not_shown, sent);
    }

    #[test]
    fn a_flood_of_data_leaves_room_for_connections() {
        let (sink, mut source) = channel(|| {});
        for _ in 0..EVENTS * 2 {
            sink.received(client(), &[0; 16], 16, Duration::ZERO);
        }
        sink.emit(Some(client()), EventKind::Opened);
        let mut opened = 0;
        source.drain(|event| opened += u32::from(matches!(event.kind, EventKind::Opened)));
        assert_eq!(opened, 1);
    }

    #[test]
    fn the_allowance_comes_back_with_time_and_no_further_than_a_burst() {
        let left = AtomicI64::new(0);
        DATA_EVENTS.refill(&left, Duration::from_millis(100));
        assert_eq!(left.load(Relaxed), DATA_EVENTS.per_second / 10);
        DATA_EVENTS.refill(&left, Duration::from_hours(1));
        assert_eq!(left.load(Relaxed), DATA_EVENTS.burst);
    }

    #[test]
    fn one_event_larger_than_a_burst_still_passes_after_a_calm() {
        let (sink, mut source) = channel(|| {});
        let large = vec![7; 2 * DATA_BYTES.burst as usize];
        sink.received(client(), &large, large.len(), Duration::ZERO);
        sink.received(client(), b"next", 4, Duration::ZERO);
        assert_eq!(drain(&mut source), (1, 1));
    }

    #[test]
    fn the_reader_is_woken_once_between_two_drains() {
        let woken = Arc::new(AtomicU64::new(0));
        let (sink, mut source) = channel({
            let woken = Arc::clone(&woken);
            move || {
                woken.fetch_add(1, SeqCst);
            }
        });
        for _ in 0..10 {
            sink.emit(None, EventKind::Stopped);
        }
        assert_eq!(woken.load(SeqCst), 1);
        assert_eq!(source.drain(|_| {}), 10);
        sink.emit(None, EventKind::Stopped);
        assert_eq!(woken.load(SeqCst), 2);
    }
}
