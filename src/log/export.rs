//! Writing entries to a file or to the clipboard.

use std::io::{self, Write};

use crate::log::{Entry, json, line};
use crate::settings::DataFormat;
use crate::text;

/// Writes entries as a reader sees them, one a line: local date and time, the client, the log line.
///
/// `2026-11-22 12:03:05.482  #1    Received: b'Hello\n'`
///
/// # Errors
/// Those of `out`.
pub fn write_text<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    format: DataFormat,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    for Entry { event, .. } in entries {
        text.clear();
        let client = event.client.map_or_else(String::new, |client| client.id.to_string());
        write!(text, "{} {}  {client:<4}  ", text::date(event.at), text::clock(event.at))?;
        line::line_into(&mut text, event, format);
        text.push(b'\n');
        out.write_all(&text)?;
    }
    Ok(())
}

/// Writes entries as JSON, one object a line; [`json`] has the fields.
///
/// # Errors
/// Those of `out`.
pub fn write_json_lines<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    out: &mut impl Write,
) -> io::Result<()> {
    for entry in entries {
        writeln!(out, "{}", json::line(&entry.event))?;
    }
    Ok(())
}
