//! The life lines, their names, and the time between rows in which nothing went by.

use egui::{Align2, Rect, Shape, Stroke, Ui, pos2, vec2};

use crate::capture::What;
use crate::capture::sequence::{Ladder, Scale};
use crate::ui::tabs::wire::columns::Columns;
use crate::ui::tabs::wire::layout;
use crate::ui::tabs::wire::row;
use crate::ui::tabs::wire::view::{ROW, View};
use crate::ui::theme::{self, Palette, size};

/// From accept to the end, or on and on.
pub(in crate::ui) fn life_lines(ui: &Ui, ladder: &Ladder, scale: Scale, seen: &View) {
    let palette = Palette::of(ui);
    let columns = Columns::of(seen.rect);
    let top = row::middle(seen.row(0.0)).max(seen.rect.top());
    let mut bottom = seen.rect.bottom();
    if ladder.rows().last().is_some_and(|row| matches!(row.mark.what, What::Closed(_))) {
        bottom = bottom.min(row::middle(seen.row(layout::height(ladder, scale) - 1.0)));
    }
    for x in [columns.client, columns.server] {
        ui.painter().vline(x, top..=bottom.max(top), Stroke::new(2.0, palette.border_strong));
    }
}

/// Time in which nothing went by: its length in the middle of what is in view of it.
pub(in crate::ui) fn gap(ui: &Ui, seen: &View, (from, to): (f64, f64), took: &str) {
    let palette = Palette::of(ui);
    let columns = Columns::of(seen.rect);
    let (top, bottom) = (seen.y(from * ROW).max(seen.rect.top()), seen.y(to * ROW).min(seen.rect.bottom()));
    if bottom - top < 18.0 {
        return;
    }
    let place = Rect::from_x_y_ranges(columns.between(), top..=bottom);
    let x = place.center().x;
    let words = format!("{took} without anything");
    let galley = ui.painter().layout_no_wrap(words, theme::small(), palette.muted);
    let text = Rect::from_center_size(place.center(), galley.size() + vec2(12.0, 4.0));
    for (start, end) in [(top + 4.0, text.top()), (text.bottom(), bottom - 4.0)] {
        if end > start {
            let line = [pos2(x, start), pos2(x, end)];
            ui.painter().extend(Shape::dashed_line(&line, Stroke::new(1.0, palette.border_strong), 3.0, 4.0));
        }
    }
    ui.painter().galley(text.center() - galley.size() / 2.0, galley, palette.muted);
}

/// The names of the life lines, and of what stands beside them.
pub(in crate::ui) fn names(ui: &Ui, ladder: &Ladder, rect: Rect) {
    let palette = Palette::of(ui);
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.border));
    let rect = rect.with_max_x(rect.right() - size::SCROLL_BAR);
    let columns = Columns::of(rect);
    let client = format!("Client {}", ladder.info().client.peer);
    let wide = ui.painter().layout_no_wrap(client.clone(), theme::strong(size::SMALL), palette.text).size().x;
    let left = (columns.client - wide / 2.0).max(columns.time - 30.0).max(rect.left() + 4.0);
    let name = Rect::from_min_max(pos2(left, rect.top()), pos2(columns.server - 40.0, rect.bottom()));
    row::cut(ui, name, Align2::LEFT_CENTER, &client, theme::strong(size::SMALL), palette.text);
    let half = 30.0;
    let right = (columns.server + half).min(rect.right() - 4.0);
    let server = Rect::from_min_max(pos2(right - 2.0 * half, rect.top()), pos2(right, rect.bottom()));
    row::cut(ui, server, Align2::CENTER_CENTER, "Server", theme::strong(size::SMALL), palette.text);
    if let Some(beside) = columns.beside {
        let place = Rect::from_x_y_ranges(beside.min + 26.0..=beside.max, rect.y_range());
        let words =
            if ladder.info().tls { "Record: type, version, length · plain bytes" } else { "Call and bytes" };
        row::cut(ui, place, Align2::LEFT_CENTER, words, theme::small(), palette.muted);
    }
}
