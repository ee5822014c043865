//! What a client's handle and its thread share: orders one way, the snapshot the other.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mio::Waker;

use crate::client::config::Payload;
use crate::client::event::{EventKind, Leave};
use crate::client::mailbox::Mailbox;
use crate::client::status::{State, Status};

/// The most typed bytes that may wait to be sent.
pub const MOST_QUEUED: usize = 16 << 20;

/// Why something can't be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no connection.
    #[error("There is no connection. Connect first.")]
    NotOpen,
    /// End of stream was sent, or will be.
    #[error("You said that you have no more to send. Connect again to send more.")]
    HalfClosed,
    /// Too much waits already: the server takes nothing.
    #[error("16 MiB wait already, since the server takes nothing. Wait, stop sending, or leave.")]
    QueueFull,
}

/// An order to the thread.
#[derive(Debug)]
pub(super) enum Order {
    Send(Payload),
    Repeat { data: Arc<[u8]>, times: u32, every: Duration },
    StopSending,
}

/// How the thread is told to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// The user's wish.
    Leave(Leave),
    /// Nobody looks any more: close at once.
    Drop,
}

impl Goodbye {
    /// How far it reaches: of two that were not taken yet the further one is.
    fn reach(self) -> u8 {
        match self {
            Self::Leave(Leave::HalfClose) => 0,
            Self::Leave(Leave::Close) => 1,
            Self::Leave(Leave::Vanish) => 2,
            Self::Leave(Leave::Abort) => 3,
            Self::Drop => 4,
        }
    }
}

pub(super) struct Shared {
    pub(super) mailbox: Mailbox,
    inner: Mutex<Inner>,
    /// Told when the thread ends.
    ended: Condvar,
    /// Wakes the thread; set as soon as it has something to be woken from.
    waker: OnceLock<Waker>,
}

#[derive(Default)]
struct Inner {
    orders: VecDeque<Order>,
    goodbye: Option<Goodbye>,
    /// Bytes in orders that the thread has not taken over.
    ordered: usize,
    half_close_ordered: bool,
    status: Status,
    over: bool,
}

impl Shared {
    pub(super) fn new(mailbox: Mailbox) -> Self {
        let status = Status { state: State::Resolving, since: Some(Instant::now()), ..Status::default() };
        let inner = Mutex::new(Inner { status, ..Inner::default() });
        Self { mailbox, inner, ended: Condvar::new(), waker: OnceLock::new() }
    }

    pub(super) fn order(&self, order: Order) -> Result<(), SendError> {
        let bytes = match &order {
            Order::Send(Payload::Bytes(data)) => data.len(),
            _ => 0,
        };
        let mut inner = self.lock();
        match inner.status.state {
            _ if matches!(order, Order::StopSending) => {}
            State::Open if inner.half_close_ordered => return Err(SendError::HalfClosed),
            State::Open => {}
            State::HalfClosed => return Err(SendError::HalfClosed),
            _ => return Err(SendError::NotOpen),
        }
        let waiting = inner.ordered + usize::try_from(inner.status.queued).unwrap_or(usize::MAX);
        // One that is larger than all the room may go where nothing waits.
        if bytes > 0 && waiting > 0 && waiting + bytes > MOST_QUEUED {
            return Err(SendError::QueueFull);
        }
        inner.ordered += bytes;
        inner.orders.push_back(order);
        drop(inner);
        self.wake_thread();
        Ok(())
    }

    pub(super) fn say_goodbye(&self, goodbye: Goodbye) {
        let mut inner = self.lock();
        inner.half_close_ordered |= goodbye == Goodbye::Leave(Leave::HalfClose);
        // What reaches further wins: nothing takes back an abort, and half-close is no end.
        if inner.goodbye.is_some_and(|known| known.reach() > goodbye.reach()) {
            return;
        }
        inner.goodbye = Some(goodbye);
        drop(inner);
        self.wake_thread();
    }

    /// What was ordered since the last call.
    pub(super) fn take_orders(&self) -> (VecDeque<Order>, Option<Goodbye>) {
        let mut inner = self.lock();
        let orders = std::mem::take(&mut inner.orders);
        // Until the thread tells its queue anew they count as queued.
        inner.status.queued += std::mem::take(&mut inner.ordered) as u64;
        (orders, inner.goodbye.take())
    }

    pub(super) fn status(&self) -> Status {
        let inner = self.lock();
        let mut status = inner.status.clone();
        status.queued += inner.ordered as u64;
        status
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.lock().status);
    }

    pub(super) fn set_waker(&self, waker: Waker) {
        // This is the only place that sets it, once a thread.
        let _ = self.waker.set(waker);
    }

    pub(super) fn wake_thread(&self) {
        if let Some(waker) = self.waker.get() {
            // It can only fail where the poller is gone, and then the thread has ended.
            let _ = waker.wake();
        }
    }

    /// The thread's last word. Event and state come at once for whoever looks.
    pub(super) fn over(&self, last: Option<EventKind>) {
        let mut inner = self.lock();
        inner.over = true;
        // What was not sent is told by the last event; nothing waits any more, and nothing can be stopped.
        inner.orders.clear();
        inner.ordered = 0;
        let status = &mut inner.status;
        (status.state, status.since) = (State::Closed, Some(Instant::now()));
        (status.file, status.repeat, status.blocked_since) = (None, None, None);
        (status.queued, status.half_close_pending) = (0, false);
        if let Some(last) = last {
            self.mailbox.put(last);
        }
        drop(inner);
        self.ended.notify_all();
        self.mailbox.wake();
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Waits for the thread's end, but no longer than until then; whether it has ended.
    pub(super) fn wait_over(&self, deadline: Instant) -> bool {
        let mut inner = self.lock();
        while !inner.over {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            inner = self.ended.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// A panic can't leave it half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_goodbyes_the_one_that_reaches_furthest_is_taken() {
        let leave = Goodbye::Leave;
        let order = [
            leave(Leave::HalfClose),
            leave(Leave::Close),
            leave(Leave::Vanish),
            leave(Leave::Abort),
            Goodbye::Drop,
        ];
        for (rank, further) in order.iter().enumerate() {
            for less in &order[..=rank] {
                for both in [[further, less], [less, further]] {
                    let shared = Shared::new(Mailbox::new(|| {}));
                    for goodbye in both {
                        shared.say_goodbye(*goodbye);
                    }
                    assert_eq!(shared.take_orders().1, Some(*further), "{both:?}");
                }
            }
        }
    }
}
