//! One row of the sequence diagram: its time, its arrow with the label, and the details next to it.

use std::fmt::Write;

use egui::{
    Align2, Color32, FontId, Id, Painter, Rangef, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2,
};

use crate::capture::sequence::{Row, RowKind, Sequence, explain, header_fields, row_text};
use crate::capture::{CaptureEventKind, MAX_WHOLE, Side};
use crate::text::{self, with_thousands};
use crate::ui::tabs::detail_view::DetailContent;
use crate::ui::tabs::hovered_data::{DataRange, is_highlighted};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::{char_width, text_line};

/// The maximum length of the data in a row's text for screen readers, in characters.
const MAX_SPOKEN: usize = 64;

/// The horizontal positions in a row, in points on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// The right edge of the row's number, if there is room for it.
    number: Option<f32>,
    /// The right edge of the time.
    pub(super) time: f32,
    /// The client's lifeline.
    pub(super) client: f32,
    /// The server's lifeline.
    pub(super) server: f32,
    /// The place for details next to the server's lifeline. `None` in a narrow row, which has them between the
    /// lifelines.
    pub(super) details: Option<Rangef>,
}

impl Columns {
    /// Returns the positions in a row of this size.
    pub(super) fn of(row: Rect) -> Self {
        const WIDE: f32 = 560.0;
        if row.width() < WIDE {
            let time = (row.left() + 84.0).round();
            let server = (row.right() - 14.0).round();
            return Self { number: None, time, client: time + 20.0, server, details: None };
        }
        let time = (row.left() + 132.0).round();
        let (number, client) = (Some(time - 84.0), time + 20.0);
        let server = (client + ((row.right() - client) * 0.52).min(620.0)).round();
        Self { number, time, client, server, details: Some(Rangef::new(server + 16.0, row.right() - 8.0)) }
    }

    /// Returns the place between the lifelines, without the arrowheads.
    pub(super) fn between(&self) -> Rangef {
        Rangef::new(self.client + 12.0, self.server - 14.0)
    }
}

/// How a row is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowState {
    pub(super) is_selected: bool,
    /// Whether the selected row is about the same bytes.
    pub(super) is_partner: bool,
    /// Whether the row shows only what an eavesdropper sees.
    pub(super) eavesdrops: bool,
}

/// The text of a row that isn't on the wire, as an eavesdropper sees it.
const HIDDEN: &str = "Hidden: this isn't on the wire";

/// Draws a row. Adds its background to `backgrounds`, which the caller draws below the lifelines.
pub(super) fn show(
    ui: &Ui,
    (sequence, row): (&Sequence, &Row),
    rect: Rect,
    RowState { is_selected, is_partner, eavesdrops }: RowState,
    backgrounds: &mut Vec<Shape>,
) -> Response {
    let palette = Palette::of(ui);
    let (columns, y) = (Columns::of(rect), arrow_y(rect));
    // A row can't take the keyboard focus; only the whole diagram can.
    let response = ui.interact(rect, Id::unique("sequence row").with(row.event.index), Sense::CLICK);
    let is_highlighted = is_highlighted(&response, data_range(sequence, row).as_ref());
    if is_selected || is_highlighted {
        let fill = if is_selected { palette.row_selected } else { palette.row_hover };
        backgrounds.push(Shape::rect_filled(rect, 0.0, fill));
    }
    if is_partner {
        ui.painter().rect_stroke(rect, 4.0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    }
    let muted =
        |ui: &Ui, place, align, text: &str| text_line(ui, place, align, text, theme::small(), palette.muted);
    if let Some(right) = columns.number {
        muted(ui, rect.with_max_x(right), Align2::RIGHT_CENTER, &(row.event.index + 1).to_string());
    }
    let [above, below] = halves(rect.with_max_x(columns.time), y);
    text_line(ui, above, Align2::RIGHT_BOTTOM, &row_text::time(row), theme::small(), palette.text);
    muted(ui, below, Align2::RIGHT_TOP, &row_text::gap(row));

    let is_hidden = eavesdrops && row.sender().is_none();
    let color = match &row.event.kind {
        _ if is_hidden => palette.muted,
        // The color of an encrypted record must not show whether it belongs to the handshake.
        CaptureEventKind::Record(record) if eavesdrops && record.encrypted => color(palette, RowKind::Data),
        _ => color(palette, row.kind()),
    };
    let between = Rect::from_x_y_ranges(columns.between(), rect.y_range());
    let details = columns.details.map_or(between, |range| Rect::from_x_y_ranges(range, rect.y_range()));
    let detail = detail(row, sequence, max_chars(ui, details.width()), eavesdrops);
    let (mut detail_font, detail_color) = match row.event.kind {
        CaptureEventKind::Plaintext if !eavesdrops => (theme::mono(), color),
        CaptureEventKind::Record(_) | CaptureEventKind::Plaintext => (theme::small(), palette.muted),
        _ => (theme::text(), palette.text),
    };
    let is_lost = row.event.kind == CaptureEventKind::ConnectionLost;
    let is_arrow = row.sender().is_some() || is_lost && !eavesdrops;
    if is_arrow {
        paint_arrow(ui.painter(), row, (columns.client, columns.server), y, color);
        let [above, below] = halves(between, y);
        let row_text::RowLabel { on_wire, encrypted } = row_text::label_parts(row);
        let on_wire = if eavesdrops { label_with_size(row, eavesdrops) } else { on_wire };
        text_line(ui, above, Align2::CENTER_BOTTOM, &on_wire, theme::text(), palette.text);
        let is_record = matches!(row.event.kind, CaptureEventKind::Record(_));
        if eavesdrops || !is_record && columns.details.is_some() {
            let bytes = row_text::bytes_on_wire(row, max_chars(ui, between.width()));
            text_line(ui, below, Align2::CENTER_TOP, &bytes, FontId::monospace(size::SMALL), palette.text);
        } else if is_record {
            let second = record_size(row).into_iter().chain(encrypted).collect::<Vec<_>>().join(" · ");
            muted(ui, below, Align2::CENTER_TOP, &second);
        } else {
            detail_font.size = size::SMALL;
            text_line(ui, below, Align2::CENTER_TOP, &detail, detail_font.clone(), detail_color);
        }
    } else {
        ui.painter().circle_filled(pos2(columns.server, y), 4.0, color);
    }
    if columns.details.is_some() {
        let related = if eavesdrops { None } else { second_line(row) };
        let [above, below] = halves(details, details.center().y);
        let (place, align) =
            if related.is_some() { (above, Align2::LEFT_BOTTOM) } else { (details, Align2::LEFT_CENTER) };
        if let Some(related) = related {
            muted(ui, below, Align2::LEFT_TOP, &related);
        }
        text_line(ui, place, align, &detail, detail_font, detail_color);
    } else if !is_arrow {
        text_line(ui, between, Align2::RIGHT_CENTER, &detail, detail_font, detail_color);
    }
    let full_text = || full_text(sequence, row, eavesdrops);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_selected, full_text()));
    response
}

