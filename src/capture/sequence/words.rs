//! A row in words: what stands on its arrow, what stands beside it, and what it means.

pub use crate::capture::sequence::explain::explain;

use crate::capture::sequence::{Ladder, Row, names};
use crate::capture::{Alert, Capture, Carries, Certainty, Ending, Messages, Record, Side, What};
use crate::log::format;
use crate::settings::DataFormat;
use crate::text::{self, with_thousands};
use crate::tls::names::version;

/// How many bytes a preview looks at.
const LOOK: usize = 64;

/// What stands on an arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What anybody on the way sees: `ClientHello`, `6 bytes`, `Application data`, `FIN`.
    pub on_wire: String,
    /// What is in it and encrypted: `Certificate, CertificateVerify, Finished`; `None` where there is nothing hidden, or
    /// nothing to tell of it.
    pub inside: Option<String>,
}

/// What stands on the arrow, in one: `Application data (encrypted: Finished)`.
#[must_use]
pub fn label(row: &Row) -> String {
    let Label { on_wire, inside } = parts(row);
    inside.map_or(on_wire.clone(), |inside| format!("{on_wire} (encrypted: {inside})"))
}

/// What stands on the arrow, and what is inside.
#[must_use]
pub fn parts(row: &Row) -> Label {
    match &row.mark.what {
        What::Record(record) => carried(record),
        _ => Label { on_wire: plain_label(row), inside: None },
    }
}

fn plain_label(row: &Row) -> String {
    let len = u64::from(row.mark.len);
    match &row.mark.what {
        What::Accepted => "connect".to_owned(),
        What::Chunk => count(len, "byte"),
        What::Raw => format!("{}, no TLS record", count(len, "byte")),
        What::Fin => "FIN".to_owned(),
        What::Reset => "RST".to_owned(),
        What::Broken => "connection lost".to_owned(),
        What::Closed(_) => "closed".to_owned(),
        What::Record(record) => carried(record).on_wire,
    }
}

/// The call that took or gave the bytes, where there was one: `recv`, `sendall`, `accept`.
#[must_use]
pub fn call(row: &Row) -> Option<&'static str> {
    Some(match (&row.mark.what, row.mark.side) {
        (What::Accepted, _) => "accept()",
        (What::Chunk | What::Fin, Side::Client) => "recv()",
        (What::Chunk, Side::Server) => "sendall()",
        (What::Fin, Side::Server) => "shutdown()",
        (What::Closed(_), _) => "close()",
        _ => return None,
    })
}

/// What stands beside the row, on one line and at most about `room` characters: the header of a record, the beginning
/// of plain bytes.
#[must_use]
pub fn detail(row: &Row, capture: &Capture, room: usize) -> String {
    match &row.mark.what {
        What::Accepted => format!("from {}", capture.info().client.peer),
        What::Chunk | What::Raw => preview(row, capture, room),
        What::Record(record) => header(record),
        What::Fin if row.mark.side == Side::Client => "recv() returned no bytes".to_owned(),
        What::Fin => "nothing more is sent".to_owned(),
        What::Reset => "the client's system broke the connection off".to_owned(),
        What::Broken => "the system gave the connection up".to_owned(),
        What::Closed(ending) => ending_words(*ending).to_owned(),
    }
}

/// How a row belongs to others: `carries the 6 bytes of recv() in row 9`; `None` where it stands alone. Rows count
/// from 1 here.
#[must_use]
pub fn beside(ladder: &Ladder, row: &Row) -> Option<String> {
    let partners = ladder.partners(row);
    let (first, last) = (*partners.first()? + 1, *partners.last()? + 1);
    let rows = if first == last { format!("row {first}") } else { format!("rows {first} to {last}") };
    Some(match (&row.mark.what, row.mark.side) {
        (What::Chunk, Side::Client) => format!("came in the record of {rows}"),
        (What::Chunk, Side::Server) if partners.len() == 1 => format!("went out in the record of {rows}"),
        (What::Chunk, Side::Server) => format!("went out in {} records, {rows}", partners.len()),
        (_, Side::Client) => format!("brought the plain bytes of {rows}"),
        (_, Side::Server) => format!("carries plain bytes of {rows}"),
    })
}

