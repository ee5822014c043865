//! TLS clients that check the server's certificate: openssl, Python, gnutls, curl and rustls.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Finished, Guarded, Lines, Server, finish, program};

/// A Python program that makes one exchange with the default context and prints one line.
const PYTHON: &str = "
import socket, ssl, sys
file, name, port = sys.argv[1:]
context = ssl.create_default_context()
context.load_verify_locations(file)
with socket.create_connection(('127.0.0.1', int(port)), timeout=20) as plain:
    try:
        with context.wrap_socket(plain, server_hostname=name) as conn:
            conn.sendall(b'Hello')
            print('echoed', conn.recv(1024))
    except ssl.SSLCertVerificationError as error:
        sys.exit(error.verify_message)
";

fn run(path: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null());
    finish(command)
}

/// A client's result: `Ok`, or its error. `None` if the program isn't installed.
pub(crate) type Verdict = Option<Result<(), String>>;

fn verdict(accepted: bool, end: &Finished) -> Result<(), String> {
    if accepted { Ok(()) } else { Err(format!("{}\n{}", end.stdout, end.stderr)) }
}

pub(crate) fn openssl(port: u16, ca: &str, name: &str) -> Verdict {
    let path = program("openssl")?;
    let target = format!("127.0.0.1:{port}");
    let check = if name.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
    let end =
        run(&path, &["s_client", "-connect", &target, "-CAfile", ca, "-verify_return_error", check, name]);
    Some(verdict(end.code == Some(0) && end.stdout.contains("Verification: OK"), &end))
}

pub(crate) fn python(port: u16, ca: &str, name: &str) -> Verdict {
    let path = program("python3")?;
    let end = run(&path, &["-c", PYTHON, ca, name, &port.to_string()]);
    Some(verdict(end.code == Some(0) && end.stdout.contains("echoed b'Hello'"), &end))
}

pub(crate) fn gnutls(port: u16, ca: &str, name: &str) -> Verdict {
    let path = program("gnutls-cli")?;
    let name = format!("--verify-hostname={name}");
    let port = port.to_string();
    let end = run(&path, &["--x509cafile", ca, &name, "-p", &port, "127.0.0.1"]);
    Some(verdict(end.code == Some(0) && end.stdout.contains("Handshake was completed"), &end))
}

pub(crate) fn curl(port: u16, ca: &str, name: &str) -> Verdict {
    let path = program("curl")?;
    let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let (target, url) = (format!("::127.0.0.1:{port}"), format!("https://{host}:{port}/"));
    let end = run(
        &path,
        &["--silent", "--show-error", "--noproxy", "*", "--cacert", ca, "--connect-to", &target, &url],
    );
    // curl rejects the echo of its request as a response, but received it over TLS.
    Some(verdict(end.code == Some(1) && end.stderr.contains("HTTP/0.9"), &end))
}

pub(crate) fn rustls(port: u16, ca: &str, name: &str) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        // rustls rejects version 1 certificates as roots.
        roots.add(certificate.unwrap()).map_err(|error| error.to_string())?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
    stream.write_all(b"Hello").map_err(|error| error.to_string())?;
    let mut echo = [0; 5];
    stream.read_exact(&mut echo).map_err(|error| error.to_string())?;
    assert_eq!(&echo, b"Hello");
    Ok(())
}

/// Runs a command line in a shell and types a line into it. Returns whether the server's echo came back, and the output.
pub(crate) fn echoes(line: &str) -> (bool, String) {
    let mut command = Command::new("sh");
    // With `exec`, the end of the shell is the end of the program.
    command.args(["-c", &format!("exec {line} 2>&1")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = Lines::of(child.stdout.take().unwrap());
    let _child = Guarded(child);
    // This fails if the program has ended already.
    let _ = input.write_all(b"Hello from a terminal\n");
    let mut all = String::new();
    while let Some(line) = output.next_or_end() {
        all += &line;
        all.push('\n');
        // curl shows the echo of its own request.
        if line.contains("Hello") || line.contains("GET / HTTP/") {
            return (true, all);
        }
    }
    (false, all)
}

/// Asserts that the server still echoes to a client that doesn't check the certificate.
pub(crate) fn still_echoes(server: &Server) {
    let Some(path) = program("python3") else { return };
    let code = "import socket, ssl, sys; c = ssl._create_unverified_context(); \
        s = c.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)); \
        s.sendall(b'still there'); print(s.recv(1024))";
    let end = run(&path, &["-c", code, &server.port.to_string()]);
    assert_eq!(end.stdout.trim(), "b'still there'", "{end:?}");
}
