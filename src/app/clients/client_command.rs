//! The commands about the client tabs and the load clients, and the fields and choices that they set.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use crate::client::client_event::CloseMode;
use crate::client::input::LineEnding;
use crate::settings::TlsVersions;
use crate::tls::explain::trust_warning;
use crate::tls::options::Trust;

/// A client tab's number. The tabs of the app are numbered from 1; a number is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientTabId(pub u64);

impl fmt::Display for ClientTabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A command about the client tabs or the load clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCommand {
    /// Add a tab; ignored if there are `MAX_CLIENT_TABS`.
    Add,
    /// A command for one tab; ignored if the tab is gone.
    Tab(ClientTabId, TabCommand),
    /// Set the text of the number of load clients.
    EditLoadCount(String),
    /// Connect the load clients with the settings of the first tab; ignored while they are connected, or while the
    /// number or that tab's form is invalid.
    ConnectLoad,
    /// Close the load clients.
    CloseLoad,
}

/// A command for a client tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TabCommand {
    /// Remove a tab, and close its connection (as [`CloseMode::Close`]).
    Remove,
    /// Set the text of a field. If the field followed the server, it no longer does.
    Edit(ClientField, String),
    /// Use TLS or not, regardless of what the server does.
    SetTls(bool),
    /// Set which certificates are trusted.
    SetTrust(TrustChoice),
    /// Offer these TLS versions, regardless of the server's.
    SetVersions(TlsVersions),
    /// Follow this setting of the server again.
    FollowServer(Followed),
    /// Choose whether to send text, hexadecimal digits or a file.
    SetSendKind(SendKind),
    /// Set whether backslashes in the text are escapes.
    SetEscapes(bool),
    /// Set what is appended to the text.
    SetLineEnding(LineEnding),
    /// Connect with the form's settings; ignored while connected or while a field is invalid.
    Connect,
    /// Cancel an attempt to connect.
    Cancel,
    /// Send the typed text or digits, or the chosen file.
    Send,
    /// Send this regular file of any size, regardless of what the field contains.
    SendFile(PathBuf),
    /// Send the typed text or digits repeatedly, as set in the fields *Times* and *Every*. Replaces a repetition under
    /// way.
    Repeat,
    /// Empty the send queue, including the rest of a file and a repetition; stay connected.
    StopSending,
    /// Close the connection in this mode.
    Close(CloseMode),
    /// Remove all entries of the transcript.
    ClearTranscript,
}

/// A text field of a client tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientField {
    /// Host name or IP literal. Follows the server.
    Host,
    /// TCP port. Follows the server.
    Port,
    /// Seconds that an address may take to answer.
    Timeout,
    /// Path of the CA certificates for [`TrustChoice::CaFile`].
    CaFile,
    /// The server name to request and to check; empty: the host.
    ServerName,
    /// The protocols offered by ALPN. Follows the server.
    Alpn,
    /// Path of the client certificate; empty: none.
    Certificate,
    /// Path of the client certificate's key.
    Key,
    /// The text to send.
    Text,
    /// The hexadecimal digits to send.
    Hex,
    /// The path of the file to send.
    File,
    /// How often to repeat.
    Times,
    /// Milliseconds from one repetition to the next.
    Every,
}

impl ClientField {
    /// Returns the name of a number field in messages, and its range; `None` for other fields.
    pub(super) fn number(self) -> Option<(&'static str, RangeInclusive<u32>)> {
        match self {
            Self::Port => Some(("Port", 1..=65_535)),
            Self::Timeout => Some(("Timeout", 1..=600)),
            Self::Times => Some(("Times", 1..=1_000_000)),
            Self::Every => Some(("Every", 0..=3_600_000)),
            _ => None,
        }
    }
}

/// A part of the form that can follow the server's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// The host; an unspecified address becomes the loopback one.
    Host,
    /// The port.
    Port,
    /// Whether TLS is used.
    Tls,
    /// The TLS versions.
    Versions,
    /// The ALPN protocols.
    Alpn,
}

impl Followed {
    /// Returns the text field of the part, if it has one.
    pub(super) fn field(self) -> Option<ClientField> {
        match self {
            Self::Host => Some(ClientField::Host),
            Self::Port => Some(ClientField::Port),
            Self::Alpn => Some(ClientField::Alpn),
            Self::Tls | Self::Versions => None,
        }
    }
}

/// Which certificates a client tab trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustChoice {
    /// The certificate file of this window's server.
    #[default]
    ThisServer,
    /// The CA certificates in [`ClientField::CaFile`].
    CaFile,
    /// The OS's CA certificates.
    System,
    /// Any certificate.
    Nothing,
}

impl TrustChoice {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::ThisServer, Self::CaFile, Self::System, Self::Nothing];

    /// Returns the label of the choice.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ThisServer => "This server's certificate",
            Self::CaFile => "A CA file",
            Self::System => "System trust store",
            Self::Nothing => "Any certificate (no check)",
        }
    }

    /// Returns the warning that stays visible while this is chosen.
    #[must_use]
    pub fn caution(self) -> Option<&'static str> {
        if self == Self::Nothing { trust_warning(&Trust::Nothing) } else { None }
    }
}

/// The kind of data to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SendKind {
    /// Text, with escapes if they are turned on, and a line ending.
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

    /// Returns the field that contains the data.
    #[must_use]
    pub fn field(self) -> ClientField {
        match self {
            Self::Text => ClientField::Text,
            Self::Hex => ClientField::Hex,
            Self::File => ClientField::File,
        }
    }
}
