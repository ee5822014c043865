//! Reads a lesson and its steps.

use crate::lessons::error::LessonError;
use crate::lessons::read::{Document, Keys, Value};
use crate::lessons::setting_override::overrides;
use crate::lessons::{Lesson, Place, Step, when};
use crate::text::is_printable;

/// More steps than this are several lessons.
const MOST_STEPS: usize = 60;
/// The longest title that fits the list of lessons, in letters.
const LONGEST_TITLE: usize = 60;
/// The longest sentence that fits the panel of a small window, in letters.
const LONGEST_TEXT: usize = 600;

/// Reads a lesson.
pub(super) fn lesson(text: &str) -> Result<Lesson, LessonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document(text);
    let table = document.parse()?;
    let mut keys = Keys::of_document(document, &table, "a lesson");
    let title = keys.need_text("title", "a title")?;
    let summary = keys.need_text("summary", "a sentence that says what one learns")?;
    for (key, text, most) in [("title", &title, LONGEST_TITLE), ("summary", &summary, LONGEST_TEXT)] {
        if let Some(value) = keys.take(key).filter(|_| text.chars().count() > most) {
            return Err(document.about(value, format!("The {key} is too long: {most} letters are the most.")));
        }
    }
    if let Some(value) = keys.take("title").filter(|_| !title.chars().all(is_printable)) {
        return Err(
            document.about(value, "The title has a character in it that can't be seen. It is one line.")
        );
    }
    let needs_tls = match keys.take("needs") {
        None => false,
        Some(value) => !document.some_of("needs", value, &[("tls", ())])?.is_empty(),
    };
    let steps = keys.take("step");
    keys.finish()?;
    let Some(steps) = steps else {
        return Err(
            document.error(text.trim_end().len(), "A lesson needs steps: add [[step]] with text and done.")
        );
    };
    let Some(list) = steps.get_ref().as_array() else {
        return Err(document.about(steps, "Steps are written with two brackets: [[step]]."));
    };
    if list.is_empty() {
        return Err(document.about(steps, "A lesson needs steps: add [[step]] with text and done."));
    }
    if let Some(extra) = list.get(MOST_STEPS) {
        return Err(
            document.about(extra, format!("A lesson has at most {MOST_STEPS} steps. Make two of it."))
        );
    }
    let steps = list.iter().map(|value| step(document, value)).collect::<Result<_, _>>()?;
    Ok(Lesson { title, summary, needs_tls, steps })
}

fn step(document: Document<'_>, value: &Value<'_>) -> Result<Step, LessonError> {
    let mut keys = Keys::of_value(document, value, "a step")?;
    let text = keys.need_text("text", "a sentence")?;
    too_long(document, keys.take("text"), &text)?;
    let why = match keys.take("why") {
        None => None,
        Some(value) => {
            let why = document.text("why", value)?.trim().to_owned();
            too_long(document, Some(value), &why)?;
            Some(why).filter(|why| !why.is_empty())
        }
    };
    let settings = match keys.take("settings") {
        None => Vec::new(),
        Some(value) => {
            let mut within = Keys::of_value(document, value, "settings")?;
            let settings = overrides(&mut within)?;
            within.finish()?;
            settings
        }
    };
    let open = keys.take("open").map(|value| place(document, "open", value)).transpose()?;
    let done = keys.take("done");
    let Some(done) = done else {
        // What is misspelt explains better what is missing.
        let missing = keys.error("A step needs to know when it is done (done = { … }).");
        return Err(keys.finish().err().unwrap_or(missing));
    };
    keys.finish()?;
    let mut conditions = Vec::new();
    let goal = when::goal(document, done, &mut conditions)?;
    Ok(Step { text, why, settings, open, conditions, goal })
}

fn too_long(document: Document<'_>, value: Option<&Value<'_>>, text: &str) -> Result<(), LessonError> {
    match value {
        Some(value) if text.chars().count() > LONGEST_TEXT => Err(document.about(
            value,
            format!("This is too long to read in one go: {LONGEST_TEXT} letters are the most."),
        )),
        _ => Ok(()),
    }
}

/// A tab or a dialog.
pub(super) fn place(document: Document<'_>, key: &str, value: &Value<'_>) -> Result<Place, LessonError> {
    document.one_of(key, value, &Place::ALL.map(|place| (place.keyword(), place)))
}
