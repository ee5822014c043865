//! How a row's arrow is drawn: the line and the head tell what it is before its words do.

use egui::{Color32, Painter, Pos2, Shape, Stroke, pos2};

use crate::capture::sequence::{Kind, Row};
use crate::capture::{Side, What};
use crate::ui::theme::Palette;

/// The line of an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Bytes as they are, and what TCP itself says.
    Single,
    /// A TLS record: an envelope around what it carries.
    Double,
    /// What is not what it should be.
    Dashed,
}

/// The tip of an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Something is delivered.
    Filled,
    /// The connection begins.
    Open,
    /// FIN: nothing more comes this way.
    Bar,
    /// `close_notify`: TLS's own goodbye.
    Hollow,
    /// RST, or a connection that is lost.
    Cross,
    /// An alert.
    Diamond,
}

/// The colour of a row; its words tell the same.
pub(in crate::ui) fn ink(palette: &Palette, kind: Kind) -> Color32 {
    match kind {
        Kind::Connect | Kind::End => palette.text,
        Kind::Plain => palette.accent,
        Kind::Handshake => palette.handshake,
        Kind::Data => palette.record,
        Kind::Alert => palette.problem,
        Kind::Raw => palette.caution,
    }
}

fn style(row: &Row) -> (Line, Head) {
    let line = match &row.mark.what {
        What::Record(_) => Line::Double,
        What::Raw | What::Broken => Line::Dashed,
        _ => Line::Single,
    };
    let head = match (&row.mark.what, row.kind()) {
        (What::Accepted, _) => Head::Open,
        (What::Fin, _) => Head::Bar,
        (What::Reset | What::Broken, _) => Head::Cross,
        (What::Record(_), Kind::End) => Head::Hollow,
        (_, Kind::Alert) => Head::Diamond,
        _ => Head::Filled,
    };
    (line, head)
}

/// Half the height of a head, and its length.
const HALF: f32 = 5.0;
const LENGTH: f32 = 10.0;

/// Draws the arrow of a row between the life lines at this height.
pub(in crate::ui) fn paint(painter: &Painter, row: &Row, (client, server): (f32, f32), y: f32, ink: Color32) {
    let (line, head) = style(row);
    let from = row.arrow().unwrap_or(Side::Client);
    let (start, end) = if from == Side::Client { (client, server) } else { (server, client) };
    // Into the arrow from its tip.
    let back = (start - end).signum();
    let tip = end + back;
    let neck = tip + back * LENGTH;
    let thin = Stroke::new(1.5, ink);
    let to = if matches!(head, Head::Open | Head::Bar) { tip } else { neck };
    match line {
        Line::Single => drop(painter.line_segment([pos2(start, y), pos2(to, y)], thin)),
        Line::Double => {
            for offset in [-1.5, 1.5] {
                painter.line_segment([pos2(start, y + offset), pos2(to, y + offset)], Stroke::new(1.0, ink));
            }
        }
        Line::Dashed => {
            painter.extend(Shape::dashed_line(&[pos2(start, y), pos2(to, y)], thin, 6.0, 4.0));
        }
    }
    let wedge = |tip: f32| {
        vec![pos2(tip, y), pos2(tip + back * LENGTH, y - HALF), pos2(tip + back * LENGTH, y + HALF)]
    };
    let filled = |points: Vec<Pos2>| painter.add(Shape::convex_polygon(points, ink, Stroke::NONE));
    let stroke = |from: (f32, f32), to: (f32, f32)| {
        painter
            .line_segment([pos2(tip + back * from.0, y + from.1), pos2(tip + back * to.0, y + to.1)], thin);
    };
    match head {
        Head::Filled => drop(filled(wedge(tip))),
        Head::Open => {
            stroke((LENGTH, -HALF), (0.0, 0.0));
            stroke((0.0, 0.0), (LENGTH, HALF));
        }
        Head::Bar => {
            filled(wedge(tip + back * 3.0));
            painter
                .line_segment([pos2(tip + back, y - 7.0), pos2(tip + back, y + 7.0)], Stroke::new(2.5, ink));
        }
        Head::Hollow => drop(painter.add(Shape::closed_line(wedge(tip), thin))),
        Head::Cross => {
            stroke((LENGTH, -HALF), (0.0, HALF));
            stroke((LENGTH, HALF), (0.0, -HALF));
        }
        Head::Diamond => {
            let at = |x: f32, dy: f32| pos2(tip + back * x, y + dy);
            filled(vec![at(0.0, 0.0), at(6.0, -6.0), at(12.0, 0.0), at(6.0, 6.0)]);
        }
    }
}
