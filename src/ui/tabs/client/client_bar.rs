//! The bar of clients: each with its state, one more, one less; and at the right the load clients in a popup.

use std::collections::BTreeMap;

use egui::{
    Button, Frame, Id, Key, Label, Margin, Modifiers, Popup, PopupCloseBehavior, Rect, RectAlign, Response,
    RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientTabId, MAX_CLIENT_TABS, explain_waiting};
use crate::client::LoadStatus;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::client::connect_form::strong_button;
use crate::ui::tabs::client::status_line::DisplayState;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{icon_button, pill_button, pill_width};
use crate::ui::widgets::field::{Tone, label, note, text_field};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

const PADDING: f32 = 10.0;
const SIGN: f32 = 11.0;
const CROSS: f32 = 20.0;
const POPUP: f32 = 340.0;

/// Shows the bar; it wraps if there are many clients. Returns the client that was chosen.
pub(super) fn show(
    ui: &mut Ui,
    app: &App,
    states: &BTreeMap<ClientTabId, DisplayState>,
    chosen: Option<ClientTabId>,
    actions: &mut Vec<Action>,
) -> Option<ClientTabId> {
    let mut clicked = None;
    ui.add_space(size::GAP);
    let area = ui.available_rect_before_wrap().shrink2(vec2(size::EDGE, 0.0));
    let load_label = match app.clients().load().status() {
        Some(load) if !load.is_over => {
            format!("Crowd: {} of {}…", with_thousands(load.echoed), with_thousands(load.total))
        }
        _ => "Crowd…".to_owned(),
    };
    let right = pill_width(ui, &load_label) + size::GAP;
    let left = Rect::from_min_max(area.min, pos2(area.right() - right, area.bottom()));
    let row = ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("clients"), |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            for (id, state) in states {
                if chip(ui, *id, *state, Some(*id) == chosen, actions) {
                    clicked = Some(*id);
                }
            }
            let can_add = app.clients().can_add();
            let add =
                ui.add_enabled_ui(can_add, |ui| icon_button(ui, Icon::Plus, "Add a client", None)).inner;
            let full = format!(
                "There are {MAX_CLIENT_TABS} clients, and no more fit. Remove one, or use Crowd… for many."
            );
            if add.on_disabled_hover_text(full).clicked() {
                actions.push(ClientCommand::Add.into());
            }
        });
        ui.min_rect().height()
    });
    // Vertically centered on the first row.
    let offset = vec2(size::GAP - right, (size::CONTROL - size::CHIP) / 2.0);
    let place = Rect::from_min_size(area.right_top() + offset, vec2(right, size::CHIP));
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("crowd"), |ui| {
        load_button(ui, app, &load_label, actions);
    });
    ui.advance_cursor_after_rect(Rect::from_min_size(area.min, vec2(area.width(), row.inner)));
    clicked
}

/// Shows one client; a cross on the chosen one and the Delete key remove it. Returns whether it was clicked.
fn chip(ui: &mut Ui, id: ClientTabId, state: DisplayState, on: bool, actions: &mut Vec<Action>) -> bool {
    let palette = Palette::of(ui);
    let name = format!("Client {id}");
    let galley = ui.painter().layout_no_wrap(name.clone(), theme::small(), palette.text);
    let cross = if on { CROSS } else { 0.0 };
    let width = galley.size().x + 2.0 * PADDING + SIGN + 6.0 + cross;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CHIP + 2.0), Sense::click());
    let text = format!("{name}, {}", state.label());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, &text));
    let (fill, outline, color) = match (on, response.hovered()) {
        (true, _) => (palette.accent_soft, palette.accent, palette.text),
        (false, true) => (palette.field, palette.border_strong, palette.text),
        (false, false) => (palette.panel, palette.border, palette.muted),
    };
    let radius = rect.height() / 2.0;
    ui.painter().rect(rect, radius, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
    let center = pos2(rect.left() + PADDING + SIGN / 2.0, rect.center().y);
    let sign = Rect::from_center_size(center, Vec2::splat(SIGN));
    state.paint(ui.painter(), sign, palette);
    let at = pos2(sign.right() + 6.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, color);
    focus_ring(ui, &response, rect, radius);
    let center = pos2(rect.right() - PADDING - 4.0, rect.center().y);
    let removed = on && cross_button(ui, Rect::from_center_size(center, Vec2::splat(18.0)), id).clicked();
    let tooltip =
        state.explanation().map_or_else(|| text.clone(), |explanation| format!("{text}\n{explanation}"));
    let response = response.on_hover_text(tooltip);
    let is_delete =
        response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete));
    if removed || is_delete {
        actions.push(ClientCommand::Remove(id).into());
        return false;
    }
    response.clicked()
}

