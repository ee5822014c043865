//! A client and a server that shake hands in memory.

use std::io::{Read, Write};
use std::sync::Arc;

use echoscope::tls::CertificateFile;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, HandshakeKind, ProtocolVersion, ServerConnection};

use crate::support::server_config;
use crate::support::trusting::trusting;
use crate::tls_files::lab::Lab;

/// Shakes hands twice in each TLS version and echoes, so that the second handshake resumes the first one's session.
pub(crate) fn serves(lab: &Lab, certificate: &str, key: &str) {
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
                carry(&mut client, &mut server);
                carry(&mut server, &mut client);
            }
            let mut received = [0; 6];
            server.reader().read_exact(&mut received).unwrap();
            assert_eq!(&received, b"Hello\n");
            assert_eq!(server.protocol_version(), Some(name));
            assert_eq!(server.handshake_kind(), Some(kind), "{name:?}");
        }
    }
}

fn carry<A, B, C, D>(from: &mut A, to: &mut B)
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