/// Returns the data that a row is about: its plaintext, or the plaintext in its record.
fn data_range(sequence: &Sequence, row: &Row) -> Option<DataRange> {
    let partners = row.partners.iter().filter_map(|&partner| sequence.rows().get(partner));
    let ranges = std::iter::once(row).chain(partners).filter_map(Row::plaintext_range);
    let bytes = ranges.reduce(|all, range| all.start.min(range.start)..all.end.max(range.end))?;
    Some(DataRange { connection: sequence.info().client.id, bytes })
}

/// Returns the y coordinate of a row's arrow, on a whole point.
pub(super) fn arrow_y(rect: Rect) -> f32 {
    rect.top() + (size::SEQUENCE_ROW * 0.55).round()
}

fn color(palette: &Palette, kind: RowKind) -> Color32 {
    match kind {
        RowKind::Connect | RowKind::End => palette.text,
        RowKind::Plaintext => palette.accent,
        RowKind::Handshake => palette.clients[1],
        RowKind::Data => palette.clients[3],
        RowKind::Alert => palette.problem,
        RowKind::Raw => palette.caution,
    }
}

/// Returns the parts of a rectangle above and below a line at `y`.
fn halves(rect: Rect, y: f32) -> [Rect; 2] {
    [rect.with_max_y(y - 2.0), rect.with_min_y(y + 1.0)]
}

/// Returns about how many characters of the fixed-width font fit into a width.
fn max_chars(ui: &Ui, width: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred at most")]
    let chars = (width / char_width(ui)).max(16.0) as usize;
    chars
}

/// Paints a row's arrow: a double line for a TLS record, a dashed one for bytes that aren't TLS or a lost connection, a
/// bar at the head for FIN, and a cross for RST or a lost connection.
fn paint_arrow(painter: &Painter, row: &Row, (client, server): (f32, f32), y: f32, color: Color32) {
    let (start, end) = if row.sender() == Some(Side::Server) { (server, client) } else { (client, server) };
    let back = (start - end).signum();
    // Returns the point `x` behind and `dy` below the arrow's tip, which is just before the lifeline.
    let at = |x: f32, dy: f32| pos2(end + back * (1.0 + x), y + dy);
    let stroke = Stroke::new(1.5, color);
    match row.event.kind {
        CaptureEventKind::Record(_) => {
            for dy in [-1.5, 1.5] {
                painter.line_segment([pos2(start, y + dy), at(10.0, dy)], Stroke::new(1.0, color));
            }
        }
        CaptureEventKind::Raw | CaptureEventKind::ConnectionLost => {
            painter.extend(Shape::dashed_line(&[pos2(start, y), at(10.0, 0.0)], stroke, 6.0, 4.0));
        }
        _ => drop(painter.line_segment([pos2(start, y), at(2.0, 0.0)], stroke)),
    }
    if matches!(row.event.kind, CaptureEventKind::Reset | CaptureEventKind::ConnectionLost) {
        painter.line_segment([at(10.0, -5.0), at(0.0, 5.0)], stroke);
        painter.line_segment([at(10.0, 5.0), at(0.0, -5.0)], stroke);
        return;
    }
    let head = vec![at(0.0, 0.0), at(10.0, -5.0), at(10.0, 5.0)];
    painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
    if row.event.kind == CaptureEventKind::Fin {
        painter.line_segment([at(0.0, -7.0), at(0.0, 7.0)], Stroke::new(2.5, color));
    }
}

