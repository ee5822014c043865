//! Command lines to copy into a terminal of this OS: the programs' names, and quoting.

use std::path::Path;

/// A command line for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalCommand {
    /// The program's name as the user sees it: `openssl`, `curl`, `Python`.
    pub program: &'static str,
    /// The whole command line.
    pub line: String,
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

/// Returns the path as one argument for a shell.
#[must_use]
pub fn argument(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    // Programs parse an argument that starts with a dash as an option, even in quotes.
    let name = if name.starts_with('-') { format!("./{name}") } else { name };
    let plain = |c: char| c.is_alphanumeric() || "/._-~+:,@".contains(c) || cfg!(windows) && c == '\\';
    if !name.is_empty() && !name.starts_with('~') && name.chars().all(plain) {
        name
    } else if cfg!(windows) {
        format!("\"{name}\"")
    } else {
        quoted(&name)
    }
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

/// Returns a path as a Python string in single quotes, for [`python`].
#[must_use]
pub fn python_string(path: &Path) -> String {
    let path = path.display().to_string();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.replace('\\', r"\\") };
    format!("'{}'", path.replace('\'', r"\'").replace('\n', r"\n").replace('\r', r"\r"))
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
}
