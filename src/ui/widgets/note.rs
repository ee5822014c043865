//! Notes under fields and in dialogs: success, warning, error or hint, each with its icon.

use egui::collapsing_header::CollapsingState;
use egui::{Context, Id, Label, Rect, Response, RichText, Sense, Ui, Vec2, vec2};

use crate::ui::theme::{Palette, size};
use crate::ui::widgets::icon::{Icon, paint};

/// The kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    /// Success.
    Good,
    /// A warning.
    Caution,
    /// An error.
    Problem,
    /// Information.
    Hint,
}

fn revealing() -> Id {
    Id::unique("errors are scrolled into view")
}

/// Sets whether errors that are shown from now on are scrolled into view.
pub(in crate::ui) fn reveal_problems(ctx: &Context, reveal: bool) {
    ctx.data_mut(|data| data.insert_temp(revealing(), reveal));
}

/// Adds a note with its icon. The text wraps, and can be selected and copied.
pub(in crate::ui) fn note(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let palette = Palette::of(ui);
    let (icon, color) = match tone {
        Tone::Good => (Icon::Check, palette.good),
        Tone::Caution => (Icon::Warning, palette.caution),
        Tone::Problem => (Icon::Problem, palette.problem),
        Tone::Hint => (Icon::Info, palette.muted),
    };
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(13.0, 16.0), Sense::hover());
        let square = Rect::from_center_size(rect.center() + vec2(0.0, -0.5), Vec2::splat(12.0));
        paint(ui.painter(), icon, square, color);
        // Selected text keeps its color.
        ui.visuals_mut().selection.stroke.color = color;
        ui.add(Label::new(RichText::new(text).size(size::SMALL).color(color)).wrap())
    });
    if tone == Tone::Problem && ui.data(|data| data.get_temp(revealing())) == Some(true) {
        row.response.scroll_to_me(None);
    }
    row.inner
}

/// Shows a note that appears and disappears while the user types. An animation moves the content below, so that the
/// user can follow it. `place` adds the note at its place in the layout.
pub(in crate::ui) fn passing_note(
    ui: &mut Ui,
    salt: &str,
    now: Option<(Tone, String)>,
    place: impl FnOnce(&mut Ui, Tone, &str),
) {
    let id = Id::unique("a note that comes and goes").with(salt);
    let mut space = CollapsingState::load_with_default_open(ui.ctx(), id, now.is_some());
    space.set_open(now.is_some());
    if let Some(now) = now {
        ui.data_mut(|data| data.insert_temp(id, now));
    }
    // While it disappears it shows its last text.
    let last = ui.data(|data| data.get_temp::<(Tone, String)>(id));
    let (tone, text) = last.unwrap_or((Tone::Hint, String::new()));
    space.show_body_unindented(ui, |ui| place(ui, tone, &text));
}
