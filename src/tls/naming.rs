//! How file names stand in sentences and in commands for a shell.

use std::path::Path;

/// The file's name in a sentence, in quotes where its end would not be seen.
pub(super) fn shown(path: &Path) -> String {
    let name = harmless(&file_name(path));
    if is_simple(&name) { name } else { format!("“{name}”") }
}

/// The file's whole path as one argument for a shell: who pastes the command may stand in another folder.
pub(super) fn argument(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    let name = if name.starts_with('-') { format!("./{name}") } else { name };
    if is_simple(&name) {
        name
    } else if cfg!(windows) {
        format!("\"{name}\"")
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
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
    path.display().to_string().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Text from a file or its name, kept to one short line.
pub(super) fn harmless(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect();
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
        }
        assert_eq!(shown(Path::new("my key.pem")), "“my key.pem”");
        assert_eq!(shown(Path::new("a\nb")), "“a?b”");
    }
}
