//! The state that a client's handle and its thread share: requests one way, the status and a bounded queue of events
//! the other. The thread never waits for the reader.
//!
//! Events about data that don't fit into the queue are skipped and counted, and the reader gets the count. All other
//! events, of which there are few, are always queued.

use crate::client::client_event::{
    ClientEvent, ClientEventKind, ClientState, ClientStatus, CloseMode, ConnectionOutcome,
};
use crate::client::send_queue::{Payload, SendRequest};
use crate::sync::{lock, wait_while_for};
use mio::Waker;
use std::collections::VecDeque;
use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Instant, SystemTime};

/// The most bytes of typed text in the send queue.
pub const MAX_QUEUED: usize = 16 << 20;

/// Why something can't be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no connection.
    #[error("Not connected. Connect first.")]
    NotOpen,
    /// The sending side was closed, or will be.
    #[error("You half-closed this connection. Connect again to send more.")]
    HalfClosed,
    /// The send queue is full, since the server isn't receiving.
    #[error(
        "The send queue is full (16 MiB): the server isn't receiving. Wait, stop sending, or close the connection."
    )]
    QueueFull,
}

/// How the thread is to end the connection. Until the thread takes a request, a greater one replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CloseRequest {
    /// In the mode that the user chose.
    Close(CloseMode),
    /// At once, since the connection is no longer shown anywhere.
    Drop,
}

/// The state that a client's handle and its thread share.
pub(super) struct ClientShared {
    pub(super) events: EventQueue,
    requests: Mutex<Requests>,
    /// Notified when the connection is over.
    over: Condvar,
    /// Wakes the thread. Set as soon as the thread can be woken.
    waker: OnceLock<Arc<Waker>>,
}

#[derive(Default)]
struct Requests {
    sends: VecDeque<SendRequest>,
    /// Bytes in `sends`.
    bytes: usize,
    close: Option<CloseRequest>,
    is_half_close_requested: bool,
    status: ClientStatus,
}

impl ClientShared {
    /// Creates the state of a new connection. `first` is sent as soon as the connection is open.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static, first: Option<SendRequest>) -> Self {
        let status =
            ClientStatus { state: ClientState::Resolving, since: Some(Instant::now()), ..Default::default() };
        let requests = Requests { sends: first.into_iter().collect(), status, ..Requests::default() };
        Self {
            events: EventQueue::new(wake),
            requests: Mutex::new(requests),
            over: Condvar::new(),
            waker: OnceLock::new(),
        }
    }

    pub(super) fn send(&self, request: SendRequest) -> Result<(), SendError> {
        let bytes = match &request {
            SendRequest::Send(Payload::Bytes(data)) => data.len(),
            _ => 0,
        };
        let mut requests = lock(&self.requests);
        match requests.status.state {
            _ if matches!(request, SendRequest::Stop) => {}
            ClientState::Open if !requests.is_half_close_requested => {}
            ClientState::Open | ClientState::HalfClosed => return Err(SendError::HalfClosed),
            _ => return Err(SendError::NotOpen),
        }
        let queued = requests.bytes + usize::try_from(requests.status.queued).unwrap_or(usize::MAX);
        // Data larger than the whole queue passes if the queue is empty.
        if bytes > 0 && queued > 0 && queued + bytes > MAX_QUEUED {
            return Err(SendError::QueueFull);
        }
        requests.bytes += bytes;
        requests.sends.push_back(request);
        drop(requests);
        self.wake_thread();
        Ok(())
    }

    pub(super) fn close(&self, request: CloseRequest) {
        let mut requests = lock(&self.requests);
        requests.is_half_close_requested |= request == CloseRequest::Close(CloseMode::HalfClose);
        requests.close = requests.close.max(Some(request));
        drop(requests);
        self.wake_thread();
    }

    /// Takes the close request. Call this before [`ClientShared::take_sends`], so that no send is left behind that was
    /// requested before a half-close.
    pub(super) fn take_close(&self) -> Option<CloseRequest> {
        lock(&self.requests).close.take()
    }

    pub(super) fn take_sends(&self) -> VecDeque<SendRequest> {
        let mut requests = lock(&self.requests);
        // They count as queued until the thread publishes the size of its own queue.
        requests.status.queued += std::mem::take(&mut requests.bytes) as u64;
        std::mem::take(&mut requests.sends)
    }

    pub(super) fn status(&self) -> ClientStatus {
        let requests = lock(&self.requests);
        let mut status = requests.status.clone();
        status.queued += requests.bytes as u64;
        status
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut ClientStatus)) {
        change(&mut lock(&self.requests).status);
    }

    pub(super) fn set_state(&self, state: ClientState) {
        self.update(|status| (status.state, status.since) = (state, Some(Instant::now())));
        self.events.wake();
    }

    pub(super) fn set_waker(&self, waker: Arc<Waker>) {
        // This can't fail: the waker is set only once.
        let _ = self.waker.set(waker);
    }

    fn wake_thread(&self) {
        if let Some(waker) = self.waker.get() {
            // This fails only if the poller was dropped, and then the thread has ended.
            let _ = waker.wake();
        }
    }

    /// Marks the connection as over, unless it is already. The state changes and the last event is queued under one
    /// lock.
    pub(super) fn finish(&self, outcome: Option<ConnectionOutcome>) {
        let mut requests = lock(&self.requests);
        if requests.status.state == ClientState::Closed {
            return;
        }
        // The last event includes the number of unsent bytes, so nothing counts as queued any more.
        requests.sends.clear();
        requests.bytes = 0;
        let status = &mut requests.status;
        (status.state, status.since) = (ClientState::Closed, Some(Instant::now()));
        (status.file, status.repeat, status.blocked_since) = (None, None, None);
        (status.queued, status.half_close_pending) = (0, false);
        status.outcome.clone_from(&outcome);
        if let Some(outcome) = outcome {
            self.events.push_quietly(ClientEventKind::Ended(outcome));
        }
        drop(requests);
        self.over.notify_all();
        self.events.wake();
    }

    pub(super) fn is_over(&self) -> bool {
        lock(&self.requests).status.state == ClientState::Closed
    }

    /// Waits for the end of the connection until `deadline`, and returns whether it is over.
    pub(super) fn wait_until_over(&self, deadline: Instant) -> bool {
        let is_open = |requests: &mut Requests| requests.status.state != ClientState::Closed;
        let timeout = deadline.saturating_duration_since(Instant::now());
        !is_open(&mut wait_while_for(&self.over, lock(&self.requests), timeout, is_open))
    }
}

