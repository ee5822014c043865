//! Without a display that answers, the program reports the reason and serves without a window.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::echo;
use crate::support::{Server, echoscope};

/// Starts the program with these variables, and returns what it printed on stderr before it served.
fn complaint(variables: &[(&str, &str)]) -> String {
    let mut command = echoscope(&["--host", "127.0.0.1", "--port", "0"]);
    command.envs(variables.iter().copied());
    let server = Server::from(command);
    echo(&mut server.connect(), b"Hello\n");
    server.err.next()
}

#[test]
fn variables_that_lead_nowhere_count_as_no_display() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = ("XDG_RUNTIME_DIR", folder.path().to_str().unwrap());
    assert!(complaint(&[]).contains("neither DISPLAY nor WAYLAND_DISPLAY"));
    let wayland = ("WAYLAND_DISPLAY", "wayland-of-yesterday");
    for (variables, named) in [
        (&[wayland, runtime][..], &["wayland-of-yesterday"][..]),
        (&[wayland], &["wayland-of-yesterday"]),
        (&[("WAYLAND_SOCKET", "999"), wayland], &["WAYLAND_SOCKET"]),
        (&[("DISPLAY", ":999")], &[":999"]),
        (&[("DISPLAY", "nonsense"), wayland, runtime], &["nonsense", "wayland-of-yesterday"]),
    ] {
        let text = complaint(variables);
        assert!(named.iter().all(|name| text.contains(name)) && text.contains("--headless"), "{text}");
    }
}

#[test]
fn x_server_that_refuses_the_program_counts_as_no_display() {
    // Display number N is TCP port 6000 + N.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = server.local_addr().unwrap().port() - 6000;
    thread::spawn(move || {
        let (mut client, _) = server.accept().unwrap();
        client.read_exact(&mut [0; 12]).unwrap();
        // Failed (0), the length of the reason, the protocol's version 11.0, and the length of the rest in units of
        // 4 bytes.
        client.write_all(&[0, 8, 11, 0, 0, 0, 2, 0]).unwrap();
        client.write_all(b"Go away\n").unwrap();
    });
    let text = complaint(&[("DISPLAY", &format!("127.0.0.1:{number}"))]);
    assert!(text.contains("Go away") && text.contains("--headless"), "{text}");
}
