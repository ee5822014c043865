//! Bytes per second through one connection: a fixed amount is in flight, so that neither side waits for the other.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{Stream, Target, text};
use crate::Outcome;
use crate::numbers::float;

/// The size of one write in bytes.
const BLOCK: usize = 64 * 1024;
/// The most bytes in flight: more than a server buffers, but fewer than the socket buffers can hold.
const IN_FLIGHT: usize = 256 * 1024;

/// Returns how many bytes per second were echoed.
pub(super) fn run(target: &Target, time: Duration) -> Outcome<f64> {
    let mut stream = Stream::connect(target)?;
    // Two copies of the block, so that any part of the echo equals one slice of them.
    let block = text(BLOCK);
    let two_blocks = [&block[..], &block[..]].concat();
    let mut buffer = vec![0; BLOCK];
    let (mut sent, mut received) = (0, 0);
    let mut receive = |stream: &mut Stream, received: &mut usize| -> Outcome<()> {
        let count = stream.read(&mut buffer).map_err(|error| format!("reading the echo: {error}"))?;
        if count == 0 {
            return Err(format!("the server ended the connection after {received} bytes"));
        }
        if buffer[..count] != two_blocks[*received % BLOCK..][..count] {
            return Err(format!("wrong bytes came back after {received}"));
        }
        *received += count;
        Ok(())
    };
    let start = Instant::now();
    // The first tenth of the time isn't counted, because the socket buffers still grow.
    let mut counted = None;
    loop {
        let now = Instant::now();
        if counted.is_none() && now - start >= time / 10 {
            counted = Some((now, received));
        }
        // On a busy machine it may take longer until any byte comes back, so this waits for one.
        if now - start >= time && counted.is_some_and(|(_, before)| received > before) {
            break;
        }
        while sent - received + BLOCK <= IN_FLIGHT {
            stream.write_all(&block).map_err(|error| format!("sending: {error}"))?;
            sent += BLOCK;
        }
        receive(&mut stream, &mut received)?;
    }
    let (since, before) = counted.unwrap_or((start, 0));
    let rate = float((received - before) as u64) / since.elapsed().as_secs_f64();
    while received < sent {
        receive(&mut stream, &mut received)?;
    }
    stream.close_cleanly()?;
    Ok(rate)
}
