//! Looking for words in received data, piece by piece, so that data of any size needs little memory.

use crate::log::format::{escape_into, python_quote, text_chars};

/// Words beyond these are not looked for: each found word is one bit.
pub(super) const MAX_WORDS: usize = 64;

/// Bytes of data that are written out and searched at a time.
const PIECE: usize = 4096;

const PREFIX: &str = "received:";

/// A word to look for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Word {
    lower: String,
    /// Whether the word stands for every problem.
    problem: bool,
    /// Whether data written as text can hold it where the same data written by Python does not.
    in_text: bool,
}

impl Word {
    pub(super) fn new(word: &str) -> Self {
        let lower = lower(word.chars());
        let problem = matches!(lower.as_str(), "error" | "errors" | "problem" | "problems");
        let in_text = !lower.is_ascii() || lower.contains(['\'', '\\']);
        Self { lower, problem, in_text }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.lower
    }
}

fn lower(characters: impl Iterator<Item = char>) -> String {
    characters.flat_map(lower_char).collect()
}

/// A character in lower case. The Kelvin sign stays what it is, and so does İ: with an ASCII letter made of them, a word
/// of such letters could be in text that Python writes as escapes.
fn lower_char(character: char) -> impl Iterator<Item = char> {
    let stays = matches!(character, '\u{130}' | '\u{212a}');
    let lower = (!stays).then(|| character.to_lowercase());
    stays.then_some(character).into_iter().chain(lower.into_iter().flatten())
}

/// Whether a line holds every word; one that stands for problems needs not be there where the line is one.
pub(super) fn line_has_all(line: &str, words: &[Word], is_problem: bool) -> bool {
    let line = lower(line.chars());
    words.iter().all(|word| (is_problem && word.problem) || line.contains(&word.lower))
}

/// A search through received data for words, as far as it has come; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// One bit for each word that was not found yet.
    missing: u64,
    part: Part,
    /// How much of the data this part has gone through.
    at: usize,
    quote: u8,
    bytes: Vec<u8>,
    text: String,
}

/// In which of its forms the data is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Python,
    Text,
}

impl Search {
    /// How many bytes one step goes through at most.
    pub(super) const STEP: usize = PIECE;

    /// Forgets what was looked for before.
    pub(super) fn begin(&mut self, data: &[u8], words: &[Word]) {
        (self.missing, self.part, self.at) = (0, Part::Python, 0);
        for (index, word) in words.iter().take(MAX_WORDS).enumerate() {
            if !PREFIX.contains(&word.lower) {
                self.missing |= 1 << index;
            }
        }
        self.quote = python_quote(data);
        self.bytes.clear();
        self.bytes.extend_from_slice(&[b'b', self.quote]);
        self.text.clear();
    }

    /// Looks through the next piece of the data. Whether its line, with the data as Python writes it or as text, holds
    /// every word; `None`: there is more to look through.
    pub(super) fn step(&mut self, data: &[u8], words: &[Word]) -> Option<bool> {
        if self.part == Part::Python {
            let goes_on = self.python(data, words);
            if !goes_on {
                (self.part, self.at) = (Part::Text, 0);
            }
            if self.missing > 0 && (goes_on || data.len() > PIECE) {
                return None;
            }
        }
        let goes_on = self.missing > 0 && self.text(data, words);
        (!goes_on || self.missing == 0).then_some(self.missing == 0)
    }

    /// How many bytes of a piece the next one needs before it, so that a word across both is found; `None` where
    /// no word is left to look for.
    fn overlap(&self, words: &[Word], wanted: impl Fn(&Word) -> bool) -> Option<usize> {
        let missing = words.iter().enumerate().filter(|(index, _)| self.missing >> index & 1 == 1);
        missing.map(|(_, word)| word).filter(|word| wanted(word)).map(|word| word.lower.len() - 1).max()
    }

    /// The next piece as Python writes it. Whether there is another one.
    fn python(&mut self, data: &[u8], words: &[Word]) -> bool {
        let Some(overlap) = self.overlap(words, |word| word.lower.is_ascii()) else { return false };
        let end = data.len().min(self.at + PIECE);
        if self.at > 0 {
            self.bytes.drain(..self.bytes.len().saturating_sub(overlap));
        }
        let start = self.bytes.len();
        escape_into(&mut self.bytes, &data[self.at..end], self.quote);
        if end == data.len() {
            self.bytes.push(self.quote);
        }
        self.bytes[start..].make_ascii_lowercase();
        self.at = end;
        let hay = std::str::from_utf8(&self.bytes).expect("escapes are ASCII");
        self.missing = left(self.missing, hay, words);
        end < data.len()
    }

