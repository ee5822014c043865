//! The row of tabs, and the content of each.

pub(crate) mod client;
pub(crate) mod detail_view;
mod event_row;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod python;
pub(crate) mod wire;

use egui::{Context, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::lessons::condition::LessonPlace;
use crate::ui::action::TABS;
use crate::ui::shortcuts::with_key_names;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;

/// The space between two tabs.
const BETWEEN: f32 = 4.0;
/// The space beside a tab's name, as the sum of both sides.
const PADDING: f32 = 20.0;

/// Moves the keyboard focus to a tab, from which the Tab key leads into its content.
pub(crate) fn focus(ctx: &Context, tab: LessonPlace) {
    ctx.memory_mut(|memory| memory.request_focus(id(tab)));
}

fn id(tab: LessonPlace) -> Id {
    Id::unique("tab").with(tab)
}

/// Shows the row of tabs; returns the one that was pressed.
pub(crate) fn show(ui: &mut Ui, current: LessonPlace) -> Option<LessonPlace> {
    let mut pressed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        ui.add_space(size::EDGE - BETWEEN);
        for (number, tab) in TABS.into_iter().enumerate() {
            let label = tab.label().trim_start_matches("the ").trim_end_matches(" tab");
            let response = button(ui, tab, label, tab == current);
            if response.on_hover_text(with_key_names(ui.ctx(), &format!("Ctrl+{}", number + 1))).clicked() {
                pressed = Some(tab);
            }
        }
    });
    pressed
}

fn button(ui: &mut Ui, tab: LessonPlace, label: &str, selected: bool) -> Response {
    let palette = Palette::of(ui);
    let font = if selected { theme::strong(size::TEXT) } else { theme::text() };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, palette.text);
    let rect: Rect = ui.allocate_space(vec2(galley.size().x + PADDING, size::TABS)).1;
    let response = ui.interact(rect, id(tab), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, label));
    let color = if selected || response.hovered() { palette.text } else { palette.muted };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, color);
    if selected {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, palette.accent));
    }
    focus_ring(ui, &response, rect.shrink2(vec2(4.0, 7.0)), 4.0);
    response
}
