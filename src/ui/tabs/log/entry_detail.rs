//! The details of the selected entry: what happened, its bytes as hex and text, and an explanation.

use egui::{Align, FontId, Label, Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};

use crate::log::LogEntry;
use crate::log::explanation;
use crate::log::format::{self, HexRow};
use crate::log::handshake_details::event_details;
use crate::log::line;
use crate::server::event::EventKind;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::bytes::{NARROW, hex_row, show_the_bar};
use crate::ui::widgets::controls::{copy_pill, pill_button, text_width};
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// The state of the panel.
#[derive(Debug, Default)]
pub(in crate::ui) struct EntryDetail {
    bytes: VirtualList,
    /// The entry of the last frame. Another one is shown from its top.
    shown: Option<u64>,
    show_raw: bool,
}

/// The space for the scroll bar at the right of a text.
const BAR: f32 = 8.0;

impl EntryDetail {
    /// Shows an entry, or a hint if none is selected.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        entry: Option<&LogEntry>,
        format: DataFormat,
    ) -> Option<Action> {
        let palette = Palette::of(ui);
        let Some(entry) = entry else {
            let hint = "Select an entry to see its bytes and what it means.";
            ui.label(RichText::new(hint).color(palette.muted));
            return None;
        };
        if self.shown != Some(entry.number) {
            self.shown = Some(entry.number);
            self.bytes.go_to_start();
        }
        let event = &entry.event;
        let raw = explanation::raw(event);
        let action = self.show_title(ui, entry, format, raw.is_some());
        let explanation = explanation::explanation(event);
        let area = ui.available_rect_before_wrap();
        let mut below = area;
        if let EventKind::Received { data, .. } = &event.kind {
            let galley =
                ui.painter().layout(explanation.clone(), theme::text(), palette.muted, area.width() - BAR);
            let room = area.height() - galley.size().y - size::GAP;
            below.min.y = self.show_bytes(ui, area, room, data) + size::GAP;
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(below));
        show_the_bar(&mut child);
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            ui.set_width(ui.available_width() - BAR);
            ui.spacing_mut().item_spacing.y = 6.0;
            let paragraph = |ui: &mut Ui, text: String, font: FontId, color| {
                ui.add(Label::new(RichText::new(text).font(font).color(color)).wrap());
            };
            if !matches!(event.kind, EventKind::Received { .. } | EventKind::Note { .. }) {
                paragraph(ui, line::line(event, format), theme::mono(), palette.text);
            }
            if let Some(raw) = raw.filter(|_| self.show_raw) {
                paragraph(ui, raw, theme::mono(), palette.muted);
            }
            paragraph(ui, explanation, theme::text(), palette.muted);
            crate::ui::tls_dialogs::handshake_table::show(ui, &event_details(event));
        });
        ui.advance_cursor_after_rect(area);
        action
    }

    /// Shows the title with the time, and the buttons.
    fn show_title(
        &mut self,
        ui: &mut Ui,
        entry: &LogEntry,
        format: DataFormat,
        has_raw: bool,
    ) -> Option<Action> {
        let palette = Palette::of(ui);
        let event = &entry.event;
        let mut action = None;
        let is_wide = ui.available_width() >= NARROW;
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let EventKind::Received { data, .. } = &event.kind {
                    if copy_pill(ui, "Copy data", "All of it, written as in the log") {
                        action = Some(Action::CopyText(format::data(data, format)));
                    }
                } else if has_raw {
                    let label = if self.show_raw { "Hide raw text" } else { "Show raw text" };
                    let button = pill_button(ui, label);
                    if button.on_hover_text("The message of the OS or the library").clicked() {
                        self.show_raw = !self.show_raw;
                    }
                }
                if let Some(client) = event.client.filter(|_| is_wide)
                    && pill_button(ui, "Show on the wire")
                        .on_hover_text("Everything that was sent on this connection")
                        .clicked()
                {
                    action = Some(Action::ShowWire(client.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(explanation::title(event)).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    // As much beside the title as fits: time and subtitle, the time, or nothing.
                    let clock = text::clock(event.at);
                    let both = explanation::subtitle(event).map(|subtitle| format!("{clock} · {subtitle}"));
                    let room = ui.available_width();
                    let fits = |text: &String| text_width(ui, text, theme::mono()) <= room;
                    let Some(text) = both.into_iter().chain([clock]).find(fits) else { return };
                    let text = RichText::new(text).font(theme::mono()).color(palette.muted);
                    ui.add(Label::new(text).truncate());
                });
            });
        });
        action
    }

    /// Shows the bytes, at most `room` points high. Returns the lower edge.
    fn show_bytes(&mut self, ui: &mut Ui, area: Rect, room: f32, data: &[u8]) -> f32 {
        let in_row: u8 = if area.width() < NARROW { 8 } else { 16 };
        let chunk = usize::from(in_row);
        let rows = data.len().div_ceil(chunk);
        #[expect(clippy::cast_precision_loss, reason = "cut to the height of the area")]
        let wanted = rows as f32 * size::HEX_ROW + size::HEX_ROW / 2.0;
        let list = Rect::from_min_size(area.min, vec2(area.width(), wanted.min(room)));
        let list = whole_rows(ui, list, size::HEX_ROW);
        self.bytes.show(ui, list, size::HEX_ROW, rows, |ui, index, rect| {
            if let Some(bytes) = data.chunks(chunk).nth(index) {
                hex_row(ui, rect, &HexRow { offset: index * chunk, bytes }, in_row);
            }
        });
        list.bottom()
    }
}
