//! The button beside *Stop server* that restarts the server with the form's settings, shown while they differ from those
//! of the running server.

use egui::text::LayoutJob;
use egui::{Button, TextFormat, Ui, accesskit, vec2};

use crate::app::{App, Command};
use crate::settings::Setting;
use crate::text::list;
use crate::ui::start_button;
use crate::ui::theme::{self, Palette, size};

/// The width of the button.
pub(super) const WIDTH: f32 = 152.0;

/// Returns the settings that a restart applies, as part of a sentence. `None` if there are none.
pub(super) fn pending(app: &App) -> Option<String> {
    let settings = app.settings_to_apply();
    let labels: Vec<_> = settings.into_iter().map(|setting| Setting::label(setting).to_owned()).collect();
    (!app.state().is_stopped() && !labels.is_empty()).then(|| list(&labels, 3))
}

/// Shows the button, with the settings in its second line.
pub(super) fn show(ui: &mut Ui, app: &App, pending: &str) -> Option<Command> {
    let color = Palette::of(ui).on_strong;
    let mut job = LayoutJob::default();
    job.append("Restart now\n", 0.0, TextFormat::simple(theme::strong(size::TEXT), color));
    job.append(&format!("to apply {pending}"), 0.0, TextFormat::simple(theme::small(), color));
    job.wrap.max_rows = 2;
    job.wrap.max_width = WIDTH - 2.0 * ui.spacing().button_padding.x;
    job.wrap.break_anywhere = true;
    let button = Button::new(ui.painter().layout_job(job));
    let blocked = app.blocked();
    let size = vec2(WIDTH, size::START_BUTTON);
    let response = start_button::add(ui, button, size, blocked.is_none(), true)
        .accessible_name(format!("Restart now to apply {pending}"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
    let about = "Stop the server, close its connections, and start it with the form's settings";
    response
        .on_hover_text(format!("{about}: {pending}."))
        .on_disabled_hover_text(blocked.unwrap_or_default())
        .clicked()
        .then_some(Command::Restart)
}