/// The most events in the queue.
const MAX_EVENTS: usize = 2048;
/// The most bytes of data in the queue.
const MAX_BYTES: usize = 1 << 20;

/// The queue of events from a client's thread to their reader.
pub(super) struct EventQueue {
    queued: Mutex<QueuedEvents>,
    is_woken: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct QueuedEvents {
    events: VecDeque<ClientEvent>,
    bytes: usize,
    /// How many events were skipped since the last `NotShown` event, and how many bytes were in them.
    not_shown: (u64, u64),
}

impl EventQueue {
    /// Creates a queue. `wake` is called, from any thread, when there is something to read; at most once between two
    /// drains.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { queued: Mutex::default(), is_woken: AtomicBool::new(false), wake: Box::new(wake) }
    }

    /// Appends an event even if the queue is full.
    pub(super) fn push(&self, kind: ClientEventKind) {
        self.push_quietly(kind);
        self.wake();
    }

    /// Appends an event even if the queue is full, without waking the reader.
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

    /// Appends the result of an earlier event even if the queue is full: each event has at most one result.
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
        // Reset this first, so that an event pushed from here on wakes the reader again.
        self.is_woken.store(false, SeqCst);
        let mut queued = lock(&self.queued);
        queued.flush_not_shown();
        queued.bytes = 0;
        take(&mut queued.events)
    }
}

impl QueuedEvents {
    fn push(&mut self, kind: ClientEventKind) {
        self.events.push_back(ClientEvent { at: SystemTime::now(), kind });
    }

    fn flush_not_shown(&mut self) {
        let (count, bytes) = take(&mut self.not_shown);
        if count > 0 {
            self.push(ClientEventKind::NotShown { count, bytes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_request_of_the_highest_rank_is_kept() {
        let close = CloseRequest::Close;
        let order = [
            close(CloseMode::HalfClose),
            close(CloseMode::Close),
            close(CloseMode::WithoutCloseNotify),
            close(CloseMode::Abort),
            CloseRequest::Drop,
        ];
        for (rank, higher) in order.iter().enumerate() {
            for lower in &order[..=rank] {
                for both in [[higher, lower], [lower, higher]] {
                    let shared = ClientShared::new(|| {}, None);
                    for request in both {
                        shared.close(*request);
                    }
                    assert_eq!(shared.take_close(), Some(*higher), "{both:?}");
                }
            }
        }
    }
}
