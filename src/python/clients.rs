//! The program's second half: one client from its first byte to its last, and how a line is printed.

use crate::python::writer::Writer;
use crate::server::calls::Call;
use crate::server::config::ServerConfig;
use crate::settings::Mode;

pub(super) fn write(out: &mut Writer, config: &ServerConfig) {
    handle_client(out, config);
    count(out);
    log(out, config.mode);
    out.end_function();
    out.text("if __name__ == '__main__':\n    start_server()");
}

fn handle_client(out: &mut Writer, config: &ServerConfig) {
    let tls = config.tls.is_some();
    let idle = config.idle_timeout.is_some();
    out.function(
        "handle_client",
        "conn, address",
        "Send everything back until the client has no more to send.",
    );
    out.text("    started = time.monotonic()\n    received = sent = 0\n    try:");
    if tls {
        handshake(out, config);
    } else if idle {
        out.text("        conn.settimeout(IDLE_TIMEOUT)");
    }
    out.text(if tls { "        while greeted:" } else { "        while True:" });
    out.call(Call::Recv, "            data = conn.recv(RECV_SIZE)");
    out.text(
        "            if not data:\n                \
         # No bytes at all: the end of the stream. Whatever came before it was sent back.",
    );
    if tls {
        out.text(
            "                with contextlib.suppress(OSError):\n                    \
             conn.unwrap()  # the answer to its close_notify, if it still listens",
        );
    } else {
        out.text("                end = 'closed by the client'");
    }
    out.text(
        "                break\n            \
         received += len(data)\n            \
         log('Received:', data)",
    );
    out.call(Call::SendAll, "            conn.sendall(data)");
    out.text("            sent += len(data)");
    endings(out, tls, idle);
    out.text("    finally:");
    out.call(Call::Close, "        conn.close()");
    out.text(
        "    seconds = time.monotonic() - started\n    \
         log(f'Connection from  {address} {end} after {seconds:.1f} s: '\n        \
         f'{count(received)} received, {count(sent)} sent')",
    );
}

fn handshake(out: &mut Writer, config: &ServerConfig) {
    out.text(match config.mode {
        Mode::One => "        # Nobody else is served while this goes on, so it may not take for ever.",
        Mode::Threads | Mode::Pool => {
            "        # In the client's own thread: a slow handshake keeps nobody from being accepted."
        }
    });
    out.text(
        "        conn.settimeout(HANDSHAKE_TIMEOUT)\n        \
         try:\n            \
         # Only a look, the byte stays. Who leaves without one only looked who is here.\n            \
         greeted = conn.recv(1, socket.MSG_PEEK)\n            \
         if greeted:",
    );
    out.call(
        Call::Handshake,
        "                conn = context.wrap_socket(conn, server_side=True, suppress_ragged_eofs=False)",
    );
    out.text(
        "        except (ssl.SSLEOFError, socket.timeout) as error:\n            \
         # Gone in the middle of the handshake, or too slow: here both mean that TLS failed.\n            \
         raise ssl.SSLError(error.errno, f'no handshake: {error}') from None",
    );
    let idle = if config.idle_timeout.is_some() { "IDLE_TIMEOUT" } else { "None" };
    out.text(&format!("        conn.settimeout({idle})\n        end = 'closed by the client'"));
}

/// How a connection can end but well. None of it ends the server.
fn endings(out: &mut Writer, tls: bool, idle: bool) {
    if tls {
        out.text(
            "    except ssl.SSLEOFError:\n        \
             # The stream just ended, which somebody in between can bring about, too.\n        \
             end = 'closed by the client without close_notify'",
        );
    }
    if tls || idle {
        out.text("    except socket.timeout:\n        end = 'closed by the server as idle'");
    }
    if tls {
        out.text(
            "    except ssl.SSLError as error:\n        \
             log('TLS failure:', error)\n        \
             end = 'closed on a TLS failure'",
        );
    }
    out.text(
        "    except OSError:\n        \
         # A reset, for example. It is the end of this client and not of the server.\n        \
         end = 'lost'",
    );
}

fn count(out: &mut Writer) {
    out.function("count", "number", "1 byte, 1,024 bytes");
    out.text("    return f\"{number:,} byte{'' if number == 1 else 's'}\"");
}

fn log(out: &mut Writer, mode: Mode) {
    if mode == Mode::One {
        out.function("log", "*words", "Print a line at once, also where the output is not a terminal.");
        out.text("    print(*words, flush=True)");
        return;
    }
    out.end_function();
    out.text("print_lock = threading.Lock()");
    out.function(
        "log",
        "*words",
        "Print a line whole: without the lock threads would write into each other's.",
    );
    out.text("    with print_lock:\n        print(*words, flush=True)");
}
