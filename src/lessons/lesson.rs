//! A lesson as data, and how it is read from its file.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::lessons::condition::{Condition, EventPattern, Goal, LessonPlace, one_or_more};
use crate::lessons::lesson_text::{MAX_TEXT, text};
use crate::lessons::question::Question;
use crate::lessons::setting_override::SettingOverrides;
use crate::text::{io_error, is_printable, sanitize};

/// The largest lesson file in bytes. The built-in lessons have a few KiB.
pub const MAX_LESSON_FILE: usize = 64 << 10;

/// The maximum length of a title in characters. Longer ones don't fit into the list of lessons.
const MAX_TITLE: usize = 60;
/// A guided experiment. `assets/guide/lessons.md` describes the format of its file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The title, in a few words.
    #[serde(deserialize_with = "title")]
    pub title: String,
    /// The goal of the lesson, in one sentence.
    #[serde(deserialize_with = "text::<MAX_TEXT, _>")]
    pub summary: String,
    /// The requirements of the lesson.
    #[serde(default, deserialize_with = "one_or_more")]
    needs: Vec<Need>,
    /// The steps, at least one.
    #[serde(rename = "step", deserialize_with = "steps")]
    pub steps: Vec<LessonStep>,
}

/// A requirement of a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Need {
    /// A certificate and its key.
    Tls,
}

/// One step of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonStep {
    /// The instruction, in a sentence or two.
    #[serde(deserialize_with = "text::<MAX_TEXT, _>")]
    pub text: String,
    /// The explanation that is shown when the step is done.
    #[serde(default, deserialize_with = "optional_text")]
    pub why: Option<String>,
    /// The settings that the step needs.
    #[serde(default)]
    pub settings: SettingOverrides,
    /// The tab or the dialog that the step is about.
    pub open: Option<LessonPlace>,
    /// A question to think about before the step is done.
    pub question: Option<Question>,
    /// Whether the threads and the memory of this process are shown, and kept for the result.
    #[serde(default)]
    pub measure: bool,
    /// When the step is done.
    #[serde(rename = "done")]
    pub goal: Goal,
}

impl Lesson {
    /// Reads a lesson from the text of its file.
    ///
    /// # Errors
    /// The text contains a mistake. The error is about the first one.
    pub fn parse(text: &str) -> Result<Self, LessonError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lesson: Self =
            toml::from_str(text).map_err(|error| LessonError::at(text, error.span(), error.message()))?;
        for (index, step) in lesson.steps.iter().enumerate() {
            if let Some((key, message)) = step.mistake() {
                return Err(LessonError::at(text, key_span(text, index, key), &message));
            }
        }
        Ok(lesson)
    }

    /// Returns whether the lesson uses TLS, so that a certificate and a key must be chosen first.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        self.needs.contains(&Need::Tls)
    }
}

impl LessonStep {
    /// Returns whether the step waits for an answer to its question.
    #[must_use]
    pub fn waits_for_answer(&self) -> bool {
        self.waits_for(|pattern| matches!(pattern, EventPattern::Answered {}))
    }

    /// Returns whether the step waits until a server was checked.
    #[must_use]
    pub fn waits_for_check(&self) -> bool {
        self.waits_for(|pattern| matches!(pattern, EventPattern::Checked(_)))
    }

    fn waits_for(&self, is_wanted: impl Fn(&EventPattern) -> bool) -> bool {
        let waits = |condition: &&Condition| matches!(condition, Condition::Seen { pattern, .. } if is_wanted(pattern));
        self.goal.conditions().iter().any(waits)
    }

    /// Returns a mistake that concerns several keys: the key to correct, and the message.
    fn mistake(&self) -> Option<(StepKey, String)> {
        if self.question.is_none() && self.waits_for_answer() {
            let message = "the step has no question: add [step.question], or another condition";
            return Some((StepKey::Done, message.to_owned()));
        }
        Some((StepKey::Right, self.question.as_ref()?.mistake()?))
    }
}

/// A key of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepKey {
    /// The key `done`.
    Done,
    /// The key `right` of the question.
    Right,
}

/// Returns where the value of a step's key is in the text of a lesson.
fn key_span(text: &str, step: usize, key: StepKey) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct LessonSpans {
        step: Vec<StepSpans>,
    }
    #[derive(Deserialize)]
    struct StepSpans {
        done: Spanned<IgnoredAny>,
        question: Option<QuestionSpans>,
    }
    #[derive(Deserialize)]
    struct QuestionSpans {
        right: Spanned<IgnoredAny>,
    }
    let lesson: LessonSpans = toml::from_str(text).ok()?;
    let step = lesson.step.get(step)?;
    match key {
        StepKey::Done => Some(step.done.span()),
        StepKey::Right => Some(step.question.as_ref()?.right.span()),
    }
}

/// A mistake in the text of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}, column {column}: {message}.")]
pub struct LessonError {
    /// The number of the line, from 1.
    pub line: usize,
    /// The number of the character in the line, from 1.
    pub column: usize,
    /// The mistake, and what was expected instead.
    pub message: String,
}

impl LessonError {
    fn at(text: &str, span: Option<Range<usize>>, message: &str) -> Self {
        let start = span.map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        // The message may quote the file's content at any length.
        let message = sanitize(message.trim_end_matches('.'), 400);
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, message }
    }
}

/// Why a lesson file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LessonFileError {
    /// The OS can't read the file, or it is too large or not in UTF-8.
    #[error("The lesson {} can't be read: {}. Choose another file.", path.display(), io_error(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the OS.
        source: io::Error,
    },
    /// The text contains a mistake.
    #[error("The lesson {} can't be used. {source} Correct the file, then open it again.", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The mistake.
        source: LessonError,
    },
}

fn title<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let title = text::<MAX_TITLE, D>(deserializer)?;
    if title.chars().all(is_printable) {
        Ok(title)
    } else {
        Err(de::Error::custom("the title contains an unprintable character: write it on one line"))
    }
}

fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    text::<MAX_TEXT, D>(deserializer).map(Some)
}

fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LessonStep>, D::Error> {
    let steps = Vec::deserialize(deserializer)?;
    if steps.is_empty() {
        return Err(de::Error::custom("a lesson needs steps: add [[step]] with text and done"));
    }
    Ok(steps)
}

const TEXTS: [&str; 8] = [
    include_str!("../../assets/lessons/1-first-echo.toml"),
    include_str!("../../assets/lessons/2-backlog.toml"),
    include_str!("../../assets/lessons/3-stream.toml"),
    include_str!("../../assets/lessons/4-how-it-ends.toml"),
    include_str!("../../assets/lessons/5-certificate.toml"),
    include_str!("../../assets/lessons/6-eavesdropper.toml"),
    include_str!("../../assets/lessons/7-hundred-clients.toml"),
    include_str!("../../assets/lessons/8-check.toml"),
];

/// Returns the built-in lessons, in the order in which they build on each other.
#[must_use]
pub fn builtin_lessons() -> &'static [Arc<Lesson>] {
    static LESSONS: LazyLock<Vec<Arc<Lesson>>> = LazyLock::new(|| {
        let parse = |text| Arc::new(Lesson::parse(text).expect("a test parses every built-in lesson"));
        TEXTS.into_iter().map(parse).collect()
    });
    &LESSONS
}
