//! Splits a Python program into keywords, strings, comments and numbers, for syntax highlighting.

use std::ops::Range;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Names, punctuation and spaces.
    Plain,
    /// `def`, `while`, `True` and the like.
    Keyword,
    /// A string, with its quotes.
    Text,
    /// From `#` to the end of the line.
    Comment,
    /// A number.
    Number,
}

/// Python's keywords (Language Reference, section 2.3.1), as far as our programs use them.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "break", "class", "continue", "def", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

const TRIPLE: &str = "\"\"\"";

/// The tokens of a line from left to right: the range of each, in bytes, and its kind.
pub type LineTokens = Vec<(Range<usize>, TokenKind)>;

/// Returns the tokens of each line, which cover the whole line.
#[must_use]
pub fn tokens<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<LineTokens> {
    let mut in_text = false;
    lines.into_iter().map(|line| line_tokens(line, &mut in_text)).collect()
}

/// Returns the tokens of a line. `in_text` is whether the line starts inside of a triple-quoted string, and is updated
/// for the next line.
fn line_tokens(line: &str, in_text: &mut bool) -> LineTokens {
    let mut found = LineTokens::new();
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let (length, kind) = if *in_text {
            let end = rest.find(TRIPLE).map(|end| end + TRIPLE.len());
            *in_text = end.is_none();
            (end.unwrap_or(rest.len()), TokenKind::Text)
        } else if rest.starts_with(TRIPLE) {
            *in_text = true;
            (TRIPLE.len(), TokenKind::Text)
        } else {
            next(rest)
        };
        match found.last_mut().filter(|(_, last)| *last == kind) {
            Some((range, _)) => range.end = at + length,
            None => found.push((at..at + length, kind)),
        }
        at += length;
    }
    found
}

/// Returns the length in bytes and the kind of the first token of `rest`, which isn't empty.
fn next(rest: &str) -> (usize, TokenKind) {
    let first = rest.chars().next().unwrap_or(' ');
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    match first {
        '#' => (rest.len(), TokenKind::Comment),
        '\'' | '"' => (string(rest, first), TokenKind::Text),
        'f' if rest[1..].starts_with(['\'', '"']) => {
            (1 + string(&rest[1..], rest.as_bytes()[1].into()), TokenKind::Text)
        }
        '0'..='9' => (run(|c| c.is_ascii_digit() || c == '_' || c == '.'), TokenKind::Number),
        _ if is_word(first) => {
            let length = run(is_word);
            (length, if KEYWORDS.contains(&&rest[..length]) { TokenKind::Keyword } else { TokenKind::Plain })
        }
        _ => (first.len_utf8(), TokenKind::Plain),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the length in bytes of the string at the start of `rest`. An unterminated string extends to the end.
fn string(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + character.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(lines: &[&str]) -> Vec<(String, TokenKind)> {
        let found = tokens(lines.iter().copied());
        let parts = lines.iter().zip(&found).flat_map(|(line, found)| {
            let whole: String = found.iter().map(|(range, _)| &line[range.clone()]).collect();
            assert_eq!(whole, *line);
            found.iter().map(|(range, kind)| (line[range.clone()].to_owned(), *kind))
        });
        parts.filter(|(_, kind)| *kind != TokenKind::Plain).collect()
    }

    #[test]
    fn tokens_have_their_kinds() {
        let token = |text: &str, kind| (text.to_owned(), kind);
        assert_eq!(
            named(&[r"    while define(x1, 'it\'s # not', f'{a}', 1_024): # why 'so'"]),
            [
                token("while", TokenKind::Keyword),
                token(r"'it\'s # not'", TokenKind::Text),
                token("f'{a}'", TokenKind::Text),
                token("1_024", TokenKind::Number),
                token("# why 'so'", TokenKind::Comment),
            ]
        );
        assert_eq!(
            named(&["\"\"\"One", "", "def no", "\"\"\" if", "\"\"\"süß\"\"\"", "'unended"]),
            [
                token("\"\"\"One", TokenKind::Text),
                token("def no", TokenKind::Text),
                token("\"\"\"", TokenKind::Text),
                token("if", TokenKind::Keyword),
                token("\"\"\"süß\"\"\"", TokenKind::Text),
                token("'unended", TokenKind::Text),
            ]
        );
    }
}
