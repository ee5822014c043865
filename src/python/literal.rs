//! Texts and paths as Python string literals.

use std::fmt::Write;
use std::path::Path;

/// Returns a text as a Python string (Language Reference, section 2.4.1), in ASCII except for letters and digits. Nothing
/// in it ends the string or the line, or changes the direction of the text.
pub(super) fn string(text: &str) -> String {
    quote(text.as_bytes())
}

/// Returns a path as a Python string. Bytes that aren't UTF-8 become what Python makes of them (PEP 383).
pub(super) fn path(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}

fn quote(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => out.push_str(r"\n"),
                '\r' => out.push_str(r"\r"),
                '\t' => out.push_str(r"\t"),
                '\\' => out.push_str(r"\\"),
                _ if character == quote => out.extend(['\\', character]),
                ' '..='~' => out.push(character),
                _ if character.is_alphanumeric() => out.push(character),
                _ => push_code(&mut out, character.into()),
            }
        }
        chunk.invalid().iter().for_each(|byte| push_code(&mut out, 0xdc00 + u32::from(*byte)));
    }
    out.push(quote);
    out
}

fn push_code(out: &mut String, code: u32) {
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_python_does() {
        for (text, written) in [
            ("localhost", "'localhost'"),
            ("it's", r#""it's""#),
            (r#"'""#, r#"'\'"'"#),
            ("C:\\new\n", r"'C:\\new\n'"),
            ("\0\u{1b}\u{7f}", r"'\x00\x1b\x7f'"),
            ("süß 猫", "'süß 猫'"),
            ("a\u{202e}b\u{2028}\u{1f600}\u{a0}", r"'a\u202eb\u2028\U0001f600\xa0'"),
            ("'''\"\"\"#{x}%s", r##"'\'\'\'"""#{x}%s'"##),
        ] {
            assert_eq!(string(text), written);
            assert_eq!(path(Path::new(text)), written);
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_survive() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(path(Path::new(OsStr::from_bytes(b"a\xffb"))), r"'a\udcffb'");
    }
}
