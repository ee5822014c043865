//! The bounded way from the server's threads to the log, on which nobody ever waits.
//!
//! A [`Sink`] takes events from any thread; one [`Source`] hands them on. Where there is no room an event is
//! counted instead, and the source tells the count as [`EventKind::NotShown`]. Data events may fill only a part of
//! the room, so that under a flood of data connections and problems still reach the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use super::event::{Client, ClientId, Event, EventKind};

/// Events on their way at most.
const EVENTS: usize = 16_384;
/// Data events are taken only while fewer events than this are on their way.
const DATA_EVENTS: usize = EVENTS / 2;
/// Data bytes on their way at most, unless a single event alone has more.
const DATA_BYTES: usize = 4 * 1024 * 1024;

/// Makes both ends. `wake` is called, from any thread, when there is something to drain; at most once between two
/// drains, so it may be as slow as waking a window.
pub fn channel(wake: impl Fn() + Send + Sync + 'static) -> (Sink, Source) {
    let (sender, receiver) = sync_channel(EVENTS);
    let shared = Arc::new(Shared {
        events: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        not_shown: AtomicU64::new(0),
        woken: AtomicBool::new(false),
        last_id: AtomicU64::new(0),
        wake: Box::new(wake),
    });
    (Sink { sender, shared: Arc::clone(&shared) }, Source { receiver, shared })
}

struct Shared {
    /// Events on their way.
    events: AtomicUsize,
    /// Data bytes on their way.
    bytes: AtomicUsize,
    /// Events that found no room since the last drain.
    not_shown: AtomicU64,
    /// Whether `wake` was called since the last drain.
    woken: AtomicBool,
    /// The number of the newest client.
    last_id: AtomicU64,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn wake(&self) {
        if !self.woken.swap(true, SeqCst) {
            (self.wake)();
        }
    }
}

/// The end that events go into.
#[derive(Clone)]
pub struct Sink {
    sender: SyncSender<Event>,
    shared: Arc<Shared>,
}

impl Sink {
    /// Hands an event on, or counts it where there is no room. Never waits.
    pub fn emit(&self, client: Option<Client>, kind: EventKind) {
        self.push(Event { at: SystemTime::now(), client, kind });
    }

    /// Hands on that `data` was received and echoed; copies it only where there is room.
    pub(super) fn received(&self, client: Client, data: &[u8], echoed: usize, took: Duration) {
        let events = self.shared.events.load(Relaxed);
        let bytes = self.shared.bytes.load(Relaxed);
        // An event that alone is over the limit goes through when the way is clear; otherwise it would never.
        if events >= DATA_EVENTS || (bytes > 0 && bytes + data.len() > DATA_BYTES) {
            self.count();
            return;
        }
        let at = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let kind = EventKind::Received { data: data.into(), echoed, took };
        self.push(Event { at, client: Some(client), kind });
    }

    /// Wakes the reader although there is no event: a status or a count has changed.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// The next client's number and address. One numbering for each log, over all runs of the server.
    pub(super) fn next_client(&self, peer: SocketAddr) -> Client {
        Client { id: ClientId(self.shared.last_id.fetch_add(1, Relaxed) + 1), peer }
    }

    fn push(&self, event: Event) {
        let bytes = data_len(&event);
        self.shared.events.fetch_add(1, Relaxed);
        self.shared.bytes.fetch_add(bytes, Relaxed);
        if self.sender.try_send(event).is_err() {
            self.shared.events.fetch_sub(1, Relaxed);
            self.shared.bytes.fetch_sub(bytes, Relaxed);
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
pub struct Source {
    receiver: Receiver<Event>,
    shared: Arc<Shared>,
}

impl Source {
    /// Hands on what has come since the last call, and how many events were not shown. Doesn't wait. Returns how
    /// many events were handed on.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) -> usize {
        // First, so that whoever pushes from here on wakes us again.
        self.shared.woken.store(false, SeqCst);
        let mut taken = 0;
        while taken < EVENTS {
            let Ok(event) = self.receiver.try_recv() else { break };
            self.shared.events.fetch_sub(1, Relaxed);
            self.shared.bytes.fetch_sub(data_len(&event), Relaxed);
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

fn data_len(event: &Event) -> usize {
    match &event.kind {
        EventKind::Received { data, .. } => data.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client { id: ClientId(1), peer: SocketAddr::from(([127, 0, 0, 1], 1)) }
    }

    #[test]
    fn what_finds_no_room_is_counted_to_the_last_event() {
        let (sink, mut source) = channel(|| {});
        let sent = EVENTS as u64 * 3;
        for _ in 0..sent {
            sink.received(client(), b"x", 1, Duration::ZERO);
        }
        let (mut shown, mut not_shown) = (0, 0);
        source.drain(|event| match event.kind {
            EventKind::NotShown { count } => not_shown += count,
            _ => shown += 1,
        });
        assert_eq!(shown, DATA_EVENTS as u64);
        assert_eq!(shown + not_shown, sent);
    }

    #[test]
    fn a_flood_of_data_leaves_room_for_connections() {
        let (sink, mut source) = channel(|| {});
        for _ in 0..EVENTS * 2 {
            sink.received(client(), &[0; 1024], 1024, Duration::ZERO);
        }
        sink.emit(Some(client()), EventKind::Opened);
        let mut opened = 0;
        source.drain(|event| opened += u32::from(matches!(event.kind, EventKind::Opened)));
        assert_eq!(opened, 1);
    }

    #[test]
    fn one_event_larger_than_the_room_still_passes_when_the_way_is_clear() {
        let (sink, mut source) = channel(|| {});
        let large = vec![7; DATA_BYTES * 2];
        sink.received(client(), &large, large.len(), Duration::ZERO);
        let mut seen = 0;
        source.drain(|event| seen += data_len(&event));
        assert_eq!(seen, large.len());
    }

    #[test]
    fn the_reader_is_woken_once_between_two_drains() {
        let woken = Arc::new(AtomicUsize::new(0));
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
