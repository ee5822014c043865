//! The address from which this computer speaks to others, and at which those on its network find it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// Asks the system from which address it would send to somebody far away. Nothing is sent: a UDP socket that is
/// connected only looks up the route. `for_v6`: the IPv6 address.
///
/// # Errors
/// There is no such route: the computer is on no network.
pub fn own_address(for_v6: bool) -> io::Result<IpAddr> {
    // Addresses for documentation (RFC 5737 and RFC 3849) and the discard port: nobody has them.
    let (here, there): (IpAddr, IpAddr) = if for_v6 {
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
    } else {
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
    };
    let socket = UdpSocket::bind((here, 0))?;
    socket.connect((there, 9))?;
    let own = socket.local_addr()?.ip();
    if own.is_loopback() || own.is_unspecified() {
        return Err(io::ErrorKind::NetworkUnreachable.into());
    }
    Ok(own)
}
