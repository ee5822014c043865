//! The selected row in full: what it is, the sentence that explains it, and its bytes with the fields marked.

use egui::{
    Align, EventFilter, Id, Key, Label, Layout, Modifiers, Rect, RichText, Role, Sense, StrokeKind, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::capture::Capture;
use crate::capture::sequence::dump::{Dump, dump};
use crate::capture::sequence::{Ladder, words};
use crate::log::format::hex;
use crate::server::client_id::ClientId;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::wire::{bytes, row};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{copy_pill, text_width};
use crate::ui::widgets::virtual_list::VirtualList;

/// What the detail itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct Detail {
    list: VirtualList,
    /// The row that was shown last, and its bytes: they never change, so they are fetched once.
    shown: Option<((ClientId, usize), Dump)>,
}

impl Detail {
    /// Shows a row, or what would be shown here.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        ladder: &Ladder,
        capture: &Capture,
        selected: Option<usize>,
    ) -> Option<Action> {
        let palette = Palette::of(ui);
        let Some(row) = selected.and_then(|index| ladder.rows().get(index)) else {
            let words = "Select a row to see its bytes and what it means.";
            ui.add(Label::new(RichText::new(words).color(palette.muted)).wrap());
            return None;
        };
        let key = (ladder.info().client.id, row.mark.index as usize);
        if self.shown.as_ref().is_none_or(|(shown, _)| *shown != key) {
            self.shown = Some((key, dump(row, capture)));
            self.list.go_to_start();
        }
        let Self { list, shown: Some((_, dump)) } = self else { return None };
        let mut action = None;
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !dump.bytes.is_empty() && copy_pill(ui, "Copy hex", "All bytes that were kept, as hex") {
                    action = Some(Action::CopyText(hex(&dump.bytes)));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(row::label(row)).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    let when = format!("{} · row {} · {}", row::way(row), key.1 + 1, words::time(row));
                    if text_width(ui, &when, theme::text()) <= ui.available_width() {
                        ui.add(Label::new(RichText::new(when).color(palette.muted)));
                    }
                });
            });
        });
        scrolled(ui, list, dump, &words::explain(ladder, row));
        action
    }
}

/// The sentence, the legend and the bytes, as one thing to scroll.
fn scrolled(ui: &mut Ui, list: &mut VirtualList, dump: &Dump, sentence: &str) {
    let palette = Palette::of(ui);
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let whole = ui.interact(area, Id::unique("bytes of the row"), Sense::FOCUSABLE | Sense::CLICK);
    whole.widget_info(|| {
        let bytes = with_thousands(dump.len as u64);
        WidgetInfo::labeled(Role::ScrollView, true, format!("What the row means, and its {bytes} bytes"))
    });
    if whole.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(whole.id, filter));
        keys(ui, list, f64::from(area.height()));
        ui.painter().rect_stroke(area.expand(3.0), 4.0, palette.focus_ring(), StrokeKind::Inside);
    }
    let width = area.width() - size::SCROLL_BAR;
    let words = ui.painter().layout(sentence.to_owned(), theme::text(), palette.text, width).size().y;
    let in_row = bytes::in_row(area.width());
    let legend = bytes::legend_height(ui, dump, width);
    let rows = dump.bytes.len().div_ceil(in_row);
    let note = bytes::not_kept(dump);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand rows at most")]
    let hex = rows as f32 * size::HEX_ROW;
    let below = if note.is_some() { size::HEX_ROW } else { 0.0 };
    let total = words + size::GAP + legend + hex + below;
    let scrolled = list.scroll(ui, area, f64::from(total));
    #[expect(clippy::cast_possible_truncation, reason = "a few thousand rows at most")]
    let top = area.top() - scrolled.top as f32;
    let mut child = ui.new_child(
        UiBuilder::new().max_rect(Rect::from_min_size(pos2(area.left(), top), vec2(width, total))),
    );
    child.set_clip_rect(ui.clip_rect().intersect(area));
    child.add(Label::new(RichText::new(sentence).color(palette.text)).wrap());
    let at = top + words + size::GAP;
    bytes::legend(&child, dump, pos2(area.left(), at), width);
    let at = at + legend;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut to the rows that there are"
    )]
    let row_at = |y: f32| (((y - at) / size::HEX_ROW).max(0.0) as usize).min(rows);
    for index in row_at(area.top())..rows.min(row_at(area.bottom()) + 1) {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand rows at most")]
        let y = at + index as f32 * size::HEX_ROW;
        let rect = Rect::from_min_size(pos2(area.left(), y), vec2(width, size::HEX_ROW));
        bytes::row(&child, dump, index, in_row, rect);
    }
    if let Some(note) = note {
        let place = Rect::from_min_size(pos2(area.left(), at + hex), vec2(width, size::HEX_ROW));
        row::cut(&child, place, egui::Align2::LEFT_CENTER, &note, theme::small(), palette.muted);
    }
}

fn keys(ui: &Ui, list: &mut VirtualList, view: f64) {
    let step = f64::from(size::HEX_ROW);
    for (key, points) in [
        (Key::ArrowUp, -step),
        (Key::ArrowDown, step),
        (Key::PageUp, step - view),
        (Key::PageDown, view - step),
        (Key::Home, f64::NEG_INFINITY),
        (Key::End, f64::INFINITY),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            list.go_to(list.offset() + points);
        }
    }
}
