//! One entry of the log: its row in the list, and its details when it is selected.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Id, Rect, Response, RichText, Role, Sense, TextFormat, Ui, WidgetInfo, pos2};

use crate::log::LogEntry;
use crate::log::event_log::Severity;
use crate::log::explanation;
use crate::log::handshake_details::event_details;
use crate::log::line;
use crate::server::event::EventKind;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::{DetailContent, DetailView};
use crate::ui::theme::{self, Palette, size};

/// The least room for the line, in points. With less, the text at the right is left out.
const MIN_LINE: f32 = 150.0;
/// The length of a line in its tooltip, in characters. More would fill the screen.
const TOOLTIP: usize = 1000;
/// The length of a time such as `12:03:05.482`, in characters.
const TIME: f32 = 12.0;

/// Draws a row and senses clicks on it. The column of the client widens to the longest number and never shrinks.
pub(super) fn show_row(
    ui: &Ui,
    entry: &LogEntry,
    format: DataFormat,
    rect: Rect,
    client_width: &mut u16,
    is_selected: bool,
) -> Response {
    let palette = Palette::of(ui);
    // Not focusable: Tab stops once at the whole log, not at each row.
    let response = ui.interact(rect, Id::unique("log row").with(entry.number), Sense::CLICK);
    if is_selected {
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
    let client = event.client.map(|client| client.id.to_string()).unwrap_or_default();
    if let Some(info) = event.client {
        *client_width = (*client_width).max(u16::try_from(client.len()).unwrap_or(u16::MAX));
        write(ui, rect, left, f32::INFINITY, &client, &font, palette.client(info.id.0));
    }
    left += advance * f32::from(*client_width) + 16.0;
    let mut right = rect.right() - size::EDGE;
    let trailing = line::trailing_text(event)
        .map(|text| ui.painter().layout_no_wrap(text, font.clone(), palette.muted))
        .filter(|galley| right - left - galley.size().x > MIN_LINE);
    if let Some(galley) = trailing {
        right -= galley.size().x;
        ui.painter().galley(pos2(right, rect.center().y - galley.size().y / 2.0), galley, palette.muted);
        right -= 16.0;
    }
    let color = match Severity::of(event) {
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
    let (line, is_truncated) = line::truncated_row(event, format, (room / advance) as usize);
    write(ui, rect, left, room, &line, &font, color);
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, true, is_selected, format!("{time} {client} {line}"))
    });
    if !is_truncated {
        return response;
    }
    response.on_hover_ui(|ui| {
        let (line, _) = line::truncated_line(event, format, TOOLTIP);
        ui.label(RichText::new(line).font(theme::mono()));
    })
}

fn write(ui: &Ui, row: Rect, left: f32, room: f32, text: &str, font: &FontId, color: Color32) {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font.clone(), color));
    job.wrap = TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(left, row.center().y - galley.size().y / 2.0), galley, color);
}

/// The state of the panel.
#[derive(Debug, Default)]
pub(crate) struct EntryDetail(DetailView);

impl EntryDetail {
    /// Shows an entry, or a hint if none is selected.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        entry: Option<&LogEntry>,
        format: DataFormat,
    ) -> Option<Action> {
        let Some(LogEntry { number, event, .. }) = entry else {
            let hint = "Select an entry to see its bytes and what it means.";
            ui.label(RichText::new(hint).color(Palette::of(ui).muted));
            return None;
        };
        let clock = text::clock(event.at);
        let both = explanation::subtitle(event).map(|subtitle| format!("{clock} · {subtitle}"));
        let (data, line): (&[u8], _) = match &event.kind {
            EventKind::Received { data, .. } => (data, None),
            EventKind::Note { .. } => (&[], None),
            _ => (&[], Some(line::line(event, format))),
        };
        let content = DetailContent {
            number: *number,
            title: explanation::title(event),
            subtitles: both.into_iter().chain([clock]).collect(),
            data,
            line,
            raw: explanation::raw(event),
            explanation: explanation::explanation(event),
            rows: event_details(event),
            connection: event.client.map(|client| client.id),
        };
        self.0.show(ui, content, format)
    }
}
