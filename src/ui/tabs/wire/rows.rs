//! The ladder itself: scrolls, draws what is in view, and knows which row is selected.

use egui::{
    EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, Role, Sense, Shape, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::capture::Capture;
use crate::capture::sequence::{Ladder, Scale, words};
use crate::text::{self, with_thousands};
use crate::ui::tabs::wire::bundle;
use crate::ui::tabs::wire::layout::{self, Item};
use crate::ui::tabs::wire::lines;
use crate::ui::tabs::wire::row::{self, Drawn};
use crate::ui::tabs::wire::view::{ROW, View, whole_rows};
use crate::ui::tabs::wire::zoom::Zoom;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::virtual_list::VirtualList;

/// Height of the names of the life lines.
const HEADER: f32 = 28.0;

/// What the ladder's view remembers.
#[derive(Debug)]
pub(in crate::ui) struct Rows {
    /// Whether new rows are scrolled into view.
    pub(in crate::ui) follow: bool,
    list: VirtualList,
    selected: Option<usize>,
    /// How rows were placed in the last frame.
    placed: Option<Scale>,
    /// What stood where in the last frame: what a press of the mouse was meant for.
    painted: Vec<(Rect, usize)>,
    /// How high the view was in the last frame.
    height: f32,
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
    pub(in crate::ui) fn following(follow: bool) -> Self {
        Self {
            follow,
            list: VirtualList::default(),
            selected: None,
            placed: None,
            painted: Vec::new(),
            height: 0.0,
            pressing: false,
        }
    }

    /// The selected row.
    pub(in crate::ui) fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// The user zooms: what is in view stays there.
    pub(in crate::ui) fn zoomed(&mut self) {
        self.follow = false;
    }

    /// Shows the ladder; returns whether the user selected a row.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        ladder: &Ladder,
        capture: &Capture,
        zoom: &mut Zoom,
    ) -> bool {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("ladder"), Sense::FOCUSABLE | Sense::CLICK);
        let count = ladder.rows().len();
        let name = format!("Ladder of {}, {} rows", ladder.info().client.id, with_thousands(count as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        let (header, body) = area.split_top_bottom_at_y(area.top() + HEADER);
        if count == 0 {
            return false;
        }
        // Whole rows only: a fragment of one at the edge looks like a mistake.
        let body = body.with_max_y(body.top() + whole_rows(body.height().max(size::LADDER_ROW), f32::floor));
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
        let footer_height =
            footer.as_ref().map_or(0.0, |galley| whole_rows(galley.size().y + 4.0, f32::ceil));
        let scrolled = self.list.scroll(ui, body, rows_height * ROW + f64::from(footer_height));
        if (std::mem::replace(&mut self.height, body.height()) - body.height()).abs() > 1.0
            && let Some(row) = self.selected.filter(|_| !self.follow)
        {
            // The detail has just opened over it, or the window has become lower.
            self.list.reveal_span(layout::slot(ladder, row.min(count - 1), scale) * ROW, ROW);
            ui.ctx().request_repaint();
        }
        if scrolled.moved {
            self.follow = self.list.is_at_end();
        }
        // The columns stay where they are when the bar comes.
        let view = body.with_max_x(body.right() - size::SCROLL_BAR);
        let seen = View { top: scrolled.top, rect: view };
        let outer_clip = ui.clip_rect();
        ui.set_clip_rect(outer_clip.intersect(view));
        if let Some(row) = self.paint(ui, ladder, capture, scale, &seen, &response) {
            self.select(row, ladder);
            selected = true;
            response.request_focus();
        }
        if let Some(galley) = footer {
            let y = seen.y(rows_height * ROW) + ((footer_height - galley.size().y) / 2.0).floor();
            if y < view.bottom() {
                let rect = Rect::from_min_size(pos2(view.left() + size::EDGE, y), galley.size());
                let words = galley.text().to_owned();
                let said = ui.interact(rect, Id::unique("who closed first"), Sense::hover());
                said.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
                ui.painter().galley(rect.min, galley, Palette::of(ui).text);
            }
        }
        ui.set_clip_rect(outer_clip);
        lines::names(ui, ladder, header);
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
        // Below the life lines, which are below the arrows.
        let (below, mut grounds) = (ui.painter().add(Shape::Noop), Vec::new());
        lines::life_lines(ui, ladder, scale, seen);
        for item in layout::items(ladder, scale, seen.top / ROW, (seen.top + height) / ROW) {
            let (response, first, rect, chosen) = match item {
                Item::Gap { from, to, took } => {
                    lines::gap(ui, seen, (from, to), &text::duration(took));
                    continue;
                }
                Item::Row { index, slot } => {
                    let rect = seen.row(slot);
                    let chosen = self.selected == Some(index);
                    let partner = partners.binary_search(&index).is_ok();
                    let drawn = Drawn { ladder, capture, row: &ladder.rows()[index], chosen, partner };
                    (row::show(ui, &drawn, rect, &mut grounds), index, rect, chosen)
                }
                Item::Bundle { rows, slot } => {
                    let rect = seen.row(slot);
                    let chosen = self.selected.is_some_and(|row| rows.contains(&row));
                    let first = rows.start;
                    (bundle::show(ui, ladder, rows, rect, chosen, &mut grounds), first, rect, chosen)
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
        ui.painter().set(below, Shape::Vec(grounds));
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
        let page = self.list.rows_in_view(size::LADDER_ROW).saturating_sub(1).max(1);
        let mut moved = false;
        for key in [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End] {
            // A key that is held down may come several times in a frame.
            let times = ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
            for _ in 0..times {
                let here = self.selected.map(|row| row.min(last));
                let row = match key {
                    Key::ArrowUp => here.map_or(last, |row| row.saturating_sub(1)),
                    Key::ArrowDown => here.map_or(0, |row| row + 1),
                    Key::PageUp => here.map_or(last, |row| row.saturating_sub(page)),
                    Key::PageDown => here.map_or(0, |row| row + page),
                    Key::Home => 0,
                    _ => last,
                };
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
