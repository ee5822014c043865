//! Plain values of the state of a rustls connection, from which [`crate::capture::record_inference`] infers what encrypted
//! records contain.

use rustls::{
    AlertDescription, Error, HandshakeKind, IoState, ProtocolVersion, ServerConnection, SupportedCipherSuite,
};

/// The state of a connection at one moment. The default is the state before the `ClientHello` was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct TlsSnapshot {
    /// Whether TLS 1.3 was negotiated.
    pub(crate) tls13: bool,
    /// Whether the handshake is complete.
    pub(crate) handshake_done: bool,
    /// Whether an earlier session was resumed.
    pub(crate) resumed: bool,
    /// Whether the client's certificate was accepted.
    pub(crate) client_verified: bool,
    /// The number of bytes that encryption adds to a record of the server.
    pub(crate) overhead: usize,
    /// The length of a `Finished` message in TLS 1.3.
    pub(crate) finished_len: usize,
}

impl TlsSnapshot {
    /// Reads the state of a connection.
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        let suite = connection.negotiated_cipher_suite();
        Self {
            tls13: connection.protocol_version() == Some(ProtocolVersion::TLSv1_3),
            handshake_done: !connection.is_handshaking(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            client_verified: connection.peer_certificates().is_some(),
            overhead: suite.map_or(0, overhead),
            // Type, length and one hash (RFC 8446, section 4.4.4).
            finished_len: match suite {
                Some(SupportedCipherSuite::Tls13(suite)) => 4 + suite.common.hash_provider.output_len(),
                _ => 0,
            },
        }
    }
}

/// The length of the authentication tag in all cipher suites that rustls supports.
const TAG: usize = 16;

fn overhead(suite: SupportedCipherSuite) -> usize {
    match suite {
        // The true content type follows the content (RFC 8446, section 5.2); rustls adds no padding.
        SupportedCipherSuite::Tls13(_) => 1 + TAG,
        // A part of the nonce may precede the content (RFC 5288, section 3).
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.key_block_shape().explicit_nonce_len + TAG,
    }
}

/// The result of processing one record of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordOutcome {
    /// The record was valid.
    Processed {
        /// The number of bytes of plaintext in it.
        plain: usize,
        /// Whether it was a `close_notify`.
        close_notify: bool,
    },
    /// The record was a fatal alert with this description.
    Alert(u8),
    /// The client's certificate was rejected.
    CertificateRejected,
    /// The record couldn't be used.
    Rejected,
}

impl RecordOutcome {
    /// Returns the outcome of `process_new_packets` for one record. All plaintext of the record before it must have
    /// been read.
    pub(crate) fn of(result: &Result<IoState, Error>) -> Self {
        match result {
            Ok(state) => Self::Processed {
                plain: state.plaintext_bytes_to_read(),
                close_notify: state.peer_has_closed(),
            },
            Err(Error::AlertReceived(description)) => Self::Alert(u8::from(*description)),
            Err(Error::InvalidCertificate(_) | Error::NoCertificatesPresented) => Self::CertificateRejected,
            Err(_) => Self::Rejected,
        }
    }
}

/// Returns the description of the alert that rustls sends for an error, or `None` if it isn't certain.
pub(crate) fn alert_for(error: &Error, tls13: bool) -> Option<u8> {
    let description = match error {
        Error::InvalidCertificate(error) => AlertDescription::from(error.clone()),
        Error::InvalidMessage(error) => AlertDescription::from(*error),
        Error::DecryptError => AlertDescription::BadRecordMac,
        Error::PeerSentOversizedRecord => AlertDescription::RecordOverflow,
        Error::NoCertificatesPresented if tls13 => AlertDescription::CertificateRequired,
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            AlertDescription::UnexpectedMessage
        }
        _ => return None,
    };
    Some(u8::from(description))
}
