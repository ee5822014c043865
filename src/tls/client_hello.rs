//! Parses a client's first `ClientHello` for display, and recognizes from a client's first bytes whether it speaks TLS.
//!
//! rustls parses the same bytes and decides; this parser also reads what rustls rejects, so that a failure can be shown
//! together with the offer that led to it. It accepts any bytes and leaves out what it can't parse.

use serde::Serialize;

/// The contents of a client's first `ClientHello` (RFC 8446, section 4.1.2): IANA numbers in the client's order, which
/// [`crate::tls::names`] converts to names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientHello {
    /// The TLS versions in `supported_versions` (RFC 8446, section 4.2.1), or the single version of an older
    /// `ClientHello`.
    pub versions: Vec<u16>,
    /// The cipher suites.
    pub cipher_suites: Vec<u16>,
    /// Key exchange groups: `supported_groups` (RFC 8446, section 4.2.7).
    pub groups: Vec<u16>,
    /// The groups that the client sent a key share for: `key_share` (RFC 8446, section 4.2.8).
    pub key_shares: Vec<u16>,
    /// Signature schemes: `signature_algorithms` (RFC 8446, section 4.2.3).
    pub signature_schemes: Vec<u16>,
    /// The application protocols (ALPN, RFC 7301), as text.
    pub alpn: Vec<String>,
    /// The server name (SNI, RFC 6066, section 3).
    pub server_name: Option<String>,
    /// Whether the client announces early data (0-RTT, RFC 8446, section 4.2.10), which the server never accepts.
    pub early_data: bool,
    /// The number of entries that the lists above leave out, since they are too long.
    pub left_out: u32,
}

/// The maximum number of a client's first bytes that are kept. A `ClientHello` with several post-quantum key shares has
/// about 4 KiB. A longer one is parsed up to here.
pub const LONGEST: usize = 16 * 1024;

/// The maximum length of each list in a [`ClientHello`]. A client can send 32,000 cipher suites, too many to read.
const MAX_LIST_LEN: usize = 256;
/// The maximum number of bytes that are kept of a server name or an application protocol.
const MAX_NAME_LEN: usize = 255;
/// The maximum length of [`ClientHello::alpn`] in bytes of text. Few clients offer more than three protocols.
const MAX_ALPN_TEXT: usize = 1024;

/// Parses the `ClientHello` at the beginning of a client's TLS records (RFC 8446, section 5.1). Returns `None` if they
/// start with something else or are incomplete, unless there are [`LONGEST`] bytes.
#[must_use]
pub fn first_hello(records: &[u8]) -> Option<ClientHello> {
    let is_cut = records.len() >= LONGEST;
    let mut records = Reader(records);
    let mut message = Vec::new();
    // A `ClientHello` may be split over several records.
    loop {
        match records.byte() {
            Some(HANDSHAKE) => {}
            None if is_cut => return parse_body(message.get(4..)?),
            _ => return None,
        }
        records.number()?;
        let length = usize::from(records.number()?);
        let length = if is_cut { length.min(records.0.len()) } else { length };
        message.extend_from_slice(records.take(length)?);
        if let [CLIENT_HELLO, high, middle, low, body @ ..] = message.as_slice() {
            let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
            if let Some(body) = body.get(..length) {
                return parse_body(body);
            }
        } else if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return None;
        }
    }
}

/// The content type of handshake records.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

fn parse_body(body: &[u8]) -> Option<ClientHello> {
    let mut body = Reader(body);
    let legacy_version = body.number()?;
    let _random = body.take(32)?;
    let _session_id = body.short_list()?;
    let mut offer = ClientHello::default();
    offer.cipher_suites = offer.numbers(body.list()?);
    let _compression = body.short_list()?;
    // Before TLS 1.2 a `ClientHello` could end here. The extensions of one that was cut end early.
    let length = body.number().unwrap_or_default();
    let mut extensions = Reader(&body.0[..body.0.len().min(length.into())]);
    while let Some((kind, content)) = extensions.extension() {
        // Ignores an extension that can't be parsed, and continues with the next one.
        let _ = offer.parse_extension(kind, content);
    }
    if offer.versions.is_empty() {
        offer.versions.push(legacy_version);
    }
    Some(offer)
}

