//! Log entries as JSON, one object on each line: `--log-format json` prints them and *Save* writes them. Scripts depend
//! on the format: fields may be added, but never renamed or removed.
//!
//! Every object has
//! - `time`: RFC 3339, UTC, always with six decimals: `"2026-11-22T12:03:05.482017Z"`
//! - `event`: one of the words below
//!
//! and, if it is about a client,
//! - `id`: the client's number, from 1
//! - `peer`: its address and port, `"127.0.0.1:49743"` or `"[::1]:49751"`
//!
//! | `event` | more fields |
//! |---|---|
//! | `starting` | `port` |
//! | `listening` | `addresses`: array of strings as `peer`; `tls`: boolean |
//! | `not_listening` | `address`: string as `peer`; `text`: what happened and what to do; `raw`: the OS's message |
//! | `start_failed` | `text`; `raw` or absent |
//! | `opened` | |
//! | `handshake` | `version`, `cipher_suite`: strings; `group`, `signature_scheme`, `server_name`, `alpn`: strings or absent; `handshake`: `"full"`, `"full_with_retry"` or `"resumed"`; `seconds`; `client_certificate`: absent or an object with `subject`, `issuer` and `sha256`, the fingerprint as openssl prints it; `offer`: see below, or absent |
//! | `received` | `len`: bytes received; `encoding`: `"text"` if the bytes are UTF-8, else `"base64"` (RFC 4648, section 4, padded); `data`: string in that encoding; `echoed`: bytes sent back; `seconds`: from recv to sent |
//! | `closed` | `reason`: `"end_of_stream"`, `"end_without_close_notify"`, `"lost"`, `"idle"`, `"server_stopped"`, `"disconnected"`, `"tls"` or `"panicked"`; `received`, `sent`: bytes; `seconds`: from accept to close; `raw` or absent |
//! | `problem` | `problem`: `"out_of_files"`, `"out_of_threads"`, `"recovered"`, `"max_clients"`, `"accept"`, `"not_tls"`, `"tls_on_plain"`, `"tls"`, `"handshake_timeout"` or `"panicked"`; `text`; `raw` or absent; `offer`: see below, or absent: only with `"tls"` |
//! | `accept_paused`, `accept_resumed` | |
//! | `stopping`, `stopped` | |
//! | `not_shown` | `count`: entries that are not in the log |
//! | `note` | `text`; `problem`: boolean |
//!
//! `offer` is what the client's first ClientHello offers: an object with `versions`, `cipher_suites`, `groups`, `key_shares`,
//! `signature_schemes`, `alpn`: arrays of strings in the client's order; `server_name`: string or absent. Names are those
//! of the IANA registries; a number without a name is written as `"0xeeee"`, one of RFC 8701's as `"0x0a0a (GREASE)"`.
//!
//! `seconds` is a number with up to nine decimals. `text` is English for people and may change.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::log::explanation::raw;
use crate::log::line::line;
use crate::server::event::{CloseReason, Event, EventKind, Problem};
use crate::settings::DataFormat;
use crate::text;
use crate::tls::client_hello::ClientHello;
use crate::tls::handshake::{Handshake, HandshakeKind};
use crate::tls::names;

/// Returns an event as one JSON object, without a line break.
#[must_use]
pub fn json_line(event: &Event) -> String {
    let (keyword, own_fields) = fields(event);
    let mut all: Fields = vec![("time", json!(text::rfc3339(event.at))), ("event", json!(keyword))];
    if let Some(client) = event.client {
        all.extend([("id", json!(client.id.0)), ("peer", json!(client.peer.to_string()))]);
    }
    all.extend(own_fields);
    // serde_json's map would sort the fields; for a human reader, time and event come first.
    let mut out = String::from("{");
    for (name, value) in all.iter().filter(|(_, value)| !value.is_null()) {
        let comma = if out.len() > 1 { "," } else { "" };
        let _ = write!(out, "{comma}\"{name}\":{value}");
    }
    out.push('}');
    out
}

