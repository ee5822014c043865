//! The mistakes that programs are likely to contain, each with a line of Python that is right, and how to recognize some
//! of them by the bytes that came back.

/// A likely mistake in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// The mistake in one or two sentences.
    pub text: &'static str,
    /// A line of Python that would be right; empty if the mistake isn't in the program.
    pub python: &'static str,
}

/// The program doesn't listen where it should.
pub(super) const NOT_LISTENING: Mistake = Mistake {
    text: "The server isn't running, or it listens on another address or port.",
    python: "sock.bind((SERVER_NAME, SERVER_PORT)); sock.listen(5)",
};
/// The host has no known address.
pub(super) const NO_ADDRESS: Mistake =
    Mistake { text: "The name is misspelled, or this computer can't reach its name server.", python: "" };
/// The program ends without an error.
pub(super) const ENDED: Mistake = Mistake {
    text: "The program ended instead of waiting for clients.",
    python: "while True: conn, addr = sock.accept(); handle_client(conn)",
};
/// The program ends with an error.
pub(super) const ENDED_WITH_ERROR: Mistake =
    Mistake { text: "The program ended instead of waiting for clients. stderr has the reason.", python: "" };
/// The command can't be started.
pub(super) const NOT_INSTALLED: Mistake = Mistake {
    text: "This computer can't run the command, so the server wasn't started. Install the program, then check again.",
    python: "",
};
/// Something else listens on the address.
pub(super) const ADDRESS_IN_USE: Mistake =
    Mistake { text: "An earlier run of the program, or another server, still uses this port.", python: "" };
