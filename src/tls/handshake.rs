//! What a TLS handshake agreed on, as plain values.

use std::time::Duration;

/// How the handshake went (RFC 8446, section 2; RFC 5246, section 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeKind {
    /// Certificates and a fresh key exchange.
    Full,
    /// A full handshake that needed a second `ClientHello`, since the first offered no key share that we take.
    FullWithRetry,
    /// An earlier session was taken up again by ticket.
    Resumed,
}

/// What was agreed. Names are those of the IANA TLS registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: &'static str,
    /// The cipher suite, for example `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The key exchange group, for example `X25519MLKEM768`; `None` where a resumption did without.
    pub group: Option<String>,
    /// The server name that the client asked for (SNI, RFC 6066, section 3).
    pub server_name: Option<String>,
    /// The protocol agreed by ALPN (RFC 7301), as text where it is text.
    pub alpn: Option<String>,
    /// Full, retried or resumed.
    pub kind: HandshakeKind,
    /// From the accepted connection to the end of the handshake.
    pub took: Duration,
}

impl Handshake {
    /// Reads off a connection whose handshake is done; `took` is the time from its first byte to its last.
    #[must_use]
    pub fn of(connection: &rustls::ServerConnection, took: Duration) -> Self {
        Self {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS 1.3",
            },
            cipher_suite: connection
                .negotiated_cipher_suite()
                .map_or_else(String::new, |suite| iana_suite(suite.suite())),
            group: connection.negotiated_key_exchange_group().map(|group| iana_group(group.name())),
            server_name: connection.server_name().map(str::to_owned),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            kind: match connection.handshake_kind() {
                Some(rustls::HandshakeKind::Resumed) => HandshakeKind::Resumed,
                Some(rustls::HandshakeKind::FullWithHelloRetryRequest) => HandshakeKind::FullWithRetry,
                _ => HandshakeKind::Full,
            },
            took,
        }
    }
}

/// rustls writes `TLS13_AES_256_GCM_SHA384`; the registry has no `13` in it.
fn iana_suite(suite: rustls::CipherSuite) -> String {
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}

/// rustls' names of the groups are the registry's.
fn iana_group(group: rustls::NamedGroup) -> String {
    format!("{group:?}")
}
