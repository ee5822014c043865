//! Recognizes rejected early data (0-RTT), so that the server can skip it (RFC 8446, section 4.2.10).
//!
//! Early data is encrypted with a key that the server doesn't have. rustls tries to decrypt each record and keeps those
//! that it can't decrypt in a buffer of about 18 KiB, which many small records fill. The filter tries it first, and the
//! server passes only the other records to rustls.

use std::cell::Cell;
use std::sync::Arc;

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{self, KeyType, Prk};
use rustls::{CipherSuite, KeyLog, ServerConnection};

/// The length of a record's header (RFC 8446, section 5.1).
const RECORD_HEADER: usize = 5;

thread_local! {
    /// The `client_handshake_traffic_secret` (RFC 8446, section 7.1) of this thread's handshake. rustls reports it only
    /// to a [`KeyLog`], on the thread that drives the handshake.
    static CLIENT_SECRET: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
}

/// Keeps the secret that an [`EarlyDataFilter`] needs, and passes all secrets on to other key logs.
#[derive(Debug)]
pub(super) struct FilterKeyLog(pub(super) Vec<Arc<dyn KeyLog>>);

impl KeyLog for FilterKeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        if label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET" {
            CLIENT_SECRET.set(Some(secret.to_vec()));
        }
        for key_log in &self.0 {
            key_log.log(label, client_random, secret);
        }
    }

    fn will_log(&self, _: &str) -> bool {
        true
    }
}

/// Forgets the secret of this thread's handshake.
pub fn forget_secret() {
    CLIENT_SECRET.take();
}

/// Distinguishes early data from the client's first encrypted handshake record.
pub struct EarlyDataFilter {
    key: LessSafeKey,
    iv: [u8; aead::NONCE_LEN],
}

impl EarlyDataFilter {
    /// Creates the filter for a TLS 1.3 connection that has sent its `ServerHello` on this thread. `None` if the secret
    /// is unknown.
    #[must_use]
    pub fn new(connection: &ServerConnection) -> Option<Self> {
        let secret = CLIENT_SECRET.take()?;
        let (hash, algorithm) = match connection.negotiated_cipher_suite()?.suite() {
            CipherSuite::TLS13_AES_128_GCM_SHA256 => (hkdf::HKDF_SHA256, &aead::AES_128_GCM),
            CipherSuite::TLS13_AES_256_GCM_SHA384 => (hkdf::HKDF_SHA384, &aead::AES_256_GCM),
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => (hkdf::HKDF_SHA256, &aead::CHACHA20_POLY1305),
            _ => return None,
        };
        let secret = Prk::new_less_safe(hash, &secret);
        let key = expand_label(&secret, b"key", algorithm.key_len())?;
        let iv = expand_label(&secret, b"iv", aead::NONCE_LEN)?.try_into().ok()?;
        Some(Self { key: LessSafeKey::new(UnboundKey::new(algorithm, &key).ok()?), iv })
    }

    /// Returns whether a whole encrypted record is early data: it can't be decrypted as the client's first handshake
    /// record, which has the sequence number 0 (RFC 8446, section 5.3).
    #[must_use]
    pub fn is_early_data(&self, record: &[u8]) -> bool {
        let Some((header, content)) = record.split_at_checked(RECORD_HEADER) else { return false };
        let nonce = Nonce::assume_unique_for_key(self.iv);
        self.key.open_in_place(nonce, Aad::from(header), &mut content.to_vec()).is_err()
    }
}

/// The length of an output of HKDF, in bytes.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `HKDF-Expand-Label` with an empty context (RFC 8446, section 7.1).
fn expand_label(secret: &Prk, label: &[u8], length: usize) -> Option<Vec<u8>> {
    let label = [b"tls13 ", label].concat();
    let (length_bytes, label_length) =
        (u16::try_from(length).ok()?.to_be_bytes(), u8::try_from(label.len()).ok()?);
    let info: [&[u8]; 4] = [&length_bytes, &[label_length], &label, &[0]];
    let mut output = vec![0; length];
    secret.expand(&info, Length(length)).ok()?.fill(&mut output).ok()?;
    Some(output)
}
