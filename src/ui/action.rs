//! What a panel or a key asks for: something of the app, or something of the window alone.

use crate::app::Command;
use crate::server::client_id::ClientId;

use crate::ui::dialogs::Purpose;

/// One action of the user. Panels return them; [`crate::ui::window::Window`] handle_action them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(super) enum Action {
    /// The app is to do this.
    App(Command),
    /// A file dialog is to open.
    Browse(Purpose),
    /// Opens the dialog that creates a certificate.
    CreateCertificate,
    /// Opens the details of the certificate in the form.
    ShowCertificateDetails,
    /// Opens the TLS options.
    ShowTlsOptions,
    /// This text goes to the clipboard.
    CopyText(String),
    /// The help opens, or closes.
    ToggleHelp,
    /// This tab comes to the front.
    Show(Tab),
    /// The keyboard goes to the filter.
    FocusFilter,
    /// The selected log entries go to the clipboard.
    CopyEntries,
    /// Step mode begins, or ends.
    ToggleStepping,
    /// In step mode, the call happens that has been halted before the longest.
    StepNext,
    /// What went by on this connection is to be seen.
    ShowWire(ClientId),
    /// Start, or stop, whichever is possible.
    StartOrStop,
}

impl From<Command> for Action {
    fn from(command: Command) -> Self {
        Self::App(command)
    }
}

/// What the centre of the window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    /// What happened.
    #[default]
    Log,
    /// Who is connected.
    Connections,
    /// Clients of our own.
    Client,
    /// What the server does, as a program.
    Code,
    /// What went by on one connection.
    Wire,
}

impl Tab {
    /// Every tab, from left to right.
    pub(super) const ALL: [Self; 5] = [Self::Log, Self::Connections, Self::Client, Self::Code, Self::Wire];
}
