//! Watching the server's calls: where each thread is, step mode, and pausing the accept loop.

use super::Session;
use crate::server::Server;
use crate::server::calls::{Call, Calls, Detail, Halt, Place};
use crate::settings::fields::grouped;

impl Session {
    /// Which of the server's threads are at which calls, and how often each call was made in the present run or the
    /// last one; copied at each call, so ask only where it is shown.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let calls = self.server.as_ref().map_or_else(Calls::default, Server::calls);
        Calls { stepping: self.stepping, ..calls }
    }

    /// Whether the server halts before each call, or will when it is started.
    #[must_use]
    pub fn is_stepping(&self) -> bool {
        self.stepping
    }

    /// Who halts, the oldest halt first; cheap where step mode is off.
    #[must_use]
    pub fn halts(&self) -> Vec<Halt> {
        if !self.stepping {
            return Vec::new();
        }
        self.server.as_ref().map_or_else(Vec::new, Server::halts)
    }

    /// Whether the running server was told to leave its accept queue alone.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_paused)
    }

    pub(super) fn set_stepping(&mut self, stepping: bool) {
        self.stepping = stepping;
        if let Some(server) = &self.server {
            server.set_stepping(stepping);
        }
    }
}

/// Who halts where, as a sentence without its end: `#3 halts before sendall() of 6 bytes`.
#[must_use]
pub fn halt_words(halt: &Halt) -> String {
    let who = halt.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{who} halts before {}", call_words(&halt.place))
}

/// A call and what it is made with: `bind() to 127.0.0.1:12345`.
#[must_use]
pub fn call_words(place: &Place) -> String {
    let call = place.call.label();
    match (place.detail, place.call) {
        (Detail::Address(address), Call::Bind) => format!("{call} to {address}"),
        (Detail::Address(address), Call::Listen) => format!("{call} on {address}"),
        (Detail::Address(address), _) => format!("{call} for {address}"),
        (Detail::Bytes(most), Call::Recv) => format!("recv({most})"),
        (Detail::Bytes(1), _) => format!("{call} of 1 byte"),
        (Detail::Bytes(bytes), _) => format!("{call} of {} bytes", grouped(bytes)),
        (Detail::None, Call::Handshake) => format!("{call}, the TLS handshake"),
        (Detail::None, _) => call.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::event::{Client, ClientId};

    #[test]
    fn halts_are_told_in_words() {
        let address = "127.0.0.1:12345".parse().unwrap();
        let client = Some(Client { id: ClientId(3), peer: address });
        let words =
            |client, call, detail| halt_words(&Halt { client, place: Place { call, halted: true, detail } });
        assert_eq!(words(None, Call::Accept, Detail::None), "Server halts before accept()");
        assert_eq!(
            words(None, Call::Bind, Detail::Address(address)),
            "Server halts before bind() to 127.0.0.1:12345"
        );
        assert_eq!(words(client, Call::SendAll, Detail::Bytes(6)), "#3 halts before sendall() of 6 bytes");
        assert_eq!(words(client, Call::Recv, Detail::Bytes(1024)), "#3 halts before recv(1024)");
        assert_eq!(
            words(client, Call::Handshake, Detail::None),
            "#3 halts before wrap_socket(), the TLS handshake"
        );
    }
}
