//! Tells from the first bytes of a client whether it speaks TLS, so that a mix-up can be called by its name.

/// What a client began with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstBytes {
    /// A TLS handshake record (RFC 8446, section 5.1).
    Tls,
    /// An HTTP request, or the preface of HTTP/2.
    Http {
        /// Its first line, at most [`LINE`] bytes.
        line: Vec<u8>,
    },
    /// Anything else; it need not be text.
    Text {
        /// Its first line, at most [`LINE`] bytes.
        line: Vec<u8>,
    },
    /// Too little to tell: nothing, or a beginning that a TLS record has too.
    Incomplete,
}

/// The most that is kept of a first line.
pub const LINE: usize = 60;

/// The content type of handshake records.
const HANDSHAKE: u8 = 22;
/// The major version of every TLS and of SSL 3.0.
const MAJOR: u8 = 3;
/// The highest minor version in a record header: TLS 1.3 writes 1.2's 3 or 1.0's 1 there (RFC 8446, section 5.1).
const MINOR: u8 = 4;
const CLIENT_HELLO: u8 = 1;
/// The longest body of a plaintext record.
const LONGEST: u16 = 1 << 14;

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

/// Looks at what a client has sent so far. Three bytes are always enough for an answer.
#[must_use]
pub fn first_bytes(bytes: &[u8]) -> FirstBytes {
    match bytes {
        [] | [HANDSHAKE] | [HANDSHAKE, MAJOR] => FirstBytes::Incomplete,
        [HANDSHAKE, MAJOR, ..=MINOR, ..] => FirstBytes::Tls,
        _ => {
            let line = first_line(bytes);
            if METHODS.iter().any(|method| bytes.starts_with(method)) {
                FirstBytes::Http { line }
            } else {
                FirstBytes::Text { line }
            }
        }
    }
}

/// How many bytes [`looks_like_client_hello`] needs.
pub const HELLO_START: usize = 6;

/// Whether bytes that came to a plain server are the beginning of a TLS `ClientHello`, at least
/// [`HELLO_START`] bytes of it.
#[must_use]
pub fn looks_like_client_hello(bytes: &[u8]) -> bool {
    let &[HANDSHAKE, MAJOR, ..=MINOR, high, low, CLIENT_HELLO, ..] = bytes else { return false };
    // A handshake message has a header of four bytes.
    (4..=LONGEST).contains(&u16::from_be_bytes([high, low]))
}

fn first_line(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().take_while(|byte| !matches!(byte, b'\r' | b'\n')).take(LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_known_by_its_record_header() {
        assert_eq!(first_bytes(&[22, 3, 1]), FirstBytes::Tls);
        assert_eq!(first_bytes(&[22, 3, 3, 0, 200, 1, 0, 0, 196]), FirstBytes::Tls);
        for short in [&[][..], &[22], &[22, 3]] {
            assert_eq!(first_bytes(short), FirstBytes::Incomplete);
        }
        for other in [&[22, 4][..], &[22, 3, 5], &[23, 3, 3], b"\x80\x2e\x01"] {
            assert!(matches!(first_bytes(other), FirstBytes::Text { .. }), "{other:?}");
        }
    }

    #[test]
    fn http_and_text_keep_their_first_line() {
        assert_eq!(
            first_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n"),
            FirstBytes::Http { line: b"GET / HTTP/1.1".to_vec() }
        );
        assert_eq!(
            first_bytes(b"PRI * HTTP/2.0\r\n\r\nSM"),
            FirstBytes::Http { line: b"PRI * HTTP/2.0".to_vec() }
        );
        assert_eq!(first_bytes(b"GETTING on\nwith it"), FirstBytes::Text { line: b"GETTING on".to_vec() });
        assert_eq!(first_bytes(b"h"), FirstBytes::Text { line: b"h".to_vec() });
        assert_eq!(first_bytes(b"\n"), FirstBytes::Text { line: Vec::new() });
        let long = [b"GET /".as_slice(), &[b'a'; 100]].concat();
        assert_eq!(first_bytes(&long), FirstBytes::Http { line: long[..LINE].to_vec() });
    }

    #[test]
    fn a_client_hello_is_told_from_data_that_begins_alike() {
        assert!(looks_like_client_hello(&[22, 3, 1, 2, 0, 1]));
        assert!(looks_like_client_hello(&[22, 3, 3, 0, 4, 1, 0, 0, 0]));
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0]), "too short to be sure");
        assert!(!looks_like_client_hello(&[22, 3, 1, 2, 0, 2]), "a ServerHello");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0, 0, 1]), "an empty record");
        assert!(!looks_like_client_hello(&[22, 3, 1, 0x40, 1, 1]), "a record that is too long");
        assert!(!looks_like_client_hello(b"Hello\n"));
    }
}
