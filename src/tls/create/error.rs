//! Why nothing was made: what was asked for can't be used, or the disk or the library did not go along.

use std::path::PathBuf;

use crate::text::display_path;
use crate::tls::create::problem::{Problem, plain};

/// Why nothing was made. The folder is as it was before, or the error says what is not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// A value or the folder can't be used.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// Files with these names are there, and nobody said that they may be replaced.
    #[error(
        "{} {} in {} already. Choose another folder, or say that they may be replaced.",
        list(names),
        if names.len() == 1 { "is" } else { "are" },
        display_path(folder)
    )]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// The names of the files, without the folder.
        names: Vec<String>,
    },
    /// Another writer is at work in the folder, or was so a moment ago.
    #[error(
        "Another Echoscope is making certificates in {} just now, so nothing was written. Try again in a moment.",
        display_path(folder)
    )]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused to write or rename a file.
    #[error("{name} could not be written ({}). Nothing was changed.", plain(raw))]
    Write {
        /// The file's name, without the folder.
        name: String,
        /// The system's own words.
        raw: String,
    },
    /// Writing failed, and so did making the folder as it had been before.
    #[error(
        "{name} could not be written ({}), and not everything could be undone.{}",
        plain(raw),
        left(kept, new)
    )]
    HalfWritten {
        /// The file's name, without the folder.
        name: String,
        /// The system's own words.
        raw: String,
        /// Under which names in the folder the old files are that could not be put back.
        kept: Vec<String>,
        /// The new files that could not be removed.
        new: Vec<String>,
    },
    /// The library could not make a key or a signature.
    #[error("The certificate could not be made. Try again, or choose another kind of key.")]
    Library {
        /// The library's own words.
        raw: String,
    },
}

impl CreateError {
    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::Problem(problem) => problem.raw(),
            Self::Exists { .. } | Self::Busy { .. } => None,
            Self::Write { raw, .. } | Self::HalfWritten { raw, .. } | Self::Library { raw } => {
                Some(raw.clone())
            }
        }
    }
}

impl From<rcgen::Error> for CreateError {
    fn from(error: rcgen::Error) -> Self {
        Self::Library { raw: error.to_string() }
    }
}

/// What a failed undoing has left, and what to do about it.
fn left(kept: &[String], new: &[String]) -> String {
    let kept_words = match kept {
        [] => String::new(),
        [one] => format!(" The old file is kept in the folder as {one}: put it back by hand."),
        several => {
            format!(" The old files are kept in the folder as {}: put them back by hand.", list(several))
        }
    };
    let new_words = match new {
        [] => String::new(),
        [one] => format!(" {one} is new: remove it by hand."),
        several => format!(" {} are new: remove them by hand.", list(several)),
    };
    kept_words + &new_words
}

fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_undone_is_named_with_what_to_do() {
        let words = |kept: &[&str], new: &[&str]| {
            let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let raw = "No space left on device (os error 28)".to_owned();
            CreateError::HalfWritten { name: "server.crt".to_owned(), raw, kept: own(kept), new: own(new) }
                .to_string()
        };
        assert_eq!(
            words(&[".echoscope-x/server.key"], &[]),
            "server.crt could not be written (no space left on device), and not everything could be undone. The old \
             file is kept in the folder as .echoscope-x/server.key: put it back by hand."
        );
        assert!(
            words(&["a", "b"], &[])
                .ends_with("The old files are kept in the folder as a and b: put them back by hand.")
        );
        assert!(words(&[], &["ca.key"]).ends_with("undone. ca.key is new: remove it by hand."));
        assert!(words(&["a"], &["b", "c"]).ends_with("by hand. b and c are new: remove them by hand."));
    }
}
