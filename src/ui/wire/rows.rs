//! The ladder itself: scrolls, draws what is in view, and knows which row is selected.

use eframe::egui::{
    Align2, EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::arrow;
use super::columns::Columns;
use super::layout::{self, Item};
use super::row::{self, Drawn};
use super::zoom::Zoom;
use crate::journal::units;
use crate::ladder::{Ladder, Scale, words};
use crate::server::capture::{Capture, What};
use crate::settings::fields::grouped;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::virtual_list::VirtualList;

const ROW: f64 = size::LADDER_ROW as f64;
/// Height of the names of the life lines.
const HEADER: f32 = 28.0;
/// The most arrows that a bundle is drawn with.
const BUNDLE: usize = 7;

/// What the ladder's view remembers.
#[derive(Debug)]
pub(super) struct Rows {
    /// Whether new rows are scrolled into view.
    pub(super) follow: bool,
    list: VirtualList,
    selected: Option<usize>,
    /// How rows were placed in the last frame.
    placed: Option<Scale>,
    /// What stood where in the last frame: what a press of the mouse was meant for.
    painted: Vec<(Rect, usize)>,
    /// Whether the mouse is down since it was pressed on a row.
    pressing: bool,
}

impl Default for Rows {
    fn default() -> Self {
        Self::following(true)
    }
}

impl Rows {
    /// The view of another connection.
    pub(super) fn following(follow: bool) -> Self {
        Self {
            follow,
            list: VirtualList::default(),
            selected: None,
            placed: None,
            painted: Vec::new(),
            pressing: false,
        }
    }

    /// The selected row.
    pub(super) fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// The user zooms: what is in view stays there.
    pub(super) fn zoomed(&mut self) {
        self.follow = false;
    }

    /// Shows the ladder; returns whether the user selected a row.
    pub(super) fn show(&mut self, ui: &mut Ui, ladder: &Ladder, capture: &Capture, zoom: &mut Zoom) -> bool {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("ladder"), Sense::FOCUSABLE | Sense::CLICK);
        let count = ladder.rows().len();
        let name = format!("Ladder of {}, {} rows", ladder.info().client.id, grouped(count as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        let (header, body) = area.split_top_bottom_at_y(area.top() + HEADER);
        if count == 0 {
            return false;
        }
        zoom.measure(ladder, f64::from(body.height()) / ROW);
        self.wheel_zoom(ui, body, zoom);
        self.hold_place(ladder, zoom.scale());
        let scale = zoom.scale();
        let mut selected = self.keys(ui, &response, ladder, scale);
        if self.press(ui, body) {
            (self.pressing, selected) = (true, true);
        }
        if self.pressing && ui.input(|input| input.pointer.primary_released()) {
            // Not with the press: the release would take the keyboard away again.
            self.pressing = false;
            response.request_focus();
        }
        if self.follow {
            self.list.go_to_end();
        }
        let rows_height = layout::height(ladder, scale);
        let end = end_words(ladder);
        let room = (body.width() - 2.0 * size::EDGE - size::SCROLL_BAR).max(40.0);
        let footer =
            end.map(|end| ui.painter().layout(end, theme::strong(size::TEXT), Palette::of(ui).text, room));
        let footer_height = footer.as_ref().map_or(0.0, |galley| galley.size().y + 16.0);
        let scrolled = self.list.scroll(ui, body, rows_height * ROW + f64::from(footer_height) + 8.0);
        if scrolled.moved {
            self.follow = self.list.is_at_end();
        }
        let view = body.with_max_x(body.left() + scrolled.width);
        let seen = View { top: scrolled.top, rect: view };
        let outer_clip = ui.clip_rect();
        ui.set_clip_rect(outer_clip.intersect(view));
        if let Some(row) = self.paint(ui, ladder, capture, scale, &seen, &response) {
            self.select(row, ladder);
            selected = true;
            response.request_focus();
        }
        if let Some(galley) = footer {
            let y = seen.y(rows_height * ROW) + 8.0;
            if y < view.bottom() {
                let rect = Rect::from_min_size(pos2(view.left() + size::EDGE, y), galley.size());
                let words = galley.text().to_owned();
                let said = ui.interact(rect, Id::unique("who closed first"), Sense::hover());
                said.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
                ui.painter().galley(rect.min, galley, Palette::of(ui).text);
            }
        }
        ui.set_clip_rect(outer_clip);
        self::header(ui, ladder, header.with_max_x(view.right()));
        if response.has_focus() && self.selected.is_none() {
            let ring = Palette::of(ui).focus_ring();
            ui.painter().rect_stroke(area.shrink(2.0), 4.0, ring, StrokeKind::Inside);
        }
        selected
    }

    fn select(&mut self, row: usize, ladder: &Ladder) {
        self.selected = Some(row);
        self.follow = row + 1 == ladder.rows().len();
    }

    /// Draws what is in view; returns the row that somebody else than the mouse pressed, a screen reader.
    fn paint(
        &mut self,
        ui: &Ui,
        ladder: &Ladder,
        capture: &Capture,
        scale: Scale,
        seen: &View,
        whole: &Response,
    ) -> Option<usize> {
        self.painted.clear();
        let (mut pressed, height) = (None, f64::from(seen.rect.height()));
        let partners = self.selected.and_then(|row| ladder.rows().get(row));
        let partners = partners.map(|row| ladder.partners(row)).unwrap_or_default();
        life_lines(ui, ladder, scale, seen);
        for item in layout::items(ladder, scale, seen.top / ROW, (seen.top + height) / ROW) {
            let (response, first, rect, chosen) = match item {
                Item::Gap { from, to, took } => {
                    gap(ui, seen, (from, to), &units::duration(took));
                    continue;
                }
                Item::Row { index, slot } => {
                    let rect = seen.row(slot);
                    let chosen = self.selected == Some(index);
                    let partner = partners.binary_search(&index).is_ok();
                    let drawn = Drawn { ladder, capture, row: &ladder.rows()[index], chosen, partner };
                    (row::show(ui, &drawn, rect), index, rect, chosen)
                }
                Item::Bundle { rows, slot } => {
                    let rect = seen.row(slot);
                    let chosen = self.selected.is_some_and(|row| rows.contains(&row));
                    let first = rows.start;
                    (bundle(ui, ladder, rows, rect, chosen), first, rect, chosen)
                }
            };
            if chosen && whole.has_focus() {
                let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
            self.painted.push((rect, first));
            if response.clicked() && !response.clicked_by(PointerButton::Primary) {
                pressed = Some(first);
            }
        }
        pressed
    }

    /// A press of the mouse selects what was under the pointer in the last frame, and lets it stand still.
    fn press(&mut self, ui: &Ui, area: Rect) -> bool {
        let pressed = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.primary_pressed().then(|| pointer.interact_pos()).flatten()
        });
        let Some(at) = pressed.filter(|at| area.contains(*at)) else { return false };
        if ui.ctx().layer_id_at(at) != Some(ui.layer_id()) {
            return false;
        }
        let Some(&(_, row)) = self.painted.iter().find(|(rect, _)| rect.contains(at)) else { return false };
        (self.selected, self.follow) = (Some(row), false);
        true
    }

    fn keys(&mut self, ui: &Ui, response: &Response, ladder: &Ladder, scale: Scale) -> bool {
        if !response.has_focus() {
            return false;
        }
        let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selected = None;
        }
        let last = ladder.rows().len() - 1;
        let here = self.selected.map(|row| row.min(last));
        let page = self.list.rows_in_view(size::LADDER_ROW).saturating_sub(1).max(1);
        let steps: [(Key, usize); 6] = [
            (Key::ArrowUp, here.map_or(last, |row| row.saturating_sub(1))),
            (Key::ArrowDown, here.map_or(0, |row| row + 1)),
            (Key::PageUp, here.map_or(last, |row| row.saturating_sub(page))),
            (Key::PageDown, here.map_or(0, |row| row + page)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        let mut moved = false;
        for (key, row) in steps {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.select(row.min(last), ladder);
                self.list.reveal_span(layout::slot(ladder, row.min(last), scale) * ROW, ROW);
                moved = true;
            }
        }
        moved
    }

    /// Ctrl and the wheel, or two fingers: zooms by time around the pointer.
    fn wheel_zoom(&mut self, ui: &Ui, body: Rect, zoom: &mut Zoom) {
        if !zoom.is_by_time() || !ui.rect_contains_pointer(body) {
            return;
        }
        let (factor, at) = ui.input(|input| (f64::from(input.zoom_delta()), input.pointer.hover_pos()));
        let Some(at) = at.filter(|_| (factor - 1.0).abs() > 1e-6) else { return };
        let before = zoom.per_second();
        zoom.set_per_second(before * factor);
        let pointer = f64::from(at.y - body.top());
        let offset = (self.list.offset() + pointer) * (zoom.per_second() / before) - pointer;
        self.follow = false;
        self.list.go_to(offset);
        self.placed = Some(zoom.scale());
    }

    /// Where rows are placed another way than in the last frame, the selected row or else the first one in view
    /// stays where it is.
    fn hold_place(&mut self, ladder: &Ladder, scale: Scale) {
        let Some(before) = self.placed.replace(scale).filter(|before| *before != scale) else { return };
        let in_view = |row: &usize| self.painted.iter().any(|(_, painted)| painted == row);
        let first = self.painted.first().map(|(_, row)| *row);
        let Some(row) = self.selected.filter(in_view).or(first) else { return };
        let above = layout::slot(ladder, row, before) * ROW - self.list.offset();
        self.list.go_to(layout::slot(ladder, row, scale) * ROW - above);
    }
}

/// Which part of the ladder is in view.
struct View {
    /// Points above it.
    top: f64,
    rect: Rect,
}

impl View {
    /// Where something stands that has so many points above it.
    #[expect(clippy::cast_possible_truncation, reason = "a distance within the view, or cut to it")]
    fn y(&self, points: f64) -> f32 {
        self.rect.top() + (points - self.top).clamp(-1e6, 1e6) as f32
    }

    /// The row at this slot, on a whole point.
    fn row(&self, slot: f64) -> Rect {
        let min = pos2(self.rect.left(), self.y((slot * ROW).round()));
        Rect::from_min_size(min, vec2(self.rect.width(), size::LADDER_ROW))
    }
}

/// Who closed first, and what found no room.
fn end_words(ladder: &Ladder) -> Option<String> {
    let more = words::not_recorded(ladder.more()).map(|more| {
        if ladder.info().closed {
            format!("Before the end there were {more}.")
        } else {
            format!("There were {more}.")
        }
    });
    match (more, ladder.verdict()) {
        (Some(more), Some(verdict)) => Some(format!("{more} {verdict}")),
        (more, verdict) => more.or(verdict),
    }
}

/// From accept to the end, or on and on.
fn life_lines(ui: &Ui, ladder: &Ladder, scale: Scale, seen: &View) {
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
fn gap(ui: &Ui, seen: &View, (from, to): (f64, f64), took: &str) {
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

/// Rows that share a slot: a few of their arrows, and how many they are.
fn bundle(ui: &Ui, ladder: &Ladder, rows: std::ops::Range<usize>, rect: Rect, chosen: bool) -> Response {
    let palette = Palette::of(ui);
    let (first, last) = (&ladder.rows()[rows.start], &ladder.rows()[rows.end - 1]);
    let count = rows.len();
    let took = units::duration(last.mark.at.saturating_sub(first.mark.at));
    let words = format!("{} rows in {took}", grouped(count as u64));
    let response = ui.interact(rect, Id::unique("ladder bundle").with(rows.start), Sense::CLICK);
    row::ground(ui, rect, chosen, response.hovered());
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
    let galley = ui.painter().layout_no_wrap(words.clone(), theme::text(), palette.text);
    let between = Rect::from_x_y_ranges(columns.between(), rect.y_range());
    let ground = Rect::from_center_size(between.center(), galley.size() + vec2(16.0, 4.0));
    let fill = if chosen { palette.row_selected } else { palette.canvas };
    ui.painter().rect_filled(ground, 4.0, fill);
    ui.painter().galley(ground.center() - galley.size() / 2.0, galley, palette.text);
    let name = format!("{} to {}. {}, {words}", rows.start + 1, rows.end, words::time(first));
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &name));
    response.on_hover_text(
        "Too close to tell apart at this zoom. Zoom in, or go through them with the arrow keys.",
    )
}

/// The names of the life lines, and of what stands beside them.
fn header(ui: &Ui, ladder: &Ladder, rect: Rect) {
    let palette = Palette::of(ui);
    let columns = Columns::of(rect);
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.border));
    let time = Rect::from_min_max(rect.min, pos2(columns.time, rect.bottom()));
    let client = format!("Client {}", ladder.info().client.peer);
    let wide = ui.painter().layout_no_wrap(client.clone(), theme::strong(size::SMALL), palette.text).size().x;
    let left = (columns.client - wide / 2.0).max(columns.time - 30.0).max(rect.left() + 4.0);
    let name = Rect::from_min_max(pos2(left, rect.top()), pos2(columns.server - 40.0, rect.bottom()));
    if left > columns.time - 28.0 {
        row::cut(
            ui,
            time.with_max_x(left.min(columns.time)),
            Align2::RIGHT_CENTER,
            "Time",
            theme::small(),
            palette.muted,
        );
    }
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