impl ClientHello {
    fn parse_extension(&mut self, kind: u16, mut content: Reader<'_>) -> Option<()> {
        match kind {
            0 => {
                let mut names = content.list()?;
                // Host names have type 0, and no other type is defined.
                while let Some(kind) = names.byte() {
                    let name = names.list()?;
                    if kind == 0 {
                        self.server_name = Some(lossy_text(name.0));
                    }
                }
            }
            10 => self.groups = self.numbers(content.list()?),
            13 => self.signature_schemes = self.numbers(content.list()?),
            16 => {
                let mut protocols = content.list()?;
                let mut room = MAX_ALPN_TEXT;
                while let Some(protocol) = protocols.short_list() {
                    let name = lossy_text(protocol.0);
                    match room.checked_sub(name.len()) {
                        Some(rest) if self.alpn.len() < MAX_LIST_LEN => {
                            room = rest;
                            self.alpn.push(name);
                        }
                        _ => self.left_out += 1,
                    }
                }
            }
            42 => self.early_data = true,
            43 => self.versions = self.numbers(content.short_list()?),
            51 => {
                let mut shares = content.list()?;
                let groups = std::iter::from_fn(|| {
                    let group = shares.number()?;
                    shares.list()?;
                    Some(group)
                });
                self.key_shares = self.collect(groups);
            }
            _ => {}
        }
        Some(())
    }

    fn numbers(&mut self, mut list: Reader<'_>) -> Vec<u16> {
        self.collect(std::iter::from_fn(|| list.number()))
    }

    /// Collects the first entries of a list, and counts the others as left out.
    fn collect(&mut self, mut list: impl Iterator<Item = u16>) -> Vec<u16> {
        let mut kept: Vec<u16> = list.by_ref().take(MAX_LIST_LEN).collect();
        kept.shrink_to_fit();
        self.left_out += u32::try_from(list.count()).unwrap_or(u32::MAX);
        kept
    }

    /// Returns the memory that this value takes, in bytes, with the overhead of its allocations.
    #[must_use]
    pub fn size(&self) -> usize {
        const ALLOCATION: usize = 32;
        let numbers =
            [&self.versions, &self.cipher_suites, &self.groups, &self.key_shares, &self.signature_schemes];
        size_of::<Self>()
            + numbers.into_iter().map(|list| ALLOCATION + size_of_val(list.as_slice())).sum::<usize>()
            + self.alpn.iter().map(|name| ALLOCATION + size_of::<String>() + name.len()).sum::<usize>()
            + self.server_name.as_ref().map_or(0, String::len)
    }
}

fn lossy_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_NAME_LEN)]).into()
}

/// Reads bytes from the front of a slice. A read returns `None` if too few bytes are left.
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

    /// Reads a list that is preceded by its length in two bytes.
    fn list(&mut self) -> Option<Self> {
        let length = usize::from(self.number()?);
        self.take(length).map(Reader)
    }

    /// Reads a list that is preceded by its length in one byte.
    fn short_list(&mut self) -> Option<Self> {
        let length = usize::from(self.byte()?);
        self.take(length).map(Reader)
    }

    fn extension(&mut self) -> Option<(u16, Self)> {
        Some((self.number()?, self.list()?))
    }
}

/// The maximum number of bytes of a first line that [`other_protocol`] returns.
pub const LINE: usize = 60;

/// The content types of records, from `change_cipher_spec` to `application_data` (RFC 8446, section 5.1).
const RECORD_TYPES_START: u8 = 20;
const RECORD_TYPES_END: u8 = 23;
/// The major version in a record header, the same for SSL 3.0 and every version of TLS.
const MAJOR_VERSION: u8 = 3;
/// The highest minor version that is accepted in a record header. TLS 1.3 uses 3, like TLS 1.2, or 1 (RFC 8446, section
/// 5.1).
const MAX_MINOR_VERSION: u8 = 4;
/// The maximum length of an unencrypted record's content.
const MAX_RECORD_LEN: u16 = 1 << 14;

const HTTP_METHODS: [&[u8]; 10] = [
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

/// A protocol other than TLS that a client's first bytes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherProtocol {
    /// HTTP (RFC 9112, section 3).
    Http,
    /// A hello in the format of SSL 2.0 (RFC 5246, appendix E.2).
    Ssl2,
    /// DTLS, which runs over UDP (RFC 9147).
    Dtls,
    /// A protocol that isn't recognized.
    Unknown,
}

