//! Rows of bytes: offset, hexadecimal digits, text.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, Id, Rect, Role, Sense, TextFormat, Ui, WidgetInfo, pos2};

use crate::log::format::HexRow;
use crate::ui::theme::{self, Palette};

/// Below this width a row has 8 bytes, so that their text still fits beside them.
pub(in crate::ui) const NARROW: f32 = 560.0;

/// Makes the scroll bar visible: a small area shows in no other way that it has more content.
pub(in crate::ui) fn show_the_bar(ui: &mut Ui) {
    let scroll = &mut ui.spacing_mut().scroll;
    scroll.floating_width = 4.0;
    scroll.dormant_handle_opacity = 0.6;
}

/// Draws one row: offset, hexadecimal digits, text.
pub(in crate::ui) fn hex_row(ui: &Ui, rect: Rect, row: &HexRow<'_>, in_row: u8) {
    let palette = Palette::of(ui);
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    let offset = row.offset_text();
    let response = ui.interact(rect, Id::unique("bytes").with(row.offset), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{offset}  {}  {}", row.hex(), row.text()))
    });
    let mut left = rect.left();
    let mut put = |text: String, chars: f32, color: Color32| {
        let mut job = LayoutJob::single_section(text, TextFormat::simple(theme::mono(), color));
        job.wrap = TextWrapping::truncate_at_width((rect.right() - left).max(0.0));
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
        left += chars * advance;
    };
    let digits = if offset.len() > 4 { 10.0 } else { 6.0 };
    put(offset, digits, palette.muted);
    put(row.hex(), f32::from(in_row) * 3.0 + 2.0, palette.text);
    put(row.text(), f32::from(in_row), palette.text);
}