/// The time since accept to the microsecond: `2.917 ms`, `12.400213 s`.
#[must_use]
pub fn time(row: &Row) -> String {
    let micros = row.mark.at.as_micros();
    if micros < 1_000_000 {
        format!("{}.{:03} ms", micros / 1000, micros % 1000)
    } else {
        format!("{}.{:06} s", with_thousands(row.mark.at.as_secs()), micros % 1_000_000)
    }
}

/// The time since the row before: `+41 µs`; empty for the first.
#[must_use]
pub fn gap(row: &Row) -> String {
    row.gap.map_or_else(String::new, |gap| format!("+{}", text::duration(gap)))
}

/// What is said where marks found no room.
#[must_use]
pub fn not_recorded(more: u64) -> Option<String> {
    (more > 0).then(|| format!("{} more not recorded", with_thousands(more)))
}

/// `type 22 handshake · version 0x0301 · length 512`.
fn header(record: &Record) -> String {
    format!(
        "type {} {} · version 0x{:04x} {} · length {}",
        record.content_type,
        names::content_type(record.content_type),
        record.version,
        version(record.version),
        with_thousands(u64::from(record.length))
    )
}

fn carried(record: &Record) -> Label {
    let title = names::title(record.content_type);
    let with = |what: &str| (format!("{title}, {what}"), None);
    let (on_wire, inside) = match &record.carries {
        Carries::Messages(messages) if record.sealed => (title.to_owned(), Some(list(messages))),
        Carries::Messages(messages) => (list(messages), None),
        Carries::Alert(alert) if record.sealed => {
            let name = alert.description.map_or_else(|| "an alert".to_owned(), names::alert);
            (title.to_owned(), Some(name))
        }
        Carries::Alert(alert) => (format!("{title}: {}", alert_name(*alert)), None),
        Carries::Data { plain } => (title.to_owned(), Some(count(u64::from(*plain), "byte"))),
        Carries::Refused => with("not usable"),
        Carries::Unread => with("not looked at"),
        Carries::Unknown if record.sealed => with("encrypted"),
        Carries::ChangeCipherSpec | Carries::Unknown => (title.to_owned(), None),
    };
    Label { on_wire, inside }
}

fn list(messages: &Messages) -> String {
    let listed = messages.list().iter().map(|message| names::message(*message)).collect::<Vec<_>>();
    let listed = listed.join(", ");
    match messages.certainty {
        _ if messages.inside > 0 && listed.is_empty() => "Handshake, continued".to_owned(),
        _ if messages.inside > 0 => format!("Handshake, continued, {listed}"),
        Certainty::Exact => listed,
        Certainty::BeginsWith => format!("begins with {listed}"),
        Certainty::EndsWith => format!("ends with {listed}"),
        Certainty::SomeOf => format!("some of {listed}"),
        Certainty::Probably => format!("probably {listed}"),
    }
}

fn alert_name(alert: Alert) -> String {
    let name = alert.description.map_or_else(|| "alert".to_owned(), names::alert);
    match alert.level {
        Some(level) if !alert.is_close_notify() => format!("{name} ({})", names::level(level)),
        _ => name,
    }
}

fn preview(row: &Row, capture: &Capture, room: usize) -> String {
    let bytes = capture.bytes_cut(&row.mark, LOOK);
    if bytes.is_empty() {
        return "the bytes were not kept".to_owned();
    }
    let (mut text, cut) = format::truncated_data(&bytes, DataFormat::Python, room);
    if !cut && bytes.len() < row.mark.len as usize {
        text.push(format::ELLIPSIS);
    }
    text
}

fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::EndOfStream => "end of stream",
        Ending::WithoutCloseNotify => "end without close_notify",
        Ending::Lost => "the connection broke",
        Ending::Idle => "idle for too long",
        Ending::Stopped => "the server was stopped",
        Ending::Disconnected => "Disconnect was pressed",
        Ending::Tls => "TLS failed",
        Ending::Panicked => "a fault in Echoscope",
    }
}

pub(super) fn count(count: u64, what: &str) -> String {
    format!("{} {what}{}", with_thousands(count), if count == 1 { "" } else { "s" })
}
