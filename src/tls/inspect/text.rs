//! Text out of a certificate, kept to one line that reads as it is written.

use crate::text::sanitize;

/// The longest text that is shown in one piece, in characters.
const LONGEST: usize = 256;

/// One line: what would break it or turn its direction becomes `?`, and its end is cut.
pub(super) fn line(text: &str) -> String {
    sanitize(text, LONGEST)
}

/// Bytes as upper-case hexadecimal with colons; the end is cut after 32.
pub(super) fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    match bytes.get(..MOST) {
        Some(start) if bytes.len() > MOST => {
            format!("{}… ({} bytes in all)", crate::tls::inspect::colons(start), bytes.len())
        }
        _ if bytes.is_empty() => "empty".to_owned(),
        _ => crate::tls::inspect::colons(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_bytes_are_cut() {
        assert_eq!(hex(&[1, 0xab]), "01:AB");
        assert!(hex(&[0; 33]).ends_with(":00… (33 bytes in all)"));
    }
}
