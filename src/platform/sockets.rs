//! What differs from system to system, each with its reason.

use std::fmt::Write;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::Socket;

/// Lets a port be used again while connections of an earlier run wait out `TIME_WAIT`.
///
/// On Windows that is so without asking, and `SO_REUSEADDR` would let two programs share the port. Nor is
/// `SO_EXCLUSIVEADDRUSE` set there, which keeps other users' programs from that: it also refuses the port as long as a
/// connection of an earlier run is not gone, so that a stop could not be followed by a start.
pub fn allow_reuse(socket: &Socket) -> io::Result<()> {
    if cfg!(unix) { socket.set_reuse_address(true) } else { Ok(()) }
}

/// Whether ports below 1024 are for administrators. Windows keeps ports for itself too, but not by that rule.
pub const LOW_PORTS_ARE_RESERVED: bool = cfg!(unix);

/// Whether an error says that no file descriptor is left for this process or for the system.
pub fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE have the same numbers on Linux, the BSDs and macOS; WSAEMFILE is Windows'.
    const CODES: [i32; 2] = if cfg!(windows) { [10024, 10024] } else { [24, 23] };
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

/// Whether an error says that the system has no such address family (`EAFNOSUPPORT`).
pub fn is_family_missing(error: &io::Error) -> bool {
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
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// What a new socket is limited to in the sense of [`limit`]: nothing. On Windows that has to be said, too.
pub const UNLIMITED: Option<Duration> = if cfg!(unix) { None } else { Some(Duration::MAX) };

/// On Windows `shutdown` from another thread doesn't wake a `recv`; there the wait is cut into slices of this length.
const SLICE: Duration = Duration::from_millis(100);

/// Has [`recv`] and [`send`] wait for at most so long.
pub fn limit(stream: &TcpStream, time: Option<Duration>) {
    // Into how many slices the time for a `send` is cut, none of which is so short that a timer would only spin.
    const SLICES: u32 = 8;
    const SHORTEST: Duration = Duration::from_millis(5);
    // All fail only for a zero time, which is never passed, or a socket that is gone, which the next call tells.
    if cfg!(unix) {
        let _ = stream.set_read_timeout(time);
        let _ = stream.set_write_timeout(time.map(|time| (time / SLICES).max(SHORTEST)));
    } else {
        let _ = stream.set_read_timeout(Some(time.unwrap_or(SLICE).min(SLICE)));
    }
}

/// `recv(2)` within the limit that is set. On Unix `shutdown` from another thread wakes it.
#[cfg(unix)]
pub fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    _limit: Option<Duration>,
    _ended: impl Fn() -> bool,
) -> io::Result<usize> {
    stream.read(buffer)
}

/// `recv(2)` within the limit that is set, slice by slice; in between `ended` is asked. The wait only peeks: after a
/// time-out nobody knows what has become of a byte that was on its way (`SO_RCVTIMEO`).
#[cfg(not(unix))]
pub fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    limit: Option<Duration>,
    ended: impl Fn() -> bool,
) -> io::Result<usize> {
    let start = Instant::now();
    loop {
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

/// `send(2)`, for at most as long as the limit says. On Unix `shutdown` from another thread wakes it.
///
/// The socket's own limit is a part of this one: a `send` that was partly taken returns only when its time is over
/// (socket(7)), which must not make the whole wait several times as long.
#[cfg(unix)]
pub fn send(
    stream: &TcpStream,
    limit: Option<Duration>,
    _ended: impl Fn() -> bool,
    send: impl Fn(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    let start = Instant::now();
    loop {
        match send(stream) {
            Err(error) if is_timeout(&error) && limit.is_some_and(|limit| start.elapsed() < limit) => {}
            result => return result,
        }
    }
}

/// `send(2)`, for at most as long as the limit says. On Windows `shutdown` doesn't wake it, and after a time-out nobody
/// knows how much was taken (`SO_SNDTIMEO`); so it takes what there is room for, and looks again soon where there is none.
#[cfg(not(unix))]
pub fn send(
    stream: &TcpStream,
    limit: Option<Duration>,
    ended: impl Fn() -> bool,
    send: impl Fn(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    const LONGEST: Duration = Duration::from_millis(16);
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    // Nobody else reads or writes: a connection is one thread's.
    stream.set_nonblocking(true)?;
    let result = loop {
        match send(stream) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => break result,
        }
        if ended() {
            break Err(io::ErrorKind::ConnectionAborted.into());
        }
        if limit.is_some_and(|limit| start.elapsed() >= limit) {
            break Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST);
    };
    stream.set_nonblocking(false)?;
    result
}

/// Whether the system tells how many clients wait in an accept queue.
pub const TELLS_QUEUE: bool = cfg!(target_os = "linux");

/// How many clients fit into an accept queue that was made with this backlog; `None` where the system's rule can't be
/// asked for.
///
/// Linux takes no more than `net.core.somaxconn` for a backlog (listen(2)), and admits one client more than that.
pub fn queue_room(backlog: u16) -> Option<u32> {
    if !TELLS_QUEUE {
        return None;
    }
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let most = most.and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(u32::MAX);
    Some(u32::from(backlog).min(most) + 1)
}

/// What an OS does with a client whose connection finds the accept queue full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It drops the client's SYN, which the client sends again a few times before it gives up. Linux, macOS and the
    /// BSDs do so.
    TimesOut,
    /// It answers with RST, as Windows does.
    Refused,
}

/// What this system does with a client that finds the accept queue full.
pub const WHEN_FULL: WhenFull = if cfg!(windows) { WhenFull::Refused } else { WhenFull::TimesOut };

/// The clients in the accept queue of each of these listening sockets; `None` where the system doesn't tell.
///
/// Linux: the `rx_queue` column of a listening socket in `/proc/net/tcp` and `tcp6` (proc(5)).
pub fn queue_lengths(listening: &[SocketAddr]) -> Option<Vec<u32>> {
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
