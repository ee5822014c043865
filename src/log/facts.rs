//! What is known of a TLS handshake as a list: a label, a value, and one plain sentence for what the value means.

use crate::server::event::{Event, EventKind, Problem};
use crate::tls::client_hello::ClientHello;
use crate::tls::handshake::{Handshake, HandshakeKind};
use crate::tls::names;

/// A label, a value as IANA writes it, and what it means, where there is something to say.
pub type Fact = (String, String, Option<String>);

/// The facts behind an event, for its details: what a handshake agreed on, and what the client had offered. Empty for
/// events that have none.
#[must_use]
pub fn facts(event: &Event) -> Vec<Fact> {
    match &event.kind {
        EventKind::Handshake(done) => handshake_facts(done),
        EventKind::Problem(Problem::Tls(error)) => {
            error.client_hello.as_deref().map(offer_facts).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What a handshake agreed on, and then what the client had offered.
#[must_use]
pub fn handshake_facts(done: &Handshake) -> Vec<Fact> {
    let codes = done.codes;
    let mut facts = vec![
        fact("Version", done.version, names::version_meaning(codes.version)),
        fact("Cipher suite", &done.cipher_suite, names::suite_meaning(codes.cipher_suite)),
    ];
    facts.push(match &done.group {
        Some(group) => fact("Key exchange", group, codes.group.and_then(names::group_meaning)),
        None => fact("Key exchange", "none", Some("The keys come from the earlier session alone.")),
    });
    facts.push(match &done.signature_scheme {
        Some(scheme) => fact("Signature", scheme, codes.signature_scheme.and_then(names::scheme_meaning)),
        None => fact("Signature", "none", Some("A resumed session needs no new proof: it has one already.")),
    });
    let (kind, meaning) = match done.kind {
        HandshakeKind::Full => ("full", "Certificates were shown and fresh keys made."),
        HandshakeKind::FullWithRetry => (
            "full with a retry",
            "The first hello held no key share that the server takes: one more round trip.",
        ),
        HandshakeKind::Resumed => ("resumed", "The client had a ticket of an earlier session."),
    };
    facts.push(fact("Handshake", kind, Some(meaning)));
    facts.push((
        "Time".to_owned(),
        crate::text::duration(done.took),
        Some("From the accepted connection to the end of the handshake.".to_owned()),
    ));
    facts.push(match &done.server_name {
        Some(name) => {
            fact("Server name (SNI)", name, Some("The name that the client connects to, sent unencrypted."))
        }
        None => fact("Server name (SNI)", "none", Some("Clients that connect to an address send none.")),
    });
    facts.push(match &done.alpn {
        Some(protocol) => fact("ALPN", protocol, Some("The application protocol that both sides agreed on.")),
        None => fact("ALPN", "none", None),
    });
    match &done.client_certificate {
        Some(shown) => facts.extend([
            fact(
                "Client certificate",
                &shown.subject,
                Some("The client proved that it has the key to this certificate."),
            ),
            fact("Issued by", &shown.issuer, None),
            fact("SHA-256 fingerprint", &shown.sha256, None),
        ]),
        None => facts.push(fact("Client certificate", "none", None)),
    }
    facts.extend(done.client_hello.as_deref().map(offer_facts).unwrap_or_default());
    facts
}

fn offer_facts(offer: &ClientHello) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut list =
        |label: &str, codes: &[u16], name: fn(u16) -> String, meaning: fn(u16) -> Option<&'static str>| {
            for (number, code) in codes.iter().enumerate() {
                // The first of a list is what the client likes best.
                let label =
                    if codes.len() == 1 { label.to_owned() } else { format!("{label} {}", number + 1) };
                facts.push(fact(&label, &name(*code), meaning(*code)));
            }
            if codes.is_empty() {
                facts.push(fact(label, "none", None));
            }
        };
    list("Offered version", &offer.versions, names::version, names::version_meaning);
    list("Offered cipher suite", &offer.cipher_suites, names::suite, names::suite_meaning);
    list("Offered group", &offer.groups, names::group, names::group_meaning);
    list("Offered key share", &offer.key_shares, names::group, names::group_meaning);
    list("Offered signature", &offer.signature_schemes, names::scheme, names::scheme_meaning);
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    facts.push(fact("Offered ALPN", &or_none(offer.alpn.join(", ")), None));
    facts.push(fact("Asked for server name", &or_none(offer.server_name.clone().unwrap_or_default()), None));
    facts
}

fn fact(label: &str, value: &str, meaning: Option<&str>) -> Fact {
    // Names come from a client and may hold anything.
    let value = value.chars().map(crate::log::format::visible).collect();
    (label.to_owned(), value, meaning.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::testing::{event, handshake, offer, problem, tls_failed};

    fn find(facts: &[Fact], label: &str) -> (String, Option<String>) {
        let found = facts.iter().find(|(name, ..)| name == label);
        found.map_or_else(|| panic!("no {label}"), |(_, value, meaning)| (value.clone(), meaning.clone()))
    }

    #[test]
    fn a_handshake_has_its_facts_with_a_sentence_each() {
        let facts = facts(&handshake(HandshakeKind::Full));
        let (suite, meaning) = find(&facts, "Cipher suite");
        assert_eq!(suite, "TLS_AES_256_GCM_SHA384");
        assert_eq!(meaning.unwrap(), "AES-256-GCM: encrypts and authenticates each record.");
        assert!(find(&facts, "Key exchange").1.unwrap().contains("Hybrid post-quantum"));
        assert_eq!(find(&facts, "Signature").0, "ecdsa_secp256r1_sha256");
        assert_eq!(find(&facts, "Client certificate").0, "CN=alice");
        assert_eq!(find(&facts, "Offered version 1").0, "0x0a0a (GREASE)");
        assert_eq!(find(&facts, "Offered key share").0, "X25519MLKEM768");
    }

    #[test]
    fn a_failure_tells_the_offer_and_other_events_have_no_facts() {
        let facts_of = |client_hello| facts(&problem(tls_failed(client_hello)));
        assert_eq!(find(&facts_of(Some(Arc::new(offer()))), "Offered ALPN").0, "h2");
        assert!(facts_of(None).is_empty() && facts(&event(None, EventKind::Stopped)).is_empty());
        let resumed = facts(&handshake(HandshakeKind::Resumed));
        assert_eq!(find(&resumed, "Signature").0, "none");
    }
}
