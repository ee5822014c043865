//! A server whose accept queue is full: connecting waits, times out, and can be canceled. Only Linux drops new
//! connections in this case.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use echoscope::client::ConnectionConfig;
use echoscope::client::client_event::{ClientCloseCause, ClientState, CloseMode};
use socket2::{Domain, Socket, Type};

use crate::client::watched::Watched;

/// Returns a listener that never accepts, and the connections that fill its queue.
fn full() -> (TcpListener, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "this system's queues don't fill up");
    }
    (listener, waiting)
}

#[test]
fn full_accept_queue_times_out_with_its_explanation() {
    let (listener, _waiting) = full();
    let port = listener.local_addr().unwrap().port();
    let timeout = Duration::from_millis(200);
    let start = Instant::now();
    let mut client = Watched::connect(ConnectionConfig {
        connect_timeout: timeout,
        ..ConnectionConfig::plain("localhost", port)
    });
    let failure = client.failed();
    assert!(start.elapsed() >= timeout);
    assert!(failure.to_string().contains("accept queue is full"), "{failure:?}");
    assert!(failure.to_string().contains("0.2 s"), "{failure:?}");
}

#[test]
fn connecting_can_be_canceled() {
    let (listener, _waiting) = full();
    let port = listener.local_addr().unwrap().port();
    let mut client = Watched::connect(ConnectionConfig {
        connect_timeout: Duration::from_hours(1),
        ..ConnectionConfig::plain("127.0.0.1", port)
    });
    client.wait_until("connecting", |client| {
        (client.client.status().state == ClientState::Connecting).then_some(())
    });
    client.client.close(CloseMode::Abort);
    assert_eq!(client.closed().cause, ClientCloseCause::Canceled);
}
