//! One row of a transcript: time, direction, data, size, round-trip time and echo verdict.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, Id, Rect, Response, RichText, Role, Sense, TextFormat, Ui, Vec2, WidgetInfo, pos2};

use crate::app::clients::TranscriptEntry;
use crate::client::client_event::{ClientEventKind, SendOrigin};
use crate::client::echo_check::{EchoResult, EchoVerdict};
use crate::log::event_log::Severity;
use crate::log::format;
use crate::settings::DataFormat;
use crate::text::{self, with_thousands};
use crate::ui::tabs::client::transcript_text;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// Below this width a row shows the size only in its tooltip, and the verdict as a sign.
const NARROW: f32 = 600.0;
/// The width of a time such as `12:03:05.482`, in characters, and the gap after it.
const TIME: f32 = 12.0;
const TIME_GAP: f32 = 14.0;
const ARROW: f32 = 22.0;
/// Widths of the columns at the right edge.
const AMOUNT: f32 = 72.0;
const ROUND_TRIP: f32 = 72.0;
const VERDICT: f32 = 60.0;
const SIGN: f32 = 14.0;
/// The most characters of data in a tooltip.
const TOOLTIP: usize = 1000;

/// How the row of an entry is shown.
pub(super) struct RowStyle {
    pub(super) format: DataFormat,
    pub(super) selected: bool,
    /// Whether an echo can still come: the connection is open.
    pub(super) can_come: bool,
}

/// Returns how many characters of text fit into a row of this width.
pub(super) fn columns(ui: &Ui, width: f32) -> usize {
    let advance = advance(ui);
    let fixed = 2.0 * size::EDGE + advance * TIME + TIME_GAP + ARROW + size::SCROLL_BAR;
    whole((width - fixed) / advance).max(8)
}

/// Breaks a text into lines of at most this many characters, between words if possible.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    loop {
        let Some((end, _)) = rest.char_indices().nth(columns) else {
            lines.push(rest);
            return lines;
        };
        let cut = rest[..end].rfind(' ').filter(|space| *space > 0).unwrap_or(end);
        // A space exactly at the edge belongs to neither line.
        let cut = if rest[end..].starts_with(' ') { end } else { cut };
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
}

/// Paints the row of an entry with data, or one line of any other entry, and senses clicks on it.
pub(super) fn show(
    ui: &Ui,
    entry: &TranscriptEntry,
    line: u16,
    rect: Rect,
    columns: usize,
    style: &RowStyle,
) -> Response {
    let palette = Palette::of(ui);
    // Not focusable: the focus is on the whole list.
    let response = ui.interact(rect, Id::unique("client row").with((entry.number, line)), Sense::CLICK);
    if style.selected {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    let row = RowPainter { ui, rect, palette, narrow: rect.width() < NARROW };
    let left = rect.left() + size::EDGE;
    if line == 0 {
        row.write(left, f32::INFINITY, &text::clock(entry.at), palette.muted);
    }
    let left = left + advance(ui) * TIME + TIME_GAP;
    if matches!(entry.event, ClientEventKind::Sent { .. } | ClientEventKind::Received(_)) {
        row.data(left, entry, style);
    } else {
        row.text(left, &entry.event, line, columns);
    }
    if line == 0 {
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListBoxOption, true, style.selected, full_line(entry, style))
        });
    }
    match transcript_text::raw(entry) {
        Some(raw) => response.on_hover_text(raw),
        None if entry.data().is_empty() => response,
        None => response.on_hover_ui(|ui| {
            let (text, _) = format::truncated_data(entry.data(), style.format, TOOLTIP);
            ui.label(RichText::new(text).font(theme::mono()));
        }),
    }
}

struct RowPainter<'a> {
    ui: &'a Ui,
    rect: Rect,
    palette: &'a Palette,
    narrow: bool,
}

