//! Which texts are names that a certificate can be for: DNS names, wildcards, and IP addresses.

use std::net::{IpAddr, Ipv6Addr};

use crate::text::{MAX_NAME, sanitize};
use crate::tls::create::problem::Problem;

/// The longest common name, in characters (RFC 5280, appendix A.1, `ub-common-name`).
pub const MAX_COMMON_NAME: usize = 64;

/// Why a text is not a name for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing was typed.
    #[error("A name is empty. Type one such as localhost, or an address such as 127.0.0.1.")]
    Empty,
    /// Longer than a DNS name can be (RFC 1035, section 2.3.4).
    #[error("“{}” has {length} characters, and a name has at most 253. Type a shorter one.", short(name))]
    TooLong {
        /// What was typed.
        name: String,
        /// How many characters that is.
        length: usize,
    },
    /// More than 63 characters between two dots (RFC 1035, section 2.3.4).
    #[error("“{}” has a part of more than 63 characters between its dots. Shorten that part.", short(name))]
    LongLabel {
        /// What was typed.
        name: String,
    },
    /// Two dots in a row, or one at the start or at the end.
    #[error(
        "“{}” has a dot with nothing before or after it. Write one dot between two parts, and none at the ends.",
        short(name)
    )]
    EmptyLabel {
        /// What was typed.
        name: String,
    },
    /// A dot at the end, for the root of all names: in a certificate there is none (RFC 5280, section 4.2.1.6).
    #[error(
        "“{}” ends in a dot, and in a certificate a name has none there. Leave it out: {}.",
        short(name),
        short(name.trim_end_matches('.'))
    )]
    RootDot {
        /// What was typed.
        name: String,
    },
    /// A letter beyond ASCII (RFC 5280, section 7.2).
    #[error(
        "“{}” has a character in it that certificates do not hold ({character}). Write such a name in its xn-- form, \
         as xn--bcher-kva.example stands for bücher.example.",
        short(name)
    )]
    NotAscii {
        /// What was typed.
        name: String,
        /// The character in question.
        character: char,
    },
    /// An IPv6 address with a zone, which tells a network card of one computer (RFC 4007, section 11).
    #[error(
        "“{}” names a network card too, which only this computer knows by that name. Leave out {}: {}.",
        short(name),
        short(zone),
        short(name.strip_suffix(zone.as_str()).unwrap_or(name))
    )]
    Zone {
        /// What was typed.
        name: String,
        /// The part with the card, from its percent sign on.
        zone: String,
    },
    /// A character that is not a letter, a digit, a hyphen or an underscore.
    #[error(
        "“{}” is not a name: it has {} in it. Leave out http://, the port and brackets: only the name or the address.",
        short(name),
        display_name(*character)
    )]
    Character {
        /// What was typed.
        name: String,
        /// The character in question.
        character: char,
    },
    /// A hyphen where a part of the name starts or ends (RFC 1123, section 2.1).
    #[error("“{}” has a hyphen at the start or the end of a part. Put it between letters.", short(name))]
    Hyphen {
        /// What was typed.
        name: String,
    },
    /// A star anywhere but as the whole first part, or in front of a single part (RFC 6125, section 6.4.3).
    #[error(
        "“{}” is not a wildcard that clients take. The star stands alone before the first dot, and a name with a dot \
         follows: *.example.org.",
        short(name)
    )]
    Wildcard {
        /// What was typed.
        name: String,
    },
    /// Digits and dots that are no address.
    #[error("“{}” is not an address. An IPv4 address is four numbers from 0 to 255: 127.0.0.1.", short(name))]
    Address {
        /// What was typed.
        name: String,
    },
}

/// Checks one name or address.
///
/// # Errors
/// What keeps it from standing in a certificate.
pub(super) fn check(name: &str) -> Result<(), NameProblem> {
    let own = || name.to_owned();
    if name.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if let Some((address, zone)) = name.split_once('%')
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return Err(NameProblem::Zone { name: own(), zone: format!("%{zone}") });
    }
    if let Some(character) = name.chars().find(|c| !c.is_ascii()) {
        return Err(NameProblem::NotAscii { name: own(), character });
    }
    if name.len() > 253 {
        return Err(NameProblem::TooLong { name: own(), length: name.len() });
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
    if let Some(character) = name.chars().find(|c| !allowed(c)) {
        return Err(NameProblem::Character { name: own(), character });
    }
    let labels: Vec<&str> = name.split('.').collect();
    if let [parts @ .., ""] = labels.as_slice()
        && !parts.is_empty()
        && parts.iter().all(|label| !label.is_empty())
    {
        return Err(NameProblem::RootDot { name: own() });
    }
    if labels.iter().any(|label| label.is_empty()) {
        return Err(NameProblem::EmptyLabel { name: own() });
    }
    if labels.iter().any(|label| label.len() > 63) {
        return Err(NameProblem::LongLabel { name: own() });
    }
    let is_wildcard = labels[0] == "*" && labels.len() > 2;
    let rest = if is_wildcard { &labels[1..] } else { &labels[..] };
    if rest.iter().any(|label| label.contains('*')) {
        return Err(NameProblem::Wildcard { name: own() });
    }
    if labels.iter().any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err(NameProblem::Hyphen { name: own() });
    }
    // A last part of digits alone would read as an address (RFC 3696, section 2).
    if labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(NameProblem::Address { name: own() });
    }
    Ok(())
}

/// Checks the common name: a name as any other, of at most [`MAX_COMMON_NAME`] characters.
pub(super) fn check_common_name(name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() {
        return Err(Problem::NoCommonName);
    }
    check(name).map_err(Problem::CommonName)?;
    if name.len() > MAX_COMMON_NAME {
        return Err(Problem::LongCommonName { length: name.len() });
    }
    Ok(())
}

/// Enough of a name to recognise it.
fn short(name: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = name.chars().take(LONGEST).collect();
    let more = if name.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("{}{more}", sanitize(&start, MAX_NAME))
}

fn display_name(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        c if c.is_control() => "a character that can't be seen".to_owned(),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_use_are_taken() {
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
            assert_eq!(check(name), Ok(()), "{name}");
        }
        assert_eq!(check(&format!("{}.test", "a".repeat(63))), Ok(()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_a_remedy() {
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
            ("a\nb", "can't be seen"),
            ("http://a.test", "has : in it"),
            ("[::1]", "has [ in it"),
            ("fe80::1%eth0", "Leave out %eth0: fe80::1."),
            ("fe80::1%é", "Leave out %é: fe80::1."),
            ("a%b", "has % in it"),
            ("localhost.", "Leave it out: localhost."),
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
            let words = check(name).unwrap_err().to_string();
            assert!(words.contains(expected), "{name:?}: {words}");
            assert!(words.ends_with('.') && words.len() < 260 && !words.contains('\n'), "{words}");
        }
    }

    #[test]
    fn a_common_name_has_a_limit_of_its_own() {
        let name = |length: usize| format!("{}.{}", "a".repeat(60), "b".repeat(length - 61));
        assert_eq!(check_common_name(&name(64)), Ok(()));
        assert_eq!(check_common_name(&name(65)), Err(Problem::LongCommonName { length: 65 }));
        assert_eq!(check_common_name(" "), Err(Problem::NoCommonName));
        assert!(matches!(check_common_name("😀"), Err(Problem::CommonName(NameProblem::NotAscii { .. }))));
    }
}
