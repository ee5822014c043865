//! Walks a TOML document: takes keys out of tables, and says in which line something is not as it should be.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::lessons::error::LessonError;
use crate::text::is_printable;

/// A value of the document, and where it stands.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The text of a document: turns places in it into lines and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a>(pub(super) &'a str);

impl<'a> Document<'a> {
    /// The document as a table.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, LessonError> {
        DeTable::parse(self.0).map_err(|error| {
            let words = format!("This is not TOML: {}.", error.message().trim_end_matches('.'));
            self.error(error.span().unwrap_or_default().start, words)
        })
    }

    /// An error at a byte of the text.
    pub(super) fn error(self, at: usize, words: impl Into<String>) -> LessonError {
        let before = self.0.get(..at).unwrap_or(self.0);
        let line = before.rsplit('\n').next().unwrap_or_default();
        LessonError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            words: words.into(),
        }
    }

    /// An error about a value.
    pub(super) fn about(self, value: &Value<'_>, words: impl Into<String>) -> LessonError {
        self.error(value.span().start, words)
    }

    /// What must be text.
    pub(super) fn text<'v>(self, key: &str, value: &'v Value<'_>) -> Result<&'v str, LessonError> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.about(value, format!("{key} takes text in quotes, such as {key} = \"…\".")))
    }

    /// What must be a whole number that fits.
    pub(super) fn number(self, key: &str, value: &Value<'_>) -> Result<u64, LessonError> {
        let number =
            value.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        number.ok_or_else(|| self.about(value, format!("{key} takes a whole number, such as {key} = 3.")))
    }

    /// What must be true or false.
    pub(super) fn truth(self, key: &str, value: &Value<'_>) -> Result<bool, LessonError> {
        let truth = value.get_ref().as_bool();
        truth.ok_or_else(|| self.about(value, format!("{key} takes true or false, without quotes.")))
    }

    /// What must be a list.
    pub(super) fn list<'v, 'i>(
        self,
        key: &str,
        value: &'v Value<'i>,
    ) -> Result<&'v [Spanned<DeValue<'i>>], LessonError> {
        let list = value.get_ref().as_array();
        list.map(|list| &**list)
            .ok_or_else(|| self.about(value, format!("{key} takes a list in brackets, such as {key} = […].")))
    }

    /// One word of a few.
    pub(super) fn one_of<T: Copy>(
        self,
        key: &str,
        value: &Value<'_>,
        words: &[(&str, T)],
    ) -> Result<T, LessonError> {
        let text = self.text(key, value)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meant)| *meant).ok_or_else(|| {
            self.about(
                value,
                format!("{key} can't be “{}”. It takes {}.", shown(text), listed(words.iter().map(|w| w.0))),
            )
        })
    }

    /// One word of a few, or a list of such words.
    pub(super) fn some_of<T: Copy>(
        self,
        key: &str,
        value: &Value<'_>,
        words: &[(&str, T)],
    ) -> Result<Vec<T>, LessonError> {
        match value.get_ref().as_array() {
            None => Ok(vec![self.one_of(key, value, words)?]),
            Some(list) if list.is_empty() => Err(self.about(value, format!("The list of {key} is empty."))),
            Some(list) => list.iter().map(|value| self.one_of(key, value, words)).collect(),
        }
    }
}

/// A table whose keys are taken out one by one; a key that nobody has asked for is an error.
pub(super) struct Keys<'a, 't, 'i> {
    pub(super) document: Document<'a>,
    table: &'t DeTable<'i>,
    /// Where the table begins.
    span: Range<usize>,
    /// What the table is, as in “a step”.
    name: &'static str,
    /// What was asked for, for the words of the error.
    known: Vec<&'static str>,
}

impl<'a, 't, 'i> Keys<'a, 't, 'i> {
    /// The keys of the whole document.
    pub(super) fn of_document(
        document: Document<'a>,
        table: &'t Spanned<DeTable<'i>>,
        name: &'static str,
    ) -> Self {
        Self { document, table: table.get_ref(), span: 0..0, name, known: Vec::new() }
    }

    /// The keys of a value that must be a table.
    pub(super) fn of_value(
        document: Document<'a>,
        value: &'t Value<'i>,
        name: &'static str,
    ) -> Result<Self, LessonError> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(
                document.about(value, format!("Here {name} is wanted: keys and values in braces, {{ … }}."))
            );
        };
        Ok(Self { document, table, span: value.span(), name, known: Vec::new() })
    }

    /// The value of a key.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'t Value<'i>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    /// The text of a key that must be there and not be empty; `what` is what it says, as in “a sentence”.
    pub(super) fn need_text(&mut self, key: &'static str, what: &str) -> Result<String, LessonError> {
        let missing = format!("{} needs {what} ({key} = \"…\").", capital(self.name));
        let Some(value) = self.take(key) else { return Err(self.error(missing)) };
        let text = self.document.text(key, value)?.trim();
        if text.is_empty() { Err(self.document.about(value, missing)) } else { Ok(text.to_owned()) }
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, words: impl Into<String>) -> LessonError {
        self.document.error(self.span.start, words)
    }

    /// Every key was taken.
    pub(super) fn finish(self) -> Result<(), LessonError> {
        let unknown = self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let known = listed(self.known.iter().copied());
                let words = format!(
                    "{} has no key “{}”. It may have {known}.",
                    capital(self.name),
                    shown(key.get_ref())
                );
                Err(self.document.error(key.span().start, words))
            }
        }
    }
}

/// Words as one says them: `a`, `a or b`, `a, b or c`.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// A word of the file in a sentence: short, and on one line.
fn shown(word: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String =
        word.chars().take(LONGEST).map(|c| if is_printable(c) { c } else { '?' }).collect();
    if word.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// The same words at the beginning of a sentence.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
