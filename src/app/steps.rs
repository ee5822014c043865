//! Watching the server's calls: where each thread is, step mode, and pausing the accept loop.

use crate::app::App;
use crate::log::format;
use crate::server::Server;
use crate::server::calls::{Call, CallArgument, CallSite, Calls, PausedThread};
use crate::settings::DataFormat;
use crate::text::with_thousands;

/// How many characters of the data that is about to be sent are told.
const PREVIEW: usize = 24;

impl App {
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
    pub fn paused_threads(&self) -> Vec<PausedThread> {
        if !self.stepping {
            return Vec::new();
        }
        self.server.as_ref().map_or_else(Vec::new, Server::paused_threads)
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

/// Who halts where, as a sentence without its end: `#3 halts before sendall(b'Hello\n')`.
#[must_use]
pub fn halt_words(halt: &PausedThread) -> String {
    let who = halt.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{who} halts before {}", call_words(halt))
}

/// The call that is to come and what it is made with: `bind() to 127.0.0.1:12345`.
#[must_use]
pub fn call_words(halt: &PausedThread) -> String {
    let CallSite { call, argument, .. } = halt.site;
    let name = call.label();
    match (argument, call) {
        (CallArgument::Address(address), Call::Bind) => format!("{name} to {address}"),
        (CallArgument::Address(address), Call::Listen) => format!("{name} on {address}"),
        (CallArgument::Address(address), _) => format!("{name} for {address}"),
        (CallArgument::Bytes(most), Call::Recv) => format!("recv({most})"),
        (CallArgument::Bytes(bytes), _) => {
            match format::truncated_data(&halt.data, DataFormat::Python, PREVIEW) {
                (data, false) if halt.data.len() as u64 == bytes => format!("sendall({data})"),
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
    use crate::server::client_id::{ClientId, ClientInfo};

    fn words(id: Option<u64>, call: Call, argument: CallArgument, data: &[u8]) -> String {
        let client = id.map(|id| ClientInfo { id: ClientId(id), peer: "127.0.0.1:49743".parse().unwrap() });
        halt_words(&PausedThread {
            client,
            site: CallSite { call, paused: true, argument },
            data: data.into(),
        })
    }

    #[test]
    fn halts_are_told_in_words() {
        let address = CallArgument::Address("127.0.0.1:12345".parse().unwrap());
        assert_eq!(words(None, Call::Accept, CallArgument::None, b""), "Server halts before accept()");
        assert_eq!(words(None, Call::Bind, address, b""), "Server halts before bind() to 127.0.0.1:12345");
        assert_eq!(words(Some(3), Call::Recv, CallArgument::Bytes(1024), b""), "#3 halts before recv(1024)");
        assert_eq!(
            words(Some(3), Call::Handshake, CallArgument::None, b""),
            "#3 halts before wrap_socket(), the TLS handshake"
        );
    }

    #[test]
    fn what_is_about_to_be_sent_is_shown() {
        let send = |len, data: &[u8]| words(Some(3), Call::SendAll, CallArgument::Bytes(len), data);
        assert_eq!(send(6, b"Hello\n"), r"#3 halts before sendall(b'Hello\n')");
        assert_eq!(
            send(1500, &[b'x'; 64]),
            "#3 halts before sendall(b'xxxxxxxxxxxxxxxxxxxxx…) of 1,500 bytes"
        );
        // The first bytes may look like all of it.
        assert_eq!(send(70, b"Hello\n"), r"#3 halts before sendall(b'Hello\n'…) of 70 bytes");
    }
}
