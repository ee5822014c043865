//! A client that sends a byte from time to time is not idle, however long it takes; the idle timeout begins with its
//! last byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::server::event::CloseReason;

use super::echo;
use super::tls::Lab;
use crate::support::running::Running;

const IDLE: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(300);
/// The number of pauses: together they take longer than the idle timeout.
const PAUSES: u32 = 7;

/// Waits for the server to close the connection. Returns how long that took.
fn wait_for_the_end(mut stream: &TcpStream) -> Duration {
    let start = Instant::now();
    while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    start.elapsed()
}

#[test]
fn one_byte_at_a_time_is_not_idle() {
    let mut running = Running::start(|config| config.idle_timeout = Some(IDLE));
    let mut client = running.connect();
    for number in 0..PAUSES {
        thread::sleep(PAUSE);
        echo(&mut client, &[b'0' + number as u8]);
    }
    let silent = wait_for_the_end(&client);
    assert!(silent + PAUSE > IDLE, "the limit did not count from the last byte: {silent:?}");
    assert_eq!(running.closed(1), CloseReason::Idle);
}

/// One TLS record byte by byte: nothing can be echoed before its last byte, but the client is not idle.
#[test]
fn one_byte_of_a_tls_record_at_a_time_is_not_idle() {
    let mut lab = Lab::start(|config| config.idle_timeout = Some(IDLE));
    let mut client = lab.client();
    echo(&mut client, b"the handshake is done");
    client.conn.writer().write_all(b"x").unwrap();
    let mut record = Vec::new();
    client.conn.write_tls(&mut record).unwrap();
    let (dripping, rest) = record.split_at(PAUSES as usize);
    for byte in dripping {
        client.sock.write_all(&[*byte]).unwrap();
        thread::sleep(PAUSE);
    }
    client.sock.write_all(rest).unwrap();
    let mut back = [0];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"x");
    let silent = wait_for_the_end(&client.sock);
    assert!(silent + PAUSE > IDLE, "the limit did not count from the last byte: {silent:?}");
    assert_eq!(lab.closed(1), CloseReason::Idle);
}
