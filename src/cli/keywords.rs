//! A flag whose value is one of a few words: our own parser says what is wrong with a value, and completions know
//! what would be right.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// A parser, and the words that it takes.
#[derive(Clone)]
pub(super) struct Keywords<P> {
    words: Vec<&'static str>,
    parser: P,
}

/// Tells clap the words that a parser takes. The flag should hide them from its help, where its value's name has them.
pub(super) fn keywords<P: TypedValueParser>(
    words: impl IntoIterator<Item = &'static str>,
    parser: P,
) -> Keywords<P> {
    Keywords { words: words.into_iter().collect(), parser }
}

impl<P: TypedValueParser> TypedValueParser for Keywords<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words.iter().map(PossibleValue::new)))
    }
}
