//! Reports why an address can't be listened on: what holds its port, and whether it is an address of this computer.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::platform::socket_queues::tcp_sockets;

/// The holder of a port, as far as the OS reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortHolder {
    /// A listening socket of another program: this one listens only on addresses that don't conflict.
    OtherProgram,
    /// Open connections, whose local port it is. Nothing listens on it.
    Connection,
    /// Only closed connections, which the OS keeps for a minute or more (`TIME_WAIT`, RFC 9293, section 3.6.1).
    ClosedConnection,
    /// The OS doesn't report it.
    Unknown,
}

/// Returns what prevents `address` from being bound with `EADDRINUSE`. Only Linux reports it.
pub(crate) fn port_holder(address: SocketAddr) -> PortHolder {
    const TIME_WAIT: &str = "06";
    const LISTEN: &str = "0A";
    let mut holder = PortHolder::Unknown;
    for text in ["/proc/net/tcp", "/proc/net/tcp6"].iter().filter_map(|file| fs::read_to_string(file).ok()) {
        for socket in tcp_sockets(&text) {
            if !socket.local_address().is_some_and(|local| is_conflict(address, local)) {
                continue;
            }
            match socket.state {
                LISTEN => return PortHolder::OtherProgram,
                TIME_WAIT if holder == PortHolder::Unknown => holder = PortHolder::ClosedConnection,
                TIME_WAIT => {}
                _ => holder = PortHolder::Connection,
            }
        }
    }
    holder
}

/// Returns whether a socket at `other` can prevent one at `address`. `::` may also be for IPv4.
fn is_conflict(address: SocketAddr, other: SocketAddr) -> bool {
    let (ip, other_ip) = (address.ip().to_canonical(), other.ip().to_canonical());
    let includes = |any: IpAddr, ip: IpAddr| any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4());
    address.port() == other.port() && (ip == other_ip || includes(ip, other_ip) || includes(other_ip, ip))
}

/// Returns whether this is an address of this computer that programs can listen on.
pub(crate) fn is_own_address(ip: IpAddr) -> bool {
    let address = SocketAddr::new(ip, 0);
    let bound = Socket::new(Domain::for_address(address), Type::STREAM, None)
        .and_then(|socket| socket.bind(&address.into()));
    bound.is_ok() && !is_group(ip)
}

/// Returns whether this computer has IPv6: the loopback address can be bound.
pub(crate) fn has_ipv6() -> bool {
    is_own_address(Ipv6Addr::LOCALHOST.into())
}

/// Returns whether this is a multicast or broadcast address. Some OSes let a TCP socket listen on one, but no client can
/// connect to it.
pub(crate) fn is_group(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_multicast() || matches!(ip, IpAddr::V4(ip) if ip.is_broadcast()) || is_broadcast_of_network(ip)
}

/// Returns whether this is the broadcast address of a network that this computer is in. The OS lets a UDP socket connect
/// to it only with `SO_BROADCAST`. Nothing is sent.
fn is_broadcast_of_network(ip: IpAddr) -> bool {
    let address = SocketAddr::new(ip, 9).into();
    let connect = |allowed| {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        socket.set_broadcast(allowed)?;
        socket.connect(&address)
    };
    let is_denied =
        |result: io::Result<()>| result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    ip.is_ipv4() && !ip.is_unspecified() && is_denied(connect(false)) && connect(true).is_ok()
}

/// Returns the names of the network interfaces that have this IPv6 address; `None` if the OS doesn't report it.
pub(crate) fn interfaces_with(ip: Ipv6Addr) -> Option<Vec<String>> {
    // The address is the first of six columns, and the interface the last.
    let text = fs::read_to_string("/proc/net/if_inet6").ok()?;
    let address = format!("{:032x}", ip.to_bits());
    let lines = text.lines().filter(|line| line.starts_with(&address));
    Some(lines.filter_map(|line| line.split_ascii_whitespace().last()).map(str::to_owned).collect())
}
