//! A server that runs out of file descriptors or threads: it tells once, waits, and goes on.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use support::{Server, echoscope};

fn echo(stream: &mut TcpStream) {
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
}

/// Connects `count` clients, of which only some can be served; closes half of them; then all others must be served.
fn starve(server: &Server, count: usize, told: &str) {
    let mut clients = (0..count).map(|_| server.connect()).collect::<Vec<_>>();
    for client in &mut clients {
        client.write_all(b"x").unwrap();
    }
    let before = server.out.until(|line| line.contains(told));
    let accepted = before.iter().filter(|line| line.starts_with("Received new connection")).count();
    assert!(accepted > 0 && accepted < count, "{accepted} of {count} were accepted before the shortage");
    // Who is served already notices nothing.
    clients[0].read_exact(&mut [0]).unwrap();
    echo(&mut clients[0]);
    let (gone, stay) = clients.split_at_mut(count / 2);
    for client in gone {
        client.shutdown(std::net::Shutdown::Both).unwrap();
    }
    for client in stay.iter_mut() {
        client.read_exact(&mut [0]).unwrap();
        echo(client);
    }
    let over = server.out.until(|line| line.starts_with("The shortage is over"));
    assert!(!over.iter().any(|line| line.contains(told)), "it was told again: {over:#?}");
    server.signal("TERM");
    let after = server.out.rest();
    assert!(!after.iter().any(|line| line.contains(told)), "it was told again: {after:#?}");
}

#[test]
fn out_of_file_descriptors() {
    let plain = echoscope(&["--headless", "--port", "0", "--backlog", "100", "--host", "127.0.0.1"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", r#"ulimit -n 40; exec "$0" "$@""#]).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    starve(&Server::from(limited), 60, "too many files are open");
}

/// The limit of threads counts all processes of a user and doesn't bind root: the program runs as somebody else.
#[test]
fn out_of_threads() {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(!is_root || std::env::var_os("CI").is_none(), "setpriv is missing");
        let _ =
            writeln!(std::io::stderr(), "skipped: needs root and setpriv to run as a user with few threads");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("echoscope");
    std::fs::copy(env!("CARGO_BIN_EXE_echoscope"), &program).unwrap();
    let mut limited = Command::new("setpriv");
    limited
        .args(["--reuid", "47110", "--regid", "47110", "--clear-groups", "prlimit", "--nproc=30"])
        .arg(&program)
        .args(["--headless", "--port", "0", "--backlog", "100", "--host", "127.0.0.1"])
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .current_dir(folder.path());
    starve(&Server::from(limited), 50, "no thread");
}
