//! Finds the PEM blocks (RFC 7468) in a file, tolerant of everything that editors, mail and copying do to text, and decodes
//! them to DER.
//!
//! This is the only file that uses `rustls-pemfile`. That crate is archived (RUSTSEC-2025-0134) and does little more than
//! call the PEM reader of `rustls-pki-types`, which can replace it behind [`decode`].

use std::borrow::Cow;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_pemfile::Item;

use crate::tls::file_error::FileProblem;

/// The kind of a block, by its BEGIN line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    Certificate,
    /// OpenSSL's own: a certificate, followed by the purposes that it is trusted for.
    TrustedCertificate,
    Pkcs8,
    Pkcs1,
    Sec1,
    /// Encrypted PKCS#8, or an older form with `Proc-Type: 4,ENCRYPTED` (RFC 1421).
    EncryptedKey,
    DsaKey,
    OpenSshKey,
    PublicKey,
    Request,
    Crl,
    Pkcs7,
    /// Parameters of an algorithm. OpenSSL writes them before an EC key, which repeats them.
    Parameters,
    Other(String),
}

/// Why a block can't be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Damage {
    /// The file ends, or another block begins, before the END line.
    NoEnd { label: String },
    /// The BEGIN line continues, or it doesn't have five dashes.
    BeginLine,
}

/// A block as it is in the file.
#[derive(Clone)]
pub(super) struct PemBlock {
    pub(super) label: Label,
    /// The base64 lines, each with its line feed.
    pub(super) body: Vec<u8>,
    pub(super) damage: Option<Damage>,
}

impl Label {
    fn new(text: &[u8]) -> Self {
        match text {
            b"CERTIFICATE" | b"X509 CERTIFICATE" => Self::Certificate,
            b"TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            b"PRIVATE KEY" => Self::Pkcs8,
            b"RSA PRIVATE KEY" => Self::Pkcs1,
            b"EC PRIVATE KEY" => Self::Sec1,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            b"DSA PRIVATE KEY" => Self::DsaKey,
            b"OPENSSH PRIVATE KEY" => Self::OpenSshKey,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Self::Request,
            b"X509 CRL" => Self::Crl,
            b"PKCS7" | b"CMS" => Self::Pkcs7,
            _ if text.ends_with(b"PUBLIC KEY") => Self::PublicKey,
            _ if text.ends_with(b"PARAMETERS") => Self::Parameters,
            _ => Self::Other(String::from_utf8_lossy(text).into_owned()),
        }
    }

    pub(super) fn is_certificate(&self) -> bool {
        matches!(self, Self::Certificate | Self::TrustedCertificate)
    }

    /// Whether it is a private key, usable here or not.
    pub(super) fn is_private_key(&self) -> bool {
        self.is_plain_key() || matches!(self, Self::EncryptedKey | Self::DsaKey | Self::OpenSshKey)
    }

    /// Whether it is an unencrypted private key in a format that rustls supports.
    pub(super) fn is_plain_key(&self) -> bool {
        matches!(self, Self::Pkcs8 | Self::Pkcs1 | Self::Sec1)
    }
}

/// Returns every block of the file, in order, also damaged ones. Text between blocks is ignored.
pub(super) fn find(bytes: &[u8]) -> Vec<PemBlock> {
    let text = as_utf8(bytes);
    let mut found = Vec::new();
    let mut open: Option<(Vec<u8>, PemBlock)> = None;
    // Line ends are LF, CRLF or a lone CR; this makes empty lines, which are skipped like all others.
    for line in text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii) {
        if let Some(rest) = line.strip_prefix(b"-----BEGIN ") {
            found.extend(open.take().map(without_end));
            open = begin(rest, &mut found);
        } else if let Some(rest) = line.strip_prefix(b"-----END ") {
            if let Some((label, block)) = open.take() {
                let ends = rest.strip_suffix(b"-----").is_some_and(|end| end.trim_ascii() == label);
                found.push(if ends { block } else { without_end((label, block)) });
            }
        } else if let Some((_, block)) = &mut open {
            if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
                block.label = Label::EncryptedKey;
            }
            // Only the headers of RFC 1421 contain a colon.
            if !line.is_empty() && !line.contains(&b':') {
                block.body.extend_from_slice(line);
                block.body.push(b'\n');
            }
        }
    }
    found.extend(open.map(without_end));
    found
}

fn begin(rest: &[u8], found: &mut Vec<PemBlock>) -> Option<(Vec<u8>, PemBlock)> {
    let label = rest.strip_suffix(b"-----").map(<[u8]>::trim_ascii).filter(|label| !label.contains(&b'-'));
    if let Some(label) = label {
        return Some((
            label.to_owned(),
            PemBlock { label: Label::new(label), body: Vec::new(), damage: None },
        ));
    }
    let label = rest.split(|&byte| byte == b'-').next().unwrap_or_default().trim_ascii();
    found.push(PemBlock { label: Label::new(label), body: Vec::new(), damage: Some(Damage::BeginLine) });
    None
}

