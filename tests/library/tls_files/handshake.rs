//! TLS handshakes between a client and a server in memory.

use std::io::{Read, Write};
use std::sync::Arc;

use echoscope::tls::CertificateFile;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, HandshakeKind, ProtocolVersion, ServerConnection};

use crate::support::server_config;
use crate::support::trusting::trusting;
use crate::tls_files::lab::Lab;

/// Asserts that a server can use these files: in each TLS version, makes two handshakes with an echo, of which the
/// second resumes the session of the first.
pub(crate) fn assert_serves(lab: &Lab, certificate: &str, key: &str) {
    let server =
        server_config(&lab.path(certificate), &lab.path(key)).unwrap_or_else(|error| panic!("{error}"));
    let chain = CertificateFile::read(&lab.path(certificate)).unwrap().chain().to_vec();
    for (version, name) in [
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let client = trusting(&[version], Some(chain.clone()));
        let client = Arc::new(client);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let mut server = ServerConnection::new(server.clone()).unwrap();
            let mut client =
                ClientConnection::new(client.clone(), ServerName::try_from("localhost").unwrap()).unwrap();
            client.writer().write_all(b"Hello\n").unwrap();
            for _ in 0..10 {
                transfer(&mut client, &mut server);
                transfer(&mut server, &mut client);
            }
            let mut received = [0; 6];
            server.reader().read_exact(&mut received).unwrap();
            assert_eq!(&received, b"Hello\n");
            assert_eq!(server.protocol_version(), Some(name));
            assert_eq!(server.handshake_kind(), Some(kind), "{name:?}");
        }
    }
}

fn transfer<A, B, C, D>(from: &mut A, to: &mut B)
where
    A: std::ops::DerefMut<Target = rustls::ConnectionCommon<C>>,
    B: std::ops::DerefMut<Target = rustls::ConnectionCommon<D>>,
    C: rustls::SideData,
    D: rustls::SideData,
{
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets().unwrap();
    }
}
