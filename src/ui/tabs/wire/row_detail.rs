//! The selected row: its explanation, and its bytes with the fields of their headers.

use egui::{
    Align, Color32, EventFilter, Id, Key, Label, Layout, Modifiers, Rect, RichText, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::capture::sequence::{HeaderField, Row, Sequence, explain, header_fields, row_text};
use crate::log::format::{HexRow, hex};
use crate::text::{count, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::{NARROW, hex_row, show_the_bar};
use crate::ui::tabs::wire::sequence_row;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::copy_pill;

/// Shows a row, or a hint if none is selected.
pub(super) fn show(ui: &mut Ui, sequence: &Sequence, selected: Option<usize>) -> Option<Action> {
    let palette = Palette::of(ui);
    let Some(row) = selected.and_then(|index| sequence.rows().get(index)) else {
        let hint = "Select a row to see its bytes and what it means.";
        ui.add(Label::new(RichText::new(hint).color(palette.muted)).wrap());
        return None;
    };
    let mut action = None;
    ui.horizontal(|ui| {
        ui.set_height(size::CHIP);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let bytes = &row.event.bytes;
            if !bytes.is_empty() && copy_pill(ui, "Copy hex", "All bytes that were kept, as hex") {
                action = Some(Action::CopyText(hex(bytes)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let title = RichText::new(sequence_row::label_with_size(row)).font(theme::strong(size::TEXT));
                ui.add(Label::new(title.color(palette.text)).truncate());
                let (direction, time) = (sequence_row::direction(row), row_text::time(row));
                let position = format!("{direction} · row {} · {time}", row.event.index + 1);
                ui.add(Label::new(RichText::new(position).color(palette.muted)).truncate());
            });
        });
    });
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, Id::unique("bytes of the row"), Sense::FOCUSABLE | Sense::CLICK);
    whole.widget_info(|| {
        let bytes = count(row.event.len.into(), "byte");
        WidgetInfo::labeled(Role::ScrollView, true, format!("What the row means, and its {bytes}"))
    });
    if whole.has_focus() {
        ui.painter().rect_stroke(area.expand(3.0), 4.0, palette.focus_ring(), StrokeKind::Inside);
    }
    show_the_bar(ui);
    let scroll = ScrollArea::vertical().id_salt((sequence.info().client.id.0, row.event.index));
    scroll.auto_shrink(false).animated(false).show(ui, |ui| {
        if whole.has_focus() {
            on_keys(ui, whole.id, area.height());
        }
        ui.set_width(ui.available_width() - size::SCROLL_BAR);
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.add(Label::new(RichText::new(explain(row)).color(palette.text)).wrap());
        let fields = header_fields(row);
        show_names(ui, &fields);
        show_bytes(ui, row, &fields);
        let missing = row.event.len as usize - row.event.bytes.len();
        if missing > 0 {
            let len = with_thousands(row.event.len);
            let text = format!("{} of {len} bytes were not kept.", with_thousands(missing as u64));
            ui.label(RichText::new(text).font(theme::small()).color(palette.muted));
        }
    });
    action
}

/// Scrolls by the keyboard.
fn on_keys(ui: &Ui, id: Id, view: f32) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    for (key, points) in [
        (Key::ArrowUp, size::HEX_ROW),
        (Key::ArrowDown, -size::HEX_ROW),
        (Key::PageUp, view - size::HEX_ROW),
        (Key::PageDown, size::HEX_ROW - view),
        (Key::Home, 1e9),
        (Key::End, -1e9),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            ui.scroll_with_delta(vec2(0.0, points));
        }
    }
}

/// Returns the color of a field by its name, so that the same field of several messages has the same one.
fn color(palette: &Palette, field: &HeaderField) -> Color32 {
    match field.name {
        "Type" => palette.clients[1],
        "Version" => palette.clients[2],
        "Length" => palette.clients[3],
        "Message type" | "Level" => palette.clients[4],
        "Message length" | "Description" => palette.clients[5],
        _ => palette.muted,
    }
}

/// Lists the fields with the position of their first byte.
fn show_names(ui: &mut Ui, fields: &[HeaderField]) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 3.0);
        for field in fields {
            let text = format!("{:04x}  {} {}", field.range.start, field.name, field.value);
            let galley = ui.painter().layout_no_wrap(text.clone(), theme::small(), palette.text);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 4.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
            let stroke = Stroke::new(1.5, color(palette, field));
            ui.painter().rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
            ui.painter().galley(rect.min + vec2(7.0, 2.0), galley, palette.text);
        }
    });
}

/// Shows the bytes; only the lines in view are laid out.
fn show_bytes(ui: &mut Ui, row: &Row, fields: &[HeaderField]) {
    let per_line: u8 = if ui.available_width() < NARROW { 8 } else { 16 };
    let lines = row.event.bytes.chunks(per_line.into());
    #[expect(clippy::cast_precision_loss, reason = "a maximum of 131,072 lines")]
    let size_of_all = vec2(ui.available_width(), lines.len() as f32 * size::HEX_ROW);
    let (area, _) = ui.allocate_exact_size(size_of_all, Sense::hover());
    let visible = ui.clip_rect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    let first = ((visible.top() - area.top()) / size::HEX_ROW).max(0.0) as usize;
    for (index, bytes) in lines.enumerate().skip(first) {
        #[expect(clippy::cast_precision_loss, reason = "a maximum of 131,072 lines")]
        let top = area.top() + index as f32 * size::HEX_ROW;
        if top >= visible.bottom() {
            break;
        }
        let rect = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), size::HEX_ROW));
        let line = HexRow { offset: index * usize::from(per_line), bytes };
        hex_row(ui, rect, &line, per_line);
        show_fields(ui, rect, &line, fields);
    }
}

/// Outlines the fields in one line of bytes.
fn show_fields(ui: &Ui, rect: Rect, line: &HexRow<'_>, fields: &[HeaderField]) {
    let palette = Palette::of(ui);
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    let digits = rect.left() + if line.offset_text().len() > 4 { 10.0 } else { 6.0 } * advance;
    let end = line.offset + line.bytes.len();
    for field in fields.iter().filter(|field| field.range.start < end && field.range.end > line.offset) {
        #[expect(clippy::cast_precision_loss, reason = "a maximum of 16")]
        let [from, to] = [field.range.start.max(line.offset), field.range.end.min(end)]
            .map(|position| digits + (position - line.offset) as f32 * 3.0 * advance);
        let cell = Rect::from_x_y_ranges(from - 3.0..=to - advance + 3.0, rect.y_range().shrink(1.0));
        let stroke = Stroke::new(1.5, color(palette, field));
        if field.name == "Encrypted" {
            // It spans many lines, where boxes would be too much.
            ui.painter().hline(cell.shrink(3.0).x_range(), cell.bottom(), stroke);
        } else {
            ui.painter().rect_stroke(cell, 2.0, stroke, StrokeKind::Inside);
        }
    }
}
