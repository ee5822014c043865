//! What a running lesson is told: what is so, and what happens.

use crate::lessons::Place;
use crate::server::calls::Call;
use crate::server::event::Event;
use crate::settings::Settings;

/// What is so at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: they are no states of one thing"
)]
pub struct Facts {
    /// What the listening server was started with, the port the real one; `None` while none listens.
    pub running: Option<Settings>,
    /// Whether nothing of a server is left, and none is starting.
    pub stopped: bool,
    /// What the form says.
    pub form: Settings,
    /// Clients that the server has accepted and not let go.
    pub connected: u64,
    /// Clients that wait in the accept queue; `None` where nobody can tell.
    pub waiting: Option<u64>,
    /// Whether a certificate that is valid today and a key that fits it are chosen.
    pub certificate: bool,
    /// Whether the server was told not to accept.
    pub paused: bool,
    /// Whether the server goes step by step.
    pub stepping: bool,
    /// The calls that some thread of the server has halted before.
    pub halted: Vec<Call>,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
pub enum Happening<'a> {
    /// The server told it.
    Event(&'a Event),
    /// A certificate was made and put into the form.
    CertificateCreated,
    /// A tab or a dialog came to the front.
    Opened(Place),
    /// What the Client tab sent came back byte for byte.
    Echo,
    /// The Client tab has sent end of stream, and goes on reading.
    HalfClosed,
}
