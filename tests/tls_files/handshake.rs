//! A client and a server that shake hands in memory.

use std::io::{Read, Write};
use std::sync::Arc;

use echoscope::tls::{self, CertificateFile};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion, ServerConnection,
    SignatureScheme,
};

use crate::lab::Lab;

/// Shakes hands twice in each TLS version and echoes, so that the second handshake resumes the first one's session.
pub(crate) fn serves(lab: &Lab, certificate: &str, key: &str) {
    let server = tls::load(&lab.path(certificate), &lab.path(key)).unwrap_or_else(|error| panic!("{error}"));
    let chain = CertificateFile::read(&lab.path(certificate)).unwrap().chain().to_vec();
    for (version, name) in [
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let client =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_protocol_versions(&[version])
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone(chain.clone())))
                .with_no_client_auth();
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

/// Takes every certificate, as long as it is the chain that was in the file, but verifies the signature where it can:
/// rustls' client refuses to read an X.509 version 1 certificate.
#[derive(Debug)]
struct Anyone(Vec<CertificateDer<'static>>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        assert_eq!((first, rest), (&self.0[0], &self.0[1..]));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let verified = rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &provider.signature_verification_algorithms,
        );
        match verified {
            Err(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(_))) => {
                Ok(HandshakeSignatureValid::assertion())
            }
            other => other,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
