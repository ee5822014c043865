//! What an event means, for someone who learns how servers work: one sentence, two at most.

use crate::log::line::one_line;
use crate::server::error::StartError;
use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem};
use crate::tls::handshake::{Handshake, HandshakeKind};

/// Says what this is and why it happens.
#[must_use]
pub fn explain(event: &Event) -> String {
    let words = match &event.kind {
        EventKind::Starting { .. } => {
            "socket() made a socket for each address and bind() gave it the port: from now on no other program can \
             listen there."
        }
        EventKind::Listening { tls: false, .. } => {
            "listen() gave each address an accept queue: the system completes new connections by itself and keeps \
             them there until accept() takes them. The backlog is the length of that queue."
        }
        EventKind::Listening { tls: true, .. } => {
            "listen() gave each address an accept queue, where the system keeps new connections until accept() takes \
             them. TLS begins only then, on each accepted connection."
        }
        EventKind::NotListening(_) => {
            "The host stands for several addresses, and this one could not be bound. Clients that connect to another \
             one are served all the same."
        }
        EventKind::StartFailed(error) => start_failed(error),
        EventKind::Opened => {
            "accept() took this client from the accept queue and returned a socket for it alone. The number is the \
             client's port, which its system usually picks: it tells this connection from others of the same computer."
        }
        EventKind::Handshake(done) => return handshake(done),
        EventKind::Received { data, echoed, .. } if *echoed < data.len() => {
            "The connection ended while sendall() was sending, so the client can't have got all of it back. What \
             recv() had handed over is shown whole."
        }
        EventKind::Received { .. } => {
            "recv() hands over whatever has arrived, up to the size it was asked for, and sendall() sends it back. One \
             send by the client may arrive as several recv calls, and several as one."
        }
        EventKind::Closed(done) => return closed(done),
        EventKind::AcceptPaused => {
            "The server has stopped calling accept(). The system still completes connections and keeps them in the \
             accept queue, as far as the backlog allows; clients already accepted are served on."
        }
        EventKind::AcceptResumed => {
            "The server calls accept() again. Who waits in the accept queue is taken first, in the order in which they \
             came."
        }
        EventKind::Problem(trouble) => problem(trouble),
        EventKind::Stopping => {
            "Stop closes the listening sockets, so that no new client gets in, and then every client's connection, so \
             that its thread ends."
        }
        EventKind::Stopped => "Every socket is closed and every thread has ended. The port is free again.",
        EventKind::NotShown { .. } => {
            "The server was faster than the log, and the echo never waits for the log. No echoed byte was lost, and \
             the counters are exact."
        }
        EventKind::Note { text, .. } => return one_line(text.clone()),
    };
    words.to_owned()
}

fn start_failed(error: &StartError) -> &'static str {
    match error {
        StartError::NameNotFound { .. } => {
            "bind() takes addresses, not names: the name has to be looked up first, and nobody knew it."
        }
        StartError::Bind(_) => {
            "bind() gives a port on one of this computer's addresses to one program at a time. Since it succeeded for \
             no address, nothing listens."
        }
        StartError::Tls(_) => {
            "The certificate and the key are read before a socket is made, so nothing listens. Every TLS connection \
             would need them."
        }
        StartError::System { .. } => {
            "A server needs threads and sockets from the system before it can listen, and the system had none to give."
        }
    }
}

fn handshake(done: &Handshake) -> String {
    match done.kind {
        HandshakeKind::Full => "The server showed its certificate and proved that it has the key to it, and both sides \
             made fresh keys. From here on everything is encrypted; the log shows it as it is after decryption."
            .to_owned(),
        HandshakeKind::FullWithRetry => "The client's first hello held no key share for a group that the server takes, \
             so the server asked for another one (HelloRetryRequest). That cost one more round trip; all else is as in \
             every full handshake."
            .to_owned(),
        HandshakeKind::Resumed => format!(
            "The client took up an earlier session, so the server did not have to show its certificate again. {}",
            match done.group {
                Some(_) => "A new key exchange still gives this connection keys of its own.",
                None => "The keys of this connection are derived from that session.",
            }
        ),
    }
}

