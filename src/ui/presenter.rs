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

/// Starts or ends presenter mode. Afterwards, the zoom in percent is again that of the user.
pub(super) fn set(ctx: &Context, is_presenting: bool, zoom: u16) {
    let zoom = f32::from(zoom) / 100.0;
    ctx.send_viewport_cmd(ViewportCommand::Fullscreen(is_presenting));
    ctx.set_zoom_factor(if is_presenting { (zoom * ZOOM).min(MAX_ZOOM) } else { zoom });
}

/// Returns the action that ends presenter mode if Escape was pressed, unless the key is for a menu, a dialog or the
/// log's filter.
pub(super) fn ended_by_key(ctx: &Context) -> Option<Action> {
    let is_needed_elsewhere = Popup::is_any_open(ctx)
        || ctx.memory(|memory| {
            memory.top_modal_layer().is_some() || memory.has_focus(log_toolbar::filter_id())
        });
    let is_pressed =
        !is_needed_elsewhere && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    is_pressed.then_some(Action::TogglePresenter)
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
