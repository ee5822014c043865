//! What keeps a certificate from being made, each with the field where it is told.

use std::io;
use std::path::PathBuf;

use crate::text::display_path;
use crate::tls::create::names::{MAX_COMMON_NAME, NameProblem};
use crate::tls::create::request::{MAX_DAYS, MAX_NAMES};
use crate::tls::error::{FileError, TlsError};

/// Where in the form a problem is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The folder for the files.
    Folder,
    /// The common name.
    CommonName,
    /// The names and addresses.
    Names,
    /// The days of validity.
    Days,
    /// *Signed by a practice CA*.
    Ca,
}

/// A value that can't be used, or a disk that does not go along. Displayed as a sentence or two with the remedy.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Problem {
    /// No folder was given.
    #[error("No folder is chosen. Type the path of a folder for the new files.")]
    NoFolder,
    /// Neither the folder nor the one around it is there: more likely a typing error than a wish.
    #[error(
        "There is no folder {}. Check the path: only the last folder of it can be made new.",
        display_path(parent)
    )]
    NoParent {
        /// The folder around the one that was asked for.
        parent: PathBuf,
    },
    /// The path is a file's.
    #[error("{} is not a folder. Choose the folder that it is in, or another.", display_path(path))]
    NotAFolder {
        /// The path, as it was typed.
        path: PathBuf,
    },
    /// The system does not let us make a file there (`EACCES`, `EROFS`, `ENOSPC`).
    #[error(
        "Nothing can be written in {} ({}). Choose a folder of your own.",
        display_path(path),
        plain(raw)
    )]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// The system's own words.
        raw: String,
    },
    /// The system has a folder there in which it makes no files for anybody, such as `/proc` (`ENOENT`): its own words
    /// would read as if the folder were not there.
    #[error("The system lets nobody make files in {}. Choose a folder of your own.", display_path(path))]
    NoFiles {
        /// The folder.
        path: PathBuf,
        /// The system's own words.
        raw: String,
    },
    /// Nothing was typed as common name.
    #[error("The common name is empty. Type the name that clients connect to, such as localhost.")]
    NoCommonName,
    /// The common name is no name.
    #[error("{0}")]
    CommonName(NameProblem),
    /// The common name is longer than X.509 allows.
    #[error(
        "The common name has {length} characters, and at most {MAX_COMMON_NAME} are allowed. Choose a shorter one, and \
         give the long one as a further name."
    )]
    LongCommonName {
        /// How many.
        length: usize,
    },
    /// One of the names is no name.
    #[error("{0}")]
    Name(NameProblem),
    /// More names than a handshake should carry.
    #[error("{count} names are too many for one certificate. Leave it at {MAX_NAMES} at most.")]
    TooManyNames {
        /// How many.
        count: usize,
    },
    /// Not a whole number from 1 to [`MAX_DAYS`].
    #[error("Days takes a whole number from 1 to 36,500, which is a hundred years.")]
    Days,
    /// `ca.crt` is there, `ca.key` is not.
    #[error(
        "ca.crt is in the folder, but ca.key, which signs with it, is missing. Put ca.key back, or move ca.crt away: \
         then both are made anew."
    )]
    CaWithoutKey,
    /// `ca.key` is there, `ca.crt` is not.
    #[error(
        "ca.key is in the folder, but its certificate ca.crt is missing. Put ca.crt back, or move ca.key away: then \
         both are made anew."
    )]
    KeyWithoutCa,
    /// `ca.crt` or `ca.key` can't be read.
    #[error(transparent)]
    CaFile(#[from] FileError),
    /// `ca.key` belongs to another certificate than `ca.crt`.
    #[error(
        "ca.key does not fit ca.crt: they were not made together. Put the right one back, or move both away: then \
         they are made anew."
    )]
    CaMismatch {
        /// What was found, in detail.
        raw: String,
    },
    /// `ca.crt` is no certificate of an authority (RFC 5280, section 4.2.1.9).
    #[error(
        "ca.crt is not the certificate of an authority, so clients would not accept what it signs. Move ca.crt and \
         ca.key away: then a practice CA is made anew."
    )]
    NotACa,
    /// `ca.crt` has expired, or is not valid yet.
    #[error(
        "ca.crt is {when}, so clients would refuse what it signs. Move ca.crt and ca.key away: then a practice CA is \
         made anew."
    )]
    CaNotValid {
        /// For example `expired since 2026-01-31`.
        when: String,
    },
    /// `ca.crt` is valid, but of a form that we can't sign with.
    #[error(
        "ca.crt can't be signed with here: its name or its key is of an unusual kind. Move ca.crt and ca.key away: then \
         a practice CA is made anew."
    )]
    CaUnusual {
        /// The library's own words.
        raw: String,
    },
}

impl Problem {
    /// What the system said when a file or a folder was to be made in this folder, which is there.
    pub(super) fn not_writable(path: PathBuf, error: &io::Error) -> Self {
        let raw = error.to_string();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoFiles { path, raw },
            _ => Self::NotWritable { path, raw },
        }
    }

    /// Where it is told.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Self::NoFolder
            | Self::NoParent { .. }
            | Self::NotAFolder { .. }
            | Self::NotWritable { .. }
            | Self::NoFiles { .. } => Field::Folder,
            Self::NoCommonName | Self::CommonName(_) | Self::LongCommonName { .. } => Field::CommonName,
            Self::Name(_) | Self::TooManyNames { .. } => Field::Names,
            Self::Days => Field::Days,
            Self::CaWithoutKey
            | Self::KeyWithoutCa
            | Self::CaFile(_)
            | Self::CaMismatch { .. }
            | Self::NotACa
            | Self::CaNotValid { .. }
            | Self::CaUnusual { .. } => Field::Ca,
        }
    }

    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::NotWritable { raw, .. }
            | Self::NoFiles { raw, .. }
            | Self::CaMismatch { raw }
            | Self::CaUnusual { raw } => Some(raw.clone()),
            Self::CaFile(error) => error.raw(),
            _ => None,
        }
    }
}

impl PartialEq for Problem {
    /// Two problems are the same where they read the same.
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl From<TlsError> for Problem {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::File(error) => Self::CaFile(error),
            other => Self::CaMismatch { raw: other.to_string() },
        }
    }
}

/// The system's words without its number, and without a capital: they stand in brackets.
pub(super) fn plain(raw: &str) -> String {
    let words = raw.split(" (os error").next().unwrap_or(raw);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

const _: () = assert!(MAX_DAYS == 36_500, "the sentence for Problem::Days names the limit");
