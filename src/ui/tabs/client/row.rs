//! One row of a transcript: time, which way, what, how much, how long, and whether it came back the same.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Id, Rect, Response, Role, Sense, TextFormat, Ui, Vec2, WidgetInfo, pos2};

use crate::app::clients::{Entry, EntryKind};
use crate::client::echo::Verdict;
use crate::client::event::Origin;
use crate::log::format;
use crate::settings::DataFormat;
use crate::text::{self, with_thousands};
use crate::ui::tabs::client::words::{self, Tone};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// Below this width a row shows the size only in its tooltip, and the verdict as a sign.
const NARROW: f32 = 600.0;
/// Characters of a time such as `12:03:05.482`.
const TIME: f32 = 12.0;
const ARROW: f32 = 22.0;
/// Widths of the columns at the right edge.
const AMOUNT: f32 = 72.0;
const ROUND_TRIP: f32 = 72.0;
const VERDICT: f32 = 60.0;
const SIGN: f32 = 14.0;
const TOOLTIP: usize = 1000;

/// What a row needs to know besides its entry.
pub(in crate::ui) struct Look {
    pub(in crate::ui) format: DataFormat,
    pub(in crate::ui) chosen: bool,
    /// Whether something that has not come back still can: its connection lasts.
    pub(in crate::ui) can_come: bool,
}

/// How many characters of text fit into a row of this width.
pub(in crate::ui) fn columns(ui: &Ui, width: f32) -> usize {
    let advance = advance(ui);
    whole((width - 2.0 * size::EDGE - advance * TIME - 14.0 - ARROW - size::SCROLL_BAR) / advance).max(8)
}

/// A text in lines of at most so many characters, broken between words where that is possible.
pub(in crate::ui) fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    loop {
        let Some((end, _)) = rest.char_indices().nth(columns) else {
            lines.push(rest);
            return lines;
        };
        let cut = rest[..end].rfind(' ').filter(|space| *space > 0).unwrap_or(end);
        // A space right at the edge belongs to neither line.
        let cut = if rest[end..].starts_with(' ') { end } else { cut };
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
}

/// Draws the row of an entry that tells of data, or one line of any other entry, and senses clicks on it.
pub(in crate::ui) fn show(
    ui: &Ui,
    entry: &Entry,
    line: u16,
    rect: Rect,
    columns: usize,
    look: &Look,
) -> Response {
    let palette = Palette::of(ui);
    // Not focusable: the keyboard has one place for the whole list, not one for each row.
    let response = ui.interact(rect, Id::unique("client row").with((entry.number, line)), Sense::CLICK);
    if look.chosen {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    let mut left = rect.left() + size::EDGE;
    if line == 0 {
        write(ui, rect, left, f32::INFINITY, &text::clock(entry.at), palette.muted);
    }
    left += advance(ui) * TIME + 14.0;
    match &entry.kind {
        EntryKind::Event(kind) => {
            let (text, tone) = words::line(kind);
            let lines = wrapped(&text, columns);
            let ink = match tone {
                Tone::Plain => palette.text,
                Tone::Quiet => palette.muted,
                Tone::Caution => palette.caution,
                Tone::Bad => palette.problem,
            };
            if line == 0 && matches!(tone, Tone::Caution | Tone::Bad) {
                let sign = if tone == Tone::Bad { Icon::Problem } else { Icon::Warning };
                let square = Rect::from_center_size(pos2(left + 6.0, rect.center().y), Vec2::splat(12.0));
                icon::paint(ui.painter(), sign, square, ink);
            }
            left += ARROW;
            let end = match lines.get(usize::from(line)) {
                Some(text) => write(ui, rect, left, rect.right() - size::EDGE - left, text, ink),
                None => left,
            };
            if let Some(aside) = words::aside(kind).filter(|_| line == 0 && lines.len() == 1) {
                right_aligned(ui, rect, rect.right() - size::EDGE, end + 16.0, &aside, palette.muted);
            }
        }
        _ => data(ui, rect, left, entry, look),
    }
    if line == 0 {
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListBoxOption, true, look.chosen, whole_line(entry, look))
        });
    }
    match words::raw(entry) {
        Some(raw) => response.on_hover_text(raw),
        None if entry.data().is_empty() => response,
        None => response.on_hover_ui(|ui| {
            let (text, _) = format::truncated_data(entry.data(), look.format, TOOLTIP);
            ui.label(egui::RichText::new(text).font(theme::mono()));
        }),
    }
}

