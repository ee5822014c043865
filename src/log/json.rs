//! Log entries as JSON, one object on each line: `--log-format json` prints them and *Save* writes them. Scripts depend
//! on the format: fields may be added, but never renamed or removed.
//!
//! Every object has
//! - `time`: RFC 3339, UTC, always with six decimals: `"2026-11-22T12:03:05.482017Z"`
//! - `event`: one of the names below
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
//! | `closed` | `reason`: `"end_of_stream"`, `"end_without_close_notify"`, `"lost"`, `"idle"`, `"server_stopped"`, `"disconnected"`, `"handshake_limit"`, `"tls"` or `"panicked"`; `received`, `sent`: bytes; `seconds`: from accept to close; `raw` or absent |
//! | `problem` | `problem`: `"out_of_files"`, `"out_of_threads"`, `"recovered"`, `"max_clients"`, `"accept"`, `"not_tls"`, `"tls_on_plain"`, `"tls"`, `"handshake_timeout"` or `"panicked"`; `text`; `raw` or absent; `offer`: see below, or absent: only with `"tls"`; `limit`, `idle_timeout`: clients, and seconds or absent: only with `"max_clients"`; `protocol`: `"http"`, `"ssl2"`, `"dtls"` or `"unknown"`: only with `"not_tls"` |
//! | `accept_paused`, `accept_resumed` | |
//! | `stopping`, `stopped` | |
//! | `not_shown` | `count`: entries that are not in the log |
//! | `note` | `text`; `problem`: boolean |
//!
//! `offer` is what the client's first ClientHello offers: an object with `versions`, `cipher_suites`, `groups`,
//! `key_shares`, `signature_schemes`, `alpn`: arrays of strings in the client's order; `server_name`: string or absent;
//! `early_data`: true or absent; `left_out`: the number of entries that long lists leave out, or absent.
//! Names are those of the IANA registries; a number without a name is written as `"0xeeee"`, one of RFC 8701's as
//! `"0x0a0a (GREASE)"`.
//!
//! `seconds` is a number with up to nine decimals. `text` is English for people and may change.
//!
//! In strings, control, format, bidi and zero-width characters and separators of lines are escaped (`\u202e`), so that a
//! terminal shows them and every tool splits the lines in the same way.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Value, json};

use crate::log::explanation::{describe, describe_problem, raw};
use crate::log::line::line;
use crate::server::event::{Event, EventKind, Problem};
use crate::settings::DataFormat;
use crate::text::{self, is_bidi_or_control};
use crate::tls::client_hello::ClientHello;
use crate::tls::names;

/// Returns an event as one JSON object, without a line break.
#[must_use]
pub fn json_line(event: &Event) -> String {
    let mut object = json!({
        "time": text::rfc3339(event.at),
        "event": describe(&event.kind).0,
        "id": event.client.map(|client| client.id.0),
        "peer": event.client.map(|client| client.peer.to_string()),
    });
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields(event)) {
        object.extend(fields);
    }
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, EscapingFormatter);
    // Writing to a `Vec` can't fail.
    let _ = without_nulls(object).serialize(&mut serializer);
    String::from_utf8_lossy(&line).into_owned()
}

