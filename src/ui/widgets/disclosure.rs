//! A row that opens and closes what is below it.

use egui::{Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::ui::theme::{self, Palette};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// Shows the row; the caller keeps whether it is `open`. A closed row in the problem color hides a field in error.
pub(in crate::ui) fn disclosure(ui: &mut Ui, text: &str, open: bool, wrong: bool) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_expanded(open));
    let color = match (wrong && !open, response.hovered()) {
        (true, _) => palette.problem,
        (false, true) => palette.text,
        (false, false) => palette.muted,
    };
    let chevron = if open { Icon::ChevronDown } else { Icon::ChevronRight };
    let square = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), Vec2::splat(10.0));
    icon::paint(ui.painter(), chevron, square, color);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::text(), color);
    ui.painter().galley(pos2(rect.left() + 16.0, rect.center().y - galley.size().y / 2.0), galley, color);
    focus_ring(ui, &response, rect, 4.0);
    response
}