/// The arrow, the data and what is known of it.
fn data(ui: &Ui, rect: Rect, mut left: f32, entry: &Entry, look: &Look) {
    let palette = Palette::of(ui);
    let (arrow, ink) = match entry.kind {
        EntryKind::Sent { .. } => ("→", palette.accent),
        _ => ("←", palette.clients[1]),
    };
    write(ui, rect, left, f32::INFINITY, arrow, ink);
    left += ARROW;
    let mut right = rect.right() - size::EDGE;
    let narrow = rect.width() < NARROW;
    if let EntryKind::Sent { back: Some(back), .. } = &entry.kind {
        right = verdict(ui, rect, right, narrow, *back);
    } else if let EntryKind::Sent { measured, .. } = &entry.kind {
        right = no_verdict(ui, rect, right, narrow, words::no_verdict(*measured, look.can_come));
    } else if !narrow {
        right -= VERDICT + ROUND_TRIP;
    }
    if !narrow && let Some(amount) = words::amount(entry) {
        right_aligned(ui, rect, right, left, &text::bytes(amount), palette.muted);
        right -= AMOUNT;
    }
    let room = (right - left - 12.0).max(advance(ui) * 4.0);
    let (text, _) = said(entry, look.format, whole(room / advance(ui)));
    write(ui, rect, left, room, &text, palette.text);
}

/// That a send has no verdict, in the place of one; returns where what is left of it may end.
fn no_verdict(ui: &Ui, rect: Rect, right: f32, narrow: bool, (words, fine): (&str, bool)) -> f32 {
    let palette = Palette::of(ui);
    let ink = if fine { palette.muted } else { palette.caution };
    let left = right - width_of(ui, words).max(VERDICT);
    write(ui, rect, left, f32::INFINITY, words, ink);
    if narrow { left } else { left - ROUND_TRIP }
}

/// How a send came back, from the right edge on; returns where what is left of it may end.
fn verdict(ui: &Ui, rect: Rect, right: f32, narrow: bool, back: (Verdict, std::time::Duration)) -> f32 {
    let palette = Palette::of(ui);
    let (verdict, time) = back;
    let (sign, ink) = match verdict {
        Verdict::Exact => (Icon::Check, palette.good),
        Verdict::Differs(_) => (Icon::Problem, palette.problem),
        Verdict::NotCompared => (Icon::Warning, palette.caution),
    };
    let (short, whole) = words::verdict(verdict);
    let text = match (narrow, verdict) {
        (true, _) => String::new(),
        // As much as leaves something of the data.
        (false, Verdict::Differs(_)) if rect.width() > 800.0 => whole,
        (false, _) => short,
    };
    let length = if text.is_empty() { SIGN } else { (SIGN + 5.0 + width_of(ui, &text)).max(VERDICT) };
    let left = right - length;
    let square = Rect::from_center_size(pos2(left + SIGN / 2.0, rect.center().y), Vec2::splat(12.0));
    icon::paint(ui.painter(), sign, square, ink);
    write(ui, rect, left + SIGN + 4.0, f32::INFINITY, &text, ink);
    right_aligned(ui, rect, left - 12.0, rect.left(), &text::duration(time), palette.muted);
    left - ROUND_TRIP
}

