//! Modal dialogs: a title, contents that scroll, buttons that stay in view, and the keys Escape and Enter.

use egui::{
    Align, Align2, Button, Context, Frame, Id, Key, LayerId, Layout, Modal, Modifiers, Order, Popup,
    Response, RichText, ScrollArea, Ui, Vec2, accesskit, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::icon_button;
use crate::ui::widgets::icon::Icon;

/// Free space around a dialog, as the sum of two opposite sides.
const MARGIN: f32 = 48.0;
/// The share of the window's height that is above a dialog.
const ABOVE: f32 = 0.08;
/// Height of the title and the buttons with the space between them and the contents.
const TITLE_AND_BUTTONS: f32 = 108.0;
/// Space between the contents and the scroll bar.
const SCROLL_BAR_GAP: f32 = 12.0;

/// A dialog's title and width. The title is unique in the window.
pub(crate) struct Dialog {
    pub(crate) title: &'static str,
    pub(crate) width: f32,
}

/// A part of a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialogPart {
    /// The scrolling contents.
    Contents,
    /// The buttons below them.
    Buttons,
}

/// How the user answered a dialog in this frame, by key or with the close button.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DialogKeys {
    /// Whether Escape or the close button was pressed.
    pub(crate) closed: bool,
    /// Whether Enter was pressed for the default button, since no other control uses it.
    pub(crate) entered: bool,
}

impl Dialog {
    /// Shows the dialog with a button that closes it; returns whether the user closed it.
    pub(crate) fn show_until_closed(
        &self,
        ui: &Ui,
        button: &str,
        mut add: impl FnMut(&mut Ui, DialogPart),
    ) -> bool {
        let mut done = false;
        let keys = self.show(ui, |ui, part| {
            done |= part == DialogPart::Buttons && default_button(ui, button, true).clicked();
            add(ui, part);
        });
        done || keys.closed || keys.entered
    }

    /// Returns the greatest height that the contents can have without a scroll bar.
    pub(crate) fn contents_height(ui: &Ui) -> f32 {
        let margins = f32::from(ui.spacing().window_margin.left) * 2.0;
        ui.ctx().content_rect().height() - Self::top(ui.ctx()) - MARGIN / 2.0 - margins - TITLE_AND_BUTTONS
    }

    /// Returns the position of a dialog's upper edge.
    fn top(ctx: &Context) -> f32 {
        (ctx.content_rect().height() * ABOVE).round().max(MARGIN / 2.0)
    }

    /// Shows the dialog. `add` is called for each of its parts.
    pub(crate) fn show(&self, ui: &Ui, mut add: impl FnMut(&mut Ui, DialogPart)) -> DialogKeys {
        let ctx = ui.ctx();
        let room = ctx.content_rect().size();
        // Checked before the contents are shown: a text field gives up the focus when Enter is pressed in it.
        let enter_is_free = ctx.text_edit_focused() || ctx.memory(|memory| memory.focused().is_none());
        let has_popup = Popup::is_any_open(ctx);
        let id = Id::unique(self.title);
        // The upper edge is fixed, so that nothing moves when the contents become higher.
        let top = Self::top(ctx);
        let layer = LayerId::new(Order::Foreground, id);
        let was_open = ctx.memory(|memory| memory.areas().visible_last_frame(&layer));
        let area = Modal::default_area(id).accessible_name(self.title).role(accesskit::Role::Dialog);
        // Without a fade, so that the window stays dimmed when a dialog takes the place of another one.
        let area = area.anchor(Align2::CENTER_TOP, vec2(0.0, top)).fade_in(false);
        if !was_open {
            ctx.request_discard("the first pass only measures the dialog");
        }
        let modal = Modal::new(id).area(area).frame(Frame::window(ui.style()));
        let response = modal.backdrop_color(Palette::of(ui).veil).show(ctx, |ui| {
            let margins = f32::from(ui.spacing().window_margin.left) * 2.0;
            ui.set_width((room.x - MARGIN - margins).min(self.width));
            let close = ui
                .horizontal(|ui| {
                    ui.label(RichText::new(self.title).font(theme::strong(16.0)));
                    let right = Layout::right_to_left(Align::Center);
                    ui.with_layout(right, |ui| icon_button(ui, Icon::Cross, "Close", None).clicked()).inner
                })
                .inner;
            ui.add_space(2.0);
            let height = Self::contents_height(ui);
            let is_narrow = ui.available_width() < size::MIN_DIALOG;
            let mut contents = ScrollArea::new([is_narrow, true])
                .id_salt(self.title)
                .auto_shrink([false, true])
                .max_height(height)
                .min_scrolled_height(height);
            if !was_open {
                // The dialog begins at its top, wherever the last one with this title was scrolled to.
                contents = contents.scroll_offset(Vec2::ZERO);
            }
            contents.show(ui, |ui| {
                let min_width = if is_narrow { size::MIN_DIALOG } else { 0.0 };
                ui.set_width(ui.available_width().max(min_width) - SCROLL_BAR_GAP);
                add(ui, DialogPart::Contents);
            });
            ui.add_space(6.0);
            let row = |ui: &mut Ui| {
                ui.set_min_height(size::CONTROL);
                add(ui, DialogPart::Buttons);
            };
            if is_narrow {
                ui.horizontal_wrapped(row);
            } else {
                ui.horizontal(row);
            }
            close
        });
        let entered = enter_is_free
            && !has_popup
            && !ctx.text_edit_focused()
            && response.is_top_modal
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        // A click beside the dialog is often an accident, and closing the dialog would discard the input.
        let beside = response.backdrop_response.clicked();
        DialogKeys { closed: response.inner || (!beside && response.should_close()), entered }
    }
}

/// Adds the button that the Enter key also presses.
pub(crate) fn default_button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let palette = Palette::of(ui);
    let text = theme::bold(label);
    // Faded white on a faded color would hardly be readable.
    let button = if enabled {
        Button::new(text.color(palette.on_strong)).fill(palette.start[0])
    } else {
        Button::new(text)
    };
    ui.add_enabled(enabled, button)
}
