//! Writes a path that isn't Unicode as text, and reads it again.

use std::path::{Path, PathBuf};

/// Returns a path as text in which a byte outside of UTF-8 is `%` and two hexadecimal digits, and `%` itself is `%25`.
#[cfg(unix)]
#[must_use]
pub fn percent_encoded(path: &Path) -> Option<String> {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text += &chunk.valid().replace('%', "%25");
        for byte in chunk.invalid() {
            // Writing to a string can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Some(text)
}

/// Returns the path that [`percent_encoded`] returned as text; `None` if the text is invalid.
#[cfg(unix)]
#[must_use]
pub fn percent_decoded(text: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// Returns `None`: on Windows only an unpaired surrogate isn't Unicode, and such paths are not supported.
#[cfg(not(unix))]
#[must_use]
pub fn percent_encoded(_: &Path) -> Option<String> {
    None
}

/// Returns `None`: a path from another OS leads nowhere.
#[cfg(not(unix))]
#[must_use]
pub fn percent_decoded(_: &str) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn encoded_paths_are_decoded_exactly() {
        for (bytes, encoded) in [
            (&b"/b\xff.crt"[..], "/b%FF.crt"),
            (b"100%\xc3\xa9\xc3", "100%25\u{e9}%C3"),
            (b"%FF\xed\xa0\x80\n", "%25FF%ED%A0%80\n"),
        ] {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(percent_encoded(path).unwrap(), encoded);
            assert_eq!(percent_decoded(encoded).unwrap(), path);
        }
        for invalid in ["%", "%F", "%G0", "a%+1", "%\u{e9}"] {
            assert_eq!(percent_decoded(invalid), None, "{invalid}");
        }
    }
}
