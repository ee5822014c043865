//! One entry of the log: its row in the list, and its details when it is selected.

use egui::{Align2, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};

use crate::log::LogEntry;
use crate::log::event_log::Severity;
use crate::log::explanation;
use crate::log::handshake_details::event_details;
use crate::log::line;
use crate::server::event::EventKind;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::tabs::detail_view::DetailContent;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::{char_width, text_line};

/// The least room for the line, in points. With less, the text at the right is left out.
const MIN_LINE: f32 = 150.0;
/// The length of a line in its tooltip, in characters. More would fill the screen.
const TOOLTIP: usize = 1000;
/// The length of a time such as `12:03:05.482`, in characters.
const TIME: f32 = 12.0;

/// Draws a row and senses clicks on it. The column of the client has this width in points.
pub(super) fn show_row(
    ui: &Ui,
    entry: &LogEntry,
    format: DataFormat,
    rect: Rect,
    client_width: f32,
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
    let advance = char_width(ui);
    let write = |left: f32, right: f32, text: &str, color| {
        let place = rect.with_min_x(left).with_max_x(right);
        text_line(ui, place, Align2::LEFT_CENTER, text, theme::mono(), color);
    };
    let event = &entry.event;
    let time = text::clock(event.at);
    let mut left = rect.left() + size::EDGE;
    write(left, rect.right(), &time, palette.muted);
    left += advance * TIME + 14.0;
    let client = event.client.map(|client| client.id.to_string()).unwrap_or_default();
    if let Some(info) = event.client {
        write(left, rect.right(), &client, palette.client(info.id.0));
    }
    left += client_width.max(text_width(ui, &client, theme::mono())) + 16.0;
    let mut right = rect.right() - size::EDGE;
    if let Some(trailing) = line::trailing_text(event) {
        let width = text_width(ui, &trailing, theme::mono());
        if right - left - width > MIN_LINE {
            write(right - width - 1.0, right, &trailing, palette.muted);
            right -= width + 16.0;
        }
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
    write(left, left + room, &line, color);
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, true, is_selected, format!("{time} {client} {line}"))
    });
    if !is_truncated {
        return response;
    }
    response.on_hover_ui(|ui| {
        let (line, _) = line::truncated_line(event, format, TOOLTIP);
        ui.monospace(line);
    })
}

/// Returns the details of an entry.
pub(crate) fn detail(entry: &LogEntry, format: DataFormat) -> DetailContent<'_> {
    let event = &entry.event;
    let clock = text::clock(event.at);
    let (data, line): (&[u8], _) = match &event.kind {
        EventKind::Received { data, .. } => (data, None),
        _ => (&[], Some(line::line(event, format)).filter(|line| line.len() > explanation::MAX_TITLE)),
    };
    DetailContent {
        number: entry.number,
        title: explanation::title(event),
        subtitle: explanation::subtitle(event).map_or(clock.clone(), |text| format!("{clock} · {text}")),
        data,
        line,
        raw: explanation::raw(event),
        explanation: explanation::explanation(event),
        rows: event_details(event),
        connection: event.client.map(|client| client.id),
        ..DetailContent::default()
    }
}
