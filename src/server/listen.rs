//! Turns a host name into listening sockets: resolve, `socket()`, `bind()`, `listen()`.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::platform::{addresses, sockets};
use crate::resolve::Lookup;
use crate::server::calls::Call;
use crate::server::start_error::{BindCause, BindError, StartError};
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
        let is_in_use = next.failed.iter().any(|error| matches!(error.cause, BindCause::InUse(_)));
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
    // Only without IPv4 addresses of its own does `::` stand for IPv4, too.
    let only_v6 = addresses.iter().any(SocketAddr::is_ipv4);
    let addresses: Vec<_> =
        addresses.iter().copied().filter(|address| !is_included(*address, addresses)).collect();
    steps.set_addresses(addresses.iter().copied());
    for (index, mut address) in addresses.into_iter().enumerate() {
        if address.port() == 0 {
            address.set_port(bound.port());
        }
        match listen(index, address, only_v6, backlog, steps)? {
            Ok(listener) => {
                steps.on_listening(index);
                bound.listeners.push(listener);
            }
            Err(error) => bound.failed.push(BindError::new(address, error)),
        }
    }
    Some(bound)
}

/// Returns whether another of the addresses stands for all addresses of this one's family. Both can't be bound.
fn is_included(address: SocketAddr, all: &[SocketAddr]) -> bool {
    let includes = |other: &SocketAddr| other.ip().is_unspecified() && other.is_ipv4() == address.is_ipv4();
    !address.ip().is_unspecified() && all.iter().any(includes)
}

/// Creates a listening socket, as the tutorial's `initialize_server_socket()` does. Returns `None` if the server was
/// stopped before one of the calls. `index` is the place of the address among those of the host.
fn listen(
    index: usize,
    address: SocketAddr,
    only_v6: bool,
    backlog: u16,
    steps: &StepController,
) -> Option<io::Result<(TcpListener, SocketAddr)>> {
    if addresses::is_group(address.ip()) {
        return Some(Err(io::ErrorKind::AddrNotAvailable.into()));
    }
    steps.start_call(Call::Socket, index, address).then_some(())?;
    let socket = match socket(address, only_v6) {
        Ok(socket) => socket,
        Err(error) => return Some(Err(error)),
    };
    steps.start_call(Call::Bind, index, address).then_some(())?;
    let bound = socket.bind(&address.into());
    let listener = TcpListener::from(socket);
    let address = match bound.and_then(|()| listener.local_addr()) {
        Ok(address) => address,
        Err(error) => return Some(Err(error)),
    };
    steps.start_call(Call::Listen, index, address).then_some(())?;
    Some(SockRef::from(&listener).listen(i32::from(backlog)).map(|()| (listener, address)))
}

/// Creates a socket with the options that have to be set before `bind`.
fn socket(address: SocketAddr, only_v6: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    sockets::allow_reuse(&socket)?;
    sockets::prepare_listener(&socket)?;
    if let IpAddr::V6(ip) = address.ip() {
        // `::` alone also accepts IPv4, except on an OS that can't (OpenBSD).
        let result = socket.set_only_v6(only_v6 || !ip.is_unspecified());
        if !ip.is_unspecified() {
            result?;
        }
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, TcpStream};

    use super::*;
    #[cfg(target_os = "linux")]
    use crate::platform::addresses::PortHolder;
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

    /// Returns why the only address can't be bound.
    fn cause(address: &str) -> BindCause {
        match bind(&[address.parse().unwrap()]).unwrap_err() {
            StartError::Bind(mut errors) => errors.remove(0).cause,
            other => panic!("{other:?}"),
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn holder_of_a_port_in_use_is_reported() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(cause(&address.to_string()), BindCause::InUse(PortHolder::OtherProgram));

        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let local = client.local_addr().unwrap().as_socket().unwrap().to_string();
        assert_eq!(cause(&local), BindCause::InUse(PortHolder::Unknown), "neither listens nor is connected");
        client.connect(&address.into()).unwrap();
        assert_eq!(cause(&local), BindCause::InUse(PortHolder::Connection));
        client.shutdown(std::net::Shutdown::Both).unwrap();
        drop(listener.accept().unwrap());
        drop(client);
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        // The other end's FIN may take a moment.
        while cause(&local) == BindCause::InUse(PortHolder::Connection)
            && std::time::Instant::now() < deadline
        {
            std::thread::yield_now();
        }
        assert_eq!(cause(&local), BindCause::InUse(PortHolder::ClosedConnection));
    }

    #[test]
    fn port_in_use_can_be_solved_by_another_port() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = bind(&[holder.local_addr().unwrap()]).unwrap_err();
        assert!(error.is_about_the_port(), "{error}");
    }

    #[test]
    fn addresses_that_include_others_do_not_conflict() {
        for hosts in [&["::", "0.0.0.0"][..], &["0.0.0.0", "::"], &["0.0.0.0", "127.0.0.1", "::1", "::"]] {
            let addresses: Vec<_> =
                hosts.iter().map(|host| SocketAddr::new(host.parse().unwrap(), 0)).collect();
            let bound = bind(&addresses).unwrap();
            assert!(bound.failed.is_empty(), "{hosts:?}: {:?}", bound.failed);
            assert_eq!(bound.listeners.len(), 2, "{hosts:?}");
        }
        let both = bind(&["[::]:0".parse().unwrap()]).unwrap();
        TcpStream::connect(("127.0.0.1", both.port())).unwrap();
    }

    #[test]
    fn addresses_that_cannot_be_listened_on_are_rejected_with_their_cause() {
        // TEST-NET-1 (RFC 5737) is not assigned to anyone.
        assert_eq!(cause("192.0.2.1:0"), BindCause::NotOwn(None));
        assert_eq!(cause("[::1:80]:0"), BindCause::NotOwn(Some((Ipv6Addr::LOCALHOST.into(), 80))));
        assert_eq!(cause("[2001:db8::1:80]:0"), BindCause::NotOwn(None));
        for group in ["255.255.255.255", "224.0.0.1", "239.1.2.3", "[ff02::1]", "[::ffff:224.0.0.1]"] {
            assert_eq!(cause(&format!("{group}:0")), BindCause::Group, "{group}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn link_local_address_needs_its_zone() {
        assert_eq!(cause("[fe80::dead:beef]:0"), BindCause::NotOwn(None));
        // Not every computer has one.
        let interfaces = std::fs::read_to_string("/proc/net/if_inet6").unwrap();
        let Some(line) = interfaces.lines().find(|line| line.starts_with("fe80")) else { return };
        let (digits, rest) = line.split_at(32);
        let ip = Ipv6Addr::from_bits(u128::from_str_radix(digits, 16).unwrap());
        let interface = rest.split_whitespace().last().unwrap();
        let found = cause(&format!("[{ip}]:0"));
        assert!(
            matches!(&found, BindCause::Zone(names) if names.iter().any(|name| name == interface)),
            "{found:?}"
        );
    }
}
