//! Reads a lesson file, on a thread that may wait for the disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::lessons::error::FileError;
use crate::lessons::{LARGEST_FILE, Lesson};
use crate::text;

/// Reads a lesson file; never more of it than a lesson can have.
pub(super) fn read(path: &Path) -> Result<Lesson, FileError> {
    let path_owned = || path.to_owned();
    let unreadable = |error: std::io::Error| {
        let raw = text::io_error(&error);
        FileError::Unreadable { path: path_owned(), raw }
    };
    // Opening a pipe would wait for somebody who writes into it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(FileError::Unreadable {
            path: path_owned(),
            raw: "it is not an ordinary file".to_owned(),
        });
    }
    let mut bytes = Vec::new();
    let most = LARGEST_FILE as u64 + 1;
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > LARGEST_FILE {
        return Err(FileError::TooLarge { path: path_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText { path: path_owned() })?;
    Lesson::parse(&text).map_err(|error| FileError::Broken { path: path_owned(), error })
}
