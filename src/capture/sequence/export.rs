//! Exports a sequence diagram as SVG, or as plain text for a monospaced font.

use std::io::{self, Write};

use crate::capture::sequence::diagram::{Row, RowKind, Sequence};
use crate::capture::sequence::explain_row::explain;
use crate::capture::sequence::row_text::{self, RowLabel};
use crate::capture::{CaptureEventKind, Side};
use crate::text;

/// A file format for a sequence diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceFormat {
    /// An SVG picture.
    Svg,
    /// Plain text, for a monospaced font.
    Text,
}

impl SequenceFormat {
    /// Writes the diagram, row by row.
    ///
    /// # Errors
    /// Any error of writing to `out`.
    pub fn write(self, sequence: &Sequence, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Svg => write_svg(sequence, out),
            Self::Text => write_as_text(sequence, out),
        }
    }
}

/// The number of characters between the two lifelines in plain text.
const COLUMNS: usize = 64;
/// The maximum length of a label between the lifelines, in characters.
const MAX_TEXT_LABEL: usize = COLUMNS - 5;
/// The maximum length of a row's detail, in characters.
const MAX_TEXT_DETAIL: usize = 72;

/// Writes the diagram as plain text, row by row.
fn write_as_text(sequence: &Sequence, out: &mut impl Write) -> io::Result<()> {
    let info = sequence.info();
    let (date, clock) = (text::date(info.since), text::clock(info.since));
    writeln!(out, "Connection {} from {}, accepted {date} {clock}", info.client.id, info.client.peer)?;
    if let Some(summary) = row_text::end_text(sequence) {
        writeln!(out, "{summary}")?;
    }
    writeln!(out, "\n{:>7} {:>13} {:>10}  {:<COLUMNS$}Server", "row", "time", "gap", "Client")?;
    sequence.rows().iter().try_for_each(|row| write_text_row(sequence, row, out))
}

fn write_text_row(sequence: &Sequence, row: &Row, out: &mut impl Write) -> io::Result<()> {
    let RowLabel { on_wire: label, encrypted } = row_text::label_parts(row);
    let short_label = text::truncate(label.chars(), MAX_TEXT_LABEL);
    let line = format!(" {short_label} ");
    let between = match row.sender() {
        Some(Side::Client) => format!("{line:─^width$}►", width = COLUMNS - 1),
        Some(Side::Server) => format!("◄{line:─^width$}", width = COLUMNS - 1),
        None if row.event.kind == CaptureEventKind::ConnectionLost => format!("{line:╌^COLUMNS$}"),
        // An event that wasn't on the wire is written at the server's lifeline.
        None => format!("{line:>COLUMNS$}"),
    };
    let details = [
        Some(row_text::detail(row, sequence, MAX_TEXT_DETAIL)),
        (short_label != label).then_some(label),
        encrypted,
        row_text::related_rows(row),
    ];
    let details = details.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let (number, time, gap) = (row.event.index + 1, row_text::time(row), row_text::gap(row));
    writeln!(out, "{number:>7} {time:>13} {gap:>10}  │{between}│ {details}")
}

const ROW_HEIGHT: usize = 40;
const TOP: usize = 118;
const CLIENT_X: usize = 250;
const SERVER_X: usize = 830;
const MIDDLE_X: usize = CLIENT_X.midpoint(SERVER_X);
const WIDTH: usize = 1480;
/// The maximum number of rows for which each has its explanation as a tooltip. In a larger picture, tooltips would be
/// most of the file.
const MAX_EXPLAINED: usize = 2000;
/// The maximum length of a label in the picture, in characters.
const MAX_LABEL: usize = 84;
const MAX_DETAIL: usize = 60;

/// The CSS of the picture: dark text on white, for print.
const STYLE: &str = "text{fill:#1f2933;font:12px 'DejaVu Sans',Verdana,Arial,sans-serif} .title{font-size:18px;\
     font-weight:bold} .bold{font-weight:bold} .small{font-size:11px;fill:#52606d} .middle{text-anchor:middle} \
     .end{text-anchor:end} path{stroke-width:1.5}";