    /// The next piece as text. Whether there is another one.
    fn text(&mut self, data: &[u8], words: &[Word]) -> bool {
        let rest = &data[self.at..];
        let Some(overlap) = self.overlap(words, |word| word.in_text).filter(|_| !rest.is_empty()) else {
            return false;
        };
        let keep = self.text.len().saturating_sub(overlap);
        self.text.drain(..self.text.floor_char_boundary(keep));
        let end = piece_end(rest);
        append_lower_text(&mut self.text, &rest[..end]);
        self.at += end;
        self.missing = left(self.missing, &self.text, words);
        end < rest.len()
    }
}

/// Which of the missing words are missing still.
fn left(mut missing: u64, hay: &str, words: &[Word]) -> u64 {
    for (index, word) in words.iter().take(MAX_WORDS).enumerate() {
        if missing >> index & 1 == 1 && hay.contains(&word.lower) {
            missing &= !(1 << index);
        }
    }
    missing
}

/// Appends data as text in lower case; runs of plain ASCII, the most of most data, at once.
fn append_lower_text(buffer: &mut String, data: &[u8]) {
    let is_plain = |byte: &u8| (0x20..=0x7e).contains(byte);
    for run in data.chunk_by(|a, b| is_plain(a) == is_plain(b)) {
        match std::str::from_utf8(run) {
            Ok(text) if run.first().is_some_and(is_plain) => {
                let start = buffer.len();
                buffer.push_str(text);
                buffer[start..].make_ascii_lowercase();
            }
            _ => buffer.extend(text_chars(run).flat_map(lower_char)),
        }
    }
}

/// The end of the first piece, moved back where it would tear a character of UTF-8 apart.
fn piece_end(data: &[u8]) -> usize {
    if data.len() <= PIECE {
        return data.len();
    }
    let starts_character = |&end: &usize| data[end] & 0xc0 != 0x80;
    (PIECE - 3..=PIECE).rev().find(starts_character).unwrap_or(PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(data: &[u8], word: &str) -> bool {
        let (mut search, words) = (Search::default(), [Word::new(word)]);
        search.begin(data, &words);
        loop {
            if let Some(found) = search.step(data, &words) {
                return found;
            }
        }
    }

    #[test]
    fn a_word_is_found_wherever_pieces_end() {
        for shift in 0..12 {
            let ascii = [vec![b'.'; PIECE - shift], b"NEEDLE\n".to_vec(), vec![b'.'; PIECE]].concat();
            assert!(has(&ascii, r"needle\n"), "{shift}");
            let accents =
                [vec![b'.'; PIECE - shift], "\u{c9}t\u{e9}\u{1f600}".into(), vec![0xff; PIECE]].concat();
            assert!(has(&accents, "\u{e9}t\u{e9}\u{1f600}·"), "{shift}");
            assert!(!has(&accents, "\u{e9}t\u{e9}x"), "{shift}");
        }
    }

    #[test]
    fn no_other_letter_is_taken_for_an_ascii_one() {
        // With a letter before it that makes a word which is not in “Received:” anyway.
        for (sign, letter) in [("q\u{212a}", "qk"), ("q\u{130}", "qi")] {
            assert!(has(sign.as_bytes(), sign) && !has(sign.as_bytes(), letter));
            assert!(
                line_has_all(sign, &[Word::new(sign)], false)
                    && !line_has_all(sign, &[Word::new(letter)], false)
            );
        }
        // These two are the only ones.
        let becomes_ascii = |c: &char| !c.is_ascii() && lower_char(*c).any(|lower| lower.is_ascii());
        assert_eq!(('\0'..=char::MAX).find(becomes_ascii), None);
    }

    #[test]
    fn quotes_belong_to_the_line() {
        assert!(has(b"ab", "b'ab'") && has(b"it's", "b\"it's\"") && has(b"", "b''"));
        assert!(has(&[b'x'; PIECE], "x'") && !has(&[b'x'; PIECE], "'x'"));
    }
}
