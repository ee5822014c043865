//! Parses what a user types into the client: text with escapes and a line ending, or hexadecimal digits.
//!
//! The escapes are those of Python's string literals (Python Language Reference, section 2.4.1.1), and the result is
//! UTF-8. One rule differs: `\xNN` and `\ooo` are one **byte**, as in a bytes literal, so that any byte can be typed.
//! An unknown escape is an error (Python keeps it and warns): `\d` is either meant as `\\d` or a typo.

use crate::text::is_printable;

/// The bytes appended to a typed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LineEnding {
    /// Nothing.
    None,
    /// A line feed, as on Unix and as sent by the tutorial's `nc`.
    #[default]
    Lf,
    /// Carriage return and line feed, as in most of the Internet's text protocols.
    CrLf,
    /// A zero byte, the end of a C string.
    Nul,
}

impl LineEnding {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::None, Self::Lf, Self::CrLf, Self::Nul];

    /// Returns the bytes of the line ending.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Nul => b"\0",
        }
    }
}

/// Why a typed text can't be sent. Displayed as a sentence or two with the position and what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Character {}: {message}", position + 1)]
pub struct InputError {
    /// The first character that the error is about, counted from 0.
    pub position: usize,
    /// How many characters the error is about, at least 1, for marking them.
    pub length: usize,
    /// The mistake, and what to do about it.
    pub message: String,
}

fn error<T>(position: usize, length: usize, message: impl Into<String>) -> Result<T, InputError> {
    Err(InputError { position, length: length.max(1), message: message.into() })
}

/// Returns a character as messages show it: as its number if it is invisible or would change how the message looks.
fn display_char(c: char) -> String {
    if is_printable(c) { c.to_string() } else { format!("U+{:04X}", u32::from(c)) }
}

/// The characters after a backslash that stand for one byte.
const SIMPLE_ESCAPES: [(char, u8); 10] = [
    ('\\', b'\\'),
    ('\'', b'\''),
    ('"', b'"'),
    ('a', 7),
    ('b', 8),
    ('t', b'\t'),
    ('n', b'\n'),
    ('v', 0x0b),
    ('f', 0x0c),
    ('r', b'\r'),
];

/// Parses text with escapes, such as `Hello\n`.
///
/// # Errors
/// An escape is incomplete or unknown, or doesn't stand for a character.
pub fn parse_text(text: &str) -> Result<Vec<u8>, InputError> {
    let characters: Vec<char> = text.chars().collect();
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        if c == '\\' {
            at += parse_escape(&characters[at..], at, &mut bytes)?;
        } else {
            push_char(c, &mut bytes);
            at += 1;
        }
    }
    Ok(bytes)
}

/// Parses the escape that `rest` begins with, and returns its length in characters.
fn parse_escape(rest: &[char], at: usize, bytes: &mut Vec<u8>) -> Result<usize, InputError> {
    let Some(&kind) = rest.get(1) else {
        return error(at, 1, r"nothing follows this backslash. Type \\ for a backslash itself.");
    };
    if let Some((_, byte)) = SIMPLE_ESCAPES.iter().find(|(letter, _)| *letter == kind) {
        bytes.push(*byte);
        return Ok(2);
    }
    match kind {
        '0'..='7' => {
            let digits = rest[1..].iter().take(3).map_while(|c| c.to_digit(8)).collect::<Vec<_>>();
            let value = digits.iter().fold(0, |value, digit| value * 8 + digit);
            let Ok(byte) = u8::try_from(value) else {
                let message = format!(r"\{value:o} is more than a byte holds. The largest is \377.");
                return error(at, 4, message);
            };
            bytes.push(byte);
            Ok(1 + digits.len())
        }
        'x' => {
            let byte = parse_hex_escape(rest, at, 2, r"\x41")?;
            bytes.push(u8::try_from(byte).unwrap_or(u8::MAX));
            Ok(4)
        }
        'u' => push_unicode(parse_hex_escape(rest, at, 4, r"\u00e9")?, at, 6, bytes),
        'U' => push_unicode(parse_hex_escape(rest, at, 8, r"\U0001f600")?, at, 10, bytes),
        // A backslash at the end of a line joins it with the next one, as in Python.
        '\n' => Ok(2),
        _ => error(at, 2, explain_unknown_escape(kind)),
    }
}

