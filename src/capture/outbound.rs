//! What the server's records carry: read from those in the clear, and known for the rest from what TLS was asked to say.

use crate::capture::capture::Capture;
use crate::capture::facts::Facts;
use crate::capture::mark::{Alert, Carries, Record, Side};
use crate::capture::message::{Certainty, Message, Messages, Walker};
use crate::capture::split::{Piece, RECORD_HEADER};
use crate::capture::tap::{Saying, record};
use crate::capture::types::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, in_clear};

/// The most plain bytes in one record (RFC 8446, section 5.1), which is how rustls cuts data.
const FRAGMENT: usize = 1 << 14;

/// What is to be known of what was said before, and of what is being said.
#[derive(Debug)]
pub(crate) struct Outbound {
    asks: bool,
    walker: Walker,
    /// TLS 1.2: after `change_cipher_spec` everything is encrypted.
    sealed: bool,
    /// The client may have asked for new keys, and the answer then goes before whatever is said next.
    answer_due: bool,
    saying: Saying,
    facts: Facts,
    /// Encrypted records that are told only together: how many they are says what is in them.
    held: Vec<Piece>,
    /// The plain bytes that are being sent.
    pub(crate) chunk: Option<u32>,
}

impl Outbound {
    pub(crate) fn new(asks: bool) -> Self {
        Self {
            asks,
            walker: Walker::default(),
            sealed: false,
            answer_due: false,
            saying: Saying::Handshake,
            facts: Facts::BEGINNING,
            held: Vec::new(),
            chunk: None,
        }
    }

    /// The client sent this.
    pub(crate) fn heard(&mut self, header: &Record) {
        if let Carries::Messages(messages) = &header.carries {
            self.answer_due |= messages.list() == [Message::KeyUpdate];
        }
    }

    pub(crate) fn says(&mut self, saying: Saying, facts: Facts) {
        (self.saying, self.facts) = (saying, facts);
    }

    /// The socket took a whole record.
    pub(crate) fn sent(&mut self, capture: &Capture, mut piece: Piece) {
        let Some(header) = &mut piece.header else {
            record(capture, Side::Server, Some(piece), None);
            return;
        };
        header.sealed = self.sealed || header.content_type == APPLICATION_DATA;
        if !header.sealed {
            let content = piece.bytes.get(RECORD_HEADER..).unwrap_or_default();
            header.carries = in_clear(header, content, &mut self.walker);
            self.sealed = header.content_type == CHANGE_CIPHER_SPEC && !self.facts.tls13;
        } else if !matches!(self.saying, Saying::Data(_)) || self.answer_due {
            self.held.push(piece);
            return;
        } else {
            header.carries = self.data(header);
        }
        let link = self.link(header);
        record(capture, Side::Server, Some(piece), link);
    }

    /// All of it was sent.
    pub(crate) fn said(&mut self, capture: &Capture) {
        let held = std::mem::take(&mut self.held);
        let count = held.len();
        for (index, mut piece) in held.into_iter().enumerate() {
            let mut link = None;
            if let Some(header) = &mut piece.header {
                header.carries = self.sealed_record(header, index, count);
                link = self.link(header);
            }
            record(capture, Side::Server, Some(piece), link);
        }
        if count > 0 {
            self.answer_due = false;
        }
        self.chunk = None;
    }

    fn link(&self, header: &Record) -> Option<u32> {
        self.chunk.filter(|_| matches!(header.carries, Carries::Data { .. }))
    }

    fn data(&self, header: &Record) -> Carries {
        let plain = usize::from(header.length).saturating_sub(self.facts.overhead);
        Carries::Data { plain: u32::try_from(plain).unwrap_or(u32::MAX) }
    }

    /// What is in the record with this index of those that were sent together.
    fn sealed_record(&self, header: &Record, index: usize, count: usize) -> Carries {
        let last = index + 1 == count;
        let exactly = |message| Carries::Messages(Messages::new(&[message], Certainty::Exact));
        match self.saying {
            Saying::Goodbye | Saying::Failure(_) if last && self.may_be_alert(header) => {
                let description = match self.saying {
                    Saying::Failure(description) => description,
                    _ => Some(Alert::CLOSE_NOTIFY),
                };
                Carries::Alert(Alert { level: None, description })
            }
            // The only handshake message that TLS 1.2 encrypts.
            _ if !self.facts.tls13 && header.content_type == HANDSHAKE => exactly(Message::Finished),
            Saying::Data(plain) if count > plain.div_ceil(FRAGMENT) && index == 0 => {
                exactly(Message::KeyUpdate)
            }
            Saying::Data(_) => self.data(header),
            Saying::Handshake | Saying::Failure(_) if self.facts.tls13 && self.facts.handshaking => {
                self.flight_part(index, count)
            }
            Saying::Handshake if self.facts.tls13 => exactly(Message::NewSessionTicket),
            _ if self.facts.tls13 && self.answer_due && index == 0 => exactly(Message::KeyUpdate),
            _ => Carries::Unknown,
        }
    }

    /// The server's answer to a `ClientHello` behind its own hello (RFC 8446, section 2): rustls puts it into one
    /// record where it fits.
    fn flight(&self) -> &'static [Message] {
        const ASKING: &[Message] = &[
            Message::EncryptedExtensions,
            Message::CertificateRequest,
            Message::Certificate,
            Message::CertificateVerify,
            Message::Finished,
        ];
        const FULL: &[Message] = &[
            Message::EncryptedExtensions,
            Message::Certificate,
            Message::CertificateVerify,
            Message::Finished,
        ];
        match (self.facts.resumed, self.asks) {
            (true, _) => &[Message::EncryptedExtensions, Message::Finished],
            (false, true) => ASKING,
            (false, false) => FULL,
        }
    }

    /// What one of the flight's records holds.
    fn flight_part(&self, index: usize, count: usize) -> Carries {
        let flight = self.flight();
        let complete = self.saying == Saying::Handshake;
        Carries::Messages(match index {
            0 if complete && count == 1 => Messages::new(flight, Certainty::Exact),
            0 => Messages::new(&flight[..1], Certainty::BeginsWith),
            _ if complete && index + 1 == count => {
                Messages::new(&flight[flight.len() - 1..], Certainty::EndsWith)
            }
            _ => Messages::new(flight, Certainty::SomeOf),
        })
    }

    /// Two bytes, encrypted.
    fn may_be_alert(&self, header: &Record) -> bool {
        if self.facts.tls13 { header.length == 2 + 17 } else { header.content_type == ALERT }
    }
}
