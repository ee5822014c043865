//! A row in a list of events: the time, a mark, a line, and a short text at the right edge.

use std::borrow::Cow;
use std::fmt::Write;

use egui::{Align2, Color32, FontId, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};

use crate::log::event_log::Severity;
use crate::ui::tabs::hovered_data::{DataRange, is_highlighted};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::{char_width, text_line};

/// The minimum width of the line, in points. A text at the right edge that would leave less is omitted.
const MIN_LINE: f32 = 150.0;
/// The maximum width of a row's columns, in points, so that the text at the right edge stays near its line.
const MAX_COLUMNS: f32 = 1100.0;
/// The length of a time such as `12:03:05.482`, in characters.
const TIME: f32 = 12.0;

/// The columns beside a row's line.
pub(super) struct EventRow<'a> {
    pub(super) time: &'a str,
    /// A client's number, or an arrow for the direction of data.
    pub(super) mark: &'a str,
    pub(super) mark_color: Color32,
    /// The minimum width of the mark's column, in points.
    pub(super) mark_width: f32,
    pub(super) severity: Severity,
    /// The texts for the right edge, the longest first: the first one that leaves room for the line is shown.
    pub(super) trailing: Vec<String>,
    pub(super) trailing_color: Color32,
    pub(super) is_selected: bool,
    /// The data that the row is about.
    pub(super) data: Option<DataRange>,
}

/// Draws a row and senses clicks on it. `line` returns the line, truncated to a number of characters; `name` returns the
/// name for screen readers, given the line.
pub(super) fn show(
    ui: &Ui,
    id: Id,
    rect: Rect,
    row: &EventRow<'_>,
    line: impl Fn(usize) -> String,
    name: impl Fn(&str) -> String,
) -> Response {
    let palette = Palette::of(ui);
    // A row is not focusable: the Tab key stops once at the whole list, not at each row.
    let response = ui.interact(rect, id, Sense::CLICK);
    let is_highlighted = is_highlighted(&response, row.data.as_ref());
    if row.is_selected {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if is_highlighted {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    let advance = char_width(ui);
    let write = |left: f32, right: f32, text: &str, color| {
        let place = rect.with_min_x(left).with_max_x(right);
        text_line(ui, place, Align2::LEFT_CENTER, text, theme::mono(), color);
    };
    let width = |text: &str| text_width(ui, text, theme::mono());
    let mut left = rect.left() + size::EDGE;
    write(left, rect.right(), row.time, palette.muted);
    left += advance * TIME + 14.0;
    write(left, rect.right(), row.mark, row.mark_color);
    left += row.mark_width.max(width(row.mark)) + 16.0;
    let mut right = rect.right().min(rect.left() + MAX_COLUMNS) - size::EDGE;
    if let Some(text) = row.trailing.iter().find(|text| right - left - width(text) > MIN_LINE) {
        let width = width(text);
        write(right - width - 1.0, right, text, row.trailing_color);
        right -= width + 16.0;
    }
    let room = (right - left).max(advance);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few thousand characters at most"
    )]
    let text = line((room / advance) as usize);
    let shown = with_escapes(ui, &text, &theme::mono());
    write(left, left + room, &shown, severity_color(palette, row.severity));
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, row.is_selected, name(&text)));
    response
}

/// Returns a text with an escape such as `\u{1f600}` for each character that the fonts lack.
pub(super) fn with_escapes<'a>(ui: &Ui, text: &'a str, font: &FontId) -> Cow<'a, str> {
    let lacks = |c: char| !c.is_ascii() && !ui.fonts_mut(|fonts| fonts.has_glyph(font, c));
    if !text.chars().any(lacks) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if lacks(character) {
            let _ = write!(escaped, "{}", character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}

/// Returns the color of a line of this severity.
pub(super) fn severity_color(palette: &Palette, severity: Severity) -> Color32 {
    match severity {
        Severity::Minor => palette.muted,
        Severity::Normal => palette.text,
        Severity::Warning => palette.caution,
        Severity::Error => palette.problem,
    }
}
