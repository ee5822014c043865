//! The banner over the start button: which settings the running server doesn't have yet, and the button that restarts
//! it.

use egui::text::LayoutJob;
use egui::{Align, Frame, Label, Layout, Margin, Sense, Ui, UiBuilder, accesskit, vec2};

use crate::app::{App, Command};
use crate::settings::Setting;
use crate::text::list;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, pill_width};

/// The height of the banner: two lines of text.
const HEIGHT: f32 = 36.0;
const RESTART: &str = "Restart now";

/// Shows the banner while the form has other settings than the running server. Its room is reserved while the server
/// runs, so that nothing moves when it appears.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Command> {
    if app.state().is_stopped() {
        return None;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let labels: Vec<_> = app.settings_to_apply().into_iter().map(Setting::label).map(str::to_owned).collect();
    if labels.is_empty() {
        return None;
    }
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, f32::from(size::RADIUS), palette.accent_soft);
    let inside = Frame::new().inner_margin(Margin::symmetric(10, 3));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("restart"));
    let show = |ui: &mut Ui| {
        let width = ui.available_width() - pill_width(ui, RESTART) - size::GAP;
        let mut job = LayoutJob::simple(
            format!("Restart to apply {}.", list(&labels, 3)),
            theme::small(),
            palette.text,
            width,
        );
        job.wrap.max_rows = 2;
        ui.allocate_ui_with_layout(
            vec2(width, ui.available_height()),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_width(width);
                let label = ui.add(Label::new(job).wrap());
                let polite = accesskit::Live::Polite;
                ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(polite));
            },
        );
        let blocked = app.blocked();
        ui.add_enabled_ui(blocked.is_none(), |ui| pill_button(ui, RESTART))
            .inner
            .on_hover_text("Stop the server, close its connections, and start it with the form's settings")
            .on_disabled_hover_text(blocked.unwrap_or_default())
            .clicked()
            .then_some(Command::Restart)
    };
    let content = |ui: &mut Ui| {
        ui.set_min_size(rect.size() - vec2(20.0, 6.0));
        ui.horizontal_centered(show).inner
    };
    inside.show(&mut child, content).inner
}
