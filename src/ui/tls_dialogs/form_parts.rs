//! What the lab puts into the TLS form: its buttons, and standing words of care.

use egui::{Button, Rect, Sense, Ui, vec2};

use crate::app::{App, Check};
use crate::settings::ClientAuth;
use crate::settings::fields::Field;
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::widgets::controls::pill_width;
use crate::ui::widgets::note::{Tone, note};

/// *Create certificate…* and, with TLS on, *Options…*; below them what must not be forgotten.
pub(in crate::ui) fn buttons(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    let on = app.form().tls();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        if ui.add(Button::new("Create certificate…")).clicked() {
            action = Some(Action::CreateCertificate);
        }
        if on && ui.add(Button::new("Options…")).on_hover_text("How TLS is served").clicked() {
            action = Some(Action::ShowTlsOptions);
        }
    });
    // The options are out of sight, but what is wrong with them keeps the server from being started.
    if on && let Some(problem) = wrong_option(app) {
        note(ui, Tone::Problem, &problem);
    }
    if on && let Some(caution) = app.key_log_caution() {
        note(ui, Tone::Caution, &caution);
    }
    action
}

/// What is wrong with the first option that is.
fn wrong_option(app: &App) -> Option<String> {
    let typed = [Field::Alpn, Field::KeyLog].into_iter().find_map(|field| app.form().error(field));
    let asks = app.settings().client_auth != ClientAuth::None;
    typed.map(ToString::to_string).or_else(|| match app.client_ca() {
        Check::Bad(error) if asks => Some(error.to_string()),
        _ => None,
    })
}

/// Something with room for a small button at its right; the room.
pub(in crate::ui) fn beside(ui: &mut Ui, button: &str, content: impl FnOnce(&mut Ui)) -> Rect {
    let place = ui.horizontal_top(|ui| {
        let width = pill_width(ui, button);
        let rest = ui.available_width() - width - size::GAP;
        ui.vertical(|ui| {
            ui.set_width(rest);
            content(ui);
        });
        ui.allocate_exact_size(vec2(width, size::CHIP), Sense::hover()).0
    });
    // What follows belongs to another field, but the row has made room enough already.
    ui.add_space(-5.0);
    place.inner
}
