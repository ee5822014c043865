//! How TLS is served: the choices, and the texts that become a list of protocols or a file to write keys to.

use serde::{Deserialize, Serialize};

use crate::settings::fields::{Field, FieldError};

/// The versions of TLS that the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TlsVersions {
    /// TLS 1.2 (RFC 5246) and TLS 1.3 (RFC 8446): the newest that the client knows, too.
    #[default]
    #[serde(rename = "1.2,1.3")]
    Both,
    /// TLS 1.2 alone.
    #[serde(rename = "1.2")]
    Only12,
    /// TLS 1.3 alone.
    #[serde(rename = "1.3")]
    Only13,
}

impl TlsVersions {
    /// Every choice, the usual one first.
    pub const ALL: [Self; 3] = [Self::Both, Self::Only12, Self::Only13];

    /// As it stands on the command line and in the settings file: `1.2,1.3`, `1.2` or `1.3`.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Both => "1.2,1.3",
            Self::Only12 => "1.2",
            Self::Only13 => "1.3",
        }
    }

    /// As it stands in a sentence and on a switch: `TLS 1.2 and 1.3`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Both => "TLS 1.2 and 1.3",
            Self::Only12 => "TLS 1.2 only",
            Self::Only13 => "TLS 1.3 only",
        }
    }

    /// Reads a list with commas, in any order: `1.2,1.3`, `1.3, 1.2`, `1.3`. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mut has12, mut has13) = (false, false);
        for version in text.split(',').map(str::trim) {
            match version {
                "1.2" => has12 = true,
                "1.3" => has13 = true,
                _ => return None,
            }
        }
        Some(match (has12, has13) {
            (true, true) => Self::Both,
            (true, false) => Self::Only12,
            _ => Self::Only13,
        })
    }

    /// Whether TLS 1.2 is among them.
    #[must_use]
    pub fn has12(self) -> bool {
        self != Self::Only13
    }

    /// Whether TLS 1.3 is among them.
    #[must_use]
    pub fn has13(self) -> bool {
        self != Self::Only12
    }
}

/// Whether the server asks its clients for a certificate (RFC 8446, section 4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// It does not ask.
    #[default]
    None,
    /// It asks; a client may have none, but one that it shows must be good.
    Optional,
    /// It asks, and who shows none is refused.
    Required,
}

impl ClientAuth {
    /// Every choice, from the least asked to the most.
    pub const ALL: [Self; 3] = [Self::None, Self::Optional, Self::Required];

    /// The word used on the command line and in the settings file.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// The longest name of a protocol in bytes (RFC 7301, section 3.1).
const LONGEST_PROTOCOL: usize = 255;
/// More names than this are a mistake; a client's hello has no room for many more.
const MOST_PROTOCOLS: usize = 32;

/// Reads a list of ALPN protocols with commas between them, the one that the server likes best first; an empty text
/// is an empty list: the server then takes no part in ALPN.
///
/// # Errors
/// A name is empty, too long, not plain ASCII, or there twice.
pub fn alpn(text: &str) -> Result<Vec<String>, FieldError> {
    let no = |advice| Err(FieldError::NotAlpn { advice });
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut protocols: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name.is_empty() {
            return no("There is a comma too many.");
        }
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return no("A name has no spaces in it, only plain letters, digits and marks.");
        }
        if name.len() > LONGEST_PROTOCOL {
            return no("A name has at most 255 letters.");
        }
        if protocols.iter().any(|known| known == name) {
            return no("One of the names is there twice.");
        }
        protocols.push(name.to_owned());
    }
    if protocols.len() > MOST_PROTOCOLS {
        return no("There are at most 32 names.");
    }
    Ok(protocols)
}

/// Reads where the key log goes; an empty text means that none is written. Only the text is looked at.
///
/// # Errors
/// The text names a folder.
pub fn key_log(text: &str) -> Result<&str, FieldError> {
    let text = text.trim();
    if text.ends_with(['/', '\\']) {
        return Err(FieldError::NotAFile { field: Field::KeyLog, example: "keys.log" });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_any_order() {
        for versions in TlsVersions::ALL {
            assert_eq!(TlsVersions::parse(versions.keyword()), Some(versions));
        }
        assert_eq!(TlsVersions::parse(" 1.3 , 1.2"), Some(TlsVersions::Both));
        for wrong in ["", "1.1", "1.2;1.3", "TLS 1.2", "1.2,", "1.2 1.3"] {
            assert_eq!(TlsVersions::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn protocols_are_read_and_refused_with_words() {
        assert_eq!(alpn(" h2 , http/1.1").unwrap(), ["h2", "http/1.1"]);
        assert!(alpn("  ").unwrap().is_empty());
        for wrong in ["h2,", "h 2", "é", "h2,h2", &"x".repeat(256)] {
            let words = alpn(wrong).unwrap_err().to_string();
            assert!(words.starts_with("ALPN takes names with commas"), "{words}");
        }
    }

    #[test]
    fn a_key_log_is_a_file() {
        assert_eq!(key_log(" /tmp/keys.log ").unwrap(), "/tmp/keys.log");
        assert_eq!(
            key_log("/tmp/").unwrap_err().to_string(),
            "Key log takes the path of a file, and this is a folder's. Add a name, such as keys.log."
        );
    }
}
