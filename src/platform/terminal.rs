//! Command lines to copy into a terminal of this OS: the programs' names, and quoting.

use std::fmt::Write;
use std::path::Path;

/// A command line for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalCommand {
    /// The program's name as the user sees it: `openssl`, `curl`, `Python`.
    pub program: &'static str,
    /// The whole command line.
    pub line: String,
    /// Sentences about anything unusual in the line.
    pub note: Option<String>,
}

/// The command that starts Python. On Windows the installer adds a launcher, while `python3` may open the store.
pub const PYTHON: &str = if cfg!(windows) { "py" } else { "python3" };

/// The command that starts curl. On Windows it needs the extension, since PowerShell has its own `curl`.
pub const CURL: &str = if cfg!(windows) { "curl.exe" } else { "curl" };

/// The option that lets curl accept a practice CA's certificate, with a space before it. On Windows, curl would
/// otherwise require a revocation list of that CA, and there is none.
pub const CURL_UNREVOKED: &str = if cfg!(windows) { " --ssl-no-revoke" } else { "" };

/// Whether nc and openssl are usually installed.
pub const HAS_NC_AND_OPENSSL: bool = cfg!(unix);

/// Whether `sudo` can copy a file that the user may not read.
pub const HAS_SUDO: bool = cfg!(unix);

/// Returns the path as one argument for a shell, quoted if necessary.
#[must_use]
pub fn argument(path: &Path) -> String {
    let plain = |c: char| {
        // PowerShell separates arguments at commas, and replaces names after @.
        let also = if cfg!(windows) { "/._-~+:\\" } else { "/._-~+:,@" };
        c.is_alphanumeric() || also.contains(c)
    };
    match path.to_str() {
        Some(name) if !name.is_empty() && !name.starts_with('~') && name.chars().all(plain) => {
            // See `quoted_path`.
            if name.starts_with('-') { format!("./{name}") } else { name.to_owned() }
        }
        _ => quoted_path(path),
    }
}

/// Returns the path as one argument for a shell, in quotes.
#[must_use]
pub fn quoted_path(path: &Path) -> String {
    let mut name = path.as_os_str().to_owned();
    // Programs parse an argument that starts with a dash as an option, even in quotes.
    if name.as_encoded_bytes().starts_with(b"-") {
        name = Path::new(".").join(path).into_os_string();
    }
    if cfg!(windows) {
        return quoted_for_windows(&name.to_string_lossy());
    }
    match name.to_str() {
        Some(name) if name.chars().all(is_shown) => quoted(name),
        _ => printed(name.as_encoded_bytes()),
    }
}

/// Returns whether a character is visible and can be copied from a terminal and pasted into one.
fn is_shown(c: char) -> bool {
    matches!(c, ' '..='~') || c.is_alphanumeric()
}

/// Returns a name as a call of printf, which every POSIX shell has: with numbers for the bytes that aren't visible.
fn printed(name: &[u8]) -> String {
    // The shell removes line ends at the end of what printf prints, so they follow it.
    let ends = name.iter().rev().take_while(|byte| **byte == b'\n').count();
    let mut text = "\"$(printf '".to_owned();
    for chunk in name[..name.len() - ends].utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_shown(c) && !"'\\%$`\"!".contains(c) {
                text.push(c);
            } else {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_octal(&mut text, byte));
            }
        }
        chunk.invalid().iter().for_each(|byte| push_octal(&mut text, *byte));
    }
    text += "')\"";
    if ends > 0 {
        text += &quoted(&"\n".repeat(ends));
    }
    text
}

fn push_octal(text: &mut String, byte: u8) {
    let _ = write!(text, "\\{byte:03o}");
}

/// Returns a name in quotes for PowerShell and, as far as possible, for cmd. File names on Windows contain no double
/// quote. PowerShell takes curly quotes like straight ones (`about_Quoting_Rules`).
fn quoted_for_windows(name: &str) -> String {
    if !name.contains(['$', '`', '“', '”', '„']) {
        return format!("\"{name}\"");
    }
    let mut text = String::from("'");
    for c in name.chars() {
        text.extend(std::iter::repeat_n(c, if "'‘’‚‛".contains(c) { 2 } else { 1 }));
    }
    text + "'"
}

/// Returns the command line that runs this code in Python.
#[must_use]
pub fn python(code: &str) -> String {
    if cfg!(windows) || !code.contains(['$', '`', '"', '\\', '!']) {
        format!("{PYTHON} -c \"{code}\"")
    } else {
        format!("{PYTHON} -c {}", quoted(code))
    }
}

