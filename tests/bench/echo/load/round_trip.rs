//! The time from sending 64 bytes to receiving their echo.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{Stream, Target, text};
use crate::Outcome;
use crate::numbers::{float, per_mille};

/// The number of bytes in a message.
const MESSAGE: usize = 64;

/// Returns p50 and p99 in nanoseconds.
pub(super) fn run(target: &Target, time: Duration) -> Outcome<Vec<f64>> {
    let mut stream = Stream::connect(target)?;
    let mut message = text(MESSAGE);
    let mut back = [0; MESSAGE];
    let mut times = Vec::with_capacity(1 << 18);
    let start = Instant::now();
    for number in 0_u64.. {
        message[..8].copy_from_slice(&number.to_be_bytes());
        let before = Instant::now();
        stream.write_all(&message).map_err(|error| format!("sending: {error}"))?;
        stream.read_exact(&mut back).map_err(|error| format!("reading the echo: {error}"))?;
        let after = Instant::now();
        if back[..] != message[..] {
            return Err(format!("message {number} came back changed"));
        }
        // The first tenth of the time isn't counted: it warms up caches and branch predictors.
        if after - start >= time / 10 {
            times.push(u64::try_from((after - before).as_nanos()).unwrap_or(u64::MAX));
        }
        if after - start >= time {
            break;
        }
    }
    stream.close_cleanly()?;
    times.sort_unstable();
    let at = |part| per_mille(&times, part).map(float).ok_or("not one round trip in time");
    Ok(vec![at(500)?, at(990)?])
}
