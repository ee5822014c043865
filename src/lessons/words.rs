//! What a step waits for, in a few words.

use crate::lessons::condition::{Condition, Data, Is, Reason, Seen};
use crate::lessons::read::listed;
use crate::lessons::setting_override::SettingOverride;
use crate::text::with_thousands;

/// A condition in a few words, as they stand after a tick: `3 clients accepted`.
pub(super) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Is(is) => state(is),
        Condition::Seen { what, at_least, .. } => seen(what, *at_least),
    }
}

fn state(is: &Is) -> String {
    match is {
        Is::Listening(choices) if choices.is_empty() => "The server listens".to_owned(),
        Is::Listening(choices) => format!("The server listens: {}", all(choices)),
        Is::Stopped => "The server is stopped".to_owned(),
        Is::Settings(choices) => format!("The form says: {}", all(choices)),
        Is::Connected { at_most: Some(0), .. } => "Nobody is connected".to_owned(),
        Is::Connected { at_least, at_most: None } => format!("{} connected", number(*at_least, "client")),
        Is::Connected { at_least: 0, at_most: Some(most) } => {
            format!("At most {} connected", number(*most, "client"))
        }
        Is::Connected { at_least, at_most: Some(most) } => {
            format!("{} to {} connected", with_thousands(*at_least), number(*most, "client"))
        }
        Is::Waiting(1) => "1 client waits in the accept queue".to_owned(),
        Is::Waiting(count) => format!("{} clients wait in the accept queue", with_thousands(*count)),
        Is::Certificate => "A certificate and its key are chosen".to_owned(),
        Is::Paused => "Accepting is paused".to_owned(),
        Is::Stepping => "The server goes step by step".to_owned(),
        Is::Halted(None) => "The server has halted before a call".to_owned(),
        Is::Halted(Some(call)) => format!("The server has halted before {}", call.label()),
    }
}

fn seen(what: &Seen, at_least: u64) -> String {
    let times = |words: &str| {
        if at_least == 1 { words.to_owned() } else { format!("{words}, {} times", with_thousands(at_least)) }
    };
    match what {
        Seen::Started => times("The server came to listen"),
        Seen::Stopped => times("The server came to its end"),
        Seen::Accepted => format!("{} accepted", number(at_least, "client")),
        Seen::Received(data) => times(&format!("recv() returned {}", returned(data))),
        Seen::Bytes(data) if *data == Data::default() => {
            format!("recv() returned {} in all", number(at_least, "byte"))
        }
        Seen::Bytes(data) => {
            format!("recv() returned {}: {} in all", returned(data), number(at_least, "byte"))
        }
        Seen::Stream(wanted) => times(&format!("The stream of one client has {} in it", quoted(wanted))),
        Seen::Echo => times("The Client tab got back what it sent"),
        Seen::HalfClosed => times("The Client tab said end of stream, and reads on"),
        Seen::Closed(reasons) if reasons.is_empty() => format!("{} closed", number(at_least, "connection")),
        Seen::Closed(reasons) => {
            let why = listed(reasons.iter().map(|reason| reason_words(*reason)));
            format!("{} {why}", number(at_least, "connection"))
        }
        Seen::Handshake { version, resumed } => {
            let kind = match resumed {
                Some(true) => "A session resumed",
                Some(false) => "A full handshake done",
                None => "A handshake done",
            };
            times(&format!("{kind} with {}", version.unwrap_or("TLS")))
        }
        Seen::TlsFailed(alerts) if alerts.is_empty() => times("A TLS handshake failed"),
        Seen::TlsFailed(alerts) => {
            times(&format!("A client refused with the alert {}", listed(alerts.iter().copied())))
        }
        Seen::NotTls => times("A client without TLS came to the TLS server"),
        Seen::TlsOnPlain => times("A client with TLS came to the plain server"),
        Seen::CertificateCreated => times("A certificate was created here"),
        Seen::Opened(place) => times(&format!("You opened {}", place.label())),
    }
}

fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::EndOfStream => "closed by the client",
        Reason::WithoutCloseNotify => "ended without close_notify",
        Reason::Lost => "reset by the client (RST)",
        Reason::Disconnected => "disconnected by you",
        Reason::Idle => "closed as idle",
        Reason::Tls => "closed because TLS failed",
        Reason::ServerStopped => "closed by the stop of the server",
    }
}

fn returned(data: &Data) -> String {
    let mut words = match (&data.equals, &data.contains) {
        (Some(equals), _) => quoted(equals),
        (None, Some(part)) => format!("something with {} in it", quoted(part)),
        (None, None) => "something".to_owned(),
    };
    if let Some(length) = data.length {
        words = match words.as_str() {
            "something" => number(length, "byte"),
            _ => format!("{words}, {}", number(length, "byte")),
        };
    }
    words
}

/// Text in quotes; bytes that are none as hexadecimal digits.
fn quoted(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("“{}”", text.escape_debug()),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// `1 client`, `2 clients`.
fn number(count: u64, what: &str) -> String {
    format!("{} {what}{}", with_thousands(count), if count == 1 { "" } else { "s" })
}

fn all(choices: &[SettingOverride]) -> String {
    choices.iter().map(SettingOverride::words).collect::<Vec<_>>().join(", ")
}
