//! The state of the lesson that the user is doing, and what it changed in the form.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use crate::app::clients::{ClientTabId, ClientTls};
use crate::lessons::LessonRun;
use crate::lessons::lesson_event::{LessonEvent, LessonFacts};
use crate::lessons::lesson_run::LessonProgress;
use crate::lessons::setting_override::SettingOverride;

/// How the server and the form relate to the settings that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// The server and the form have these settings, or the step needs none.
    Ready,
    /// The form lacks some of the settings.
    Needed,
    /// The running server lacks some of the settings and must be restarted.
    NeedsRestart,
    /// The step needs TLS, and no valid certificate with its key is chosen: a server with these settings can't start.
    NeedsCertificate,
}

/// The progress in each lesson, by the lesson's title.
pub(super) type ProgressByTitle = BTreeMap<String, LessonProgress>;

/// The lesson that the user is doing, if any, and what it changed.
#[derive(Default)]
pub(super) struct LessonState {
    pub(super) run: Option<LessonRun>,
    /// The index among the built-in lessons.
    pub(super) number: Option<usize>,
    /// The changes to the form: each new setting, and the setting before the lesson.
    pub(super) undo: Vec<(SettingOverride, SettingOverride)>,
    /// The TLS part of each client tab before the lesson.
    pub(super) client_tls: BTreeMap<ClientTabId, ClientTls>,
    /// How far the user has come in this lesson and in earlier ones.
    pub(super) progress: ProgressByTitle,
    /// The [`LessonRun::generation`] that is in `progress`.
    pub(super) recorded: Option<u64>,
    /// Sends changed progress to the thread that saves it, if it is saved.
    pub(super) changes: Option<Sender<(String, LessonProgress)>>,
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

    /// Updates the current step with facts that were collected for step `generation`, unless the step has changed
    /// since. Returns the current generation.
    pub(super) fn update(&mut self, generation: u64, facts: &LessonFacts) -> Option<u64> {
        if let Some(run) = &mut self.run
            && run.generation() == generation
        {
            run.update(facts);
        }
        self.generation()
    }
}
