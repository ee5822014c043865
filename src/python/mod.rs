//! The tutorial's program for given settings, as Python that runs as it is.
//!
//! [`program`] writes it line by line and knows of each line which of the server's calls it makes, so that a view can
//! show where a running server stands. It prints what Echoscope prints in a terminal for the same clients; what only
//! Echoscope does (several addresses, a limit of clients, words for what went wrong) it leaves out, and says so where
//! a reader would miss it.
//!
//! `literal` writes what was typed as Python strings, [`tokens`] tells keywords from comments for a view in colour.

mod clients;
mod literal;
mod opening;
mod server;
pub mod tokens;
mod writer;

use crate::server::calls::Call;
use crate::server::config::ServerConfig;
use writer::Writer;

/// A Python program and what its lines do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its lines from the first on.
    pub lines: Vec<Line>,
}

/// A line of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text, indented, without a line end.
    pub text: String,
    /// The server's call that is made here.
    pub call: Option<Call>,
    /// Whether accepted clients are handed to the pool here, and wait where it has no thread free.
    pub hands_over: bool,
    /// The name of the function that it is in, as the tutorial has it: `handle_client`.
    pub function: Option<&'static str>,
}

impl Program {
    /// The whole program, each line ended by `\n`.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }

    /// The line on which a call is made, counted from 0; `None` where the program makes no such call, as with
    /// [`Call::Handshake`] without TLS.
    #[must_use]
    pub fn line_of(&self, call: Call) -> Option<usize> {
        self.lines.iter().position(|line| line.call == Some(call))
    }
}

/// The program for a server that is started with this. It asks for Python 3.8 or newer.
///
/// Relative paths stay relative, and then to the folder that the program is run in; where no certificate is chosen,
/// the tutorial's `server.crt` and `server.key` stand in its place. A key log is left out: it is never remembered, and
/// a program that is saved would do that.
#[must_use]
pub fn program(config: &ServerConfig) -> Program {
    let mut out = Writer::default();
    opening::write(&mut out, config);
    server::write(&mut out, config);
    clients::write(&mut out, config);
    Program { lines: out.into_lines() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Mode, Settings};

    fn with(change: impl FnOnce(&mut Settings)) -> Program {
        let mut settings = Settings::default();
        change(&mut settings);
        program(&ServerConfig::from(&settings))
    }

    #[test]
    fn each_call_has_one_line_and_the_line_makes_it() {
        for mode in Mode::ALL {
            for tls in [false, true] {
                let program = with(|settings| (settings.mode, settings.tls) = (mode, tls));
                for (call, words) in [
                    (Call::Socket, "socket.socket("),
                    (Call::Bind, "sock.bind("),
                    (Call::Listen, "sock.listen(BACKLOG)"),
                    (Call::Accept, "sock.accept()"),
                    (Call::Handshake, "context.wrap_socket("),
                    (Call::Recv, "conn.recv(RECV_SIZE)"),
                    (Call::SendAll, "conn.sendall(data)"),
                    (Call::Close, "conn.close()"),
                ] {
                    let lines: Vec<_> = program.lines.iter().filter(|line| line.call == Some(call)).collect();
                    let wanted = usize::from(tls || call != Call::Handshake);
                    assert_eq!(lines.len(), wanted, "{mode:?} {tls} {call:?}");
                    assert!(lines.iter().all(|line| line.text.contains(words)), "{call:?}: {lines:?}");
                }
            }
        }
    }

    #[test]
    fn the_functions_are_the_tutorials() {
        for (mode, name) in [
            (Mode::One, "handle_new_connections_simple"),
            (Mode::Threads, "handle_new_connections_threads"),
            (Mode::Pool, "handle_new_connections_thread_pool"),
        ] {
            let program = with(|settings| settings.mode = mode);
            let text = program.text();
            for name in ["start_server()", "initialize_server_socket()", &format!("{name}(sock)")] {
                assert!(text.contains(&format!("def {name}:")) && text.matches(name).count() > 1, "{name}");
            }
            assert_eq!(text.matches("def handle_new_connections").count(), 1);
            let accept = &program.lines[program.line_of(Call::Accept).unwrap()];
            assert_eq!(accept.function, Some(name));
            let recv = &program.lines[program.line_of(Call::Recv).unwrap()];
            assert_eq!(recv.function, Some("handle_client"));
        }
    }

    #[test]
    fn no_line_is_too_long_to_be_read_beside_the_form() {
        for mode in Mode::ALL {
            for tls in [false, true] {
                let program = with(|settings| {
                    (settings.mode, settings.tls, settings.idle_timeout) = (mode, tls, 30);
                    (settings.session_tickets, settings.max_clients) = (false, 7);
                });
                for line in program.lines {
                    assert!(line.text.chars().count() <= 96, "{}", line.text);
                    assert_eq!(line.text.trim_end(), line.text);
                }
            }
        }
    }
}
