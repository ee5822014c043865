//! Settings with a fixed list of values: each value's keyword for the command line and the settings file, its label,
//! and a sentence that explains it.

use std::fmt;

use serde::{Serialize, Serializer};

/// The values of a setting, each with its keyword, label and explanation.
pub type ChoiceTable<T> = &'static [(T, &'static str, &'static str, &'static str)];

/// A setting with a fixed list of values.
pub trait SettingChoice: Copy + PartialEq + 'static {
    /// Every value in the order of the form, with its keyword, its label and its explanation.
    const TABLE: ChoiceTable<Self>;

    /// Returns the keyword for the command line and the settings file.
    fn keyword(self) -> &'static str {
        self.entry().1
    }

    /// Returns the text for the form.
    fn label(self) -> &'static str {
        self.entry().2
    }

    /// Returns a sentence that explains the value.
    fn about(self) -> &'static str {
        self.entry().3
    }

    /// Returns the keywords of all values.
    fn keywords() -> Vec<&'static str> {
        Self::TABLE.iter().map(|entry| entry.1).collect()
    }

    /// Returns every value with its label and its explanation.
    fn choices() -> Vec<(Self, &'static str, &'static str)> {
        Self::TABLE.iter().map(|(value, _, label, about)| (*value, *label, *about)).collect()
    }

    /// Returns the value with this keyword.
    fn parse(text: &str) -> Option<Self> {
        Self::TABLE.iter().find(|entry| entry.1 == text).map(|entry| entry.0)
    }

    /// Returns the entry of the table.
    fn entry(self) -> (Self, &'static str, &'static str, &'static str) {
        *Self::TABLE.iter().find(|entry| entry.0 == self).expect("the table has every value")
    }
}

/// How the accepted clients are served: the three `handle_new_connections_…` functions of the tutorial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Serves one client until it closes, then accepts the next one.
    One,
    /// Starts a thread for each client.
    #[default]
    Threads,
    /// Shares a fixed number of threads among the clients. An accepted client waits until a thread is free.
    Pool,
}

impl Mode {
    /// Every mode, in the order in which the tutorial introduces them.
    pub const ALL: [Self; 3] = [Self::One, Self::Threads, Self::Pool];
}

impl SettingChoice for Mode {
    const TABLE: ChoiceTable<Self> = &[
        (
            Self::One,
            "one",
            "One at a time",
            "Serves one client until it disconnects. Further clients wait in the accept queue.",
        ),
        (
            Self::Threads,
            "threads",
            "A thread for each",
            "Starts a thread for each client, so that all are served at once.",
        ),
        (
            Self::Pool,
            "pool",
            "A pool of threads",
            "Serves clients with a fixed number of threads. Further clients wait for a free thread.",
        ),
    ];
}

/// The versions of TLS that the server supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersions {
    /// TLS 1.2 (RFC 5246) and TLS 1.3 (RFC 8446): the newest one that the client supports too.
    #[default]
    Both,
    /// TLS 1.2 alone.
    Only12,
    /// TLS 1.3 alone.
    Only13,
}

impl TlsVersions {
    /// Every choice, the default first.
    pub const ALL: [Self; 3] = [Self::Both, Self::Only12, Self::Only13];

    /// Returns whether the server supports the version with this number (RFC 8446, section 4.2.1).
    #[must_use]
    pub fn contains(self, code: u16) -> bool {
        match code {
            0x0303 => self != Self::Only13,
            0x0304 => self != Self::Only12,
            _ => false,
        }
    }
}

impl SettingChoice for TlsVersions {
    const TABLE: ChoiceTable<Self> = &[
        (
            Self::Both,
            "1.2,1.3",
            "TLS 1.2 and 1.3",
            "Each client gets the newest version that it supports, as on most servers.",
        ),
        (
            Self::Only12,
            "1.2",
            "TLS 1.2 only",
            "Like an old server: certificates are sent unencrypted, and a full handshake takes one more round trip.",
        ),
        (
            Self::Only13,
            "1.3",
            "TLS 1.3 only",
            "Only the newest version. Clients that support only TLS 1.2 can't connect.",
        ),
    ];

    /// Reads a comma-separated list in any order: `1.2,1.3`, `1.3, 1.2`, `1.3`.
    fn parse(text: &str) -> Option<Self> {
        let versions: Vec<_> = text.split(',').map(str::trim).collect();
        match (versions.contains(&"1.2"), versions.contains(&"1.3")) {
            _ if versions.iter().any(|version| !["1.2", "1.3"].contains(version)) => None,
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Only12),
            _ => Some(Self::Only13),
        }
    }
}

/// Whether the server requests a certificate from its clients (RFC 8446, section 4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// Requests none.
    #[default]
    None,
    /// Requests one. A client may present none, but one that it presents must be valid.
    Optional,
    /// Requires one, and rejects a client that presents none.
    Required,
}

impl ClientAuth {
    /// Every choice, from the most permissive to the strictest.
    pub const ALL: [Self; 3] = [Self::None, Self::Optional, Self::Required];
}

impl SettingChoice for ClientAuth {
    const TABLE: ChoiceTable<Self> = &[
        (Self::None, "none", "Not requested", "Clients need no certificate, as on most servers."),
        (
            Self::Optional,
            "optional",
            "Optional",
            "Requests a certificate. Clients can present none, but one that they present must be valid.",
        ),
        (
            Self::Required,
            "required",
            "Required",
            "Rejects clients that don't present a valid certificate (mutual TLS).",
        ),
    ];
}

/// The theme of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// Follows the OS.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl SettingChoice for ThemeChoice {
    const TABLE: ChoiceTable<Self> = &[
        (Self::System, "system", "System theme", ""),
        (Self::Light, "light", "Light theme", ""),
        (Self::Dark, "dark", "Dark theme", ""),
    ];
}

/// How the log shows received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataFormat {
    /// As Python's `repr` prints them: `b'Hello\n'`.
    #[default]
    Python,
    /// As text, with a replacement for bytes that aren't text.
    Text,
    /// As hexadecimal digits, two for each byte.
    Hex,
}

impl DataFormat {
    /// Every format, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Python, Self::Text, Self::Hex];
}

impl SettingChoice for DataFormat {
    const TABLE: ChoiceTable<Self> =
        &[(Self::Python, "python", "", ""), (Self::Text, "text", "", ""), (Self::Hex, "hex", "", "")];
}

/// Implements `Display` and `Serialize`, which write a choice as its keyword.
macro_rules! write_as_keyword {
    ($($choice:ty),*) => {
        $(impl fmt::Display for $choice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.keyword())
            }
        }

        impl Serialize for $choice {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.keyword())
            }
        })*
    };
}

write_as_keyword!(Mode, TlsVersions, ClientAuth, ThemeChoice, DataFormat);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_versions_parse_in_any_order() {
        for versions in TlsVersions::ALL {
            assert_eq!(TlsVersions::parse(versions.keyword()), Some(versions));
        }
        assert_eq!(TlsVersions::parse(" 1.3 , 1.2"), Some(TlsVersions::Both));
        for wrong in ["", "1.1", "1.2;1.3", "TLS 1.2", "1.2,", "1.2 1.3"] {
            assert_eq!(TlsVersions::parse(wrong), None, "{wrong:?}");
        }
    }
}
