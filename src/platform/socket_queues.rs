//! The queues of sockets in the OS: the accept queue of a listening socket, and the receive and send queue of a
//! connection. Each OS reports another part of that.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::{self, File};
#[cfg(target_os = "linux")]
use std::io::Write;
use std::io::{self, Read, Seek};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Mutex;
#[cfg(target_os = "linux")]
use std::time::Duration;

use mio::net::TcpListener;
use socket2::SockRef;
#[cfg(target_os = "linux")]
use socket2::{Domain, Protocol, Socket, Type};

use crate::sync::lock;

/// Whether the OS sends RST to a client that connects while the accept queue is full, as Windows does. Linux, macOS and
/// the BSDs drop the client's SYN, and the client retries a few times before it gives up.
pub(crate) const REFUSES_WHEN_FULL: bool = cfg!(windows);

/// Whether the OS reports which clients wait in an accept queue, and how many attempts to connect it dropped.
pub(crate) const REPORTS_ACCEPT_QUEUE: bool = cfg!(target_os = "linux");

/// Returns how many clients fit into an accept queue with this backlog; `None` if the OS doesn't report its rule.
///
/// Linux limits the backlog to `net.core.somaxconn` (listen(2)), and admits one client more.
pub(crate) fn accept_queue_capacity(backlog: u16) -> Option<u32> {
    if !REPORTS_ACCEPT_QUEUE {
        return None;
    }
    let max = fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let max = max.and_then(|text| text.trim().parse().ok()).unwrap_or(u32::MAX);
    Some(u32::from(backlog).min(max) + 1)
}

/// The clients in an accept queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct QueuedClients {
    /// Their number.
    pub(crate) count: u32,
    /// Their addresses.
    pub(crate) addresses: Vec<SocketAddr>,
}

/// Returns the clients in the accept queue of each of these listening sockets; `None` if the OS doesn't report them. If
/// several of a queue aren't `known` yet, its clients are sorted, the next one to be accepted first, as far as the OS
/// reports that.
///
/// On Linux, `/proc/net/tcp` and `tcp6` (proc(5)) list them: a listening socket has the length of its queue as
/// `rx_queue`, and a connection that was not accepted has no inode.
pub(crate) fn queued_clients(listening: &[SocketAddr], known: &[SocketAddr]) -> Option<Vec<QueuedClients>> {
    if !REPORTS_ACCEPT_QUEUE {
        return None;
    }
    let mut queues = vec![QueuedClients::default(); listening.len()];
    for is_ipv6 in [false, true] {
        if listening.iter().any(|address| address.is_ipv6() == is_ipv6) {
            add_queued_clients(&read_sockets(is_ipv6).ok()?, listening, &mut queues);
        }
    }
    for (address, queue) in listening.iter().zip(&mut queues) {
        if queue.addresses.iter().filter(|address| !known.contains(address)).count() > 1 {
            let times = waiting_times(*address).unwrap_or_default();
            queue.addresses.sort_by_key(|address| Reverse(times.get(address).copied()));
        }
    }
    Some(queues)
}

