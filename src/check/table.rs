//! The table of all checks, in the order in which they are run.
//!
//! The order matters: the check that is meant for a mistake comes before the others that fail because of it, and those
//! depend on it. Checks that may end the server come last.

use crate::check::context::Context;
use crate::check::mistake::{self, Mistake};
use crate::check::outcome::{Failure, Outcome};
use crate::check::{clients, closing, echo, process, robustness, tls};

/// The conditions under which a check can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckNeed {
    /// Only a server.
    Nothing,
    /// A server with TLS.
    Tls,
    /// The command that starts the server.
    Command,
}

/// A check.
pub struct ServerCheck {
    /// The name for the command line and for programs: `half-close`. It never changes.
    pub name: &'static str,
    /// The behavior that the server must have.
    pub title: &'static str,
    /// A description of the check in one sentence.
    pub about: &'static str,
    /// Where the behavior is described.
    pub source: &'static str,
    /// The names of the checks whose failure makes this one meaningless.
    pub depends: &'static [&'static str],
    /// The condition under which the check can run.
    pub needs: CheckNeed,
    /// Whether the tutorial's program can't do this, so that [`Profile::Course`](crate::check::Profile) only observes
    /// it.
    pub is_beyond_course: bool,
    /// The likely mistake, if the bytes don't show a more likely one.
    pub mistake: Option<Mistake>,
    pub(super) run: fn(&mut Context<'_>) -> Result<Outcome, Failure>,
}

impl std::fmt::Debug for ServerCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ServerCheck").field(&self.name).finish()
    }
}