impl RowPainter<'_> {
    /// Paints one line of an event without data.
    fn text(&self, left: f32, event: &ClientEventKind, line: u16, columns: usize) {
        let (text, severity) = transcript_text::line(event);
        let lines = wrap(&text, columns);
        let (color, sign) = match severity {
            Severity::Normal => (self.palette.text, None),
            Severity::Minor => (self.palette.muted, None),
            Severity::Warning => (self.palette.caution, Some(Icon::Warning)),
            Severity::Error => (self.palette.problem, Some(Icon::Problem)),
        };
        if let Some(sign) = sign.filter(|_| line == 0) {
            self.sign(left + 6.0, sign, color);
        }
        let (left, right) = (left + ARROW, self.rect.right() - size::EDGE);
        let end = match lines.get(usize::from(line)) {
            Some(text) => self.write(left, right - left, text, color),
            None => left,
        };
        if let Some(trailing) = transcript_text::trailing_text(event).filter(|_| lines.len() == 1) {
            self.write_right(right, end + 16.0, &trailing, self.palette.muted);
        }
    }

    /// Paints the arrow, the data, and how it came back.
    fn data(&self, left: f32, entry: &TranscriptEntry, style: &RowStyle) {
        let palette = self.palette;
        let mut right = self.rect.right() - size::EDGE;
        if let ClientEventKind::Sent { measured, .. } = entry.event {
            self.write(left, f32::INFINITY, "→", palette.accent);
            right = if let Some(echo) = entry.echo {
                self.verdict(right, echo)
            } else {
                let (text, fine) = transcript_text::no_verdict(measured, style.can_come);
                let at = right - self.width_of(text).max(VERDICT);
                let color = if fine { palette.muted } else { palette.caution };
                self.write(at, f32::INFINITY, text, color);
                if self.narrow { at } else { at - ROUND_TRIP }
            };
        } else {
            self.write(left, f32::INFINITY, "←", palette.clients[1]);
            right -= if self.narrow { 0.0 } else { VERDICT + ROUND_TRIP };
        }
        let left = left + ARROW;
        if !self.narrow
            && let Some(amount) = transcript_text::amount(entry)
        {
            self.write_right(right, left, &text::bytes(amount), palette.muted);
            right -= AMOUNT;
        }
        let advance = advance(self.ui);
        let room = (right - left - 12.0).max(advance * 4.0);
        self.write(left, room, &content(entry, style.format, whole(room / advance)), palette.text);
    }

    /// Paints how a send came back, leftward from `right`. Returns where the space left of it ends.
    fn verdict(&self, right: f32, echo: EchoResult) -> f32 {
        let (sign, color) = match echo.verdict {
            EchoVerdict::Exact => (Icon::Check, self.palette.good),
            EchoVerdict::Differs(_) => (Icon::Problem, self.palette.problem),
            EchoVerdict::NotCompared => (Icon::Warning, self.palette.caution),
        };
        let (short, long) = transcript_text::verdict(echo.verdict);
        // The long form only if it leaves room for the data.
        let text = if self.rect.width() > 800.0 { long } else { short };
        let width = (SIGN + 5.0 + self.width_of(&text)).max(VERDICT);
        let left = right - if self.narrow { SIGN } else { width };
        self.sign(left + SIGN / 2.0, sign, color);
        if !self.narrow {
            self.write(left + SIGN + 4.0, f32::INFINITY, &text, color);
        }
        let round_trip = text::duration(echo.round_trip);
        self.write_right(left - 12.0, self.rect.left(), &round_trip, self.palette.muted);
        left - ROUND_TRIP
    }

    fn sign(&self, center: f32, sign: Icon, color: Color32) {
        let square = Rect::from_center_size(pos2(center, self.rect.center().y), Vec2::splat(12.0));
        icon::paint(self.ui.painter(), sign, square, color);
    }

    /// Paints a text from `left` on, truncated to its room. Returns where it ends.
    fn write(&self, left: f32, room: f32, text: &str, color: Color32) -> f32 {
        let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(theme::mono(), color));
        job.wrap = TextWrapping::truncate_at_width(room);
        let galley = self.ui.painter().layout_job(job);
        let end = left + galley.size().x;
        self.ui.painter().galley(pos2(left, self.rect.center().y - galley.size().y / 2.0), galley, color);
        end
    }

    /// Paints a text that ends at `right`, unless it would begin before `min_left`.
    fn write_right(&self, right: f32, min_left: f32, text: &str, color: Color32) {
        let left = right - self.ui.painter().layout_no_wrap(text.to_owned(), theme::mono(), color).size().x;
        if left >= min_left {
            self.write(left, f32::INFINITY, text, color);
        }
    }

    fn width_of(&self, text: &str) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen characters")]
        let count = text.chars().count() as f32;
        count * advance(self.ui)
    }
}

