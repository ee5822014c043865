//! SIGTERM, SIGINT and SIGHUP without a window stop the server like any other stop.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::tls::{over, trusting};
use super::{echo, fill_buffers};
use crate::support::{Identity, PATIENCE, Server, echoscope};

#[test]
fn sigterm_sigint_and_sighup_stop_the_server() {
    for signal in ["TERM", "INT", "HUP"].into_iter().filter(|signal| !is_ignored(signal)) {
        let mut server = Server::start(&["--host", "127.0.0.1"]);
        let mut client = server.connect();
        echo(&mut client, b"Hello\n");
        // The server's thread for this client is blocked in `send`.
        let blocked = server.connect();
        fill_buffers(&blocked);
        server.signal(signal);
        // The server sends FIN and not RST, so the client can read to the end of the stream.
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "after SIG{signal}");
        let status = server.end(Duration::from_secs(3)).expect("it ends soon");
        assert_eq!(status.code(), Some(0), "after SIG{signal}: {status}");
        let lines = server.out.rest();
        let (last, before) = lines.split_last().unwrap();
        assert_eq!(last, "Server stopped", "after SIG{signal}: {lines:#?}");
        let stopping = before.iter().position(|line| line == "Stopping server").expect("the stop is logged");
        let closed =
            before[stopping..].iter().filter(|line| line.contains("closed because the server was stopped"));
        assert_eq!(closed.count(), 2, "after SIG{signal}: {lines:#?}");
        assert_eq!(server.err.rest(), Vec::<String>::new(), "after SIG{signal}");
    }
}

/// As in `nohup echoscope`, and in a background job of a shell without job control.
#[test]
fn signal_that_the_parent_ignores_stays_ignored() {
    for (ignored, other) in [("HUP", "TERM"), ("INT", "TERM"), ("TERM", "HUP")] {
        if is_ignored(other) {
            continue;
        }
        let program = echoscope(&[]);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("trap '' {ignored}; exec \"$0\" \"$@\"")).arg(program.get_program());
        shell.args(["--headless", "--host", "127.0.0.1", "--port", "0"]).stdin(Stdio::null());
        let mut server = Server::from(shell);
        server.signal(ignored);
        // A signal that isn't ignored would end the server within this time.
        assert!(server.end(Duration::from_millis(300)).is_none(), "SIG{ignored} ended it");
        echo(&mut server.connect(), b"still there\n");
        server.signal(other);
        let status = server.end(PATIENCE).expect("the other signal stops it");
        assert_eq!(status.code(), Some(0), "SIG{ignored} was ignored, then SIG{other}: {status}");
    }
}

/// Returns whether the tests themselves run with this signal ignored, as under `nohup`. The program then ignores it, too.
fn is_ignored(signal: &str) -> bool {
    let output = Command::new("sh").arg("-c").arg(format!("kill -{signal} $$; echo alive")).output();
    !output.expect("there is a shell").stdout.is_empty()
}

#[test]
fn signal_ends_tls_clients_and_handshakes() {
    let identity = Identity::new();
    let mut arguments = identity.arguments().to_vec();
    arguments.extend(["--host", "127.0.0.1"]);
    let mut server = Server::start(&arguments);
    let mut client = over(server.connect(), &trusting(Path::new(&identity.certificate)));
    echo(&mut client, b"over TLS");
    let mut silent = server.connect();
    server.out.wait_until(|line| line.starts_with("Received: "));
    server.signal("TERM");
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.is_empty());
    assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(server.end(PATIENCE).and_then(|status| status.code()), Some(0));
    let lines = server.out.rest();
    let closed = lines.iter().filter(|line| line.contains("closed because the server was stopped"));
    assert_eq!(closed.count(), 2, "{lines:#?}");
    assert_eq!(lines.last().map(String::as_str), Some("Server stopped"));
}
