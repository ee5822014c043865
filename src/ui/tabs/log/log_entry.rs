//! One entry of the log: its row in the list, and its details when it is selected.

use egui::{Id, Rect, Response, Ui};

use crate::log::LogEntry;
use crate::log::event_log::Severity;
use crate::log::explanation;
use crate::log::handshake_details::event_details;
use crate::log::line;
use crate::server::event::{Event, EventKind};
use crate::settings::DataFormat;
use crate::text;
use crate::ui::tabs::detail_view::DetailContent;
use crate::ui::tabs::event_row::{self, EventRow};
use crate::ui::tabs::hovered_data::DataRange;
use crate::ui::theme::Palette;

/// Draws a row and senses clicks on it. `client_width` is the width of the client's column, in points.
pub(super) fn show_row(
    ui: &Ui,
    entry: &LogEntry,
    format: DataFormat,
    rect: Rect,
    client_width: f32,
    is_selected: bool,
) -> Response {
    let palette = Palette::of(ui);
    let event = &entry.event;
    let time = text::clock(event.at);
    let client = event.client.map(|client| client.id.to_string()).unwrap_or_default();
    let row = EventRow {
        time: &time,
        mark: &client,
        mark_color: event.client.map_or(palette.text, |client| palette.client(client.id.0)),
        mark_width: client_width,
        severity: Severity::of(event),
        trailing: line::trailing_text(event).into_iter().collect(),
        trailing_color: palette.muted,
        is_selected,
        data: data_range(event),
    };
    let id = Id::unique("log row").with(entry.number);
    let line = |max| line::truncated_row(event, format, max).0;
    event_row::show(ui, id, rect, &row, line, |line| format!("{time} {client} {line}"))
}

/// Returns the data that an event is about.
fn data_range(event: &Event) -> Option<DataRange> {
    match &event.kind {
        EventKind::Received { data, offset, .. } => {
            Some(DataRange::new(event.client?.id, *offset, data.len() as u64))
        }
        _ => None,
    }
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
