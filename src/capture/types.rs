//! The content types of TLS records (RFC 8446, section 5.1), and what a record in the clear carries.

use crate::capture::mark::{Alert, Carries, Record};
use crate::capture::message::Walker;

pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// Reads a record that is not encrypted.
pub(crate) fn in_clear(header: &Record, content: &[u8], walker: &mut Walker) -> Carries {
    match (header.content_type, content) {
        (CHANGE_CIPHER_SPEC, _) => Carries::ChangeCipherSpec,
        (ALERT, &[level, description]) => {
            Carries::Alert(Alert { level: Some(level), description: Some(description) })
        }
        (HANDSHAKE, content) => Carries::Messages(walker.walk(content)),
        _ => Carries::Unknown,
    }
}
