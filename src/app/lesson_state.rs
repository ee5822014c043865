//! The state of the lesson that the user is doing, and what it changed in the form.

use crate::lessons::LessonRun;
use crate::lessons::lesson_event::{LessonEvent, LessonFacts};
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
pub(super) struct LessonState {
    pub(super) run: Option<LessonRun>,
    /// The index among the built-in lessons.
    pub(super) number: Option<usize>,
    /// The changes to the form: the new value, and the one before the lesson.
    pub(super) undo: Vec<(SettingOverride, SettingOverride)>,
    /// Whether the server is started again as soon as it has stopped.
    pub(super) restart_pending: bool,
}

impl LessonState {
    /// Reports an event to the lesson.
    pub(super) fn on_event(&mut self, event: LessonEvent<'_>) {
        if let Some(run) = &mut self.run {
            run.on_event(event);
        }
    }

    /// Returns a number that identifies the current step of the current lesson.
    pub(super) fn generation(&self) -> Option<u64> {
        self.run.as_ref().map(LessonRun::generation)
    }

    /// Updates the step by facts that were collected for `generation`. Returns the generation afterwards.
    pub(super) fn update(&mut self, generation: u64, facts: &LessonFacts) -> Option<u64> {
        if let Some(run) = &mut self.run
            && run.generation() == generation
        {
            run.update(facts);
        }
        self.generation()
    }
}
