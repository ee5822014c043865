//! Formats bytes as text: as Python's `repr`, as readable text, or as hexadecimal digits, either whole or truncated to
//! a number of characters.

use std::fmt::Write;
use std::iter;

use crate::settings::DataFormat;
use crate::text::is_bidi_or_control;

/// The last character of truncated text.
pub const ELLIPSIS: char = '…';

/// Shown instead of a byte or character that isn't printable.
pub const PLACEHOLDER: char = '·';

/// Returns Python's `repr` of bytes: `b'Hello\n'`.
#[must_use]
pub fn python(data: &[u8]) -> String {
    let quote = python_quote(data);
    let mut out = vec![b'b', quote];
    append_escaped(&mut out, data, quote);
    out.push(quote);
    from_ascii(out)
}

/// Returns the quote that Python puts around bytes: `"` if the data contains `'` and no `"`.
fn python_quote(data: &[u8]) -> u8 {
    if data.contains(&b'\'') && !data.contains(&b'"') { b'"' } else { b'\'' }
}

fn append_escaped(out: &mut Vec<u8>, data: &[u8], quote: u8) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != quote;
    // Most data is plain text, so runs of plain characters are copied as a whole.
    for run in data.chunk_by(|a, b| is_plain(*a) == is_plain(*b)) {
        if is_plain(run[0]) {
            out.extend_from_slice(run);
        } else {
            out.extend(run.escape_ascii());
        }
    }
}

/// Returns bytes in quotes for use in a sentence, without white space at the end: `"GET / HTTP/1.1"`.
#[must_use]
pub fn quoted(data: &[u8]) -> String {
    let mut out = vec![b'"'];
    append_escaped(&mut out, data.trim_ascii_end(), b'"');
    out.push(b'"');
    from_ascii(out)
}

/// Returns data as text: valid UTF-8 unchanged, but with `↵` for a line feed, `←` for a carriage return, `→` for a tab
/// and `·` for each byte or character that isn't printable.
#[must_use]
pub fn text(data: &[u8]) -> String {
    text_chars(data).collect()
}

fn text_chars(data: &[u8]) -> impl Iterator<Item = char> {
    data.utf8_chunks().flat_map(|chunk| {
        let invalid = iter::repeat_n(PLACEHOLDER, chunk.invalid().len());
        chunk.valid().chars().map(visible).chain(invalid)
    })
}

/// Returns the character, or a symbol for it if it is invisible or would change the direction of text.
#[must_use]
pub fn visible(character: char) -> char {
    match character {
        '\n' => '↵',
        '\r' => '←',
        '\t' => '→',
        _ if is_bidi_or_control(character) => PLACEHOLDER,
        _ => character,
    }
}

/// Returns data as hexadecimal digits: `48 65 6c`.
#[must_use]
pub fn hex(data: &[u8]) -> String {
    let mut out = String::with_capacity(data.len() * 3);
    for (index, byte) in data.iter().enumerate() {
        let space = if index > 0 { " " } else { "" };
        let _ = write!(out, "{space}{byte:02x}");
    }
    out
}

/// Returns data in this format.
#[must_use]
pub fn data(data: &[u8], format: DataFormat) -> String {
    match format {
        DataFormat::Python => python(data),
        DataFormat::Text => text(data),
        DataFormat::Hex => hex(data),
    }
}

/// Returns data in this format in at most `max_chars` characters, and whether it was truncated; it then ends in
/// [`ELLIPSIS`]. Reads no more of the data than needed. Therefore the quotes around data over 64 KiB may differ from
/// those of the whole.
#[must_use]
pub fn truncated_data(data: &[u8], format: DataFormat, max_chars: usize) -> (String, bool) {
    let start = |max_len: usize| &data[..data.len().min(max_len)];
    match format {
        DataFormat::Python => {
            let quote = python_quote(start(64 * 1024));
            let mut out = vec![b'b', quote];
            // Every byte becomes at least one character.
            append_escaped(&mut out, start(max_chars), quote);
            if data.len() <= max_chars {
                out.push(quote);
            }
            truncate(from_ascii(out).chars(), max_chars)
        }
        // A character has at most four bytes.
        DataFormat::Text => {
            truncate(text_chars(start(max_chars.saturating_add(1).saturating_mul(4))), max_chars)
        }
        DataFormat::Hex => truncate(hex(start(max_chars / 3 + 2)).chars(), max_chars),
    }
}

/// Returns the first `max_chars` characters, and whether there are more. If so, the last one is [`ELLIPSIS`].
#[must_use]
pub fn truncate(mut characters: impl Iterator<Item = char>, max_chars: usize) -> (String, bool) {
    let mut text: String = characters.by_ref().take(max_chars).collect();
    let was_truncated = characters.next().is_some();
    if was_truncated {
        text.pop();
        text.push(ELLIPSIS);
    }
    (text, was_truncated)
}

fn from_ascii(out: Vec<u8>) -> String {
    String::from_utf8(out).expect("escapes and digits are ASCII")
}

/// Returns bytes as printable ASCII, with [`PLACEHOLDER`] for the others: one character for each byte.
#[must_use]
pub fn printable(data: &[u8]) -> String {
    let symbol = |&byte: &u8| if matches!(byte, b' '..=b'~') { char::from(byte) } else { PLACEHOLDER };
    data.iter().map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_repr_matches_python() {
        for (data, repr) in [
            (&b"Hello\n"[..], r"b'Hello\n'"),
            (b"", "b''"),
            (b"\x00\x01\x02caf\xc3\xa9", r"b'\x00\x01\x02caf\xc3\xa9'"),
            (b"it's", r#"b"it's""#),
            (b"it's \"so\"", r#"b'it\'s "so"'"#),
            (b"\"", r#"b'"'"#),
            (b"\\ \t\r\x7f\x1b", r"b'\\ \t\r\x7f\x1b'"),
        ] {
            assert_eq!(python(data), repr);
        }
    }

    #[test]
    fn text_shows_symbols_for_unprintable_characters() {
        assert_eq!(text("caf\u{e9}\r\n\ta\u{202e}b\0".as_bytes()), "caf\u{e9}←↵→a·b·");
        assert_eq!(text(b"a\xff\xc3(\xe2\x82"), "a··(··");
    }

    #[test]
    fn truncated_data_is_the_start_of_the_whole() {
        let long: Vec<u8> = "naïve 'quoted' \u{1f600}\n".bytes().chain(0..=255).collect();
        for format in DataFormat::ALL {
            let whole: Vec<char> = data(&long, format).chars().collect();
            for max in 3..whole.len() + 3 {
                let (short, was_truncated) = truncated_data(&long, format, max);
                let mut short: Vec<char> = short.chars().collect();
                assert_eq!(short.len(), max.min(whole.len()), "{format:?} {max}");
                assert_eq!(was_truncated, max < whole.len(), "{format:?} {max}");
                if was_truncated {
                    assert_eq!(short.pop(), Some(ELLIPSIS));
                }
                assert!(whole.starts_with(&short), "{format:?} {max}");
            }
        }
    }

    #[test]
    fn hex_has_two_digits_for_each_byte() {
        assert_eq!(hex(b"Hel\x0a"), "48 65 6c 0a");
        assert_eq!(quoted(b"say \"hi\"\x01\r\n"), r#""say \"hi\"\x01""#);
    }

    #[test]
    fn printable_text_has_one_character_for_each_byte() {
        assert_eq!(printable(b"Hello\n\xff"), "Hello··");
    }
}
