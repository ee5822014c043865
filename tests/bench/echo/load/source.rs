//! Source addresses for the clients, because the ports of a single address would soon all be in `TIME_WAIT`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The number of connections from one address: far fewer than an address has ports.
const PER_ADDRESS: u32 = 4000;

static CONNECTIONS: AtomicU32 = AtomicU32::new(0);

/// Returns the loopback address (127.0.0.0/8 is all loopback, RFC 1122 section 3.2.1.3) for the next connection; `None`
/// if the OS has only 127.0.0.1.
pub(super) fn next() -> Option<SocketAddr> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let [_, high, middle, low] = (CONNECTIONS.fetch_add(1, Relaxed) / PER_ADDRESS).to_be_bytes();
    let address = Ipv4Addr::new(127, high.wrapping_add(1), middle, low.wrapping_add(1));
    Some(SocketAddr::new(IpAddr::V4(address), 0))
}
