//! Parts of the lesson bar: sentences with a check mark, conditions, and a symbol for each step.

use std::fmt::Write;

use egui::text::LayoutJob;
use egui::{Label, Rect, Role, Sense, Stroke, TextFormat, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::lessons::LessonRun;
use crate::lessons::lesson_run::{ConditionStatus, StepMark};
use crate::text::with_thousands;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// The width of the symbol of one step.
const STEP: f32 = 15.0;

/// Shows a sentence about something that is done, with a check mark before it.
pub(super) fn done_sentence(ui: &mut Ui, word: &str, text: &str) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::hover());
        icon::paint(
            ui.painter(),
            Icon::Check,
            Rect::from_center_size(rect.center(), Vec2::splat(13.0)),
            palette.good,
        );
        let mut job = LayoutJob::default();
        job.append(word, 0.0, TextFormat::simple(theme::strong(size::TEXT), palette.good));
        job.append(text, 0.0, TextFormat::simple(theme::text(), palette.text));
        ui.add(Label::new(job).wrap());
    });
}

/// Shows a condition with a check mark if it is met. It is one widget, so that a row of conditions can wrap.
pub(super) fn condition(ui: &mut Ui, status: &ConditionStatus) {
    let palette = Palette::of(ui);
    let mut text = status.text.clone();
    if let Some((now, of)) = status.count.filter(|_| !status.is_met) {
        let _ = write!(text, ": {} of {} so far", with_thousands(now), with_thousands(of));
    }
    let color = if status.is_met { palette.good } else { palette.muted };
    let most = ui.max_rect().width() - STEP - 4.0;
    let galley = ui.painter().layout(text.clone(), theme::small(), color, most);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(STEP + 4.0, 2.0), Sense::hover());
    let square = Rect::from_center_size(rect.left_center() + vec2(STEP / 2.0, 0.0), Vec2::splat(12.0));
    if status.is_met {
        icon::paint(ui.painter(), Icon::Check, square, palette.good);
    } else {
        ui.painter().circle_stroke(square.center(), 4.5, Stroke::new(1.2, palette.muted));
    }
    ui.painter().galley(rect.min + vec2(STEP + 4.0, 1.0), galley, color);
    let state = if status.is_met { "done" } else { "still to come" };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} ({state})")));
}

/// Shows a symbol for each step: a check mark if it is done, a dash if it was skipped, a dot for the current one. Shows nothing
/// if there isn't room for all.
pub(super) fn step_symbols(ui: &mut Ui, run: &LessonRun, room: f32) {
    let marks = run.marks();
    #[allow(clippy::cast_precision_loss)] // A lesson has a few dozen steps at most.
    let width = marks.len() as f32 * STEP;
    if width > room {
        return;
    }
    let palette = Palette::of(ui);
    let (area, response) = ui.allocate_exact_size(vec2(width, STEP), Sense::hover());
    let count = |wanted| marks.iter().filter(|mark| **mark == wanted).count();
    let (done, skipped) = (count(StepMark::Done), count(StepMark::Skipped));
    let words = match skipped {
        0 => format!("{done} done"),
        _ => format!("{done} done, {skipped} skipped"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let mut left = area.left();
    for (number, mark) in marks.iter().enumerate() {
        let square = Rect::from_min_size(pos2(left, area.top()), Vec2::splat(STEP)).shrink(2.0);
        let (center, color) = (square.center(), Stroke::new(1.4, palette.muted));
        match mark {
            _ if number == run.position() => drop(ui.painter().circle_filled(center, 4.5, palette.accent)),
            StepMark::Done => icon::paint(ui.painter(), Icon::Check, square, palette.good),
            StepMark::Skipped => drop(ui.painter().hline(center.x - 4.0..=center.x + 4.0, center.y, color)),
            StepMark::Open => drop(ui.painter().circle_stroke(center, 3.8, color)),
        }
        left += STEP;
    }
    response.on_hover_text(words);
}
