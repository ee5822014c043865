//! From a host to its addresses, without waiting for a resolver that can't be interrupted.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use crate::settings::fields::is_localhost_name;

/// Addresses that are known, or that a thread looks up.
pub(super) enum Lookup {
    Known(Vec<SocketAddr>),
    Asked(Receiver<io::Result<Vec<SocketAddr>>>),
}

impl Lookup {
    /// Looks the host up; `wake` is called when the answer is there. The thread may outlive the client.
    pub(super) fn start(host: &str, port: u16, wake: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Self::Known(vec![SocketAddr::new(address.to_canonical(), port)]));
        }
        if is_localhost_name(host) {
            // RFC 6761, section 6.3: always loopback, whatever a hosts file leaves out.
            let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(Self::Known(loopback.map(|address| SocketAddr::new(address, port)).to_vec()));
        }
        let (sender, receiver) = sync_channel(1);
        let name = host.to_owned();
        thread::Builder::new().name("resolve".to_owned()).spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Nobody listens any more where connecting was given up.
            let _ = sender.send(found);
            wake();
        })?;
        Ok(Self::Asked(receiver))
    }

    /// The addresses without repetition, at least one; `None`: not yet.
    pub(super) fn answer(&mut self) -> Option<io::Result<Vec<SocketAddr>>> {
        let no_answer = |words: &str| io::Error::new(io::ErrorKind::NotFound, words.to_owned());
        let found = match self {
            Self::Known(addresses) => Ok(std::mem::take(addresses)),
            Self::Asked(receiver) => match receiver.try_recv() {
                Ok(found) => found,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => Err(no_answer("the resolver failed")),
            },
        };
        Some(found.and_then(|addresses| {
            let mut known: Vec<SocketAddr> = Vec::new();
            for address in addresses {
                if !known.contains(&address) {
                    known.push(address);
                }
            }
            if known.is_empty() { Err(no_answer("the resolver gave no address")) } else { Ok(known) }
        }))
    }
}
