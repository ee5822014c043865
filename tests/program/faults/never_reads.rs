//! A client that sends and never reads blocks its own connection, and nothing else.

use std::time::{Duration, Instant};

use super::{echo, fill_buffers, reset, watch};
use crate::support::Server;

fn median_of_echoes(server: &Server) -> Duration {
    let mut client = server.connect();
    let mut took = (0..300)
        .map(|_| {
            let start = Instant::now();
            echo(&mut client, b"sixteen bytes...");
            start.elapsed()
        })
        .collect::<Vec<_>>();
    took.sort();
    took[took.len() / 2]
}

#[test]
fn client_that_never_reads_blocks_only_itself() {
    // With a large recv size, memory that is kept for such a client would show.
    let server = Server::start(&["--host", "127.0.0.1", "--recv-size", "65536"]);
    server.out.discard();
    let before = median_of_echoes(&server);
    let blocked = (0..8).map(|_| server.connect()).collect::<Vec<_>>();
    for stream in &blocked[1..] {
        fill_buffers(stream);
    }
    let memory = watch::resident(server.pid());
    let sent = fill_buffers(&blocked[0]);
    assert!(sent > 1 << 20, "nothing is stuffed after {sent} bytes");
    // The clients continue to send.
    for stream in &blocked {
        fill_buffers(stream);
    }
    let grown = watch::resident(server.pid()).saturating_sub(memory);
    println!("{sent} bytes under way, resident memory +{grown} KiB");
    assert!(grown < 2048, "{grown} KiB more for a client that takes nothing");
    watch::assert_idle(server.pid());
    let beside = median_of_echoes(&server);
    println!("an echo takes {before:?} alone, {beside:?} beside clients that never read");
    assert!(beside < 10 * before, "the neighbor is slowed: {beside:?} where it was {before:?}");
    // When the client closes, its thread ends.
    let threads = watch::threads(server.pid());
    blocked.into_iter().for_each(reset);
    crate::support::running::wait_for("its threads to end", || watch::threads(server.pid()) + 8 <= threads);
}
