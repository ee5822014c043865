//! Bytes as text: Python's `repr`, readable text, hexadecimal digits. Each whole, or cut to a number of characters.

use crate::settings::DataFormat;

/// Ends what was cut.
pub const CUT: char = '…';

/// Stands for a byte or character that has no picture of its own.
pub const UNSEEN: char = '·';

/// How far into large data a cut line looks before it chooses its quotes.
const LOOK: usize = 64 * 1024;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// For each byte how Python's `repr` of bytes writes it: the characters and how many they are. The quote is not
/// in the table, it depends on the data.
static PYTHON: [([u8; 4], u8); 256] = python_table();

#[expect(
    clippy::cast_possible_truncation,
    reason = "the index of a table of 256 is a byte; TryFrom isn't const"
)]
const fn python_table() -> [([u8; 4], u8); 256] {
    let mut table = [([0; 4], 0); 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\n' => (*b"\\n\0\0", 2),
            b'\r' => (*b"\\r\0\0", 2),
            b'\t' => (*b"\\t\0\0", 2),
            b'\\' => (*b"\\\\\0\0", 2),
            plain @ 0x20..=0x7e => ([plain, 0, 0, 0], 1),
            other => ([b'\\', b'x', DIGITS[byte >> 4], DIGITS[(other & 15) as usize]], 4),
        };
        byte += 1;
    }
    table
}

/// Python's `repr` of bytes: `b'Hello\n'`.
#[must_use]
pub fn python(data: &[u8]) -> String {
    let mut out = Vec::new();
    python_into(&mut out, data);
    from_ascii(out)
}

/// Appends Python's `repr` of bytes. All that is appended is printable ASCII.
pub fn python_into(out: &mut Vec<u8>, data: &[u8]) {
    let quote = python_quote(data);
    out.reserve(data.len() + 3);
    out.extend_from_slice(&[b'b', quote]);
    escape_into(out, data, quote);
    out.push(quote);
}

/// The quote that Python puts around bytes: `"` where the data holds `'` and no `"`.
pub(super) fn python_quote(data: &[u8]) -> u8 {
    if data.contains(&b'\'') && !data.contains(&b'"') { b'"' } else { b'\'' }
}

/// Appends what stands between the quotes.
pub(super) fn escape_into(out: &mut Vec<u8>, data: &[u8], quote: u8) {
    const BLOCK: usize = 64;
    for block in data.chunks(BLOCK) {
        // Text is mostly plain: such blocks are copied whole. The others are put together in a fixed place, four
        // bytes written for each and only as many kept as count, which spares a branch for each byte.
        if block.iter().fold(true, |plain, &byte| plain & is_plain(byte, quote)) {
            out.extend_from_slice(block);
            continue;
        }
        let mut room = [0; BLOCK * 4];
        let mut end = 0;
        for &byte in block {
            let (characters, len) =
                if byte == quote { ([b'\\', quote, 0, 0], 2) } else { PYTHON[usize::from(byte)] };
            room[end..end + 4].copy_from_slice(&characters);
            end += usize::from(len);
        }
        out.extend_from_slice(&room[..end]);
    }
}

fn is_plain(byte: u8, quote: u8) -> bool {
    (0x20..=0x7e).contains(&byte) && byte != b'\\' && byte != quote
}

fn escaped(byte: u8, quote: u8, room: &mut [u8; 2]) -> &[u8] {
    if byte == quote {
        *room = [b'\\', quote];
        return room;
    }
    let (characters, len) = &PYTHON[usize::from(byte)];
    &characters[..usize::from(*len)]
}

/// Bytes that are quoted inside a sentence: `"GET / HTTP/1.1"`, without the line end.
#[must_use]
pub fn quoted(data: &[u8]) -> String {
    let mut out = vec![b'"'];
    escape_into(&mut out, data.trim_ascii_end(), b'"');
    out.push(b'"');
    from_ascii(out)
}

/// Data as text: UTF-8 where it is that, `↵` for a line feed, `←` for a carriage return, `→` for a tab and `·` for
/// each byte or character that can't be seen.
#[must_use]
pub fn text(data: &[u8]) -> String {
    text_chars(data).collect()
}

pub(super) fn text_chars(data: &[u8]) -> impl Iterator<Item = char> {
    data.utf8_chunks().flat_map(|chunk| {
        let unseen = std::iter::repeat_n(UNSEEN, chunk.invalid().len());
        chunk.valid().chars().map(visible).chain(unseen)
    })
}

/// A character, or a picture of it where it has none or would move its neighbours about.
#[must_use]
pub fn visible(character: char) -> char {
    match character {
        '\n' => '↵',
        '\r' => '←',
        '\t' => '→',
        // Invisible, or turning the direction of writing: a log line must look like what it is.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => UNSEEN,
        _ if character.is_control() => UNSEEN,
        _ => character,
    }
}

