//! Finds the PEM blocks (RFC 7468) in a file, tolerant of everything that editors, mail and copying do to text, and
//! decodes them to DER.
//!
//! This is the only file that uses `rustls-pemfile`. That crate is archived (RUSTSEC-2025-0134) and does little more
//! than call the PEM reader of `rustls-pki-types`, which can replace it in [`PemBlock::decode`].

use std::borrow::Cow;

use rustls_pemfile::Item;

use crate::tls::file_error::{FileContent, FileProblem};

/// Why a block can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The file ends, or another block begins, before the END line.
    NoEnd,
    /// The BEGIN line doesn't end with exactly five dashes.
    BeginLine,
}

/// A PEM block as found in the file, not decoded yet.
#[derive(Clone)]
pub(super) struct PemBlock {
    /// The text in the BEGIN line: `CERTIFICATE`.
    pub(super) label: String,
    pub(super) content: FileContent,
    /// The base64 lines, joined.
    pub(super) body: Vec<u8>,
    pub(super) damage: Option<Damage>,
}

impl PemBlock {
    fn new(label: &[u8], damage: Damage) -> Self {
        let label = String::from_utf8_lossy(label.trim_ascii()).into_owned();
        let content = match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | TRUSTED => FileContent::Certificate,
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | DSA => FileContent::Key,
            "ENCRYPTED PRIVATE KEY" => FileContent::EncryptedKey,
            "OPENSSH PRIVATE KEY" => FileContent::OpenSshKey,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => FileContent::Request,
            "X509 CRL" => FileContent::Crl,
            "PKCS7" | "CMS" => FileContent::Pkcs7,
            _ if label.ends_with("PUBLIC KEY") => FileContent::PublicKey,
            _ if label.ends_with("PARAMETERS") => FileContent::Parameters,
            _ => FileContent::Other,
        };
        Self { label, content, body: Vec::new(), damage: Some(damage) }
    }

    /// Decodes the block to DER.
    pub(super) fn decode(&self) -> Result<Vec<u8>, FileProblem> {
        match self.damage {
            Some(Damage::NoEnd) => Err(FileProblem::NoEnd(self.label.clone())),
            Some(Damage::BeginLine) => Err(FileProblem::BeginLine(self.label.clone())),
            None => {
                // Every label is decoded in the same way, so the block is decoded as a certificate.
                let (begin, end) = (b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n");
                let text = [begin.as_slice(), &self.body, end].concat();
                match rustls_pemfile::read_one_from_slice(&text) {
                    Ok(Some((Item::X509Certificate(der), _))) => Ok(der.to_vec()),
                    // The library's error is dropped, because it could contain part of a key.
                    _ => Err(FileProblem::Base64),
                }
            }
        }
    }
}

/// OpenSSL's own label for a certificate that is followed by the purposes for which it is trusted.
pub(super) const TRUSTED: &str = "TRUSTED CERTIFICATE";
/// The label of a DSA key, which rustls doesn't support.
pub(super) const DSA: &str = "DSA PRIVATE KEY";

/// Returns every block of the file in order, including damaged ones. Text between blocks is ignored.
pub(super) fn find(bytes: &[u8]) -> Vec<PemBlock> {
    let text = as_utf8(bytes);
    let mut found: Vec<PemBlock> = Vec::new();
    // Whether the last block's END line is still missing.
    let mut is_open = false;
    // Lines end with LF, CRLF or a lone CR. Splitting CRLF yields an additional empty line, which adds nothing to a
    // block.
    for line in text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii) {
        if let Some(rest) = line.strip_prefix(b"-----BEGIN ") {
            let label = rest.strip_suffix(b"-----").filter(|label| !label.contains(&b'-'));
            is_open = label.is_some();
            let damage = if is_open { Damage::NoEnd } else { Damage::BeginLine };
            let label = label.or_else(|| rest.split(|&byte| byte == b'-').next()).unwrap_or_default();
            found.push(PemBlock::new(label, damage));
            continue;
        }
        let Some(block) = found.last_mut().filter(|_| is_open) else { continue };
        if let Some(rest) = line.strip_prefix(b"-----END ") {
            is_open = false;
            if rest.strip_suffix(b"-----").is_some_and(|end| end.trim_ascii() == block.label.as_bytes()) {
                block.damage = None;
            }
        } else if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
            // This header marks the older form of an encrypted key (RFC 1421).
            block.content = FileContent::EncryptedKey;
        } else if !line.contains(&b':') {
            // A line with a colon is a header (RFC 1421), not base64.
            block.body.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    found
}

/// Converts UTF-16 with a byte order mark to UTF-8, and removes the mark from UTF-8. Windows PowerShell's `>` writes
/// the former, and older versions of Notepad the latter.
fn as_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let decode = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String =
            char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => decode(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode(rest, u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(text: &str) -> Vec<FileContent> {
        find(text.as_bytes()).into_iter().map(|block| block.content).collect()
    }

    #[test]
    fn other_text_and_white_space_are_ignored() {
        let found = find(b"\xef\xbb\xbfBag Attributes\r\n  localKeyID: 01\r\n\t-----BEGIN CERTIFICATE----- \r\n QUJD\t\r\nREVG\r\r\n-----END CERTIFICATE-----\r\nbye");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label.as_str(), found[0].damage), ("CERTIFICATE", None));
        assert_eq!(found[0].body, b"QUJDREVG");
    }

    #[test]
    fn utf_16_files_are_decoded() {
        let text = "-----BEGIN PRIVATE KEY-----\r\nQUJD\r\n-----END PRIVATE KEY-----\r\n";
        let little: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let found = find(&bytes);
            assert_eq!((found[0].label.as_str(), found[0].body.as_slice()), ("PRIVATE KEY", &b"QUJD"[..]));
        }
    }

    #[test]
    fn a_block_without_its_end_does_not_swallow_the_next() {
        let found = find(b"-----BEGIN CERTIFICATE-----\nQUJD\n-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n");
        assert_eq!(found[0].damage, Some(Damage::NoEnd));
        assert_eq!((found[1].label.as_str(), found[1].damage), ("PRIVATE KEY", None));
        let wrong_end = find(b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END PRIVATE KEY-----\n");
        assert!(matches!(wrong_end[0].damage, Some(Damage::NoEnd)));
    }

    #[test]
    fn a_begin_line_with_more_text_is_damaged() {
        for line in [
            "-----BEGIN CERTIFICATE-----\\nMIIB",
            "-----BEGIN CERTIFICATE----",
            "-----BEGIN CERTIFICATE------",
        ] {
            let found = find(line.as_bytes());
            assert_eq!((found[0].label.as_str(), found[0].damage), ("CERTIFICATE", Some(Damage::BeginLine)));
        }
    }

    #[test]
    fn both_forms_of_encrypted_keys_are_recognized() {
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD\n-----END RSA PRIVATE KEY-----";
        let new = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nQUJD\n-----END ENCRYPTED PRIVATE KEY-----";
        assert_eq!(contents(old), [FileContent::EncryptedKey]);
        assert_eq!(contents(new), [FileContent::EncryptedKey]);
        assert_eq!(contents("no block here\n-----END CERTIFICATE-----"), []);
    }
}
