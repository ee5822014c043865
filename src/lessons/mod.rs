//! Lessons: short guided experiments, written as data and ticked off by what really happens.
//!
//! ```text
//!  assets/lessons/*.toml, or a teacher's file
//!        │ read (read.rs walks the TOML; step.rs, when.rs, choice.rs know its keys)
//!        ▼
//!     Lesson ──► Running ◄── Happening (an event of the server, something done in the window), one after the other
//!                   ▲  └───► which step it is at, what of it is done
//!                   └─────── Facts (what is so now)
//! ```
//!
//! Nothing here knows sockets, threads, clocks or the window: a running lesson is a plain value that is handed what
//! happens.
//!
//! # The format of a lesson file
//!
//! A lesson is a TOML file of at most 64 KiB. Anything that is not described here is an error with its line: a mistyped
//! key never passes in silence.
//!
//! ```toml
//! title = "A stream has no messages"
//! summary = "What one side sends in one piece may arrive in several."
//! needs = ["tls"]                    # optional: the lesson serves TLS, so a certificate is asked for first
//!
//! [[step]]
//! text = "Press Set it up, then Start server."      # what to do, in a sentence or two
//! why = "recv(4) hands over at most four bytes."    # optional: what just happened, shown when the step is done
//! settings = { recv_size = 4, tls = false }         # optional: offered by the button "Set it up"
//! open = "client"                                   # optional: offered by a button, "Show the Client tab"
//! done = { is = "listening", recv_size = 4 }        # when the step is ticked off
//! ```
//!
//! - **`settings`** takes `host`, `port`, `backlog`, `mode`, `pool_size`, `recv_size`, `max_clients`, `idle_timeout`,
//!   `tls`, `tls_versions`, `client_auth`, `alpn`, `session_tickets`, with the values of the settings file.
//! - **`open`** takes `log`, `connections`, `client`, `code`, `wire`, `create_certificate`, `certificate_details`,
//!   `tls_options`.
//! - **`done`** is one condition; or `{ all = […] }` or `{ any = […] }` with conditions in them.
//!
//! A condition says what **is** so, or what was **seen** to happen. What is seen counts from the moment the step began;
//! with `since = "lesson"` from the beginning of the lesson. No condition waits for time to pass.
//!
//! | `is =` | true while | further keys |
//! |---|---|---|
//! | `"listening"` | the server listens | any key of `settings`: with which it was started |
//! | `"stopped"` | no server runs | |
//! | `"settings"` | the form says so, running or not | the keys of `settings` |
//! | `"connected"` | clients are connected | `at_least` (1), `at_most` |
//! | `"waiting"` | clients wait in the accept queue | `at_least` (1) |
//! | `"certificate"` | a certificate that is valid today and a key that fits it are chosen | |
//! | `"paused"` | the server was told not to accept | |
//! | `"stepping"` | the server goes step by step | |
//! | `"halted"` | step by step, it has halted | `before`, a call: `"socket"`, `"bind"`, `"listen"`, `"accept"`, `"handshake"`, `"recv"`, `"sendall"`, `"close"` |
//!
//! `waiting` is read from the kernel where it tells (Linux). Elsewhere those count that have connected from the Client
//! tab and that the server has not accepted yet; for other programs' clients the step can then only be skipped.
//!
//! | `seen =` | counts | further keys |
//! |---|---|---|
//! | `"started"`, `"stopped"` | starts and stops of the server | |
//! | `"accepted"` | accepted clients | |
//! | `"received"` | what `recv` returned, call by call | `equals`, `contains`, `hex`, `length`; `bytes`: at least so many in all |
//! | `"stream"` | the bytes of one client, put together over all calls of `recv` | `contains` (needed) |
//! | `"echo"` | sends of the clients in the Client tab that came back byte for byte | |
//! | `"half_closed"` | clients of the Client tab that said end of stream and go on reading | |
//! | `"closed"` | connections that ended | `reason`, or a list: `"end_of_stream"`, `"without_close_notify"`, `"lost"` (RST), `"disconnected"`, `"idle"`, `"tls"`, `"server_stopped"` |
//! | `"handshake"` | TLS handshakes that were done | `version` (`"1.2"`, `"1.3"`), `resumed` |
//! | `"tls_failed"` | TLS that failed | `alert`, or a list: what the client said, by the names of RFC 8446, section 6.2: `"unknown_ca"` … |
//! | `"not_tls"` | clients that sent something else to a TLS server | |
//! | `"tls_on_plain"` | clients that spoke TLS to a server without | |
//! | `"certificate_created"` | certificates made in this window | |
//! | `"opened"` | tabs and dialogs that were brought to the front | `place`, as in `open` (needed) |
//!
//! Each of these takes `at_least` (1) and `since` (`"step"`).

pub mod condition;
pub mod error;
pub mod facts;
mod read;
pub mod running;
pub mod setting_override;
mod shipped;
mod step;
mod tally;
mod when;
mod words;

use condition::{Condition, Goal};
use error::LessonError;
use setting_override::SettingOverride;

pub use running::Running;
pub use shipped::shipped;

/// The largest lesson file in bytes; the lessons that come with the app have a few KiB.
pub const LARGEST_FILE: usize = 64 << 10;

/// A guided experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Its name, a few words.
    pub title: String,
    /// What one learns, in one sentence.
    pub summary: String,
    /// Whether it serves TLS, for which a certificate and a key must be chosen.
    pub needs_tls: bool,
    /// What to do, one after the other; at least one.
    pub steps: Vec<Step>,
}

impl Lesson {
    /// Reads a lesson from the text of its file; the format is described [above](self).
    ///
    /// # Errors
    /// The first thing in the text that is not as described, with its line.
    pub fn parse(text: &str) -> Result<Self, LessonError> {
        step::lesson(text)
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do, in a sentence or two.
    pub text: String,
    /// What has happened when it is done.
    pub why: Option<String>,
    /// What the server is to be set to for it.
    pub settings: Vec<SettingOverride>,
    /// The tab or the dialog that it is about.
    pub open: Option<Place>,
    /// What is watched for.
    pub conditions: Vec<Condition>,
    /// Which of these make the step done.
    pub goal: Goal,
}

/// A tab or a dialog of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The tab with what happened.
    Log,
    /// The tab with who is connected.
    Connections,
    /// The tab with the built-in clients.
    Client,
    /// The tab with the program.
    Code,
    /// The tab with what went over the wire.
    Wire,
    /// *Create certificate…*
    CreateCertificate,
    /// *Details…* of the certificate.
    CertificateDetails,
    /// *Options…* of TLS.
    TlsOptions,
}

impl Place {
    /// All of them.
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

    /// Its name in a lesson file.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Connections => "connections",
            Self::Client => "client",
            Self::Code => "code",
            Self::Wire => "wire",
            Self::CreateCertificate => "create_certificate",
            Self::CertificateDetails => "certificate_details",
            Self::TlsOptions => "tls_options",
        }
    }

    /// Its name in the window.
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
