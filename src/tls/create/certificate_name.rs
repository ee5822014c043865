//! Checks whether a text can be a name in a certificate: a DNS name, a wildcard or an IP address.

use std::net::IpAddr;

use crate::text::sanitize;

/// Why a text can't be a name in a certificate. Each variant holds the text as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The text is empty.
    #[error("A name is empty. Type one such as localhost, or an address such as 127.0.0.1.")]
    Empty,
    /// Longer than a DNS name can be (RFC 1035, section 2.3.4).
    #[error("“{}” has {} characters, and a name has at most 253. Type a shorter one.", short(.0), .0.len())]
    TooLong(String),
    /// More than 63 characters between two dots (RFC 1035, section 2.3.4).
    #[error("“{}” has a part of more than 63 characters between its dots. Shorten that part.", short(.0))]
    LongLabel(String),
    /// Two dots in a row, or one at an end. Names in certificates don't end in the root's dot (RFC 5280, section 4.2.1.6).
    #[error(
        "“{}” has a dot with nothing before or after it. Write one dot between two parts, and none at the ends.",
        short(.0)
    )]
    EmptyLabel(String),
    /// A letter beyond ASCII (RFC 5280, section 7.2), with that letter.
    #[error(
        "“{}” contains a character that certificates can't hold ({}). Write such a name in its xn-- form: \
         xn--bcher-kva.example stands for bücher.example.",
        short(.0),
        .1
    )]
    NotAscii(String, char),
    /// A character other than letters, digits, hyphens, underscores, dots and stars.
    #[error(
        "“{}” is not a name: it contains {}. Leave out http://, the port, brackets and a zone such as %eth0.",
        short(.0),
        character_name(*.1)
    )]
    Character(String, char),
    /// A hyphen at the start or end of a label (RFC 1123, section 2.1).
    #[error("“{}” has a hyphen at the start or the end of a part. Put it between letters.", short(.0))]
    Hyphen(String),
    /// A star that isn't the whole first label, or has only one label after it (RFC 6125, section 6.4.3).
    #[error(
        "“{}” is not a wildcard that clients accept. The star stands alone before the first dot, and a name with a dot \
         follows: *.example.org.",
        short(.0)
    )]
    Wildcard(String),
    /// Digits and dots that are no address.
    #[error("“{}” is not an address. An IPv4 address is four numbers from 0 to 255: 127.0.0.1.", short(.0))]
    Address(String),
}

/// Checks a name or an address.
///
/// # Errors
/// The first reason why it can't be in a certificate.
pub(super) fn check_name(name: &str) -> Result<(), InvalidName> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
    let labels: Vec<&str> = name.split('.').collect();
    let is_wildcard = labels[0] == "*" && labels.len() > 2;
    let typed = name.to_owned();
    Err(if name.parse::<IpAddr>().is_ok() {
        return Ok(());
    } else if name.is_empty() {
        InvalidName::Empty
    } else if let Some(character) = name.chars().find(|c| !c.is_ascii()) {
        InvalidName::NotAscii(typed, character)
    } else if name.len() > 253 {
        InvalidName::TooLong(typed)
    } else if let Some(character) = name.chars().find(|c| !is_allowed(*c)) {
        InvalidName::Character(typed, character)
    } else if labels.contains(&"") {
        InvalidName::EmptyLabel(typed)
    } else if labels.iter().any(|label| label.len() > 63) {
        InvalidName::LongLabel(typed)
    } else if labels[usize::from(is_wildcard)..].iter().any(|label| label.contains('*')) {
        InvalidName::Wildcard(typed)
    } else if labels.iter().any(|label| label.starts_with('-') || label.ends_with('-')) {
        InvalidName::Hyphen(typed)
    } else if labels[labels.len() - 1].bytes().all(|byte| byte.is_ascii_digit()) {
        // A name whose last label is all digits would read as an address (RFC 3696, section 2).
        InvalidName::Address(typed)
    } else {
        return Ok(());
    })
}

/// Returns enough of a name to recognize it.
fn short(name: &str) -> String {
    sanitize(name, 40)
}

fn character_name(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        c if c.is_control() => "an invisible character".to_owned(),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_use_are_accepted() {
        for name in [
            "localhost",
            "a.test",
            "*.example.org",
            "xn--bcher-kva.example",
            "127.0.0.1",
            "::1",
            "fe80::1",
            "my_pc",
            "3com.test",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        assert_eq!(check_name(&format!("{}.test", "a".repeat(63))), Ok(()));
    }

    #[test]
    fn invalid_names_are_rejected_with_a_remedy() {
        let long = "a.".repeat(150);
        let label = format!("{}.test", "a".repeat(64));
        for (name, expected) in [
            ("", "is empty"),
            ("*..x", "nothing before or after"),
            (&long, "has 300 characters"),
            (&label, "more than 63"),
            ("😀.test", "xn-- form"),
            ("bücher.example", "(ü)"),
            ("a b", "a space"),
            ("a\nb", "invisible"),
            ("http://a.test", "contains :"),
            ("[::1]", "contains ["),
            ("fe80::1%eth0", "contains %"),
            ("localhost.", "none at the ends"),
            ("a..", "none at the ends"),
            (".", "none at the ends"),
            (".a", "none at the ends"),
            ("-a.test", "a hyphen"),
            ("a-.test", "a hyphen"),
            ("*", "*.example.org"),
            ("*.test", "*.example.org"),
            ("a.*.test", "*.example.org"),
            ("a*.b.test", "*.example.org"),
            ("256.0.0.1", "0 to 255"),
            ("1.2.3", "0 to 255"),
        ] {
            let message = check_name(name).unwrap_err().to_string();
            assert!(message.contains(expected), "{name:?}: {message}");
            assert!(message.ends_with('.') && message.len() < 260 && !message.contains('\n'), "{message}");
        }
    }
}
