//! One row of the ladder: its time, its arrow with what stands on it, and what stands beside.

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, FontId, Id, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, TextFormat, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use crate::capture::sequence::{Ladder, Row, words};
use crate::capture::{Capture, Side, What};
use crate::text;
use crate::ui::tabs::wire::arrow;
use crate::ui::tabs::wire::columns::Columns;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;

/// Characters of plain bytes that a row is spoken with.
const SPOKEN: usize = 64;

/// What a row is drawn from.
pub(in crate::ui) struct Drawn<'a> {
    pub(in crate::ui) ladder: &'a Ladder,
    pub(in crate::ui) capture: &'a Capture,
    pub(in crate::ui) row: &'a Row,
    /// It is the selected one.
    pub(in crate::ui) chosen: bool,
    /// It carries the selected one, or is carried by it.
    pub(in crate::ui) partner: bool,
}

/// Draws a row and senses clicks on it.
pub(in crate::ui) fn show(ui: &Ui, drawn: &Drawn<'_>, rect: Rect, grounds: &mut Vec<Shape>) -> Response {
    let palette = Palette::of(ui);
    let Drawn { ladder, capture, row, chosen, partner } = *drawn;
    // Not focusable: the keyboard has one place for the whole ladder.
    let response = ui.interact(rect, Id::unique("ladder row").with(row.mark.index), Sense::CLICK);
    grounds.extend(ground(ui, rect, chosen, response.hovered()));
    if partner {
        let outline = Stroke::new(1.0, palette.accent);
        ui.painter().rect_stroke(rect, 4.0, outline, StrokeKind::Inside);
    }
    let columns = Columns::of(rect);
    let y = middle(rect);
    if let Some(right) = columns.number {
        let number = (row.mark.index + 1).to_string();
        let place = Rect::from_min_max(rect.min, pos2(right, rect.bottom()));
        cut(ui, place, Align2::RIGHT_CENTER, &number, theme::small(), palette.muted);
    }
    times(ui, row, rect, columns);
    let mut long = false;
    let ink = arrow::ink(palette, row.kind());
    if row.arrow().is_some() || row.mark.what == What::Broken {
        arrow::paint(ui.painter(), row, (columns.client, columns.server), y, ink);
        let between = columns.between();
        let (above, below) = halves(Rect::from_x_y_ranges(between, rect.y_range()), y);
        let words::Label { on_wire, inside } = words::parts(row);
        // Where both don't fit, the size makes way for the name, and goes below.
        let whole = label(row);
        let fits = text_width(ui, &whole, theme::text()) <= above.width();
        let short = if fits { &whole } else { &on_wire };
        long |= cut(ui, above, Align2::CENTER_BOTTOM, short, theme::text(), palette.text);
        let inside = inside.map(|inside| format!("encrypted: {inside}"));
        let size = (!fits).then(|| text::bytes(u64::from(row.mark.len)));
        let second = [size, inside].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        if !second.is_empty() {
            long |= cut(ui, below, Align2::CENTER_TOP, &second, theme::small(), palette.muted);
        } else if columns.beside.is_none() {
            let what = match row.mark.what {
                // Without the names of the fields, so that all three fit.
                What::Record(_) => values(&words::detail(row, capture, usize::MAX)).join(" · "),
                _ => aside(ui, row, capture, below),
            };
            let (font, ink) = match row.mark.what {
                What::Chunk => (mono_small(), ink),
                _ => (theme::small(), palette.muted),
            };
            long |= cut(ui, below, Align2::CENTER_TOP, &what, font, ink);
        }
    } else {
        let at = pos2(columns.server, y);
        if matches!(row.mark.what, What::Closed(_)) {
            ui.painter().rect_filled(Rect::from_center_size(at, Vec2::splat(9.0)), 1.0, ink);
        } else {
            ui.painter().circle_filled(at, 4.0, ink);
        }
    }
    long |= beside(ui, drawn, rect, columns, ink);
    let spoken = || spoken(ladder, row, capture);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, spoken()));
    // Laid out only when the pointer rests there.
    if long { response.on_hover_ui(|ui| drop(ui.label(spoken()))) } else { response }
}

