//! From what was typed to a value, with an error that says what to type instead.
//!
//! The window and the command line share these, so the same mistake gets the same words in both.

use crate::text::is_printable;
use crate::text::with_thousands;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A setting that is typed as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Host name or IP literal.
    Host,
    /// TCP port.
    Port,
    /// Length of the accept queue.
    Backlog,
    /// Threads of the pool.
    PoolSize,
    /// Bytes for one `recv`.
    RecvSize,
    /// Clients at once.
    MaxClients,
    /// Seconds without a byte.
    IdleTimeout,
    /// Entries that the log keeps.
    LogEntries,
    /// MiB of memory that the log may take.
    LogMebibytes,
    /// Path of the certificate chain.
    Certificate,
    /// Path of the private key.
    Key,
    /// Path of the CA certificates that sign the clients' certificates.
    ClientCa,
    /// The application protocols that the server agrees to.
    Alpn,
    /// Path of the file that TLS keys are written to.
    KeyLog,
}

impl Field {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 14] = [
        Self::Host,
        Self::Port,
        Self::Backlog,
        Self::PoolSize,
        Self::RecvSize,
        Self::MaxClients,
        Self::IdleTimeout,
        Self::LogEntries,
        Self::LogMebibytes,
        Self::Certificate,
        Self::Key,
        Self::ClientCa,
        Self::Alpn,
        Self::KeyLog,
    ];

    /// What the field is called in a sentence and beside its input.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Port => "Port",
            Self::Backlog => "Backlog",
            Self::PoolSize => "Pool size",
            Self::RecvSize => "Recv size",
            Self::MaxClients => "Max clients",
            Self::IdleTimeout => "Idle timeout",
            Self::LogEntries => "Log entries",
            Self::LogMebibytes => "Log memory",
            Self::Certificate => "server.crt",
            Self::Key => "server.key",
            Self::ClientCa => "Client CA",
            Self::Alpn => "ALPN",
            Self::KeyLog => "Key log",
        }
    }

    /// The values a number field takes; `None` for a field that isn't a number.
    #[must_use]
    pub fn range(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Port | Self::Backlog => Some(0..=65_535),
            Self::PoolSize => Some(1..=1_000),
            Self::RecvSize => Some(1..=16_777_216),
            Self::MaxClients => Some(1..=100_000),
            Self::IdleTimeout => Some(0..=86_400),
            Self::LogEntries => Some(100..=1_000_000),
            Self::LogMebibytes => Some(1..=4_096),
            Self::Host | Self::Certificate | Self::Key | Self::ClientCa | Self::Alpn | Self::KeyLog => None,
        }
    }
}

/// Why a text is not a value for its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Nothing was typed where something is needed.
    #[error("{} is empty. Type {example}.", field.label())]
    Empty {
        /// The field in question.
        field: Field,
        /// What could be typed there.
        example: &'static str,
    },
    /// The text is not a whole number.
    #[error("{} must be a whole number from {} to {}.", field.label(), with_thousands(*range.start()), with_thousands(*range.end()))]
    NotANumber {
        /// The field in question.
        field: Field,
        /// What it takes.
        range: RangeInclusive<u32>,
    },
    /// A number, but outside what the field takes.
    #[error("{} must be from {} to {}.", field.label(), with_thousands(*range.start()), with_thousands(*range.end()))]
    OutOfRange {
        /// The field in question.
        field: Field,
        /// What it takes.
        range: RangeInclusive<u32>,
    },
    /// The text has a port, a scheme or a path in it.
    #[error("Host must be a name or an address. {advice}")]
    NotAHost {
        /// What to type instead.
        advice: &'static str,
    },
    /// The text is not a list of protocol names.
    #[error("ALPN takes names with commas between them, such as h2,http/1.1. {advice}")]
    NotAlpn {
        /// What is wrong with it.
        advice: &'static str,
    },
    /// The text is a folder's path where a file's is needed.
    #[error("{} takes the path of a file, and this is a folder's. Add a name, such as {example}.", field.label())]
    NotAFile {
        /// The field in question.
        field: Field,
        /// A name that could be added.
        example: &'static str,
    },
}

/// Reads a number field.
///
/// # Errors
/// Empty, not a whole number, or outside [`Field::range`].
pub fn number(field: Field, text: &str) -> Result<u32, FieldError> {
    let range = field.range().unwrap_or(0..=u32::MAX);
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Empty { field, example: "a number" });
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::NotANumber { field, range });
    }
    match text.parse::<u32>() {
        Ok(value) if range.contains(&value) => Ok(value),
        _ => Err(FieldError::OutOfRange { field, range }),
    }
}

