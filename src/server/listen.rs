//! From a host name to listening sockets: resolve, `socket()`, `bind()`, `listen()`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::platform::sockets;
use crate::server::calls::Call;
use crate::server::error::{BindError, StartError};
use crate::server::gate::Gate;
use crate::settings::parse::is_localhost_name;

/// How often another port is tried where the system's choice for the first address is taken on the second.
const PORT_TRIES: usize = 32;
/// How soon a stop is noticed while the resolver takes its time.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// The listening sockets of one run, and the addresses that could not be bound.
#[derive(Debug)]
pub(super) struct Bound {
    /// Non-blocking, at least one, all on one port.
    pub(super) listeners: Vec<(TcpListener, SocketAddr)>,
    pub(super) failed: Vec<BindError>,
}

impl Bound {
    pub(super) fn port(&self) -> u16 {
        self.listeners.first().map_or(0, |(_, address)| address.port())
    }
}

/// Every address of a host, without repetition. `Ok(None)`: `stopped` said so before the resolver answered.
pub(super) fn resolve(
    host: &str,
    port: u16,
    stopped: impl Fn() -> bool,
) -> Result<Option<Vec<SocketAddr>>, StartError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        // An IPv4 address in IPv6's clothes can't be bound on a socket that is IPv6's alone.
        return Ok(Some(vec![SocketAddr::new(address.to_canonical(), port)]));
    }
    if is_localhost_name(host) {
        // RFC 6761, section 6.3: always loopback, whatever a hosts file leaves out.
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        return Ok(Some(loopback.map(|address| SocketAddr::new(address, port)).to_vec()));
    }
    // A resolver can take half a minute and can't be interrupted: it gets a thread that may outlive the run.
    let (sender, receiver) = sync_channel(1);
    let name = host.to_owned();
    thread::Builder::new()
        .name("resolve".to_owned())
        .spawn(move || {
            let result = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Nobody listens any more where the start was given up.
            let _ = sender.send(result);
        })
        .map_err(|error| StartError::System { raw: error.to_string() })?;
    loop {
        let not_found = |raw: String| StartError::NameNotFound { host: host.to_owned(), raw };
        match receiver.recv_timeout(STOP_CHECK) {
            Ok(Ok(mut addresses)) => {
                let mut seen = Vec::new();
                addresses.retain(|address| {
                    !seen.contains(address) && {
                        seen.push(*address);
                        true
                    }
                });
                if addresses.is_empty() {
                    return Err(not_found("the resolver gave no address".to_owned()));
                }
                return Ok(Some(addresses));
            }
            Ok(Err(error)) => return Err(not_found(error.to_string())),
            Err(RecvTimeoutError::Timeout) if stopped() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(not_found("the resolver failed".to_owned())),
        }
    }
}

/// Listens on every address, all on one port. One is enough; what failed comes along. `Ok(None)`: stopped while it
/// halted at the gate.
///
/// # Errors
/// [`StartError::Bind`] where no address could be bound, with the cause for each.
pub(super) fn bind(addresses: &[SocketAddr], backlog: u16, gate: &Gate) -> Result<Option<Bound>, StartError> {
    let asks_for_any_port = addresses.iter().any(|address| address.port() == 0);
    let Some(mut bound) = bind_once(addresses, backlog, gate) else { return Ok(None) };
    for _ in 1..PORT_TRIES {
        let taken = bound.failed.iter().any(|error| error.cause == crate::server::error::BindCause::InUse);
        if !(asks_for_any_port && taken) {
            break;
        }
        // The sockets of before are closed only afterwards, so that the system can't choose the same port again.
        let Some(again) = bind_once(addresses, backlog, gate) else { return Ok(None) };
        bound = again;
    }
    if bound.listeners.is_empty() { Err(StartError::Bind(bound.failed)) } else { Ok(Some(bound)) }
}

fn bind_once(addresses: &[SocketAddr], backlog: u16, gate: &Gate) -> Option<Bound> {
    let mut bound = Bound { listeners: Vec::new(), failed: Vec::new() };
    for address in addresses {
        let mut address = *address;
        if address.port() == 0 {
            address.set_port(bound.port());
        }
        match listen(address, backlog, gate)? {
            Ok(listener) => bound.listeners.push(listener),
            Err(error) => bound.failed.push(BindError::new(address, &error)),
        }
    }
    Some(bound)
}

/// The tutorial's `initialize_server_socket()`. `None`: stopped before one of its calls.
fn listen(address: SocketAddr, backlog: u16, gate: &Gate) -> Option<io::Result<(TcpListener, SocketAddr)>> {
    gate.start_call(Call::Socket, address).then_some(())?;
    let socket = match socket(address) {
        Ok(socket) => socket,
        Err(error) => return Some(Err(error)),
    };
    gate.start_call(Call::Bind, address).then_some(())?;
    let bound = socket.bind(&address.into());
    let listener = TcpListener::from(socket);
    let address = match bound.and_then(|()| listener.local_addr()) {
        Ok(address) => address,
        Err(error) => return Some(Err(error)),
    };
    gate.start_call(Call::Listen, address).then_some(())?;
    Some(SockRef::from(&listener).listen(i32::from(backlog)).map(|()| (listener, address)))
}

/// A socket for an address, with all that has to be set before `bind`.
fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    sockets::allow_reuse(&socket)?;
    if let IpAddr::V6(ip) = address.ip() {
        // `::` takes IPv4 too; where a system can't (OpenBSD), it takes IPv6 alone.
        let dual = socket.set_only_v6(!ip.is_unspecified());
        if !ip.is_unspecified() {
            dual?;
        }
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::event_channel;

    fn bind(addresses: &[SocketAddr]) -> Result<Bound, StartError> {
        let gate = Gate::new(event_channel::channel(|| {}).0, false, false);
        super::bind(addresses, 5, &gate).map(|bound| bound.expect("nobody stops it"))
    }

    fn never() -> bool {
        false
    }

    #[test]
    fn localhost_is_both_loopback_addresses_on_one_port_chosen_by_the_system() {
        let addresses = resolve("localhost", 0, never).unwrap().unwrap();
        assert_eq!(addresses.len(), 2);
        let bound = bind(&addresses).unwrap();
        assert_ne!(bound.port(), 0);
        assert!(bound.listeners.iter().all(|(_, address)| address.port() == bound.port()));
    }

    #[test]
    fn a_port_in_use_is_named_with_its_cause() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        let error = bind(&[address]).unwrap_err();
        assert!(error.is_about_the_port());
        assert!(error.to_string().contains("already in use"), "{error}");
    }

    #[test]
    fn an_address_of_another_computer_is_refused_in_words() {
        // TEST-NET-1 (RFC 5737) is nobody's.
        let error = bind(&["192.0.2.1:0".parse().unwrap()]).unwrap_err();
        assert!(error.to_string().contains("not an address of this computer"), "{error}");
    }
}
