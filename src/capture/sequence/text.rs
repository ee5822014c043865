//! A ladder as plain text, for a monospaced font.

use std::io::{self, Write};

use crate::capture::sequence::{Ladder, Row, words};
use crate::capture::{Capture, Side, What};
use crate::text;

/// Characters between the two life lines.
const WIDTH: usize = 64;
/// Characters of a label between them.
const LABEL: usize = WIDTH - 4;
/// Characters of a row's detail.
const DETAIL: usize = 72;

/// The whole ladder.
#[must_use]
pub fn text(ladder: &Ladder, capture: &Capture) -> String {
    let mut out = Vec::new();
    // A vector takes everything.
    let _ = write(ladder, capture, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes the ladder row by row.
///
/// # Errors
/// Those of `out`.
pub fn write(ladder: &Ladder, capture: &Capture, out: &mut impl Write) -> io::Result<()> {
    let info = ladder.info();
    writeln!(
        out,
        "Connection {} from {}, accepted {} {}",
        info.client.id,
        info.client.peer,
        text::date(info.since),
        text::clock(info.since)
    )?;
    if let Some(verdict) = ladder.verdict() {
        writeln!(out, "{verdict}")?;
    }
    writeln!(out)?;
    writeln!(out, "{:>7} {:>13} {:>10}  {:<WIDTH$}Server", "row", "time", "gap", "Client")?;
    for (index, row) in ladder.rows().iter().enumerate() {
        if index + 1 == ladder.rows().len() && info.closed {
            write_more(ladder, out)?;
        }
        write_row(ladder, row, capture, out)?;
    }
    if !info.closed {
        write_more(ladder, out)?;
    }
    Ok(())
}

fn write_more(ladder: &Ladder, out: &mut impl Write) -> io::Result<()> {
    match words::not_recorded(ladder.more()) {
        Some(more) => writeln!(out, "{:>33}│{more:^WIDTH$}│", ""),
        None => Ok(()),
    }
}

fn write_row(ladder: &Ladder, row: &Row, capture: &Capture, out: &mut impl Write) -> io::Result<()> {
    let words::Label { on_wire: label, inside } = words::parts(row);
    let between = match row.arrow() {
        Some(side) => arrow(&label, side),
        // What never was on the wire stands at the server's end.
        None if row.mark.what == What::Broken => format!("{:╌^WIDTH$}", format!(" {label} ")),
        None => {
            let call = words::call(row).unwrap_or_default();
            format!("{:>WIDTH$}", format!("{call} {label} "))
        }
    };
    let mut detail = words::detail(row, capture, DETAIL);
    if label.chars().count() > LABEL {
        detail = format!("{detail} · {label}");
    }
    if let Some(inside) = inside {
        detail = format!("{detail} · encrypted: {inside}");
    }
    if let Some(beside) = words::beside(ladder, row) {
        detail = format!("{detail} · {beside}");
    }
    let (number, time, gap) = (row.mark.index + 1, words::time(row), words::gap(row));
    writeln!(out, "{number:>7} {time:>13} {gap:>10}  │{between}│ {detail}")
}

/// `───── label ────►`, or the other way.
fn arrow(label: &str, from: Side) -> String {
    let label = if label.chars().count() > LABEL {
        label.chars().take(LABEL - 1).chain(['…']).collect()
    } else {
        label.to_owned()
    };
    let line = format!("{:─^width$}", format!(" {label} "), width = WIDTH - 1);
    if from == Side::Client { format!("{line}►") } else { format!("◄{line}") }
}
