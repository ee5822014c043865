//! What a person types, as bytes: text with escapes and a line ending, or hexadecimal digits. Pure functions.

mod hex;
mod text;

use crate::text::is_printable;

pub use hex::bytes as hex;
pub use text::bytes as text;

/// What is added to a typed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LineEnding {
    /// Nothing.
    None,
    /// A line feed: Unix, and the tutorial's `nc`.
    #[default]
    Lf,
    /// Carriage return and line feed: most of the Internet's text protocols.
    CrLf,
    /// A zero byte, the end of a C string.
    Nul,
}

impl LineEnding {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::None, Self::Lf, Self::CrLf, Self::Nul];

    /// Its bytes.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Nul => b"\0",
        }
    }

    /// As it stands on a switch, for example `LF \n`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Lf => r"LF \n",
            Self::CrLf => r"CRLF \r\n",
            Self::Nul => r"NUL \0",
        }
    }
}

/// Why a text is not bytes. Displayed as a sentence or two that name the place and what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Character {}: {words}", position + 1)]
pub struct TypedError {
    /// The character it is about, counted from 0.
    pub position: usize,
    /// How many characters it is about, at least 1, for marking them.
    pub length: usize,
    /// What is wrong and what to do.
    pub words: String,
}

impl TypedError {
    fn new(position: usize, length: usize, words: impl Into<String>) -> Self {
        Self { position, length: length.max(1), words: words.into() }
    }
}

/// A character as it stands in a sentence: its number where it can't be seen, or would change how the rest looks.
fn shown(c: char) -> String {
    if is_printable(c) { c.to_string() } else { format!("U+{:04X}", u32::from(c)) }
}
