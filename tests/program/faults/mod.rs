//! Failures of the environment or of clients must not break the server, and the log names each of them.

// The modules for Linux observe the process through /proc, or limit its descriptors, threads, disk or clock by means
// that only Linux has. The module for Unix sends signals; on Windows, Ctrl-C needs a console.
mod alerts;
#[cfg(target_os = "linux")]
mod certificate;
#[cfg(target_os = "linux")]
mod clock;
mod closing;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod half_open;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod never_reads;
// Elsewhere the desktop is part of the OS.
#[cfg(target_os = "linux")]
mod no_display;
mod one_byte;
mod records;
mod resets;
#[cfg(target_os = "linux")]
mod shortage;
#[cfg(unix)]
mod signals;
#[cfg(target_os = "linux")]
mod standard_output;
#[cfg(target_os = "linux")]
mod threads;
mod tls;
#[cfg(target_os = "linux")]
mod vanish;
#[cfg(target_os = "linux")]
mod watch;

use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends data and asserts that exactly this data is echoed.
#[track_caller]
pub(crate) fn echo(stream: &mut (impl Read + Write), data: &[u8]) {
    stream.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

/// Ends a connection with RST instead of FIN (`SO_LINGER` of 0, socket(7)).
fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(stream);
}

/// Sends without reading until all buffers are full, and returns the number of sent bytes. The server then blocks in
/// `send`.
fn fill_buffers(stream: &TcpStream) -> u64 {
    stream.set_nonblocking(true).unwrap();
    let (mut sent, mut full) = (0, 0);
    // Try again when the buffer is full, since the server receives until its own echo blocks.
    while full < 200 {
        if let Ok(count) = (&*stream).write(&[b'.'; 16 << 10]) {
            (sent, full) = (sent + count as u64, 0);
        } else {
            full += 1;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    stream.set_nonblocking(false).unwrap();
    sent
}
