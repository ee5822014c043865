//! Small parts of the bar: ticked sentences, ticks for conditions, one sign for each step.

use std::fmt::Write;

use egui::text::LayoutJob;
use egui::{Label, Rect, Role, Sense, Stroke, TextFormat, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::lessons::Running;
use crate::lessons::running::{Mark, Sign};
use crate::text::with_thousands;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// Room for the sign of one step.
const STEP: f32 = 15.0;

/// A sentence about something that is done, with a tick before it.
pub(super) fn tick(ui: &mut Ui, word: &str, text: &str) {
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

/// One thing that the step waits for, with a tick where it is there; as one widget, so that rows of them wrap.
pub(super) fn sign(ui: &mut Ui, sign: &Sign) {
    let palette = Palette::of(ui);
    let mut words = sign.words.clone();
    if let Some((now, of)) = sign.count.filter(|_| !sign.met) {
        let _ = write!(words, ": {} of {} so far", with_thousands(now), with_thousands(of));
    }
    let ink = if sign.met { palette.good } else { palette.muted };
    let most = ui.max_rect().width() - STEP - 4.0;
    let galley = ui.painter().layout(words.clone(), theme::small(), ink, most);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(STEP + 4.0, 2.0), Sense::hover());
    let square = Rect::from_center_size(rect.left_center() + vec2(STEP / 2.0, 0.0), Vec2::splat(12.0));
    if sign.met {
        icon::paint(ui.painter(), Icon::Check, square, palette.good);
    } else {
        ui.painter().circle_stroke(square.center(), 4.5, Stroke::new(1.2, palette.muted));
    }
    ui.painter().galley(rect.min + vec2(STEP + 4.0, 1.0), galley, ink);
    let state = if sign.met { "done" } else { "still to come" };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{words} ({state})")));
}

/// One sign for each step: a tick where it is done, a dash where it was skipped, a dot where one is. Nothing where
/// there is no room for all.
pub(super) fn progress(ui: &mut Ui, running: &Running, room: f32) {
    let marks = running.marks();
    #[allow(clippy::cast_precision_loss)] // A lesson has a few dozen steps at most.
    let width = marks.len() as f32 * STEP;
    if width > room {
        return;
    }
    let palette = Palette::of(ui);
    let (area, response) = ui.allocate_exact_size(vec2(width, STEP), Sense::hover());
    let count = |wanted| marks.iter().filter(|mark| **mark == wanted).count();
    let (done, skipped) = (count(Mark::Done), count(Mark::Skipped));
    let words = match skipped {
        0 => format!("{done} done"),
        _ => format!("{done} done, {skipped} skipped"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let mut left = area.left();
    for (number, mark) in marks.iter().enumerate() {
        let square = Rect::from_min_size(pos2(left, area.top()), Vec2::splat(STEP)).shrink(2.0);
        let (centre, ink) = (square.center(), Stroke::new(1.4, palette.muted));
        match mark {
            _ if number == running.at() => drop(ui.painter().circle_filled(centre, 4.5, palette.accent)),
            Mark::Done => icon::paint(ui.painter(), Icon::Check, square, palette.good),
            Mark::Skipped => drop(ui.painter().hline(centre.x - 4.0..=centre.x + 4.0, centre.y, ink)),
            Mark::Open => drop(ui.painter().circle_stroke(centre, 3.8, ink)),
        }
        left += STEP;
    }
    response.on_hover_text(words);
}
