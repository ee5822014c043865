//! The threads of mode *threads*: each client has one to itself, a thread serves one client after the other, and ends
//! when it is no longer needed.

use std::net::TcpStream;
use std::time::Duration;

use super::{echo, watch};
use crate::support::Server;
use crate::support::running::wait_for;

const CLIENTS: usize = 3;

fn connect(server: &Server) -> Vec<TcpStream> {
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    for client in &mut clients {
        echo(client, b"x");
    }
    clients
}

fn has_client_threads(server: &Server, numbers: std::ops::RangeInclusive<usize>) -> bool {
    numbers.into_iter().all(|number| watch::has_thread(server.pid(), &format!("client #{number}")))
}

#[test]
fn threads_are_kept_for_the_next_clients_and_end_when_idle() {
    let server = Server::start(&["--max-clients", "3"]);
    let without_clients = watch::threads(server.pid());
    let first = connect(&server);
    assert_eq!(watch::threads(server.pid()), without_clients + CLIENTS);
    assert!(has_client_threads(&server, 1..=3), "a thread has the number of its client");
    drop(first);
    let second = connect(&server);
    assert_eq!(watch::threads(server.pid()), without_clients + CLIENTS);
    assert!(has_client_threads(&server, 4..=6), "a thread has the number of its client");
    // They are still served when their threads would have ended without clients.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(watch::threads(server.pid()), without_clients + CLIENTS);
    drop(second);
    wait_for("the end of idle threads", || watch::threads(server.pid()) == without_clients);
    connect(&server);
}
