//! Turns text from the form, the command line, a lesson or the settings file into the value of a setting, with an error
//! that explains how to correct it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::platform::paths::{percent_decoded, percent_encoded};
use crate::text::{is_printable, with_thousands};

/// Why a text isn't a valid value. `label` is the label of the setting.
#[allow(missing_docs, reason = "each message shows what its fields are")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The text isn't a whole number in the range.
    #[error("{label} must be a whole number from {} to {}.", with_thousands(*range.start()), with_thousands(*range.end()))]
    NotANumber { label: &'static str, range: RangeInclusive<u32> },
    /// The text isn't one of the keywords.
    #[error("{label} must be {}.", alternatives(keywords))]
    NotAKeyword { label: &'static str, keywords: Vec<&'static str> },
    /// The text contains a port, a scheme or a path, or can't be a host for another reason.
    #[error("Host must be a name or an address. {advice}")]
    NotAHost { advice: &'static str },
    /// The text isn't a list of protocol names.
    #[error("ALPN must be names separated by commas, such as h2,http/1.1. {advice}")]
    NotAlpn { advice: &'static str },
    /// The text is the path of a folder.
    #[error("{label} must be a file, and this path is a folder. Add a file name, such as keys.log.")]
    NotAFile { label: &'static str },
}

/// Returns keywords in quotes, as a list with “or”.
fn alternatives(keywords: &[&str]) -> String {
    match keywords {
        [first, second] => format!("“{first}” or “{second}”"),
        [first @ .., last] => format!("“{}”, or “{last}”", first.join("”, “")),
        [] => String::new(),
    }
}

/// Reads a whole number within a range.
///
/// # Errors
/// The text isn't a whole number, or is outside the range.
pub fn number(label: &'static str, range: RangeInclusive<u32>, text: &str) -> Result<u32, SettingError> {
    let text = text.trim();
    // `parse` would also accept a plus sign.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_number && range.contains(number));
    number.ok_or(SettingError::NotANumber { label, range })
}

/// Reads a host: a name or an IP literal, IPv6 with or without brackets.
///
/// # Errors
/// The text is empty, or can't be a host because it contains a port, a scheme or a path.
pub fn host(text: &str) -> Result<String, SettingError> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() || is_scoped_ipv6(bare) {
        return Ok(bare.to_owned());
    }
    let advice = if text.is_empty() {
        "Enter localhost, or an address such as 127.0.0.1."
    } else if text.contains('/') {
        "Leave out http:// and everything after the name."
    } else if text.contains([':', '[', ']']) {
        "Leave out the port, which is a separate setting."
    } else if text.contains(|c: char| c.is_whitespace() || is_shell_character(c)) {
        "A name contains only letters, digits, dots, and hyphens."
    } else if !text.chars().all(is_printable) {
        "It contains an invisible character; enter it again."
    } else if text.len() > 253 || text.split('.').any(|label| label.len() > 63) {
        "A name has at most 253 characters, and 63 between two dots."
    } else if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        "An IPv4 address is four numbers from 0 to 255, such as 127.0.0.1."
    } else {
        return Ok(text.to_owned());
    };
    Err(SettingError::NotAHost { advice })
}

/// Reads `HOST`, `HOST:PORT` or `[IPv6]:PORT`. An empty text is `default`, and so is a missing port.
///
/// # Errors
/// The host or the port is invalid.
pub fn address(text: &str, default: (&str, u16)) -> Result<(String, u16), SettingError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok((default.0.to_owned(), default.1));
    }
    if !text.starts_with('[') && !text.contains('/') && text.matches(':').count() > 1 {
        return Err(SettingError::NotAHost { advice: "Write an IPv6 address as [::1]:80." });
    }
    let (host_text, port) = match text.rsplit_once(':').filter(|_| !text.ends_with(']')) {
        Some((host, port)) => (host, number("Port", 1..=u16::MAX.into(), port)?),
        None => (text, default.1.into()),
    };
    Ok((host(host_text)?, u16::try_from(port).unwrap_or(default.1)))
}

/// Returns whether a host stands only for loopback addresses, which no other computer can connect to.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    is_localhost_name(host)
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Returns whether a name is `localhost` or ends in `.localhost`: such a name always stands for a loopback address (RFC
/// 6761, section 6.3).
#[must_use]
pub fn is_localhost_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Returns a host at which this computer reaches a server that listens on `host`: loopback for an unspecified address.
#[must_use]
pub fn reachable_host(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

/// Returns whether a character can't be part of a host name and may be special to a shell. Hosts are inserted into the
/// commands to copy.
fn is_shell_character(c: char) -> bool {
    c.is_ascii_punctuation() && !"-._".contains(c)
}

fn is_scoped_ipv6(text: &str) -> bool {
    let is_in_zone = |c: char| is_printable(c) && !c.is_whitespace() && (c == ':' || !is_shell_character(c));
    text.split_once('%').is_some_and(|(address, zone)| {
        !zone.is_empty() && zone.chars().all(is_in_zone) && address.parse::<Ipv6Addr>().is_ok()
    })
}

/// The maximum length of a protocol's name in bytes (RFC 7301, section 3.1).
const MAX_PROTOCOL_NAME: usize = 255;
/// The maximum number of protocols. A ClientHello has no room for many more, so a longer list is a mistake.
const MAX_PROTOCOLS: usize = 32;

/// Reads a comma-separated list of ALPN protocols, the preferred one first. An empty text turns ALPN off.
///
/// # Errors
/// A name is empty, too long, not plain ASCII, or a duplicate.
pub fn alpn(text: &str) -> Result<Vec<String>, SettingError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let has_duplicate = || names.iter().enumerate().any(|(index, name)| names[..index].contains(name));
    let advice = if names.iter().any(String::is_empty) {
        "Remove the extra comma."
    } else if !names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_graphic())) {
        "A name contains only ASCII letters, digits, and punctuation."
    } else if has_duplicate() {
        "Remove the duplicate name."
    } else if names.len() > MAX_PROTOCOLS || names.iter().any(|name| name.len() > MAX_PROTOCOL_NAME) {
        "Enter at most 32 names of at most 255 characters each."
    } else {
        return Ok(names);
    };
    Err(SettingError::NotAlpn { advice })
}

