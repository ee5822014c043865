//! How file names stand in sentences.

use std::path::Path;

use super::details::misleads;

/// The file's name in a sentence, in quotes where its end would not be seen.
pub(super) fn shown(path: &Path) -> String {
    let name = harmless(&file_name(path));
    if is_simple(&name) { name } else { format!("“{name}”") }
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
    fn a_name_stays_one_line_and_shows_its_end() {
        assert_eq!(shown(Path::new("my key.pem")), "“my key.pem”");
        assert_eq!(shown(Path::new("a\nb")), "“a?b”");
        assert_eq!(shown(Path::new("a\u{202e}b")), "“a?b”");
    }
}
