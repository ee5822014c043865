//! The bounded channel from the server's threads to the log. Sending never waits.
//!
//! Any thread sends through an [`EventSender`]; one [`EventReceiver`] receives. The channel has a maximum length and a
//! maximum size in bytes. If it is full, the event is counted instead, and the receiver reports the count as
//! [`EventKind::NotShown`]. A part of the channel is reserved for connections and problems: received data can't fill it.
//!
//! Received data is also limited by a token bucket, so that the log doesn't slow down the echo. An event and each byte of
//! its data take tokens. The receiver measures how much processor time a token costs it, and adds as many tokens as it
//! can afford with a small part of the machine. So a burst passes whole, a fast receiver gets more than a slow one, and a
//! flood is reduced.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Captures;
use crate::platform::processor_time::WorkTimer;
use crate::server::event::{ClientId, ClientInfo, Event, EventKind, Problem};
use crate::server::sum::Sum;
use crate::sync::lock;
use crate::text::count;

/// The maximum number of events in the channel.
const EVENTS: usize = 65_536;
/// The maximum size of the events in the channel, in bytes. A single larger event is accepted, too.
const BYTES: usize = 16 << 20;
/// The part of the channel that events about data may fill, in quarters.
const DATA_QUARTERS: usize = 3;
/// The tokens that an event takes, and those that each byte of its data takes in addition. Large data takes more than its
/// share of the receiver's time, since it is also copied, printed and written to a disk.
const EVENT_COST: i64 = 300;
const BYTE_COST: i64 = 8;
/// The initial number of tokens, and the maximum after a quiet time.
const BURST: i64 = 12 << 20;
/// The minimum and the maximum of the tokens that are added each second. The maximum is enough for 55,000 events with 64
/// bytes of data, more than a user can read.
const TOKENS_PER_SECOND: (f64, f64) = (6e6, 45e6);
/// The part of the machine's processor time that the receiver may spend on events.
const SHARE: f64 = 0.06;
/// The number of tokens over which the time for a token is averaged.
const AVERAGED: f64 = 1e6;
/// The number of events that [`EventSender::last_events`] returns at most.
const LAST: usize = 50;