type Fields = Vec<(&'static str, Value)>;

/// Returns the keyword of an event, and the fields that only this kind of event has. Fields that are null are left out.
fn fields(event: &Event) -> (&'static str, Fields) {
    match &event.kind {
        EventKind::Starting { port } => ("starting", vec![("port", json!(port))]),
        EventKind::Listening { addresses, tls } => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            ("listening", vec![("addresses", json!(addresses)), ("tls", json!(tls))])
        }
        EventKind::NotListening(error) => {
            let address = ("address", json!(error.address.to_string()));
            ("not_listening", vec![address, ("text", json!(error.to_string())), ("raw", json!(raw(event)))])
        }
        EventKind::StartFailed(error) => {
            ("start_failed", vec![("text", json!(error.to_string())), ("raw", json!(raw(event)))])
        }
        EventKind::Opened => ("opened", Vec::new()),
        EventKind::Handshake(done) => ("handshake", handshake(done)),
        EventKind::Received { data, echoed, took } => {
            let (encoding, text) = match std::str::from_utf8(data) {
                Ok(text) => ("text", text.to_owned()),
                Err(_) => ("base64", BASE64_STANDARD.encode(data)),
            };
            let fields = vec![
                ("len", json!(data.len())),
                ("encoding", json!(encoding)),
                ("data", Value::String(text)),
                ("echoed", json!(echoed)),
                ("seconds", json!(took.as_secs_f64())),
            ];
            ("received", fields)
        }
        EventKind::Closed(closed) => {
            let fields = vec![
                ("reason", json!(close_reason(&closed.reason))),
                ("received", json!(closed.received)),
                ("sent", json!(closed.sent)),
                ("seconds", json!(closed.lasted.as_secs_f64())),
                ("raw", json!(raw(event))),
            ];
            ("closed", fields)
        }
        EventKind::Problem(problem) => {
            let (keyword, offered) = self::problem(problem);
            let fields = vec![
                ("problem", json!(keyword)),
                ("text", json!(line(event, DataFormat::Python))),
                ("raw", json!(raw(event))),
                ("offer", offered.map_or(Value::Null, offer)),
            ];
            ("problem", fields)
        }
        EventKind::AcceptPaused => ("accept_paused", Vec::new()),
        EventKind::AcceptResumed => ("accept_resumed", Vec::new()),
        EventKind::Stopping => ("stopping", Vec::new()),
        EventKind::Stopped => ("stopped", Vec::new()),
        EventKind::NotShown { count } => ("not_shown", vec![("count", json!(count))]),
        EventKind::Note { text, problem } => {
            ("note", vec![("text", json!(text)), ("problem", json!(problem))])
        }
    }
}

fn handshake(done: &Handshake) -> Fields {
    let kind = match done.kind {
        HandshakeKind::Full => "full",
        HandshakeKind::FullWithRetry => "full_with_retry",
        HandshakeKind::Resumed => "resumed",
    };
    let certificate = done
        .client_certificate
        .as_ref()
        .map(|shown| json!({ "subject": shown.subject, "issuer": shown.issuer, "sha256": shown.sha256 }));
    vec![
        ("version", json!(done.version)),
        ("cipher_suite", json!(done.cipher_suite)),
        ("group", json!(done.group)),
        ("server_name", json!(done.server_name)),
        ("alpn", json!(done.alpn)),
        ("handshake", json!(kind)),
        ("seconds", json!(done.took.as_secs_f64())),
        ("signature_scheme", json!(done.signature_scheme)),
        ("client_certificate", json!(certificate)),
        ("offer", done.client_hello.as_deref().map_or(Value::Null, offer)),
    ]
}

fn offer(offer: &ClientHello) -> Value {
    let named =
        |codes: &[u16], name: fn(u16) -> String| codes.iter().map(|code| name(*code)).collect::<Vec<_>>();
    let mut object = json!({
        "versions": named(&offer.versions, names::version),
        "cipher_suites": named(&offer.cipher_suites, names::suite),
        "groups": named(&offer.groups, names::group),
        "key_shares": named(&offer.key_shares, names::group),
        "signature_schemes": named(&offer.signature_schemes, names::scheme),
        "alpn": offer.alpn,
    });
    if let Some(name) = &offer.server_name {
        object["server_name"] = json!(name);
    }
    object
}

