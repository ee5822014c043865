//! The start screen: three first steps, shown in the first tab while nothing has happened yet.

use egui::{
    Align2, Color32, FontId, Id, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::Command;
use crate::settings::Setting;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{quiet_button, text_width};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// A first step.
struct Card {
    icon: Icon,
    title: &'static str,
    about: &'static str,
    command: Command,
}

fn cards() -> [Card; 3] {
    [
        Card {
            icon: Icon::Logo,
            title: "Send an echo",
            about: "Start the server and connect a client. Type a line and see it come back.",
            command: Command::SendFirstEcho,
        },
        Card {
            icon: Icon::Book,
            title: "Take a lesson",
            about: "Eight short experiments, from the first echo to a check of your own program.",
            command: Command::StartLesson(0),
        },
        Card {
            icon: Icon::Lock,
            title: "Try TLS",
            about: "Create a certificate, connect over TLS, and see what is encrypted.",
            command: Command::TryTls,
        },
    ]
}

/// The largest width of the cards together.
const MAX_WIDTH: f32 = 768.0;
/// From this width on, the cards stand side by side; below it, one below the other.
const WIDE: f32 = 620.0;
/// The space between two cards that are side by side.
const GAP: f32 = 18.0;
/// The height of a card beside others, and of a card below others.
const HEIGHTS: [f32; 2] = [168.0, 70.0];
/// The height of everything but the cards.
const AROUND: f32 = 164.0;

/// Shows the screen.
pub(super) fn show(ui: &mut Ui) -> Option<Action> {
    let mut action = None;
    ScrollArea::vertical().id_salt("start screen").auto_shrink(false).show(ui, |ui| {
        let width = (ui.available_width() - 2.0 * size::EDGE).min(MAX_WIDTH);
        let is_wide = width >= WIDE;
        let height = if is_wide { HEIGHTS[0] } else { 3.0 * HEIGHTS[1] + 2.0 * size::GAP };
        ui.add_space(((ui.available_height() - height - AROUND) * 0.3).max(2.0));
        ui.vertical_centered(|ui| {
            ui.label(RichText::new("See how a network server works").font(theme::strong(24.0)));
            ui.weak("Start with one of these, or use the form on the left.");
            ui.add_space(if is_wide { 28.0 } else { 2.0 });
            let (area, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            for (place, card) in places(area, is_wide).into_iter().zip(cards()) {
                if show_card(ui, place, &card, is_wide).clicked() {
                    action = Some(card.command.into());
                }
            }
            ui.add_space(if is_wide { 20.0 } else { 0.0 });
            if quiet_button(ui, "Don't show this again").clicked() {
                action = Some(Command::set(Setting::StartScreen, false).into());
            }
        });
    });
    focus_first_card(ui);
    action
}

/// Returns the places of the cards.
fn places(area: Rect, is_wide: bool) -> [Rect; 3] {
    let (card, step) = if is_wide {
        let width = (area.width() - 2.0 * GAP) / 3.0;
        (vec2(width, area.height()), vec2(width + GAP, 0.0))
    } else {
        (vec2(area.width(), HEIGHTS[1]), vec2(0.0, HEIGHTS[1] + size::GAP))
    };
    [0.0, 1.0, 2.0].map(|index| Rect::from_min_size(area.min + step * index, card))
}

fn card_id(title: &str) -> Id {
    Id::unique("first step").with(title)
}

/// Moves the keyboard focus to the first card when the screen is shown for the first time, so that Enter is enough.
fn focus_first_card(ui: &Ui) {
    let id = Id::unique("the start screen was shown");
    if !ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or(id, false), true)) {
        ui.memory_mut(|memory| {
            if memory.focused().is_none() {
                memory.request_focus(card_id(cards()[0].title));
            }
        });
    }
}

fn show_card(ui: &Ui, rect: Rect, card: &Card, is_wide: bool) -> Response {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, card_id(card.title), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, card.title));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(card.about));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let radius = f32::from(size::RADIUS) + 4.0;
    let (fill, edge) = if response.has_focus() {
        (palette.canvas, palette.accent)
    } else if response.hovered() || response.is_pointer_button_down_on() {
        (palette.row_hover, palette.accent)
    } else {
        (palette.canvas, palette.border_strong)
    };
    ui.painter().rect(rect, radius, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    focus_ring(ui, &response, rect, radius);
    let inside = rect.shrink2(if is_wide { vec2(20.0, 22.0) } else { vec2(16.0, 12.0) });
    let icon = Rect::from_min_size(inside.min, Vec2::splat(28.0));
    let icon = if is_wide { icon } else { icon.translate(vec2(0.0, (inside.height() - 28.0) / 2.0)) };
    icon::paint(ui.painter(), card.icon, icon, palette.accent);
    let texts = if is_wide {
        inside.with_min_y(icon.bottom() + 12.0)
    } else {
        inside.with_min_x(icon.right() + 16.0)
    };
    let paint = |at: egui::Pos2, text: &str, font: FontId, color: Color32| {
        let galley = ui.painter().layout(text.to_owned(), font, color, texts.width());
        let bottom = at.y + galley.size().y;
        ui.painter().galley(at, galley, color);
        bottom
    };
    let bottom = paint(texts.min, card.title, theme::strong(16.0), palette.text);
    paint(pos2(texts.left(), bottom + 4.0), card.about, theme::small(), palette.muted);
    if response.has_focus() {
        // Beside the title if the text below it is as wide as the card.
        let bottom = if is_wide { rect.bottom() } else { rect.top() + 38.0 };
        key_name(ui, pos2(rect.right(), bottom) - vec2(10.0, 10.0));
    }
    response
}

/// Paints the name of the key that presses the focused card.
fn key_name(ui: &Ui, corner: egui::Pos2) {
    let palette = Palette::of(ui);
    let key = vec2(text_width(ui, "Enter", theme::small()) + 14.0, 20.0);
    let rect = Rect::from_min_size(corner - key, key);
    ui.painter().rect(rect, 4.0, palette.field, Stroke::new(1.0, palette.border), StrokeKind::Inside);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, "Enter", theme::small(), palette.muted);
}
