//! What can be wrong with a lesson file.

use std::path::PathBuf;

use crate::lessons::LARGEST_FILE;

/// Something in a lesson's text that is not as the format has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}, column {column}: {words}")]
pub struct LessonError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong there and what is wanted, in a sentence or two.
    pub words: String,
}

/// A lesson file that can't be opened as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The system doesn't hand it over: it is not there, it is a folder, or it is not ours to read.
    #[error("The lesson {} can't be read: {raw}. Choose another file.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        raw: String,
    },
    /// It has more bytes than [`LARGEST_FILE`]; it was not read.
    #[error(
        "{} is larger than a lesson can be ({} KiB). Choose another file.",
        path.display(),
        LARGEST_FILE >> 10
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Its bytes are not UTF-8.
    #[error("{} is not text in UTF-8, so it is no lesson. Choose another file.", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// It is text, and something in it is wrong.
    #[error("The lesson {} can't be used. {error}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        error: LessonError,
    },
}
