//! Bytes as hex and text, the fields of a record's header boxed in and named.

use egui::{
    Align2, Color32, FontId, Id, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::capture::sequence::dump::{Dump, Field};
use crate::log::format::HexRow;
use crate::text::with_thousands;
use crate::ui::theme::{self, Palette};

/// Below this width a row has 8 bytes, so that their text still stands beside them.
const NARROW: f32 = 560.0;
/// Height of an entry of the legend.
const ENTRY: f32 = 22.0;
/// The most fields that the legend names: a record may hold hundreds of messages.
const MOST: usize = 24;

/// Bytes in a row of this width.
pub(in crate::ui) fn in_row(width: f32) -> usize {
    if width < NARROW { 8 } else { 16 }
}

/// What is said where not all bytes were kept.
pub(in crate::ui) fn not_kept(dump: &Dump) -> Option<String> {
    let missing = dump.len.checked_sub(dump.bytes.len()).filter(|missing| *missing > 0)?;
    let of = with_thousands(dump.len as u64);
    Some(format!("{} of {of} bytes were not kept.", with_thousands(missing as u64)))
}

/// The colour of a field, by its name: the same in the legend, and for the same field of another message.
fn ink(palette: &Palette, field: &Field) -> Color32 {
    let place = match field.name {
        "Type" => 1,
        "Version" => 2,
        "Length" => 3,
        "Message type" | "Level" => 4,
        "Message length" | "Description" => 5,
        _ => return palette.muted,
    };
    palette.clients[place]
}

/// `Type 22 handshake`, with the number of its first byte.
fn named(field: &Field) -> String {
    format!("{:04x}  {} {}", field.range.start, field.name, field.value)
}

/// Where each entry of the legend stands, wrapped like words.
fn places(ui: &Ui, dump: &Dump, width: f32) -> Vec<Rect> {
    let mut at = Pos2::ZERO;
    let mut places = Vec::new();
    for field in dump.fields.iter().take(MOST) {
        let galley = ui.painter().layout_no_wrap(named(field), theme::small(), Color32::PLACEHOLDER);
        let wide = galley.size().x + 14.0;
        if at.x > 0.0 && at.x + wide > width {
            at = pos2(0.0, at.y + ENTRY);
        }
        places.push(Rect::from_min_size(at, vec2(wide, ENTRY - 3.0)));
        at.x += wide + 6.0;
    }
    places
}

/// How high the legend is.
pub(in crate::ui) fn legend_height(ui: &Ui, dump: &Dump, width: f32) -> f32 {
    places(ui, dump, width).last().map_or(0.0, |last| last.top() + ENTRY + 4.0)
}

/// Draws the legend.
pub(in crate::ui) fn legend(ui: &Ui, dump: &Dump, at: Pos2, width: f32) {
    let palette = Palette::of(ui);
    for (place, field) in places(ui, dump, width).into_iter().zip(&dump.fields) {
        let rect = place.translate(at.to_vec2());
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let response = ui.interact(rect, Id::unique("field").with(field.range.start), Sense::hover());
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("{} {}", field.name, field.value))
        });
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, ink(palette, field)), StrokeKind::Inside);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, named(field), theme::small(), palette.text);
    }
}

/// One row of bytes.
pub(in crate::ui) fn row(ui: &Ui, dump: &Dump, index: usize, in_row: usize, rect: Rect) {
    let palette = Palette::of(ui);
    let font = theme::mono();
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let Some(bytes) = dump.bytes.chunks(in_row).nth(index) else { return };
    let row = HexRow { offset: index * in_row, bytes };
    let offset = row.offset_text();
    let response = ui.interact(rect, Id::unique("wire bytes").with(row.offset), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{offset}  {}  {}", row.hex(), row.text()))
    });
    let put = |left: f32, text: String, ink: Color32, font: &FontId| {
        ui.painter().text(pos2(left, rect.center().y), Align2::LEFT_CENTER, text, font.clone(), ink);
    };
    put(rect.left(), offset, palette.muted, &font);
    let digits = rect.left() + 7.0 * advance;
    #[expect(clippy::cast_precision_loss, reason = "at most 16")]
    let text = digits + (in_row as f32 * 3.0 + 1.0) * advance;
    put(digits, row.hex(), palette.text, &font);
    put(text, row.text(), palette.text, &font);
    let mut pointed = None;
    let end = row.offset + bytes.len();
    for field in dump.fields.iter().filter(|field| field.range.start < end && field.range.end > row.offset) {
        let (from, to) =
            (field.range.start.max(row.offset) - row.offset, field.range.end.min(end) - row.offset);
        #[expect(clippy::cast_precision_loss, reason = "at most 16")]
        let (left, right) =
            (digits + from as f32 * 3.0 * advance, digits + (to as f32 * 3.0 - 1.0) * advance);
        let cell =
            Rect::from_min_max(pos2(left - 3.0, rect.top() + 1.0), pos2(right + 3.0, rect.bottom() - 1.0));
        let ink = ink(palette, field);
        if field.name == "Encrypted" {
            // Many rows of it: a line below is enough.
            ui.painter().hline(cell.shrink(3.0).x_range(), cell.bottom(), Stroke::new(1.0, ink));
        } else {
            ui.painter().rect_stroke(cell, 2.0, Stroke::new(1.5, ink), StrokeKind::Inside);
        }
        if response.hover_pos().is_some_and(|at| cell.contains(at)) {
            pointed = Some(field);
        }
    }
    if let Some(field) = pointed {
        response.on_hover_text_at_pointer(format!("{} {}", field.name, field.value));
    }
}
