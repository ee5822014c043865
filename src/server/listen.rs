//! Turns a host name into listening sockets: resolve, `socket()`, `bind()`, `listen()`.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::platform::sockets;
use crate::resolve::Lookup;
use crate::server::calls::Call;
use crate::server::start_error::{BindError, StartError};
use crate::server::stepper::StepController;

/// How often another port is tried if the port that the OS chose for the first address is in use on the second.
const PORT_TRIES: usize = 32;
/// The time between two checks for a stop while the resolver works.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// The listening sockets of one run, and the addresses that could not be bound.
#[derive(Debug)]
pub(super) struct Bound {
    /// The sockets, non-blocking and all on one port, with their addresses.
    pub(super) listeners: Vec<(TcpListener, SocketAddr)>,
    pub(super) failed: Vec<BindError>,
}

impl Bound {
    pub(super) fn port(&self) -> u16 {
        self.listeners.first().map_or(0, |(_, address)| address.port())
    }
}

/// Resolves a host to its addresses, without duplicates; `Ok(None)` if `is_stopped` returned true before the resolver
/// answered.
///
/// # Errors
/// [`StartError::NameNotFound`] if there is no address, [`StartError::System`] if the resolver's thread can't be
/// created.
pub(super) fn resolve(
    host: &str,
    port: u16,
    is_stopped: impl Fn() -> bool,
) -> Result<Option<Vec<SocketAddr>>, StartError> {
    let lookup = Lookup::start(host, port, || {}).map_err(StartError::System)?;
    loop {
        match lookup.wait(STOP_CHECK) {
            None if is_stopped() => return Ok(None),
            None => {}
            Some(Ok(addresses)) => return Ok(Some(addresses)),
            Some(Err(source)) => return Err(StartError::NameNotFound { host: host.to_owned(), source }),
        }
    }
}

/// Listens on every address, all on one port. One success is enough. Returns `Ok(None)` after a stop in step mode.
///
/// # Errors
/// [`StartError::Bind`] if no address could be bound, with the cause for each.
pub(super) fn bind(
    addresses: &[SocketAddr],
    backlog: u16,
    steps: &StepController,
) -> Result<Option<Bound>, StartError> {
    let is_any_port = addresses.iter().any(|address| address.port() == 0);
    let mut bound = None;
    for _ in 0..PORT_TRIES {
        // The sockets of the previous try stay open during this one, so that the OS can't choose the same port again.
        let Some(next) = bind_once(addresses, backlog, steps) else { return Ok(None) };
        let is_in_use = next.failed.iter().any(|error| error.source.kind() == io::ErrorKind::AddrInUse);
        bound = Some(next);
        if !(is_any_port && is_in_use) {
            break;
        }
    }
    match bound {
        Some(bound) if bound.listeners.is_empty() => Err(StartError::Bind(bound.failed)),
        bound => Ok(bound),
    }
}

fn bind_once(addresses: &[SocketAddr], backlog: u16, steps: &StepController) -> Option<Bound> {
    let mut bound = Bound { listeners: Vec::new(), failed: Vec::new() };
    for &(mut address) in addresses {
        if address.port() == 0 {
            address.set_port(bound.port());
        }
        match listen(address, backlog, steps)? {
            Ok(listener) => bound.listeners.push(listener),
            Err(error) => bound.failed.push(BindError { address, source: Arc::new(error) }),
        }
    }
    Some(bound)
}

/// Creates a listening socket, as the tutorial's `initialize_server_socket()` does. Returns `None` if the server was
/// stopped before one of the calls.
fn listen(
    address: SocketAddr,
    backlog: u16,
    steps: &StepController,
) -> Option<io::Result<(TcpListener, SocketAddr)>> {
    steps.start_call(Call::Socket, address).then_some(())?;
    let socket = match socket(address) {
        Ok(socket) => socket,
        Err(error) => return Some(Err(error)),
    };
    steps.start_call(Call::Bind, address).then_some(())?;
    let bound = socket.bind(&address.into());
    let listener = TcpListener::from(socket);
    let address = match bound.and_then(|()| listener.local_addr()) {
        Ok(address) => address,
        Err(error) => return Some(Err(error)),
    };
    steps.start_call(Call::Listen, address).then_some(())?;
    Some(SockRef::from(&listener).listen(i32::from(backlog)).map(|()| (listener, address)))
}

/// Creates a socket with the options that have to be set before `bind`.
fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    sockets::allow_reuse(&socket)?;
    if let IpAddr::V6(ip) = address.ip() {
        // `::` also accepts IPv4, except on an OS that can't (OpenBSD).
        let result = socket.set_only_v6(!ip.is_unspecified());
        if !ip.is_unspecified() {
            result?;
        }
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::event_channel::channel;

    fn bind(addresses: &[SocketAddr]) -> Result<Bound, StartError> {
        let steps = StepController::new(channel(|| {}).0, false, false);
        super::bind(addresses, 5, &steps).map(|bound| bound.expect("the server isn't stopped"))
    }

    #[test]
    fn localhost_listens_on_both_loopback_addresses_and_one_port() {
        let addresses = resolve("localhost", 0, || false).unwrap().unwrap();
        assert_eq!(addresses.len(), 2);
        let bound = bind(&addresses).unwrap();
        assert_ne!(bound.port(), 0);
        assert!(bound.listeners.iter().all(|(_, address)| address.port() == bound.port()));
    }

    #[test]
    fn port_in_use_is_reported_with_its_cause() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        let error = bind(&[address]).unwrap_err();
        assert!(error.is_about_the_port());
        assert!(error.to_string().contains("already in use"), "{error}");
    }

    #[test]
    fn address_of_another_computer_is_rejected() {
        // TEST-NET-1 (RFC 5737) is not assigned to anyone.
        let error = bind(&["192.0.2.1:0".parse().unwrap()]).unwrap_err();
        assert!(error.to_string().contains("not an address of this computer"), "{error}");
    }
}
