//! What the targets share: seeds for their corpora, a folder in memory, and what every text of the program is like.

use std::fs;
use std::path::{Path, PathBuf};

mod identity;

pub use identity::{Identity, identities, pem};

/// Puts seeds into the target's corpus, which is the first folder on its command line. Seeds are made when they are
/// wanted, never kept: no certificate and no key is in the repository.
///
/// # Panics
/// The corpus can't be written.
pub fn seed(seeds: impl IntoIterator<Item = Vec<u8>>) {
    let folders = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let Some(corpus) = folders.into_iter().find(|path| path.is_dir()) else { return };
    for (number, bytes) in seeds.into_iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number:03}")), bytes).expect("the corpus can be written");
    }
}

/// A file of the target's own, in memory where the system has such a folder.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// A folder of its own, removed in the end.
    ///
    /// # Panics
    /// No folder can be made.
    #[must_use]
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { folder: folder.expect("a folder can be made") }
    }

    /// A path in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in it.
    ///
    /// # Panics
    /// It can't be written.
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

/// The repository's own folder.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What is shown in one line is one line, and looks like what it is: no character in it is invisible or turns the
/// direction of writing.
///
/// # Panics
/// It is not so.
#[track_caller]
pub fn check_line(text: &str) {
    for character in text.chars() {
        let shown = echoscope::log::format::visible(character);
        assert!(shown == character, "{character:?} stands in the line {text:?}");
    }
}

/// A message is one line and short enough to be read, whatever it quotes.
///
/// # Panics
/// It is not so.
#[track_caller]
pub fn check_message(text: &str) {
    check_line(text);
    assert!(!text.trim().is_empty(), "there is a message, and it says nothing");
    let length = text.chars().count();
    assert!(length <= 1000, "a message of {length} characters: {text:?}");
}
