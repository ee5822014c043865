//! Determines what each TLS record contains: parsed if it isn't encrypted, otherwise inferred from rustls' state
//! ([`TlsSnapshot`]).
//!
//! A payload is inferred from the state and from the lengths of the records. If a handshake flight spans several
//! records, each of them is only known to contain some of the messages.

use rustls::{
    AlertDescription, Error, HandshakeKind, IoState, ProtocolVersion, ServerConnection, SupportedCipherSuite,
};

use crate::capture::tls_record::{
    ALERT, APPLICATION_DATA, Alert, CHANGE_CIPHER_SPEC, HANDSHAKE, HandshakeMessages, HandshakeParser,
    HandshakeType, RECORD_HEADER, RawRecord, RecordPayload, TlsRecord, record_header,
};

/// The length that encryption adds to a TLS 1.3 record: the content type and the authentication tag.
const TLS13_OVERHEAD: u16 = 17;
/// The length of a `KeyUpdate` message: type, length and one byte (RFC 8446, section 4.6.3).
const KEY_UPDATE_LEN: u16 = 5;
/// The length of an alert message: level and description.
const ALERT_LEN: u16 = 2;
/// The maximum length of the plaintext in a record (RFC 8446, section 5.1). rustls fills records up to this length.
const MAX_PLAINTEXT: usize = 1 << 14;

const FINISHED: &[HandshakeType] = &[HandshakeType::FINISHED];

/// The state of a TLS connection at one moment. The default is the state before the `ClientHello` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct TlsSnapshot {
    /// Whether TLS 1.3 was negotiated.
    pub(crate) tls13: bool,
    /// Whether the handshake is complete.
    handshake_done: bool,
    /// Whether an earlier session was resumed.
    resumed: bool,
    /// Whether the client's certificate was accepted.
    client_verified: bool,
    /// The number of bytes that encryption adds to each of the server's records.
    overhead: usize,
    /// The length of a `Finished` message in TLS 1.3.
    finished_len: usize,
}

impl TlsSnapshot {
    /// Returns the current state of a connection.
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
const TAG_LEN: usize = 16;

fn overhead(suite: SupportedCipherSuite) -> usize {
    match suite {
        // The true content type follows the content (RFC 8446, section 5.2); rustls adds no padding.
        SupportedCipherSuite::Tls13(_) => 1 + TAG_LEN,
        // A part of the nonce may precede the content (RFC 5288, section 3).
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.key_block_shape().explicit_nonce_len + TAG_LEN,
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

/// Returns whether a sender of these records, which are whole, has started to encrypt.
pub(crate) fn starts_encryption(mut records: &[u8], tls13: bool) -> bool {
    // In TLS 1.3, `change_cipher_spec` has no meaning (RFC 8446, section 5).
    let first_encrypted = if tls13 { APPLICATION_DATA } else { CHANGE_CIPHER_SPEC };
    while let Some(header) = record_header(records) {
        if header.content_type == first_encrypted {
            return true;
        }
        records = records.get(RECORD_HEADER + usize::from(header.length)..).unwrap_or_default();
    }
    false
}

/// Parses records until encryption starts, in one direction.
#[derive(Debug, Default)]
struct UnencryptedRecords {
    parser: HandshakeParser,
    /// Whether all further records are encrypted, as in TLS 1.2 after `change_cipher_spec`.
    encrypted: bool,
}

impl UnencryptedRecords {
    /// Sets whether the record is encrypted and, if it isn't, its payload. Returns the header of an encrypted record,
    /// whose payload the caller has to infer.
    fn parse<'a>(&mut self, raw: &'a mut RawRecord, tls13: bool) -> Option<&'a mut TlsRecord> {
        let record = raw.header.as_mut()?;
        // In TLS 1.3 all encrypted records have this type (RFC 8446, section 5.2).
        record.encrypted = self.encrypted || record.content_type == APPLICATION_DATA;
        if record.encrypted {
            return Some(record);
        }
        let content = raw.bytes.get(RECORD_HEADER..).unwrap_or_default();
        record.payload = match (record.content_type, content) {
            (CHANGE_CIPHER_SPEC, _) => {
                self.encrypted = !tls13;
                RecordPayload::ChangeCipherSpec { ignored: tls13 }
            }
            (ALERT, &[level, description]) => alert(Some(level), Some(description)),
            (HANDSHAKE, content) => RecordPayload::Handshake(self.parser.parse(content)),
            _ => RecordPayload::Unknown,
        };
        None
    }
}

fn alert(level: Option<u8>, description: Option<u8>) -> RecordPayload {
    RecordPayload::Alert(Alert { level, description })
}

fn messages(types: &[HandshakeType]) -> RecordPayload {
    RecordPayload::Handshake(HandshakeMessages::new(types))
}

fn some_of(types: &[HandshakeType]) -> RecordPayload {
    let mut messages = HandshakeMessages::new(types);
    messages.partial = true;
    RecordPayload::Handshake(messages)
}

/// Determines the payloads of the client's records.
#[derive(Debug, Default)]
pub(crate) struct ClientRecords {
    requests_certificate: bool,
    unencrypted: UnencryptedRecords,
    tls13: bool,
    /// Whether the client has started the encrypted part of the handshake.
    in_encrypted_flight: bool,
}

impl ClientRecords {
    /// Creates the state for a new connection. `requests_certificate` is whether the server asks for a client
    /// certificate.
    pub(crate) fn new(requests_certificate: bool) -> Self {
        Self { requests_certificate, ..Self::default() }
    }