/// The handshake fails.
pub(super) const NO_TLS: Mistake = Mistake {
    text: "The server doesn't wrap the accepted connection, or it can't use its certificate.",
    python: "conn = context.wrap_socket(conn, server_side=True)",
};
/// The program changes data or sends something of its own.
pub(super) const CHANGED: Mistake = Mistake {
    text: "The server changes the data, or sends something else. An echo server sends back the bytes that recv returned.",
    python: "conn.sendall(data)",
};
/// The program changes the case of letters.
pub(super) const CASE: Mistake = Mistake {
    text: "The server converts letters to upper or lower case before it sends them.",
    python: "conn.sendall(data)  # without upper() or lower()",
};
/// The program removes white space.
pub(super) const STRIPPED: Mistake = Mistake {
    text: "The server removes the newline. It is a byte of the stream like any other.",
    python: "conn.sendall(data)  # without strip()",
};
/// The program sends `str(data)`.
pub(super) const REPRESENTATION: Mistake = Mistake {
    text: "The server sends the text that print shows for bytes, with b and quotes, instead of the bytes.",
    python: "conn.sendall(data)  # without str() or repr()",
};
/// The program decodes what one `recv` returned.
pub(super) const DECODED: Mistake = Mistake {
    text: "The server decodes what each recv returns. A character of several bytes can arrive in two parts, and not all \
           bytes are text.",
    python: "conn.sendall(data)  # data stays bytes: no decode() and no encode()",
};
/// The program calls `recv` only once.
pub(super) const ONE_RECV: Mistake = Mistake {
    text: "The server calls recv only once. It has to continue until recv returns no bytes.",
    python: "while data := conn.recv(1024): conn.sendall(data)",
};
/// The program closes the connection although the client may send more.
pub(super) const CLOSED_EARLY: Mistake = Mistake {
    text: "The server closes the connection before the client has ended its stream.",
    python: "if not data: break  # only b'' is the end of the stream",
};
/// The program accepts only one client.
pub(super) const ONE_CLIENT: Mistake = Mistake {
    text: "The server calls accept only once, so it ends after its first client.",
    python: "while True: conn, addr = sock.accept(); handle_client(conn)",
};
/// The program waits for a newline.
pub(super) const READS_LINES: Mistake = Mistake {
    text: "The server waits for a newline, as readline does. TCP has no lines: send back what has arrived.",
    python: "data = conn.recv(1024)  # returns what has arrived, with or without a newline",
};
/// The program takes what one `recv` returned for one message.
pub(super) const ONE_MESSAGE: Mistake = Mistake {
    text: "The server takes the result of one recv for one message. It can be several messages, or a part of one.",
    python: "conn.sendall(data)  # all bytes that recv returned",
};
/// The program treats some short data in a special way.
pub(super) const SHORT_DATA: Mistake = Mistake {
    text: "The server waits for more bytes, or treats short data in a special way.",
    python: "data = conn.recv(1024)  # may return a single byte",
};
/// The program doesn't send all that it received.
pub(super) const CUT: Mistake = Mistake {
    text: "The server cuts long data, or doesn't call recv again after it has sent a part.",
    python: "while data := conn.recv(1024): conn.sendall(data)",
};
/// The program ignores how much `send` sent.
pub(super) const PARTIAL_SEND: Mistake = Mistake {
    text: "The server calls send, which may send only a part of the data, and doesn't look at its result.",
    python: "conn.sendall(data)  # continues until everything is sent",
};
/// The program stops when the client doesn't read.
pub(super) const STALLED: Mistake = Mistake {
    text: "The server stops when the client doesn't read for a while, for example because it gives up sending, or waits \
           for itself.",
    python: "conn.sendall(data)  # waits until the client reads; recv follows",
};
/// The program doesn't close its side.
pub(super) const NOT_CLOSED: Mistake = Mistake {
    text: "The server doesn't recognize the end of the stream, or it doesn't close the connection after it.",
    python: "if not data: conn.close(); break  # recv returns b'' at the end of the stream",
};
/// The program closes before it has sent everything.
pub(super) const PENDING_LOST: Mistake = Mistake {
    text: "The server closes the connection at the end of the stream, although it hasn't sent back everything.",
    python: "conn.sendall(data)  # send all of it before the next recv",
};
/// The program keeps sockets open.
pub(super) const LEAK: Mistake = Mistake {
    text: "The server keeps the sockets of clients that have left. At some point the OS gives it no more of them.",
    python: "conn.close()  # for each client, also after an error",
};
/// The program doesn't expect an end of stream as the first result.
pub(super) const EMPTY_CLIENT: Mistake = Mistake {
    text: "The server expects that each client sends something. A port scanner, for example, only connects.",
    python: "if not data: break  # also when the first recv returns b''",
};
/// The program doesn't handle a reset.
pub(super) const RESET: Mistake = Mistake {
    text: "The server doesn't handle ConnectionResetError or BrokenPipeError, so one client's reset ends the server.",
    python: "except ConnectionError: conn.close()  # after try: around this client's recv and sendall",
};
/// The program serves only one client at a time.
pub(super) const NOT_THREADED: Mistake = Mistake {
    text: "The server waits for one client before it accepts the next, for example with join or because it calls the \
           function instead of passing it to the thread.",
    python: "threading.Thread(target=handle_client, args=(conn,), daemon=True).start()",
};
/// The program serves several clients at a time.
pub(super) const THREADED: Mistake = Mistake {
    text: "The server serves each client in a thread or process of its own.",
    python: "handle_client(conn)  # in the accept loop itself",
};
/// The program has no pool, or one with a single thread.
pub(super) const NO_POOL: Mistake = Mistake {
    text: "The server waits for one client before it accepts the next, or its pool has only one thread.",
    python: "pool.submit(handle_client, conn)  # with pool = ThreadPoolExecutor(max_workers=10)",
};
/// The program loses clients that wait.
pub(super) const QUEUE_LOST: Mistake = Mistake {
    text: "The server loses clients that wait in the accept queue, for example because it closes its listening socket \
           after each client.",
    python: "sock.listen(5)  # once, before the accept loop",
};
/// The program shares data between clients.
pub(super) const SHARED: Mistake = Mistake {
    text: "Threads share a variable, so the bytes of one client reach another.",
    python: "data = conn.recv(1024)  # a local variable of handle_client, neither global nor an attribute",
};
/// The program prints other lines.
pub(super) const PRINTS_OTHER_START: Mistake = Mistake {
    text: "The first line isn't the tutorial's.",
    python: "print('Starting server on port', SERVER_PORT)",
};
/// The program prints another line for a new client.
pub(super) const PRINTS_OTHER_CLIENT: Mistake = Mistake {
    text: "The line for a new client isn't the tutorial's. It has two spaces before the address.",
    python: "print('Received new connection from ', addr)",
};
/// The program prints received data in another way.
pub(super) const PRINTS_OTHER_DATA: Mistake =
    Mistake { text: "The line for received data isn't the tutorial's.", python: "print('Received:', data)" };
