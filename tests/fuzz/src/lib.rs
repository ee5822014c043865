//! Helpers for the fuzz targets: seeds for the corpora, a scratch folder, and checks that hold for every text.

use std::fs;
use std::path::{Path, PathBuf};

mod identity;

pub use identity::{Identity, identities, pem};

/// Writes seeds into the target's corpus, the first folder on its command line. Targets create their seeds at each
/// start, because the repository contains no certificates and no keys.
///
/// # Panics
/// If the corpus can't be written.
pub fn seed(seeds: impl IntoIterator<Item = Vec<u8>>) {
    let folders = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let Some(corpus) = folders.into_iter().find(|path| path.is_dir()) else { return };
    for (number, bytes) in seeds.into_iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number:03}")), bytes).expect("the corpus can be written");
    }
}

/// A folder for the target's files, in memory where the OS has such a folder.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// Creates the folder. It is removed on drop.
    ///
    /// # Panics
    /// If the folder can't be created.
    #[must_use]
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { folder: folder.expect("a folder can be made") }
    }

    /// Returns the path of a file in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// If the file can't be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("the file can be written");
        path
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the folder of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Checks that text for one line has no line breaks, no invisible characters, and no characters that change the
/// direction of text.
///
/// # Panics
/// If the check fails.
#[track_caller]
pub fn check_line(text: &str) {
    for character in text.chars() {
        let shown = echoscope::log::format::visible(character);
        assert!(shown == character, "the line contains {character:?}: {text:?}");
    }
}

/// Checks that a message is one line and short, whatever it quotes.
///
/// # Panics
/// If the check fails.
#[track_caller]
pub fn check_message(text: &str) {
    check_line(text);
    assert!(!text.trim().is_empty(), "the message is empty");
    let length = text.chars().count();
    assert!(length <= 1000, "a message of {length} characters: {text:?}");
}