/// The data of an entry as the log would show it, or the file's name; whether it was cut.
fn said(entry: &Entry, format: DataFormat, most: usize) -> (String, bool) {
    let (prefix, data) = match &entry.kind {
        EntryKind::Sent { from: Origin::File { path, .. }, .. } => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            return (format!("File {name}"), false);
        }
        EntryKind::Sent { data, from: Origin::Repeated { turn, of }, .. } => {
            (format!("{}/{} ", with_thousands(*turn), with_thousands(*of)), data)
        }
        EntryKind::Sent { data, .. } | EntryKind::Received { data } => (String::new(), data),
        EntryKind::Event(kind) => return (words::line(kind).0, false),
    };
    let (text, cut) =
        format::truncated_data(data, format, most.saturating_sub(prefix.chars().count()).max(4));
    (prefix + &text, cut)
}

/// An entry as one line of text: for those who can't see it, and for the clipboard.
pub(in crate::ui) fn whole_line(entry: &Entry, look: &Look) -> String {
    let time = text::clock(entry.at);
    let (text, _) = said(entry, look.format, TOOLTIP);
    let size = words::amount(entry).map_or_else(String::new, |count| format!(", {}", text::bytes(count)));
    match &entry.kind {
        EntryKind::Sent { back, measured, .. } => {
            let back = match back {
                Some((verdict, round_trip)) => {
                    format!("back after {}, {}", text::duration(*round_trip), words::verdict(*verdict).1)
                }
                None if *measured && look.can_come => "waiting for the echo".to_owned(),
                None => words::no_verdict(*measured, look.can_come).0.to_owned(),
            };
            format!("{time} sent {text}{size}, {back}")
        }
        EntryKind::Received { .. } => format!("{time} received {text}{size}"),
        EntryKind::Event(kind) => {
            let aside = words::aside(kind).map_or_else(String::new, |aside| format!(", {aside}"));
            format!("{time} {text}{aside}")
        }
    }
}

fn width_of(ui: &Ui, text: &str) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen characters")]
    let count = text.chars().count() as f32;
    count * advance(ui)
}

fn advance(ui: &Ui) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'))
}

/// Writes a text from `left` on in the middle of a row, cut to its room; returns where it ends.
fn write(ui: &Ui, row: Rect, left: f32, room: f32, text: &str, ink: Color32) -> f32 {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(theme::mono(), ink));
    job.wrap = TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    let end = left + galley.size().x;
    ui.painter().galley(pos2(left, row.center().y - galley.size().y / 2.0), galley, ink);
    end
}

/// Writes a text that ends at `right`, unless it would begin before `least`.
fn right_aligned(ui: &Ui, row: Rect, right: f32, least: f32, text: &str, ink: Color32) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::mono(), ink);
    if right - galley.size().x >= least {
        let at = Align2::RIGHT_CENTER.anchor_size(pos2(right, row.center().y), galley.size()).min;
        ui.painter().galley(at, galley, ink);
    }
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
    use std::time::{Duration, Instant, SystemTime};

    use super::*;

    #[test]
    fn only_what_can_still_come_is_waited_for() {
        let said = |measured, back, can_come| {
            let data = b"x".as_slice().into();
            let kind = EntryKind::Sent { send: 1, data, from: Origin::Typed, measured, back };
            let (at, when) = (SystemTime::now(), Instant::now());
            let look = Look { format: DataFormat::default(), chosen: false, can_come };
            whole_line(&Entry { number: 1, connection: 1, at, when, kind }, &look)
        };
        assert!(said(true, None, true).ends_with("waiting for the echo"));
        assert!(said(true, None, false).ends_with("not back"));
        for can_come in [true, false] {
            assert!(said(false, None, can_come).ends_with("not measured"));
            let back = Some((Verdict::NotCompared, Duration::ZERO));
            assert!(said(true, back, can_come).ends_with("not compared"));
        }
    }

    #[test]
    fn a_long_text_is_broken_between_words_and_nothing_is_lost() {
        let text = "The server's certificate is not trusted, since nobody signed it.";
        let lines = wrapped(text, 20);
        assert!(lines.iter().all(|line| line.chars().count() <= 20), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrapped("short", 20), ["short"]);
        assert_eq!(wrapped("", 20), [""]);
        assert_eq!(wrapped("exactly ten", 11), ["exactly ten"]);
        assert_eq!(wrapped("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrapped("äöü äöü äöü", 7), ["äöü äöü", "äöü"]);
    }
}