/// Returns a check with the usual properties.
const fn check(
    name: &'static str,
    title: &'static str,
    about: &'static str,
    source: &'static str,
    run: fn(&mut Context<'_>) -> Result<Outcome, Failure>,
) -> ServerCheck {
    let depends = &["next"];
    ServerCheck {
        name,
        title,
        about,
        source,
        depends,
        needs: CheckNeed::Nothing,
        is_beyond_course: false,
        mistake: None,
        run,
    }
}

const ECHO: &str = "RFC 862";
const STREAM: &str = "RFC 862; recv(2): TCP is a stream of bytes, without messages";

/// All checks.
pub const CHECKS: &[ServerCheck] = &[
    ServerCheck {
        depends: &[],
        mistake: Some(mistake::NOT_LISTENING),
        ..check(
            "connect",
            "Accepts a client",
            "Connects to the server, with a TLS handshake if TLS is on. With a command, starts the program first.",
            "listen(2), accept(2)",
            echo::connect,
        )
    },
    ServerCheck {
        depends: &["connect"],
        mistake: Some(mistake::CHANGED),
        ..check("line", "Echoes a line", r"Sends b'Hello\n' and compares what comes back.", ECHO, echo::line)
    },
    ServerCheck {
        depends: &["line"],
        mistake: Some(mistake::ONE_RECV),
        ..check(
            "again",
            "Echoes again on the same connection",
            "Sends two more lines on the same connection.",
            "RFC 862: until the client ends the connection",
            echo::again,
        )
    },
    ServerCheck {
        depends: &["line"],
        mistake: Some(mistake::ONE_CLIENT),
        ..check(
            "next",
            "Serves the next client",
            "Connects again after the first client has closed, and sends a line.",
            "accept(2)",
            echo::next,
        )
    },
    ServerCheck {
        mistake: Some(mistake::ONE_MESSAGE),
        ..check(
            "two-messages",
            "Echoes two messages in one segment",
            r"Sends b'first\nsecond\n' at once.",
            STREAM,
            echo::two_messages,
        )
    },
    ServerCheck {
        depends: &["again", "next"],
        mistake: Some(mistake::DECODED),
        ..check(
            "utf8",
            "Echoes UTF-8 that is cut in the middle of a character",
            "Sends text in three segments, two of which end inside of a character.",
            "RFC 3629, section 3; recv(2)",
            echo::utf8,
        )
    },
    ServerCheck {
        depends: &["utf8"],
        mistake: Some(mistake::DECODED),
        ..check(
            "bytes",
            "Echoes all byte values",
            "Sends the bytes 0 to 255 and a newline.",
            ECHO,
            echo::all_bytes,
        )
    },
    ServerCheck {
        mistake: Some(mistake::READS_LINES),
        ..check(
            "no-newline",
            "Echoes data without a newline",
            "Sends b'no newline' and waits for it without sending more.",
            STREAM,
            echo::without_newline,
        )
    },
    ServerCheck {
        depends: &["again", "no-newline"],
        mistake: Some(mistake::SHORT_DATA),
        ..check(
            "single-bytes",
            "Echoes one byte at a time",
            "Sends eight single bytes, each after the one before has come back.",
            STREAM,
            echo::byte_by_byte,
        )
    },
    ServerCheck {
        depends: &["bytes"],
        mistake: Some(mistake::CUT),
        ..check(
            "long",
            "Echoes more than one recv returns",
            "Sends 200,000 bytes at once while it reads.",
            STREAM,
            echo::long,
        )
    },
    ServerCheck {
        depends: &["long"],
        ..check(
            "late-reader",
            "Echoes 8 MiB to a client that reads late",
            "Sends 8 MiB, and begins to read when the server takes no more.",
            "send(2); Python's socket.sendall",
            echo::late_reader,
        )
    },
    ServerCheck {
        mistake: Some(mistake::NOT_CLOSED),
        ..check(
            "close",
            "Closes after the client",
            "Ends its stream after an echo, and waits for the server's end of stream.",
            "RFC 9293, section 3.6; recv(2): returns 0 at the end of the stream",
            closing::closes,
        )
    },
    ServerCheck {
        depends: &["close", "late-reader"],
        mistake: Some(mistake::PENDING_LOST),
        ..check(
            "half-close",
            "Sends pending data after a half-close",
            "Sends 6 MiB, ends its stream, and only then reads everything up to the server's end of stream.",
            "RFC 9293, section 3.6; shutdown(2)",
            closing::half_close,
        )
    },
    ServerCheck {
        depends: &["again"],
        ..check(
            "idle",
            "Number of clients served at once",
            "Connects up to 32 clients that stay idle after one echo, until one isn't served.",
            "the course: one client at a time, threads, thread pool",
            clients::idle,
        )
    },
    ServerCheck {
        mistake: Some(mistake::QUEUE_LOST),
        ..check(
            "waiting-client",
            "Serves a client that waited",
            "Connects a second client that sends while the first is served, then ends the first.",
            "listen(2)",
            clients::queued,
        )
    },
    ServerCheck {
        depends: &["bytes"],
        mistake: Some(mistake::SHARED),
        ..check(
            "crowd",
            "Mixes nothing up among 20 clients",
            "Connects 20 clients at once. Each sends 20 messages that no other sends.",
            "RFC 862; the course: threads",
            clients::crowd,
        )
    },
    ServerCheck {
        depends: &["close"],
        mistake: Some(mistake::LEAK),
        ..check(
            "sockets",
            "Leaves no socket open",
            "Connects 50 clients in a row, and then counts the sockets that the server has open.",
            "close(2); /proc/PID/fd in proc(5)",
            closing::sockets,
        )
    },
    ServerCheck {
        depends: &["idle"],
        ..check(
            "backlog",
            "Length of its accept queue",
            "Connects clients while another is served, until the OS accepts no more.",
            "listen(2)",
            clients::backlog,
        )
    },
    ServerCheck {
        depends: &["connect"],
        ..check(
            "addresses",
            "Addresses that it listens on",
            "Looks in the OS's list of sockets. It connects to none of the addresses.",
            "bind(2), /proc/net/tcp in proc(5)",
            clients::addresses,
        )
    },
    ServerCheck {
        needs: CheckNeed::Tls,
        mistake: Some(mistake::NO_CLOSE_NOTIFY),
        ..check(
            "close-notify",
            "Answers close_notify",
            "Sends close_notify after an echo, and waits for the server's.",
            "RFC 8446, section 6.1",
            tls::close_notify,
        )
    },
    ServerCheck {
        needs: CheckNeed::Tls,
        mistake: Some(mistake::TRUNCATION),
        ..check(
            "truncated",
            "Survives a client that closes without close_notify",
            "Closes the TCP connection after an echo, then connects another client.",
            "RFC 8446, section 6.1",
            tls::truncated,
        )
    },
    ServerCheck {
        needs: CheckNeed::Tls,
        mistake: Some(mistake::HANDSHAKE_ERROR),
        ..check(
            "plaintext",
            "Survives plaintext at its TLS port",
            "Sends an HTTP request without TLS, then connects another client.",
            "RFC 8446, section 6.2",
            tls::plaintext,
        )
    },
    ServerCheck {
        depends: &["connect"],
        needs: CheckNeed::Tls,
        ..check(
            "tls-versions",
            "Versions of TLS that it supports",
            "Connects with TLS 1.3 alone, then with TLS 1.2 alone.",
            "RFC 8446, RFC 5246",
            tls::versions,
        )
    },
    ServerCheck {
        depends: &["connect"],
        needs: CheckNeed::Tls,
        mistake: Some(mistake::CERTIFICATE),
        ..check(
            "certificate",
            "Presents a certificate that this client accepts",
            "Verifies the certificate for the host's name with the CA file, or with the OS's CAs.",
            "RFC 5280, section 6; RFC 9525",
            tls::certificate,
        )
    },
    ServerCheck {
        needs: CheckNeed::Tls,
        is_beyond_course: true,
        mistake: Some(mistake::HANDSHAKE_BLOCKS),
        ..check(
            "stuck-handshake",
            "Survives a client that doesn't begin its handshake",
            "Connects a client that sends nothing, and another that must be served within 15 seconds.",
            "Python's ssl module: wrap_socket",
            tls::stuck_handshake,
        )
    },
    ServerCheck {
        mistake: Some(mistake::EMPTY_CLIENT),
        ..check(
            "empty-client",
            "Survives a client that closes without sending a byte",
            "Connects and closes at once, then connects another client.",
            "recv(2)",
            robustness::leaves,
        )
    },
    ServerCheck {
        is_beyond_course: true,
        mistake: Some(mistake::RESET),
        ..check(
            "reset",
            "Survives a reset",
            "Resets a connection after an echo, then connects another client.",
            "RFC 9293, section 3.5.2; Python's ConnectionResetError",
            robustness::reset,
        )
    },
    ServerCheck {
        depends: &["reset", "long"],
        is_beyond_course: true,
        mistake: Some(mistake::RESET),
        ..check(
            "reset-in-transfer",
            "Survives a reset during a large transfer",
            "Sends up to 4 MiB without reading, resets the connection, then connects another client.",
            "RFC 9293, section 3.5.2; send(2): EPIPE",
            robustness::reset_in_transfer,
        )
    },
    ServerCheck {
        needs: CheckNeed::Command,
        ..check(
            "lines",
            "Prints the tutorial's three lines",
            "Connects, sends a line, and compares what the program prints.",
            "the course",
            process::lines,
        )
    },
    ServerCheck {
        needs: CheckNeed::Command,
        is_beyond_course: true,
        mistake: Some(mistake::NO_INTERRUPT),
        ..check(
            "ctrl-c",
            "Ends on Ctrl-C",
            "Sends the program the signal of Ctrl-C while a client is connected.",
            "signal(7): SIGINT; Python's KeyboardInterrupt",
            process::interrupt,
        )
    },
    ServerCheck {
        needs: CheckNeed::Command,
        is_beyond_course: true,
        mistake: Some(mistake::NO_REUSE),
        ..check(
            "restart",
            "Starts again at once on the same port",
            "Ends the program while a client is connected, and starts it again.",
            "socket(7): SO_REUSEADDR; RFC 9293, section 3.6.1: TIME-WAIT",
            process::restart,
        )
    },
];

/// The groups of the checks: the title of each, and the name of its first check.
const GROUPS: [(&str, &str); 6] = [
    ("Echo", "connect"),
    ("Closing", "close"),
    ("Several clients", "idle"),
    ("TLS", "close-notify"),
    ("Robustness", "empty-client"),
    ("The program", "lines"),
];

/// Returns the groups of the checks in order, each with its title and its checks.
pub fn groups() -> impl Iterator<Item = (&'static str, &'static [ServerCheck])> {
    let is_first = |check: &ServerCheck| GROUPS.iter().any(|(_, first)| *first == check.name);
    let checks = CHECKS.chunk_by(move |_, next| !is_first(next));
    GROUPS.iter().map(|(title, _)| *title).zip(checks)
}

/// Returns the check with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ServerCheck> {
    CHECKS.iter().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_depend_on_earlier_ones() {
        for (index, check) in CHECKS.iter().enumerate() {
            for depends in check.depends {
                assert!(CHECKS[..index].iter().any(|earlier| earlier.name == *depends), "{}", check.name);
            }
            let same = CHECKS.iter().filter(|other| other.name == check.name).count();
            assert_eq!(
                (same, find(check.name).unwrap().title),
                (1, check.title),
                "{} is there twice",
                check.name
            );
            assert!(check.about.ends_with('.') && !check.title.ends_with('.'), "{}", check.name);
        }
    }
    #[test]
    fn each_group_begins_with_its_first_check() {
        let found: Vec<_> = groups().map(|(title, checks)| (title, checks[0].name)).collect();
        assert_eq!(found, GROUPS);
        assert_eq!(groups().map(|(_, checks)| checks.len()).sum::<usize>(), CHECKS.len());
    }
}