/// Returns how many milliseconds each client has been waiting in the accept queue of a listening socket; `None` if the
/// OS doesn't report it.
///
/// The request to Linux is that of `ss` (`sock_diag(7)`, `linux/inet_diag.h`). The server hasn't sent anything yet to a
/// client that it hasn't accepted, so `tcpi_last_data_sent` is the time since the handshake.
#[cfg(target_os = "linux")]
fn waiting_times(listening: SocketAddr) -> Option<HashMap<SocketAddr, u32>> {
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST_DUMP: u16 = 0x301;
    const INET_DIAG_INFO: u16 = 2;
    const ESTABLISHED_OR_CLOSE_WAIT: u32 = 1 << 1 | 1 << 8;
    // The sizes of nlmsghdr, of a request with inet_diag_req_v2 after it, and of inet_diag_msg.
    const HEADER: usize = 16;
    const REQUEST: usize = 72;
    const MESSAGE: usize = 72;

    let protocol = Protocol::from(libc::NETLINK_SOCK_DIAG);
    let mut socket = Socket::new(Domain::from(libc::AF_NETLINK), Type::DGRAM, Some(protocol)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let family = if listening.is_ipv6() { libc::AF_INET6 } else { libc::AF_INET };
    let mut request = Vec::with_capacity(REQUEST);
    request.extend(u32::try_from(REQUEST).ok()?.to_ne_bytes());
    request.extend([SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP].map(u16::to_ne_bytes).concat());
    request.extend([0; 8]);
    let attributes = 1 << (INET_DIAG_INFO - 1);
    request.extend([u8::try_from(family).ok()?, u8::try_from(libc::IPPROTO_TCP).ok()?, attributes, 0]);
    request.extend(ESTABLISHED_OR_CLOSE_WAIT.to_ne_bytes());
    request.extend(listening.port().to_be_bytes());
    request.resize(REQUEST, 0);
    socket.write_all(&request).ok()?;

    let number = |bytes: &[u8], at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let short = |bytes: &[u8], at: usize| Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let client = |message: &[u8]| {
        let ip = if listening.is_ipv6() {
            IpAddr::from(<[u8; 16]>::try_from(message.get(24..40)?).ok()?)
        } else {
            IpAddr::from(<[u8; 4]>::try_from(message.get(24..28)?).ok()?)
        };
        let is_accepted = number(message, 68)? != 0;
        (!is_accepted).then_some(SocketAddr::new(ip, u16::from_be(short(message, 6)?)))
    };
    let last_data_sent = |message: &[u8]| {
        let mut attributes = message.get(MESSAGE..)?;
        while short(attributes, 2)? != INET_DIAG_INFO {
            attributes = attributes.get(usize::from(short(attributes, 0)?.max(4)).next_multiple_of(4)..)?;
        }
        number(attributes, 4 + 44)
    };
    let mut times = HashMap::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = socket.read(&mut buffer).ok()?;
        let mut messages = &buffer[..length];
        while !messages.is_empty() {
            // Another message is the end of the list, or an error.
            if short(messages, 4)? != SOCK_DIAG_BY_FAMILY {
                return Some(times);
            }
            let length = number(messages, 0)? as usize;
            let message = messages.get(HEADER..length)?;
            if let (Some(client), Some(time)) = (client(message), last_data_sent(message)) {
                times.insert(client, time);
            }
            messages = messages.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// Returns `None`.
#[cfg(not(target_os = "linux"))]
fn waiting_times(_listening: SocketAddr) -> Option<HashMap<SocketAddr, u32>> {
    None
}

/// Opens the files that [`queued_clients`] reads, so that it can still read them when the process has no more file
/// descriptors.
pub(crate) fn open_socket_lists() {
    if REPORTS_ACCEPT_QUEUE {
        // An error is reported by each query as an unknown number.
        let _ = [false, true].map(read_sockets);
    }
}

/// Returns the text of `/proc/net/tcp` or `tcp6`. The files stay open.
fn read_sockets(is_ipv6: bool) -> io::Result<String> {
    static FILES: Mutex<[Option<File>; 2]> = Mutex::new([None, None]);
    let path = if is_ipv6 { "/proc/net/tcp6" } else { "/proc/net/tcp" };
    let mut files = lock(&FILES);
    let file = &mut files[usize::from(is_ipv6)];
    let mut file = match file {
        Some(file) => &*file,
        None => file.insert(File::open(path)?),
    };
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Adds the clients in the text of `/proc/net/tcp` or `tcp6` to the queues of these listening sockets.
fn add_queued_clients(text: &str, listening: &[SocketAddr], queues: &mut [QueuedClients]) {
    const ESTABLISHED: &str = "01";
    const CLOSE_WAIT: &str = "08";
    const LISTEN: &str = "0A";
    // Comparing this text first is much faster than parsing the address of every socket.
    let ports: Vec<_> = listening.iter().map(|address| format!(":{:04X}", address.port())).collect();
    for socket in tcp_sockets(text) {
        let is_queued = [ESTABLISHED, CLOSE_WAIT].contains(&socket.state) && socket.inode == "0";
        if socket.state != LISTEN && !is_queued {
            continue;
        }
        for ((address, port), queue) in listening.iter().zip(&ports).zip(&mut *queues) {
            if !socket.local.ends_with(port) {
                continue;
            }
            // The file lacks the scope of a link-local address.
            let is_same = |local: SocketAddr| (local.ip(), local.port()) == (address.ip(), address.port());
            let Some(local) = parse_address(socket.local).filter(|it| it.is_ipv6() == address.is_ipv6())
            else {
                continue;
            };
            if socket.state == LISTEN {
                if is_same(local) {
                    queue.count += u32::from_str_radix(socket.rx_queue, 16).unwrap_or(0);
                }
            } else if is_same(local) || address.ip().is_unspecified() {
                queue.addresses.extend(parse_address(socket.remote));
            }
        }
    }
}

/// Returns how many of the connections between this server and these clients its program still has open; `None` if the
/// OS doesn't report it. The clients have closed them.
pub(crate) fn open_connections(server: SocketAddr, clients: &[SocketAddr]) -> Option<usize> {
    const ESTABLISHED: &str = "01";
    const CLOSE_WAIT: &str = "08";
    let is_client = |socket: &TcpSocket<'_>| {
        let remote =
            parse_address(socket.remote).map(|it| SocketAddr::new(it.ip().to_canonical(), it.port()));
        remote.is_some_and(|remote| clients.contains(&remote))
    };
    find_sockets(|socket| {
        let is_open = [ESTABLISHED, CLOSE_WAIT].contains(&socket.state);
        let is_server = || socket.local_address().is_some_and(|local| local.port() == server.port());
        is_open && is_server() && is_client(socket)
    })
    .map(|found| found.len())
}

/// Returns the addresses with this port that a program of this computer listens on; `None` if the OS doesn't report
/// them.
pub(crate) fn listening_addresses(port: u16) -> Option<Vec<SocketAddr>> {
    find_sockets(|socket| {
        socket.state == LISTEN && socket.local_address().is_some_and(|local| local.port() == port)
    })
}

/// Returns the addresses that the sockets with these inode numbers listen on; `None` if the OS doesn't report them.
pub(super) fn listening_among(inodes: &[String]) -> Option<Vec<SocketAddr>> {
    find_sockets(|socket| socket.state == LISTEN && inodes.iter().any(|inode| inode == socket.inode))
}

/// Returns the local addresses of the TCP sockets that `is_wanted` accepts.
fn find_sockets(is_wanted: impl Fn(&TcpSocket<'_>) -> bool) -> Option<Vec<SocketAddr>> {
    if !REPORTS_ACCEPT_QUEUE {
        return None;
    }
    let mut found = Vec::new();
    for is_ipv6 in [false, true] {
        // Without IPv6 there is no file for it.
        let Ok(text) = read_sockets(is_ipv6) else { continue };
        found.extend(tcp_sockets(&text).filter(&is_wanted).filter_map(|socket| socket.local_address()));
    }
    Some(found)
}

/// The state of a listening socket.
const LISTEN: &str = "0A";

/// A line of `/proc/net/tcp` or `tcp6` (proc(5)). The values are as in the file.
pub(super) struct TcpSocket<'a> {
    local: &'a str,
    remote: &'a str,
    pub(super) state: &'a str,
    rx_queue: &'a str,
    inode: &'a str,
}

impl TcpSocket<'_> {
    /// Returns the local address.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        parse_address(self.local)
    }
}

/// Returns the sockets in the text of `/proc/net/tcp` or `tcp6`.
pub(super) fn tcp_sockets(text: &str) -> impl Iterator<Item = TcpSocket<'_>> {
    text.lines().filter_map(|line| {
        // The columns are sl, local_address, rem_address, st, tx_queue:rx_queue, tr:tm->when, retrnsmt, uid, timeout
        // and inode.
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (local, remote, state, queues) =
            (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        let inode = columns.nth(4)?;
        Some(TcpSocket { local, remote, state, rx_queue: queues.split_once(':')?.1, inode })
    })
}

/// Parses an address of `/proc/net/tcp` or `tcp6`: in hexadecimal, each 32 bits in the machine's byte order, then the
/// port.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let words =
        ip.as_bytes().chunks(8).map(|digits| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
    let octets: Vec<u8> = words.collect::<Option<Vec<_>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match <[u8; 4]>::try_from(octets.as_slice()) {
        Ok(octets) => IpAddr::from(octets),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// Returns how many attempts to connect the OS has dropped, usually because the accept queue was full. Each retry
/// counts. `None` if the OS doesn't report it. The number starts again after 2^32 - 1.
///
/// On Linux, that is `SK_MEMINFO_DROPS` of the option `SO_MEMINFO` (socket(7), `linux/sock_diag.h`).
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the option has no safe wrapper")]
pub(crate) fn dropped_attempts(listener: &TcpListener) -> Option<u32> {
    use std::os::fd::AsRawFd;

    const SK_MEMINFO_DROPS: usize = 8;
    let mut values = [0_u32; SK_MEMINFO_DROPS + 1];
    let mut size = libc::socklen_t::try_from(size_of_val(&values)).ok()?;
    let expected = size;
    // SAFETY: the pointers are valid for the call, which writes at most `size` bytes to the array.
    let result = unsafe {
        libc::getsockopt(
            listener.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    (result == 0 && size == expected).then_some(values[SK_MEMINFO_DROPS])
}

/// Returns `None`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn dropped_attempts(_listener: &TcpListener) -> Option<u32> {
    None
}

/// A queue of a connection in the OS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteQueue {
    /// The number of bytes in it.
    pub bytes: u64,
    /// The number of bytes for which the OS reserves memory. An OS may let in more or fewer.
    pub capacity: u64,
}

/// The queues of a connection in the OS. A queue is `None` if the OS doesn't report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteQueues {
    /// The receive queue: bytes that arrived and that `recv` has not returned yet.
    pub receive: Option<ByteQueue>,
    /// The send queue: bytes that `send` took and that the peer's OS has not acknowledged yet.
    pub send: Option<ByteQueue>,
}

/// Returns the queues of a connection. Never waits.
pub(crate) fn byte_queues(stream: &TcpStream) -> ByteQueues {
    let socket = SockRef::from(stream);
    let queue = |bytes: Option<u64>, capacity: std::io::Result<usize>| {
        Some(ByteQueue { bytes: bytes?, capacity: capacity.ok()? as u64 })
    };
    ByteQueues {
        receive: queue(receive_queue(stream), socket.recv_buffer_size()),
        send: queue(send_queue(stream), socket.send_buffer_size()),
    }
}

#[cfg(unix)]
fn receive_queue(stream: &TcpStream) -> Option<u64> {
    // On Linux, SIOCINQ (tcp(7)) is the same request.
    rustix::io::ioctl_fionread(stream).ok()
}

#[cfg(not(unix))]
fn receive_queue(_stream: &TcpStream) -> Option<u64> {
    None
}

/// On Linux, this is SIOCOUTQ (tcp(7)).
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the request has no safe wrapper")]
fn send_queue(stream: &TcpStream) -> Option<u64> {
    use std::os::fd::AsRawFd;

    let mut bytes: libc::c_int = 0;
    // SAFETY: SIOCOUTQ, which has the number of TIOCOUTQ, writes one int to the pointer, which is valid for the call.
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    u64::try_from(bytes).ok().filter(|_| result == 0)
}

#[cfg(not(target_os = "linux"))]
fn send_queue(_stream: &TcpStream) -> Option<u64> {
    None
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn clients_without_an_inode_are_queued() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:3039 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 5901 1\n\
            1: 0100007F:3039 0100007F:C000 01 00000000:00000003 00:00000000 00000000     0        0 0 1\n\
            2: 0100007F:3039 0100007F:C001 08 00000000:00000001 00:00000000 00000000     0        0 0 1\n\
            3: 0100007F:3039 0100007F:C002 01 00000000:00000000 00:00000000 00000000     0        0 77 1\n\
            4: 0100007F:3039 0100007F:C003 06 00000000:00000000 00:00000000 00000000     0        0 0 1\n\
            5: 0200007F:3039 0100007F:C004 01 00000000:00000000 00:00000000 00000000     0        0 0 1\n";
        let queues = |address: &str| {
            let mut queues = [QueuedClients::default()];
            add_queued_clients(text, &[address.parse().unwrap()], &mut queues);
            let ports: Vec<_> = queues[0].addresses.iter().map(SocketAddr::port).collect();
            (queues[0].count, ports)
        };
        if cfg!(target_endian = "little") {
            assert_eq!(queues("127.0.0.1:12345"), (2, vec![0xc000, 0xc001]));
            assert_eq!(queues("0.0.0.0:12345"), (0, vec![0xc000, 0xc001, 0xc004]));
            assert_eq!(queues("127.0.0.1:12346"), (0, vec![]));
        }
    }

    #[test]
    fn queued_clients_are_sorted_as_they_will_be_accepted() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(host) else { continue };
            let address = listener.local_addr().unwrap();
            let connect = |_| {
                std::thread::sleep(Duration::from_millis(25));
                TcpStream::connect(address).unwrap()
            };
            let clients: Vec<_> = (0..8).map(connect).collect();
            let expected: Vec<_> = clients.iter().map(|client| client.local_addr().unwrap()).collect();
            assert_eq!(queued_clients(&[address], &[]).unwrap()[0].addresses, expected);
        }
    }

    #[test]
    fn unread_and_unacknowledged_bytes_are_counted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"Hello").unwrap();
        let receive = |stream: &TcpStream| byte_queues(stream).receive.unwrap();
        while receive(&server).bytes < 5 {
            std::thread::yield_now();
        }
        assert!(receive(&server).capacity > 5);
        server.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(receive(&server).bytes, 3);
        server.set_nonblocking(true).unwrap();
        while server.write(&[0; 8_192]).is_ok() {}
        assert!(byte_queues(&server).send.unwrap().bytes > 0, "the client reads nothing");
    }
}
