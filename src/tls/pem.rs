//! Finds the PEM blocks (RFC 7468) in a file, tolerant of everything that editors, mail and copying do to text, and
//! decodes them to DER.
//!
//! This is the only file that uses `rustls-pemfile`. That crate is archived (RUSTSEC-2025-0134) and does little more
//! than call the PEM reader of `rustls-pki-types`, which can replace it in [`PemBlock::decode`].

use rustls_pemfile::Item;

use crate::tls::der;
use crate::tls::file_error::{FileContent, FileProblem};

/// Why a block can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The file ends, or another block begins, before the END line.
    NoEnd,
    /// The BEGIN line is missing, or isn't exactly `-----BEGIN LABEL-----`.
    BeginLine,
    /// The END line has another label, or isn't exactly `-----END LABEL-----`.
    EndLine,
}

/// A PEM block as found in the file.
#[derive(Clone)]
pub(super) struct PemBlock {
    /// The text in the BEGIN line: `CERTIFICATE`.
    pub(super) label: String,
    /// The content that the label, or a header, promises.
    pub(super) labeled: FileContent,
    /// The content that the block has, as far as it is recognized. Otherwise the promised content.
    pub(super) content: FileContent,
    /// The base64 lines, joined.
    pub(super) body: String,
    pub(super) damage: Option<Damage>,
}

impl PemBlock {
    fn new(label: &str, damage: Damage) -> Self {
        let content = match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | TRUSTED => FileContent::Certificate,
            "ENCRYPTED PRIVATE KEY" => FileContent::EncryptedKey,
            "OPENSSH PRIVATE KEY" => FileContent::OpenSshKey,
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => FileContent::Key,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => FileContent::Request,
            "X509 CRL" => FileContent::Crl,
            "PKCS7" | "CMS" => FileContent::Pkcs7,
            "PKCS12" => FileContent::Pkcs12,
            _ if label.ends_with("PUBLIC KEY") => FileContent::PublicKey,
            _ if label.ends_with("PARAMETERS") => FileContent::Parameters,
            _ => FileContent::Other,
        };
        let label = label.to_owned();
        Self { label, labeled: content, content, body: String::new(), damage: Some(damage) }
    }

    /// Decodes the block to binary, usually DER.
    pub(super) fn decode(&self) -> Result<Vec<u8>, FileProblem> {
        match self.damage {
            Some(Damage::NoEnd) => Err(FileProblem::NoEnd(self.label.clone())),
            Some(Damage::BeginLine) => Err(FileProblem::BeginLine(self.label.clone())),
            Some(Damage::EndLine) => Err(FileProblem::EndLine(self.label.clone())),
            None => {
                // Every label is decoded in the same way, so the block is decoded as a certificate.
                let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", self.body);
                match rustls_pemfile::read_one_from_slice(text.as_bytes()) {
                    Ok(Some((Item::X509Certificate(der), _))) => Ok(der.to_vec()),
                    // The library's error is dropped, because it could contain part of a key.
                    _ => Err(FileProblem::Base64),
                }
            }
        }
    }

    /// Adds a line between the BEGIN and the END line.
    fn add(&mut self, line: &str) {
        if line.starts_with("Proc-Type:") && line.ends_with("ENCRYPTED") {
            // This header marks the older form of an encrypted key (RFC 1421).
            self.labeled = FileContent::EncryptedKey;
            self.content = self.labeled;
        } else if !line.contains(':') {
            // A line with a colon is a header (RFC 1421), not base64.
            self.body.extend(line.split_whitespace());
        }
    }
}

/// OpenSSL's own label for a certificate that is followed by the purposes for which it is trusted.
const TRUSTED: &str = "TRUSTED CERTIFICATE";

