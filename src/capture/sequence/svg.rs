//! A ladder as a picture: SVG that needs nothing else, with text that can be selected and searched.

use std::io::{self, Write};

use crate::capture::sequence::{Kind, Ladder, Row, words};
use crate::capture::{Capture, Side};
use crate::text;

/// The colours of the picture, which is printed as often as it is shown: dark on white, told apart by words as well.
const INK: &str = "#1f2933";
const FAINT: &str = "#52606d";
const PAPER: &str = "#ffffff";

const ROW: usize = 40;
const TOP: usize = 118;
const LEFT: usize = 250;
const RIGHT: usize = 830;
const MIDDLE: usize = LEFT.midpoint(RIGHT);
const WIDTH: usize = 1480;
/// Rows up to which each has its explanation, for a pointer to rest on; in a larger picture they would be most of it.
const EXPLAINED: usize = 2000;
/// Characters of a label that fit between the life lines, and of a detail beside them.
const LABEL: usize = 84;
const DETAIL: usize = 60;

/// The whole picture.
#[must_use]
pub fn svg(ladder: &Ladder, capture: &Capture) -> String {
    let mut out = Vec::new();
    // A vector takes everything.
    let _ = write(ladder, capture, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes the picture row by row, one row of the ladder below the other.
///
/// # Errors
/// Those of `out`.
pub fn write(ladder: &Ladder, capture: &Capture, out: &mut impl Write) -> io::Result<()> {
    let info = ladder.info();
    let more = words::not_recorded(ladder.more());
    let count = ladder.rows().len() + usize::from(more.is_some());
    let height = TOP + count * ROW + ROW;
    let title = format!("Connection {} from {}", info.client.id, info.client.peer);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\" font-size=\"12\" fill=\"{INK}\">"
    )?;
    writeln!(out, "<title>{}</title>", escaped(&title))?;
    writeln!(out, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"{PAPER}\"/>")?;
    writeln!(
        out,
        "<text x=\"24\" y=\"34\" font-size=\"18\" font-weight=\"bold\">{}</text>",
        escaped(&title)
    )?;
    let accepted = format!("accepted {} {}", text::date(info.since), text::clock(info.since));
    let summary = ladder.verdict().map_or(accepted.clone(), |verdict| format!("{accepted} · {verdict}"));
    writeln!(out, "<text x=\"24\" y=\"58\" fill=\"{FAINT}\">{}</text>", escaped(&summary))?;
    for (x, name) in [(LEFT, "Client"), (RIGHT, "Server")] {
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\">{name}</text>\n\
             <line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"{FAINT}\" stroke-width=\"1.5\"/>",
            TOP - 26,
            TOP - 16,
            height - ROW / 2
        )?;
    }
    let mut y = TOP + ROW / 2;
    let last = ladder.rows().len();
    for (index, row) in ladder.rows().iter().enumerate() {
        if index + 1 == last && info.closed {
            write_more(more.as_deref(), &mut y, out)?;
        }
        write_row(ladder, row, capture, y, out)?;
        y += ROW;
    }
    if !info.closed {
        write_more(more.as_deref(), &mut y, out)?;
    }
    writeln!(out, "</svg>")
}

fn write_more(more: Option<&str>, y: &mut usize, out: &mut impl Write) -> io::Result<()> {
    let Some(more) = more else { return Ok(()) };
    writeln!(
        out,
        "<text x=\"{MIDDLE}\" y=\"{y}\" text-anchor=\"middle\" font-style=\"italic\">{}</text>",
        escaped(more)
    )?;
    *y += ROW;
    Ok(())
}

fn write_row(
    ladder: &Ladder,
    row: &Row,
    capture: &Capture,
    y: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let colour = colour(row.kind());
    if ladder.rows().len() <= EXPLAINED {
        writeln!(out, "<g><title>{}</title>", escaped(&words::explain(ladder, row)))?;
    } else {
        writeln!(out, "<g>")?;
    }
    writeln!(
        out,
        "<text x=\"52\" y=\"{}\" text-anchor=\"end\" fill=\"{FAINT}\" font-size=\"11\">{}</text>\
         <text x=\"142\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <text x=\"222\" y=\"{}\" text-anchor=\"end\" fill=\"{FAINT}\" font-size=\"11\">{}</text>",
        y + 4,
        row.mark.index + 1,
        y + 4,
        escaped(&words::time(row)),
        y + 4,
        escaped(&words::gap(row))
    )?;
    let words::Label { on_wire, inside } = words::parts(row);
    let label = cut(&on_wire, LABEL);
    if let Some(from) = row.arrow() {
        // The head stops short of the line that it points to.
        let (start, tip, back) = match from {
            Side::Client => (LEFT, RIGHT - 1, RIGHT - 10),
            Side::Server => (RIGHT, LEFT + 1, LEFT + 10),
        };
        writeln!(
            out,
            "<line x1=\"{start}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\
             <polygon points=\"{tip},{y} {back},{} {back},{}\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            y - 5,
            y + 5,
            MIDDLE,
            y - 6,
            escaped(&label)
        )?;
        if let Some(inside) = inside {
            writeln!(
                out,
                "<text x=\"{MIDDLE}\" y=\"{}\" text-anchor=\"middle\" font-style=\"italic\" font-size=\"11\">\
                 encrypted: {}</text>",
                y + 14,
                escaped(&cut(&inside, LABEL))
            )?;
        }
    } else {
        let call = words::call(row).unwrap_or_default();
        writeln!(
            out,
            "<circle cx=\"{RIGHT}\" cy=\"{y}\" r=\"4\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            RIGHT - 12,
            y + 4,
            escaped(format!("{call} {label}").trim())
        )?;
    }
    let mut detail = words::detail(row, capture, DETAIL);
    if let Some(beside) = words::beside(ladder, row) {
        detail = format!("{detail} · {beside}");
    }
    writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" fill=\"{FAINT}\" font-size=\"11\">{}</text></g>",
        RIGHT + 16,
        y + 4,
        escaped(&detail)
    )
}

fn colour(kind: Kind) -> &'static str {
    match kind {
        Kind::Connect | Kind::End => INK,
        Kind::Plain => "#0b7285",
        Kind::Handshake => "#5f3dc4",
        Kind::Data => "#2b8a3e",
        Kind::Alert => "#c92a2a",
        Kind::Raw => "#a05a00",
    }
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

/// Text as XML takes it (XML 1.0, sections 2.2 and 2.4): marks are written as references, and characters that XML
/// doesn't know are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
