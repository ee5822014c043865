//! Bytes per second through one connection: a fixed amount is in flight, so that neither side waits for the other.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{Stream, Target, text};
use crate::Outcome;
use crate::numbers::float;

/// The data of one write.
const BLOCK: usize = 64 * 1024;
/// The most bytes in flight: more than a server holds at once, less than the socket buffers do.
const ON_THE_WAY: usize = 256 * 1024;

/// Returns how many bytes per second were echoed.
pub(super) fn run(target: &Target, time: Duration) -> Outcome<f64> {
    let mut stream = Stream::connect(target)?;
    // Twice the same, so that the echo is a slice of it wherever it begins.
    let block = text(BLOCK);
    let twice = [&block[..], &block[..]].concat();
    let mut buffer = vec![0; BLOCK];
    let (mut sent, mut received) = (0, 0);
    let mut take = |stream: &mut Stream, received: &mut usize| -> Outcome<()> {
        let count = stream.read(&mut buffer).map_err(|error| format!("reading the echo: {error}"))?;
        if count == 0 {
            return Err(format!("the server ended the connection after {received} bytes"));
        }
        if buffer[..count] != twice[*received % BLOCK..][..count] {
            return Err(format!("wrong bytes came back after {received}"));
        }
        *received += count;
        Ok(())
    };
    let start = Instant::now();
    // The first tenth lets the buffers grow.
    let mut counted = None;
    loop {
        let now = Instant::now();
        if counted.is_none() && now - start >= time / 10 {
            counted = Some((now, received));
        }
        // On a busy machine a short time may pass without a byte.
        if now - start >= time && counted.is_some_and(|(_, before)| received > before) {
            break;
        }
        while sent - received + BLOCK <= ON_THE_WAY {
            stream.write_all(&block).map_err(|error| format!("sending: {error}"))?;
            sent += BLOCK;
        }
        take(&mut stream, &mut received)?;
    }
    let (since, before) = counted.unwrap_or((start, 0));
    let rate = float((received - before) as u64) / since.elapsed().as_secs_f64();
    while received < sent {
        take(&mut stream, &mut received)?;
    }
    stream.goodbye()?;
    Ok(rate)
}