/// Returns every block of the file in order, including damaged ones. Text between blocks is ignored.
pub(super) fn find(bytes: &[u8]) -> Vec<PemBlock> {
    let mut found: Vec<PemBlock> = Vec::new();
    // Whether the last block's END line is still missing.
    let mut is_open = false;
    // Whether base64 was found outside of a block.
    let mut has_loose_base64 = false;
    // Lines end with LF, CRLF or a lone CR. Splitting CRLF yields an additional empty line, which adds nothing to a
    // block.
    for line in as_text(bytes).split(['\n', '\r']) {
        let mut rest = line;
        while !rest.is_empty() {
            // Invisible characters at the ends of a line, such as a byte order mark, aren't part of it.
            let line = rest.trim_matches(|c: char| !c.is_ascii_graphic());
            let marker = Marker::parse(line);
            rest = marker.as_ref().map_or("", |marker| marker.rest);
            match (marker, found.last_mut().filter(|_| is_open)) {
                (Some(Marker { is_begin: true, label, is_exact, rest }), _) => {
                    let is_exact = is_exact && rest.is_empty();
                    found
                        .push(PemBlock::new(label, if is_exact { Damage::NoEnd } else { Damage::BeginLine }));
                    is_open = true;
                }
                (Some(Marker { label, is_exact, .. }), Some(block)) => {
                    if block.damage == Some(Damage::NoEnd) {
                        let is_right = is_exact && label == block.label;
                        block.damage = (!is_right).then_some(Damage::EndLine);
                    }
                    is_open = false;
                }
                (Some(Marker { label, .. }), None) if has_loose_base64 => {
                    found.push(PemBlock::new(label, Damage::BeginLine));
                }
                (Some(_), None) => {}
                (None, Some(block)) => {
                    // The line end before the next BEGIN or END line may be missing.
                    let glued =
                        ["-----BEGIN ", "-----END "].iter().filter_map(|start| line.find(start)).min();
                    let (base64, next) = line.split_at(glued.unwrap_or(line.len()));
                    block.add(base64);
                    rest = next;
                }
                (None, None) => {
                    has_loose_base64 |= line.len() >= 40 && line.chars().all(is_base64);
                    continue;
                }
            }
            has_loose_base64 = false;
        }
    }
    for block in found.iter_mut().filter(|block| block.labeled != FileContent::Other) {
        let content = block.decode().ok().and_then(|der| der::detect_content(&der));
        block.content = content.unwrap_or(block.content);
    }
    found
}

/// A BEGIN or END line.
struct Marker<'a> {
    is_begin: bool,
    label: &'a str,
    /// Whether there are exactly five dashes before `BEGIN` or `END`, and at least five after the label.
    is_exact: bool,
    /// The text after the five dashes at the end: the next BEGIN line, if the line end between the two is missing.
    rest: &'a str,
}