fn cross_button(ui: &Ui, rect: Rect, id: ClientTabId) -> Response {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("remove", id)), Sense::click());
    let name = format!("Remove Client {id}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() {
        ui.painter().circle_filled(rect.center(), rect.width() / 2.0, palette.field_hover);
    }
    let color = if response.hovered() { palette.text } else { palette.muted };
    icon::paint(ui.painter(), Icon::Cross, Rect::from_center_size(rect.center(), Vec2::splat(11.0)), color);
    focus_ring(ui, &response, rect, rect.width() / 2.0);
    response.on_hover_text(format!("{name}; its connection is closed"))
}

/// Shows the button of the load clients, and the popup that it opens.
fn load_button(ui: &mut Ui, app: &App, label: &str, actions: &mut Vec<Action>) {
    let button = pill_button(ui, label)
        .on_hover_text("Connect up to 200 clients at once, each with a line of its own");
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
    let palette = Palette::of(ui);
    let load = app.clients().load();
    ui.spacing_mut().item_spacing = vec2(size::GAP, size::GAP);
    ui.label(RichText::new("A crowd of clients").font(theme::strong(15.0)).color(palette.text));
    let about = "Each connects as Client 1 would, sends one line of its own, checks that it comes back, and stays until \
                 you disconnect it.";
    ui.add(Label::new(RichText::new(about).color(palette.muted)).wrap());
    let (is_running, error) = (load.is_running(), load.error());
    let reason = error.clone().or_else(|| app.clients().load_blocked());
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!is_running, |ui| {
            let name = label(ui, "Clients", 56.0);
            let (field, edited) = text_field(ui, "crowd", 64.0, &load.count, "100", error.is_some());
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let _ = field.labelled_by(name.id);
            actions.extend(edited.map(|text| ClientCommand::EditLoadCount(text).into()));
            let connect = strong_button(ui, "Connect them", !is_running && reason.is_none(), None);
            let connect = connect.on_disabled_hover_text(reason.clone().unwrap_or_default());
            if connect.clicked() || (entered && reason.is_none()) {
                actions.push(ClientCommand::ConnectLoad.into());
            }
        });
        let is_closing = is_running && load.status().is_some_and(|status| status.is_closing);
        let text = if is_closing { "Closing…" } else { "Disconnect all" };
        let close = ui.add_enabled(is_running && !is_closing, Button::new(text));
        if close.on_hover_text("Each closes its connection cleanly").clicked() {
            actions.push(ClientCommand::CloseLoad.into());
        }
    });
    if let Some(reason) = reason {
        note(ui, Tone::Problem, &reason);
    } else if !is_running && app.state().is_stopped() {
        note(ui, Tone::Hint, "The server isn't running: start it first.");
    }
    if let Some(status) = load.status() {
        load_counts(ui, status);
    }
}

/// Shows how far the load clients have come: a bar, the numbers, and notes about those that wait or failed.
fn load_counts(ui: &mut Ui, status: &LoadStatus) {
    let palette = Palette::of(ui);
    let parts = [
        (status.echoed, "have their echo", palette.good),
        (status.waiting, "connected, waiting", palette.caution),
        (status.connecting, "connecting", palette.accent),
        (status.failed, "failed", palette.problem),
        (status.closed, "gone", palette.muted),
    ];
    let shown: Vec<_> = parts.into_iter().filter(|(count, ..)| *count > 0).collect();
    let (bar, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let texts: Vec<String> = shown.iter().map(|(count, what, _)| format!("{count} {what}")).collect();
    let all = format!("{} clients: {}", with_thousands(status.total), texts.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &all));
    ui.painter().rect_filled(bar, 3.0, palette.field);
    let mut left = bar.left();
    for (count, _, color) in &shown {
        let width = bar.width() * f32::from(*count) / f32::from(status.total.max(1));
        let part = Rect::from_min_max(pos2(left, bar.top()), pos2(left + width, bar.bottom()));
        ui.painter().rect_filled(part, 3.0, *color);
        left += width;
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.spacing_mut().interact_size.y = 18.0;
    for (count, what, color) in shown {
        ui.horizontal(|ui| {
            let (square, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
            let square = Rect::from_center_size(square.center(), vec2(8.0, 8.0));
            ui.painter().rect_filled(square, 2.0, color);
            ui.label(RichText::new(format!("{} {what}", with_thousands(count))).color(palette.text));
        });
    }
    ui.add_space(4.0);
    if let Some(explanation) = explain_waiting(status) {
        note(ui, Tone::Hint, &explanation);
    }
    if let Some((number, error)) = &status.first_failure {
        let text = format!("Client {number} of the crowd failed first. {error}");
        let response = note(ui, Tone::Problem, &text);
        let raw = error.raw();
        if !raw.is_empty() {
            response.on_hover_text(raw);
        }
    }
}