/// Writes the diagram as a standalone SVG picture, with text that can be selected and searched.
fn write_svg(sequence: &Sequence, out: &mut impl Write) -> io::Result<()> {
    let info = sequence.info();
    let height = TOP + ROW_HEIGHT * (sequence.rows().len() + 1);
    let title = format!("Connection {} from {}", info.client.id, info.client.peer);
    let accepted = format!("accepted {} {}", text::date(info.since), text::clock(info.since));
    let summary = [accepted].into_iter().chain(row_text::end_text(sequence)).collect::<Vec<_>>();
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>"
    )?;
    write_text(out, "title", 24, 34, &title)?;
    write_text(out, "small", 24, 58, &summary.join(" · "))?;
    for (x, name) in [(CLIENT_X, "Client"), (SERVER_X, "Server")] {
        write_text(out, "bold middle", x, TOP - 26, name)?;
        let (top, bottom) = (TOP - 16, height - ROW_HEIGHT / 2);
        writeln!(out, "<path d=\"M{x} {top}V{bottom}\" stroke=\"#52606d\"/>")?;
    }
    for (index, row) in sequence.rows().iter().enumerate() {
        write_svg_row(sequence, row, TOP + ROW_HEIGHT / 2 + ROW_HEIGHT * index, out)?;
    }
    writeln!(out, "</svg>")
}

fn write_svg_row(sequence: &Sequence, row: &Row, y: usize, out: &mut impl Write) -> io::Result<()> {
    let color = color(row.kind());
    writeln!(out, "<g>")?;
    if sequence.rows().len() <= MAX_EXPLAINED {
        writeln!(out, "<title>{}</title>", escape(&explain(row)))?;
    }
    write_text(out, "small end", 52, y + 4, &(row.event.index + 1).to_string())?;
    write_text(out, "end", 142, y + 4, &row_text::time(row))?;
    write_text(out, "small end", 222, y + 4, &row_text::gap(row))?;
    let RowLabel { on_wire, encrypted } = row_text::label_parts(row);
    let label = text::truncate(on_wire.chars(), MAX_LABEL);
    if let Some(sender) = row.sender() {
        // The arrowhead ends just before the lifeline.
        let (start, tip, back) = match sender {
            Side::Client => (CLIENT_X, SERVER_X - 1, SERVER_X - 10),
            Side::Server => (SERVER_X, CLIENT_X + 1, CLIENT_X + 10),
        };
        writeln!(out, "<path d=\"M{start} {y}H{back}\" stroke=\"{color}\"/>")?;
        let (above, below) = (y - 5, y + 5);
        writeln!(out, "<polygon points=\"{tip},{y} {back},{above} {back},{below}\" fill=\"{color}\"/>")?;
        write_text(out, "middle", MIDDLE_X, y - 6, &label)?;
        if let Some(content) = encrypted {
            let content = text::truncate(content.chars(), MAX_LABEL);
            write_text(out, "small middle", MIDDLE_X, y + 14, &content)?;
        }
    } else {
        writeln!(out, "<circle cx=\"{SERVER_X}\" cy=\"{y}\" r=\"4\" fill=\"{color}\"/>")?;
        write_text(out, "end", SERVER_X - 12, y + 4, &label)?;
    }
    let detail = Some(row_text::detail(row, sequence, MAX_DETAIL));
    let details = detail.into_iter().chain(row_text::related_rows(row)).collect::<Vec<_>>();
    write_text(out, "small", SERVER_X + 16, y + 4, &details.join(" · "))?;
    writeln!(out, "</g>")
}

fn write_text(out: &mut impl Write, class: &str, x: usize, y: usize, text: &str) -> io::Result<()> {
    writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text))
}

fn color(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Connect | RowKind::End => "#1f2933",
        RowKind::Plaintext => "#0b7285",
        RowKind::Handshake => "#5f3dc4",
        RowKind::Data => "#2b8a3e",
        RowKind::Alert => "#c92a2a",
        RowKind::Raw => "#a05a00",
    }
}

/// Escapes text for XML, and replaces characters that XML doesn't allow (XML 1.0, sections 2.2 and 2.4).
fn escape(text: &str) -> String {
    let allowed = text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), "\u{fffd}");
    allowed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
