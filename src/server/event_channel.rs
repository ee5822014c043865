//! The bounded channel from the server's threads to the log. Sending never waits.
//!
//! Any thread sends through an [`EventSender`]; one [`EventReceiver`] receives. If the channel is full, the event is
//! counted instead, and the receiver reports the count as [`EventKind::NotShown`].
//!
//! Received data is limited by a token bucket: a burst passes whole, and a flood is reduced to more than anyone can read
//! and less than would slow down the echo. The rest of the channel is reserved for connections and problems.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Captures;
use crate::server::event::{ClientId, ClientInfo, Event, EventKind};

/// The capacity of the channel.
const EVENTS: usize = 16_384;
/// The limit of data events.
const DATA_EVENTS: RateLimit = RateLimit { burst: 8192, per_second: 10_000 };
/// The limit of bytes in data events.
const DATA_BYTES: RateLimit = RateLimit { burst: 4 << 20, per_second: 2 << 20 };

/// Creates both ends. `wake` is called, from any thread, when there is something to drain; at most once between two
/// drains, so it may be as slow as waking a window.
pub fn channel(wake: impl Fn() + Send + Sync + 'static) -> (EventSender, EventReceiver) {
    let (sender, receiver) = sync_channel(EVENTS);
    let state = Arc::new(ChannelState {
        events_left: AtomicI64::new(DATA_EVENTS.burst),
        bytes_left: AtomicI64::new(DATA_BYTES.burst),
        not_shown: AtomicU64::new(0),
        is_woken: AtomicBool::new(false),
        last_id: AtomicU64::new(0),
        captures: Captures::default(),
        wake: Box::new(wake),
    });
    // Weak, since the captures are a part of the state.
    let weak = Arc::downgrade(&state);
    state.captures.set_notifier(move || {
        if let Some(state) = weak.upgrade() {
            state.wake();
        }
    });
    let refilled = Instant::now();
    (EventSender { sender, state: Arc::clone(&state) }, EventReceiver { receiver, state, refilled })
}

/// A token bucket.
struct RateLimit {
    burst: i64,
    per_second: i64,
}

impl RateLimit {
    /// Adds the tokens of `elapsed`, up to a whole burst. Only the receiver adds tokens, so the number that it reads can
    /// only be too high.
    fn refill(&self, left: &AtomicI64, elapsed: Duration) {
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        let added = self.per_second.saturating_mul(micros) / 1_000_000;
        left.fetch_add(added.min(self.burst - left.load(Relaxed)).max(0), Relaxed);
    }
}

struct ChannelState {
    /// The number of data events that may still pass.
    events_left: AtomicI64,
    /// The number of data bytes that may still pass.
    bytes_left: AtomicI64,
    /// The number of skipped events since the last drain.
    not_shown: AtomicU64,
    /// Whether `wake` was called since the last drain.
    is_woken: AtomicBool,
    /// The number of the newest client.
    last_id: AtomicU64,
    captures: Captures,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl ChannelState {
    fn wake(&self) {
        if !self.is_woken.load(SeqCst) && !self.is_woken.swap(true, SeqCst) {
            (self.wake)();
        }
    }
}

/// The end of the channel that the server's threads send to.
#[derive(Clone)]
pub struct EventSender {
    sender: SyncSender<Event>,
    state: Arc<ChannelState>,
}

impl EventSender {
    /// Sends an event, or counts it if the channel is full. Never waits.
    pub fn send(&self, client: Option<ClientInfo>, kind: EventKind) {
        self.push(Some(Event { at: SystemTime::now(), client, kind }));
    }

    /// Sends that `data` was received and echoed. Copies the data only if the event passes.
    pub(super) fn send_received(&self, client: ClientInfo, data: &[u8], echoed: usize, took: Duration) {
        let ChannelState { events_left, bytes_left, .. } = &*self.state;
        let len = i64::try_from(data.len()).unwrap_or(i64::MAX);
        let available = bytes_left.load(Relaxed);
        // Data that is larger than a burst passes after a quiet time; otherwise it never would.
        let fits = len <= available || available >= DATA_BYTES.burst;
        if events_left.load(Relaxed) <= 0 || !fits {
            return self.push(None);
        }
        events_left.fetch_sub(1, Relaxed);
        bytes_left.fetch_sub(len, Relaxed);
        let at = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let kind = EventKind::Received { data: data.into(), echoed, took };
        self.push(Some(Event { at, client: Some(client), kind }));
    }

    /// Wakes the receiver without an event, after a change of a state or a count.
    pub fn wake(&self) {
        self.state.wake();
    }

