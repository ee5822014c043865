//! What was typed, as Python literals that stay one whole and mean the same.

use std::fmt::Write;
use std::path::Path;

/// A text as a Python string (Language Reference, section 2.4.1), in ASCII but for letters and digits: nothing in it
/// ends the string or the line, and nothing turns the direction of writing.
pub(super) fn string(text: &str) -> String {
    let mut out = Quoted::new(text.contains('\'') && !text.contains('"'));
    text.chars().for_each(|character| out.character(character));
    out.finish()
}

/// A path as a Python string. Bytes that are no UTF-8 become what Python itself makes of them (PEP 383).
pub(super) fn path(path: &Path) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = path.as_os_str().as_bytes();
        let mut out = Quoted::new(bytes.contains(&b'\'') && !bytes.contains(&b'"'));
        for chunk in bytes.utf8_chunks() {
            chunk.valid().chars().for_each(|character| out.character(character));
            chunk.invalid().iter().for_each(|byte| out.code(0xdc00 + u32::from(*byte)));
        }
        out.finish()
    }
    #[cfg(not(unix))]
    string(&path.to_string_lossy())
}

struct Quoted {
    out: String,
    quote: char,
}

impl Quoted {
    fn new(double: bool) -> Self {
        let quote = if double { '"' } else { '\'' };
        Self { out: quote.to_string(), quote }
    }

    fn character(&mut self, character: char) {
        match character {
            '\n' => self.out.push_str(r"\n"),
            '\r' => self.out.push_str(r"\r"),
            '\t' => self.out.push_str(r"\t"),
            '\\' => self.out.push_str(r"\\"),
            _ if character == self.quote => self.out.extend(['\\', character]),
            ' '..='~' => self.out.push(character),
            _ if character.is_alphanumeric() => self.out.push(character),
            _ => self.code(u32::from(character)),
        }
    }

    fn code(&mut self, code: u32) {
        // Writing to a String can't fail.
        let _ = match code {
            0..=0xff => write!(self.out, "\\x{code:02x}"),
            0x100..=0xffff => write!(self.out, "\\u{code:04x}"),
            _ => write!(self.out, "\\U{code:08x}"),
        };
    }

    fn finish(mut self) -> String {
        self.out.push(self.quote);
        self.out
    }
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
    fn bytes_that_are_no_text_stay_what_they_are() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(path(Path::new(OsStr::from_bytes(b"a\xffb"))), r"'a\udcffb'");
    }
}
