//! Why there is no connection, in words for the person who pressed Connect.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::client::event::{Failure, Leave, Stage};
use crate::platform::sockets;
use crate::text::with_thousands;

/// An address that could not be connected to.
pub(super) struct Refused {
    pub(super) address: SocketAddr,
    pub(super) error: io::Error,
}

/// Why none of a host's addresses could be connected to: the words for the first, the raw ones for all.
pub(super) fn not_connected(refused: &[Refused], timeout: Duration) -> Failure {
    let text = refused.first().map_or_else(
        || "There was no address to connect to. Check the host.".to_owned(),
        |first| connect_words(first, timeout),
    );
    let raw = refused.iter().map(|it| format!("{}: {}", it.address, it.error)).collect::<Vec<_>>();
    Failure { stage: Stage::Connecting, text, raw: raw.join("\n") }
}

fn connect_words(refused: &Refused, timeout: Duration) -> String {
    let Refused { address, error } = refused;
    let (ip, seconds) = (address.ip(), timeout.as_secs_f32());
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            format!("Nothing listens on {address}. Start the server first, or check the host and the port.")
        }
        ErrorKind::TimedOut if ip.is_loopback() => format!(
            "{address} did not answer within {seconds} s. The server listens, but its accept queue may be full: the \
             system then drops new connections. Let the server accept, or give it a longer backlog."
        ),
        ErrorKind::TimedOut => format!(
            "{address} did not answer within {seconds} s. There may be no computer at this address, a firewall may \
             drop the packets, or the server's accept queue may be full."
        ),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            format!("No way leads to {ip}. Check the address, and whether this computer is on the network.")
        }
        ErrorKind::PermissionDenied => format!(
            "The system doesn't allow a connection to {address}. A firewall may forbid it: look at its rules."
        ),
        ErrorKind::AddrNotAvailable => format!(
            "The system has no address of its own to reach {address} from. Check the host, or wait for ports to \
             become free."
        ),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            format!("{address} took the connection and reset it at once. Look at the server's log.")
        }
        _ if sockets::is_out_of_files(error) => {
            "No socket could be opened: too many files are open. Close some programs and try again."
                .to_owned()
        }
        _ if address.is_ipv6() => {
            format!(
                "{address} can't be reached from here. This computer may have no IPv6: use an IPv4 address."
            )
        }
        _ => format!("{address} can't be reached from here. Check the host and the port."),
    }
}

/// The host has no address that anybody knows.
pub(super) fn not_found(host: &str, error: &io::Error) -> Failure {
    Failure {
        stage: Stage::Preparing,
        text: format!("No address was found for “{host}”. Check the spelling, or use localhost."),
        raw: error.to_string(),
    }
}

/// The system refused what a client needs: a thread, a poller.
pub(super) fn no_means(stage: Stage, error: &io::Error) -> Failure {
    let text = if sockets::is_out_of_files(error) {
        "No socket could be opened: too many files are open. Close some programs and try again."
    } else {
        "The system did not give what a connection needs. Close some programs and try again."
    };
    Failure { stage, text: text.to_owned(), raw: error.to_string() }
}

/// An open connection broke without RST: the network took it down.
pub(super) fn broken(stage: Stage, error: &io::Error) -> Failure {
    let text = match error.kind() {
        ErrorKind::TimedOut => {
            "The server stopped answering, and the system gave the connection up. Connect again."
        }
        _ => "The connection broke: the network took it down. Connect again.",
    };
    Failure { stage, text: text.to_owned(), raw: error.to_string() }
}

/// A file can't be read, or not to its end.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    let name = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("There is no file {name}. Check the path."),
        ErrorKind::IsADirectory => format!("{name} is a folder. Choose a file in it."),
        ErrorKind::PermissionDenied => {
            format!(
                "The system doesn't allow {name} to be read. Change its permissions, or choose another file."
            )
        }
        ErrorKind::InvalidInput => format!("{name} is no ordinary file. Choose one that is."),
        _ => format!("{name} can't be read: the system says “{error}”. Choose another file."),
    }
}

/// Sending was stopped after so many bytes of what was begun.
pub(super) fn stopped(gone: u64) -> String {
    format!("Sending was stopped. Of the last send {} went, and only that can come back.", counted(gone))
}

impl Leave {
    /// As it stands on a button.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Close => "Close",
            Self::HalfClose => "Half-close",
            Self::Abort => "Abort",
            Self::Vanish => "Vanish",
        }
    }
}

fn counted(bytes: u64) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", with_thousands(bytes)) }
}