/// Data as hexadecimal digits: `48 65 6c`.
#[must_use]
pub fn hex(data: &[u8]) -> String {
    let mut out = Vec::with_capacity(data.len() * 3);
    hex_into(&mut out, data);
    from_ascii(out)
}

fn hex_into(out: &mut Vec<u8>, data: &[u8]) {
    for (index, byte) in data.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// Data in one of the three ways, whole.
#[must_use]
pub fn data(data: &[u8], format: DataFormat) -> String {
    match format {
        DataFormat::Python => python(data),
        DataFormat::Text => text(data),
        DataFormat::Hex => hex(data),
    }
}

/// Appends data in one of the three ways, as UTF-8.
pub fn data_into(out: &mut Vec<u8>, data: &[u8], format: DataFormat) {
    match format {
        DataFormat::Python => python_into(out, data),
        DataFormat::Text => out.extend_from_slice(text(data).as_bytes()),
        DataFormat::Hex => hex_into(out, data),
    }
}

/// Data in one of the three ways, in at most `max_chars` characters, and whether something had to be cut. What is
/// cut ends in [`CUT`]. Looks at no more of the data than it needs; only in data over 64 KiB may the quotes
/// therefore differ from those of the whole.
#[must_use]
pub fn data_cut(data: &[u8], format: DataFormat, max_chars: usize) -> (String, bool) {
    match format {
        DataFormat::Python => python_cut(data, max_chars),
        DataFormat::Text => {
            // No character is longer than four bytes: what lies behind can't be needed.
            let near = &data[..data.len().min(max_chars.saturating_mul(4).saturating_add(4))];
            cut(text_chars(near), max_chars)
        }
        DataFormat::Hex => {
            let near = &data[..data.len().min(max_chars / 3 + 2)];
            let whole = hex(near);
            if whole.len() <= max_chars {
                return (whole, false);
            }
            let mut short = from_ascii(whole.into_bytes()[..max_chars.saturating_sub(1) / 3 * 3].to_vec());
            short.push(CUT);
            (short, true)
        }
    }
}

fn python_cut(data: &[u8], max_chars: usize) -> (String, bool) {
    let quote = python_quote(&data[..data.len().min(LOOK)]);
    let mut out = vec![b'b', quote];
    for &byte in data {
        let mut room = [0; 2];
        let piece = escaped(byte, quote, &mut room);
        // One place is kept for the closing quote or for the sign that something was cut.
        if out.len() + piece.len() + 1 > max_chars {
            let mut short = from_ascii(out);
            short.push(CUT);
            return (short, true);
        }
        out.extend_from_slice(piece);
    }
    out.push(quote);
    (from_ascii(out), false)
}

/// The first `max_chars` characters, the last of them [`CUT`] where there are more.
pub(super) fn cut(characters: impl Iterator<Item = char>, max_chars: usize) -> (String, bool) {
    let mut out = String::new();
    let mut last_start = 0;
    for (index, character) in characters.enumerate() {
        if index >= max_chars {
            out.truncate(last_start);
            out.push(CUT);
            return (out, true);
        }
        last_start = out.len();
        out.push(character);
    }
    (out, false)
}

fn from_ascii(out: Vec<u8>) -> String {
    String::from_utf8(out).expect("escapes and digits are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_writes_bytes_as_python_does() {
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
    fn text_shows_what_can_be_seen() {
        assert_eq!(text("caf\u{e9}\r\n\ta\u{202e}b\0".as_bytes()), "caf\u{e9}←↵→a·b·");
        assert_eq!(text(b"a\xff\xc3(\xe2\x82"), "a··(··");
    }

    #[test]
    fn cut_is_the_start_of_the_whole() {
        let long: Vec<u8> = "naïve 'quoted' \u{1f600}\n".bytes().chain(0..=255).collect();
        for format in DataFormat::ALL {
            let whole: Vec<char> = data(&long, format).chars().collect();
            for max in 3..whole.len() + 3 {
                let (short, was_cut) = data_cut(&long, format, max);
                let mut short: Vec<char> = short.chars().collect();
                assert!(short.len() <= max, "{format:?} {max}");
                assert_eq!(was_cut, max < whole.len(), "{format:?} {max}");
                if was_cut {
                    assert_eq!(short.pop(), Some(CUT));
                    assert!(short.len() + 5 > max, "{format:?} {max} wastes room");
                }
                assert!(whole.starts_with(&short), "{format:?} {max}");
            }
        }
    }

    #[test]
    fn a_cut_row_costs_the_same_for_large_data() {
        let large = vec![b'x'; 16 << 20];
        let start = std::time::Instant::now();
        for format in DataFormat::ALL {
            for _ in 0..100 {
                assert!(data_cut(&large, format, 200).1);
            }
        }
        // Whole, 300 times 16 MiB take many seconds.
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }

    #[test]
    fn hex_has_two_digits_for_each_byte() {
        assert_eq!(hex(b"Hel\x0a"), "48 65 6c 0a");
        assert_eq!(quoted(b"say \"hi\"\x01\r\n"), r#""say \"hi\"\x01""#);
    }
}