/// What lies under a row that is selected, or under the pointer.
pub(in crate::ui) fn ground(ui: &Ui, rect: Rect, chosen: bool, hovered: bool) -> Option<Shape> {
    let palette = Palette::of(ui);
    let fill = if chosen { palette.row_selected } else { palette.row_hover };
    (chosen || hovered).then(|| Shape::rect_filled(rect, 0.0, fill))
}

/// The height of a row's arrow, on a whole pixel's edge or middle for all rows alike.
pub(in crate::ui) fn middle(rect: Rect) -> f32 {
    rect.top() + (size::LADDER_ROW * 0.55).round()
}

/// The time since accept, and below it the time since the row before.
pub(in crate::ui) fn times(ui: &Ui, row: &Row, rect: Rect, columns: Columns) {
    let palette = Palette::of(ui);
    let (above, below) =
        halves(Rect::from_min_max(rect.min, pos2(columns.time, rect.bottom())), middle(rect));
    let below = below.translate(vec2(0.0, -2.0));
    cut(
        ui,
        above.translate(vec2(0.0, 2.0)),
        Align2::RIGHT_BOTTOM,
        &words::time(row),
        theme::small(),
        palette.text,
    );
    cut(ui, below, Align2::RIGHT_TOP, &words::gap(row), theme::small(), palette.muted);
}

/// Above and below a line.
fn halves(rect: Rect, y: f32) -> (Rect, Rect) {
    let (above, below) = rect.split_top_bottom_at_y(y);
    (above.with_max_y(y - 2.0), below.with_min_y(y + 1.0))
}

/// What stands at the right of the server's life line; with no room there, what is no arrow stands at its left.
fn beside(ui: &Ui, drawn: &Drawn<'_>, rect: Rect, columns: Columns, ink: Color32) -> bool {
    let palette = Palette::of(ui);
    let Drawn { ladder, capture, row, .. } = *drawn;
    let y = rect.top() + size::LADDER_ROW / 2.0;
    let Some(range) = columns.beside else {
        if row.arrow().is_some() || row.mark.what == What::Broken {
            return false;
        }
        let mut place = columns.between();
        place.max += 4.0;
        let (above, below) = halves(Rect::from_x_y_ranges(place, rect.y_range()), y);
        let words = aside(ui, row, capture, above);
        let (font, ink) =
            if row.mark.what == What::Chunk { (theme::mono(), ink) } else { (theme::text(), palette.text) };
        let long = cut(ui, above, Align2::RIGHT_BOTTOM, &words, font, ink);
        if row.mark.what == What::Chunk {
            let plain = format!("{}, plain", words::label(row));
            cut(ui, below, Align2::RIGHT_TOP, &plain, theme::small(), palette.muted);
        }
        return long;
    };
    let whole = Rect::from_x_y_ranges(range, rect.y_range());
    let more = more(ladder, row);
    let (above, below) = halves(whole, y);
    let mut long = match &more {
        Some(more) => cut(ui, below, Align2::LEFT_TOP, more, theme::small(), palette.muted),
        None => false,
    };
    let above = if more.is_some() { above } else { whole };
    let align = if more.is_some() { Align2::LEFT_BOTTOM } else { Align2::LEFT_CENTER };
    if let What::Record(_) = row.mark.what {
        let middle = if more.is_some() { above.bottom() - 8.0 } else { whole.center().y };
        return long | boxes(ui, &words::detail(row, capture, usize::MAX), above, middle, ink);
    }
    let text = aside(ui, row, capture, above);
    let (font, ink) = match row.mark.what {
        What::Chunk => (theme::mono(), ink),
        _ => (theme::text(), palette.text),
    };
    long |= cut(ui, above, align, &text, font, ink);
    long
}

/// The second line beside a row: what it belongs to.
fn more(ladder: &Ladder, row: &Row) -> Option<String> {
    let belongs = words::beside(ladder, row);
    match (row.mark.what, row.arrow()) {
        (What::Chunk, None) => {
            let label = words::label(row);
            Some(belongs.map_or(label.clone(), |belongs| format!("{label}, {belongs}")))
        }
        _ => belongs,
    }
}

