//! The lesson that is being done, in a bar over the tabs: what has just happened, what to do now, and the way on.
//!
//! ```text
//! ┌ bar ──────────────────────────────────────────────────────────────────────┐
//! │ Your first echo   Step 3 of 6  ✓ ✓ ● ○ ○ ○                           ⌄  ✕ │
//! │ ✓ accept() returned a new socket, made for this one client. …    (done)   │
//! │ Type Hello into the field of the client and press Enter.         (step)   │
//! │ ○ recv() returned “Hell”   ✓ recv() returned “o, w”              (signs)  │
//! │ [Set it up] backlog 2   [Show the Client tab]   Back   Skip this step     │
//! └────────────────────────────────────────────────────────────────────────────┘
//!   menu: Help in the top bar, with the list of lessons.
//! ```

mod bar;
mod height;
pub(super) mod menu;
mod parts;

pub(super) use bar::LessonBar;

use crate::app::Command;
use crate::lessons::Place;
use crate::ui::action::{Action, Tab};

/// The action that brings a place to the front.
fn wish_for(place: Place) -> Action {
    match place {
        Place::Log => Action::Show(Tab::Log),
        Place::Connections => Action::Show(Tab::Connections),
        Place::Client => Action::Show(Tab::Client),
        Place::Code => Action::Show(Tab::Code),
        Place::Wire => Action::Show(Tab::Wire),
        Place::CreateCertificate => Action::CreateCertificate,
        Place::CertificateDetails => Action::ShowCertificateDetails,
        Place::TlsOptions => Action::ShowTlsOptions,
    }
}

/// Returns the command that reports to the lesson that an action opens a place.
pub(super) fn opened(action: &Action) -> Option<Command> {
    let action = if let Action::ShowWire(_) = action { &Action::Show(Tab::Wire) } else { action };
    let place = Place::ALL.into_iter().find(|place| wish_for(*place) == *action)?;
    Some(Command::Opened(place))
}
