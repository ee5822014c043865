//! The key log: tshark decrypts a recorded conversation with it.
//!
//! A small proxy records the conversation, and the test writes it to a file as packets. That needs no permission to
//! capture, and works in any container.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{finish, program};
use crate::tls_options::lab::Lab;

/// The sender (`true` is the client) and the data.
type Recording = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

#[test]
fn tshark_decrypts_a_recorded_conversation_with_the_key_log() {
    for (flag, secret) in [("-tls1_3", "SERVER_TRAFFIC_SECRET_0"), ("-tls1_2", "CLIENT_RANDOM")] {
        let lab = Lab::start("--key-log FOLDER/keys.log");
        let note = lab.wait_until("note");
        assert!(note["text"].as_str().unwrap().contains("can decrypt a recording"), "{note}");
        let keys = lab.path("keys.log");
        let (Some(tshark), recording) = (program("tshark"), Recording::default()) else { return };
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = proxy.local_addr().unwrap().port();
        let relay = {
            let (recording, server) = (Arc::clone(&recording), lab.port);
            thread::spawn(move || relay(&proxy, server, &recording))
        };
        let Some(output) = lab.openssl_at(port, flag) else { return };
        assert!(output.echoed, "{}", output.text);
        relay.join().unwrap();
        assert!(fs::read_to_string(&keys).unwrap().contains(secret));
        let packets = lab.path("conversation.pcap");
        fs::write(&packets, pcap(&recording.lock().unwrap())).unwrap();
        let read = |keys: Option<&Path>| {
            let mut command = Command::new(&tshark);
            command.arg("-r").arg(&packets);
            if let Some(keys) = keys {
                command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
            }
            command.args(["-q", "-z", "follow,tls,ascii,0"]).env("HOME", lab.folder.path());
            finish(command).stdout
        };
        assert!(!read(None).contains("Hello from openssl"), "it was not encrypted");
        // The text is in the data of the client and in that of the server.
        let decrypted = read(Some(&keys));
        assert_eq!(decrypted.matches("Hello from openssl").count(), 2, "{flag}: {decrypted}");
    }
}

#[test]
fn the_key_log_is_private_and_only_written_on_request() {
    let lab = Lab::start("--key-log FOLDER/keys.log");
    let Some(_) = lab.python(crate::tls_options::lab::version("1.3")) else { return };
    lab.visit();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(lab.path("keys.log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = fs::read_to_string(lab.path("keys.log")).unwrap();
    assert!(text.lines().count() >= 4, "{text}");
    let mut lab = lab;
    lab.serve("");
    lab.python(crate::tls_options::lab::version("1.3")).unwrap();
    lab.visit();
    assert_eq!(fs::read_to_string(lab.path("keys.log")).unwrap(), text);
}

/// Relays one connection in both directions and records the data.
fn relay(proxy: &TcpListener, server: u16, recording: &Recording) {
    let (client, _) = proxy.accept().unwrap();
    let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| forward(&client, &server, true, recording));
        forward(&server, &client, false, recording);
    });
}

fn forward(mut from: &TcpStream, mut to: &TcpStream, client: bool, recording: &Recording) {
    let mut buffer = [0; 1200];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        recording.lock().unwrap().push((client, buffer[..count].to_vec()));
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // This fails if the other side has closed already.
    let _ = to.shutdown(Shutdown::Write);
}

/// Returns the recording as a capture file (pcap, link type 101: raw IP), as if the server listened on port 443.
fn pcap(recording: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        out.extend_from_slice(&word.to_ne_bytes());
    }
    // The next sequence number of each side (RFC 9293), starting at 1.
    let mut sent = [1_u32, 1];
    for (number, (client, data)) in recording.iter().enumerate() {
        let (own, other) = if *client { (0, 1) } else { (1, 0) };
        let mut tcp = Vec::new();
        let ports = [50_000_u16, 443];
        tcp.extend_from_slice(&ports[own].to_be_bytes());
        tcp.extend_from_slice(&ports[other].to_be_bytes());
        tcp.extend_from_slice(&sent[own].to_be_bytes());
        tcp.extend_from_slice(&sent[other].to_be_bytes());
        // A header length of five words, the flags PSH and ACK, the window, and zero as checksum, which tshark accepts.
        tcp.extend_from_slice(&[0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend_from_slice(data);
        sent[own] += u32::try_from(data.len()).unwrap();
        let length = u16::try_from(20 + tcp.len()).unwrap().to_be_bytes();
        let mut ip = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
        let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
        ip.extend_from_slice(&addresses[own]);
        ip.extend_from_slice(&addresses[other]);
        ip.extend_from_slice(&tcp);
        let captured = u32::try_from(ip.len()).unwrap();
        for word in [1, u32::try_from(number).unwrap(), captured, captured] {
            out.extend_from_slice(&word.to_ne_bytes());
        }
        out.extend_from_slice(&ip);
    }
    out
}
