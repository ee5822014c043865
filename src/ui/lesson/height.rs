//! How high the bar of a lesson is: from step to step the same, so that the tabs below it stay where they are.

use egui::{FontId, Ui};

use crate::lessons::{Lesson, Step};
use crate::ui::theme::{self, size};

/// The height of one lesson's bar without its first row, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Height {
    /// Whose it is, and in a bar of which width.
    lesson: String,
    width: f32,
    tallest: f32,
}

/// A bar takes no more than this of the height that there is.
const SHARE: f32 = 0.36;
/// The signs of what a step waits for, in one row.
const SIGNS: f32 = 24.0;
/// What stands between the words, and between them and the buttons.
const BETWEEN: f32 = 16.0;

impl Height {
    /// How high the words and the buttons of any step are together, in a bar of this width.
    pub(super) fn of(&mut self, ui: &Ui, lesson: &Lesson, width: f32) -> f32 {
        if self.lesson != lesson.title || (self.width - width).abs() > 0.5 {
            let before = lesson.steps.iter().map(Some);
            let steps = std::iter::once(None).chain(before).zip(&lesson.steps);
            let tallest = steps.map(|(before, step)| expected(ui, before, step, width)).fold(0.0, f32::max);
            *self = Self { lesson: lesson.title.clone(), width, tallest };
        }
        self.tallest
    }

    /// Takes in how high a step is in fact; it stays as high from now on.
    pub(super) fn saw(&mut self, height: f32) {
        self.tallest = self.tallest.max(height);
    }
}

/// How high the bar may be in a column of this height.
pub(super) fn most(room: f32) -> f32 {
    (room * SHARE).max(size::LESSON_LEAST)
}

/// How high the words and the buttons of a step will be, right after the step before it is done.
fn expected(ui: &Ui, before: Option<&Step>, step: &Step, width: f32) -> f32 {
    let height = |text: &str, font: FontId, width: f32| {
        let ink = ui.visuals().text_color();
        ui.painter().layout(text.to_owned(), font, ink, width).size().y
    };
    let done = before.map_or(0.0, |step| {
        let why = step.why.as_deref().unwrap_or_default();
        height(&format!("Done: {why}"), theme::text(), width - 20.0) + 4.0
    });
    let text = height(&step.text, FontId::proportional(size::LESSON), width);
    let signs = if step.goal.needed().len() > 1 { SIGNS } else { 0.0 };
    let rows = if step.open.is_some() && !step.settings.is_empty() { 2.0 } else { 1.0 };
    done + text + signs + rows * (size::CHIP + 6.0) + BETWEEN
}
