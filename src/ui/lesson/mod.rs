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

use super::lab::Ask;
use super::wish::{Tab, Wish};
use crate::lessons::Place;
use crate::session::Command;
use crate::session::LessonCommand;

/// The wish that brings a place to the front.
fn wish_for(place: Place) -> Wish {
    match place {
        Place::Log => Wish::Show(Tab::Log),
        Place::Connections => Wish::Show(Tab::Connections),
        Place::Client => Wish::Show(Tab::Client),
        Place::Code => Wish::Show(Tab::Code),
        Place::Wire => Wish::Show(Tab::Wire),
        Place::CreateCertificate => Wish::Lab(Ask::Create),
        Place::CertificateDetails => Wish::Lab(Ask::Details),
        Place::TlsOptions => Wish::Lab(Ask::Options),
    }
}

/// What the lesson is to be told when a wish is fulfilled: a place came to the front.
pub(super) fn opened(wish: &Wish) -> Option<LessonCommand> {
    let wish = if let Wish::ShowWire(_) = wish { &Wish::Show(Tab::Wire) } else { wish };
    let place = Place::ALL.into_iter().find(|place| wish_for(*place) == *wish)?;
    Some(LessonCommand::Opened(place))
}

/// A command about the lesson, as a wish.
fn ask(command: LessonCommand) -> Wish {
    Command::Lesson(command).into()
}
