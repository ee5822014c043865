//! Text out of a certificate, kept to one line that reads as it is written.

/// The longest text that is shown in one piece, in characters.
const LONGEST: usize = 256;

/// One line: what would break it or turn its direction becomes `?`, and its end is cut.
pub(super) fn line(text: &str) -> String {
    cut(text.chars().map(|c| if misleads(c) { '?' } else { c }))
}

/// Cuts without looking at the characters.
pub(super) fn cut(text: impl Iterator<Item = char>) -> String {
    let mut text = text;
    let mut shown: String = text.by_ref().take(LONGEST).collect();
    if text.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character breaks a line, turns its direction (UAX #9, section 2) or can't be seen.
pub(in crate::tls) fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Bytes as upper-case hexadecimal with colons; the end is cut after 32.
pub(super) fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    match bytes.get(..MOST) {
        Some(start) if bytes.len() > MOST => {
            format!("{}… ({} bytes in all)", super::colons(start), bytes.len())
        }
        _ if bytes.is_empty() => "empty".to_owned(),
        _ => super::colons(bytes),
    }
}

/// A list in a sentence: `a`, `a and b`, `a, b and c`; past `most` only how many more.
pub(in crate::tls) fn list(items: &[String], most: usize) -> String {
    let (shown, rest) = items.split_at(items.len().min(most));
    match (shown, rest.len()) {
        ([], 0) => "nothing".to_owned(),
        ([], more) => format!("{more} items"),
        ([one], 0) => one.clone(),
        ([start @ .., last], 0) => format!("{} and {last}", start.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(line("a\r\nb\u{202e}c\u{2028}é"), "a??b?c?é");
        assert_eq!(line(&"x".repeat(300)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn lists_read_like_a_sentence() {
        let items = |count: usize| (1..=count).map(|n| format!("n{n}")).collect::<Vec<_>>();
        assert_eq!(list(&items(1), 4), "n1");
        assert_eq!(list(&items(2), 4), "n1 and n2");
        assert_eq!(list(&items(4), 4), "n1, n2, n3 and n4");
        assert_eq!(list(&items(6), 4), "n1, n2, n3, n4 and 2 more");
    }

    #[test]
    fn long_bytes_are_cut() {
        assert_eq!(hex(&[1, 0xab]), "01:AB");
        assert!(hex(&[0; 33]).ends_with(":00… (33 bytes in all)"));
    }
}