/// Creates both ends of a channel. `wake` is called, from any thread, when there is something to drain; at most once
/// between two drains, so it may be as slow as waking a window.
pub fn channel(wake: impl Fn() + Send + Sync + 'static) -> (EventSender, EventReceiver) {
    let state = Arc::new(ChannelState {
        queue: Mutex::default(),
        last: Mutex::default(),
        has_room_for_data: AtomicBool::new(true),
        tokens: AtomicI64::new(BURST),
        not_shown: Sum::default(),
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
    let receiver = EventReceiver {
        state: Arc::clone(&state),
        drained: Vec::new(),
        budget: Budget::new(),
        refilled: Instant::now(),
    };
    (EventSender { state }, receiver)
}

/// Returns the tokens that an event with this data takes.
fn cost(data: &[u8]) -> i64 {
    i64::try_from(data.len()).unwrap_or(i64::MAX).saturating_mul(BYTE_COST).saturating_add(EVENT_COST)
}

struct ChannelState {
    queue: Mutex<Queue>,
    /// The last drained events, without data.
    last: Mutex<VecDeque<Event>>,
    /// Whether events about data are accepted. Reset when one was rejected, until the next drain.
    has_room_for_data: AtomicBool,
    /// The tokens that are left for data events.
    tokens: AtomicI64,
    /// The number of skipped events since the last drain.
    not_shown: Sum,
    /// Whether `wake` was called since the last drain.
    is_woken: AtomicBool,
    /// The number of the newest client.
    last_id: AtomicU64,
    captures: Captures,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Queue {
    events: Vec<Event>,
    /// The size of the events in bytes.
    bytes: usize,
}

impl ChannelState {
    /// Adds the tokens for the time `elapsed`, up to a burst, or to what is needed at the present rate of events: `taken`
    /// tokens since the last refill. Since only the receiver adds tokens, the number that it reads may be too high, but
    /// never too low.
    fn refill(&self, elapsed: Duration, per_second: f64, taken: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "far less than 2^63")]
        let added = (elapsed.as_secs_f64() * per_second) as i64;
        let max = BURST.max(taken.saturating_mul(2));
        self.tokens.fetch_add(added.min(max - self.tokens.load(Relaxed)).max(0), Relaxed);
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
    state: Arc<ChannelState>,
}

impl EventSender {
    /// Sends an event, or counts it if the channel is full. Never waits.
    pub fn send(&self, client: Option<ClientInfo>, kind: EventKind) {
        self.push(Event { at: SystemTime::now(), client, kind });
    }

    /// Sends an event about data that was received and echoed. Copies the data only if the event isn't skipped.
    pub(super) fn send_received(
        &self,
        client: ClientInfo,
        (offset, data): (u64, &[u8]),
        echoed: usize,
        took: Duration,
    ) {
        let cost = cost(data);
        let available = self.state.tokens.load(Relaxed);
        // Data that is larger than a burst passes when the bucket is full; otherwise it never would.
        let has_tokens = cost <= available || available >= BURST;
        if !has_tokens || !self.state.has_room_for_data.load(Relaxed) {
            return self.skip(client.id);
        }
        self.state.tokens.fetch_sub(cost, Relaxed);
        let at = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let kind = EventKind::Received { data: data.into(), offset, echoed, took };
        self.push(Event { at, client: Some(client), kind });
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

    /// Returns a function that returns the last events without data, including those that aren't drained yet. It never
    /// waits: it returns `None` while a thread holds one of the locks, after a panic of such a thread, and once the channel
    /// was dropped.
    pub fn last_events(&self) -> impl Fn() -> Option<Vec<Event>> + Send + Sync + use<> {
        let state = Arc::downgrade(&self.state);
        move || {
            let state = state.upgrade()?;
            let mut last = state.last.try_lock().ok()?.clone();
            add_last(&mut last, &state.queue.try_lock().ok()?.events);
            Some(last.into())
        }
    }

    /// Gives the next client its number. The numbering continues over all runs of the server that share a log.
    pub(super) fn next_client(&self, peer: SocketAddr) -> ClientInfo {
        ClientInfo { id: ClientId(self.state.last_id.fetch_add(1, Relaxed) + 1), peer }
    }

    /// Sends an event; counts it as skipped if the channel is full.
    fn push(&self, event: Event) {
        let client = event.client.map_or(ClientId(0), |client| client.id);
        if !self.try_send(event) {
            return self.skip(client);
        }
        self.state.wake();
    }

    /// Counts an event as skipped.
    fn skip(&self, client: ClientId) {
        // In order with the check of `is_woken`, so that the count can't be missed.
        self.state.not_shown.add(client, 1);
        self.state.wake();
    }

    fn try_send(&self, event: Event) -> bool {
        let size = event.size();
        let is_data = matches!(event.kind, EventKind::Received { .. });
        let quarters = if is_data { DATA_QUARTERS } else { 4 };
        let mut queue = lock(&self.state.queue);
        let has_room = queue.events.is_empty()
            || (queue.events.len() < EVENTS / 4 * quarters && queue.bytes + size <= BYTES / 4 * quarters);
        if has_room {
            queue.bytes += size;
            queue.events.push(event);
        } else if is_data {
            self.state.has_room_for_data.store(false, Relaxed);
        }
        has_room
    }
}

/// The end of the channel that the log receives from.
pub struct EventReceiver {
    state: Arc<ChannelState>,
    /// An empty buffer, which is exchanged for the channel's.
    drained: Vec<Event>,
    budget: Budget,
    /// When tokens were last added.
    refilled: Instant,
}

impl EventReceiver {
    /// Passes to `take` all events since the last drain, and then the number of skipped events if there are any. Never
    /// waits. Returns the number of events passed.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) -> usize {
        let timer = WorkTimer::start();
        // Reset this first, so that every later event wakes the receiver again.
        self.state.is_woken.store(false, SeqCst);
        let now = Instant::now();
        let elapsed = now.duration_since(std::mem::replace(&mut self.refilled, now));
        let last_tokens = self.budget.tokens;
        self.state.refill(elapsed, self.budget.tokens_per_second(), last_tokens);
        let mut queue = lock(&self.state.queue);
        std::mem::swap(&mut queue.events, &mut self.drained);
        queue.bytes = 0;
        self.state.has_room_for_data.store(true, Relaxed);
        drop(queue);
        add_last(&mut lock(&self.state.last), &self.drained);
        let mut taken = self.drained.len();
        let mut tokens = 0;
        // A flood leaves a large buffer behind.
        let room = taken * 2;
        for event in self.drained.drain(..) {
            tokens +=
                if let EventKind::Received { data, .. } = &event.kind { cost(data) } else { EVENT_COST };
            take(event);
        }
        self.drained.shrink_to(room);
        let count = self.state.not_shown.take();
        if count > 0 {
            take(Event { at: SystemTime::now(), client: None, kind: EventKind::NotShown { count } });
            taken += 1;
        }
        self.budget.tokens += tokens;
        self.add_time(timer.elapsed());
        taken
    }

    /// Adds processor time that was spent on the drained events after [`Self::drain`].
    pub fn add_time(&mut self, time: Duration) {
        self.budget.time += time;
    }
}

/// Adds the newest of these events without their data, in place of the oldest.
fn add_last(last: &mut VecDeque<Event>, events: &[Event]) {
    for event in &events[events.len().saturating_sub(LAST)..] {
        if last.len() == LAST {
            last.pop_front();
        }
        let kind = match &event.kind {
            EventKind::Received { data, echoed, .. } => {
                let (received, sent) = (count(data.len() as u64, "byte"), count(*echoed as u64, "byte"));
                EventKind::Note { text: format!("Received {received}, sent {sent}"), problem: false }
            }
            EventKind::Problem(Problem::NotTls { protocol, .. }) => {
                EventKind::Problem(Problem::NotTls { start: Vec::new(), protocol: *protocol })
            }
            kind => kind.clone(),
        };
        last.push_back(Event { at: event.at, client: event.client, kind });
    }
}

/// The receiver's processor time for events.
struct Budget {
    /// The tokens of the last drain's events, and the time that was spent on them.
    tokens: i64,
    time: Duration,
    /// The average time for a token, in seconds.
    per_token: f64,
    /// The processor time that may be spent each second.
    seconds: f64,
}

impl Budget {
    fn new() -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a number of processors")]
        let processors = thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        Self { tokens: 0, time: Duration::ZERO, per_token: 0.0, seconds: processors * SHARE }
    }

    /// Returns how many tokens the receiver can afford each second.
    fn tokens_per_second(&mut self) -> f64 {
        // After few events, most of the time is that of the drain itself and of the window's other work.
        const MIN_TOKENS: i64 = 30_000;
        let (tokens, time) = (std::mem::take(&mut self.tokens), std::mem::take(&mut self.time));
        if tokens >= MIN_TOKENS {
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
            let tokens = tokens as f64;
            let per_token = time.as_secs_f64() / tokens;
            let weight = (tokens / AVERAGED).min(1.0);
            self.per_token += (per_token - self.per_token) * weight;
        }
        (self.seconds / self.per_token).clamp(TOKENS_PER_SECOND.0, TOKENS_PER_SECOND.1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::float_cmp)]

    use super::*;
    use crate::tls::client_hello::OtherProtocol;

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
            sender.send_received(client(), (0, b"x"), 1, Duration::ZERO);
        }
        let (shown, not_shown) = drain(&mut receiver);
        assert!(shown >= (BURST / cost(b"x")) as u64, "a burst passes whole, not {shown} events of it");
        assert_eq!(shown + not_shown, sent);
    }

    #[test]
    fn last_events_have_no_data_and_are_not_waited_for() {
        let (sender, mut receiver) = channel(|| {});
        let last_events = sender.last_events();
        for _ in 0..LAST {
            sender.send(None, EventKind::AcceptPaused);
        }
        receiver.drain(drop);
        sender.send_received(client(), (0, b"secret"), 6, Duration::ZERO);
        let start = b"secret".to_vec();
        sender.send(None, EventKind::Problem(Problem::NotTls { start, protocol: OtherProtocol::Http }));
        let last = last_events().unwrap();
        assert_eq!(last.len(), LAST);
        let text = format!("{:?}", &last[LAST - 3..]);
        assert!(text.contains("AcceptPaused") && text.contains("Received 6 bytes, sent 6 bytes"), "{text}");
        assert!(!text.contains("secret") && !text.contains("115"), "{text}");
        let held = lock(&sender.state.queue);
        assert!(last_events().is_none());
        drop(held);
        assert!(last_events().is_some());
        drop((sender, receiver));
        assert!(last_events().is_none());
    }

    #[test]
    fn flood_of_data_leaves_room_for_connections() {
        let (sender, mut receiver) = channel(|| {});
        for _ in 0..EVENTS * 2 {
            sender.send_received(client(), (0, &[0; 16]), 16, Duration::ZERO);
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
        assert_eq!(lock(&receiver.state.queue).bytes, 0);
        sender.send(None, EventKind::Note { text: text.repeat(5), problem: false });
        assert_eq!(drain(&mut receiver), (1, 0), "a larger event than the limit passes alone");
    }

    #[test]
    fn large_data_leaves_room_for_problems() {
        let (sender, mut receiver) = channel(|| {});
        let large = vec![7; 1 << 20];
        let text = "x".repeat(1 << 20);
        for _ in 0..16 {
            sender.state.tokens.store(BURST, Relaxed);
            sender.send_received(client(), (0, &large), large.len(), Duration::ZERO);
        }
        for _ in 0..16 {
            sender.send(None, EventKind::Note { text: text.clone(), problem: true });
        }
        let (mut data, mut notes, mut not_shown) = (0, 0, 0);
        receiver.drain(|event| match event.kind {
            EventKind::Received { .. } => data += 1,
            EventKind::NotShown { count } => not_shown += count,
            _ => notes += 1,
        });
        assert_eq!((data, notes, not_shown), (11, 4, 17));
    }

    #[test]
    fn tokens_are_added_up_to_a_burst_or_to_what_is_needed() {
        let state = channel(|| {}).0.state;
        state.tokens.store(0, Relaxed);
        state.refill(Duration::from_millis(100), 1e6, 0);
        assert_eq!(state.tokens.load(Relaxed), 100_000);
        for _ in 0..100 {
            state.refill(Duration::from_hours(1), 1e6, 0);
        }
        assert_eq!(state.tokens.load(Relaxed), BURST);
        for _ in 0..100 {
            state.refill(Duration::from_hours(1), 1e6, BURST);
        }
        assert_eq!(state.tokens.load(Relaxed), 2 * BURST, "as many as two drains take");
    }

    #[test]
    fn rate_follows_the_time_that_the_receiver_takes() {
        let mut budget = Budget { seconds: 0.1, ..Budget::new() };
        let mut after = |tokens, nanoseconds_per_token| {
            budget.tokens += tokens;
            budget.time += Duration::from_nanos(nanoseconds_per_token * tokens as u64);
            budget.tokens_per_second()
        };
        let near = |rate: f64, expected: f64| (rate / expected - 1.0).abs() < 0.01;
        assert_eq!(after(0, 0), TOKENS_PER_SECOND.1);
        assert!(near(after(1_000_000, 5), 20e6));
        assert!(near(after(1_000_000, 10), 10e6));
        assert!(near(after(500_000, 20), 0.1 / 15e-9), "half of the average is new");
        assert_eq!(after(1_000_000, 1000), TOKENS_PER_SECOND.0);
        for _ in 0..100 {
            // Few events don't count, nor does the time of many such drains.
            assert_eq!(after(100, 1_000_000), TOKENS_PER_SECOND.0);
        }
        assert_eq!(after(1_000_000, 1), TOKENS_PER_SECOND.1);
    }

    #[test]
    fn time_of_draining_is_measured() {
        let (sender, mut receiver) = channel(|| {});
        for _ in 0..1000 {
            sender.send_received(client(), (0, &[0; 64]), 64, Duration::ZERO);
        }
        let timer = WorkTimer::start();
        receiver.drain(|_| {
            let timer = WorkTimer::start();
            while timer.elapsed() < Duration::from_micros(20) {}
        });
        let all = timer.elapsed();
        assert_eq!(receiver.budget.tokens, 1000 * cost(&[0; 64]));
        assert!((Duration::from_millis(20)..=all).contains(&receiver.budget.time));
    }

    #[test]
    fn event_larger_than_a_burst_passes_after_a_quiet_time() {
        let (sender, mut receiver) = channel(|| {});
        let large = vec![7; 2 * BURST as usize];
        sender.send_received(client(), (0, &large), large.len(), Duration::ZERO);
        sender.send_received(client(), (0, b"next"), 4, Duration::ZERO);
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
