//! A lesson as data, and how it is read from its file.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, de};

use crate::lessons::condition::{Goal, LessonPlace, one_or_more};
use crate::lessons::setting_override::SettingOverrides;
use crate::text::{io_error, is_printable, sanitize};

/// The largest lesson file in bytes. The built-in lessons have a few KiB.
pub const MAX_LESSON_FILE: usize = 64 << 10;

/// The maximum length of a title in characters. Longer ones don't fit into the list of lessons.
const MAX_TITLE: usize = 60;
/// The maximum length of a text in characters. Longer ones don't fit into the lesson bar of a small window.
const MAX_TEXT: usize = 600;

/// A guided experiment. The format is described in [`crate::lessons`].
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
        toml::from_str(text).map_err(|error| LessonError::new(text, &error))
    }

    /// Returns whether the lesson uses TLS, so that a certificate and a key must be chosen first.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        self.needs.contains(&Need::Tls)
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
    fn new(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        // The message may quote the file's content at any length.
        let message = sanitize(error.message().trim_end_matches('.'), 400);
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

/// Reads a text of 1 to `MAX` characters, without white space around it.
fn text<'de, const MAX: usize, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?.trim().to_owned();
    match text.chars().count() {
        0 => Err(de::Error::custom("the text is empty: write a sentence")),
        length if length > MAX => {
            Err(de::Error::custom(format!("the text is too long: at most {MAX} characters fit")))
        }
        _ => Ok(text),
    }
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

const TEXTS: [&str; 7] = [
    include_str!("../../assets/lessons/1-first-echo.toml"),
    include_str!("../../assets/lessons/2-backlog.toml"),
    include_str!("../../assets/lessons/3-stream.toml"),
    include_str!("../../assets/lessons/4-who-hangs-up.toml"),
    include_str!("../../assets/lessons/5-certificate.toml"),
    include_str!("../../assets/lessons/6-eavesdropper.toml"),
    include_str!("../../assets/lessons/7-hundred-clients.toml"),
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
