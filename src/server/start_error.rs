//! Why a server could not start, or failed later. Each error's `Display` is for the user who pressed Start, and includes the remedy.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::platform::addresses::{self, PortHolder};
use crate::platform::sockets;
use crate::tls::file_error::TlsError;

/// An address that could not be bound.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.message())]
pub struct BindError {
    /// The address and port.
    pub address: SocketAddr,
    /// The reason, as far as it is known.
    pub cause: BindCause,
    /// The error of `socket`, `bind` or `listen`.
    pub source: Arc<io::Error>,
}

/// Why an address could not be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindCause {
    /// The port is in use.
    InUse(PortHolder),
    /// The OS doesn't allow this port (`EACCES`): on Unix, one below 1024.
    NotAllowed,
    /// The process or the OS has no file descriptor left.
    OutOfFiles,
    /// It is a multicast or broadcast address.
    Group,
    /// This computer has no IPv6.
    NoIpv6,
    /// A link-local address without the zone of its network interface, or with another's (RFC 4007, section 11). These
    /// interfaces have the address; none if the OS doesn't report them.
    Zone(Vec<String>),
    /// Another computer's address. If its last group looks like a port, and the address before it is one of this
    /// computer's, this is that address and the port.
    NotOwn(Option<(IpAddr, u16)>),
    /// The OS's message is all that is known.
    Unknown,
}

impl BindCause {
    fn of(address: SocketAddr, error: &io::Error) -> Self {
        let ip = address.ip();
        match error.kind() {
            ErrorKind::AddrInUse => return Self::InUse(addresses::port_holder(address)),
            ErrorKind::PermissionDenied => return Self::NotAllowed,
            _ if sockets::is_out_of_files(error) => return Self::OutOfFiles,
            _ if addresses::is_group(ip) => return Self::Group,
            _ => {}
        }
        if let IpAddr::V6(v6) = ip {
            if !addresses::has_ipv6() {
                return Self::NoIpv6;
            }
            if v6.is_unicast_link_local() {
                match addresses::interfaces_with(v6) {
                    Some(interfaces) if interfaces.is_empty() => return Self::NotOwn(None),
                    interfaces => return Self::Zone(interfaces.unwrap_or_default()),
                }
            }
        }
        if error.kind() == ErrorKind::AddrNotAvailable { Self::NotOwn(split_port(ip)) } else { Self::Unknown }
    }
}

/// Returns `::1` and 80 for `::1:80`, if the first is an address of this computer.
fn split_port(ip: IpAddr) -> Option<(IpAddr, u16)> {
    let text = ip.to_string();
    let (start, port) = text.rsplit_once(':')?;
    let ip = start.parse().ok().filter(|ip| addresses::is_own_address(*ip))?;
    Some((ip, port.parse().ok()?))
}

impl BindError {
    pub(super) fn new(address: SocketAddr, source: io::Error) -> Self {
        Self { address, cause: BindCause::of(address, &source), source: Arc::new(source) }
    }

    fn message(&self) -> String {
        let (ip, port) = (self.address.ip(), self.address.port());
        let in_use = format!("Port {port} on {ip} is already in use");
        match &self.cause {
            BindCause::InUse(PortHolder::OtherProgram) => {
                format!("{in_use} by another program. Stop that program, or use another port.")
            }
            BindCause::InUse(PortHolder::Connection) => {
                format!(
                    "{in_use}: no program listens on it, but an open connection has it. Use another port."
                )
            }
            BindCause::InUse(PortHolder::ClosedConnection) => format!(
                "{in_use}: no program listens on it, but a closed connection still has it (TIME_WAIT). Try again in a \
                 minute, or use another port."
            ),
            BindCause::InUse(PortHolder::Unknown) => format!(
                "{in_use}: most likely by another program, or else by a connection that was closed a short time ago. Use \
                 another port."
            ),
            BindCause::NotAllowed => format!(
                "The OS doesn't allow port {port} on {ip}. Use another port; those below 1024 are often reserved."
            ),
            BindCause::OutOfFiles => {
                "Can't open a socket: too many files are open. Close some programs and try again.".to_owned()
            }
            BindCause::Group => format!(
                "{ip} is a multicast or broadcast address, and TCP clients can't connect to those. Use localhost, 0.0.0.0 \
                 or an address of this computer."
            ),
            BindCause::NoIpv6 => {
                "This computer has no IPv6. Use an IPv4 address, such as 127.0.0.1.".to_owned()
            }
            BindCause::Zone(interfaces) => {
                let interface = interfaces.first().map_or("eth0", String::as_str);
                format!("{ip} needs the zone of its network interface, as in {ip}%{interface}.")
            }
            BindCause::NotOwn(Some((own, port))) => format!(
                "{ip} is not an address of this computer, but {own} is. If {port} is the port, enter it as the port."
            ),
            BindCause::NotOwn(None) => {
                format!(
                    "{ip} is not an address of this computer. Use one of its own addresses, or 0.0.0.0 for all."
                )
            }
            BindCause::Unknown => {
                format!("Can't listen on {}: {}. Use another address or port.", self.address, self.source)
            }
        }
    }
}

/// Why a server could not start, or failed later.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The resolver found no address for the name.
    #[error("Can't find an address for “{host}”. {}", advice(host))]
    NameNotFound {
        /// The name as typed.
        host: String,
        /// The resolver's error.
        source: io::Error,
    },
    /// None of the host's addresses could be bound.
    #[error("{}", most_helpful(.0))]
    Bind(Vec<BindError>),
    /// The server can't serve TLS with the certificate and key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The OS didn't provide what a server needs before it can listen: a thread, a poller.
    #[error("Can't start the server: {0}. Close some programs and try again.")]
    System(#[source] io::Error),
    /// A bug in Echoscope: the thread that starts the server and accepts panicked, with this message.
    #[error("A bug in Echoscope stopped the server. Start it again, and please report the bug.")]
    Panicked(String),
}

impl StartError {
    /// Returns whether another port would help.
    #[must_use]
    pub fn is_about_the_port(&self) -> bool {
        let is_about_it =
            |error: &BindError| matches!(error.cause, BindCause::InUse(_) | BindCause::NotAllowed);
        matches!(self, Self::Bind(errors) if errors.iter().any(is_about_it))
    }

    /// Returns the message of the OS or the library, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::NameNotFound { source, .. } | Self::System(source) => Some(source.to_string()),
            Self::Bind(errors) => {
                let lines = errors.iter().map(|error| format!("{}: {}", error.address, error.source));
                Some(lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Tls(error) => error.raw(),
            Self::Panicked(message) => Some(message.clone()),
        }
    }
}

fn advice(host: &str) -> &'static str {
    if host.is_ascii() {
        "Check the spelling, or use localhost."
    } else {
        "Check the spelling, or use the name's ASCII form, which begins with xn-- (RFC 5890)."
    }
}

/// Returns the most helpful of the messages: a port in use is more helpful than a missing IPv6.
fn most_helpful(errors: &[BindError]) -> String {
    let error = errors.iter().find(|error| matches!(error.cause, BindCause::InUse(_))).or(errors.first());
    error.map_or_else(|| "There is no address to listen on.".to_owned(), ToString::to_string)
}
