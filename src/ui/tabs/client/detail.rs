//! A transcript's selected entry in full: its bytes as hex and text, what it means, and the raw words of an error.

use egui::{Align, Label, Layout, Margin, Rect, RichText, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::app::clients::{Entry, EntryKind};
use crate::client::event::EventKind;
use crate::log::format;
use crate::log::format::HexRow;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::action::Action;
use crate::ui::tabs::client::words;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::bytes::{NARROW, hex_row, show_the_bar};
use crate::ui::widgets::controls::{copy_pill, pill_button, text_width};
use crate::ui::widgets::virtual_list::VirtualList;

/// What the detail remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct Detail {
    list: VirtualList,
    /// The entry that was shown last: another one starts at its top.
    shown: Option<u64>,
    raw: bool,
}

impl Detail {
    /// Shows an entry in all the room that there is.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, entry: &Entry, format: DataFormat) -> Option<Action> {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        ui.painter().rect_filled(area, 0.0, palette.panel);
        ui.painter().hline(area.x_range(), area.top(), Stroke::new(1.0, palette.border));
        if self.shown != Some(entry.number) {
            self.shown = Some(entry.number);
            self.list.go_to_start();
        }
        let margin = Margin { left: 16, right: 16, top: 5, bottom: 4 };
        egui::Frame::new()
            .inner_margin(margin)
            .show(ui, |ui| {
                let action = self.title(ui, entry, format);
                let data = entry.data();
                if data.is_empty() {
                    self.text(ui, entry);
                } else {
                    self.bytes(ui, entry, data);
                }
                action
            })
            .inner
    }

    fn title(&mut self, ui: &mut Ui, entry: &Entry, format: DataFormat) -> Option<Action> {
        let palette = Palette::of(ui);
        let mut action = None;
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !entry.data().is_empty() {
                    if copy_pill(ui, "Copy data", "All of it, written as in the transcript") {
                        let text = format::data(entry.data(), format);
                        action = Some(Action::CopyText(text));
                    }
                } else if words::raw(entry).is_some() {
                    let label = if self.raw { "Hide raw text" } else { "Show raw text" };
                    let button = pill_button(ui, label);
                    if button.on_hover_text("The system's or the library's own words").clicked() {
                        self.raw = !self.raw;
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(words::title(entry)).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    let clock = text::clock(entry.at);
                    if text_width(ui, &clock, theme::mono()) <= ui.available_width() {
                        ui.label(RichText::new(clock).font(theme::mono()).color(palette.muted));
                    }
                });
            });
        });
        action
    }

    fn text(&self, ui: &mut Ui, entry: &Entry) {
        let palette = Palette::of(ui);
        show_the_bar(ui);
        ScrollArea::vertical().id_salt(entry.number).auto_shrink(false).show(ui, |ui| {
            ui.set_width(ui.available_width() - size::GAP);
            ui.spacing_mut().item_spacing.y = 5.0;
            ui.add(Label::new(RichText::new(words::explain(entry)).color(palette.muted)).wrap());
            if let Some(raw) = words::raw(entry).filter(|_| self.raw) {
                ui.add(Label::new(RichText::new(raw).font(theme::mono()).color(palette.muted)).wrap());
            }
            if let EntryKind::Event(EventKind::Handshake(agreed)) = &entry.kind {
                crate::ui::tls_dialogs::handshake_table::show(ui, &words::facts(agreed));
            }
        });
    }

    /// The bytes, as many rows as there is room for, and a sentence below them.
    fn bytes(&mut self, ui: &mut Ui, entry: &Entry, data: &[u8]) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let text = words::explain(entry);
        let galley = ui.painter().layout(text.clone(), theme::small(), palette.muted, area.width());
        let in_row: u8 = if area.width() < NARROW { 8 } else { 16 };
        let chunk = usize::from(in_row);
        let rows = data.len().div_ceil(chunk);
        #[expect(clippy::cast_precision_loss, reason = "cut to the height of the area")]
        let wanted = rows as f32 * size::HEX_ROW;
        let room = (area.height() - galley.size().y - 4.0) / size::HEX_ROW;
        let room = room.floor().max(1.0) * size::HEX_ROW;
        let list = Rect::from_min_size(area.min, vec2(area.width(), wanted.min(room)));
        self.list.show(ui, list, size::HEX_ROW, rows, |ui, index, rect| {
            if let Some(bytes) = data.chunks(chunk).nth(index) {
                hex_row(ui, rect, &HexRow { offset: index * chunk, bytes }, in_row);
            }
        });
        let below = Rect::from_min_max(pos2(area.left(), list.bottom() + 4.0), area.max);
        ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
            ui.add(Label::new(RichText::new(text).size(size::SMALL).color(palette.muted)).wrap());
        });
    }
}
