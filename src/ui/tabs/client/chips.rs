//! The row of clients: who there is and how each stands, one more, one less, and the crowd.

use egui::{
    Key, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2,
    vec2,
};

use crate::app::App;
use crate::app::clients::{ClientTabId, MOST_CLIENTS};
use crate::ui::action::Action;
use crate::ui::tabs::client::crowd::CrowdPopup;
use crate::ui::tabs::client::standing::{self, Standing};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::icon_button;
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// What was pressed in the row.
pub(in crate::ui) enum Pressed {
    Choose(ClientTabId),
    Add,
    Remove(ClientTabId),
}

const PADDING: f32 = 10.0;
const SIGN: f32 = 11.0;
const CROSS: f32 = 20.0;

/// Shows the row; it wraps where there are many.
pub(in crate::ui) fn show(
    ui: &mut Ui,
    app: &App,
    standings: &[(ClientTabId, Standing)],
    chosen: Option<ClientTabId>,
    crowd: &mut CrowdPopup,
    actions: &mut Vec<Action>,
) -> Option<Pressed> {
    let mut pressed = None;
    ui.add_space(size::GAP);
    let area = ui.available_rect_before_wrap().shrink2(vec2(size::EDGE, 0.0));
    let right = crowd.width(ui, app) + size::GAP;
    let left = Rect::from_min_max(area.min, pos2(area.right() - right, area.bottom()));
    let row = ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("clients"), |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            for tab in app.clients().iter() {
                let id = tab.id();
                let which = chip(ui, id, standing::of(standings, id), Some(id) == chosen);
                pressed = which.or(pressed.take());
            }
            let can_add = app.clients().can_add();
            let add =
                ui.add_enabled_ui(can_add, |ui| icon_button(ui, Icon::Plus, "Add a client", None)).inner;
            let full = format!(
                "There are {MOST_CLIENTS} clients, and no more fit. Remove one, or use Crowd… for many."
            );
            if add.on_disabled_hover_text(full).clicked() {
                pressed = Some(Pressed::Add);
            }
        });
        ui.min_rect().height()
    });
    // In the middle of the row beside it.
    let place = Rect::from_min_size(
        pos2(area.right() - right + size::GAP, area.top() + (size::CONTROL - size::CHIP) / 2.0),
        vec2(right, size::CHIP),
    );
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("crowd"), |ui| {
        actions.extend(crowd.show(ui, app));
    });
    ui.advance_cursor_after_rect(Rect::from_min_size(area.min, vec2(area.width(), row.inner)));
    pressed
}

/// One client; the chosen one has a cross that removes it, and so does the Delete key.
fn chip(ui: &mut Ui, id: ClientTabId, standing: Standing, on: bool) -> Option<Pressed> {
    let palette = Palette::of(ui);
    let name = format!("Client {id}");
    let galley = ui.painter().layout_no_wrap(name.clone(), theme::small(), palette.text);
    let cross = if on { CROSS } else { 0.0 };
    let width = galley.size().x + 2.0 * PADDING + SIGN + 6.0 + cross;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CHIP + 2.0), Sense::click());
    let words = format!("{name}, {}", standing.word());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, &words));
    let (fill, outline, ink) = match (on, response.hovered()) {
        (true, _) => (palette.accent_soft, palette.accent, palette.text),
        (false, true) => (palette.field, palette.border_strong, palette.text),
        (false, false) => (palette.panel, palette.border, palette.muted),
    };
    let radius = rect.height() / 2.0;
    ui.painter().rect(rect, radius, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
    let sign =
        Rect::from_center_size(pos2(rect.left() + PADDING + SIGN / 2.0, rect.center().y), Vec2::splat(SIGN));
    standing.paint(ui.painter(), sign, palette);
    let at = pos2(sign.right() + 6.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, ink);
    focus_ring(ui, &response, rect, radius);
    let mut pressed = None;
    if on {
        let place =
            Rect::from_center_size(pos2(rect.right() - PADDING - 4.0, rect.center().y), Vec2::splat(18.0));
        if cross_button(ui, place, id).clicked() {
            pressed = Some(Pressed::Remove(id));
        }
    }
    let about = match standing.meaning() {
        Some(meaning) => format!("{words}\n{meaning}"),
        None => words,
    };
    let response = response.on_hover_text(about);
    if response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete)) {
        return Some(Pressed::Remove(id));
    }
    pressed.or_else(|| response.clicked().then_some(Pressed::Choose(id)))
}

fn cross_button(ui: &Ui, place: Rect, id: ClientTabId) -> Response {
    let palette = Palette::of(ui);
    let response = ui.interact(place, ui.scope_id().with(("remove", id)), Sense::click());
    let name = format!("Remove Client {id}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() {
        ui.painter().circle_filled(place.center(), place.width() / 2.0, palette.field_hover);
    }
    let ink = if response.hovered() { palette.text } else { palette.muted };
    icon::paint(ui.painter(), Icon::Cross, Rect::from_center_size(place.center(), Vec2::splat(11.0)), ink);
    focus_ring(ui, &response, place, place.width() / 2.0);
    response.on_hover_text(format!("{name}; its connection is closed"))
}
