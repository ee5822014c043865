//! One row of a transcript: time, direction, data, echo verdict, round-trip time and size.

use egui::{Id, Rect, Response, Ui};

use crate::app::clients::TranscriptEntry;
use crate::client::client_event::{ClientEventKind, SendOrigin};
use crate::log::event_log::Severity;
use crate::log::format;
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::text::{self, with_thousands};
use crate::ui::tabs::client::transcript_text;
use crate::ui::tabs::event_row::{self, EventRow, severity_color};
use crate::ui::tabs::hovered_data::DataRange;
use crate::ui::theme::Palette;
use crate::ui::widgets::char_width;

/// The maximum length of the data in a row's text for screen readers and the clipboard, in characters.
const MAX_SPOKEN: usize = 1000;

/// Draws the row of an entry and senses clicks on it. `connection` is the number under which this window's server has
/// accepted the entry's connection; `can_be_echoed` is whether its echo can still arrive.
pub(super) fn show(
    ui: &Ui,
    (entry, connection): (&TranscriptEntry, Option<ClientId>),
    rect: Rect,
    format: DataFormat,
    is_selected: bool,
    can_be_echoed: bool,
) -> Response {
    let palette = Palette::of(ui);
    let size = transcript_text::amount(entry).map(text::bytes).unwrap_or_default();
    let (mark, mark_color, trailing, trailing_color) = match &entry.event {
        ClientEventKind::Sent { .. } => {
            let (verdict, severity) = transcript_text::verdict(entry, can_be_echoed);
            let time = entry.echo.map(|echo| text::duration(echo.round_trip)).unwrap_or_default();
            let trailing = vec![format!("{verdict} {time:>9} {size:>9}"), verdict];
            let is_good = severity == Severity::Normal;
            let color = if is_good { palette.good } else { severity_color(palette, severity) };
            ("→", palette.accent, trailing, color)
        }
        ClientEventKind::Received { .. } => ("←", palette.clients[1], vec![size], palette.muted),
        event => {
            let trailing = transcript_text::trailing_text(event).into_iter().collect();
            ("", palette.text, trailing, palette.muted)
        }
    };
    let severity = transcript_text::describe(&entry.event).1;
    let time = &text::clock(entry.at);
    let row = EventRow {
        time,
        mark,
        mark_color,
        mark_width: char_width(ui),
        severity,
        trailing,
        trailing_color,
        is_selected,
        data: connection.and_then(|connection| data_range(entry, connection)),
    };
    let id = Id::unique("client row").with(entry.number);
    event_row::show(
        ui,
        id,
        rect,
        &row,
        |max| line(entry, format, max).0,
        |_| full_line(entry, format, can_be_echoed),
    )
}

/// Returns the data that an entry is about.
fn data_range(entry: &TranscriptEntry, connection: ClientId) -> Option<DataRange> {
    let (offset, len) = match &entry.event {
        ClientEventKind::Sent { offset, from: SendOrigin::File { size, .. }, .. } => (*offset, *size),
        ClientEventKind::Sent { offset, data, .. } | ClientEventKind::Received { offset, data } => {
            (*offset, data.len() as u64)
        }
        _ => return None,
    };
    Some(DataRange::new(connection, offset, len))
}

/// Returns the data of an entry in this format, or a file's name, or the text of another event, and whether it was
/// truncated to `max` characters.
fn line(entry: &TranscriptEntry, format: DataFormat, max: usize) -> (String, bool) {
    let prefix = match &entry.event {
        ClientEventKind::Sent { from: SendOrigin::File { path, .. }, .. } => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            return format::truncate(format!("File {name}").chars(), max);
        }
        ClientEventKind::Sent { from: SendOrigin::Repeated { turn, of }, .. } => {
            format!("{}/{} ", with_thousands(*turn), with_thousands(*of))
        }
        ClientEventKind::Sent { .. } | ClientEventKind::Received { .. } => String::new(),
        event => return format::truncate(transcript_text::describe(event).0.chars(), max),
    };
    let (data, is_truncated) = format::truncated_data(entry.data(), format, max.saturating_sub(prefix.len()));
    (prefix + &data, is_truncated)
}

/// Returns an entry as one line of text, for screen readers and the clipboard.
pub(super) fn full_line(entry: &TranscriptEntry, format: DataFormat, can_be_echoed: bool) -> String {
    let (time, line) = (text::clock(entry.at), line(entry, format, MAX_SPOKEN).0);
    let mut parts = match &entry.event {
        ClientEventKind::Sent { .. } => vec![format!("{time} sent {line}")],
        ClientEventKind::Received { .. } => vec![format!("{time} received {line}")],
        event => {
            [format!("{time} {line}")].into_iter().chain(transcript_text::trailing_text(event)).collect()
        }
    };
    parts.extend(transcript_text::amount(entry).map(text::bytes));
    parts.extend(entry.echo.map(|echo| format!("echoed after {}", text::duration(echo.round_trip))));
    if matches!(entry.event, ClientEventKind::Sent { .. }) {
        parts.push(transcript_text::verdict(entry, can_be_echoed).0);
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::client::echo_check::{EchoResult, EchoVerdict};

    #[test]
    fn echo_is_waited_for_only_while_it_can_arrive() {
        let line = |measured, verdict: Option<EchoVerdict>, can_be_echoed| {
            let (number, data) = (1, b"x".as_slice().into());
            let event = ClientEventKind::Sent { number, data, offset: 0, from: SendOrigin::Typed, measured };
            let echo = verdict.map(|verdict| EchoResult { number, verdict, round_trip: Duration::ZERO });
            let at = SystemTime::now();
            let entry = TranscriptEntry { number, connection: 1, at, event, echo };
            full_line(&entry, DataFormat::default(), can_be_echoed)
        };
        assert!(line(true, None, true).ends_with("waiting for the echo"));
        assert!(line(true, None, false).ends_with("not echoed"));
        for can_be_echoed in [true, false] {
            assert!(line(false, None, can_be_echoed).ends_with("not measured"));
            assert!(line(true, Some(EchoVerdict::NotCompared), can_be_echoed).ends_with("not compared"));
        }
    }
}
