//! Rows that stand too close to tell apart: a few of their arrows, and how many they are.

use std::ops::Range;

use egui::{Id, Rect, Response, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

use crate::capture::sequence::{Ladder, words};
use crate::text::{self, with_thousands};
use crate::ui::tabs::wire::arrow;
use crate::ui::tabs::wire::columns::Columns;
use crate::ui::tabs::wire::row;
use crate::ui::theme::{self, Palette};

/// The most arrows that a bundle is drawn with.
const BUNDLE: usize = 7;

/// Rows that share a slot: a few of their arrows, and how many they are.
pub(in crate::ui) fn show(
    ui: &Ui,
    ladder: &Ladder,
    rows: Range<usize>,
    rect: Rect,
    chosen: bool,
    grounds: &mut Vec<Shape>,
) -> Response {
    let palette = Palette::of(ui);
    let (first, last) = (&ladder.rows()[rows.start], &ladder.rows()[rows.end - 1]);
    let count = rows.len();
    let took = text::duration(last.mark.at.saturating_sub(first.mark.at));
    let told = format!("{} rows in {took}", with_thousands(count as u64));
    let response = ui.interact(rect, Id::unique("ladder bundle").with(rows.start), Sense::CLICK);
    grounds.extend(row::ground(ui, rect, chosen, response.hovered()));
    let columns = Columns::of(rect);
    row::times(ui, first, rect, columns);
    let lines = count.min(BUNDLE);
    for line in 0..lines {
        let one = &ladder.rows()[rows.start + line * count / lines];
        #[expect(clippy::cast_precision_loss, reason = "at most a handful")]
        let y = rect.top() + 5.0 + (line as f32) * (rect.height() - 10.0) / (lines.max(2) - 1) as f32;
        let ends = (columns.client, columns.server);
        let faint = arrow::ink(palette, one.kind()).gamma_multiply(0.45);
        if one.arrow().is_some() {
            arrow::paint(ui.painter(), one, ends, y.round(), faint);
        } else {
            ui.painter().circle_filled(pos2(columns.server, y.round()), 2.5, faint);
        }
    }
    let galley = ui.painter().layout_no_wrap(told.clone(), theme::text(), palette.text);
    let between = Rect::from_x_y_ranges(columns.between(), rect.y_range());
    let ground = Rect::from_center_size(between.center(), galley.size() + vec2(16.0, 4.0));
    let fill = if chosen { palette.row_selected } else { palette.canvas };
    ui.painter().rect_filled(ground, 4.0, fill);
    ui.painter().galley(ground.center() - galley.size() / 2.0, galley, palette.text);
    let name = format!("{} to {}. {}, {told}", rows.start + 1, rows.end, words::time(first));
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &name));
    response.on_hover_text(
        "Too close to tell apart at this zoom. Zoom in, or go through them with the arrow keys.",
    )
}
