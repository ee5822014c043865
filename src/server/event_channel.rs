//! The bounded channel from the server's threads to the log. Sending never waits.
//!
//! Any thread sends through an [`EventSender`]; one [`EventReceiver`] receives. The channel has a maximum length and a
//! maximum size in bytes. If it is full, the event is counted instead, and the receiver reports the count as
//! [`EventKind::NotShown`].
//!
//! Received data is limited by a token bucket: a burst passes whole, and a flood is reduced to a rate that is more than
//! anyone can read, but too low to slow down the echo. The rest of the channel is reserved for connections and
//! problems.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Captures;
use crate::server::event::{ClientId, ClientInfo, Event, EventKind};

/// The capacity of the channel.
const EVENTS: usize = 16_384;
/// The maximum size of the events in the channel, in bytes. A single larger event is accepted, too.
const BYTES: usize = 16 << 20;
/// The tokens that an event about data takes in addition to one for each byte.
const EVENT_COST: i64 = 300;
/// The maximum number of tokens, which is also the initial number.
const BURST: i64 = 4 << 20;
/// The tokens that are added each second.
const TOKENS_PER_SECOND: i64 = 3 << 20;

/// Creates both ends of a channel. `wake` is called, from any thread, when there is something to drain; at most once
/// between two drains, so it may be as slow as waking a window.
pub fn channel(wake: impl Fn() + Send + Sync + 'static) -> (EventSender, EventReceiver) {
    let (sender, receiver) = sync_channel(EVENTS);
    let state = Arc::new(ChannelState {
        tokens: AtomicI64::new(BURST),
        bytes: AtomicUsize::new(0),
        not_shown: AtomicU64::new(0),
        is_woken: AtomicBool::new(false),
        last_id: AtomicU64::new(0),
        captures: Captures::default(),
        wake: Box::new(wake),
    });
    // The reference is weak to avoid a cycle, since the captures are a part of the state.
    let weak = Arc::downgrade(&state);
    state.captures.set_notifier(move || {
        if let Some(state) = weak.upgrade() {
            state.wake();
        }
    });
    let refilled = Instant::now();
    (EventSender { sender, state: Arc::clone(&state) }, EventReceiver { receiver, state, refilled })
}

struct ChannelState {
    /// The tokens that are left for data events.
    tokens: AtomicI64,
    /// The size of the events in the channel.
    bytes: AtomicUsize,
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
    /// Adds the tokens for the time `elapsed`, up to `BURST`. Since only the receiver adds tokens, the number that it
    /// reads may be too high, but never too low.
    fn refill(&self, elapsed: Duration) {
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        let added = TOKENS_PER_SECOND.saturating_mul(micros) / 1_000_000;
        self.tokens.fetch_add(added.min(BURST - self.tokens.load(Relaxed)).max(0), Relaxed);
    }

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

    /// Sends an event about data that was received and echoed. Copies the data only if the event isn't skipped.
    pub(super) fn send_received(&self, client: ClientInfo, data: &[u8], echoed: usize, took: Duration) {
        let cost = i64::try_from(data.len()).unwrap_or(i64::MAX / 2) + EVENT_COST;
        let available = self.state.tokens.load(Relaxed);
        // Data that is larger than a burst passes when the bucket is full; otherwise it never would.
        if cost > available && available < BURST {
            return self.push(None);
        }
        self.state.tokens.fetch_sub(cost, Relaxed);
        let at = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let kind = EventKind::Received { data: data.into(), echoed, took };
        self.push(Some(Event { at, client: Some(client), kind }));
    }

    /// Wakes the receiver without an event, after a change of a state or a counter.
    pub fn wake(&self) {
        self.state.wake();
    }

    /// Returns the captures of the connections in this log, over all runs of the server.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        &self.state.captures
    }

    /// Gives the next client its number. The numbering continues over all runs of the server that share a log.
    pub(super) fn next_client(&self, peer: SocketAddr) -> ClientInfo {
        ClientInfo { id: ClientId(self.state.last_id.fetch_add(1, Relaxed) + 1), peer }
    }

    /// Sends an event; counts it as skipped if it is `None` or the channel is full.
    fn push(&self, event: Option<Event>) {
        if event.is_none_or(|event| !self.try_send(event)) {
            self.state.not_shown.fetch_add(1, Relaxed);
        }
        self.state.wake();
    }

    fn try_send(&self, event: Event) -> bool {
        let size = event.size();
        let before = self.state.bytes.fetch_add(size, Relaxed);
        let is_sent = (before == 0 || before + size <= BYTES) && self.sender.try_send(event).is_ok();
        if !is_sent {
            self.state.bytes.fetch_sub(size, Relaxed);
        }
        is_sent
    }
}

/// The end of the channel that the log receives from.
pub struct EventReceiver {
    receiver: Receiver<Event>,
    state: Arc<ChannelState>,
    /// When tokens were last added.
    refilled: Instant,
}

impl EventReceiver {
    /// Passes to `take` all events since the last drain, and then the number of skipped events if there are any. Never
    /// waits. Returns the number of events passed.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) -> usize {
        // Reset this first, so that every later event wakes the receiver again.
        self.state.is_woken.store(false, SeqCst);
        let now = Instant::now();
        let elapsed = now.duration_since(std::mem::replace(&mut self.refilled, now));
        self.state.refill(elapsed);
        let mut taken = 0;
        for event in self.receiver.try_iter().take(EVENTS) {
            self.state.bytes.fetch_sub(event.size(), Relaxed);
            take(event);
            taken += 1;
        }
        if taken == EVENTS {
            // More events may follow. Waking again lets the front end draw in between.
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
        assert!(shown >= (BURST / (EVENT_COST + 1)) as u64, "a burst passes whole, not {shown} events of it");
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
    fn size_of_queued_events_is_limited() {
        let (sender, mut receiver) = channel(|| {});
        let text = "x".repeat(BYTES / 4);
        for _ in 0..10 {
            sender.send(None, EventKind::Note { text: text.clone(), problem: false });
        }
        assert_eq!(drain(&mut receiver), (3, 7));
        assert_eq!(receiver.state.bytes.load(Relaxed), 0);
        sender.send(None, EventKind::Note { text: text.repeat(5), problem: false });
        assert_eq!(drain(&mut receiver), (1, 0), "a larger event than the limit passes alone");
    }

    #[test]
    fn rate_limit_refills_up_to_a_burst() {
        let state = channel(|| {}).0.state;
        state.tokens.store(0, Relaxed);
        state.refill(Duration::from_millis(100));
        assert_eq!(state.tokens.load(Relaxed), TOKENS_PER_SECOND / 10);
        state.refill(Duration::from_hours(1));
        assert_eq!(state.tokens.load(Relaxed), BURST);
    }

    #[test]
    fn event_larger_than_a_burst_passes_after_a_quiet_time() {
        let (sender, mut receiver) = channel(|| {});
        let large = vec![7; 2 * BURST as usize];
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
