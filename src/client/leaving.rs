//! A connected client's orders, and its ways to leave.

use std::time::{Duration, Instant};

use crate::client::event::{CloseHow, EventKind, Leave, PeerEnd};
use crate::client::run::End;
use crate::client::shared::{Goodbye, Order};
use crate::client::status::State;
use crate::client::talk::Talk;
use crate::client::words;

/// How long what is still on its way may take after we said goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

impl Talk<'_> {
    /// Takes over what was ordered. An end where the order is one.
    pub(super) fn take_orders(&mut self) -> Result<Option<CloseHow>, End> {
        let (orders, goodbye) = self.run.shared.take_orders();
        for order in orders {
            match order {
                Order::StopSending => self.stop_sending(),
                order => self.outbox.take(order),
            }
        }
        match goodbye {
            None => Ok(None),
            Some(Goodbye::Drop) => {
                self.stream.say_goodbye();
                let _ = self.stream.flush();
                self.stream.finish();
                Ok(Some(CloseHow::Dropped))
            }
            Some(Goodbye::Leave(how)) => self.leave(how),
        }
    }

    /// What waits is forgotten. What was begun ends where it is: its echo is still compared, and what follows it counts
    /// from there.
    fn stop_sending(&mut self) {
        let begun = self.outbox.begun();
        self.unsent += self.outbox.queued();
        self.blocked_since = None;
        self.outbox.forget();
        let Some((number, gone, whole)) = begun else { return };
        if !whole {
            self.run.shared.mailbox.tell(EventKind::Note { text: words::stopped(gone) });
        }
        self.ended(number);
    }

    fn leave(&mut self, how: Leave) -> Result<Option<CloseHow>, End> {
        if self.state == State::Handshake {
            return Ok(Some(CloseHow::Cancelled));
        }
        match how {
            Leave::HalfClose if self.state == State::Open => {
                self.outbox.stop_repeating();
                self.half_close_pending = true;
            }
            Leave::Abort => {
                let stage = self.stage();
                self.stream.abort().map_err(|error| End::Failed(words::no_means(stage, &error)))?;
                return Ok(Some(CloseHow::Us(how)));
            }
            Leave::Vanish if self.stream.tls().is_none() => {
                let unread = self.stream.has_unread();
                return Ok(Some(if unread { CloseHow::VanishedUnread } else { CloseHow::Us(how) }));
            }
            Leave::Close | Leave::Vanish if self.leaving.is_none() => {
                self.unsent += self.outbox.queued();
                self.outbox.forget();
                self.blocked_since = None;
                self.half_close_pending = false;
                self.leaving = Some((how, Instant::now() + GOODBYE));
                if how == Leave::Close {
                    if self.state == State::Open {
                        self.stream.say_goodbye();
                    }
                    self.finish_pending = true;
                } else {
                    self.write_broken = true;
                    self.stream.finish();
                }
                self.enter(State::Closing);
            }
            Leave::HalfClose | Leave::Close | Leave::Vanish => {}
        }
        Ok(None)
    }

    /// The server has ended its side: so do we.
    pub(super) fn peer_ended(&mut self, how: PeerEnd) -> CloseHow {
        self.run.shared.update(|status| status.peer_end = Some(how));
        self.unsent += self.outbox.queued();
        self.outbox.forget();
        let Some((us, _)) = self.leaving else {
            self.run.shared.mailbox.tell(EventKind::PeerClosed { how });
            if how != PeerEnd::Reset && self.state == State::Open {
                self.stream.say_goodbye();
                let _ = self.stream.flush();
            }
            return CloseHow::Peer(how);
        };
        // After a word-less leave what the server says is only its surprise.
        if us == Leave::Close {
            self.run.shared.mailbox.tell(EventKind::PeerClosed { how });
        }
        CloseHow::Us(us)
    }

    /// What TLS has to say by itself, and the words of parting whose time has come.
    pub(super) fn say_what_is_due(&mut self) {
        if self.half_close_pending && self.outbox.is_empty() {
            self.half_close_pending = false;
            self.stream.say_goodbye();
            if self.stream.tls().is_none() {
                self.stream.finish();
            }
            self.enter(State::HalfClosed);
            self.run.shared.mailbox.tell(EventKind::HalfClosed);
        }
        if self.write_broken {
            return;
        }
        match self.stream.flush() {
            Ok(true) if self.finish_pending => {
                self.finish_pending = false;
                self.stream.finish();
            }
            Ok(_) => {}
            Err(_) => self.write_failed(),
        }
    }
}