/// Parses `count` hexadecimal digits after the escape's letter.
fn parse_hex_escape(rest: &[char], at: usize, count: usize, example: &str) -> Result<u32, InputError> {
    let digits = rest[2..].iter().take(count).map_while(|c| c.to_digit(16)).collect::<Vec<_>>();
    if digits.len() == count {
        return Ok(digits.iter().fold(0, |value, digit| value << 4 | digit));
    }
    let found = match digits.len() {
        0 => "there is none".to_owned(),
        1 => "there is only 1".to_owned(),
        some => format!("there are only {some}"),
    };
    let message = format!(
        r"\{} needs {count} hexadecimal digits after it, and {found} here. Type it as in {example}.",
        rest[1]
    );
    error(at, 2 + digits.len(), message)
}

/// Appends the character with this code point, and returns `length`.
fn push_unicode(value: u32, at: usize, length: usize, bytes: &mut Vec<u8>) -> Result<usize, InputError> {
    if let Some(c) = char::from_u32(value) {
        push_char(c, bytes);
        return Ok(length);
    }
    let message = if value > u32::from(char::MAX) {
        format!("there is no character U+{value:X}. The last one is U+10FFFF.")
    } else {
        format!(
            "U+{value:04X} is half of a surrogate pair, not a character. Type the whole character as \\U and 8 digits, or \
             its bytes as \\xNN."
        )
    };
    error(at, length, message)
}

fn explain_unknown_escape(kind: char) -> String {
    let is_escape = |c: char| SIMPLE_ESCAPES.iter().any(|(letter, _)| *letter == c) || matches!(c, 'x' | 'u');
    let lower = kind.to_ascii_lowercase();
    match kind {
        'N' => r"names such as \N{BULLET} aren't supported. Type the character itself, or its number as in \u2022."
            .to_owned(),
        'e' => r"\e is not an escape of Python's. Type \x1b for Escape.".to_owned(),
        '8' | '9' => {
            format!(r"\{kind} is not octal: those digits go from 0 to 7. Type \x and two hexadecimal digits.")
        }
        _ if lower != kind && is_escape(lower) => {
            format!(r"\{kind} is not an escape. Did you mean \{lower}? Type \\{kind} for a backslash and {kind}.")
        }
        _ if !is_printable(kind) => format!(
            r"this backslash is before {}, which is invisible. Type \\ for a backslash itself.",
            display_char(kind)
        ),
        _ => format!(r"\{kind} is not an escape. Type \\{kind} for a backslash and “{kind}”."),
    }
}

