//! The fields and choices of a client tab.

use crate::client::config::Trust;

/// The most characters of text or of digits that can be typed to be sent: they are read anew at each look at them. What
/// is longer goes as a file.
pub const MOST_TYPED: usize = 32_768;

/// A text field of a client tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientField {
    /// Host name or IP literal. Follows the server.
    Host,
    /// TCP port. Follows the server.
    Port,
    /// Seconds that an address may take to answer.
    Timeout,
    /// Path of the authorities for [`TrustChoice::CaFile`].
    CaFile,
    /// The name to ask for and to check; empty: the host.
    ServerName,
    /// The protocols offered by ALPN. Follows the server.
    Alpn,
    /// Path of the client certificate; empty: none.
    Certificate,
    /// Path of its key.
    Key,
    /// The text to send.
    Text,
    /// The hexadecimal digits to send.
    Hex,
    /// Path of the file to send.
    File,
    /// How often to repeat.
    Times,
    /// Milliseconds from one repetition to the next.
    Every,
}

impl ClientField {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 13] = [
        Self::Host,
        Self::Port,
        Self::Timeout,
        Self::CaFile,
        Self::ServerName,
        Self::Alpn,
        Self::Certificate,
        Self::Key,
        Self::Text,
        Self::Hex,
        Self::File,
        Self::Times,
        Self::Every,
    ];

    /// What the field is called in a sentence and beside its input.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Port => "Port",
            Self::Timeout => "Timeout",
            Self::CaFile => "CA file",
            Self::ServerName => "Server name",
            Self::Alpn => "ALPN",
            Self::Certificate => "Client certificate",
            Self::Key => "Client key",
            Self::Text => "Text",
            Self::Hex => "Hex",
            Self::File => "File",
            Self::Times => "Times",
            Self::Every => "Every",
        }
    }

    /// What of the server it follows.
    #[must_use]
    pub fn follows(self) -> Option<Followed> {
        match self {
            Self::Host => Some(Followed::Host),
            Self::Port => Some(Followed::Port),
            Self::Alpn => Some(Followed::Alpn),
            _ => None,
        }
    }

    /// The least and the most that a number field takes; `None` for a field that isn't a number.
    #[must_use]
    pub fn range(self) -> Option<(u32, u32)> {
        match self {
            Self::Port => Some((1, 65_535)),
            Self::Timeout => Some((1, 600)),
            Self::Times => Some((1, 1_000_000)),
            Self::Every => Some((0, 3_600_000)),
            _ => None,
        }
    }
}

/// A part of the form that can follow the server's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Followed {
    /// The host; an unspecified address becomes the loopback one.
    Host,
    /// The port.
    Port,
    /// Whether TLS is spoken.
    Tls,
    /// The versions of TLS.
    Versions,
    /// The protocols of ALPN.
    Alpn,
}

impl Followed {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Host, Self::Port, Self::Tls, Self::Versions, Self::Alpn];
}

/// Whom a client tab trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TrustChoice {
    /// The certificate file that this server serves (from).
    #[default]
    ThisServer,
    /// The authorities in [`ClientField::CaFile`].
    CaFile,
    /// The system's authorities.
    System,
    /// Anybody.
    Nothing,
}

impl TrustChoice {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::ThisServer, Self::CaFile, Self::System, Self::Nothing];

    /// As it stands on a switch.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ThisServer => "This server's certificate",
            Self::CaFile => "A CA file",
            Self::System => "The system's authorities",
            Self::Nothing => "Anybody (no check)",
        }
    }

    /// A standing word of care.
    #[must_use]
    pub fn caution(self) -> Option<&'static str> {
        if self == Self::Nothing { Trust::Nothing.caution() } else { None }
    }
}

/// What kind of thing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SendKind {
    /// Text, with escapes if wanted, and a line ending.
    #[default]
    Text,
    /// Hexadecimal digits.
    Hex,
    /// A file.
    File,
}

impl SendKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Text, Self::Hex, Self::File];

    /// As it stands on a switch.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Hex => "Hex",
            Self::File => "File",
        }
    }
}
