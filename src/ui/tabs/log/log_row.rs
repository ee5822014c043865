//! One row of the log: time, client, what happened, and an aside at the right.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Id, Rect, Response, Role, Sense, TextFormat, Ui, WidgetInfo, pos2};

use crate::log::LogEntry;
use crate::log::category::Severity;
use crate::log::line;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::theme::{self, Palette, size};

/// How wide the columns are; they grow as numbers do, and stay.
#[derive(Debug)]
pub(in crate::ui) struct LogColumns {
    /// Characters of the longest client number so far.
    client: u16,
}

impl Default for LogColumns {
    fn default() -> Self {
        Self { client: 3 }
    }
}

/// Where less than this would be left for what happened, there is no aside.
const ENOUGH: f32 = 150.0;
/// Characters of a line that its tooltip shows.
const TOOLTIP: usize = 1000;
/// Characters of a time such as `12:03:05.482`.
const TIME: f32 = 12.0;

/// Draws a row and senses clicks on it.
pub(in crate::ui) fn show(
    ui: &Ui,
    entry: &LogEntry,
    format: DataFormat,
    rect: Rect,
    columns: &mut LogColumns,
    chosen: bool,
) -> Response {
    let palette = Palette::of(ui);
    // Not focusable: the keyboard has one place for the whole log, not one for each row.
    let response = ui.interact(rect, Id::unique("log row").with(entry.number), Sense::CLICK);
    if chosen {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    let font = theme::mono();
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let event = &entry.event;
    let time = text::clock(event.at);
    let mut left = rect.left() + size::EDGE;
    write(ui, rect, left, f32::INFINITY, &time, &font, palette.muted);
    left += advance * TIME + 14.0;
    let client = event.client.map(|client| (client.id.0, client.id.to_string()));
    if let Some((number, name)) = &client {
        columns.client = columns.client.max(u16::try_from(name.len()).unwrap_or(u16::MAX));
        write(ui, rect, left, f32::INFINITY, name, &font, palette.client(*number));
    }
    left += advance * f32::from(columns.client) + 16.0;
    let mut right = rect.right() - size::EDGE;
    let aside =
        line::trailing_text(event).map(|text| ui.painter().layout_no_wrap(text, font.clone(), palette.muted));
    if let Some(galley) = aside.filter(|galley| right - left - galley.size().x > ENOUGH) {
        right -= galley.size().x;
        ui.painter().galley(pos2(right, rect.center().y - galley.size().y / 2.0), galley, palette.muted);
        right -= 16.0;
    }
    let ink = match Severity::of(event) {
        Severity::Minor => palette.muted,
        Severity::Normal => palette.text,
        Severity::Warning => palette.caution,
        Severity::Error => palette.problem,
    };
    let room = (right - left).max(advance);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few thousand characters at most"
    )]
    let (line, cut) = line::truncated_row(event, format, (room / advance) as usize);
    write(ui, rect, left, room, &line, &font, ink);
    let response = if cut {
        // Laid out only when the pointer rests there; more than this would fill the screen.
        response.on_hover_ui(|ui| {
            ui.label(egui::RichText::new(line::truncated_line(event, format, TOOLTIP).0).font(theme::mono()));
        })
    } else {
        response
    };
    response.widget_info(|| {
        let client = client.as_ref().map_or("", |(_, name)| name);
        WidgetInfo::selected(Role::ListBoxOption, true, chosen, format!("{time} {client} {line}"))
    });
    response
}

fn write(ui: &Ui, row: Rect, left: f32, room: f32, text: &str, font: &FontId, ink: Color32) {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font.clone(), ink));
    job.wrap = TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(left, row.center().y - galley.size().y / 2.0), galley, ink);
}

/// An entry as one line of text, whole.
pub(in crate::ui) fn whole(entry: &LogEntry, format: DataFormat) -> String {
    let event = &entry.event;
    let client = event.client.map_or(String::new(), |client| client.id.to_string());
    format!("{}  {client:<4}  {}", text::clock(event.at), line::line(event, format))
}
