//! The sequence diagram of the Wire tab: scrolls, draws the rows in view, and holds the selection.

use std::ops::Range;

use egui::{
    Align2, Button, Id, Key, Modifiers, Rangef, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::app::Command;
use crate::capture::sequence::{Row, Sequence};
use crate::capture::{CaptureEventKind, CaptureInfo};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::wire::sequence_row::{self, Columns, RowState};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};
use crate::ui::widgets::{focus_ring, text_line};

/// The height of the heading, which has the names of the lifelines.
const HEADER: f32 = 28.0;
/// The height of a row, for positions in 64 bits.
const ROW: f64 = size::SEQUENCE_ROW as f64;

/// The state of the diagram's view.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(super) struct SequenceView {
    /// Whether new rows are scrolled into view.
    pub(super) follow: bool,
    /// Whether the distances between rows show the time between them.
    pub(super) by_time: bool,
    /// Whether the rows show only what an eavesdropper sees.
    pub(super) eavesdrops: bool,
    list: VirtualList,
    /// The selected row.
    pub(super) selected: Option<usize>,
    /// The scale in the last frame, in rows per second; see [`Sequence::position`].
    scale: Option<f64>,
    /// The rows in view in the last frame.
    visible: Range<usize>,
    /// Whether the mouse button is still down after a press on a row.
    is_pressed: bool,
}

/// The part of the diagram in view.
struct Viewport {
    /// The height of the diagram above the view, in points.
    top: f64,
    rect: Rect,
}

impl Viewport {
    /// Returns the y coordinate of a position that is given in row heights.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the neighborhood of the view")]
    fn y(&self, position: f64) -> f32 {
        self.rect.top() + ((position * ROW).round() - self.top).clamp(-1e6, 1e6) as f32
    }

    fn row(&self, position: f64) -> Rect {
        let min = pos2(self.rect.left(), self.y(position));
        Rect::from_min_size(min, vec2(self.rect.width(), size::SEQUENCE_ROW))
    }
}

impl SequenceView {
    /// Returns a view in which no row is selected.
    pub(super) fn new(follow: bool, by_time: bool) -> Self {
        Self { follow, by_time, ..Self::default() }
    }

    /// Shows the diagram. Returns whether the user selected a row or opened its menu, and what the user chose
    /// from the menu.
    pub(super) fn show(&mut self, ui: &mut Ui, sequence: &Sequence) -> (bool, Option<Action>) {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("sequence"), Sense::FOCUSABLE | Sense::CLICK);
        let count = sequence.rows().len();
        let id = sequence.info().client.id;
        let name = format!("Sequence diagram of {id}, {} rows", with_thousands(count as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        if count == 0 {
            return (false, None);
        }
        let (header, body) = area.split_top_bottom_at_y(area.top() + HEADER);
        let body = whole_rows(ui, body, size::SEQUENCE_ROW);
        let scale = self.scale(sequence, f64::from(body.height()) / ROW);
        self.keep_position(sequence, scale);
        let mut is_selected = self.handle_keys(ui, &response, sequence, scale);
        if self.follow {
            self.list.go_to_end();
        } else if let Some(row) = self.selected {
            // The details of the selected row, which have just been opened, must not cover it.
            self.list.keep_visible(body.height(), sequence.position(row, scale) * ROW, ROW);
        }
        let height = (sequence.position(count - 1, scale) + 1.0) * ROW;
        let scrolled = self.list.scroll(ui, body, height);
        if scrolled.moved {
            self.follow = self.list.is_at_end();
        }
        // The scroll bar always has its space, so that the columns don't move when it appears.
        let view = Viewport { top: scrolled.top, rect: body.with_max_x(body.right() - size::SCROLL_BAR) };
        let clip = ui.clip_rect();
        ui.set_clip_rect(clip.intersect(view.rect));
        let (is_pressed, action) = self.show_rows(ui, sequence, scale, &view, &response);
        is_selected |= is_pressed;
        ui.set_clip_rect(clip);
        show_heading(ui, sequence, header);
        if !self.selected.is_some_and(|row| self.visible.contains(&row)) {
            focus_ring(ui, &response, area.shrink(4.0), 4.0);
        }
        (is_selected, action)
    }

    /// Returns the scale in rows per second: 0 if rows are placed by order, and otherwise a scale at which the waits
    /// between all rows are together as high as the view.
    fn scale(&self, sequence: &Sequence, rows_in_view: f64) -> f64 {
        let duration = sequence.rows().last().map_or(0.0, |row| row.event.at.as_secs_f64());
        if self.by_time { rows_in_view / duration.max(1e-6) } else { 0.0 }
    }

    /// Draws the rows in view. Returns whether one was selected or its menu opened, and what the user chose from a row's menu.
    fn show_rows(
        &mut self,
        ui: &Ui,
        sequence: &Sequence,
        scale: f64,
        view: &Viewport,
        diagram: &Response,
    ) -> (bool, Option<Action>) {
        let eavesdrops = self.eavesdrops;
        let selected = self.selected.filter(|_| !eavesdrops);
        let partners = selected.and_then(|row| sequence.rows().get(row)).map(|row| &row.partners);
        let is_press = ui.input(|input| input.pointer.primary_pressed());
        let (mut pressed, mut chosen, mut is_menu_opened) = (None, None, false);
        // Backgrounds are drawn below the lifelines, which are drawn below the arrows.
        let (below, mut backgrounds) = (ui.painter().add(Shape::Noop), Vec::new());
        show_lifelines(ui, sequence, scale, view);
        let first = sequence.row_at(view.top / ROW - 1.0 + 1e-6, scale);
        self.visible = first..first;
        for (index, row) in sequence.rows().iter().enumerate().skip(first) {
            let rect = view.row(sequence.position(index, scale));
            if let Some(before) = index.checked_sub(1) {
                let idle = Rangef::new(view.row(sequence.position(before, scale)).bottom(), rect.top());
                show_idle(ui, view, idle, &text::duration(row.gap.unwrap_or_default()));
            }
            if rect.top() >= view.rect.bottom() {
                break;
            }
            self.visible.end = index + 1;
            let is_selected = self.selected == Some(index);
            let is_partner = partners.is_some_and(|partners| partners.contains(&index));
            let state = RowState { is_selected, is_partner, eavesdrops };
            let response = sequence_row::show(ui, (sequence, row), rect, state, &mut backgrounds);
            if is_selected {
                focus_ring(ui, diagram, rect.shrink(2.0), 3.0);
            }
            // A mouse press already selects the row and stops following, so that the row doesn't move away.
            if response.clicked() || is_press && response.contains_pointer() {
                pressed = Some(index);
            }
            if response.secondary_clicked() {
                // The details would move the row under the menu, so they are not opened now.
                (self.selected, self.follow) = (self.selected.map(|_| index), false);
                is_menu_opened = true;
            }
            response.context_menu(|ui| chosen = show_menu(ui, (sequence, row), eavesdrops));
        }
        ui.painter().set(below, Shape::Vec(backgrounds));
        if pressed.is_some() {
            (self.selected, self.follow, self.is_pressed) = (pressed, false, true);
        }
        if self.is_pressed && !ui.input(|input| input.pointer.primary_down()) {
            // Focused only after the button's release, which would take the focus away again.
            self.is_pressed = false;
            diagram.request_focus();
        }
        (pressed.is_some() || is_menu_opened, chosen)
    }

    fn handle_keys(&mut self, ui: &Ui, response: &Response, sequence: &Sequence, scale: f64) -> bool {
        let rows = sequence.rows().len();
        let target = self.list.row_by_keys(ui, response, self.selected, rows, size::SEQUENCE_ROW);
        if response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selected = None;
        }
        let Some((row, _)) = target else { return false };
        (self.selected, self.follow) = (Some(row), row + 1 == rows);
        self.list.reveal_span(sequence.position(row, scale) * ROW, ROW);
        true
    }