fn push_char(c: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Parses hexadecimal digits, such as `48 65 6c 6c 6f`. Bytes may be separated by spaces, new lines, commas,
/// semicolons, colons, hyphens and underscores; groups may begin with `0x` or `\x`; brackets and quotes of any kind are
/// skipped. This accepts the hex dumps of most programs. Each group of digits must be whole bytes.
///
/// # Errors
/// A character isn't a digit, or a group has an odd number of digits.
pub fn parse_hex(text: &str) -> Result<Vec<u8>, InputError> {
    let is_separator = |c: char| c.is_whitespace() || ",;:-_[](){}<>\"'".contains(c);
    let characters: Vec<char> = text.chars().collect();
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        if is_separator(c) {
            at += 1;
            continue;
        }
        let prefix = match &characters[at..] {
            ['0', 'x' | 'X', ..] | ['\\', 'x', ..] => 2,
            _ => 0,
        };
        let start = at + prefix;
        let digits = characters[start..].iter().map_while(|c| c.to_digit(16)).collect::<Vec<_>>();
        let is_before_x = matches!(characters.get(start + digits.len()), Some('x' | 'X'));
        // `48x65` is a typo, but `0x480x65` is two bytes: the zero belongs to the next prefix.
        let digits = match digits.split_last() {
            Some((0, before)) if is_before_x && !before.is_empty() => before,
            _ => &digits,
        };
        at = start + digits.len();
        match digits {
            [] if prefix > 0 => {
                let message = "no digits follow this prefix. Type two for each byte, as in 0x48.";
                return error(start - prefix, prefix, message);
            }
            [] => {
                let message = format!(
                    "“{}” is not a hexadecimal digit. Those are 0 to 9 and a to f, two for each byte.",
                    display_char(c)
                );
                return error(start, 1, message);
            }
            [digit] => {
                let message = format!(
                    "a byte has two digits, and there is only one here. Type 0{digit:x} for a small one."
                );
                return error(start, 1, message);
            }
            _ if digits.len() % 2 == 1 => {
                let message = format!(
                    "there are {} digits in this group, an odd number, and each byte has two. Add or take away one.",
                    digits.len()
                );
                return error(start, digits.len(), message);
            }
            _ => {
                let pairs = digits.as_chunks::<2>().0.iter();
                bytes.extend(pairs.filter_map(|[high, low]| u8::try_from(high << 4 | low).ok()));
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_python() {
        let table: [(&str, &[u8]); 22] = [
            ("", b""),
            ("Hello", b"Hello"),
            (r"Hello\n", b"Hello\n"),
            (r"\r\t\0", b"\r\t\0"),
            (r#"\\ \' \""#, b"\\ ' \""),
            (r"\a\b\f\v", b"\x07\x08\x0c\x0b"),
            (r"\x41\xff\xFf", b"A\xff\xff"),
            (r"\x411", b"A1"),
            (r"\1018", b"A8"),
            (r"\377", b"\xff"),
            (r"\01", b"\x01"),
            (r"\08", b"\x008"),
            (r"\7\n", b"\x07\n"),
            (r"\u00e9", "é".as_bytes()),
            (r"\u00E9x", "éx".as_bytes()),
            (r"\U0001f600", "😀".as_bytes()),
            (r"\u0000", b"\0"),
            ("é😀", "é😀".as_bytes()),
            ("a\nb", b"a\nb"),
            ("a\\\nb", b"ab"),
            (r"\\n", br"\n"),
            (r"\\\n", b"\\\n"),
        ];
        for (typed, expected) in table {
            assert_eq!(parse_text(typed).as_deref(), Ok(expected), "{typed:?}");
        }
    }

    #[test]
    fn invalid_escape_is_an_error_with_position_and_advice() {
        let table = [
            ("\\", 0, 1, "nothing follows"),
            (r"ab\", 2, 1, r"Type \\"),
            (r"é\x4", 1, 3, "needs 2 hexadecimal digits after it, and there is only 1"),
            (r"\xg1", 0, 2, "there is none"),
            (r"\u12", 0, 4, "needs 4"),
            (r"\U0001f60", 0, 9, r"there are only 7 here. Type it as in \U0001f600"),
            (r"\ud83d", 0, 6, "surrogate"),
            (r"\U00110000", 0, 10, "U+10FFFF"),
            (r"\400", 0, 4, r"\377"),
            (r"\d", 0, 2, r"Type \\d"),
            (r"\N{BULLET}", 0, 2, r"\u2022"),
            (r"\e[0m", 0, 2, r"\x1b"),
            (r"\8", 0, 2, "octal"),
            (r"\R", 0, 2, r"Did you mean \r"),
            (r"\ü", 0, 2, "is not an escape"),
            ("\\\u{202e}", 0, 2, "before U+202E"),
            ("\\\r", 0, 2, "before U+000D"),
        ];
        for (typed, position, length, excerpt) in table {
            let error = parse_text(typed).unwrap_err();
            assert_eq!((error.position, error.length), (position, length), "{typed}: {error}");
            assert!(error.message.contains(excerpt), "{typed}: {error}");
        }
        let message = parse_text(r"ab\q").unwrap_err().to_string();
        assert_eq!(message, r"Character 3: \q is not an escape. Type \\q for a backslash and “q”.");
    }

    #[test]
    fn hex_dumps_of_many_kinds_are_parsed() {
        let table = [
            ("", ""),
            ("48656c6c6f", "Hello"),
            ("48 65 6c 6c 6f", "Hello"),
            ("48:65:6C:6c:6F\n", "Hello"),
            ("0x48, 0x65,\n0x6c, 0x6c, 0x6f", "Hello"),
            ("0X48656c6c6f", "Hello"),
            ("0x480x65", "He"),
            (r"\x48\x65", "He"),
            ("{ 0x48, 0x65 };", "He"),
            ("00 0x00", "\0\0"),
            ("  \r\n\t", ""),
            ("4865-6c6c 6f", "Hello"),
        ];
        for (typed, expected) in table {
            assert_eq!(parse_hex(typed).as_deref(), Ok(expected.as_bytes()), "{typed:?}");
        }
    }

    #[test]
    fn invalid_hex_is_an_error_with_its_position() {
        let table = [
            ("4", 0, 1, "only one"),
            ("48 6", 3, 1, "06"),
            ("48 656", 3, 3, "3 digits in this group"),
            ("4g", 0, 1, "only one"),
            ("48 zz", 3, 1, "“z” is not a hexadecimal digit"),
            ("é", 0, 1, "“é”"),
            ("\u{7}", 0, 1, "“U+0007”"),
            ("48 0x", 3, 2, "no digits follow"),
            ("0x4", 2, 1, "only one"),
        ];
        for (typed, position, length, excerpt) in table {
            let error = parse_hex(typed).unwrap_err();
            assert_eq!((error.position, error.length), (position, length), "{typed}: {error}");
            assert!(error.message.contains(excerpt), "{typed}: {error}");
        }
    }
}