/// Reads a number field whose range fits 16 bits.
///
/// # Errors
/// As [`number`].
pub fn number16(field: Field, text: &str) -> Result<u16, FieldError> {
    let range = field.range().unwrap_or(0..=u32::from(u16::MAX));
    number(field, text)?.try_into().map_err(|_| FieldError::OutOfRange { field, range })
}

/// Reads a host: a name or an IP literal, IPv6 with or without brackets.
///
/// # Errors
/// Empty, or something that can't be a host because a port, a scheme or a path came along.
pub fn host(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Empty {
            field: Field::Host,
            example: "localhost, or an address such as 127.0.0.1",
        });
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() || is_scoped_ipv6(bare) {
        return Ok(bare.to_owned());
    }
    let not_a_host = |advice| Err(FieldError::NotAHost { advice });
    if text.contains("://") || text.contains('/') {
        return not_a_host("Leave out http:// and everything after the name.");
    }
    if text.contains(char::is_whitespace) {
        return not_a_host("A name has no spaces in it.");
    }
    if text.contains([':', '[', ']']) {
        return not_a_host("The port has a field of its own.");
    }
    if text.contains(is_a_shells) {
        return not_a_host("A name has letters, digits, dots and dashes.");
    }
    if !text.chars().all(is_printable) {
        return not_a_host("There is a character in it that can't be seen. Type the name anew.");
    }
    if text.len() > 253 || text.split('.').any(|label| label.len() > 63) {
        return not_a_host("A name has at most 253 letters, and 63 between two dots.");
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return not_a_host("An IPv4 address is four numbers from 0 to 255, such as 127.0.0.1.");
    }
    Ok(text.to_owned())
}

/// Whether a host that [`host`] accepted keeps the server to this computer.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    is_localhost_name(host)
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a name is `localhost` or ends in `.localhost`: always the loopback addresses (RFC 6761, section 6.3).
#[must_use]
pub fn is_localhost_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether a character is in no name, but may mean something to a shell: hosts stand in lines to copy.
fn is_a_shells(c: char) -> bool {
    c.is_ascii_punctuation() && !"-._".contains(c)
}

fn is_scoped_ipv6(text: &str) -> bool {
    let is_in_zone = |c: char| is_printable(c) && !c.is_whitespace() && (c == ':' || !is_a_shells(c));
    text.split_once('%').is_some_and(|(address, zone)| {
        !zone.is_empty() && zone.chars().all(is_in_zone) && address.parse::<std::net::Ipv6Addr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_refused_with_words() {
        assert_eq!(number16(Field::Port, " 12345 "), Ok(12345));
        assert_eq!(number16(Field::Port, "0"), Ok(0));
        assert_eq!(number16(Field::Port, "70000").unwrap_err().to_string(), "Port must be from 0 to 65,535.");
        assert_eq!(number(Field::Port, "").unwrap_err().to_string(), "Port is empty. Type a number.");
        let words = number(Field::RecvSize, "1k").unwrap_err().to_string();
        assert_eq!(words, "Recv size must be a whole number from 1 to 16,777,216.");
        assert!(number(Field::Backlog, "-1").is_err());
        assert!(number(Field::MaxClients, "99999999999999999999").is_err());
    }

    #[test]
    fn hosts_are_names_and_literals() {
        for (typed, read) in
            [("localhost", "localhost"), (" 127.0.0.1 ", "127.0.0.1"), ("[::1]", "::1"), ("::", "::")]
        {
            assert_eq!(host(typed).unwrap(), read);
        }
        for typed in ["fe80::1%eth0", "bu\u{308}cher.example"] {
            assert_eq!(host(typed).unwrap(), typed);
        }
        for typed in [
            "",
            "http://localhost",
            "localhost:12345",
            "a b",
            "300.1.1.1",
            "localhost/",
            "a\u{1}",
            "a\u{202e}",
            "it's",
            "a\";id;\"",
            "$HOME",
            "fe80::1%$(id)",
        ] {
            assert!(host(typed).is_err(), "{typed:?} was taken as a host");
        }
    }

    #[test]
    fn reach_is_told_by_the_address() {
        for own in ["localhost", "LOCALHOST.", "127.0.0.1", "127.1.2.3", "::1", "a.localhost"] {
            assert!(is_loopback(own), "{own}");
        }
        for open in ["0.0.0.0", "::", "192.168.1.5", "example.org"] {
            assert!(!is_loopback(open), "{open}");
        }
    }
}
