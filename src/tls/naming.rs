//! How file names stand in sentences and in commands for a shell.

use std::path::Path;

use super::details::misleads;

/// The file's name in a sentence, in quotes where its end would not be seen.
pub(super) fn shown(path: &Path) -> String {
    let name = harmless(&file_name(path));
    if is_simple(&name) { name } else { format!("“{name}”") }
}

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

/// Any text as one word for a POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn is_simple(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '\\' | ':'))
}

/// A folder's path in a sentence, in one line.
pub(super) fn folder(path: &Path) -> String {
    path.display().to_string().chars().map(|c| if misleads(c) { '?' } else { c }).collect()
}

/// Text from a file or its name, kept to one short line.
pub(super) fn harmless(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text.chars().take(LONGEST).map(|c| if misleads(c) { '?' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
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
        assert_eq!(shown(Path::new("my key.pem")), "“my key.pem”");
        assert_eq!(shown(Path::new("a\nb")), "“a?b”");
        assert_eq!(shown(Path::new("a\u{202e}b")), "“a?b”");
    }
}
