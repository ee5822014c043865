//! A sequence diagram as plain text, for a monospaced font.

use std::io::{self, Write};

use crate::capture::sequence::diagram::{Row, Sequence};
use crate::capture::sequence::row_text;
use crate::capture::{CaptureEventKind, Side};
use crate::text;

/// The number of characters between the two lifelines.
const WIDTH: usize = 64;
/// The maximum length of a label between them.
const MAX_LABEL: usize = WIDTH - 5;
/// The maximum length of a row's detail.
const MAX_DETAIL: usize = 72;

/// Writes the diagram row by row.
pub(super) fn write(sequence: &Sequence, out: &mut impl Write) -> io::Result<()> {
    let info = sequence.info();
    let (date, clock) = (text::date(info.since), text::clock(info.since));
    writeln!(out, "Connection {} from {}, accepted {date} {clock}", info.client.id, info.client.peer)?;
    if let Some(summary) = sequence.close_summary() {
        writeln!(out, "{summary}")?;
    }
    writeln!(out, "\n{:>7} {:>13} {:>10}  {:<WIDTH$}Server", "row", "time", "gap", "Client")?;
    for row in sequence.rows_with_gap() {
        if let Some(row) = row {
            write_row(sequence, row, out)?;
        } else {
            let missing = row_text::not_stored(sequence).unwrap_or_default();
            writeln!(out, "{:>33}│{missing:^WIDTH$}│", "")?;
        }
    }
    Ok(())
}

fn write_row(sequence: &Sequence, row: &Row, out: &mut impl Write) -> io::Result<()> {
    let row_text::RowLabel { on_wire: label, encrypted } = row_text::label_parts(row);
    let short_label = text::truncate(label.chars(), MAX_LABEL);
    let line = format!(" {short_label} ");
    let between = match row.sender() {
        Some(Side::Client) => format!("{line:─^width$}►", width = WIDTH - 1),
        Some(Side::Server) => format!("◄{line:─^width$}", width = WIDTH - 1),
        None if row.event.kind == CaptureEventKind::ConnectionLost => format!("{line:╌^WIDTH$}"),
        // It wasn't on the wire, so it is written at the server's lifeline.
        None => format!("{line:>WIDTH$}"),
    };
    let details = [
        Some(row_text::detail(row, sequence, MAX_DETAIL)),
        (short_label != label).then_some(label),
        encrypted.map(|content| format!("encrypted: {content}")),
        row_text::related_rows(row),
    ];
    let details = details.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let (number, time, gap) = (row.event.index + 1, row_text::time(row), row_text::gap(row));
    writeln!(out, "{number:>7} {time:>13} {gap:>10}  │{between}│ {details}")
}
