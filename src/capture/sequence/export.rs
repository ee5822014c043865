//! The file formats of a sequence diagram.

use std::io::{self, Write};

use crate::capture::sequence::{Sequence, svg_export, text_export};

/// A file format for a sequence diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceFormat {
    /// A picture: SVG.
    Svg,
    /// Plain text, for a monospaced font.
    Text,
}

impl SequenceFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Svg, Self::Text];

    /// Returns the name, and the extension of a file.
    #[must_use]
    pub fn name_and_extension(self) -> (&'static str, &'static str) {
        match self {
            Self::Svg => ("SVG", "svg"),
            Self::Text => ("text", "txt"),
        }
    }

    /// Writes the diagram, row by row.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, sequence: &Sequence, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Svg => svg_export::write(sequence, out),
            Self::Text => text_export::write(sequence, out),
        }
    }

    /// Returns the diagram as a string.
    #[must_use]
    pub fn to_string(self, sequence: &Sequence) -> String {
        let mut out = Vec::new();
        // Writing to a vector never fails.
        let _ = self.write(sequence, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}
