//! What the lab's dialogs have in common: a title, contents that scroll, buttons that are always in view, and keys.

use egui::{Align, Button, Frame, Id, Key, Layout, Modifiers, Popup, Response, RichText, ScrollArea, Ui};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::icon_button;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::modal;

/// Space that stays free around a dialog, both sides together.
const AROUND: f32 = 48.0;
/// Height of the title and the buttons, and what is between them and the contents.
const TITLE_AND_BUTTONS: f32 = 108.0;
/// Space between the contents and the scroll bar.
const SCROLL_ROOM: f32 = 12.0;

/// A dialog's name and width.
pub(super) struct Dialog {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) width: f32,
}

/// What a frame of a dialog brought about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    /// Escape, the cross, or a click beside it.
    pub(super) closed: bool,
    /// Enter where no other control wants it: the default button is meant.
    pub(super) entered: bool,
}

impl Dialog {
    /// Shows the dialog over everything else. Both parts get the same state.
    pub(super) fn show<S>(
        &self,
        ui: &Ui,
        state: &mut S,
        contents: impl FnOnce(&mut Ui, &mut S),
        buttons: impl FnOnce(&mut Ui, &mut S),
    ) -> Ended {
        let ctx = ui.ctx();
        let palette = Palette::of(ui);
        let room = ctx.content_rect().size();
        // A text field lets go of the keyboard when Enter is pressed in it, so this is asked beforehand.
        let free = ctx.text_edit_focused() || ctx.memory(|memory| memory.focused().is_none());
        let popup = Popup::is_any_open(ctx);
        let frame = Frame::window(ui.style()).fill(palette.panel);
        let modal = modal(Id::unique(self.id), self.title).frame(frame).backdrop_color(palette.veil);
        let response = modal.show(ctx, |ui| {
            let margins = f32::from(ui.spacing().window_margin.left) * 2.0;
            ui.set_width((room.x - AROUND - margins).min(self.width));
            let crossed = ui
                .horizontal(|ui| {
                    ui.label(RichText::new(self.title).font(theme::strong(16.0)).color(palette.text));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        icon_button(ui, Icon::Cross, "Close", None).clicked()
                    })
                    .inner
                })
                .inner;
            ui.add_space(2.0);
            let height = room.y - AROUND - margins - TITLE_AND_BUTTONS;
            let narrow = ui.available_width() < size::DIALOG_LEAST;
            ScrollArea::new([narrow, true])
                .id_salt(self.id)
                .auto_shrink([false, true])
                .max_height(height)
                .min_scrolled_height(height)
                .show(ui, |ui| {
                    let least = if narrow { size::DIALOG_LEAST } else { 0.0 };
                    ui.set_width(ui.available_width().max(least) - SCROLL_ROOM);
                    contents(ui, state);
                });
            ui.add_space(6.0);
            let row = |ui: &mut Ui| {
                ui.set_min_height(size::CONTROL);
                buttons(ui, state);
            };
            if narrow {
                ui.horizontal_wrapped(row);
            } else {
                ui.horizontal(row);
            }
            crossed
        });
        let entered = free
            && !popup
            && !ctx.text_edit_focused()
            && response.is_top_modal
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        // A click beside it is a slip, and would throw away what was typed.
        let beside = response.backdrop_response.clicked();
        Ended { closed: response.inner || (!beside && response.should_close()), entered }
    }
}

/// The button that Enter stands for.
pub(super) fn default_button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let palette = Palette::of(ui);
    if !enabled {
        return ui.add_enabled(false, Button::new(label));
    }
    let text = RichText::new(label).font(theme::strong(size::TEXT)).color(palette.on_strong);
    ui.add(Button::new(text).fill(palette.start[0]))
}
