//! The names that the RFCs give to what stands in records.

use crate::capture::Message;

pub(super) const HANDSHAKE: u8 = 22;

/// A content type (RFC 8446, section 5.1).
pub(super) fn content_type(code: u8) -> &'static str {
    match code {
        20 => "change_cipher_spec",
        21 => "alert",
        22 => "handshake",
        23 => "application_data",
        24 => "heartbeat",
        _ => "unknown",
    }
}

/// A content type as a title.
pub(super) fn title(code: u8) -> &'static str {
    match code {
        20 => "Change cipher spec",
        21 => "Alert",
        22 => "Handshake",
        23 => "Application data",
        24 => "Heartbeat",
        _ => "Record",
    }
}

/// A handshake message (RFC 8446, section 4; RFC 5246, section 7.4).
pub(super) fn message(message: Message) -> String {
    let name = match message {
        Message::HelloRequest => "HelloRequest",
        Message::ClientHello => "ClientHello",
        Message::ServerHello => "ServerHello",
        Message::HelloRetryRequest => "HelloRetryRequest",
        Message::NewSessionTicket => "NewSessionTicket",
        Message::EndOfEarlyData => "EndOfEarlyData",
        Message::EncryptedExtensions => "EncryptedExtensions",
        Message::Certificate => "Certificate",
        Message::ServerKeyExchange => "ServerKeyExchange",
        Message::CertificateRequest => "CertificateRequest",
        Message::ServerHelloDone => "ServerHelloDone",
        Message::CertificateVerify => "CertificateVerify",
        Message::ClientKeyExchange => "ClientKeyExchange",
        Message::Finished => "Finished",
        Message::CertificateStatus => "CertificateStatus",
        Message::KeyUpdate => "KeyUpdate",
        Message::CompressedCertificate => "CompressedCertificate",
        Message::Other(kind) => return format!("message type {kind}"),
    };
    name.to_owned()
}

/// What a handshake message is for, as the end of a sentence that begins with its name.
pub(super) fn purpose(message: Message) -> &'static str {
    match message {
        Message::HelloRequest => "asks the client to negotiate anew",
        Message::ClientHello => {
            "offers versions, cipher suites and key shares, and names the server that is meant"
        }
        Message::ServerHello => {
            "chooses version and cipher suite and, in TLS 1.3, brings the server's key share"
        }
        Message::HelloRetryRequest => "asks for another key share, since none of those offered was of use",
        Message::NewSessionTicket => {
            "gives the client a ticket to come back with, which spares the certificate then"
        }
        Message::EndOfEarlyData => "ends the data that was sent before the handshake was done",
        Message::EncryptedExtensions => "settles the rest, such as ALPN, now that everything is encrypted",
        Message::Certificate => "shows who one is",
        Message::ServerKeyExchange => {
            "brings the server's share of the key, signed with the certificate's key"
        }
        Message::CertificateRequest => "asks the client for its certificate",
        Message::ServerHelloDone => "ends the server's part",
        Message::CertificateVerify => "proves by a signature that one has the certificate's key",
        Message::ClientKeyExchange => "brings the client's share of the key",
        Message::Finished => "proves that nobody changed the messages before it",
        Message::CertificateStatus => "shows that the certificate was not revoked",
        Message::KeyUpdate => "announces that fresh keys are used from here on",
        Message::CompressedCertificate => "shows who one is, compressed",
        Message::Other(_) => "is one that Echoscope has no name for",
    }
}

/// An alert's description (RFC 8446, section 6; RFC 5246, section 7.2).
pub(super) fn alert(code: u8) -> String {
    let name = match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return format!("alert {code}"),
    };
    name.to_owned()
}

/// An alert's level.
pub(super) fn level(code: u8) -> &'static str {
    match code {
        1 => "warning",
        2 => "fatal",
        _ => "unknown level",
    }
}