/// Returns whether a character can't be seen as it is. The variation selectors are a part of some emoji.
fn needs_escape(character: char) -> bool {
    is_bidi_or_control(character) || matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// Writes compact JSON, with an escape sequence for each character that [`needs_escape`] (RFC 8259, section 7).
struct EscapingFormatter;

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly every string is plain ASCII, for which this check is much faster.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((start, character)) =
            rest.char_indices().find(|(_, character)| needs_escape(*character))
        {
            writer.write_all(&rest.as_bytes()[..start])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[start + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

/// Returns an object with the fields that only this kind of event has.
fn fields(event: &Event) -> Value {
    match &event.kind {
        EventKind::Starting { port } => json!({ "port": port }),
        EventKind::Listening { addresses, tls } => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            json!({ "addresses": addresses, "tls": tls })
        }
        EventKind::NotListening(error) => {
            json!({ "address": error.address.to_string(), "text": error.to_string(), "raw": raw(event) })
        }
        EventKind::StartFailed(error) => json!({ "text": error.to_string(), "raw": raw(event) }),
        EventKind::Handshake(handshake) => json!({
            "version": handshake.version,
            "cipher_suite": handshake.cipher_suite,
            "group": handshake.group,
            "server_name": handshake.server_name,
            "alpn": handshake.alpn,
            "handshake": handshake.kind,
            "seconds": handshake.took.as_secs_f64(),
            "signature_scheme": handshake.signature_scheme,
            "client_certificate": handshake.client_certificate,
            "offer": handshake.client_hello.as_deref().map(offer),
        }),
        EventKind::Received { data, echoed, took } => {
            let (encoding, text) = match std::str::from_utf8(data) {
                Ok(text) => ("text", text.to_owned()),
                Err(_) => ("base64", BASE64_STANDARD.encode(data)),
            };
            json!({
                "len": data.len(),
                "encoding": encoding,
                "data": text,
                "echoed": echoed,
                "seconds": took.as_secs_f64(),
            })
        }
        EventKind::Closed(closed) => json!({
            "reason": closed.reason,
            "received": closed.received,
            "sent": closed.sent,
            "seconds": closed.lasted.as_secs_f64(),
            "raw": closed.raw,
        }),
        EventKind::Problem(problem) => {
            let hello = match problem {
                Problem::Tls(error) => error.client_hello.as_deref(),
                _ => None,
            };
            let protocol = if let Problem::NotTls { protocol, .. } = problem { Some(protocol) } else { None };
            let (limit, idle_timeout) = match problem {
                Problem::MaxClients { limit, idle_timeout } => {
                    (Some(limit), idle_timeout.map(|time| time.as_secs()))
                }
                _ => (None, None),
            };
            json!({
                "limit": limit,
                "idle_timeout": idle_timeout,
                "problem": describe_problem(problem).0,
                "protocol": protocol,
                "text": line(event, DataFormat::Python),
                "raw": raw(event),
                "offer": hello.map(offer),
            })
        }
        EventKind::NotShown { count } => json!({ "count": count }),
        EventKind::Note { text, problem } => json!({ "text": text, "problem": problem }),
        _ => json!({}),
    }
}

fn offer(hello: &ClientHello) -> Value {
    let named =
        |codes: &[u16], name: fn(u16) -> String| codes.iter().map(|code| name(*code)).collect::<Vec<_>>();
    without_nulls(json!({
        "alpn": hello.alpn,
        "early_data": hello.early_data.then_some(true),
        "cipher_suites": named(&hello.cipher_suites, names::suite),
        "groups": named(&hello.groups, names::group),
        "key_shares": named(&hello.key_shares, names::group),
        "left_out": (hello.left_out > 0).then_some(hello.left_out),
        "server_name": hello.server_name,
        "signature_schemes": named(&hello.signature_schemes, names::scheme),
        "versions": named(&hello.versions, names::version),
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::events_for_tests::{closed, event, handshake, problem, received, tls_failed};
    use crate::server::event::CloseReason;
    use crate::tls::handshake::HandshakeKind;

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
                closed(CloseReason::Lost),
                format!(
                    r#""closed",{one},"reason":"lost","received":78,"sent":7,"seconds":1.234,"raw":"reset"}}"#
                ),
            ),
        ] {
            let line = json_line(&event);
            assert_eq!(line, format!("{start}{rest}"));
            serde_json::from_str::<Value>(&line).unwrap();
        }
        let resumed = json_line(&handshake(HandshakeKind::Resumed));
        let names = [
            r#""handshake",{one},"version":"TLS 1.3","cipher_suite":"TLS_AES_256_GCM_SHA384","#,
            r#""group":"X25519MLKEM768","server_name":"localhost","handshake":"resumed","seconds":0.0029,"#,
            r#""client_certificate":{"issuer":"CN=Practice CA","sha256":"0A:FF","subject":"CN=alice"},"#,
            r#""offer":{"alpn":["h2"],"cipher_suites":["TLS_AES_256_GCM_SHA384","0xeeee"],"#,
            r#""groups":["X25519MLKEM768","x25519"],"key_shares":["X25519MLKEM768"],"server_name":"localhost","#,
            r#""signature_schemes":["ecdsa_secp256r1_sha256"],"versions":["0x0a0a (GREASE)","TLS 1.3","TLS 1.2"]}}"#,
        ];
        assert_eq!(resumed, format!("{start}{}", names.concat().replace("{one}", one)));
        let parsed: Value = serde_json::from_str(&resumed).unwrap();
        assert_eq!((&parsed["handshake"], parsed.get("alpn")), (&json!("resumed"), None));
        assert_eq!(parsed["client_certificate"]["subject"], "CN=alice");
        assert_eq!(parsed["offer"]["versions"], json!(["0x0a0a (GREASE)", "TLS 1.3", "TLS 1.2"]));
        assert_eq!(parsed["offer"]["cipher_suites"], json!(["TLS_AES_256_GCM_SHA384", "0xeeee"]));
        let failed = tls_failed(Some(Arc::new(crate::log::events_for_tests::offer())));
        let parsed: Value = serde_json::from_str(&json_line(&problem(failed))).unwrap();
        assert_eq!(parsed["offer"]["groups"], json!(["X25519MLKEM768", "x25519"]));
        let parsed: Value =
            serde_json::from_str(&json_line(&problem(Problem::MaxClients { limit: 7, idle_timeout: None })))
                .unwrap();
        assert_eq!((&parsed["problem"], &parsed["id"]), (&json!("max_clients"), &json!(2)));
        assert_eq!((&parsed["limit"], parsed.get("idle_timeout")), (&json!(7), None));
    }

    #[test]
    fn characters_that_a_terminal_obeys_are_escaped() {
        let odd = "\u{7f}\u{85}\u{9b}31m\u{ad}\u{61c}\u{200b}\u{200d}\u{200f}\u{2028}\u{2029}\u{202e}\u{2060}\u{2066}\u{206a}\u{feff}\u{fff9}\u{e0001}\u{fe0f}\u{3164}";
        let line = json_line(&received(1, odd.as_bytes()));
        assert!(line.is_ascii(), "{line}");
        assert!(line.contains(r"\u009b31m") && line.contains(r"\udb40\udc01"), "{line}");
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["data"], odd);
        let kept = "Grüße, 世界 🌍\n";
        assert!(json_line(&received(1, kept.as_bytes())).contains("Grüße, 世界 🌍\\n"));
    }
}
