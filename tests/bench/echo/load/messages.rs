//! Messages of 64 bytes from two clients, at a steady rate or as fast as the server echoes them.
//!
//! A server with a recv size of 64 receives each message by a `recv` of its own, although several are sent at once: every
//! write is a multiple of 64 bytes and small enough to stay in one segment.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::{Stream, Target, text};
use crate::Outcome;

/// The number of bytes in a message.
pub(crate) const MESSAGE: usize = 64;
/// The number of clients.
pub(crate) const CLIENTS: u64 = 2;
/// The most messages of a client in flight.
const BATCH: usize = 64;
/// How long a client waits until messages are due again.
const TICK: Duration = Duration::from_millis(1);

/// The number of messages that the clients sent and got back, and the time that this took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) messages: u64,
    pub(crate) time: Duration,
}

/// Sends `rate` messages a second for `time`, and catches up where it was late; without a rate, as many as the server
/// echoes in that time.
pub(crate) fn run(target: &Target, time: Duration, rate: Option<u64>) -> Outcome<Sent> {
    let start = Instant::now();
    let counts = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| client(target, time, rate.map(|rate| rate / CLIENTS))))
            .collect();
        let joined =
            clients.into_iter().map(|client| client.join().unwrap_or_else(|_| Err("a client died".into())));
        joined.collect::<Outcome<Vec<u64>>>()
    })?;
    Ok(Sent { messages: counts.iter().sum(), time: start.elapsed() })
}

fn client(target: &Target, time: Duration, rate: Option<u64>) -> Outcome<u64> {
    let mut stream = Stream::connect(target)?;
    let batch = text(MESSAGE * BATCH);
    let mut back = vec![0; batch.len()];
    let start = Instant::now();
    let mut sent = 0;
    loop {
        let elapsed = start.elapsed();
        let is_over = elapsed >= time;
        let due = match rate {
            None if is_over => 0,
            None => BATCH,
            Some(rate) => usize::try_from(due_by(rate, elapsed.min(time)) - sent).unwrap_or(BATCH),
        };
        if due == 0 && is_over {
            break;
        }
        if due == 0 {
            thread::sleep(TICK);
            continue;
        }
        let bytes = MESSAGE * due.min(BATCH);
        stream.write_all(&batch[..bytes]).map_err(|error| format!("sending: {error}"))?;
        stream.read_exact(&mut back[..bytes]).map_err(|error| format!("reading the echo: {error}"))?;
        if back[..bytes] != batch[..bytes] {
            return Err(format!("wrong bytes came back after {sent} messages"));
        }
        sent += due.min(BATCH) as u64;
    }
    stream.close_cleanly()?;
    Ok(sent)
}

/// Returns how many messages must be sent after `elapsed`.
fn due_by(rate: u64, elapsed: Duration) -> u64 {
    rate * u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) / 1000
}
