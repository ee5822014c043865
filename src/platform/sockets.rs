//! Blocking sockets with time limits that another thread can end, which works differently on Unix and Windows; and the
//! error codes that std doesn't name.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use socket2::{SockRef, Socket};

/// Allows a port to be used again while connections of an earlier run are in `TIME_WAIT`.
///
/// Windows always allows that, and `SO_REUSEADDR` would let two programs share the port there. `SO_EXCLUSIVEADDRUSE`
/// would prevent sharing, but it also refuses the port while connections of an earlier run remain.
pub(crate) fn allow_reuse(socket: &Socket) -> io::Result<()> {
    if cfg!(unix) { socket.set_reuse_address(true) } else { Ok(()) }
}

/// Makes sockets that [`accept`] returns send small amounts of data at once (`TCP_NODELAY`), if they inherit that from
/// the listening socket, as on Linux. That saves a system call for each client.
pub(crate) fn prepare_listener(socket: &Socket) -> io::Result<()> {
    if cfg!(target_os = "linux") { socket.set_tcp_nodelay(true) } else { Ok(()) }
}

/// Accepts a client from a non-blocking listener that [`prepare_listener`] has prepared. The client's socket blocks.
#[cfg(target_os = "linux")]
pub(crate) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    use rustix::net::{SocketFlags, acceptfrom_with};

    let (socket, peer) = acceptfrom_with(listener, SocketFlags::CLOEXEC)?;
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok()).ok_or(ErrorKind::InvalidData)?;
    Ok((socket.into(), peer))
}

/// Accepts a client from a non-blocking listener. The client's socket blocks, and sends small amounts of data at once.
#[cfg(not(target_os = "linux"))]
pub(crate) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    let stream = TcpStream::from(stream);
    stream.set_nonblocking(false)?;
    // This fails if the client has closed the connection, which `recv` will report.
    let _ = stream.set_nodelay(true);
    Ok((stream, peer))
}

/// Starts to connect, with a socket that never blocks. [`is_connected`] reports the end.
pub(crate) fn start_to_connect(address: SocketAddr) -> io::Result<TcpStream> {
    mio::net::TcpStream::connect(address).map(TcpStream::from)
}

/// Returns whether the TCP handshake of a socket that never blocks is done.
pub(crate) fn is_connected(socket: &SockRef<'_>) -> io::Result<bool> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    let Ok(peer) = socket.peer_addr() else { return Ok(false) };
    if socket.local_addr().is_ok_and(|local| local == peer) {
        // Nothing listens, and the OS chose this very port for the client: the socket connected to itself (RFC 9293,
        // section 3.5, simultaneous open).
        return Err(ErrorKind::ConnectionRefused.into());
    }
    Ok(true)
}

/// Returns whether an error means that the process or the OS has no file descriptor left.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE have the same numbers on Linux, the BSDs and macOS. Windows has WSAEMFILE.
    const CODES: [i32; 2] = if cfg!(windows) { [10024, 10024] } else { [24, 23] };
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

/// Returns whether an error means that a time limit has passed: `EAGAIN` on Unix, `WSAETIMEDOUT` on Windows. On Unix,
/// `ETIMEDOUT` is not one of them: the OS has given up the connection because the peer no longer answers (tcp(7)).
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    let is_from_os = error.raw_os_error().is_some();
    match error.kind() {
        ErrorKind::WouldBlock => true,
        ErrorKind::TimedOut => cfg!(windows) || !is_from_os,
        _ => false,
    }
}

/// Returns whether an error means that an RST has ended the connection. A `send` after that fails with `EPIPE`.
pub(crate) fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// The value to pass to [`limit`] for a socket without a time limit. Windows needs `Duration::MAX`, not `None`.
pub(crate) const UNLIMITED: Option<Duration> = if cfg!(unix) { None } else { Some(Duration::MAX) };

