//! What a front end can ask of the client tabs.

use std::path::PathBuf;

use crate::app::clients::field::{ClientField, Followed, SendKind, TrustChoice};
use crate::app::clients::tab::ClientTabId;
use crate::client::event::Leave;
use crate::client::typed::LineEnding;
use crate::settings::TlsVersions;

/// One wish of the user about the client tabs. A tab that is gone is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCommand {
    /// One more tab; nothing happens where there are [`crate::app::clients::MOST_CLIENTS`].
    Add,
    /// Close a tab, and its connection with it (as [`Leave::Close`]).
    Remove(ClientTabId),
    /// The text of a field became this. Where the field followed the server, it no longer does.
    Edit(ClientTabId, ClientField, String),
    /// Speak TLS or don't, whatever the server does.
    SetTls(ClientTabId, bool),
    /// Trust these.
    SetTrust(ClientTabId, TrustChoice),
    /// Offer these versions of TLS, whatever the server speaks.
    SetVersions(ClientTabId, TlsVersions),
    /// Follow the server's settings again, in this or in everything.
    FollowServer(ClientTabId, Option<Followed>),
    /// Send text, hexadecimal digits or a file.
    SetSendKind(ClientTabId, SendKind),
    /// Whether backslashes in the text are escapes.
    SetEscapes(ClientTabId, bool),
    /// What is added to the text.
    SetLineEnding(ClientTabId, LineEnding),
    /// Connect, as the form says. Nothing happens while it is connected or a field is wrong.
    Connect(ClientTabId),
    /// Give up connecting.
    Cancel(ClientTabId),
    /// Send what is typed, or the file that is named.
    Send {
        /// In which tab.
        id: ClientTabId,
    },
    /// Send this file, whatever stands in the field.
    SendFile {
        /// In which tab.
        id: ClientTabId,
        /// An ordinary file of any size.
        path: PathBuf,
    },
    /// Send what is typed as often and as fast as the two fields say. One that goes on is replaced.
    Repeat {
        /// In which tab.
        id: ClientTabId,
    },
    /// Forget what waits to be sent, the rest of a file and a repetition; stay connected.
    StopSending(ClientTabId),
    /// Leave in this way.
    Leave {
        /// In which tab.
        id: ClientTabId,
        /// How.
        how: Leave,
    },
    /// Forget what stands in the transcript.
    ClearTranscript(ClientTabId),
}

impl ClientCommand {
    /// The tab it is about.
    pub(super) fn tab(&self) -> Option<ClientTabId> {
        match self {
            Self::Add => None,
            Self::Remove(id)
            | Self::Edit(id, ..)
            | Self::SetTls(id, _)
            | Self::SetTrust(id, _)
            | Self::SetVersions(id, _)
            | Self::FollowServer(id, _)
            | Self::SetSendKind(id, _)
            | Self::SetEscapes(id, _)
            | Self::SetLineEnding(id, _)
            | Self::Connect(id)
            | Self::Cancel(id)
            | Self::Send { id }
            | Self::SendFile { id, .. }
            | Self::Repeat { id }
            | Self::StopSending(id)
            | Self::Leave { id, .. }
            | Self::ClearTranscript(id) => Some(*id),
        }
    }
}
