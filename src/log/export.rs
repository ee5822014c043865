//! Writes the log to a file.

use std::io::{self, Write};

use crate::log::{LogEntry, json, line};
use crate::settings::DataFormat;
use crate::text;

/// Writes entries as the window shows them, one on each line: local date and time, the client, the log line.
///
/// `2026-11-22 12:03:05.482  #1    Received: b'Hello\n'`
///
/// # Errors
/// Returns the errors of `out`.
pub fn write_text<'a>(
    entries: impl IntoIterator<Item = &'a LogEntry>,
    format: DataFormat,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    for LogEntry { event, .. } in entries {
        text.clear();
        let client = event.client.map_or_else(String::new, |client| client.id.to_string());
        write!(text, "{} {}  {client:<4}  ", text::date(event.at), text::clock(event.at))?;
        line::append_line(&mut text, event, format);
        text.push(b'\n');
        out.write_all(&text)?;
    }
    Ok(())
}

/// Writes entries as JSON, one object on each line; [`json`] describes the fields.
///
/// # Errors
/// Returns the errors of `out`.
pub fn write_json_lines<'a>(
    entries: impl IntoIterator<Item = &'a LogEntry>,
    out: &mut impl Write,
) -> io::Result<()> {
    for entry in entries {
        writeln!(out, "{}", json::json_line(&entry.event))?;
    }
    Ok(())
}
