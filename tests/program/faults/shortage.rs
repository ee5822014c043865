//! A server that runs out of file descriptors or threads: it reports that once, waits without spinning, and recovers.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::echo;
use super::watch::{after, assert_idle};
use crate::support::{Server, program_path};

const HEADLESS: [&str; 7] = ["--headless", "--port", "0", "--backlog", "200", "--host", "127.0.0.1"];

/// Connects `count` clients, of which only some can be served, and waits until the server prints `report`. Asserts that
/// served clients are unaffected and the server is idle. Then closes half of the clients and asserts that all others
/// are served.
fn starve(server: &Server, count: usize, report: &str) {
    let mut clients = (0..count).map(|_| server.connect()).collect::<Vec<_>>();
    for client in &mut clients {
        client.write_all(b"x").unwrap();
    }
    let before = server.out.wait_until(|line| line.contains(report));
    let accepted = before.iter().filter(|line| line.starts_with("Received new connection")).count();
    assert!(accepted > 0 && accepted < count, "{accepted} of {count} were accepted before the shortage");
    clients[0].read_exact(&mut [0]).unwrap();
    echo(&mut clients[0], b"served already");
    assert_idle(server.pid());
    echo(&mut clients[0], b"and still");
    let (gone, stay) = clients.split_at_mut(count / 2);
    for client in gone {
        client.shutdown(std::net::Shutdown::Both).unwrap();
    }
    for client in stay.iter_mut() {
        client.read_exact(&mut [0]).unwrap();
        echo(client, b"x");
    }
    let over = server.out.wait_until(|line| line.starts_with("Resources available"));
    assert!(!over.iter().any(|line| line.contains(report)), "it was reported again: {over:#?}");
    echo(&mut server.connect(), b"who comes later");
    server.signal("TERM");
    let after = server.out.rest();
    assert!(!after.iter().any(|line| line.contains(report)), "it was reported again: {after:#?}");
}

#[test]
fn server_recovers_from_a_shortage_of_file_descriptors() {
    for mode in ["threads", "pool"] {
        // The limit is high enough that the queue of the pool uses descriptors, too, and not only its threads.
        let arguments = [&HEADLESS[..], &["--mode", mode, "--pool-size", "90"]].concat();
        starve(&Server::from(after("ulimit -n 64", &arguments)), 90, "too many files are open");
    }
}

/// The limit is raised while no client closes, so only a retry by the server can detect that.
#[test]
fn server_recovers_when_the_file_limit_is_raised() {
    if crate::support::program("prlimit").is_none() {
        return;
    }
    let server = Server::from(after("ulimit -S -n 64", &HEADLESS));
    let mut clients = (0..90).map(|_| server.connect()).collect::<Vec<_>>();
    server.out.wait_until(|line| line.contains("too many files are open"));
    // By now all clients have connected, and no new one wakes the server.
    assert_idle(server.pid());
    let raise = ["--pid", &server.pid().to_string(), "--nofile=256:"].map(str::to_owned);
    assert!(Command::new("prlimit").args(raise).status().unwrap().success());
    for client in &mut clients {
        echo(client, b"x");
    }
    server.out.wait_until(|line| line.starts_with("Resources available"));
}

/// The limit of threads counts all processes of a user and doesn't apply to root, so the program runs under an unused
/// user ID.
#[test]
fn server_recovers_from_a_shortage_of_threads() {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(!is_root || std::env::var_os("CI").is_none(), "setpriv is missing");
        let _ =
            writeln!(std::io::stderr(), "skipped: needs root and setpriv to run as a user with few threads");
        return;
    }
    let user = (50_000 + std::process::id() % 10_000).to_string();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("echoscope");
    std::fs::copy(program_path(), &program).unwrap();
    let mut limited = Command::new("setpriv");
    limited
        .args(["--reuid", &user, "--regid", &user, "--clear-groups", "prlimit", "--nproc=36"])
        .arg(&program)
        .args(HEADLESS)
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .current_dir(folder.path());
    starve(&Server::from(limited), 50, "Can't create a thread");
}
