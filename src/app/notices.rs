//! Notices: short messages about what a command did, each shown until it is dismissed, expires or is outdated.

/// A message to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The subject of the message.
    pub topic: NoticeTopic,
    /// The text: what happened and what to do.
    pub text: String,
    /// Whether something went wrong. Such a notice doesn't expire.
    pub problem: bool,
}

impl Notice {
    /// Returns a notice about a success.
    #[must_use]
    pub fn good(topic: NoticeTopic, text: impl Into<String>) -> Self {
        Self { topic, text: text.into(), problem: false }
    }

    /// Returns a notice about a problem.
    #[must_use]
    pub fn bad(topic: NoticeTopic, text: impl Into<String>) -> Self {
        Self { topic, text: text.into(), problem: true }
    }

    /// Returns whether the notice offers to undo the action that it reports.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.topic == NoticeTopic::ClearedLog
    }
}

/// The subject of a notice. A newer notice about the same subject replaces an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeTopic {
    /// The arguments and the settings file at the start of the program.
    Startup,
    /// Saving the settings.
    Settings,
    /// The running server. The notice disappears when the server stops.
    Server,
    /// Clearing the log.
    ClearedLog,
    /// Saving the log.
    SavedLog,
    /// Saving the Python program.
    SavedProgram,
    /// Saving a sequence diagram.
    SavedSequence,
    /// Saving packets.
    SavedPackets,
    /// Saving the result of a lesson.
    SavedResult,
    /// Saving the report of a check.
    SavedReport,
    /// Starting a check.
    Check,
    /// Opening or leaving a lesson.
    Lesson,
    /// Saving the progress in lessons.
    LessonProgress,
    /// A file that was dropped on the window.
    DroppedFile,
    /// The certificate that *Try TLS* creates.
    FirstCertificate,
    /// A pasted text.
    PastedText,
    /// A bug in work in the background.
    InternalError,
    /// Crash reports of earlier runs.
    Crash,
    /// Copying crash reports.
    CopiedCrash,
}

impl NoticeTopic {
    /// Returns whether the notice reports that a file was saved, or why it wasn't.
    #[must_use]
    pub fn is_saved_file(self) -> bool {
        matches!(
            self,
            Self::SavedLog
                | Self::SavedProgram
                | Self::SavedSequence
                | Self::SavedPackets
                | Self::SavedResult
                | Self::SavedReport
        )
    }
}

/// The notices that aren't dismissed, the newest last. Only the newest is shown.
#[derive(Debug, Default)]
pub(super) struct Notices(Vec<Notice>);

impl Notices {
    /// Adds a notice, and removes an older one about the same subject.
    pub(super) fn add(&mut self, notice: Notice) {
        self.remove(notice.topic);
        self.0.push(notice);
    }

    /// Removes the notice about this subject, which is outdated.
    pub(super) fn remove(&mut self, topic: NoticeTopic) {
        self.0.retain(|notice| notice.topic != topic);
    }

    /// Returns the notices, the newest last.
    pub(super) fn all(&self) -> &[Notice] {
        &self.0
    }

    /// Returns the newest notice.
    pub(super) fn newest(&self) -> Option<&Notice> {
        self.0.last()
    }

    /// Returns the newest notice whose subject is among these.
    pub(super) fn newest_of(&self, is_wanted: impl Fn(NoticeTopic) -> bool) -> Option<&Notice> {
        self.0.iter().rev().find(|notice| is_wanted(notice.topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_replaces_the_error_about_the_same_subject_only() {
        let mut notices = Notices::default();
        notices.add(Notice::bad(NoticeTopic::SavedLog, "The disk is full."));
        notices.add(Notice::bad(NoticeTopic::Lesson, "The lesson can't be read."));
        notices.add(Notice::good(NoticeTopic::SavedLog, "The log was saved."));
        let texts: Vec<_> = notices.all().iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(texts, ["The lesson can't be read.", "The log was saved."]);
    }
}