    /// Sets the payload of a record that rustls processed, from rustls' result and its state before and after.
    pub(crate) fn on_processed(
        &mut self,
        raw: &mut RawRecord,
        before: &TlsSnapshot,
        after: &TlsSnapshot,
        result: &Result<IoState, Error>,
    ) {
        self.tls13 = after.tls13;
        if let Some(record) = self.unencrypted.parse(raw, self.tls13) {
            record.payload = match result {
                Ok(state) if state.peer_has_closed() => alert(None, Some(Alert::CLOSE_NOTIFY)),
                Ok(_) if !before.handshake_done => self.handshake(record, after),
                Ok(state) => data(record, state.plaintext_bytes_to_read(), after),
                Err(Error::AlertReceived(description)) => alert(None, Some(u8::from(*description))),
                Err(Error::InvalidCertificate(_) | Error::NoCertificatesPresented)
                    if !before.handshake_done =>
                {
                    some_of(&[HandshakeType::CERTIFICATE, HandshakeType::CERTIFICATE_VERIFY])
                }
                Err(_) => RecordPayload::Rejected,
            };
        }
    }

    /// Sets the payload of a record with early data, which rustls doesn't get.
    pub(crate) fn on_early_data(&mut self, raw: &mut RawRecord) {
        if let Some(record) = self.unencrypted.parse(raw, self.tls13) {
            record.payload = RecordPayload::EarlyData;
        }
    }

    /// Sets the payload of a record that arrived after rustls had stopped reading.
    pub(crate) fn on_unread(&mut self, raw: &mut RawRecord) {
        if let Some(record) = self.unencrypted.parse(raw, self.tls13) {
            record.payload = RecordPayload::Unread;
        }
    }

    fn handshake(&mut self, record: &TlsRecord, after: &TlsSnapshot) -> RecordPayload {
        const FLIGHT: &[HandshakeType] =
            &[HandshakeType::CERTIFICATE, HandshakeType::CERTIFICATE_VERIFY, HandshakeType::FINISHED];
        let is_first = !std::mem::replace(&mut self.in_encrypted_flight, true);
        let is_last = after.handshake_done;
        if !after.tls13 {
            // Finished is the only handshake message that TLS 1.2 encrypts (RFC 5246, section 7.4.9).
            let is_finished = is_last && record.content_type == HANDSHAKE;
            return if is_finished { messages(FINISHED) } else { RecordPayload::Unknown };
        }
        let certificate_expected = self.requests_certificate && !after.resumed;
        let content_len = usize::from(record.length.saturating_sub(TLS13_OVERHEAD));
        match (is_first, is_last) {
            // The handshake ended with this record, which has room for nothing but Finished.
            (_, true) if content_len == after.finished_len => messages(FINISHED),
            (true, true) if !certificate_expected => messages(FINISHED),
            (true, true) if after.client_verified => messages(FLIGHT),
            (true, true) => messages(&[HandshakeType::CERTIFICATE, HandshakeType::FINISHED]),
            _ if certificate_expected => some_of(FLIGHT),
            _ => some_of(FINISHED),
        }
    }
}

fn data(record: &TlsRecord, plain: usize, state: &TlsSnapshot) -> RecordPayload {
    let is_empty = record.length == TLS13_OVERHEAD;
    match record.content_type {
        APPLICATION_DATA if plain > 0 || !state.tls13 || is_empty => {
            RecordPayload::Data { plain: u32::try_from(plain).unwrap_or(u32::MAX) }
        }
        APPLICATION_DATA if record.length >= TLS13_OVERHEAD + KEY_UPDATE_LEN => {
            RecordPayload::KeyUpdateOrPadding
        }
        ALERT => alert(None, None),
        _ => RecordPayload::Unknown,
    }
}

/// The purpose of the next records that the server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SendContext {
    /// The server's part of the handshake, or its session tickets.
    #[default]
    Handshake,
    /// Application data: this many bytes of plaintext.
    Data(usize),
    /// A reply that rustls sends by itself after the handshake, such as a `KeyUpdate`.
    Reply,
    /// The records that rustls still had to send when an error occurred, and the alert for the error; its description,
    /// if that is certain.
    Failure(Option<u8>),
    /// The `close_notify` alert.
    CloseNotify,
}