/// Sets the time limit of [`recv`] and [`send`].
pub(crate) fn limit(stream: &TcpStream, limit: Option<Duration>) {
    // A `send` waits in this many slices, but no slice is shorter than `SHORTEST`, so that `send` doesn't spin.
    const SEND_SLICES: u32 = 20;
    const SHORTEST: Duration = Duration::from_millis(5);
    // On Windows, a `shutdown` by another thread doesn't end a `recv`, so it waits in slices of this length.
    const RECV_SLICE: Duration = Duration::from_millis(100);
    // These fail only for a zero limit, which no caller sets, and for a closed socket, which the next call reports.
    if cfg!(unix) {
        let _ = stream.set_read_timeout(limit);
        let _ = stream.set_write_timeout(limit.map(|limit| (limit / SEND_SLICES).max(SHORTEST)));
    } else {
        let _ = stream.set_read_timeout(Some(limit.unwrap_or(RECV_SLICE).min(RECV_SLICE)));
    }
}

/// Calls `recv(2)` with the time limit that [`limit`] has set. On Unix, a `shutdown` by another thread ends the call.
#[cfg(unix)]
pub(crate) fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    _limit: Option<Duration>,
    _is_ended: impl Fn() -> bool,
) -> io::Result<usize> {
    stream.read(buffer)
}

/// Calls `recv(2)` within the time limit, waiting in slices. After each slice, checks `is_ended`. The wait only peeks,
/// since received data may be lost after a timeout (`SO_RCVTIMEO`).
#[cfg(not(unix))]
pub(crate) fn recv(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    limit: Option<Duration>,
    is_ended: impl Fn() -> bool,
) -> io::Result<usize> {
    let start = Instant::now();
    loop {
        match stream.peek(&mut [0]) {
            Err(error) if is_timeout(&error) => {
                if is_ended() {
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

/// How much later than at once [`wake_recv`] may end a `recv`.
pub(crate) const WAKE_DELAY: Duration = Duration::from_millis(if cfg!(unix) { 0 } else { 200 });

/// Ends a `recv` that waits in another thread, but not a `send`. Elsewhere than on Unix, `recv` checks often enough.
pub(crate) fn wake_recv(stream: &TcpStream) {
    if cfg!(unix) {
        // This fails if the peer has already closed the connection.
        let _ = stream.shutdown(Shutdown::Read);
    }
}

/// Calls `send`, a wrapper of `send(2)`, within the time limit. On Unix, a `shutdown` by another thread ends the call.
///
/// A `send(2)` that has sent only a part returns at the end of its slice (socket(7)), so the slices are shorter than
/// the limit.
#[cfg(unix)]
pub(crate) fn send(
    stream: &TcpStream,
    limit: Option<Duration>,
    _is_ended: impl Fn() -> bool,
    send: impl Fn(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    let start = limit.map(|limit| (limit, Instant::now()));
    loop {
        match send(stream) {
            Err(error)
                if is_timeout(&error) && start.is_some_and(|(limit, start)| start.elapsed() < limit) => {}
            result => return result,
        }
    }
}

/// Calls `send`, a wrapper of `send(2)`, within the time limit. On Windows, a `shutdown` by another thread doesn't end
/// it, and after a timeout it is unknown how much was sent (`SO_SNDTIMEO`). So this never blocks: it sends as much as
/// the OS takes, and tries again after a short pause.
#[cfg(not(unix))]
pub(crate) fn send(
    stream: &TcpStream,
    limit: Option<Duration>,
    is_ended: impl Fn() -> bool,
    send: impl Fn(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    const LONGEST: Duration = Duration::from_millis(16);
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    // Only one thread uses a connection, so this doesn't affect calls of other threads.
    stream.set_nonblocking(true)?;
    let result = loop {
        match send(stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            result => break result,
        }
        if is_ended() {
            break Err(ErrorKind::ConnectionAborted.into());
        }
        if limit.is_some_and(|limit| start.elapsed() >= limit) {
            break Err(ErrorKind::TimedOut.into());
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST);
    };
    stream.set_nonblocking(false)?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn peer_that_no_longer_answers_is_not_an_idle_one() {
        let error = |errno: rustix::io::Errno| io::Error::from(errno);
        assert!(is_timeout(&error(rustix::io::Errno::AGAIN)) && is_timeout(&ErrorKind::TimedOut.into()));
        assert!(!is_timeout(&error(rustix::io::Errno::TIMEDOUT)));
        assert!(
            is_reset(&error(rustix::io::Errno::PIPE)) && !is_reset(&error(rustix::io::Errno::HOSTUNREACH))
        );
    }
}
