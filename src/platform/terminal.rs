//! Lines that are copied into a terminal of this system: what programs are called there, and how a word is quoted.

use std::path::Path;

/// A command line for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalCommand {
    /// The program's name for the reader: `openssl`, `curl`, `Python`.
    pub program: &'static str,
    /// The whole command line.
    pub line: String,
}

/// How Python is started. Windows' installer brings a launcher; `python3` there may open a shop.
pub const PYTHON: &str = if cfg!(windows) { "py" } else { "python3" };

/// How curl is started. On Windows with its ending, since PowerShell has another `curl` of its own.
pub const CURL: &str = if cfg!(windows) { "curl.exe" } else { "curl" };

/// The flag for a curl that checks a practice CA's certificate, with a space before it. Windows' own would ask for a list
/// of what that CA has revoked, and there is none.
pub const CURL_UNREVOKED: &str = if cfg!(windows) { " --ssl-no-revoke" } else { "" };

/// Whether nc and openssl can be counted on.
pub const HAS_NC_AND_OPENSSL: bool = cfg!(unix);

/// The file's whole path as one argument for a shell: who pastes the command may stand in another folder.
#[must_use]
pub fn argument(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    // Programs take what begins with a dash for a flag, in quotes too.
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

/// The line that has Python run this code.
#[must_use]
pub fn python(code: &str) -> String {
    if cfg!(windows) || !code.contains(['$', '`', '"', '\\', '!']) {
        format!("{PYTHON} -c \"{code}\"")
    } else {
        format!("{PYTHON} -c {}", quoted(code))
    }
}

/// A file's path as a string of that code, in single quotes.
#[must_use]
pub fn python_string(path: &Path) -> String {
    let path = path.display().to_string();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.replace('\\', r"\\") };
    format!("'{}'", path.replace('\'', r"\'"))
}

/// Any text as one word for a POSIX shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_any_file_name() {
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
