//! The row of tabs, and the content of each.

pub(crate) mod client;
mod connection_menu;
pub(crate) mod detail_view;
mod event_row;
pub(crate) mod hovered_data;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod python;
pub(crate) mod wire;

use egui::{Context, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::lessons::condition::LessonPlace;
use crate::ui::action::TABS;
use crate::ui::shortcuts::with_key_names;
use crate::ui::split_view::{Side, View};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;

/// The space between two tabs.
const BETWEEN: f32 = 4.0;
/// The space beside a tab's name, as the sum of both sides.
const PADDING: f32 = 20.0;

/// Moves the keyboard focus to a tab in the row of this side, from which the Tab key leads into its content.
pub(crate) fn focus(ctx: &Context, side: Option<Side>, tab: LessonPlace) {
    ctx.memory_mut(|memory| memory.request_focus(id(side, tab)));
}

fn id(side: Option<Side>, tab: LessonPlace) -> Id {
    Id::unique("tab").with((side, tab))
}

/// Returns the name of a tab, such as *Log*.
pub(crate) fn name(tab: LessonPlace) -> &'static str {
    tab.label().trim_start_matches("the ").trim_end_matches(" tab")
}

/// Shows the row of tabs over a view; returns the one that was pressed.
pub(crate) fn show(ui: &mut Ui, view: &View) -> Option<LessonPlace> {
    let mut pressed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        ui.add_space(size::EDGE - BETWEEN);
        for (number, tab) in TABS.into_iter().enumerate() {
            let response = button(ui, view, tab);
            if response.on_hover_text(with_key_names(ui.ctx(), &format!("Ctrl+{}", number + 1))).clicked() {
                pressed = Some(tab);
            }
        }
    });
    pressed
}

fn button(ui: &mut Ui, view: &View, tab: LessonPlace) -> Response {
    let palette = Palette::of(ui);
    let selected = tab == view.tab;
    let layout = |font| ui.painter().layout_no_wrap(name(tab).to_owned(), font, palette.text);
    let (plain, bold) = (layout(theme::text()), layout(theme::strong(size::TEXT)));
    // Bold text is wider. Each tab has room for it, so that the others keep their places when it is selected.
    let width = plain.size().x.max(bold.size().x) + PADDING;
    let galley = if selected { bold } else { plain };
    let rect: Rect = ui.allocate_space(vec2(width, size::TABS)).1;
    let response = ui.interact(rect, id(view.side, tab), Sense::click());
    let label = match view.side {
        None => name(tab).to_owned(),
        Some(Side::Left) => format!("{} on the left", name(tab)),
        Some(Side::Right) => format!("{} on the right", name(tab)),
    };
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, &label));
    let color = if selected || response.hovered() { palette.text } else { palette.muted };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, color);
    if selected {
        // Side by side, the longer line is on the side that the keys act on.
        let (line, color) = if view.is_in_use {
            (rect.x_range(), palette.accent)
        } else {
            (rect.x_range().shrink(PADDING / 2.0), palette.muted)
        };
        ui.painter().hline(line, rect.bottom() - 1.0, Stroke::new(2.0, color));
    }
    focus_ring(ui, &response, rect.shrink2(vec2(4.0, 7.0)), 4.0);
    response
}
