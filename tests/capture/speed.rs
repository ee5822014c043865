//! What capturing costs: the echo with and without it. Run with `--ignored --nocapture` on a machine at rest.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::lab::{Lab, over_tls, provider};

const TIME: Duration = Duration::from_secs(2);

/// Mebibytes a second through the echo, for [`TIME`].
fn throughput(capture: bool, tls: bool) -> f64 {
    let lab = Lab::start(|config| {
        config.capture = capture;
        if !tls {
            config.tls = None;
        }
    });
    let mut bytes = 0_u64;
    let start = Instant::now();
    let block = vec![b'x'; 32 * 1024];
    let mut back = vec![0; block.len()];
    if tls {
        let config = lab.client(provider(), rustls::ALL_VERSIONS, false);
        let mut client = over_tls(&config, lab.running.connect());
        while start.elapsed() < TIME {
            client.write_all(&block).unwrap();
            client.read_exact(&mut back).unwrap();
            bytes += block.len() as u64;
        }
    } else {
        let mut client = lab.running.connect();
        while start.elapsed() < TIME {
            client.write_all(&block).unwrap();
            client.read_exact(&mut back).unwrap();
            bytes += block.len() as u64;
        }
        client.shutdown(Shutdown::Both).unwrap();
    }
    let mebibytes = f64::from(u32::try_from(bytes >> 10).unwrap()) / 1024.0;
    mebibytes / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement, not a test"]
fn capturing_costs_little() {
    for tls in [false, true] {
        let (mut with, mut without) = (0.0_f64, 0.0_f64);
        for _ in 0..4 {
            with = with.max(throughput(true, tls));
            without = without.max(throughput(false, tls));
        }
        let _ = writeln!(
            std::io::stderr(),
            "tls {tls}: {with:.1} MiB/s captured, {without:.1} MiB/s not, ratio {:.2}",
            with / without
        );
    }
}
