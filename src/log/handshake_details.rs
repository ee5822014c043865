//! The details of a TLS handshake as a list: a label, a value, and one plain sentence about what the value means.

use crate::log::format::visible;
use crate::log::line::handshake_kind;
use crate::server::event::{Event, EventKind, Problem};
use crate::text;
use crate::tls::client_hello::ClientHello;
use crate::tls::handshake::{Handshake, HandshakeKind};
use crate::tls::names;

/// A label, a value as IANA writes it, and an explanation of the value, if it needs one.
pub type DetailRow = (String, String, Option<String>);

/// Returns what a handshake agreed on and what the client had offered. Empty for events without a handshake.
#[must_use]
pub fn event_details(event: &Event) -> Vec<DetailRow> {
    match &event.kind {
        EventKind::Handshake(handshake) => handshake_details(handshake),
        EventKind::Problem(Problem::Tls(error)) => {
            error.client_hello.as_deref().map(offer_details).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Returns what a handshake agreed on, and then what the client had offered.
#[must_use]
pub fn handshake_details(handshake: &Handshake) -> Vec<DetailRow> {
    let codes = handshake.codes;
    let kind_meaning = match (handshake.kind, &handshake.group) {
        (HandshakeKind::Full, _) => {
            "The server presented its certificate and proved that it has the private key. Both sides derived fresh keys."
        }
        (HandshakeKind::FullWithRetry, _) => {
            "The first ClientHello had no key share for the group that the server chose. The server asked for one \
             (HelloRetryRequest), which cost another round trip."
        }
        (HandshakeKind::Resumed, Some(_)) => {
            "The client resumed an earlier session; no certificate was sent. A new key exchange keeps this connection \
             forward secret."
        }
        (HandshakeKind::Resumed, None) => "The client resumed an earlier session; no certificate was sent.",
    };
    let (group, scheme) = (handshake.group.as_deref(), handshake.signature_scheme.as_deref());
    let group_meaning = match group {
        Some(_) => codes.group.and_then(names::group_meaning),
        None => Some("Fresh keys, but from the earlier session's master secret: no forward secrecy."),
    };
    let scheme_meaning = match scheme {
        Some(_) => codes.signature_scheme.and_then(names::scheme_meaning),
        None => Some("A resumed session needs no signature: the earlier handshake had one."),
    };
    let certificate = handshake.client_certificate.as_ref();
    let certificate_meaning =
        certificate.map(|_| "The client proved that it has the private key of this certificate.");
    let time = text::duration(handshake.took);
    let mut rows = vec![
        row("Version", Some(handshake.version), names::version_meaning(codes.version)),
        row("Cipher suite", Some(&handshake.cipher_suite), names::suite_meaning(codes.cipher_suite)),
        row("Key exchange", group, group_meaning),
        row("Signature", scheme, scheme_meaning),
        row("Handshake", Some(handshake_kind(handshake.kind)), Some(kind_meaning)),
        row("Time", Some(&time), Some("From the accepted connection to the end of the handshake.")),
        row(
            "Server name (SNI)",
            handshake.server_name.as_deref(),
            Some("The name that the client asked for, sent unencrypted."),
        ),
        row("ALPN", handshake.alpn.as_deref(), Some("The application protocol that both sides agreed on.")),
        row("Client certificate", certificate.map(|shown| shown.subject.as_str()), certificate_meaning),
    ];
    if let Some(certificate) = certificate {
        rows.push(row("Issued by", Some(&certificate.issuer), None));
        rows.push(row("SHA-256 fingerprint", Some(&certificate.sha256), None));
    }
    rows.extend(handshake.client_hello.as_deref().map(offer_details).unwrap_or_default());
    rows
}

fn offer_details(offer: &ClientHello) -> Vec<DetailRow> {
    let mut rows = Vec::new();
    let mut list =
        |label: &str, codes: &[u16], name: fn(u16) -> String, meaning: fn(u16) -> Option<&'static str>| {
            if codes.is_empty() {
                rows.push(row(label, None, None));
            }
            // The numbers show the client's order of preference.
            for (number, code) in codes.iter().enumerate() {
                let label =
                    if codes.len() == 1 { label.to_owned() } else { format!("{label} {}", number + 1) };
                rows.push(row(&label, Some(&name(*code)), meaning(*code)));
            }
        };
    list("Offered version", &offer.versions, names::version, names::version_meaning);
    list("Offered cipher suite", &offer.cipher_suites, names::suite, names::suite_meaning);
    list("Offered group", &offer.groups, names::group, names::group_meaning);
    list("Offered key share", &offer.key_shares, names::group, names::group_meaning);
    list("Offered signature", &offer.signature_schemes, names::scheme, names::scheme_meaning);
    rows.push(row("Offered ALPN", Some(&offer.alpn.join(", ")), None));
    if offer.early_data {
        let meaning = "The client sent data before the server's answer. The server skipped it; the client sends it again.";
        rows.push(row("Early data (0-RTT)", Some("not accepted"), Some(meaning)));
    }
    if offer.left_out > 0 {
        let left_out = text::count(offer.left_out.into(), "entry");
        rows.push(row(
            "Not shown",
            Some(&left_out),
            Some("The client's lists are too long to keep in full."),
        ));
    }
    rows.push(row("Requested server name", offer.server_name.as_deref(), None));
    rows
}

/// Returns a row. A value that is missing or empty is shown as `none`.
#[must_use]
pub fn row(label: &str, value: Option<&str>, meaning: Option<&str>) -> DetailRow {
    let value = value.filter(|value| !value.is_empty()).unwrap_or("none");
    // The client chose the names, so they may contain any character.
    (label.to_owned(), value.chars().map(visible).collect(), meaning.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::events_for_tests::{event, handshake, offer, problem, tls_failed};

    fn find(rows: &[DetailRow], label: &str) -> (String, Option<String>) {
        let found = rows.iter().find(|(name, ..)| name == label);
        found.map_or_else(|| panic!("no {label}"), |(_, value, meaning)| (value.clone(), meaning.clone()))
    }

    #[test]
    fn handshake_has_a_row_for_each_value() {
        let rows = event_details(&handshake(HandshakeKind::Full));
        let (suite, meaning) = find(&rows, "Cipher suite");
        assert_eq!(suite, "TLS_AES_256_GCM_SHA384");
        assert_eq!(meaning.unwrap(), "AES-256-GCM: encrypts and authenticates each record.");
        assert!(find(&rows, "Key exchange").1.unwrap().contains("Hybrid post-quantum"));
        assert_eq!(find(&rows, "Signature").0, "ecdsa_secp256r1_sha256");
        assert_eq!(find(&rows, "Client certificate").0, "CN=alice");
        assert_eq!(find(&rows, "Offered version 1").0, "0x0a0a (GREASE)");
        assert_eq!(find(&rows, "Offered key share").0, "X25519MLKEM768");
    }

    #[test]
    fn failed_handshake_shows_the_offer_and_other_events_show_nothing() {
        let details_of = |client_hello| event_details(&problem(tls_failed(client_hello)));
        assert_eq!(find(&details_of(Some(Arc::new(offer()))), "Offered ALPN").0, "h2");
        assert!(details_of(None).is_empty() && event_details(&event(None, EventKind::Stopped)).is_empty());
        let resumed = event_details(&handshake(HandshakeKind::Resumed));
        assert_eq!(find(&resumed, "Signature").0, "none");
    }
}