/// Reads a typed path. Replaces `~/` with the home folder, and removes quotes around the path (*Copy as path* on
/// Windows adds them).
#[must_use]
pub fn path(text: &str) -> PathBuf {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    match (text.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

/// The path in a field: typed, or chosen and then shown as well as possible, since it may not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathText {
    /// The text in the field.
    pub text: String,
    /// The path that it stands for.
    pub path: PathBuf,
}

impl From<String> for PathText {
    fn from(text: String) -> Self {
        Self { path: path(&text), text }
    }
}

impl From<PathBuf> for PathText {
    fn from(path: PathBuf) -> Self {
        Self { text: path.to_string_lossy().into_owned(), path }
    }
}

/// Returns a TOML value as the text that `Setting::set` reads; `None` for a table, a date and the like.
#[must_use]
pub fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(on) => Some(on.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

/// The key of the table that stands for a path that isn't UTF-8.
const PERCENT: &str = "percent";

/// Returns a path as a TOML value: a string, or `{ percent = "/b%FF.crt" }` if it isn't UTF-8, since a string is. `None`
/// if it can't be stored.
#[must_use]
pub fn path_value(path: &Path) -> Option<Value> {
    let encoded =
        || Some(Value::Table(Table::from_iter([(PERCENT.to_owned(), percent_encoded(path)?.into())])));
    path.to_str().map(Into::into).or_else(encoded)
}

/// Returns the path that [`path_value`] returned as a value; `None` for any other value.
#[must_use]
pub fn value_path(value: &Value) -> Option<PathBuf> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Table(table) if table.len() == 1 => percent_decoded(table.get(PERCENT)?.as_str()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_the_range_are_rejected() {
        let port = |text| number("Port", 0..=65_535, text);
        assert_eq!((port(" 12345 "), port("0")), (Ok(12345), Ok(0)));
        assert_eq!(port("70000").unwrap_err().to_string(), "Port must be a whole number from 0 to 65,535.");
        assert_eq!(port("").unwrap_err().to_string(), "Port must be a whole number from 0 to 65,535.");
        assert_eq!(port("1k").unwrap_err().to_string(), "Port must be a whole number from 0 to 65,535.");
        assert!(port("-1").is_err() && port("99999999999999999999").is_err());
    }

    #[test]
    fn alpn_errors_explain_the_format() {
        assert_eq!(alpn(" h2 , http/1.1").unwrap(), ["h2", "http/1.1"]);
        assert!(alpn("  ").unwrap().is_empty());
        for wrong in ["h2,", "h 2", "é", "h2,h2", &"x".repeat(256)] {
            let error = alpn(wrong).unwrap_err().to_string();
            assert!(error.starts_with("ALPN must be names separated by commas"), "{error}");
        }
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
            assert!(host(typed).is_err(), "{typed:?} was accepted as a host");
        }
    }

    #[test]
    fn addresses_have_a_host_and_ipv6_is_in_brackets() {
        let read = |text| address(text, ("localhost", 12345)).map_err(|error| error.to_string());
        for (typed, host, port) in [
            ("", "localhost", 12345),
            ("example.org", "example.org", 12345),
            ("192.0.2.7:4000", "192.0.2.7", 4000),
            ("[::1]:80", "::1", 80),
            ("[::1]", "::1", 12345),
        ] {
            assert_eq!(read(typed), Ok((host.to_owned(), port)), "{typed}");
        }
        for typed in ["::1:80", "::1", "fe80::1%eth0:80"] {
            assert!(read(typed).unwrap_err().ends_with("Write an IPv6 address as [::1]:80."), "{typed}");
        }
        assert!(read(":80").unwrap_err().starts_with("Host must be a name or an address."));
    }

    #[test]
    fn loopback_hosts_keep_the_server_to_this_computer() {
        for own in ["localhost", "LOCALHOST.", "127.0.0.1", "127.1.2.3", "::1", "a.localhost"] {
            assert!(is_loopback(own), "{own}");
        }
        for open in ["0.0.0.0", "::", "192.168.1.5", "example.org"] {
            assert!(!is_loopback(open), "{open}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_chosen_path_is_exact_and_a_typed_one_is_read() {
        use std::os::unix::ffi::OsStringExt;
        let chosen = PathBuf::from(std::ffi::OsString::from_vec(b" a\xff".to_vec()));
        let field = PathText::from(chosen.clone());
        assert_eq!((field.text.as_str(), field.path), (" a\u{fffd}", chosen));
        assert_eq!(PathText::from(" \"a b\" ".to_owned()).path, Path::new("a b"));
    }
}
