//! The server's calls: which call each thread is at, and where step mode paused it.

use crate::app::state::App;
use crate::log::format;
use crate::server::Server;
use crate::server::calls::{Call, CallArgument, CallSite, Calls, PausedThread};
use crate::settings::DataFormat;
use crate::text::with_thousands;

/// How many characters of the data in a `sendall` are shown.
const PREVIEW: usize = 24;

impl App {
    /// Returns the calls that the server's threads are at, and how often each call was made in the current run or the
    /// last one. This copies them.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let calls = self.server.as_ref().map_or_else(Calls::default, Server::calls);
        Calls { stepping: self.stepping, ..calls }
    }

    /// Returns whether the server pauses before each call, or will when it is started.
    #[must_use]
    pub fn is_stepping(&self) -> bool {
        self.stepping
    }

    /// Returns the paused threads, the longest pause first.
    #[must_use]
    pub fn paused_threads(&self) -> Vec<PausedThread> {
        if !self.stepping {
            return Vec::new();
        }
        self.server.as_ref().map_or_else(Vec::new, Server::paused_threads)
    }

    /// Returns whether accepting is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_paused)
    }
}

/// Returns where a thread is paused: `#3 halts before sendall(b'Hello\n')`.
#[must_use]
pub fn pause_text(paused: &PausedThread) -> String {
    let who = paused.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{who} halts before {}", call_text(paused))
}

/// Returns the call that a thread is paused before, with its argument: `bind() to 127.0.0.1:12345`.
#[must_use]
pub fn call_text(paused: &PausedThread) -> String {
    let CallSite { call, argument, .. } = paused.site;
    let name = call.label();
    match (argument, call) {
        (CallArgument::Address(address), Call::Bind) => format!("{name} to {address}"),
        (CallArgument::Address(address), Call::Listen) => format!("{name} on {address}"),
        (CallArgument::Address(address), _) => format!("{name} for {address}"),
        (CallArgument::Bytes(most), Call::Recv) => format!("recv({most})"),
        (CallArgument::Bytes(bytes), _) => {
            match format::truncated_data(&paused.data, DataFormat::Python, PREVIEW) {
                (data, false) if paused.data.len() as u64 == bytes => format!("sendall({data})"),
                (data, _) => {
                    let data = data.trim_end_matches(format::ELLIPSIS);
                    format!("sendall({data}{}) of {} bytes", format::ELLIPSIS, with_thousands(bytes))
                }
            }
        }
        (CallArgument::None, Call::Handshake) => format!("{name}, the TLS handshake"),
        (CallArgument::None, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::event::{ClientId, ClientInfo};

    fn text(id: Option<u64>, call: Call, argument: CallArgument, data: &[u8]) -> String {
        let client = id.map(|id| ClientInfo { id: ClientId(id), peer: "127.0.0.1:49743".parse().unwrap() });
        pause_text(&PausedThread {
            client,
            site: CallSite { call, paused: true, argument },
            data: data.into(),
        })
    }

    #[test]
    fn pauses_name_the_client_and_the_call() {
        let address = CallArgument::Address("127.0.0.1:12345".parse().unwrap());
        assert_eq!(text(None, Call::Accept, CallArgument::None, b""), "Server halts before accept()");
        assert_eq!(text(None, Call::Bind, address, b""), "Server halts before bind() to 127.0.0.1:12345");
        assert_eq!(text(Some(3), Call::Recv, CallArgument::Bytes(1024), b""), "#3 halts before recv(1024)");
        assert_eq!(
            text(Some(3), Call::Handshake, CallArgument::None, b""),
            "#3 halts before wrap_socket(), the TLS handshake"
        );
    }

    #[test]
    fn data_to_send_is_shown() {
        let send = |len, data: &[u8]| text(Some(3), Call::SendAll, CallArgument::Bytes(len), data);
        assert_eq!(send(6, b"Hello\n"), r"#3 halts before sendall(b'Hello\n')");
        assert_eq!(
            send(1500, &[b'x'; 64]),
            "#3 halts before sendall(b'xxxxxxxxxxxxxxxxxxxxx…) of 1,500 bytes"
        );
        // The data is cut, though the part that is known ends like a whole line.
        assert_eq!(send(70, b"Hello\n"), r"#3 halts before sendall(b'Hello\n'…) of 70 bytes");
    }
}
