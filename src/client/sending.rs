//! A connected client's sending: what waits goes as far as the socket takes it.

use std::io;
use std::time::{Duration, Instant};

use crate::client::event::{EventKind, Origin};
use crate::client::talk::{Talk, tell_back};
use crate::client::words;

/// How much is sent before reading gets its turn, so that neither starves.
const TURN: usize = 1 << 20;
/// How many sends are begun before reading and orders get their turn: small ones take long for their bytes.
const SENDS: u64 = 1_000;
/// How far sending may be ahead of its echo: the buffers of two systems hold more than anybody wants to remember.
const AHEAD: u64 = 4 << 20;
/// A server from which nothing came for so long is no echo server, or a late one: what waits goes on.
const GRACE: Duration = Duration::from_secs(1);

impl Talk<'_> {
    /// Sends what waits, as far as it goes. Whether more could go at once.
    pub(super) fn send(&mut self) -> bool {
        let mut left = TURN;
        let last = self.sends + SENDS;
        self.held_until = None;
        while left > 0 && self.sends < last {
            let now = Instant::now();
            let Some(job) = self.outbox.front(now) else { return false };
            if job.number.is_none() && !self.begin(now) {
                continue;
            }
            if self.echo.report().outstanding >= AHEAD && now < self.heard + GRACE {
                self.held_until = Some(self.heard + GRACE);
                return false;
            }
            let piece = match self.outbox.piece() {
                Ok(piece) => piece,
                Err(error) => {
                    self.file_failed(&error);
                    continue;
                }
            };
            if piece.is_empty() {
                self.finish_front();
                continue;
            }
            if !self.run.writable {
                return false;
            }
            match self.stream.write(piece) {
                Ok(0) => {
                    self.run.writable = false;
                    self.blocked_since.get_or_insert(now);
                    return false;
                }
                Ok(count) => {
                    self.blocked_since = None;
                    self.echo.sent(&piece[..count]);
                    self.outbox.went(count);
                    self.sent += count as u64;
                    left = left.saturating_sub(count);
                }
                Err(_) => {
                    self.write_failed();
                    return false;
                }
            }
        }
        true
    }

    /// The job at the front begins. `false`: it can't.
    fn begin(&mut self, now: Instant) -> bool {
        // A file's size is told with it.
        if let Err(error) = self.outbox.open() {
            self.file_failed(&error);
            return false;
        }
        if self.echo.report().outstanding == 0 {
            self.heard = now;
        }
        let Some(job) = self.outbox.front(now) else { return false };
        self.sends += 1;
        let number = self.sends;
        job.number = Some(number);
        let measured = self.echo.begin(number, now);
        let (data, from) = (job.data(), job.from.clone());
        self.publish();
        let mailbox = &self.run.shared.mailbox;
        let told = mailbox.tell_data(data.len(), || EventKind::Sent { number, data, from, measured });
        // Never more than the echo check remembers.
        if told && measured {
            self.told.push_back(number);
        }
        true
    }

    /// The job at the front is done.
    fn finish_front(&mut self) {
        if let Some(number) = self.outbox.pop().and_then(|job| job.number) {
            self.ended(number);
        }
    }

    /// No more of this send will go, which was begun last. It is told of where all of it is back already.
    pub(super) fn ended(&mut self, number: u64) {
        let mut back = self.echo.end(number, Instant::now());
        while let Some(one) = back {
            self.publish();
            tell_back(&self.run.shared.mailbox, &mut self.told, one);
            back = self.echo.next_back(Instant::now());
        }
    }

    /// A file can't be read, or not to its end.
    fn file_failed(&mut self, error: &io::Error) {
        let Some(job) = self.outbox.pop() else { return };
        if let Origin::File { path, .. } = &job.from {
            self.run.shared.mailbox.tell(EventKind::Note { text: words::unreadable(path, error) });
        }
        if let Some(number) = job.number {
            // It ends where it ends, and its echo is still compared.
            self.ended(number);
        }
    }
}
