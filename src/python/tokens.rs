//! Tells the keywords, strings, comments and numbers of a Python program apart, for a view in colour.

use std::ops::Range;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Names, marks and space.
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

/// The words that Python keeps for itself (Language Reference, section 2.3.1), as far as programs here use them.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "break", "class", "continue", "def", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

const TRIPLE: &str = "\"\"\"";

/// The pieces of a line from left to right: where each stands, in bytes, and what it is.
pub type Pieces = Vec<(Range<usize>, Kind)>;

/// For each line its pieces from left to right; together they are the whole line.
#[must_use]
pub fn tokens<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Pieces> {
    let mut in_text = false;
    lines.into_iter().map(|line| line_tokens(line, &mut in_text)).collect()
}

/// `in_text`: whether the line begins inside of a string with three quotes, and then whether it ends so.
fn line_tokens(line: &str, in_text: &mut bool) -> Pieces {
    let mut found = Pieces::new();
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let (length, kind) = if *in_text {
            let end = rest.find(TRIPLE).map(|end| end + TRIPLE.len());
            *in_text = end.is_none();
            (end.unwrap_or(rest.len()), Kind::Text)
        } else if rest.starts_with(TRIPLE) {
            *in_text = true;
            (TRIPLE.len(), Kind::Text)
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

/// The length in bytes of what `rest` begins with, and what it is. `rest` is not empty.
fn next(rest: &str) -> (usize, Kind) {
    let first = rest.chars().next().unwrap_or(' ');
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    match first {
        '#' => (rest.len(), Kind::Comment),
        '\'' | '"' => (string(rest, first), Kind::Text),
        'f' if rest[1..].starts_with(['\'', '"']) => {
            (1 + string(&rest[1..], rest.as_bytes()[1].into()), Kind::Text)
        }
        '0'..='9' => (run(|c| c.is_ascii_digit() || c == '_' || c == '.'), Kind::Number),
        _ if is_word(first) => {
            let length = run(is_word);
            (length, if KEYWORDS.contains(&&rest[..length]) { Kind::Keyword } else { Kind::Plain })
        }
        _ => (first.len_utf8(), Kind::Plain),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The length in bytes of a string that `rest` begins with; to the end of the line where nothing ends it.
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

    fn named(lines: &[&str]) -> Vec<(String, Kind)> {
        let found = tokens(lines.iter().copied());
        let pieces = lines.iter().zip(&found).flat_map(|(line, found)| {
            let whole: String = found.iter().map(|(range, _)| &line[range.clone()]).collect();
            assert_eq!(whole, *line);
            found.iter().map(|(range, kind)| (line[range.clone()].to_owned(), *kind))
        });
        pieces.filter(|(_, kind)| *kind != Kind::Plain).collect()
    }

    #[test]
    fn pieces_are_told_apart() {
        let piece = |text: &str, kind| (text.to_owned(), kind);
        assert_eq!(
            named(&[r"    while define(x1, 'it\'s # not', f'{a}', 1_024): # why 'so'"]),
            [
                piece("while", Kind::Keyword),
                piece(r"'it\'s # not'", Kind::Text),
                piece("f'{a}'", Kind::Text),
                piece("1_024", Kind::Number),
                piece("# why 'so'", Kind::Comment),
            ]
        );
        assert_eq!(
            named(&["\"\"\"One", "", "def no", "\"\"\" if", "\"\"\"süß\"\"\"", "'unended"]),
            [
                piece("\"\"\"One", Kind::Text),
                piece("def no", Kind::Text),
                piece("\"\"\"", Kind::Text),
                piece("if", Kind::Keyword),
                piece("\"\"\"süß\"\"\"", Kind::Text),
                piece("'unended", Kind::Text),
            ]
        );
    }
}