    /// Returns the captures of the connections in this log, over all runs of the server.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        &self.state.captures
    }

    /// Returns the next client's number and address. Each log has one numbering, over all runs of the server.
    pub(super) fn next_client(&self, peer: SocketAddr) -> ClientInfo {
        ClientInfo { id: ClientId(self.state.last_id.fetch_add(1, Relaxed) + 1), peer }
    }

    /// Sends an event; counts it as skipped if it is `None` or the channel is full.
    fn push(&self, event: Option<Event>) {
        if event.is_none_or(|event| self.sender.try_send(event).is_err()) {
            self.state.not_shown.fetch_add(1, Relaxed);
        }
        self.state.wake();
    }
}

/// The end of the channel that the log receives from.
pub struct EventReceiver {
    receiver: Receiver<Event>,
    state: Arc<ChannelState>,
    /// When the rate limits were last refilled.
    refilled: Instant,
}

impl EventReceiver {
    /// Passes all events since the last call to `take`, and the number of skipped events if there are any. Doesn't wait.
    /// Returns the number of events.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) -> usize {
        // First, so that every later event wakes the receiver again.
        self.state.is_woken.store(false, SeqCst);
        let now = Instant::now();
        let elapsed = now.duration_since(std::mem::replace(&mut self.refilled, now));
        DATA_EVENTS.refill(&self.state.events_left, elapsed);
        DATA_BYTES.refill(&self.state.bytes_left, elapsed);
        let mut taken = 0;
        for event in self.receiver.try_iter().take(EVENTS) {
            take(event);
            taken += 1;
        }
        if taken == EVENTS {
            // There may be as many again. The front end can draw in between.
            self.state.wake();
            return taken;
        }
        let count = self.state.not_shown.swap(0, Relaxed);
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

    /// Returns how many events were passed, and how many skipped.
    fn drain(receiver: &mut EventReceiver) -> (u64, u64) {
        let (mut shown, mut not_shown) = (0, 0);
        receiver.drain(|event| match event.kind {
            EventKind::NotShown { count } => not_shown += count,
            _ => shown += 1,
        });
        (shown, not_shown)
    }

    #[test]
    fn skipped_events_are_counted_exactly() {
        let (sender, mut receiver) = channel(|| {});
        let sent = EVENTS as u64 * 3;
        for _ in 0..sent {
            sender.send_received(client(), b"x", 1, Duration::ZERO);
        }
        let (shown, not_shown) = drain(&mut receiver);
        assert!(shown >= DATA_EVENTS.burst as u64, "a burst passes whole, not {shown} events of it");
        assert_eq!(shown + not_shown, sent);
    }

    #[test]
    fn flood_of_data_leaves_room_for_connections() {
        let (sender, mut receiver) = channel(|| {});
        for _ in 0..EVENTS * 2 {
            sender.send_received(client(), &[0; 16], 16, Duration::ZERO);
        }
        sender.send(Some(client()), EventKind::Opened);
        let mut opened = 0;
        receiver.drain(|event| opened += u32::from(matches!(event.kind, EventKind::Opened)));
        assert_eq!(opened, 1);
    }

    #[test]
    fn rate_limit_refills_up_to_a_burst() {
        let left = AtomicI64::new(0);
        DATA_EVENTS.refill(&left, Duration::from_millis(100));
        assert_eq!(left.load(Relaxed), DATA_EVENTS.per_second / 10);
        DATA_EVENTS.refill(&left, Duration::from_hours(1));
        assert_eq!(left.load(Relaxed), DATA_EVENTS.burst);
    }

    #[test]
    fn event_larger_than_a_burst_passes_after_a_quiet_time() {
        let (sender, mut receiver) = channel(|| {});
        let large = vec![7; 2 * DATA_BYTES.burst as usize];
        sender.send_received(client(), &large, large.len(), Duration::ZERO);
        sender.send_received(client(), b"next", 4, Duration::ZERO);
        assert_eq!(drain(&mut receiver), (1, 1));
    }

    #[test]
    fn receiver_is_woken_once_between_two_drains() {
        let woken = Arc::new(AtomicU64::new(0));
        let (sender, mut receiver) = channel({
            let woken = Arc::clone(&woken);
            move || {
                woken.fetch_add(1, SeqCst);
            }
        });
        for _ in 0..10 {
            sender.send(None, EventKind::Stopped);
        }
        assert_eq!(woken.load(SeqCst), 1);
        assert_eq!(receiver.drain(|_| {}), 10);
        sender.send(None, EventKind::Stopped);
        assert_eq!(woken.load(SeqCst), 2);
    }
}
