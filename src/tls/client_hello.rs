//! Parses a client's first `ClientHello` for display, and recognizes from a client's first bytes whether it speaks TLS.
//!
//! rustls parses the same bytes and decides; this parser also reads what rustls rejects, so that a failure can be shown
//! together with the offer that led to it. It accepts any bytes and leaves out what it can't parse.

/// The offer of a client's first `ClientHello` (RFC 8446, section 4.1.2), as the registries' numbers, in the client's
/// order. [`crate::tls::names`] has their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientHello {
    /// From `supported_versions` (RFC 8446, section 4.2.1), or the one version of an older `ClientHello`.
    pub versions: Vec<u16>,
    /// Cipher suites.
    pub cipher_suites: Vec<u16>,
    /// Key exchange groups: `supported_groups` (RFC 8446, section 4.2.7).
    pub groups: Vec<u16>,
    /// The groups that it sent a key share for: `key_share` (RFC 8446, section 4.2.8).
    pub key_shares: Vec<u16>,
    /// Signature schemes: `signature_algorithms` (RFC 8446, section 4.2.3).
    pub signature_schemes: Vec<u16>,
    /// Application protocols (RFC 7301), as text.
    pub alpn: Vec<String>,
    /// The server name (RFC 6066, section 3).
    pub server_name: Option<String>,
}

/// How many of a client's first bytes are kept at most: a `ClientHello` with several post-quantum key shares has 4 KiB.
pub const LONGEST: usize = 64 * 1024;

/// How many numbers a list keeps at most: a `ClientHello` can hold 32,000 suites, too many to read.
const MOST: usize = 256;
/// How many bytes of a name are kept at most.
const LONGEST_NAME: usize = 255;

/// Parses the `ClientHello` at the beginning of a client's TLS records (RFC 8446, section 5.1). Returns `None` if it is
/// something else or incomplete.
#[must_use]
pub fn first_hello(records: &[u8]) -> Option<ClientHello> {
    let mut records = Reader(records);
    let mut message = Vec::new();
    // A `ClientHello` may be split over several records.
    loop {
        if records.byte()? != HANDSHAKE {
            return None;
        }
        records.number()?;
        let length = usize::from(records.number()?);
        message.extend_from_slice(records.take(length)?);
        if let [CLIENT_HELLO, high, middle, low, body @ ..] = message.as_slice() {
            let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
            if let Some(body) = body.get(..length) {
                return hello(body);
            }
        } else if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return None;
        }
    }
}

/// The content type of handshake records.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

fn hello(body: &[u8]) -> Option<ClientHello> {
    let mut body = Reader(body);
    let legacy_version = body.number()?;
    let _random = body.take(32)?;
    let _session_id = body.short_list()?;
    let mut offer = ClientHello { cipher_suites: body.list()?.numbers(), ..ClientHello::default() };
    let _compression = body.short_list()?;
    // Before TLS 1.2 a `ClientHello` could end here.
    let mut extensions = body.list().unwrap_or_default();
    while let Some((kind, content)) = extensions.extension() {
        // An extension that can't be parsed is ignored; the others are not.
        let _ = offer.extension(kind, content);
    }
    if offer.versions.is_empty() {
        offer.versions.push(legacy_version);
    }
    Some(offer)
}

impl ClientHello {
    fn extension(&mut self, kind: u16, mut content: Reader<'_>) -> Option<()> {
        match kind {
            0 => {
                let mut names = content.list()?;
                // Host names have type 0, and no other type is defined.
                while let Some(kind) = names.byte() {
                    let name = names.list()?;
                    if kind == 0 {
                        self.server_name = Some(text(name.0));
                    }
                }
            }
            10 => self.groups = content.list()?.numbers(),
            13 => self.signature_schemes = content.list()?.numbers(),
            16 => {
                let mut protocols = content.list()?;
                while let Some(protocol) = protocols.short_list() {
                    if self.alpn.len() < MOST {
                        self.alpn.push(text(protocol.0));
                    }
                }
            }
            43 => self.versions = content.short_list()?.numbers(),
            51 => {
                let mut shares = content.list()?;
                while let Some(group) = shares.number() {
                    shares.list()?;
                    if self.key_shares.len() < MOST {
                        self.key_shares.push(group);
                    }
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Returns how much memory it takes in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let numbers =
            [&self.versions, &self.cipher_suites, &self.groups, &self.key_shares, &self.signature_schemes];
        size_of::<Self>()
            + numbers.into_iter().map(|list| size_of_val(list.as_slice())).sum::<usize>()
            + self.alpn.iter().map(|name| size_of::<String>() + name.len()).sum::<usize>()
            + self.server_name.as_ref().map_or(0, String::len)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_NAME)]).into_owned()
}

/// Takes bytes from the front; every method returns `None` if there are too few.
#[derive(Default)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// Takes a list with its length in two bytes before it.
    fn list(&mut self) -> Option<Self> {
        let length = usize::from(self.number()?);
        self.take(length).map(Reader)
    }

    /// Takes a list with its length in one byte before it.
    fn short_list(&mut self) -> Option<Self> {
        let length = usize::from(self.byte()?);
        self.take(length).map(Reader)
    }

    fn extension(&mut self) -> Option<(u16, Self)> {
        Some((self.number()?, self.list()?))
    }

    fn numbers(mut self) -> Vec<u16> {
        std::iter::from_fn(|| self.number()).take(MOST).collect()
    }
}

/// How many bytes of a first line are kept at most.
pub const LINE: usize = 60;

/// The major version of every TLS and of SSL 3.0.
const MAJOR: u8 = 3;
/// The highest minor version in a record header; TLS 1.3 uses 3, like TLS 1.2, or 1 (RFC 8446, section 5.1).
const MINOR: u8 = 4;
/// The longest body of a plaintext record.
const LONGEST_RECORD: u16 = 1 << 14;

