//! The bar of clients, each with its state, with buttons that add and remove a client; and the load clients in a popup.

use std::collections::BTreeMap;
use std::fmt::Write;

use egui::{
    Atom, Button, Frame, Id, Key, Margin, Modifiers, Popup, PopupCloseBehavior, Rect, RectAlign, RichText,
    Role, Sense, TextWrapMode, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::clients::{ClientCommand, ClientTabId, MAX_CLIENT_TABS, TabCommand, explain_waiting};
use crate::app::{App, TabState};
use crate::client::LoadStatus;
use crate::lessons::condition::LessonPlace;
use crate::server::event::ClientId;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, small_button, text_width};
use crate::ui::widgets::dialog::default_button;
use crate::ui::widgets::field::{Tone, note, plain_label, text_field};

const POPUP: f32 = 340.0;
/// In a bar narrower than this, the button that checks a server has a short label.
const NARROW: f32 = 440.0;
/// The space in a chip beside its text: the symbol and the margins.
const CHIP_PADDING: f32 = 36.0;

/// Shows the bar; it wraps if there are many clients. Returns the client that was chosen.
pub(super) fn show(
    ui: &mut Ui,
    app: &App,
    states: &BTreeMap<ClientTabId, TabState>,
    chosen: Option<ClientTabId>,
    actions: &mut Vec<Action>,
) -> Option<ClientTabId> {
    let mut clicked = None;
    let bar = Frame::new().inner_margin(Margin { left: 16, right: 16, top: 8, bottom: 0 });
    bar.show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            for (id, state) in states {
                let connection = app.connection_of(*id);
                if chip(ui, *id, connection, *state, Some(*id) == chosen, actions) {
                    clicked = Some(*id);
                }
            }
            let can_add = app.clients().can_add();
            let add = ui.add_enabled(can_add, small_button("+")).accessible_name("Add a client");
            let full =
                format!("The limit is {MAX_CLIENT_TABS} clients. Remove one, or use Crowd… to connect many.");
            if add.on_hover_text("Add a client").on_disabled_hover_text(full).clicked() {
                actions.push(ClientCommand::Add.into());
            }
            load_button(ui, app, actions);
            let check = LessonPlace::CheckServer;
            let label = if ui.max_rect().width() < NARROW { "Check…" } else { check.label() };
            let button =
                pill_button(ui, label).on_hover_text("Test an echo server, and explain its mistakes");
            if button.accessible_name(check.label()).clicked() {
                actions.push(Action::Open(check));
            }
        });
    });
    clicked
}

/// Shows one client, with the server's number and color for its connection. The cross beside the chosen client removes
/// it, and the Delete key removes the focused one. Returns whether the client was clicked.
fn chip(
    ui: &mut Ui,
    id: ClientTabId,
    connection: Option<ClientId>,
    state: TabState,
    is_chosen: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let name = format!("Client {id}");
    let symbol = Atom::paint(Vec2::splat(11.0), move |ui, args| {
        state.paint(ui.painter(), args.rect, Palette::of(ui));
    });
    let label = RichText::new(&name).size(size::SMALL);
    let button = match connection {
        None => Button::new((symbol, label)),
        Some(number) => {
            let color = Palette::of(ui).client(number.0);
            let number = RichText::new(number.to_string()).size(size::SMALL).color(color);
            Button::new((symbol, label, number))
        }
    };
    let button = button
        .small()
        .selected(is_chosen)
        .corner_radius(size::CHIP / 2.0)
        // Room for the server's number, so that the buttons beside the chip stay in place on connecting.
        .min_size(vec2(text_width(ui, "Client 16 #99999", theme::small()) + CHIP_PADDING, size::CHIP))
        .wrap_mode(TextWrapMode::Extend);
    let mut text = format!("{name}, {}", state.label());
    if let Some(number) = connection {
        let _ = write!(text, ", {number} on the server");
    }
    let response = ui.add(button).accessible_name(&text);
    let tooltip = format!("{text}\n{}", state.explanation().unwrap_or_default());
    let response = response.on_hover_text(tooltip.trim_end());
    let is_delete =
        response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete));
    // Its room is reserved beside each chip, so that nothing moves when another client is chosen.
    let is_removed = if is_chosen {
        let (cross, name) = (ui.add(small_button("×")), format!("Remove {name}"));
        cross.accessible_name(&name).on_hover_text(name).clicked()
    } else {
        let cross = text_width(ui, "×", theme::small()) + 2.0 * ui.spacing().button_padding.x;
        ui.add_space(cross);
        false
    };
    if is_delete || is_removed {
        actions.push(ClientCommand::Tab(id, TabCommand::Remove).into());
        return false;
    }
    response.clicked()
}