/// Returns the second line of the details: the size of plaintext that has no arrow, and the related rows.
fn second_line(row: &Row) -> Option<String> {
    let is_plaintext = row.event.kind == CaptureEventKind::Plaintext && row.sender().is_none();
    let size = is_plaintext.then(|| row_text::label_parts(row).on_wire);
    let parts = size.into_iter().chain(row_text::related_rows(row)).collect::<Vec<_>>();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn record_size(row: &Row) -> Option<String> {
    matches!(row.event.kind, CaptureEventKind::Record(_)).then(|| text::bytes(row.event.len.into()))
}

/// Returns the label of a row, with the size if the row is a record: `ClientHello · 517 B`.
fn label_with_size(row: &Row, eavesdrops: bool) -> String {
    let size = record_size(row).map(|size| format!(" · {size}")).unwrap_or_default();
    let label = if eavesdrops { row_text::label_on_wire(row) } else { row_text::label_parts(row).on_wire };
    label + &size
}

/// Returns the details next to a row, in about `max` characters. An eavesdropper sees only the headers of records.
fn detail(row: &Row, sequence: &Sequence, max: usize, eavesdrops: bool) -> String {
    match row.event.kind {
        CaptureEventKind::Record(_) => row_text::detail(row, sequence, max),
        _ if !eavesdrops => row_text::detail(row, sequence, max),
        _ if row.sender().is_none() => HIDDEN.to_owned(),
        _ => String::new(),
    }
}

/// Returns the direction of a row.
fn direction(row: &Row) -> &'static str {
    match row.sender() {
        Some(Side::Client) => "in, client to server",
        Some(Side::Server) => "out, server to client",
        None if row.event.kind == CaptureEventKind::ConnectionLost => "on the path",
        None => "at the server",
    }
}

/// Returns the whole row in one line, for screen readers and the clipboard.
pub(super) fn full_text(sequence: &Sequence, row: &Row, eavesdrops: bool) -> String {
    let number = format!("{}. {} {}", row.event.index + 1, row_text::time(row), row_text::gap(row));
    if eavesdrops {
        let seen = match row.sender() {
            Some(_) => format!("{}: {}", direction(row), label_with_size(row, eavesdrops)),
            None => HIDDEN.to_owned(),
        };
        let bytes =
            if row.sender().is_some() { row_text::bytes_on_wire(row, MAX_SPOKEN) } else { String::new() };
        let parts = [number.trim().to_owned(), seen, bytes];
        return parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    }
    let parts = [
        Some(number.trim().to_owned()),
        Some(format!("{}: {}", direction(row), label_with_size(row, eavesdrops))),
        row_text::label_parts(row).encrypted,
        Some(row_text::detail(row, sequence, MAX_SPOKEN)),
        row_text::related_rows(row),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the details of a row.
pub(super) fn detail_content(row: &Row, eavesdrops: bool) -> DetailContent<'_> {
    let subtitle = format!("{} · row {} · {}", direction(row), row.event.index + 1, row_text::time(row));
    let number = row.event.index.into();
    if eavesdrops && row.sender().is_none() {
        let explanation = "This happened inside the server. Nothing of it is on the wire.".to_owned();
        return DetailContent {
            number,
            title: HIDDEN.to_owned(),
            subtitle,
            explanation,
            ..DetailContent::default()
        };
    }
    let missing = row.event.len as usize - row.event.bytes.len();
    let mut explanation = match &row.event.kind {
        _ if !eavesdrops => explain(row),
        CaptureEventKind::Record(record) if record.encrypted => {
            "Encrypted. An eavesdropper sees the 5-byte header, the length and the time.".to_owned()
        }
        _ => "Not encrypted: anyone on the path can read this.".to_owned(),
    };
    if missing > 0 {
        let (missing, all) = (with_thousands(missing as u64), with_thousands(row.event.len));
        let _ = write!(
            explanation,
            " {missing} of {all} bytes weren't kept. Once a connection has 1 MiB, and while more than {MAX_WHOLE} connections \
             are open, Echoscope keeps only the first bytes of each row."
        );
    }
    DetailContent {
        number,
        title: label_with_size(row, eavesdrops),
        subtitle,
        data: &row.event.bytes,
        fields: header_fields(row),
        explanation,
        ..DetailContent::default()
    }
}
