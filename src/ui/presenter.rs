//! Presenter mode: full screen, without the form, and with text that is readable from the last row of a classroom.

use egui::{Context, Frame, Key, Modifiers, Panel, Popup, RichText, Ui, ViewportCommand};

use crate::app::App;
use crate::ui::action::Action;
use crate::ui::tabs::log::log_toolbar;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::controls::copy_button;

/// How much larger everything is, compared with the user's zoom.
const ZOOM: f32 = 1.5;
/// The largest zoom that egui sets.
const MAX_ZOOM: f32 = 5.0;

/// Whether the window is in presenter mode.
#[derive(Debug, Default)]
pub(super) struct Presenter {
    is_on: bool,
    /// Whether the window filled the screen in the last frame.
    fills_screen: bool,
}

impl Presenter {
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Starts or ends presenter mode. `zoom` is the user's zoom in percent, which is restored at the end.
    pub(super) fn toggle(&mut self, ctx: &Context, zoom: u16) {
        self.is_on = !self.is_on;
        let zoom = f32::from(zoom) / 100.0;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.is_on));
        ctx.set_zoom_factor(if self.is_on { (zoom * ZOOM).min(MAX_ZOOM) } else { zoom });
    }

    /// Returns the action that ends presenter mode if the user pressed Escape, or left full screen through the OS.
    /// The key does nothing here if it is for a menu, a dialog or the log's filter.
    pub(super) fn ended(&mut self, ctx: &Context) -> Option<Action> {
        let full_screen = ctx.input(|input| input.viewport().fullscreen);
        let filled_screen = std::mem::replace(&mut self.fills_screen, full_screen == Some(true));
        let is_left = self.is_on && filled_screen && full_screen == Some(false);
        let is_needed_elsewhere = Popup::is_any_open(ctx)
            || ctx.memory(|memory| {
                memory.top_modal_layer().is_some() || memory.has_focus(log_toolbar::filter_id())
            });
        let is_pressed = self.is_on
            && !is_needed_elsewhere
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        (is_pressed || is_left).then_some(Action::TogglePresenter)
    }
}

/// Shows the address at which others reach the server in large type, if they do.
pub(super) fn show_address(ui: &mut Ui, app: &App) {
    let Some(address) = app.address_for_others() else { return };
    let frame = Frame::new().fill(Palette::of(ui).panel);
    Panel::top("address").exact_size(size::ADDRESS_BAR).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.add_space(size::EDGE);
            ui.label(RichText::new("Others connect to").size(size::LESSON).weak());
            ui.label(RichText::new(address.to_string()).monospace().size(size::ADDRESS).strong());
            copy_button(ui, "Copy the address for others", || address.to_string());
        });
    });
}