    /// After a change of the scale, scrolls so that the selected row stays where it is, or the first visible row if no
    /// visible row is selected.
    fn keep_position(&mut self, sequence: &Sequence, scale: f64) {
        let Some(before) = self.scale.replace(scale).filter(|before| before.total_cmp(&scale).is_ne()) else {
            return;
        };
        let row = self.selected.filter(|row| self.visible.contains(row)).unwrap_or(self.visible.start);
        let moved = sequence.position(row, scale) - sequence.position(row, before);
        self.list.go_to(self.list.offset() + moved * ROW);
    }
}

/// Shows the menu of a row. Returns what the user chose if that isn't done yet.
fn show_menu(ui: &mut Ui, (sequence, row): (&Sequence, &Row), eavesdrops: bool) -> Option<Action> {
    if ui.button("Copy").clicked() {
        ui.ctx().copy_text(sequence_row::full_text(sequence, row, eavesdrops));
    }
    let CaptureInfo { client, closed, .. } = sequence.info();
    let disconnect = ui.add_enabled(!closed, Button::new(format!("Disconnect {}", client.id)));
    disconnect.clicked().then(|| Command::Disconnect(client.id).into())
}

/// Draws the lifelines from accept to close, or to the bottom of the view.
fn show_lifelines(ui: &Ui, sequence: &Sequence, scale: f64, view: &Viewport) {
    let columns = Columns::of(view.rect);
    let top = sequence_row::arrow_y(view.row(0.0)).max(view.rect.top());
    let mut bottom = view.rect.bottom();
    if let Some(last) = sequence.rows().last()
        && matches!(last.event.kind, CaptureEventKind::Closed(_))
    {
        let position = sequence.position(last.event.index as usize, scale);
        bottom = bottom.min(sequence_row::arrow_y(view.row(position)));
    }
    let stroke = Stroke::new(2.0, Palette::of(ui).border_strong);
    for x in [columns.client, columns.server] {
        ui.painter().vline(x, top..=bottom.max(top), stroke);
    }
}

/// Labels the time between two rows, in the middle of the visible part of the gap, if there is room.
fn show_idle(ui: &Ui, view: &Viewport, range: Rangef, duration: &str) {
    let palette = Palette::of(ui);
    let visible = range.intersection(view.rect.y_range());
    if visible.span() < 18.0 {
        return;
    }
    let place = Rect::from_x_y_ranges(Columns::of(view.rect).between(), visible);
    let text = format!("{duration} without events");
    text_line(ui, place, Align2::CENTER_CENTER, &text, theme::small(), palette.muted);
}

/// Draws the names of the lifelines.
fn show_heading(ui: &Ui, sequence: &Sequence, rect: Rect) {
    let palette = Palette::of(ui);
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.border));
    let rect = rect.with_max_x(rect.right() - size::SCROLL_BAR);
    let columns = Columns::of(rect);
    let name = |place, align, text: &str| {
        text_line(ui, place, align, text, theme::strong(size::SMALL), palette.text)
    };
    let client = Rect::from_x_y_ranges(columns.time - 30.0..=columns.server - 40.0, rect.y_range());
    name(client, Align2::LEFT_CENTER, &format!("Client {}", sequence.info().client.peer));
    let server = rect.with_min_x(columns.server - 30.0).with_max_x((columns.server + 30.0).min(rect.right()));
    name(server, Align2::CENTER_CENTER, "Server");
}
