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
//! | `start_failed` | also if a bug stopped the server later; `text`; `raw` or absent |
//! | `opened` | |
//! | `handshake` | `version`, `cipher_suite`: strings; `group`, `signature_scheme`, `server_name`, `alpn`: strings or absent; `handshake`: `"full"`, `"full_with_retry"` or `"resumed"`; `seconds`; `client_certificate`: absent or an object with `subject`, `issuer` and `sha256`, the fingerprint as openssl prints it; `offer`: see below, or absent |
//! | `received` | `len`: bytes received; `encoding`: `"text"` if the bytes are UTF-8, else `"base64"` (RFC 4648, section 4, padded); `data`: string in that encoding; `echoed`: bytes sent back; `seconds`: from recv to sent |
//! | `closed` | `reason`: `"end_of_stream"`, `"end_without_close_notify"`, `"lost"` (reset or lost: see `raw`), `"idle"`, `"server_stopped"`, `"disconnected"`, `"handshake_limit"`, `"tls"` or `"panicked"`; `received`, `sent`: bytes; `seconds`: from accept to close; `raw` or absent |
//! | `problem` | `problem`: `"out_of_files"`, `"out_of_threads"`, `"recovered"`, `"max_clients"`, `"attempts_dropped"`, `"accept"`, `"not_tls"`, `"tls_on_plain"`, `"tls"`, `"handshake_timeout"` or `"panicked"`; `text`; `raw` or absent; `offer`: see below, or absent: only with `"tls"`; `limit`, `idle_timeout`: clients, and seconds or absent: only with `"max_clients"`; `address`: string, and `count`: dropped packets: only with `"attempts_dropped"`; `protocol`: `"http"`, `"ssl2"`, `"dtls"` or `"unknown"`: only with `"not_tls"` |
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
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::{Compound, Formatter};

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
    let mut line = Vec::with_capacity(256);
    // Writing to a `Vec` can't fail.
    let _ = write_event(&mut line, event);
    String::from_utf8_lossy(&line).into_owned()
}

fn write_event(line: &mut Vec<u8>, event: &Event) -> serde_json::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(line, EscapingFormatter);
    let mut object = Object(serializer.serialize_map(None)?);
    object.add("time", text::rfc3339(event.at))?;
    object.add("event", describe(&event.kind).0)?;
    if let Some(client) = event.client {
        object.add("id", client.id.0)?;
        object.add("peer", client.peer.to_string())?;
    }
    add_fields(&mut object, event)?;
    object.0.end()
}

/// A JSON object that is being written.
struct Object<'a, 'b>(Compound<'a, &'b mut Vec<u8>, EscapingFormatter>);

impl Object<'_, '_> {
    fn add(&mut self, name: &str, value: impl Serialize) -> serde_json::Result<()> {
        self.0.serialize_entry(name, &value)
    }