/// Returns the data of an entry in the log's format, or the file's name.
fn content(entry: &TranscriptEntry, format: DataFormat, max: usize) -> String {
    let prefix = match &entry.event {
        ClientEventKind::Sent { from: SendOrigin::File { path, .. }, .. } => {
            return format!("File {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
        }
        ClientEventKind::Sent { from: SendOrigin::Repeated { turn, of }, .. } => {
            format!("{}/{} ", with_thousands(*turn), with_thousands(*of))
        }
        _ => String::new(),
    };
    let max = max.saturating_sub(prefix.chars().count()).max(4);
    prefix + &format::truncated_data(entry.data(), format, max).0
}

/// Returns an entry as one line of text, for screen readers and the clipboard.
pub(super) fn full_line(entry: &TranscriptEntry, style: &RowStyle) -> String {
    let time = text::clock(entry.at);
    let amount = transcript_text::amount(entry)
        .map_or_else(String::new, |amount| format!(", {}", text::bytes(amount)));
    let content = || content(entry, style.format, TOOLTIP);
    match &entry.event {
        ClientEventKind::Sent { measured, .. } => {
            let echo = match entry.echo {
                Some(echo) => {
                    let verdict = transcript_text::verdict(echo.verdict).1;
                    format!("back after {}, {verdict}", text::duration(echo.round_trip))
                }
                None if *measured && style.can_come => "waiting for the echo".to_owned(),
                None => transcript_text::no_verdict(*measured, style.can_come).0.to_owned(),
            };
            format!("{time} sent {}{amount}, {echo}", content())
        }
        ClientEventKind::Received(_) => format!("{time} received {}{amount}", content()),
        event => {
            let trailing = transcript_text::trailing_text(event);
            let trailing = trailing.map_or_else(String::new, |trailing| format!(", {trailing}"));
            format!("{time} {}{trailing}", transcript_text::line(event).0)
        }
    }
}

fn advance(ui: &Ui) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few thousand characters at most"
)]
fn whole(characters: f32) -> usize {
    characters.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn echo_is_waited_for_only_while_it_can_come() {
        let line = |measured, verdict: Option<EchoVerdict>, can_come| {
            let (number, data) = (1, b"x".as_slice().into());
            let event = ClientEventKind::Sent { number, data, from: SendOrigin::Typed, measured };
            let echo = verdict.map(|verdict| EchoResult { number, verdict, round_trip: Duration::ZERO });
            let style = RowStyle { format: DataFormat::default(), selected: false, can_come };
            let at = SystemTime::now();
            full_line(&TranscriptEntry { number, connection: 1, at, event, echo }, &style)
        };
        assert!(line(true, None, true).ends_with("waiting for the echo"));
        assert!(line(true, None, false).ends_with("not back"));
        for can_come in [true, false] {
            assert!(line(false, None, can_come).ends_with("not measured"));
            assert!(line(true, Some(EchoVerdict::NotCompared), can_come).ends_with("not compared"));
        }
    }

    #[test]
    fn long_text_is_wrapped_between_words_without_loss() {
        let text = "The server's certificate is not trusted, since nobody signed it.";
        let lines = wrap(text, 20);
        assert!(lines.iter().all(|line| line.chars().count() <= 20), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrap("short", 20), ["short"]);
        assert_eq!(wrap("", 20), [""]);
        assert_eq!(wrap("exactly ten", 11), ["exactly ten"]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("äöü äöü äöü", 7), ["äöü äöü", "äöü"]);
    }
}