/// Returns the first line of a client that doesn't speak TLS, at most [`LINE`] bytes of it, and its protocol. Returns
/// `None` if the bytes start a TLS record or are too few to decide; three are always enough.
#[must_use]
pub fn other_protocol(bytes: &[u8]) -> Option<(Vec<u8>, OtherProtocol)> {
    let protocol = match bytes {
        []
        | [RECORD_TYPES_START..=RECORD_TYPES_END]
        | [RECORD_TYPES_START..=RECORD_TYPES_END, MAJOR_VERSION]
        | [RECORD_TYPES_START..=RECORD_TYPES_END, MAJOR_VERSION, ..=MAX_MINOR_VERSION, ..] => return None,
        [0x80..=0xff, _, CLIENT_HELLO, 0 | MAJOR_VERSION, ..=MAX_MINOR_VERSION, ..] => OtherProtocol::Ssl2,
        [HANDSHAKE, 0xfe, 0xfd..=0xff, ..] => OtherProtocol::Dtls,
        _ if HTTP_METHODS.iter().any(|method| bytes.starts_with(method)) => OtherProtocol::Http,
        _ => OtherProtocol::Unknown,
    };
    let line = bytes.iter().copied().take_while(|byte| !matches!(byte, b'\r' | b'\n')).take(LINE);
    Some((line.collect(), protocol))
}

/// The number of bytes that [`looks_like_client_hello`] needs.
pub const HELLO_START: usize = 6;