impl<'a> Marker<'a> {
    /// Parses a line. Also recognizes a damaged BEGIN or END line, so that its block isn't skipped silently.
    fn parse(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches('-');
        let before = line.len() - text.len();
        let (is_begin, after) = match text.trim_start().strip_prefix("BEGIN ") {
            Some(after) => (true, after),
            None => (false, text.trim_start().strip_prefix("END ")?),
        };
        let (label, end) = after.split_at(after.find('-').unwrap_or(after.len()));
        let dashes = end.len() - end.trim_start_matches('-').len();
        let is_exact = before == 5 && !text.starts_with(' ') && dashes >= 5;
        // A single dash is more likely to begin a comment.
        let is_marker = before == 5 || before > 1 && dashes > 1;
        is_marker.then(|| Self { is_begin, label: label.trim(), is_exact, rest: &end[dashes.min(5)..] })
    }
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Returns the text of a file in any Unicode encoding. Windows PowerShell's `>` writes UTF-16, and a file may be joined
/// from parts in different encodings. PEM is ASCII, so without zero bytes and the bytes of UTF-16's byte order mark,
/// every encoding is the same.
fn as_text(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, 0 | 0xfe | 0xff)).collect();
    // Word processors replace hyphens with dashes.
    String::from_utf8_lossy(&bytes).replace(|c| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}'), "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w";

    /// Returns label, body and damage of each block.
    fn blocks(text: &str) -> Vec<(String, String, Option<Damage>)> {
        find(text.as_bytes()).into_iter().map(|block| (block.label, block.body, block.damage)).collect()
    }

    fn block(label: &str, body: &str, damage: Option<Damage>) -> (String, String, Option<Damage>) {
        (label.to_owned(), body.to_owned(), damage)
    }

    #[test]
    fn other_text_and_white_space_are_ignored() {
        let text = "\u{feff}Bag Attributes\r\n  localKeyID: 01\r\n\t-----BEGIN CERTIFICATE----- \r\n QUJD\t\r\nREVG\r\r\n-----END CERTIFICATE-----\r\nbye";
        assert_eq!(blocks(text), [block("CERTIFICATE", "QUJDREVG", None)]);
    }

    #[test]
    fn missing_line_ends_between_blocks_are_tolerated() {
        let (a, b) = (block("A", "QUJD", None), block("B", "REVG", None));
        for text in [
            "-----BEGIN A-----\nQUJD\n-----END A----------BEGIN B-----\nREVG\n-----END B-----",
            "-----BEGIN A-----\nQUJD-----END A----- -----BEGIN B-----\nREVG-----END B-----",
            "-----BEGIN A-----\nQUJD\n-----END A-----\u{feff}-----BEGIN B-----\nREVG\n-----END B-----",
            "-----BEGIN A-----\nQUJD\n-----END A-----\n\u{a0}\u{200b}-----BEGIN B-----\nREVG\n-----END B-----",
        ] {
            assert_eq!(blocks(text), [a.clone(), b.clone()], "{text:?}");
        }
        let no_end = blocks("-----BEGIN A-----\nQUJD-----BEGIN B-----\nREVG\n-----END B-----");
        assert_eq!(no_end, [block("A", "QUJD", Some(Damage::NoEnd)), b]);
    }

    #[test]
    fn a_block_without_its_end_does_not_swallow_the_next() {
        let key = "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n";
        assert_eq!(
            blocks(&format!("-----BEGIN CERTIFICATE-----\nQUJD\n{key}")),
            [block("CERTIFICATE", "QUJD", Some(Damage::NoEnd)), block("PRIVATE KEY", "QUJD", None)]
        );
    }

    #[test]
    fn a_wrong_end_line_is_damaged_not_missing() {
        for line in ["-----END PRIVATE KEY-----", "----END CERTIFICATE----", "-----END CERTIFICATE"] {
            let found = blocks(&format!("-----BEGIN CERTIFICATE-----\nQUJD\n{line}\n"));
            assert_eq!(found, [block("CERTIFICATE", "QUJD", Some(Damage::EndLine))], "{line}");
        }
    }

    #[test]
    fn a_wrong_begin_line_is_damaged_and_its_block_is_not_skipped() {
        for line in [
            "-----BEGIN CERTIFICATE-----\\nMIIB",
            "-----BEGIN CERTIFICATE----",
            "-----BEGIN CERTIFICATE------",
            "----BEGIN CERTIFICATE----",
            "\u{2014}\u{2013}BEGIN CERTIFICATE\u{2014}\u{2013}",
            "my CA:-----BEGIN CERTIFICATE-----",
            "",
        ] {
            let found = blocks(&format!("{line}\n{BODY}\n-----END CERTIFICATE-----"));
            assert_eq!(found.len(), 1, "{line}");
            assert_eq!((found[0].0.as_str(), found[0].2), ("CERTIFICATE", Some(Damage::BeginLine)), "{line}");
        }
        // A comment, or a second END line, isn't a block.
        let commented = format!("# -----BEGIN A-----\n# {BODY}\n# -----END A-----\n");
        assert_eq!(blocks(&commented), []);
        assert_eq!(blocks("no block here\n-----END CERTIFICATE-----"), []);
    }

    #[test]
    fn both_forms_of_encrypted_keys_are_recognized() {
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD\n-----END RSA PRIVATE KEY-----";
        let new = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nQUJD\n-----END ENCRYPTED PRIVATE KEY-----";
        for text in [old, new] {
            assert_eq!(find(text.as_bytes())[0].content, FileContent::EncryptedKey);
        }
    }
}
