//! Looking for words in received data, piece by piece, so that data of any size needs little memory.

use super::format::{escape_into, python_quote, text_chars};

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

/// Memory that a search uses again for the next one.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    text: String,
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

/// Whether the line of received data holds every word, with the data as Python writes it or as text.
pub(super) fn data_has_all(data: &[u8], words: &[Word], scratch: &mut Scratch) -> bool {
    let mut search = Search { words, missing: 0 };
    for (index, word) in words.iter().take(MAX_WORDS).enumerate() {
        if !PREFIX.contains(&word.lower) {
            search.missing |= 1 << index;
        }
    }
    search.python(data, &mut scratch.bytes);
    search.text(data, &mut scratch.text);
    search.missing == 0
}

struct Search<'a> {
    words: &'a [Word],
    /// One bit for each word that was not found yet.
    missing: u64,
}

impl Search<'_> {
    /// How many bytes of a piece the next one needs before it, so that a word across both is found; `None` where
    /// no word is left to look for.
    fn overlap(&self, wanted: impl Fn(&Word) -> bool) -> Option<usize> {
        let missing = self.words.iter().enumerate().filter(|(index, _)| self.missing >> index & 1 == 1);
        missing.map(|(_, word)| word).filter(|word| wanted(word)).map(|word| word.lower.len() - 1).max()
    }

    fn look_in(&mut self, hay: &str) {
        for (index, word) in self.words.iter().take(MAX_WORDS).enumerate() {
            if self.missing >> index & 1 == 1 && hay.contains(&word.lower) {
                self.missing &= !(1 << index);
            }
        }
    }

    fn python(&mut self, data: &[u8], buffer: &mut Vec<u8>) {
        if self.overlap(|word| word.lower.is_ascii()).is_none() {
            return;
        }
        let quote = python_quote(data);
        buffer.clear();
        buffer.extend_from_slice(&[b'b', quote]);
        let mut rest = data;
        loop {
            let (piece, next) = rest.split_at(rest.len().min(PIECE));
            let start = buffer.len();
            escape_into(buffer, piece, quote);
            if next.is_empty() {
                buffer.push(quote);
            }
            buffer[start..].make_ascii_lowercase();
            self.look_in(std::str::from_utf8(buffer).expect("escapes are ASCII"));
            let Some(overlap) = self.overlap(|word| word.lower.is_ascii()).filter(|_| !next.is_empty())
            else {
                return;
            };
            buffer.drain(..buffer.len().saturating_sub(overlap));
            rest = next;
        }
    }

    fn text(&mut self, data: &[u8], buffer: &mut String) {
        buffer.clear();
        let mut rest = data;
        while let Some(overlap) = self.overlap(|word| word.in_text)
            && !rest.is_empty()
        {
            let keep = buffer.len().saturating_sub(overlap);
            buffer.drain(..buffer.floor_char_boundary(keep));
            let (piece, next) = rest.split_at(piece_end(rest));
            append_lower_text(buffer, piece);
            self.look_in(buffer);
            rest = next;
        }
    }
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
        data_has_all(data, &[Word::new(word)], &mut Scratch::default())
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
        for (sign, letter) in [("\u{212a}", "k"), ("\u{130}", "i")] {
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