/// The program doesn't set `SO_REUSEADDR`.
pub(super) const NO_REUSE: Mistake = Mistake {
    text: "The OS keeps the port for about a minute after the server has closed a connection (TIME_WAIT).",
    python: "sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # before bind",
};
/// The program doesn't end on Ctrl-C.
pub(super) const NO_INTERRUPT: Mistake = Mistake {
    text: "The server ignores KeyboardInterrupt, or a thread that serves a client keeps the program alive.",
    python: "threading.Thread(target=handle_client, args=(conn,), daemon=True).start()",
};
/// The program closes TLS without `close_notify`.
pub(super) const NO_CLOSE_NOTIFY: Mistake = Mistake {
    text: "The server closes the TCP connection without ending TLS, so the client can't rule out truncation.",
    python: "conn.unwrap().close()  # unwrap sends close_notify",
};
/// The program doesn't handle an error of the handshake.
pub(super) const HANDSHAKE_ERROR: Mistake = Mistake {
    text: "The server doesn't handle the error of wrap_socket, so a client that doesn't speak TLS ends the server.",
    python: "except OSError as error: print('Connection failed:', error)  # after try: around wrap_socket",
};
/// The program waits for a handshake without a limit.
pub(super) const HANDSHAKE_BLOCKS: Mistake = Mistake {
    text: "The server waits for the handshake of one client while others wait to be accepted.",
    python: "conn.settimeout(10)  # before wrap_socket; settimeout(None) after it",
};
/// The program doesn't handle a stream that ends without `close_notify`.
pub(super) const TRUNCATION: Mistake = Mistake {
    text: "The server doesn't handle the error of recv or unwrap when a client closes without close_notify.",
    python: "except OSError as error: print('Connection failed:', error)  # after try: around recv and unwrap",
};
/// The certificate isn't valid for this client.
pub(super) const CERTIFICATE: Mistake = Mistake {
    text: "The server uses a certificate that isn't for this name, has expired, or isn't signed by this CA.",
    python: "context.load_cert_chain('server.crt', 'server.key')",
};

/// Returns the mistake that these bytes are typical of.
pub(super) fn recognize(sent: &[u8], received: &[u8]) -> Option<Mistake> {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let has_replacement = |data: &[u8]| data.windows(REPLACEMENT.len()).any(|window| window == REPLACEMENT);
    let is_other_case =
        |sent: &[u8], received: &[u8]| sent != received && sent.eq_ignore_ascii_case(received);
    let is_text = sent.is_ascii() && !received.is_empty();
    if received == sent {
        None
    } else if has_replacement(received) && !has_replacement(sent) {
        Some(DECODED)
    } else if received.starts_with(b"b'") || received.starts_with(b"b\"") {
        Some(REPRESENTATION)
    } else if is_text && received == sent.trim_ascii() {
        Some(STRIPPED)
    } else if is_text && is_other_case(sent.trim_ascii(), received.trim_ascii()) {
        Some(CASE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_recognized_by_the_received_bytes() {
        for (sent, received, mistake) in [
            (&b"Hello\n"[..], &b"HELLO\n"[..], Some(CASE)),
            (b"Hello\n", b"Hello", Some(STRIPPED)),
            (b"Hello\n", br"b'Hello\n'", Some(REPRESENTATION)),
            (b"caf\xc3\xa9\n", b"caf\xef\xbf\xbd\xef\xbf\xbd\n", Some(DECODED)),
            (b"Hello\n", b"Hello\n\n", None),
            (b"Hello\n", b"Hello\n", None),
            (b"Hello\n", b"Welcome\n", None),
            (b"Hello\n", b"", None),
        ] {
            assert_eq!(recognize(sent, received), mistake, "{received:?}");
        }
    }
}
