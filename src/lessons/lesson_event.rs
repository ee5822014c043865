//! The state of the app and the events that complete the steps of a lesson.

use serde::Deserialize;

use crate::server::calls::Call;
use crate::server::event::Event;
use crate::settings::Settings;

/// A tab or a dialog of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonPlace {
    /// The tab with the event log.
    Log,
    /// The tab with the open connections.
    Connections,
    /// The tab with the built-in clients.
    Client,
    /// The tab with the Python program.
    Code,
    /// The tab with the sequence diagram of a connection.
    Wire,
    /// The dialog *Create certificate…*.
    CreateCertificate,
    /// The dialog *Details…* of the certificate.
    CertificateDetails,
    /// The dialog *Options…* of TLS.
    TlsOptions,
}

impl LessonPlace {
    /// Every place.
    pub const ALL: [Self; 8] = [
        Self::Log,
        Self::Connections,
        Self::Client,
        Self::Code,
        Self::Wire,
        Self::CreateCertificate,
        Self::CertificateDetails,
        Self::TlsOptions,
    ];

    /// Returns its name in the window.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Log => "the Log tab",
            Self::Connections => "the Connections tab",
            Self::Client => "the Client tab",
            Self::Code => "the Code tab",
            Self::Wire => "the Wire tab",
            Self::CreateCertificate => "Create certificate…",
            Self::CertificateDetails => "Details… of the certificate",
            Self::TlsOptions => "Options… of TLS",
        }
    }
}

/// The state of the app at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the facts are independent of each other")]
pub struct LessonFacts {
    /// The settings that the listening server was started with, with its real port; `None` while none is listening.
    pub running: Option<Settings>,
    /// Whether no server is running, starting or stopping.
    pub stopped: bool,
    /// The settings in the form.
    pub form: Settings,
    /// The number of clients that are connected to the server.
    pub connected: u64,
    /// The number of clients that wait in the accept queue; `None` if it is unknown.
    pub waiting: Option<u64>,
    /// Whether a certificate that is valid today and a matching key are chosen.
    pub certificate: bool,
    /// Whether accepting is paused.
    pub paused: bool,
    /// Whether step mode is on.
    pub stepping: bool,
    /// The calls that threads of the server are paused before.
    pub paused_before: Vec<Call>,
}

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum LessonEvent<'a> {
    /// An event of the server.
    Server(&'a Event),
    /// A certificate was created and put into the form.
    CertificateCreated,
    /// A tab or a dialog was opened.
    Opened(LessonPlace),
    /// A client of the Client tab received what it had sent, byte for byte.
    Echo,
    /// A client of the Client tab half-closed its connection and still receives.
    HalfClosed,
}
