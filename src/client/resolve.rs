//! Looks up the addresses of a host, and the address of this computer on its network.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use crate::settings::parse::is_localhost_name;

/// A lookup under way on a thread of its own, since a resolver can't be interrupted.
pub(super) struct Lookup(Receiver<io::Result<Vec<SocketAddr>>>);

impl Lookup {
    /// Starts to look up the host. `wake` is called when the answer is there. The thread may outlive the client.
    pub(super) fn start(host: &str, port: u16, wake: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        let known: Vec<IpAddr> = if let Ok(address) = host.parse::<IpAddr>() {
            vec![address.to_canonical()]
        } else if is_localhost_name(host) {
            // Always loopback, even if a hosts file has no entry for it (RFC 6761, section 6.3).
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            let name = host.to_owned();
            thread::Builder::new().name("resolve".to_owned()).spawn(move || {
                // The receiver is gone if connecting was cancelled.
                let _ = sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
                wake();
            })?;
            return Ok(Self(receiver));
        };
        let _ = sender.send(Ok(known.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()));
        Ok(Self(receiver))
    }

    /// Returns the addresses without duplicates, at least one; `None`: not yet.
    pub(super) fn answer(&self) -> Option<io::Result<Vec<SocketAddr>>> {
        let not_found = |text: &str| Err(io::Error::new(io::ErrorKind::NotFound, text.to_owned()));
        Some(match self.0.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => not_found("the resolver failed"),
            Ok(Ok(addresses)) if addresses.is_empty() => not_found("the resolver gave no address"),
            Ok(found) => found.map(|mut addresses| {
                let mut seen = HashSet::new();
                addresses.retain(|address| seen.insert(*address));
                addresses
            }),
        })
    }
}

/// Returns the address from which this computer sends to other networks, and at which computers on its own network reach
/// it. `for_v6`: the IPv6 address. Nothing is sent: connecting a UDP socket only looks up the route.
///
/// # Errors
/// There is no route: the computer is on no network.
pub fn local_ip(for_v6: bool) -> io::Result<IpAddr> {
    // Addresses for documentation (RFC 5737 and RFC 3849), which no computer has, and the discard port.
    let (here, there): (IpAddr, IpAddr) = if for_v6 {
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
    } else {
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
    };
    let socket = UdpSocket::bind((here, 0))?;
    socket.connect((there, 9))?;
    let local = socket.local_addr()?.ip();
    if local.is_loopback() || local.is_unspecified() {
        return Err(io::ErrorKind::NetworkUnreachable.into());
    }
    Ok(local)
}