fn close_reason(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::EndOfStream => "end_of_stream",
        CloseReason::EndWithoutCloseNotify => "end_without_close_notify",
        CloseReason::Lost { .. } => "lost",
        CloseReason::Idle => "idle",
        CloseReason::ServerStopped => "server_stopped",
        CloseReason::Disconnected => "disconnected",
        CloseReason::Tls => "tls",
        CloseReason::Panicked => "panicked",
    }
}

/// Returns the keyword of a problem, and what the client had offered in a failed handshake.
fn problem(problem: &Problem) -> (&'static str, Option<&ClientHello>) {
    let keyword = match problem {
        Problem::OutOfFiles { .. } => "out_of_files",
        Problem::OutOfThreads { .. } => "out_of_threads",
        Problem::Recovered => "recovered",
        Problem::MaxClients { .. } => "max_clients",
        Problem::Accept { .. } => "accept",
        Problem::NotTls { .. } => "not_tls",
        Problem::TlsOnPlain => "tls_on_plain",
        Problem::Tls(error) => return ("tls", error.client_hello.as_deref()),
        Problem::HandshakeTimeout { .. } => "handshake_timeout",
        Problem::Panicked { .. } => "panicked",
    };
    (keyword, None)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::test_events::{closed, event, handshake, problem, received, tls_failed};

    #[test]
    fn lines_match_the_documentation() {
        let start = r#"{"time":"2026-11-22T12:03:05.482017Z","event":"#;
        let one = r#""id":1,"peer":"127.0.0.1:49743""#;
        for (event, rest) in [
            (event(None, EventKind::Starting { port: 12345 }), r#""starting","port":12345}"#.to_owned()),
            (event(None, EventKind::AcceptPaused), r#""accept_paused"}"#.to_owned()),
            (
                received(1, "H\u{e9}\n".as_bytes()),
                format!(
                    r#""received",{one},"len":4,"encoding":"text","data":"Hé\n","echoed":4,"seconds":0.000041}}"#
                ),
            ),
            (
                received(1, b"\xff\x00"),
                format!(
                    r#""received",{one},"len":2,"encoding":"base64","data":"/wA=","echoed":2,"seconds":0.000041}}"#
                ),
            ),
            (
                closed(CloseReason::Lost { raw: "reset".to_owned() }),
                format!(
                    r#""closed",{one},"reason":"lost","received":78,"sent":7,"seconds":1.234,"raw":"reset"}}"#
                ),
            ),
        ] {
            let line = json_line(&event);
            assert_eq!(line, format!("{start}{rest}"));
            serde_json::from_str::<Value>(&line).unwrap();
        }
        let parsed: Value = serde_json::from_str(&json_line(&handshake(HandshakeKind::Resumed))).unwrap();
        assert_eq!((&parsed["handshake"], parsed.get("alpn")), (&json!("resumed"), None));
        assert_eq!(parsed["client_certificate"]["subject"], "CN=alice");
        assert_eq!(parsed["offer"]["versions"], json!(["0x0a0a (GREASE)", "TLS 1.3", "TLS 1.2"]));
        assert_eq!(parsed["offer"]["cipher_suites"], json!(["TLS_AES_256_GCM_SHA384", "0xeeee"]));
        let failed = tls_failed(Some(Arc::new(crate::log::test_events::offer())));
        let parsed: Value = serde_json::from_str(&json_line(&problem(failed))).unwrap();
        assert_eq!(parsed["offer"]["groups"], json!(["X25519MLKEM768", "x25519"]));
        let parsed: Value =
            serde_json::from_str(&json_line(&problem(Problem::MaxClients { limit: 7 }))).unwrap();
        assert_eq!((&parsed["problem"], &parsed["id"]), (&json!("max_clients"), &json!(2)));
    }
}