/// A record's header as three boxes, as the bytes stand one behind the other.
fn boxes(ui: &Ui, header: &str, place: Rect, middle: f32, ink: Color32) -> bool {
    let palette = Palette::of(ui);
    let mut left = place.left();
    // The heading tells which is which.
    for value in values(header) {
        let galley = ui.painter().layout_no_wrap(value.to_owned(), theme::small(), palette.text);
        let rect = Rect::from_min_size(pos2(left, middle - 8.5), vec2(galley.size().x + 10.0, 17.0));
        if rect.right() > place.right() {
            let room = Rect::from_min_max(pos2(left, middle - 8.5), pos2(place.right(), middle + 8.5));
            cut(ui, room, Align2::LEFT_CENTER, value, theme::small(), palette.text);
            return true;
        }
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.0, ink), StrokeKind::Inside);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.text);
        left = rect.right() - 1.0;
    }
    false
}

/// What the fields of a header say, without their names.
fn values(header: &str) -> Vec<&str> {
    header.split(" · ").map(|field| field.split_once(' ').map_or(field, |(_, value)| value)).collect()
}

/// The call and what it gave or took, on one line: `recv() → b'Hello\n'`, `sendall(b'Hello\n')`.
fn aside(ui: &Ui, row: &Row, capture: &Capture, place: Rect) -> String {
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred characters at most"
    )]
    let room = (place.width() / advance).max(16.0) as usize;
    with_call(row, capture, room)
}

fn with_call(row: &Row, capture: &Capture, room: usize) -> String {
    match (&row.mark.what, row.mark.side) {
        (What::Chunk, Side::Client) => {
            format!("recv() → {}", words::detail(row, capture, room.saturating_sub(9)))
        }
        (What::Chunk, Side::Server) => {
            format!("sendall({})", words::detail(row, capture, room.saturating_sub(9)))
        }
        (What::Accepted | What::Closed(_), _) => {
            let call = words::call(row).unwrap_or_default();
            format!("{call} · {}", words::detail(row, capture, room))
        }
        _ => words::detail(row, capture, room),
    }
}

/// What stands on the arrow, with its size: `ClientHello · 517 B`.
pub(in crate::ui) fn label(row: &Row) -> String {
    let on_wire = words::parts(row).on_wire;
    match row.mark.what {
        What::Record(_) => format!("{on_wire} · {}", text::bytes(u64::from(row.mark.len))),
        _ => on_wire,
    }
}

/// Which way a row went, in words.
pub(in crate::ui) fn way(row: &Row) -> &'static str {
    match (row.arrow(), &row.mark.what) {
        (Some(Side::Client), _) => "in, client to server",
        (Some(Side::Server), _) => "out, server to client",
        (None, What::Broken) => "in between",
        (None, _) => "at the server",
    }
}

/// The whole row for those who don't see it.
fn spoken(ladder: &Ladder, row: &Row, capture: &Capture) -> String {
    let mut parts =
        vec![format!("{}. {} {}", row.mark.index + 1, words::time(row), words::gap(row)).trim().to_owned()];
    parts.push(format!("{}: {}", way(row), label(row)));
    parts.extend(words::parts(row).inside.map(|inside| format!("encrypted: {inside}")));
    parts.push(with_call(row, capture, SPOKEN));
    parts.extend(words::beside(ladder, row));
    parts.join(", ")
}

fn mono_small() -> FontId {
    FontId::monospace(size::SMALL)
}

/// Writes one line into a place; returns whether it had to be cut.
pub(in crate::ui) fn cut(
    ui: &Ui,
    place: Rect,
    align: Align2,
    text: &str,
    font: FontId,
    ink: Color32,
) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, ink));
    job.wrap = TextWrapping::truncate_at_width(place.width().max(1.0));
    let galley = ui.painter().layout_job(job);
    let elided = galley.elided;
    ui.painter().galley(align.align_size_within_rect(galley.size(), place).min, galley, ink);
    elided
}
