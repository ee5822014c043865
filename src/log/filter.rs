//! What the reader wants to see: typed text and chips for the kinds.

use std::fmt;

pub use crate::log::kind::{Kind, KindSet, Tone};
use crate::log::line::line;
use crate::log::scan::{self, Search, Word};
use crate::server::event::{Event, EventKind};
use crate::settings::DataFormat;

/// Decides which entries are shown.
///
/// The text is split at white space, and an entry is shown where all of its words match:
/// - `#2` matches the entries about client 2; of several such words one is enough. A bare `#` matches every client.
/// - `error` and `problem`, also with an `s`, match every problem, and else as any word.
/// - Any other word matches where the row's line contains it, whatever the case (İ and the Kelvin sign are no i and no
///   k). For received data the line is searched with the data as Python writes it and with the data as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    kinds: KindSet,
    clients: Vec<u64>,
    any_client: bool,
    words: Vec<Word>,
}

impl Filter {
    /// Reads typed text. No text and all kinds let everything pass.
    #[must_use]
    pub fn new(text: &str, kinds: KindSet) -> Self {
        let mut filter = Self { kinds, ..Self::default() };
        for word in text.split_whitespace() {
            match word.strip_prefix('#') {
                Some("") => filter.any_client = true,
                Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    // A number beyond u64 is nobody's: no client ever gets the highest.
                    filter.clients.push(number.parse().unwrap_or(u64::MAX));
                }
                _ if filter.words.len() < scan::MAX_WORDS => filter.words.push(Word::new(word)),
                _ => {}
            }
        }
        filter
    }

    /// The kinds that are shown.
    #[must_use]
    pub fn kinds(&self) -> KindSet {
        self.kinds
    }

    /// Whether every entry passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an entry is shown.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        let mut search = Search::default();
        let mut verdict = self.begin(event, &mut search);
        while verdict.is_none() {
            verdict = self.go_on(event, &mut search);
        }
        verdict.unwrap_or_default()
    }

    /// Whether an entry is shown; `None` where its data has to be looked through first, by [`Filter::go_on`].
    pub(super) fn begin(&self, event: &Event, search: &mut Search) -> Option<bool> {
        if !self.fits(event) {
            return Some(false);
        }
        if self.words.is_empty() {
            return Some(true);
        }
        if let EventKind::Received { data, .. } = &event.kind {
            search.begin(data, &self.words);
            return search.step(data, &self.words);
        }
        let is_problem = Kind::of(event) == Kind::Problems;
        Some(scan::line_has_all(&line(event, DataFormat::Python), &self.words, is_problem))
    }

    /// Looks through the next piece of an entry's data, at most [`Search::STEP`] bytes.
    pub(super) fn go_on(&self, event: &Event, search: &mut Search) -> Option<bool> {
        match &event.kind {
            EventKind::Received { data, .. } => search.step(data, &self.words),
            _ => self.begin(event, search),
        }
    }

    /// Whether the entry's kind and client are asked for.
    fn fits(&self, event: &Event) -> bool {
        if !self.kinds.contains(Kind::of(event)) {
            return false;
        }
        if self.any_client && event.client.is_none() {
            return false;
        }
        self.clients.is_empty() || event.client.is_some_and(|client| self.clients.contains(&client.id.0))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::{closed, event, handshake, problem, received};
    use crate::server::event::{CloseReason, Problem};
    use crate::tls::handshake::HandshakeKind;

    fn shows(text: &str, event: &Event) -> bool {
        Filter::new(text, KindSet::ALL).matches(event)
    }

    #[test]
    fn words_are_found_in_the_line_as_shown() {
        let hello = received(1, b"Hello\nWorld");
        for text in ["", "hello", "HELLO world", "  Received: ", r"b'hello\nworld'", "\\n", "#1 ello", "# #1"]
        {
            assert!(shows(text, &hello), "{text:?}");
        }
        for text in ["hello there", "#2", "#12", "error", "hello\u{e9}", "#99999999999999999999"] {
            assert!(!shows(text, &hello), "{text:?}");
        }
        assert!(shows("#1 #2", &hello), "one of several clients is enough");
    }

    #[test]
    fn text_is_found_beside_its_escapes() {
        let cafe = received(1, "un CAF\u{c9} \u{e0} l'\u{e9}t\u{e9} \"C:\\dir\"".as_bytes());
        for text in ["caf\u{e9}", r"\xc3\x89", "l'\u{c9}t\u{e9}", r"C:\dir", r"c:\\dir", "l'", r"l\'"] {
            assert!(shows(text, &cafe), "{text:?}");
        }
        assert!(!shows("cafe", &cafe));
    }

    #[test]
    fn error_finds_problems() {
        assert!(shows("error", &problem(Problem::TlsOnPlain)));
        assert!(shows("#2 problems tls", &problem(Problem::TlsOnPlain)));
        assert!(!shows("error", &handshake(HandshakeKind::Full)));
        assert!(shows("error", &received(1, b"an error, sent")));
        assert!(shows("aes localhost", &handshake(HandshakeKind::Full)));
        assert!(shows("client", &closed(CloseReason::EndOfStream)));
        assert!(!shows("error", &closed(CloseReason::EndOfStream)));
        let lost = closed(CloseReason::Lost { raw: String::new() });
        assert!(shows("error", &lost));
        assert_eq!((Kind::of(&lost), Tone::of(&lost)), (Kind::Problems, Tone::Caution));
    }

    #[test]
    fn chips_hide_kinds_but_never_the_server() {
        let none = Kind::CHIPS.into_iter().fold(KindSet::ALL, |kinds, kind| kinds.with(kind, false));
        let filter = Filter::new("", none);
        assert!(filter.matches(&event(None, EventKind::Stopped)));
        assert!(filter.matches(&event(None, EventKind::NotShown { count: 3 })));
        assert!(!filter.matches(&received(1, b"x")));
        assert!(!filter.matches(&closed(CloseReason::Idle)));
        assert!(!filter.is_open() && Filter::new(" ", KindSet::ALL).is_open());
    }
}
