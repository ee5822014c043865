//! One sentence under what it is about: a tick, a caution, an error, a hint.

use egui::collapsing_header::CollapsingState;
use egui::{Context, Id, Label, Rect, Response, RichText, Sense, Ui, Vec2, vec2};

use crate::ui::theme::{Palette, size};
use crate::ui::widgets::icon::{self, Icon};

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

/// Where a frame remembers that problems are to be scrolled into view.
fn revealing() -> Id {
    Id::unique("problems are scrolled into view")
}

/// From now on in this frame, problems that are written are scrolled into view, or no longer are.
pub(in crate::ui) fn reveal_problems(ctx: &Context, reveal: bool) {
    ctx.data_mut(|data| data.insert_temp(revealing(), reveal));
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
    let written = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(13.0, 16.0), Sense::hover());
        let square = Rect::from_center_size(rect.center() + vec2(0.0, -0.5), Vec2::splat(12.0));
        icon::paint(ui.painter(), sign, square, ink);
        // Selected words keep their colour.
        ui.visuals_mut().selection.stroke.color = ink;
        ui.add(Label::new(RichText::new(text).size(size::SMALL).color(ink)).wrap())
    });
    if tone == Tone::Problem && ui.data(|data| data.get_temp(revealing())) == Some(true) {
        written.response.scroll_to_me(None);
    }
    written.inner
}

/// A note that comes and goes while somebody types: what is below it makes room little by little, and closes up so, for
/// the eye to follow. `place` writes it where it belongs.
pub(in crate::ui) fn passing_note(
    ui: &mut Ui,
    salt: &str,
    now: Option<(Tone, String)>,
    place: impl FnOnce(&mut Ui, Tone, &str),
) {
    let id = Id::unique("a note that comes and goes").with(salt);
    let mut room = CollapsingState::load_with_default_open(ui.ctx(), id, now.is_some());
    room.set_open(now.is_some());
    if let Some(now) = now {
        ui.data_mut(|data| data.insert_temp(id, now));
    }
    // On its way out it says what it said last.
    let said = ui.data(|data| data.get_temp::<(Tone, String)>(id));
    let (tone, text) = said.unwrap_or((Tone::Hint, String::new()));
    room.show_body_unindented(ui, |ui| place(ui, tone, &text));
}
