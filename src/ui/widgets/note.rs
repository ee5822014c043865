//! One sentence under what it is about: a tick, a caution, an error, a hint.

use eframe::egui::{Label, Rect, Response, RichText, Sense, Ui, Vec2, vec2};

use super::icon::{self, Icon};
use crate::ui::theme::{Palette, size};

/// How a note is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    /// All is well.
    Good,
    /// Have a second look.
    Caution,
    /// Something is wrong.
    Problem,
    /// A word to know.
    Hint,
}

/// Writes a sentence with its sign before it; it wraps, and can be selected and copied.
pub(in crate::ui) fn note(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let palette = Palette::of(ui);
    let (sign, ink) = match tone {
        Tone::Good => (Icon::Check, palette.good),
        Tone::Caution => (Icon::Warning, palette.caution),
        Tone::Problem => (Icon::Problem, palette.problem),
        Tone::Hint => (Icon::Info, palette.muted),
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(13.0, 16.0), Sense::hover());
        let square = Rect::from_center_size(rect.center() + vec2(0.0, -0.5), Vec2::splat(12.0));
        icon::paint(ui.painter(), sign, square, ink);
        ui.add(Label::new(RichText::new(text).size(size::SMALL).color(ink)).wrap())
    })
    .inner
}