/// Returns whether the bytes that a server without TLS received start with a TLS `ClientHello`. Needs at least
/// [`HELLO_START`] bytes.
#[must_use]
pub fn looks_like_client_hello(bytes: &[u8]) -> bool {
    let &[HANDSHAKE, MAJOR_VERSION, ..=MAX_MINOR_VERSION, high, low, CLIENT_HELLO, ..] = bytes else {
        return false;
    };
    // A handshake message starts with a header of four bytes.
    (4..=MAX_RECORD_LEN).contains(&u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;

    fn rustls_client_hello(versions: &[&'static rustls::SupportedProtocolVersion]) -> Vec<u8> {
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
        let offer = first_hello(&rustls_client_hello(rustls::ALL_VERSIONS)).unwrap();
        assert_eq!(offer.versions, [0x0304, 0x0303]);
        assert!(offer.cipher_suites.contains(&0x1302) && offer.cipher_suites.contains(&0xc02f));
        assert_eq!(offer.groups.first(), Some(&0x11ec));
        assert!(offer.key_shares.starts_with(&[0x11ec]));
        assert!(offer.signature_schemes.contains(&0x0804));
        assert_eq!(offer.alpn, ["h2", "http/1.1"]);
        assert_eq!(offer.server_name.as_deref(), Some("localhost"));
        let older = first_hello(&rustls_client_hello(&[&rustls::version::TLS12])).unwrap();
        assert_eq!((older.versions.last(), older.key_shares.is_empty()), (Some(&0x0303), true));
    }

    #[test]
    fn a_client_hello_may_be_split_over_records_but_must_be_complete() {
        let bytes = rustls_client_hello(rustls::ALL_VERSIONS);
        let split: Vec<u8> = bytes[5..]
            .chunks(100)
            .flat_map(|piece| [&[22, 3, 1, 0, u8::try_from(piece.len()).unwrap()][..], piece].concat())
            .collect();
        assert_eq!(first_hello(&split), first_hello(&bytes));
        for end in 0..bytes.len() {
            assert_eq!(first_hello(&bytes[..end]), None, "{end} bytes");
        }
        let with_trailing_data = [bytes.as_slice(), b"more"].concat();
        assert_eq!(first_hello(&with_trailing_data), first_hello(&bytes));
    }

    /// Returns a record with a `ClientHello` that offers this many application protocols of 255 bytes.
    fn hello_with_protocols(count: usize) -> Vec<u8> {
        let protocols = [&[255][..], &[0xff; 255]].concat().repeat(count);
        let length = |value: usize| u16::try_from(value).unwrap().to_be_bytes();
        let alpn = [&length(protocols.len())[..], &protocols].concat();
        let versions = [0, 43, 0, 3, 2, 3, 4];
        let extensions = [&versions[..], &[0, 16], &length(alpn.len()), &alpn].concat();
        let body =
            [&[3, 3][..], &[0; 33], &[0, 2, 0x13, 1, 1, 0], &length(extensions.len()), &extensions].concat();
        let message = [&[1, 0][..], &length(body.len()), &body].concat();
        let records =
            message.chunks(16_000).map(|part| [&[22, 3, 1][..], &length(part.len()), part].concat());
        records.collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_long_client_hello_is_parsed_up_to_the_limit_and_takes_little_memory() {
        let short = first_hello(&hello_with_protocols(30)).unwrap();
        assert_eq!((short.versions.as_slice(), short.alpn.len()), (&[0x0304][..], 1));
        assert_eq!(short.left_out, 29);
        let long = hello_with_protocols(250);
        assert_eq!(first_hello(&long[..LONGEST - 1]), None);
        let long = first_hello(&long[..LONGEST]).unwrap();
        assert_eq!((long.versions, long.cipher_suites), (vec![0x0304], vec![0x1301]));
        for offer in [
            first_hello(&hello_with_protocols(30)).unwrap(),
            parse_body(&vec![0xff; 60_000]).unwrap_or_default(),
        ] {
            assert!(offer.size() < 8 << 10, "{} bytes", offer.size());
        }
    }

    #[test]
    fn any_bytes_are_accepted() {
        let good = rustls_client_hello(rustls::ALL_VERSIONS);
        // A pseudorandom generator with a fixed seed, so that a failure can be reproduced.
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
                let index = random(bytes.len());
                match random(4) {
                    0 => bytes[index] = u8::try_from(random(256)).unwrap(),
                    1 => bytes.truncate(index.max(1)),
                    2 => drop(bytes.remove(index)),
                    _ => bytes.insert(index, 0xff),
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
        let offer = parse_body(&long).unwrap();
        assert_eq!(offer.cipher_suites.len() + offer.left_out as usize, suites.len() / 2);
        assert_eq!(offer.cipher_suites.len(), MAX_LIST_LEN);
    }

    #[test]
    fn tls_is_recognized_by_its_record_header() {
        for tls in [&[][..], &[22], &[22, 3], &[22, 3, 1], &[22, 3, 3, 0, 200, 1, 0, 0, 196]] {
            assert_eq!(other_protocol(tls), None);
        }
        // An alert as the first record is TLS, too.
        assert_eq!(other_protocol(&[21, 3, 1, 0, 2, 2, 48]), None);
        for (other, expected) in [
            (&[22, 4][..], OtherProtocol::Unknown),
            (&[22, 3, 5], OtherProtocol::Unknown),
            (&[24, 3, 3], OtherProtocol::Unknown),
            (b"\x80\x2e\x01\x03\x01", OtherProtocol::Ssl2),
            (b"\x80\x2e\x01\x00\x02", OtherProtocol::Ssl2),
            (&[22, 0xfe, 0xff, 0, 0], OtherProtocol::Dtls),
        ] {
            assert_eq!(other_protocol(other).unwrap().1, expected, "{other:?}");
        }
    }

    #[test]
    fn the_first_line_of_another_protocol_is_returned() {
        let long = [b"GET /".as_slice(), &[b'a'; 100]].concat();
        for (bytes, line, protocol) in [
            (&b"GET / HTTP/1.1\r\nHost: x\r\n"[..], &b"GET / HTTP/1.1"[..], OtherProtocol::Http),
            (b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0", OtherProtocol::Http),
            (b"GETTING on\nwith it", b"GETTING on", OtherProtocol::Unknown),
            (b"h", b"h", OtherProtocol::Unknown),
            (b"\n", b"", OtherProtocol::Unknown),
            (&long, &long[..LINE], OtherProtocol::Http),
        ] {
            assert_eq!(other_protocol(bytes), Some((line.to_vec(), protocol)));
        }
    }

    #[test]
    fn similar_data_is_not_a_client_hello() {
        assert!(looks_like_client_hello(&[22, 3, 1, 2, 0, 1]));
        assert!(looks_like_client_hello(&[22, 3, 3, 0, 4, 1, 0, 0, 0]));
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0]), "too short to be sure");
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0, 2]), "a ServerHello");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0, 0, 1]), "an empty record");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0x40, 1, 1]), "a record that is too long");
        assert!(!looks_like_client_hello(b"Hello\n"));
    }
}
