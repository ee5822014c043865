//! What a step waits for: something that is so, or something that was seen to happen.

use crate::lessons::Place;
use crate::lessons::facts::Facts;
use crate::lessons::setting_override::SettingOverride;
use crate::server::calls::Call;
use crate::server::event::CloseReason;

/// Which conditions make a step done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// This one of the step's conditions, by its place among them.
    One(usize),
    /// Every one of these; at least one.
    All(Vec<Goal>),
    /// Any one of these; at least one.
    Any(Vec<Goal>),
}

impl Goal {
    /// Whether it is reached, where `met` tells it of each condition.
    pub fn is_reached(&self, met: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::One(index) => met(*index),
            Self::All(goals) => goals.iter().all(|goal| goal.is_reached(met)),
            Self::Any(goals) => goals.iter().any(|goal| goal.is_reached(met)),
        }
    }

    /// The conditions without which it can't be reached; of those that stand in for each other, none.
    #[must_use]
    pub fn needed(&self) -> Vec<usize> {
        match self {
            Self::One(index) => vec![*index],
            Self::All(goals) => goals.iter().flat_map(Self::needed).collect(),
            Self::Any(_) => Vec::new(),
        }
    }
}

/// One thing that a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Something is so now.
    Is(Is),
    /// Something has happened often enough.
    Seen {
        /// What.
        what: Seen,
        /// How often, or for [`Seen::Bytes`] how many bytes.
        at_least: u64,
        /// Since when it counts.
        since: Since,
    },
}

/// What can be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Is {
    /// The server listens, started with these settings.
    Listening(Vec<SettingOverride>),
    /// No server runs.
    Stopped,
    /// The form has these settings.
    Settings(Vec<SettingOverride>),
    /// So many clients are connected.
    Connected {
        /// At least so many.
        at_least: u64,
        /// At most so many.
        at_most: Option<u64>,
    },
    /// At least so many clients wait in the accept queue.
    Waiting(u64),
    /// A certificate that is valid today and a key that fits it are chosen.
    Certificate,
    /// The server was told not to accept.
    Paused,
    /// The server goes step by step.
    Stepping,
    /// It has halted, before this call or before any.
    Halted(Option<Call>),
}

impl Is {
    /// Whether it is so.
    #[must_use]
    pub fn holds(&self, facts: &Facts) -> bool {
        let all = |choices: &[SettingOverride], settings| choices.iter().all(|choice| choice.holds(settings));
        match self {
            Self::Listening(choices) => facts.running.as_ref().is_some_and(|running| all(choices, running)),
            Self::Stopped => facts.stopped,
            Self::Settings(choices) => all(choices, &facts.form),
            Self::Connected { at_least, at_most } => {
                facts.connected >= *at_least && at_most.is_none_or(|most| facts.connected <= most)
            }
            Self::Waiting(at_least) => facts.waiting.is_some_and(|waiting| waiting >= *at_least),
            Self::Certificate => facts.certificate,
            Self::Paused => facts.paused,
            Self::Stepping => facts.stepping,
            Self::Halted(call) => facts.halted.iter().any(|halted| call.is_none_or(|call| *halted == call)),
        }
    }
}

/// Since when something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Since the step began.
    Step,
    /// Since the lesson began.
    Lesson,
}

/// What can be seen to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The server came to listen.
    Started,
    /// The server came to its end.
    Stopped,
    /// A client was accepted.
    Accepted,
    /// `recv` returned this.
    Received(Data),
    /// `recv` returned this, and its bytes are what is counted.
    Bytes(Data),
    /// One client's bytes, over all calls of `recv`, have this in them. Counts once for each client.
    Stream(Vec<u8>),
    /// What the Client tab sent came back byte for byte.
    Echo,
    /// A client of the Client tab has sent end of stream, and goes on reading.
    HalfClosed,
    /// A connection ended for one of these reasons; none named: for any.
    Closed(Vec<Reason>),
    /// A TLS handshake was done.
    Handshake {
        /// `TLS 1.3` or `TLS 1.2`; `None`: either.
        version: Option<&'static str>,
        /// Whether it took up an earlier session; `None`: either.
        resumed: Option<bool>,
    },
    /// TLS failed, and the client said one of these alerts; none named: for any reason.
    TlsFailed(Vec<&'static str>),
    /// A client sent something else to a TLS server.
    NotTls,
    /// A client spoke TLS to a server without.
    TlsOnPlain,
    /// A certificate was made in the window, and put into the form.
    CertificateCreated,
    /// A tab or a dialog came to the front.
    Opened(Place),
}

/// What a call of `recv` is to have returned; what is not named may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Data {
    /// Exactly these bytes.
    pub equals: Option<Vec<u8>>,
    /// These bytes somewhere in it.
    pub contains: Option<Vec<u8>>,
    /// So many bytes.
    pub length: Option<u64>,
}

impl Data {
    /// Whether these bytes are as they are to be.
    #[must_use]
    pub fn matches(&self, data: &[u8]) -> bool {
        self.equals.as_ref().is_none_or(|equals| equals == data)
            && self.contains.as_ref().is_none_or(|part| contains(data, part))
            && self.length.is_none_or(|length| length == data.len() as u64)
    }
}

/// Whether `part` stands somewhere in `data`.
pub(super) fn contains(data: &[u8], part: &[u8]) -> bool {
    part.is_empty() || data.windows(part.len()).any(|window| window == part)
}

/// Why a connection ended, by the names of a lesson file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The client had no more to send: FIN, or `close_notify`.
    EndOfStream,
    /// FIN without TLS's `close_notify`.
    WithoutCloseNotify,
    /// RST.
    Lost,
    /// The user disconnected it.
    Disconnected,
    /// It was silent for the idle timeout.
    Idle,
    /// TLS failed.
    Tls,
    /// The server was stopped.
    ServerStopped,
}

impl Reason {
    /// All of them, with their names.
    pub const ALL: [(&str, Self); 7] = [
        ("end_of_stream", Self::EndOfStream),
        ("without_close_notify", Self::WithoutCloseNotify),
        ("lost", Self::Lost),
        ("disconnected", Self::Disconnected),
        ("idle", Self::Idle),
        ("tls", Self::Tls),
        ("server_stopped", Self::ServerStopped),
    ];

    /// Whether a connection ended for this reason.
    #[must_use]
    pub fn is(self, reason: &CloseReason) -> bool {
        match self {
            Self::EndOfStream => *reason == CloseReason::EndOfStream,
            Self::WithoutCloseNotify => *reason == CloseReason::EndWithoutCloseNotify,
            Self::Lost => matches!(reason, CloseReason::Lost { .. }),
            Self::Disconnected => *reason == CloseReason::Disconnected,
            Self::Idle => *reason == CloseReason::Idle,
            Self::Tls => *reason == CloseReason::Tls,
            Self::ServerStopped => *reason == CloseReason::ServerStopped,
        }
    }
}

/// The alerts of TLS by their names (RFC 8446, section 6.2; the older ones RFC 5246, section 7.2).
pub const ALERTS: [&str; 26] = [
    "unexpected_message",
    "bad_record_mac",
    "record_overflow",
    "handshake_failure",
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "illegal_parameter",
    "unknown_ca",
    "access_denied",
    "decode_error",
    "decrypt_error",
    "protocol_version",
    "insufficient_security",
    "internal_error",
    "inappropriate_fallback",
    "user_canceled",
    "missing_extension",
    "unsupported_extension",
    "unrecognized_name",
    "bad_certificate_status_response",
    "unknown_psk_identity",
    "certificate_required",
    "no_application_protocol",
];
