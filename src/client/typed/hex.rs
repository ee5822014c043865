//! Bytes as hexadecimal digits: `48 65 6c 6c 6f`.
//!
//! Between bytes may stand spaces, new lines, commas, semicolons, colons, hyphens and underscores, before a group `0x` or
//! `\x`, and around all of it brackets and quotes of any kind, so that dumps of most programs can be pasted. Each group of
//! digits holds whole bytes.

use crate::client::typed::{TypedError, shown};

/// Reads hexadecimal digits.
///
/// # Errors
/// A character that is no digit, or a group with an odd number of digits; with its place.
pub fn bytes(text: &str) -> Result<Vec<u8>, TypedError> {
    let characters: Vec<char> = text.chars().collect();
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        if is_between(c) {
            at += 1;
            continue;
        }
        let prefix = prefix(&characters[at..]);
        let start = at + prefix;
        let digits = characters[start..].iter().map_while(|c| c.to_digit(16)).collect::<Vec<_>>();
        // `48x65` would be a slip of the hand, but `0x480x65` is two bytes: the zero belongs to the next prefix.
        let digits = match digits.split_last() {
            Some((0, before)) if is_x(characters.get(start + digits.len())) && !before.is_empty() => before,
            _ => &digits,
        };
        at = start + digits.len();
        if digits.is_empty() {
            return Err(no_digit(c, prefix, start));
        }
        if digits.len() % 2 == 1 {
            return Err(odd(digits, start));
        }
        let pairs = digits.as_chunks::<2>().0.iter();
        bytes.extend(pairs.filter_map(|[high, low]| u8::try_from(high << 4 | low).ok()));
    }
    Ok(bytes)
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || ",;:-_[](){}<>\"'".contains(c)
}

fn is_x(c: Option<&char>) -> bool {
    matches!(c, Some('x' | 'X'))
}

/// The length of `0x` or `\x`, or 0.
fn prefix(rest: &[char]) -> usize {
    match rest {
        ['0', 'x' | 'X', ..] | ['\\', 'x', ..] => 2,
        _ => 0,
    }
}

fn no_digit(c: char, prefix: usize, start: usize) -> TypedError {
    if prefix > 0 {
        return TypedError::new(
            start - prefix,
            prefix,
            "no digits follow this prefix. Type two for each byte, as in 0x48.",
        );
    }
    let words =
        format!("“{}” is not a hexadecimal digit. Those are 0 to 9 and a to f, two for each byte.", shown(c));
    TypedError::new(start, 1, words)
}

fn odd(digits: &[u32], start: usize) -> TypedError {
    let words = if let [digit] = digits {
        format!("a byte has two digits, and there is only one here. Type 0{digit:x} for a small one.")
    } else {
        format!(
            "there are {} digits in this group, an odd number, and each byte has two. Add or take away one.",
            digits.len()
        )
    };
    TypedError::new(start, digits.len(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_of_many_kinds_are_read() {
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
            assert_eq!(bytes(typed).as_deref(), Ok(expected.as_bytes()), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_byte_is_refused_with_its_place() {
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
        for (typed, position, length, words) in table {
            let error = bytes(typed).unwrap_err();
            assert_eq!((error.position, error.length), (position, length), "{typed}: {error}");
            assert!(error.words.contains(words), "{typed}: {error}");
        }
    }
}
