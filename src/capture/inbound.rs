//! What a client's records carry: read from those in the clear, and told from the state machine's steps for the rest.

use crate::capture::facts::{Facts, Outcome};
use crate::capture::mark::{Alert, Carries, Record};
use crate::capture::message::{Certainty, Message, Messages, Walker};
use crate::capture::split::RECORD_HEADER;
use crate::capture::types::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, in_clear};

/// The shortest record of TLS 1.3: one byte for the type, and the tag.
const EMPTY: u16 = 17;
/// A `KeyUpdate` message in it: type, length, one byte (RFC 8446, section 4.6.3).
const KEY_UPDATE: u16 = EMPTY + 5;

/// What is to be known of the records before.
#[derive(Debug)]
pub(crate) struct Inbound {
    asks: bool,
    walker: Walker,
    /// TLS 1.2: after `change_cipher_spec` everything is encrypted.
    sealed: bool,
    /// The encrypted part of the handshake has begun.
    began: bool,
}

impl Inbound {
    pub(crate) fn new(asks: bool) -> Self {
        Self { asks, walker: Walker::default(), sealed: false, began: false }
    }

    /// Whether a record is encrypted, and what it carries.
    pub(crate) fn carries(
        &mut self,
        header: &Record,
        bytes: &[u8],
        before: Facts,
        after: Facts,
        outcome: Outcome,
    ) -> (bool, Carries) {
        // TLS 1.3 has one type for everything that is encrypted (RFC 8446, section 5.2).
        let sealed = self.sealed || header.content_type == APPLICATION_DATA;
        if !sealed {
            let carries = in_clear(header, bytes.get(RECORD_HEADER..).unwrap_or_default(), &mut self.walker);
            // In TLS 1.3 it means nothing, and the version may not be known before it: HelloRetryRequest.
            self.sealed = header.content_type == CHANGE_CIPHER_SPEC && !after.tls13;
            return (false, carries);
        }
        let carries = match outcome {
            Outcome::Alert(description) => {
                Carries::Alert(Alert { level: None, description: Some(description) })
            }
            Outcome::Certificate if before.handshaking => Carries::Messages(Messages::new(
                &[Message::Certificate, Message::CertificateVerify],
                Certainty::SomeOf,
            )),
            Outcome::Refused | Outcome::Certificate => Carries::Refused,
            Outcome::Fine if after.closed && !before.closed => {
                Carries::Alert(Alert { level: None, description: Some(Alert::CLOSE_NOTIFY) })
            }
            Outcome::Fine if before.handshaking => self.handshake(header, before, after),
            Outcome::Fine => data(header, before, after),
        };
        (true, carries)
    }

    /// TLS never looked at it.
    pub(crate) fn unread(&mut self, header: &mut Record, bytes: &[u8]) {
        header.sealed = self.sealed || header.content_type == APPLICATION_DATA;
        header.carries = if header.sealed {
            Carries::Unread
        } else {
            in_clear(header, bytes.get(RECORD_HEADER..).unwrap_or_default(), &mut self.walker)
        };
    }

    fn handshake(&mut self, header: &Record, before: Facts, after: Facts) -> Carries {
        let first = !std::mem::replace(&mut self.began, true);
        let finished = !after.handshaking;
        let verified = after.shown && !before.shown;
        if !after.tls13 {
            // The only one that TLS 1.2 encrypts (RFC 5246, section 7.4.9).
            return if finished && header.content_type == HANDSHAKE {
                Carries::Messages(Messages::new(&[Message::Finished], Certainty::Exact))
            } else {
                Carries::Unknown
            };
        }
        let asked = self.asks && !after.resumed;
        let content = usize::from(header.length.saturating_sub(EMPTY));
        let both = [Message::Certificate, Message::CertificateVerify];
        let whole = [Message::Certificate, Message::CertificateVerify, Message::Finished];
        let begins = if asked { &whole[..1] } else { &whole[2..] };
        Carries::Messages(match (first, finished) {
            // It ends with Finished and has no room for more.
            (_, true) if content == after.finished => Messages::new(&whole[2..], Certainty::Exact),
            (true, true) if !asked => Messages::new(&whole[2..], Certainty::Exact),
            (true, true) if after.shown => Messages::new(&whole, Certainty::Exact),
            (true, true) => Messages::new(&[Message::Certificate, Message::Finished], Certainty::Exact),
            (false, true) => Messages::new(&whole[2..], Certainty::EndsWith),
            (true, false) => Messages::new(begins, Certainty::BeginsWith),
            // With CertificateVerify the certificate is accepted, and Finished is not there yet.
            (false, false) if verified => Messages::new(&both[1..], Certainty::EndsWith),
            (false, false) => Messages::new(if asked { &whole } else { &whole[2..] }, Certainty::SomeOf),
        })
    }
}

fn data(header: &Record, before: Facts, after: Facts) -> Carries {
    let plain = u32::try_from(after.plain.saturating_sub(before.plain)).unwrap_or(u32::MAX);
    match header.content_type {
        APPLICATION_DATA if plain > 0 || !after.tls13 || header.length == EMPTY => Carries::Data { plain },
        // No plain byte came of it. Anything can be padded, so that is all there is to know.
        APPLICATION_DATA if header.length >= KEY_UPDATE => {
            Carries::Messages(Messages::new(&[Message::KeyUpdate], Certainty::Probably))
        }
        ALERT => Carries::Alert(Alert { level: None, description: None }),
        _ => Carries::Unknown,
    }
}