const METHODS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PRI ",
];

/// Returns the first line of a client that doesn't speak TLS, at most [`LINE`] bytes of it, and whether it is an HTTP
/// request. `None` if the bytes begin a TLS record, or are too few to decide; three are always enough.
#[must_use]
pub fn other_protocol(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    match bytes {
        [] | [HANDSHAKE] | [HANDSHAKE, MAJOR] | [HANDSHAKE, MAJOR, ..=MINOR, ..] => None,
        _ => {
            let line = bytes.iter().copied().take_while(|byte| !matches!(byte, b'\r' | b'\n')).take(LINE);
            Some((line.collect(), METHODS.iter().any(|method| bytes.starts_with(method))))
        }
    }
}

/// The number of bytes that [`looks_like_client_hello`] needs.
pub const HELLO_START: usize = 6;

/// Whether a plain server received the beginning of a TLS `ClientHello`, at least [`HELLO_START`] bytes of it.
#[must_use]
pub fn looks_like_client_hello(bytes: &[u8]) -> bool {
    let &[HANDSHAKE, MAJOR, ..=MINOR, high, low, CLIENT_HELLO, ..] = bytes else { return false };
    // A handshake message begins with four bytes of header.
    (4..=LONGEST_RECORD).contains(&u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;

    fn hello_of_rustls(versions: &[&'static rustls::SupportedProtocolVersion]) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_complete_client_hello_is_parsed() {
        let offer = first_hello(&hello_of_rustls(rustls::ALL_VERSIONS)).unwrap();
        assert_eq!(offer.versions, [0x0304, 0x0303]);
        assert!(offer.cipher_suites.contains(&0x1302) && offer.cipher_suites.contains(&0xc02f));
        assert_eq!(offer.groups.first(), Some(&0x11ec));
        assert!(offer.key_shares.starts_with(&[0x11ec]));
        assert!(offer.signature_schemes.contains(&0x0804));
        assert_eq!(offer.alpn, ["h2", "http/1.1"]);
        assert_eq!(offer.server_name.as_deref(), Some("localhost"));
        let older = first_hello(&hello_of_rustls(&[&rustls::version::TLS12])).unwrap();
        assert_eq!((older.versions.last(), older.key_shares.is_empty()), (Some(&0x0303), true));
    }

    #[test]
    fn a_client_hello_may_be_split_over_records_but_must_be_complete() {
        let bytes = hello_of_rustls(rustls::ALL_VERSIONS);
        let split: Vec<u8> = bytes[5..]
            .chunks(100)
            .flat_map(|piece| [&[22, 3, 1, 0, u8::try_from(piece.len()).unwrap()][..], piece].concat())
            .collect();
        assert_eq!(first_hello(&split), first_hello(&bytes));
        for end in 0..bytes.len() {
            assert_eq!(first_hello(&bytes[..end]), None, "{end} bytes");
        }
        let more = [bytes.as_slice(), b"more"].concat();
        assert_eq!(first_hello(&more), first_hello(&bytes));
    }

    #[test]
    fn any_bytes_are_accepted() {
        let good = hello_of_rustls(rustls::ALL_VERSIONS);
        // A fixed generator, so that a failure can be reproduced.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let mut read = 0;
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..=random(8) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                    1 => bytes.truncate(at.max(1)),
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, 0xff),
                }
                if bytes.is_empty() {
                    bytes.push(22);
                }
            }
            if let Some(offer) = first_hello(&bytes) {
                read += 1;
                assert!(!offer.versions.is_empty());
                assert!(offer.size() <= 64 * bytes.len() + size_of::<ClientHello>(), "{offer:?}");
            }
        }
        assert!(read > 100, "only {read} were read: the changes leave nothing to test");
        let suites = vec![0x13; 65_534];
        let long = [&[3, 3][..], &[0; 33], &[0xff, 0xfe], &suites, &[1, 0]].concat();
        assert_eq!(hello(&long).unwrap().cipher_suites.len(), MOST);
    }

    #[test]
    fn tls_is_recognized_by_its_record_header() {
        for tls in [&[][..], &[22], &[22, 3], &[22, 3, 1], &[22, 3, 3, 0, 200, 1, 0, 0, 196]] {
            assert_eq!(other_protocol(tls), None);
        }
        for other in [&[22, 4][..], &[22, 3, 5], &[23, 3, 3], b"\x80\x2e\x01"] {
            assert!(matches!(other_protocol(other), Some((_, false))), "{other:?}");
        }
    }

    #[test]
    fn http_and_text_keep_their_first_line() {
        let long = [b"GET /".as_slice(), &[b'a'; 100]].concat();
        for (bytes, line, http) in [
            (&b"GET / HTTP/1.1\r\nHost: x\r\n"[..], &b"GET / HTTP/1.1"[..], true),
            (b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0", true),
            (b"GETTING on\nwith it", b"GETTING on", false),
            (b"h", b"h", false),
            (b"\n", b"", false),
            (&long, &long[..LINE], true),
        ] {
            assert_eq!(other_protocol(bytes), Some((line.to_vec(), http)));
        }
    }

    #[test]
    fn similar_data_is_no_client_hello() {
        assert!(looks_like_client_hello(&[22, 3, 1, 2, 0, 1]));
        assert!(looks_like_client_hello(&[22, 3, 3, 0, 4, 1, 0, 0, 0]));
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0]), "too short to be sure");
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0, 2]), "a ServerHello");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0, 0, 1]), "an empty record");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0x40, 1, 1]), "a record that is too long");
        assert!(!looks_like_client_hello(b"Hello\n"));
    }
}
