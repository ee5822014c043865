//! Connections per second: connect, TLS handshake, one echo, close; two clients at a time.

use std::thread;
use std::time::{Duration, Instant};

use super::{Stream, Target};
use crate::Outcome;
use crate::numbers::float;

/// The number of concurrent clients: at most the cores of the smallest machine and the room in the shortest accept
/// queue.
const CLIENTS: usize = 2;

/// Returns how many connections per second were served completely.
pub(super) fn run(target: &Target, time: Duration) -> Outcome<f64> {
    let start = Instant::now();
    let counts = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| connect_repeatedly(target, start + time))).collect();
        let joined =
            clients.into_iter().map(|client| client.join().unwrap_or_else(|_| Err("a client died".into())));
        joined.collect::<Outcome<Vec<u64>>>()
    })?;
    Ok(float(counts.iter().sum()) / start.elapsed().as_secs_f64())
}

fn connect_repeatedly(target: &Target, end: Instant) -> Outcome<u64> {
    let mut count = 0;
    while Instant::now() < end {
        let mut stream = Stream::connect(target)?;
        stream.echo_once()?;
        stream.close();
        count += 1;
    }
    Ok(count)
}
