//! An option whose value is one of a few keywords: our own parser words the error, and shell completions list the keywords.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// A value parser that lists its possible values.
#[derive(Clone)]
pub(super) struct KeywordParser<P> {
    keywords: Vec<&'static str>,
    parser: P,
}

/// Adds the list of possible values to a parser. Hide them from the help text where the placeholder names them.
pub(super) fn keywords<P: TypedValueParser>(
    keywords: impl IntoIterator<Item = &'static str>,
    parser: P,
) -> KeywordParser<P> {
    KeywordParser { keywords: keywords.into_iter().collect(), parser }
}

impl<P: TypedValueParser> TypedValueParser for KeywordParser<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        (!self.keywords.is_empty())
            .then(|| Box::new(self.keywords.iter().map(PossibleValue::new)) as Box<dyn Iterator<Item = _>>)
    }
}