fn without_end((label, mut block): (Vec<u8>, PemBlock)) -> PemBlock {
    block.damage = Some(Damage::NoEnd { label: String::from_utf8_lossy(&label).into_owned() });
    block
}

/// Converts to UTF-8: Windows PowerShell's `>` writes UTF-16 with a byte order mark, Notepad UTF-8 with one.
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

/// The content of a usable block.
pub(super) enum Decoded {
    Certificate(CertificateDer<'static>),
    Key(PrivateKeyDer<'static>),
}

/// Decodes a block that is labeled as a certificate or as a private key in a form that rustls reads.
pub(super) fn decode(block: &PemBlock) -> Result<Decoded, FileProblem> {
    let label = match block.label {
        Label::Certificate | Label::TrustedCertificate => "CERTIFICATE",
        Label::Pkcs8 => "PRIVATE KEY",
        Label::Pkcs1 => "RSA PRIVATE KEY",
        Label::Sec1 => "EC PRIVATE KEY",
        _ => return Err(FileProblem::NoneFound),
    };
    match &block.damage {
        Some(Damage::NoEnd { label }) => return Err(FileProblem::NoEnd(label.clone())),
        Some(Damage::BeginLine) => return Err(FileProblem::BeginLine(label)),
        None => {}
    }
    let mut text = format!("-----BEGIN {label}-----\n").into_bytes();
    text.extend_from_slice(&block.body);
    text.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    match rustls_pemfile::read_one_from_slice(&text) {
        Ok(Some((Item::X509Certificate(der), _))) => Ok(Decoded::Certificate(der)),
        Ok(Some((Item::Pkcs8Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(Some((Item::Pkcs1Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(Some((Item::Sec1Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(_) => Err(FileProblem::NoneFound),
        Err(rustls_pemfile::Error::Base64Decode(reason)) => Err(FileProblem::Base64(reason)),
        // The block was made above, so this can't happen; and the error would contain lines of a key.
        Err(_) => Err(FileProblem::Base64("malformed block".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<Label> {
        find(text.as_bytes()).into_iter().map(|block| block.label).collect()
    }

    #[test]
    fn text_around_and_within_the_lines_is_ignored() {
        let found = find(b"\xef\xbb\xbfBag Attributes\r\n  localKeyID: 01\r\n\t-----BEGIN CERTIFICATE----- \r\n QUJD\t\r\nREVG\r\r\n-----END CERTIFICATE-----\r\nbye");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label.clone(), found[0].damage.clone()), (Label::Certificate, None));
        assert_eq!(found[0].body, b"QUJD\nREVG\n");
    }

    #[test]
    fn utf16_is_read() {
        let text = "-----BEGIN PRIVATE KEY-----\r\nQUJD\r\n-----END PRIVATE KEY-----\r\n";
        let little: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let found = find(&bytes);
            assert_eq!((found[0].label.clone(), found[0].body.as_slice()), (Label::Pkcs8, &b"QUJD\n"[..]));
        }
    }

    #[test]
    fn a_block_without_its_end_does_not_swallow_the_next() {
        let found = find(b"-----BEGIN CERTIFICATE-----\nQUJD\n-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n");
        assert_eq!(found[0].damage, Some(Damage::NoEnd { label: "CERTIFICATE".to_owned() }));
        assert_eq!((found[1].label.clone(), found[1].damage.clone()), (Label::Pkcs8, None));
        let wrong_end = find(b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END PRIVATE KEY-----\n");
        assert!(matches!(wrong_end[0].damage, Some(Damage::NoEnd { .. })));
    }

    #[test]
    fn a_begin_line_with_more_text_is_damaged() {
        for line in [
            "-----BEGIN CERTIFICATE-----\\nMIIB",
            "-----BEGIN CERTIFICATE----",
            "-----BEGIN CERTIFICATE------",
        ] {
            let found = find(line.as_bytes());
            assert_eq!(
                (found[0].label.clone(), found[0].damage.clone()),
                (Label::Certificate, Some(Damage::BeginLine))
            );
        }
    }

    #[test]
    fn both_forms_of_encrypted_keys_are_recognized() {
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD\n-----END RSA PRIVATE KEY-----";
        let new = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nQUJD\n-----END ENCRYPTED PRIVATE KEY-----";
        assert_eq!(labels(old), [Label::EncryptedKey]);
        assert_eq!(labels(new), [Label::EncryptedKey]);
        assert_eq!(labels("no block here\n-----END CERTIFICATE-----"), []);
    }
}