fn closed(closed: &Closed) -> String {
    let echoed = if closed.sent >= closed.received {
        "Everything received had been sent back before the server closed its side, too."
    } else {
        "Not everything received could be sent back before that."
    };
    let words = match &closed.reason {
        CloseReason::EndOfStream => {
            return format!(
                "recv() returned no bytes: the client said that it has no more to send, which is the tutorial's “if not \
                 data: break”. {echoed}"
            );
        }
        CloseReason::EndWithoutCloseNotify => {
            return format!(
                "The client ended the connection without TLS's goodbye (close_notify), so nobody can tell whether it had \
                 finished or was cut off; many programs do this. {echoed}"
            );
        }
        CloseReason::Lost { .. } => {
            "The client's system broke the connection off (RST) or the network did, as happens when a program closes a \
             socket that still holds unread data. Bytes under way in either direction are lost."
        }
        CloseReason::Idle => {
            "For the whole idle timeout nothing could be received or sent, so the server freed the client's place. \
             With an idle timeout of 0 it waits forever."
        }
        CloseReason::ServerStopped => "The server was stopped, and that closes every client's connection.",
        CloseReason::Disconnected => {
            "Disconnect was pressed for this client. The client notices at its next recv or send."
        }
        CloseReason::Tls => {
            "Without working TLS nothing can be received or sent, so the server closed the connection. A line before this \
             one tells what went wrong."
        }
        CloseReason::Panicked => {
            "The thread that served this client hit a fault in Echoscope and ended. Every client is served apart from the \
             others, so only this one is gone."
        }
    };
    words.to_owned()
}

fn problem(problem: &Problem) -> &'static str {
    match problem {
        Problem::OutOfFiles { .. } => {
            "Every connection takes a file descriptor, and the system allows only so many. Clients already connected are \
             served on, and accept() is tried again until it works."
        }
        Problem::OutOfThreads { .. } => {
            "In this mode every client needs a thread of its own, and the system allows only so many. It is tried again \
             until there is one."
        }
        Problem::Recovered => {
            "Whatever was short is there again; clients that waited in the queue are taken first."
        }
        Problem::MaxClients { .. } => {
            "The server stops calling accept() while it is full. The system still completes connections and keeps them in \
             the accept queue; once that is full, too, clients wait or give up."
        }
        Problem::Accept { .. } => {
            "accept() can fail for one client alone, such as one that left while it waited in the queue. The others are \
             not touched."
        }
        Problem::NotTls { http: true, .. } => {
            "A TLS connection begins with a ClientHello, and this began with an HTTP request. With http:// in the address \
             a browser speaks HTTP at once, with https:// it speaks TLS first."
        }
        Problem::NotTls { http: false, .. } => {
            "A TLS connection begins with a ClientHello, and these bytes are something else. A plain client such as nc \
             doesn't know TLS."
        }
        Problem::TlsOnPlain => {
            "The first bytes are a ClientHello, the beginning of TLS. Without TLS the server echoes them like any others, \
             and the client gives up since that is no answer to it."
        }
        Problem::Tls(error) if error.in_handshake => {
            "In the handshake both sides agree on version, cipher suite and keys, and the client checks the certificate. \
             Where one side doesn't agree it sends an alert or closes, and no data flows."
        }
        Problem::Tls(_) => {
            "Each TLS record carries a proof that nobody changed it. A record that can't be used, or an alert, ends the \
             connection, since nothing after it could be trusted."
        }
        Problem::HandshakeTimeout { .. } => {
            "The server waits only so long for a client's part of the handshake, or clients that say nothing would hold \
             their places forever."
        }
        Problem::Panicked { .. } => {
            "This is not your doing and not the client's: a part of Echoscope reached a state that it was not made for. \
             Only the thread of this client ended."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::{closed, event, handshake, problem, received};

    #[test]
    fn explanations_fit_what_happened() {
        let mut partly = received(1, b"Hello\n");
        if let EventKind::Received { echoed, .. } = &mut partly.kind {
            *echoed = 2;
        }
        assert_ne!(explain(&partly), explain(&received(1, b"Hello\n")));
        assert!(
            explain(&closed(CloseReason::EndOfStream))
                .ends_with("Not everything received could be sent back before that.")
        );
        let not_shown = explain(&event(None, EventKind::NotShown { count: 12 }));
        assert!(not_shown.contains("faster than the log") && not_shown.contains("No echoed byte was lost"));
        assert!(explain(&handshake(HandshakeKind::Resumed)).contains("new key exchange"));
        assert!(explain(&problem(Problem::TlsOnPlain)).contains("ClientHello"));
    }
}
