//! The OS's accept queues: their capacity, and how many clients wait in them.

use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The reaction of an OS to a client that connects while the accept queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It drops the client's SYN, which the client sends again a few times before it gives up. Linux, macOS and the
    /// BSDs do so.
    TimesOut,
    /// It answers with RST, as Windows does.
    Refused,
}

/// The reaction of this OS.
pub(crate) const WHEN_FULL: WhenFull = if cfg!(windows) { WhenFull::Refused } else { WhenFull::TimesOut };

/// Whether the OS reports how many clients wait.
pub(crate) const REPORTS_LENGTH: bool = cfg!(target_os = "linux");

/// Returns how many clients fit into an accept queue with this backlog; `None` if the OS doesn't report its rule.
///
/// Linux limits the backlog to `net.core.somaxconn` (listen(2)), and admits one client more.
pub(crate) fn capacity(backlog: u16) -> Option<u32> {
    if !REPORTS_LENGTH {
        return None;
    }
    let max = fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let max = max.and_then(|text| text.trim().parse().ok()).unwrap_or(u32::MAX);
    Some(u32::from(backlog).min(max) + 1)
}

/// Returns the number of clients in the accept queue of each of these listening sockets; `None` if the OS doesn't report
/// it.
///
/// On Linux it is the column `rx_queue` of a listening socket in `/proc/net/tcp` and `tcp6` (proc(5)).
pub(crate) fn lengths(listening: &[SocketAddr]) -> Option<Vec<u32>> {
    const LISTEN: &str = "0A";
    if !REPORTS_LENGTH {
        return None;
    }
    let wanted: Vec<_> = listening.iter().map(|address| proc_address(*address)).collect();
    let mut lengths = vec![0; listening.len()];
    for (file, is_ipv6) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
        if !listening.iter().any(|address| address.is_ipv6() == is_ipv6) {
            continue;
        }
        for line in fs::read_to_string(file).ok()?.lines() {
            // sl, local_address, rem_address, st, tx_queue:rx_queue
            let mut columns = line.split_ascii_whitespace().skip(1);
            let (Some(address), Some(LISTEN), Some(queues)) =
                (columns.next(), columns.nth(1), columns.next())
            else {
                continue;
            };
            let waiting = queues.split_once(':').and_then(|(_, rx)| u32::from_str_radix(rx, 16).ok());
            if let (Some(index), Some(waiting)) =
                (wanted.iter().position(|wanted| wanted == address), waiting)
            {
                lengths[index] += waiting;
            }
        }
    }
    Some(lengths)
}

/// Returns an address as these tables have it: each 32 bits in the machine's byte order, then the port.
fn proc_address(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let mut text = String::new();
    for word in octets.as_chunks::<4>().0 {
        let _ = write!(text, "{:08X}", u32::from_ne_bytes(*word));
    }
    let _ = write!(text, ":{:04X}", address.port());
    text
}
