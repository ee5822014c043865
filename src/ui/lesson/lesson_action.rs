//! The tabs and dialogs that a lesson refers to, as actions of the window.

use crate::app::Command;
use crate::lessons::lesson_event::LessonPlace;
use crate::ui::action::{Action, Tab};

/// Returns the action that opens a place.
pub(super) fn open_place(place: LessonPlace) -> Action {
    match place {
        LessonPlace::Log => Action::Show(Tab::Log),
        LessonPlace::Connections => Action::Show(Tab::Connections),
        LessonPlace::Client => Action::Show(Tab::Client),
        LessonPlace::Code => Action::Show(Tab::Code),
        LessonPlace::Wire => Action::Show(Tab::Wire),
        LessonPlace::CreateCertificate => Action::CreateCertificate,
        LessonPlace::CertificateDetails => Action::ShowCertificateDetails,
        LessonPlace::TlsOptions => Action::ShowTlsOptions,
    }
}

/// Returns the command that reports to the lesson that an action opens a place.
pub(in crate::ui) fn opened(action: &Action) -> Option<Command> {
    let action = if let Action::ShowWire(_) = action { &Action::Show(Tab::Wire) } else { action };
    let place = LessonPlace::ALL.into_iter().find(|place| open_place(*place) == *action)?;
    Some(Command::Opened(place))
}
