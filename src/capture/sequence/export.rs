//! The file formats of a sequence diagram.

use std::io::{self, Write};

use crate::capture::sequence::diagram::Sequence;
use crate::capture::sequence::{svg_export, text_export};

/// A file format for a sequence diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceFormat {
    /// A picture: SVG.
    Svg,
    /// Plain text, for a monospaced font.
    Text,
}

impl SequenceFormat {
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
}
