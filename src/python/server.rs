//! The program's first half: the listening socket, and who serves the clients that it accepts.

use crate::python::opening::Host;
use crate::python::writer::Writer;
use crate::server::calls::Call;
use crate::server::config::ServerConfig;
use crate::settings::Mode;

pub(super) fn write(out: &mut Writer, config: &ServerConfig) {
    start_server(out, config.mode);
    initialize_server_socket(out, Host::of(&config.host));
    handle_new_connections(out, config.mode);
}

fn handler(mode: Mode) -> &'static str {
    match mode {
        Mode::One => "handle_new_connections_simple",
        Mode::Threads => "handle_new_connections_threads",
        Mode::Pool => "handle_new_connections_thread_pool",
    }
}

fn start_server(out: &mut Writer, mode: Mode) {
    out.function("start_server", "", "Listen and serve until Ctrl-C.");
    out.text(&format!(
        "    sock = initialize_server_socket()\n    try:\n        {}(sock)\n    except KeyboardInterrupt:",
        handler(mode)
    ));
    out.text(match mode {
        Mode::One => "        sock.close()",
        // An ordinary exit waits for every thread.
        Mode::Threads | Mode::Pool => {
            "        # Threads may sit in recv() for as long as they like: go without waiting for them.\n        \
             os._exit(0)"
        }
    });
}

fn initialize_server_socket(out: &mut Writer, host: Host) {
    out.function(
        "initialize_server_socket",
        "",
        "socket, bind, listen: from here on clients can connect, and wait in the queue.",
    );
    let mut address = "(SERVER_NAME, SERVER_PORT)";
    let family = match host {
        Host::Localhost | Host::V4 => "socket.AF_INET",
        Host::V6 | Host::AnyV6 => "socket.AF_INET6",
        Host::Name => {
            out.text(
                "    found = socket.getaddrinfo(SERVER_NAME, SERVER_PORT, type=socket.SOCK_STREAM)\n    \
                 family, _, _, _, address = found[0]",
            );
            address = "address";
            "family"
        }
    };
    out.call(Call::Socket, &format!("    sock = socket.socket({family}, socket.SOCK_STREAM)"));
    out.text(
        "    if os.name == 'posix':\n        \
         # The port can be used again at once, though old connections wait out TIME_WAIT.\n        \
         # Not on Windows: there two programs could then share the port.\n        \
         sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)",
    );
    if host == Host::AnyV6 {
        out.text("    # '::' takes IPv4 clients as well.\n    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)");
    }
    out.call(Call::Bind, &format!("    sock.bind({address})"));
    out.call(Call::Listen, "    sock.listen(BACKLOG)");
    out.text(
        "    # Asked for, not SERVER_PORT: with port 0 the system chooses.\n    \
         log('Starting server on port', sock.getsockname()[1])\n    \
         return sock",
    );
}

fn handle_new_connections(out: &mut Writer, mode: Mode) {
    let about = match mode {
        Mode::One => "One client at a time: the next one waits in the queue until this one goes.",
        Mode::Threads => "A thread for each client: nobody waits for another.",
        Mode::Pool => "A fixed number of threads: who finds none free is accepted, and waits.",
    };
    out.function(handler(mode), "sock", about);
    if mode == Mode::Pool {
        out.text(
            "    # Not in a with statement, which would wait for every client when Ctrl-C is pressed.\n    \
             pool = ThreadPoolExecutor(max_workers=MAX_WORKERS)",
        );
    }
    out.text("    while True:\n        try:");
    out.call(Call::Accept, "            conn, address = sock.accept()");
    out.text(
        "        except ConnectionAbortedError:\n            \
         continue  # the client went while it waited in the queue\n        \
         log('Received new connection from ', address)",
    );
    match mode {
        Mode::One => out.text("        handle_client(conn, address)"),
        Mode::Threads => {
            out.text("        threading.Thread(target=handle_client, args=(conn, address)).start()");
        }
        Mode::Pool => out.hand_over("        pool.submit(handle_client, conn, address)"),
    }
}