/// Returns a path as a Python string in single quotes, for [`python`]: no character is special to a shell, except for
/// the backslash in POSIX shells. Bytes that aren't UTF-8 are written as Python represents them (PEP 383).
#[must_use]
pub fn python_string(path: &Path) -> String {
    let mut text = String::from("'");
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            let _ = match c {
                '\\' if cfg!(windows) => write!(text, "/"),
                '\'' => write!(text, r"\'"),
                '\n' => write!(text, r"\n"),
                '\r' => write!(text, r"\r"),
                _ if is_shown(c) && !"\"\\$`!%".contains(c) => write!(text, "{c}"),
                '\0'..='\u{ff}' => write!(text, "\\x{:02x}", u32::from(c)),
                '\0'..='\u{ffff}' => write!(text, "\\u{:04x}", u32::from(c)),
                _ => write!(text, "\\U{:08x}", u32::from(c)),
            };
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\udc{byte:02x}");
        }
    }
    text + "'"
}

/// Returns a text as one word for a POSIX shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_string_stays_on_one_line() {
        assert_eq!(python_string(Path::new("it's\na\rlab")), r"'it\'s\na\rlab'");
    }

    #[test]
    fn arguments_are_quoted_if_necessary() {
        let name = |text: &str| argument(Path::new(text));
        assert_eq!(name("lab/server.key"), "lab/server.key");
        assert_eq!(name("-rf"), "./-rf");
        if cfg!(unix) {
            assert_eq!(name("my key.pem"), "'my key.pem'");
            assert_eq!(name("it's"), r"'it'\''s'");
            for odd in ["-my lab/ca.crt", "$HOME", "~", r"a\b", ""] {
                let dash = if odd.starts_with('-') { "./" } else { "" };
                assert_eq!(name(odd), format!("'{dash}{odd}'"));
            }
        }
    }

    #[test]
    fn windows_names_survive_powershell() {
        assert_eq!(quoted_for_windows("C:\\my lab"), "\"C:\\my lab\"");
        assert_eq!(quoted_for_windows("it's $HOME"), "'it''s $HOME'");
        assert_eq!(quoted_for_windows("a“b’"), "'a“b’’'");
    }

    /// Names with characters that are special to a shell, to Python or to a terminal.
    #[cfg(unix)]
    const NAMES: [&[u8]; 12] = [
        b"two\nlines",
        b"ends with\n\n",
        b"\n",
        b"-dash\n1",
        b"it's \"quoted\" $HOME `id` !! %s \\n",
        b"it's \x1b[31m \"quoted\" $HOME `id` !! %s%% \\n \\",
        b"not UTF-8: \xff\xfe1",
        "bidi \u{202e}txt.exe, \u{200b}, \u{2028}".as_bytes(),
        "s\u{fc}\u{df} \u{732b} \u{1f600}".as_bytes(),
        b"bell \x077, \x7f, tab\t, CR\r",
        b"~",
        b"*?[a]{b}&;|<>()#",
    ];

    #[cfg(unix)]
    fn run(shell: &str, line: &str) -> Option<Vec<u8>> {
        let output = std::process::Command::new(shell).arg("-c").arg(line).output().ok()?;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        Some(output.stdout)
    }

    #[cfg(unix)]
    #[test]
    fn shells_get_every_file_name_back() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        for name in NAMES {
            let word = argument(Path::new(OsStr::from_bytes(name)));
            assert!(!word.trim_end_matches(['\n', '\'']).contains(char::is_control), "{word:?}");
            let expected = if name.starts_with(b"-") { [b"./", name].concat() } else { name.to_vec() };
            for shell in ["sh", "bash", "zsh"] {
                let Some(printed) = run(shell, &format!("printf %s {word}")) else { continue };
                assert!(printed == expected, "{shell}: {word} gave {:?}", String::from_utf8_lossy(&printed));
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn python_gets_every_file_name_back() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        if std::process::Command::new(PYTHON).arg("--version").output().is_err() {
            return;
        }
        for name in NAMES {
            let string = python_string(Path::new(OsStr::from_bytes(name)));
            let line = python(&format!("import os, sys; sys.stdout.buffer.write(os.fsencode({string}))"));
            assert!(!line.contains(char::is_control), "{line:?}");
            for shell in ["sh", "bash", "zsh"] {
                let Some(printed) = run(shell, &line) else { continue };
                assert!(printed == name, "{shell}: {line} gave {:?}", String::from_utf8_lossy(&printed));
            }
        }
    }
}
