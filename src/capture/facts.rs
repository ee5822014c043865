//! What rustls' state machine tells about a connection, as plain values for [`crate::capture::tap`].

use rustls::{
    AlertDescription, Error, HandshakeKind, IoState, ProtocolVersion, ServerConnection, SupportedCipherSuite,
};

/// What is known of a connection at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own to the state machine")]
pub(crate) struct Facts {
    /// Whether TLS 1.3 was agreed on.
    pub(crate) tls13: bool,
    /// Whether the handshake goes on.
    pub(crate) handshaking: bool,
    /// Whether an earlier session was taken up.
    pub(crate) resumed: bool,
    /// Whether the client's certificate was found good.
    pub(crate) shown: bool,
    /// Whether the client has said goodbye.
    pub(crate) closed: bool,
    /// Plain bytes that have not been fetched yet.
    pub(crate) plain: usize,
    /// How many bytes encryption adds to a record of the server.
    pub(crate) overhead: usize,
    /// How many bytes a Finished message has.
    pub(crate) finished: usize,
}

impl Facts {
    /// Before there is a connection to ask.
    pub(crate) const BEGINNING: Self = Self {
        tls13: false,
        handshaking: true,
        resumed: false,
        shown: false,
        closed: false,
        plain: 0,
        overhead: 0,
        finished: 0,
    };

    /// Asks a connection before it looks at a record: no plain byte of the last one is left by then.
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        let suite = connection.negotiated_cipher_suite();
        Self {
            tls13: connection.protocol_version() == Some(ProtocolVersion::TLSv1_3),
            handshaking: connection.is_handshaking(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            shown: connection.peer_certificates().is_some(),
            closed: false,
            plain: 0,
            overhead: suite.map_or(0, overhead),
            // Type, length and one hash (RFC 8446, section 4.4.4).
            finished: match suite {
                Some(SupportedCipherSuite::Tls13(suite)) => 4 + suite.common.hash_provider.output_len(),
                _ => 0,
            },
        }
    }
}

impl Facts {
    /// Adds what the connection told when it had looked at a record.
    pub(crate) fn after(self, state: Option<&IoState>) -> Self {
        Self {
            closed: state.is_some_and(IoState::peer_has_closed),
            plain: state.map_or(0, IoState::plaintext_bytes_to_read),
            ..self
        }
    }
}

/// The authentication tags of all suites that rustls knows.
const TAG: usize = 16;

fn overhead(suite: SupportedCipherSuite) -> usize {
    match suite {
        // The content's true type stands behind it (RFC 8446, section 5.2), and rustls pads nothing.
        SupportedCipherSuite::Tls13(_) => 1 + TAG,
        // A part of the nonce may stand before it (RFC 5288, section 3).
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.key_block_shape().explicit_nonce_len + TAG,
    }
}

/// How TLS took a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It made sense.
    Fine,
    /// It was an alert with this description that ends the connection.
    Alert(u8),
    /// It was a handshake message about the client's certificate that was not accepted.
    Certificate,
    /// It could not be used.
    Refused,
}

impl Outcome {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::AlertReceived(description) => Self::Alert(u8::from(*description)),
            Error::InvalidCertificate(_) | Error::NoCertificatesPresented => Self::Certificate,
            _ => Self::Refused,
        }
    }
}

/// The description of the alert that rustls sends for an error, where that is certain.
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