    /// Adds a field if it has a value.
    fn add_some(&mut self, name: &str, value: Option<impl Serialize>) -> serde_json::Result<()> {
        value.map_or(Ok(()), |value| self.add(name, value))
    }
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

/// Adds the fields that only this kind of event has.
fn add_fields(object: &mut Object<'_, '_>, event: &Event) -> serde_json::Result<()> {
    match &event.kind {
        EventKind::Starting { port } => object.add("port", port),
        EventKind::Listening { addresses, tls } => {
            object.add("addresses", addresses.iter().map(ToString::to_string).collect::<Vec<_>>())?;
            object.add("tls", tls)
        }
        EventKind::NotListening(error) => {
            object.add("address", error.address.to_string())?;
            object.add("text", error.to_string())?;
            object.add_some("raw", raw(event))
        }
        EventKind::StartFailed(error) => {
            object.add("text", error.to_string())?;
            object.add_some("raw", raw(event))
        }
        EventKind::Handshake(handshake) => {
            object.add("version", handshake.version)?;
            object.add("cipher_suite", &handshake.cipher_suite)?;
            object.add_some("group", handshake.group.as_ref())?;
            object.add_some("server_name", handshake.server_name.as_ref())?;
            object.add_some("alpn", handshake.alpn.as_ref())?;
            object.add("handshake", handshake.kind)?;
            object.add("seconds", handshake.took.as_secs_f64())?;
            object.add_some("signature_scheme", handshake.signature_scheme.as_ref())?;
            object.add_some("client_certificate", handshake.client_certificate.as_ref())?;
            object.add_some("offer", handshake.client_hello.as_deref().map(Offer))
        }
        EventKind::Received { data, echoed, took, .. } => {
            object.add("len", data.len())?;
            if let Ok(text) = str::from_utf8(data) {
                object.add("encoding", "text")?;
                object.add("data", text)?;
            } else {
                object.add("encoding", "base64")?;
                object.add("data", BASE64_STANDARD.encode(data))?;
            }
            object.add("echoed", echoed)?;
            object.add("seconds", took.as_secs_f64())
        }
        EventKind::Closed(closed) => {
            object.add("reason", closed.reason)?;
            object.add("received", closed.received)?;
            object.add("sent", closed.sent)?;
            object.add("seconds", closed.lasted.as_secs_f64())?;
            object.add_some("raw", closed.raw.as_ref())
        }
        EventKind::Problem(problem) => {
            if let Problem::MaxClients { limit, idle_timeout } = problem {
                object.add("limit", limit)?;
                object.add_some("idle_timeout", idle_timeout.map(|time| time.as_secs()))?;
            }
            if let Problem::AttemptsDropped { address, count } = problem {
                object.add("address", address)?;
                object.add("count", count)?;
            }
            object.add("problem", describe_problem(problem).0)?;
            if let Problem::NotTls { protocol, .. } = problem {
                object.add("protocol", protocol)?;
            }
            object.add("text", line(event, DataFormat::Python))?;
            object.add_some("raw", raw(event))?;
            if let Problem::Tls(error) = problem {
                object.add_some("offer", error.client_hello.as_deref().map(Offer))?;
            }
            Ok(())
        }
        EventKind::NotShown { count } => object.add("count", count),
        EventKind::Note { text, problem } => {
            object.add("text", text)?;
            object.add("problem", problem)
        }
        _ => Ok(()),
    }
}

/// Wraps a `ClientHello` to serialize its contents as JSON.
struct Offer<'a>(&'a ClientHello);

impl Serialize for Offer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named =
            |codes: &[u16], name: fn(u16) -> String| codes.iter().map(|code| name(*code)).collect::<Vec<_>>();
        let hello = self.0;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("alpn", &hello.alpn)?;
        if hello.early_data {
            object.serialize_entry("early_data", &true)?;
        }
        object.serialize_entry("cipher_suites", &named(&hello.cipher_suites, names::suite))?;
        object.serialize_entry("groups", &named(&hello.groups, names::group))?;
        object.serialize_entry("key_shares", &named(&hello.key_shares, names::group))?;
        if hello.left_out > 0 {
            object.serialize_entry("left_out", &hello.left_out)?;
        }
        if let Some(name) = &hello.server_name {
            object.serialize_entry("server_name", name)?;
        }
        object.serialize_entry("signature_schemes", &named(&hello.signature_schemes, names::scheme))?;
        object.serialize_entry("versions", &named(&hello.versions, names::version))?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

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
                closed(CloseReason::Reset),
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
    fn documentation_lists_every_event_and_problem() {
        let docs: String = include_str!("json.rs").lines().filter(|line| line.starts_with("//!")).collect();
        let code = include_str!("explanation.rs");
        for (function, quote, least) in [("fn describe(", "", 15), ("fn describe_problem(", "\"", 10)] {
            let body = code.split_once(function).unwrap().1.split_once("\n}\n").unwrap().0;
            let is_keyword = |text: &&str| text.chars().all(|it| it.is_ascii_lowercase() || it == '_');
            let keywords: Vec<_> =
                body.split('"').filter(|text| !text.is_empty()).filter(is_keyword).collect();
            assert!(keywords.len() >= least, "{keywords:?}");
            for keyword in keywords {
                assert!(docs.contains(&format!("`{quote}{keyword}{quote}`")), "{keyword}");
            }
        }
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