/// Determines the payloads of the server's records.
#[derive(Debug, Default)]
pub(crate) struct ServerRecords {
    requests_certificate: bool,
    unencrypted: UnencryptedRecords,
    /// Whether the client may have sent a `KeyUpdate`. rustls then sends one too, before the next records.
    key_update_due: bool,
    context: SendContext,
    state: TlsSnapshot,
    /// Encrypted records whose payloads depend on how many are sent together.
    held: Vec<RawRecord>,
}

impl ServerRecords {
    /// Creates the state for a new connection. `requests_certificate` is whether the server asks for a client
    /// certificate.
    pub(crate) fn new(requests_certificate: bool) -> Self {
        Self { requests_certificate, ..Self::default() }
    }

    /// Takes note of a record of the client that may be a `KeyUpdate`, which the server answers.
    pub(crate) fn on_client_record(&mut self, raw: &RawRecord) {
        self.key_update_due |=
            raw.header.is_some_and(|record| record.payload == RecordPayload::KeyUpdateOrPadding);
    }

    /// Sets the purpose of the records that are sent until [`ServerRecords::end_send`].
    pub(crate) fn begin_send(&mut self, context: SendContext, state: TlsSnapshot) {
        (self.context, self.state) = (context, state);
    }

    /// Sets the payload of a record that was sent and returns it, or holds it until [`ServerRecords::end_send`].
    pub(crate) fn on_sent(&mut self, mut raw: RawRecord) -> Option<RawRecord> {
        let Some(record) = self.unencrypted.parse(&mut raw, self.state.tls13) else { return Some(raw) };
        if matches!(self.context, SendContext::Data(_)) && !self.key_update_due {
            record.payload = self.data(record);
            return Some(raw);
        }
        self.held.push(raw);
        None
    }

    /// Returns the records that were held, with their payloads.
    pub(crate) fn end_send(&mut self) -> Vec<RawRecord> {
        let mut held = std::mem::take(&mut self.held);
        let count = held.len();
        for (index, raw) in held.iter_mut().enumerate() {
            if let Some(record) = &mut raw.header {
                record.payload = self.held_payload(record, index, count);
            }
        }
        self.key_update_due &= count == 0;
        held
    }

    fn data(&self, record: &TlsRecord) -> RecordPayload {
        let plain = usize::from(record.length).saturating_sub(self.state.overhead);
        RecordPayload::Data { plain: u32::try_from(plain).unwrap_or(u32::MAX) }
    }

    /// Returns the payload of one of `count` encrypted records that were sent together.
    fn held_payload(&self, record: &TlsRecord, index: usize, count: usize) -> RecordPayload {
        let tls13 = self.state.tls13;
        let may_be_alert =
            if tls13 { record.length == ALERT_LEN + TLS13_OVERHEAD } else { record.content_type == ALERT };
        let is_alert = may_be_alert && index + 1 == count;
        match self.context {
            SendContext::CloseNotify if is_alert => alert(None, Some(Alert::CLOSE_NOTIFY)),
            SendContext::Failure(description) if is_alert => alert(None, description),
            // Finished is the only handshake message that TLS 1.2 encrypts (without renegotiation).
            _ if !tls13 && record.content_type == HANDSHAKE => messages(FINISHED),
            SendContext::Data(plain) if index > 0 || count <= plain.div_ceil(MAX_PLAINTEXT) => {
                self.data(record)
            }
            SendContext::Data(_) => messages(&[HandshakeType::KEY_UPDATE]),
            SendContext::Handshake | SendContext::Failure(_) if tls13 && !self.state.handshake_done => {
                self.flight(count)
            }
            SendContext::Handshake if tls13 => messages(&[HandshakeType::NEW_SESSION_TICKET]),
            _ if tls13 && self.key_update_due && index == 0 => messages(&[HandshakeType::KEY_UPDATE]),
            _ => RecordPayload::Unknown,
        }
    }

    /// Returns the payload of one of `count` records of the encrypted answer to a `ClientHello` (RFC 8446, section 2).
    /// If the answer is small enough, rustls sends it in one record.
    fn flight(&self, count: usize) -> RecordPayload {
        let flight = [
            (HandshakeType::ENCRYPTED_EXTENSIONS, true),
            (HandshakeType::CERTIFICATE_REQUEST, !self.state.resumed && self.requests_certificate),
            (HandshakeType::CERTIFICATE, !self.state.resumed),
            (HandshakeType::CERTIFICATE_VERIFY, !self.state.resumed),
            (HandshakeType::FINISHED, true),
        ];
        let flight: Vec<_> = flight.iter().filter(|(_, is_sent)| *is_sent).map(|(kind, _)| *kind).collect();
        let is_whole = count == 1 && self.context == SendContext::Handshake;
        if is_whole { messages(&flight) } else { some_of(&flight) }
    }
}
