//! The lesson that is being done, and what it changed in the form.

use crate::lessons::Running;
use crate::lessons::facts::{Facts, Happening};
use crate::lessons::setting_override::SettingOverride;

/// How the server and the form relate to the settings that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// Both have them, or the step needs none.
    Ready,
    /// The form lacks some of them.
    Needed,
    /// The running server lacks some of them and must be restarted.
    NeedsRestart,
}

/// The lesson of the app.
#[derive(Default)]
pub(in crate::app) struct Lessons {
    pub(super) running: Option<Running>,
    /// The index among the built-in lessons.
    pub(super) number: Option<usize>,
    /// The changes to the form: the new value, and the one before the lesson.
    pub(super) undo: Vec<(SettingOverride, SettingOverride)>,
    /// Whether the server is started again as soon as it has stopped.
    pub(super) start_again: bool,
}

impl Lessons {
    /// Reports an event to the lesson.
    pub(in crate::app) fn happened(&mut self, happening: Happening<'_>) {
        if let Some(running) = &mut self.running {
            running.happened(happening);
        }
    }

    /// Returns a number that identifies the current step of the current lesson.
    pub(in crate::app) fn turn(&self) -> Option<u64> {
        self.running.as_ref().map(Running::turn)
    }

    /// Judges the step by facts that were collected for step `turn`. Returns the step that is current afterwards.
    pub(in crate::app) fn judge(&mut self, turn: u64, facts: &Facts) -> Option<u64> {
        if self.turn() == Some(turn)
            && let Some(running) = &mut self.running
        {
            running.look(facts);
        }
        self.turn()
    }
}
