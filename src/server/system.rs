//! What differs from system to system, each with its reason.

use std::fmt::Write;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use super::status::WhenFull;

/// Whether an error says that no file descriptor is left for this process or for the system.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE have the same numbers on Linux, the BSDs and macOS; WSAEMFILE is Windows'.
    const CODES: [i32; 2] = if cfg!(windows) { [10024, 10024] } else { [24, 23] };
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

/// Whether an error says that the system has no such address family (`EAFNOSUPPORT`).
pub(super) fn is_family_missing(error: &io::Error) -> bool {
    let code = if cfg!(windows) {
        10047
    } else if cfg!(target_os = "linux") {
        97
    } else {
        47
    };
    error.raw_os_error() == Some(code)
}

/// Whether an error says that a time limit has passed: `EAGAIN` on Unix, `WSAETIMEDOUT` on Windows.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// `recv(2)`. On Unix `shutdown` from another thread wakes it; on Windows it doesn't, so there the wait is cut into
/// slices, between which `ended` is asked. The wait only peeks: a time-out can't lose a byte that was on its way.
#[cfg(unix)]
pub(super) fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    _limit: Option<Duration>,
    _ended: impl Fn() -> bool,
) -> io::Result<usize> {
    stream.read(buffer)
}

/// See above.
#[cfg(not(unix))]
pub(super) fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    limit: Option<Duration>,
    ended: impl Fn() -> bool,
) -> io::Result<usize> {
    const SLICE: Duration = Duration::from_millis(100);
    let start = std::time::Instant::now();
    loop {
        stream.set_read_timeout(Some(limit.map_or(SLICE, |limit| limit.min(SLICE))))?;
        match stream.peek(&mut [0]) {
            Err(error) if is_timeout(&error) => {
                if ended() {
                    return Ok(0);
                }
                if limit.is_some_and(|limit| start.elapsed() >= limit) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
            Ok(_) => return stream.read(buffer),
        }
    }
}

/// Whether the system tells how many clients wait in an accept queue.
pub(super) const TELLS_QUEUE: bool = cfg!(target_os = "linux");

/// How many clients fit into an accept queue that was made with this backlog; `None` where the system's rule can't be
/// asked for.
///
/// Linux takes no more than `net.core.somaxconn` for a backlog (listen(2)), and admits one client more than that.
pub(super) fn queue_room(backlog: u16) -> Option<u32> {
    if !TELLS_QUEUE {
        return None;
    }
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let most = most.and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(u32::MAX);
    Some(u32::from(backlog).min(most) + 1)
}

/// What this system does with a client that finds the accept queue full.
pub(super) const WHEN_FULL: WhenFull = if cfg!(windows) { WhenFull::Refused } else { WhenFull::TimesOut };

/// The clients in the accept queue of each of these listening sockets; `None` where the system doesn't tell.
///
/// Linux: the `rx_queue` column of a listening socket in `/proc/net/tcp` and `tcp6` (proc(5)).
pub(super) fn queue_lengths(listening: &[SocketAddr]) -> Option<Vec<u32>> {
    if !TELLS_QUEUE {
        return None;
    }
    let wanted = listening.iter().map(|address| proc_address(*address)).collect::<Vec<_>>();
    let mut lengths = vec![0; listening.len()];
    for (file, is_ipv6) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
        if !listening.iter().any(|address| address.is_ipv6() == is_ipv6) {
            continue;
        }
        let table = std::fs::read_to_string(file).ok()?;
        for (index, length) in table.lines().filter_map(|line| listening_queue(line, &wanted)) {
            lengths[index] += length;
        }
    }
    Some(lengths)
}

/// Which of these addresses a line of the table is about, and its queue's length; `None` where it is about no such
/// listening socket.
fn listening_queue(line: &str, wanted: &[String]) -> Option<(usize, u32)> {
    const LISTEN: &str = "0A";
    let mut columns = line.split_ascii_whitespace().skip(1);
    let address = columns.next()?;
    let state = columns.nth(1)?;
    if state != LISTEN {
        return None;
    }
    let index = wanted.iter().position(|wanted| wanted == address)?;
    let (_, received) = columns.next()?.split_once(':')?;
    Some((index, u32::from_str_radix(received, 16).ok()?))
}

/// An address as the table writes it: each 32 bits of it in the machine's byte order, then the port.
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
