//! Looks up the addresses of a host, and the address of this computer on its network.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::settings::parse::is_localhost_name;

/// The lookup of a host's addresses. It has a thread of its own, since a resolver can take half a minute and can't be
/// interrupted; the thread may outlive the lookup.
pub struct Lookup(Receiver<io::Result<Vec<SocketAddr>>>);

impl Lookup {
    /// Starts to look up the host. `wake` is called when the answer has arrived, unless it is known at once.
    ///
    /// # Errors
    /// The OS can't create a thread.
    pub fn start(host: &str, port: u16, wake: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        let addresses: Vec<IpAddr> = if let Ok(address) = host.parse::<IpAddr>() {
            vec![address]
        } else if is_localhost_name(host) {
            // Always loopback, even if a hosts file maps the name elsewhere (RFC 6761, section 6.3).
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            let name = host.to_owned();
            thread::Builder::new().name("resolve".to_owned()).spawn(move || {
                // This fails if the lookup was dropped meanwhile.
                let _ = sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
                wake();
            })?;
            return Ok(Self(receiver));
        };
        let _ = sender.send(Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()));
        Ok(Self(receiver))
    }

    /// Waits for the answer, for at most `timeout`. Returns at least one address, without duplicates; `None` after the
    /// timeout.
    ///
    /// # Errors
    /// The resolver failed, or found no address.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Option<io::Result<Vec<SocketAddr>>> {
        let not_found = |text: &str| Err(io::Error::new(io::ErrorKind::NotFound, text.to_owned()));
        Some(match self.0.recv_timeout(timeout) {
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => not_found("the resolver failed"),
            Ok(Ok(addresses)) if addresses.is_empty() => not_found("the resolver returned no address"),
            Ok(found) => found.map(|mut addresses| {
                // A socket for IPv6 alone can't be bound to an IPv4-mapped address.
                let is_mapped =
                    |address: &SocketAddr| address.is_ipv6() && address.ip().to_canonical().is_ipv4();
                for address in addresses.iter_mut().filter(|address| is_mapped(address)) {
                    address.set_ip(address.ip().to_canonical());
                }
                let mut seen = HashSet::new();
                addresses.retain(|address| seen.insert(*address));
                addresses
            }),
        })
    }
}

/// Returns this computer's address on its network: the address that packets to other networks are sent from. `for_v6`
/// chooses IPv6 instead of IPv4. Nothing is sent: connecting a UDP socket only looks up the route.
///
/// # Errors
/// There is no route: the computer isn't on a network.
pub fn local_ip(for_v6: bool) -> io::Result<IpAddr> {
    // Addresses for documentation (RFC 5737 and RFC 3849), which no computer has, and the discard port.
    let (bind_ip, remote_ip): (IpAddr, IpAddr) = if for_v6 {
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
    } else {
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
    };
    let socket = UdpSocket::bind((bind_ip, 0))?;
    socket.connect((remote_ip, 9))?;
    let local = socket.local_addr()?.ip();
    if local.is_loopback() || local.is_unspecified() {
        return Err(io::ErrorKind::NetworkUnreachable.into());
    }
    Ok(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_mapped_addresses_of_a_name_become_ipv4() {
        let (sender, receiver) = sync_channel(1);
        let addresses = ["127.0.0.1:7", "[::ffff:127.0.0.1]:7", "[::1]:7"];
        sender.send(Ok(addresses.iter().map(|address| address.parse().unwrap()).collect())).unwrap();
        let found = Lookup(receiver).wait(Duration::ZERO).unwrap().unwrap();
        assert_eq!(found, ["127.0.0.1:7", "[::1]:7"].map(|address| address.parse().unwrap()));
    }
}
