//! The height of the lesson bar. It is the same for every step of a lesson, so that the tabs below it don't move.

use egui::{FontId, Ui};

use crate::lessons::lesson::{Lesson, LessonStep};
use crate::ui::theme::{self, size};

/// The height of the bar without its first row, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct BarHeight {
    /// The title of the lesson, and the width of the bar.
    lesson: String,
    width: f32,
    tallest: f32,
}

/// The share of the window that the bar may take.
const SHARE: f32 = 0.36;
/// The height of a row of conditions.
const CONDITIONS: f32 = 24.0;
/// The space between the texts, and between them and the buttons.
const SPACING: f32 = 16.0;

impl BarHeight {
    /// Returns the height of the texts and the buttons of the tallest step, in a bar of this width.
    pub(super) fn of(&mut self, ui: &Ui, lesson: &Lesson, width: f32) -> f32 {
        if self.lesson != lesson.title || (self.width - width).abs() > 0.5 {
            let before = lesson.steps.iter().map(Some);
            let steps = std::iter::once(None).chain(before).zip(&lesson.steps);
            let tallest = steps.map(|(before, step)| estimate(ui, before, step, width)).fold(0.0, f32::max);
            *self = Self { lesson: lesson.title.clone(), width, tallest };
        }
        self.tallest
    }

    /// Records the real height of a step, so that the bar is at least as high from now on.
    pub(super) fn record(&mut self, height: f32) {
        self.tallest = self.tallest.max(height);
    }
}

/// Returns the greatest height of the bar in a column of this height.
pub(super) fn max_height(available: f32) -> f32 {
    (available * SHARE).max(size::LESSON_LEAST)
}

/// Estimates the height of the texts and the buttons of a step, right after the step before it is done.
fn estimate(ui: &Ui, before: Option<&LessonStep>, step: &LessonStep, width: f32) -> f32 {
    let height = |text: &str, font: FontId, width: f32| {
        let color = ui.visuals().text_color();
        ui.painter().layout(text.to_owned(), font, color, width).size().y
    };
    let done = before.map_or(0.0, |step| {
        let why = step.why.as_deref().unwrap_or_default();
        height(&format!("Done: {why}"), theme::text(), width - 20.0) + 4.0
    });
    let text = height(&step.text, FontId::proportional(size::LESSON), width);
    let conditions = if step.goal.conditions().len() > 1 { CONDITIONS } else { 0.0 };
    let rows = if step.open.is_some() && !step.settings.0.is_empty() { 2.0 } else { 1.0 };
    done + text + conditions + rows * (size::CHIP + 6.0) + SPACING
}