/// Shows the button of the load clients, and the popup that it opens.
fn load_button(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let label = match app.clients().load().status() {
        Some(load) if !load.is_over => {
            format!("Crowd: {} of {}…", with_thousands(load.echoed), with_thousands(load.total))
        }
        _ => "Crowd…".to_owned(),
    };
    let button =
        pill_button(ui, &label).on_hover_text("Connect up to 200 clients at once; each sends one line");
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(14));
    Popup::from_toggle_button_response(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .align(RectAlign::BOTTOM_END)
        .id(Id::unique("crowd"))
        .frame(frame)
        .width(POPUP)
        .accessible_name("Crowd of clients")
        .show(|ui| {
            ui.set_width(POPUP);
            load_popup(ui, app, actions);
        });
}

fn load_popup(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let load = app.clients().load();
    ui.heading("A crowd of clients");
    let about = "Each connects with the settings of Client 1, sends one line, checks its echo, and stays connected until you \
                 disconnect it.";
    ui.weak(about);
    let (is_running, error) = (load.is_running(), load.error());
    let reason = error.clone().or_else(|| app.clients().load_blocked());
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!is_running, |ui| {
            plain_label(ui, "Clients");
            let (field, edited) = text_field(ui, "crowd", 64.0, &load.count, "100", error.is_some());
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let _ = field.accessible_name("Clients");
            actions.extend(edited.map(|text| ClientCommand::EditLoadCount(text).into()));
            let connect = default_button(ui, "Connect them", !is_running && reason.is_none());
            let connect = connect.on_disabled_hover_text(reason.clone().unwrap_or_default());
            if connect.clicked() || (entered && reason.is_none()) {
                actions.push(ClientCommand::ConnectLoad.into());
            }
        });
        let is_closing = is_running && load.status().is_some_and(|status| status.is_closing);
        let text = if is_closing { "Closing…" } else { "Disconnect all" };
        let close = ui.add_enabled(is_running && !is_closing, Button::new(text));
        if close.on_hover_text("Close every connection cleanly").clicked() {
            actions.push(ClientCommand::CloseLoad.into());
        }
    });
    if let Some(reason) = reason {
        note(ui, Tone::Problem, &reason);
    } else if !is_running && app.state().is_stopped() {
        note(ui, Tone::Hint, "The server isn't running. Start it first.");
    }
    if let Some(status) = load.status() {
        load_counts(ui, status);
    }
}

/// Shows the progress of the load clients: a bar, the numbers in the colors of its parts, and notes about those that
/// wait or failed.
fn load_counts(ui: &mut Ui, status: &LoadStatus) {
    let palette = Palette::of(ui);
    let parts = [
        (status.echoed, "echoed", palette.good),
        (status.waiting, "connected, waiting", palette.caution),
        (status.connecting, "connecting", palette.accent),
        (status.failed, "failed", palette.problem),
        (status.closed, "closed", palette.muted),
    ];
    let shown: Vec<_> = parts.into_iter().filter(|(count, ..)| *count > 0).collect();
    let (bar, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let texts: Vec<String> = shown.iter().map(|(count, what, _)| format!("{count} {what}")).collect();
    let all = format!("{} clients: {}", with_thousands(status.total), texts.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &all));
    let mut left = bar.left();
    for ((count, _, color), text) in shown.into_iter().zip(texts) {
        let right = left + bar.width() * f32::from(count) / f32::from(status.total.max(1));
        let part = Rect::from_min_max(pos2(left, bar.top()), pos2(right, bar.bottom()));
        ui.painter().rect_filled(part, 3.0, color);
        left = right;
        ui.colored_label(color, text);
    }
    if let Some(explanation) = explain_waiting(status) {
        note(ui, Tone::Hint, &explanation);
    }
    if let Some((number, error)) = &status.first_failure {
        let text = format!("Client {number} of the crowd failed first. {error}");
        let (response, raw) = (note(ui, Tone::Problem, &text), error.raw());
        if !raw.is_empty() {
            response.on_hover_text(raw);
        }
    }
}
