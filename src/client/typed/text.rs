//! Text with escapes as in a Python string: `Hello\n`.
//!
//! The escapes are those of Python's string literals (Python Language Reference, section 2.4.1.1), and the result is
//! UTF-8. One rule differs: `\xNN` and `\ooo` are one **byte**, as in a bytes literal, so that any byte can be typed. An
//! unknown escape is an error (Python keeps it and warns): who types `\d` either means `\\d` or has mistyped.

use crate::client::typed::{TypedError, shown};
use crate::text::is_printable;

/// What stands behind the backslash, and its byte.
const SIMPLE: [(char, u8); 10] = [
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

/// Reads a text with escapes.
///
/// # Errors
/// An escape that is cut off, unknown, or no character; with its place.
pub fn bytes(text: &str) -> Result<Vec<u8>, TypedError> {
    let characters: Vec<char> = text.chars().collect();
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        if c == '\\' {
            at += escape(&characters[at..], at, &mut bytes)?;
        } else {
            push(c, &mut bytes);
            at += 1;
        }
    }
    Ok(bytes)
}

/// Reads the escape that `rest` begins with; its length in characters.
fn escape(rest: &[char], at: usize, bytes: &mut Vec<u8>) -> Result<usize, TypedError> {
    let Some(&kind) = rest.get(1) else {
        return Err(TypedError::new(
            at,
            1,
            r"nothing follows this backslash. Type \\ for a backslash itself.",
        ));
    };
    if let Some((_, byte)) = SIMPLE.iter().find(|(known, _)| *known == kind) {
        bytes.push(*byte);
        return Ok(2);
    }
    match kind {
        '0'..='7' => octal(rest, at, bytes),
        'x' => {
            let byte = digits(rest, at, 2, r"\x41")?;
            bytes.push(u8::try_from(byte).unwrap_or(u8::MAX));
            Ok(4)
        }
        'u' => unicode(rest, at, 4, r"\u00e9", bytes),
        'U' => unicode(rest, at, 8, r"\U0001f600", bytes),
        // A backslash at the end of a line joins it with the next one, as in Python.
        '\n' => Ok(2),
        _ => Err(unknown(kind, at)),
    }
}

fn octal(rest: &[char], at: usize, bytes: &mut Vec<u8>) -> Result<usize, TypedError> {
    let digits = rest[1..].iter().take(3).map_while(|c| c.to_digit(8)).collect::<Vec<_>>();
    let value = digits.iter().fold(0, |value, digit| value * 8 + digit);
    let byte = u8::try_from(value).map_err(|_| {
        TypedError::new(at, 4, format!(r"\{value:o} is more than a byte holds. The largest is \377."))
    })?;
    bytes.push(byte);
    Ok(1 + digits.len())
}

/// So many hexadecimal digits behind the escape's letter.
fn digits(rest: &[char], at: usize, count: usize, example: &str) -> Result<u32, TypedError> {
    let found = rest[2..].iter().take(count).map_while(|c| c.to_digit(16)).collect::<Vec<_>>();
    if found.len() < count {
        let words = format!(
            r"\{} needs {count} hexadecimal digits after it, and {} here. Type it as in {example}.",
            rest[1],
            match found.len() {
                0 => "there is none".to_owned(),
                1 => "there is only 1".to_owned(),
                some => format!("there are only {some}"),
            }
        );
        return Err(TypedError::new(at, 2 + found.len(), words));
    }
    Ok(found.iter().fold(0, |value, digit| value << 4 | digit))
}

fn unicode(
    rest: &[char],
    at: usize,
    count: usize,
    example: &str,
    bytes: &mut Vec<u8>,
) -> Result<usize, TypedError> {
    let value = digits(rest, at, count, example)?;
    let length = 2 + count;
    if (0xd800..0xe000).contains(&value) {
        let words = format!(
            "U+{value:04X} is half of a surrogate pair and no character of its own. Type the whole character as \
             \\U and 8 digits, or its bytes as \\xNN."
        );
        return Err(TypedError::new(at, length, words));
    }
    let Some(c) = char::from_u32(value) else {
        let words = format!("there is no character U+{value:X}. The last one is U+10FFFF.");
        return Err(TypedError::new(at, length, words));
    };
    push(c, bytes);
    Ok(length)
}

fn unknown(kind: char, at: usize) -> TypedError {
    let simple = |c: char| SIMPLE.iter().any(|(known, _)| *known == c) || matches!(c, 'x' | 'u');
    let lower = kind.to_ascii_lowercase();
    let words = if kind == 'N' {
        r"names such as \N{BULLET} are not known here. Type the character itself, or its number as in \u2022."
            .to_owned()
    } else if kind == 'e' {
        r"\e is not an escape of Python's. Type \x1b for Escape.".to_owned()
    } else if matches!(kind, '8' | '9') {
        format!(r"\{kind} is not octal: those digits go from 0 to 7. Type \x and two hexadecimal digits.")
    } else if lower != kind && simple(lower) {
        format!(r"\{kind} is not an escape. Did you mean \{lower}? Type \\{kind} for a backslash and {kind}.")
    } else if !is_printable(kind) {
        format!(
            r"this backslash stands before {}, which can't be seen. Type \\ for a backslash itself.",
            shown(kind)
        )
    } else {
        format!(r"\{kind} is not an escape. Type \\{kind} for a backslash and “{kind}”.")
    };
    TypedError::new(at, 2, words)
}

fn push(c: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_pythons() {
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
            assert_eq!(bytes(typed).as_deref(), Ok(expected), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_escape_is_refused_with_place_and_advice() {
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
        for (typed, position, length, words) in table {
            let error = bytes(typed).unwrap_err();
            assert_eq!((error.position, error.length), (position, length), "{typed}: {error}");
            assert!(error.words.contains(words), "{typed}: {error}");
        }
        let shown = bytes(r"ab\q").unwrap_err().to_string();
        assert_eq!(shown, r"Character 3: \q is not an escape. Type \\q for a backslash and “q”.");
    }
}
