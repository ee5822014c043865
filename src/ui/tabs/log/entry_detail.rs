//! The selected entry in full: what happened, its bytes as hex and text, and one sentence that explains it.

use egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::log::LogEntry;
use crate::log::explanation;
use crate::log::format::HexRow;
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

/// What the detail itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct EntryDetail {
    list: VirtualList,
    /// The entry that was shown last: another one starts at its top.
    shown: Option<u64>,
    raw: bool,
}

/// What the words leave free at their right for the scroll bar.
const BAR: f32 = 8.0;

impl EntryDetail {
    /// Shows an entry, or what would be shown here.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        entry: Option<&LogEntry>,
        format: DataFormat,
    ) -> Option<Action> {
        let palette = Palette::of(ui);
        let Some(entry) = entry else {
            ui.label(
                RichText::new("Select an entry to see its bytes and what it means.").color(palette.muted),
            );
            return None;
        };
        if self.shown != Some(entry.number) {
            self.shown = Some(entry.number);
            self.list.go_to_start();
        }
        let mut action = self.title(ui, entry, format);
        if let EventKind::Received { data, .. } = &entry.event.kind {
            self.bytes_and_words(ui, entry, data);
        } else {
            show_the_bar(ui);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_width(ui.available_width() - BAR);
                ui.spacing_mut().item_spacing.y = 6.0;
                let line = line::line(&entry.event, format);
                let explanation = explanation::explanation(&entry.event);
                // A note explains itself.
                if line != explanation {
                    ui.add(Label::new(RichText::new(line).font(theme::mono()).color(palette.text)).wrap());
                }
                if let Some(raw) = explanation::raw(&entry.event).filter(|_| self.raw) {
                    ui.add(Label::new(RichText::new(raw).font(theme::mono()).color(palette.muted)).wrap());
                }
                ui.add(Label::new(RichText::new(explanation).color(palette.muted)).wrap());
                crate::ui::tls_dialogs::handshake_table::show(ui, &event_details(&entry.event));
            });
        }
        action.take()
    }

    /// The title line, with the time and what can be done with the entry.
    fn title(&mut self, ui: &mut Ui, entry: &LogEntry, format: DataFormat) -> Option<Action> {
        let palette = Palette::of(ui);
        let mut action = None;
        let roomy = ui.available_width() >= NARROW;
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let EventKind::Received { data, .. } = &entry.event.kind {
                    if copy_pill(ui, "Copy data", "All of it, written as in the log") {
                        let mut out = Vec::new();
                        crate::log::format::append_data(&mut out, data, format);
                        action = Some(Action::CopyText(String::from_utf8_lossy(&out).into_owned()));
                    }
                } else if explanation::raw(&entry.event).is_some() {
                    let label = if self.raw { "Hide raw text" } else { "Show raw text" };
                    if pill_button(ui, label)
                        .on_hover_text("The system's or the library's own words")
                        .clicked()
                    {
                        self.raw = !self.raw;
                    }
                }
                if let Some(client) = entry.event.client
                    && roomy
                    && pill_button(ui, "Show on the wire")
                        .on_hover_text("Everything that went by on this connection")
                        .clicked()
                {
                    action = Some(Action::ShowWire(client.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title =
                        RichText::new(explanation::title(&entry.event)).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    // As much beside the title as fits whole: the time with a fact, the time, nothing.
                    let clock = text::clock(entry.event.at);
                    let subtitle =
                        explanation::subtitle(&entry.event).map(|fact| format!("{clock} · {fact}"));
                    let room = ui.available_width();
                    let fits = |text: &String| text_width(ui, text, theme::mono()) <= room;
                    let Some(when) = subtitle.into_iter().chain([clock]).find(fits) else { return };
                    ui.add(
                        Label::new(RichText::new(when).font(theme::mono()).color(palette.muted)).truncate(),
                    );
                });
            });
        });
        action
    }

    /// The bytes, as many rows as there is room for, and the explanation right below them.
    fn bytes_and_words(&mut self, ui: &mut Ui, entry: &LogEntry, data: &[u8]) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let text = explanation::explanation(&entry.event);
        let galley = ui.painter().layout(text.clone(), theme::text(), palette.muted, area.width() - BAR);
        let in_row: u8 = if area.width() < NARROW { 8 } else { 16 };
        let chunk = usize::from(in_row);
        let rows = data.len().div_ceil(chunk);
        #[expect(clippy::cast_precision_loss, reason = "cut to the height of the area")]
        let wanted = rows as f32 * size::HEX_ROW + size::HEX_ROW / 2.0;
        let room = area.height() - galley.size().y - size::GAP;
        let list = Rect::from_min_size(area.min, vec2(area.width(), wanted.min(room)));
        let list = whole_rows(ui, list, size::HEX_ROW);
        self.list.show(ui, list, size::HEX_ROW, rows, |ui, index, rect| {
            if let Some(bytes) = data.chunks(chunk).nth(index) {
                hex_row(ui, rect, &HexRow { offset: index * chunk, bytes }, in_row);
            }
        });
        let below = Rect::from_min_max(pos2(area.left(), list.bottom() + size::GAP), area.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(below));
        show_the_bar(&mut child);
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            ui.set_width(ui.available_width() - BAR);
            ui.add(Label::new(RichText::new(text).color(palette.muted)).wrap());
        });
        ui.advance_cursor_after_rect(area);
    }
}
