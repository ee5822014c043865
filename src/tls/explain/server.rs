//! Explains to the server's user why TLS with a client failed: what happened, the most likely cause, what to try.
//!
//! For an alert about the server's certificate, the explanation is the first reason in
//! [`crate::tls::explain::certificate_reasons`] that applies to the certificate and that clients report with this
//! alert. If there is none, it is the general text for the alert. The texts for other errors are in
//! [`crate::tls::explain::protocol_errors`] and [`crate::tls::explain::certificate_errors`].

use std::path::PathBuf;

use rustls::pki_types::DnsName;
use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use crate::platform::terminal::argument;
use crate::settings::SettingChoice;
use crate::text::display_name;
use crate::tls::explain::alerts::alert_text;
use crate::tls::explain::certificate_errors::rejection;
use crate::tls::explain::certificate_reasons::{Case, GENERIC_ALERTS, Holds};
use crate::tls::explain::protocol_errors::{Peer, protocol_error_text};
use crate::tls::inspect::served_certificate::TrustAnchor;
use crate::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};

/// Used when the server has not sent its certificate yet.
const CLOSED_IN_HELLO: &str =
    "The client disconnected in the middle of its first TLS message (ClientHello). Connect again.";
const CLOSED_IN_HANDSHAKE: &str = "The client disconnected during the handshake without an alert. Often that means it \
                                   rejected the certificate. {trust}, and try again.";
const CLOSE_NOTIFY_IN_HANDSHAKE: &str = "The client closed the connection during the handshake. Most likely it rejected the \
                                         server's certificate, or only probed the port: see its own messages.";
const GENERAL: &str =
    "TLS failed on the server. Connect again; the details show the TLS library's own error.";

/// Explains a TLS error of the server.
#[must_use]
pub fn explain_server_error(error: &ServerTlsError) -> String {
    let context = &error.context;
    let template = match &error.cause {
        TlsErrorCause::ClosedInHello => CLOSED_IN_HELLO,
        TlsErrorCause::ClosedInHandshake | TlsErrorCause::ResetInHandshake => CLOSED_IN_HANDSHAKE,
        TlsErrorCause::Rustls(Error::AlertReceived(received)) => {
            // After the handshake, an `internal_error` alert isn't about the certificate.
            let may_be_rejection = error.in_handshake || *received != Alert::InternalError;
            if let Some(text) = may_be_rejection.then(|| explain_rejection(*received, error)).flatten() {
                return text;
            }
            match received {
                Alert::CloseNotify if error.in_handshake => CLOSE_NOTIFY_IN_HANDSHAKE,
                _ => {
                    let can_renegotiate = !error.in_handshake && !error.is_tls13;
                    alert_text(*received, Peer::Client, error.in_handshake, can_renegotiate)
                }
            }
        }
        TlsErrorCause::Rustls(cause @ (Error::InvalidCertificate(_) | Error::UnsupportedNameType)) => {
            let (why, advice) = rejection(cause, Peer::Client, "it", |key| context.value(key));
            return format!("The server rejected the client's certificate: {why}. {advice}");
        }
        TlsErrorCause::Rustls(cause) => client_hello_text(cause, error)
            .or_else(|| {
                // After a `ClientHello` it is clear that the client speaks TLS.
                let is_start = error.in_handshake && error.client_hello.is_none();
                protocol_error_text(cause, is_start, Peer::Client)
            })
            .unwrap_or(GENERAL),
    };
    Peer::Client.fill(template, |key| match key {
        "server_name" => {
            error.client_hello.as_ref()?.server_name.as_ref().map(|name| display_name(name.as_ref()))
        }
        _ => context.value(key),
    })
}

/// Returns the text for an error that depends on what the client offered.
fn client_hello_text(cause: &Error, error: &ServerTlsError) -> Option<&'static str> {
    let hello = error.client_hello.as_ref()?;
    let enabled = error.context.files.versions;
    Some(match cause {
        Error::PeerMisbehaved(PeerMisbehaved::ServerNameMustContainOneHostName)
        | Error::InvalidMessage(InvalidMessage::InvalidServerName)
            if hello.server_name.as_deref().is_none_or(|name| DnsName::try_from(name).is_ok()) =>
        {
            "The client sent a server name (SNI) in a form that TLS doesn't allow, such as two names at once. Try another \
             client."
        }
        Error::PeerMisbehaved(PeerMisbehaved::ServerNameMustContainOneHostName)
        | Error::InvalidMessage(InvalidMessage::InvalidServerName) => {
            "The client sent the server name {server_name}, which can't be a host name. Give it the name alone, without a port \
             or brackets, and non-ASCII names in their xn-- form."
        }
        Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired)
            if hello.versions.iter().any(|version| enabled.contains(*version)) =>
        {
            "The client doesn't list the signature algorithms that it accepts (signature_algorithms), which TLS 1.2 and 1.3 \
             require. Try a newer client."
        }
        _ => return None,
    })
}

impl ServerContext {
    /// Returns the path of the certificate, or an example of one.
    fn certificate(&self) -> PathBuf {
        let path = &self.files.certificate;
        if path.as_os_str().is_empty() { "server.crt".into() } else { path.clone() }
    }

    fn value(&self, key: &str) -> Option<String> {
        let certificate = || argument(&self.certificate());
        Some(match key {
            "versions" => self.files.versions.label().to_owned(),
            "certificate" => certificate(),
            "ca" if self.files.client_ca.as_os_str().is_empty() => "ca.crt".to_owned(),
            "ca" => argument(&self.files.client_ca),
            "alpn" if self.files.alpn.is_empty() => "none".to_owned(),
            "alpn" => self.files.alpn.join(", "),
            // A command that connects and checks the certificate.
            "openssl" => self.served.client_commands(&self.certificate(), &self.host, self.port).openssl(),
            // The file that makes a client trust the certificate.
            "anchor" => argument(&self.served.ca_file(&self.certificate())?),
            // The start of a sentence on how to make a client trust the certificate.
            "trust" => match (&self.served.anchor, self.value("anchor")) {
                (_, Some(file)) => format!("Give the client {file} as its CA file"),
                (TrustAnchor::Intermediate { .. }, None) => {
                    format!("Append intermediate.crt to {}, restart the server", certificate())
                }
                (_, None) => "Give the client the file of the CA that signed it as its CA file".to_owned(),
            },
            "key" => self.served.own.key.to_string(),
            _ => return None,
        })
    }
}

/// Other possible reasons, as sentences to add if the alert can also have another cause than an untrusted issuer. The
/// first that applies is used.
const OTHER_REASONS: &[(Holds, &str)] = &[
    (
        |case| case.name().is_some_and(|name| case.served.own.is_for_by_common_name(name)),
        "If it does trust the issuer: {asked} is only the common name, which newer clients ignore.",
    ),
    (
        |case| case.served.own.is_ca,
        "If it does trust the issuer: the certificate is marked as a CA's, which stricter clients reject.",
    ),
    (|_| true, "If it does trust the issuer, it may check for another name than {asked}."),
];

/// A command to add to a text about the CAs that the client trusts, if the file to trust is known.
const TO_TRY: &str = "To try: {openssl}";

/// Explains an alert about the server's certificate. Returns `None` for another alert, or if no known reason applies.
fn explain_rejection(received: Alert, error: &ServerTlsError) -> Option<String> {
    let context = &error.context;
    let case = Case::of_client(&context.served, error);
    let found = case.reasons().find(|found| found.reason.alerts.contains(&received))?;
    let reason = found.reason;
    let is_generic = GENERIC_ALERTS.contains(&received);
    let is_about_trust = reason.is_about_trust();
    // Without the `ClientHello` the requested name is unknown, so a wrong name is as likely.
    if is_generic && is_about_trust && error.client_hello.is_none() {
        return None;
    }
    let is_sure = received == Alert::CertificateExpired || (received == Alert::UnknownCA && is_about_trust);
    let likely = if is_sure { "" } else { ", most likely" };
    let mut text = format!(
        "The client rejected the server's certificate{likely} because {}. {}",
        reason.why, reason.advice
    );
    if is_about_trust {
        let other_reason =
            OTHER_REASONS.iter().find(|(holds, _)| is_generic && holds(&case)).map(|(_, text)| *text);
        let to_try = context.value("anchor").map(|_| TO_TRY);
        for more in other_reason.into_iter().chain(to_try) {
            text.push(' ');
            text.push_str(more);
        }
    }
    Some(Peer::Client.fill(&text, |key| case.value(&found, key).or_else(|| context.value(key))))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use jiff::Timestamp;
    use rustls::{CertificateError, ContentType, EncryptedClientHelloError, HandshakeType};

    use super::*;
    use crate::tls::certificate::tests::good_certificate;
    use crate::tls::certificate::{Certificate, Validity};
    use crate::tls::client_hello::ClientHello;
    use crate::tls::explain::certificate_reasons::{DATES_ALERTS, KIND_ALERTS, PURPOSE_ALERTS, TRUST_ALERTS};
    use crate::tls::inspect::certificate_text::{DNS_NAME, IP_ADDRESS, SubjectAltName};
    use crate::tls::inspect::served_certificate::{Issuer, ServedCertificate};
    use crate::tls::inspect::verdict::KEY_CERT_SIGN;
    use crate::tls::key_type::KeyType;
    use crate::tls::options::TlsFiles;

    const LAN: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);
    const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

    /// The name or address that the client asked for; nothing if the handshake failed before its `ClientHello`.
    #[derive(Clone, Copy)]
    enum Asked {
        Nothing,
        Name(&'static str),
        Address(Ipv4Addr),
    }

    const LOCALHOST: Asked = Asked::Name("localhost");

    fn context() -> ServerContext {
        let not_before = "2026-01-01T00:00:00Z".parse().unwrap();
        ServerContext {
            files: TlsFiles {
                certificate: "server.crt".into(),
                client_ca: "ca.crt".into(),
                alpn: vec!["h2".to_owned(), "echo".to_owned()],
                ..TlsFiles::default()
            },
            host: "localhost".to_owned(),
            port: 12345,
            served: ServedCertificate {
                own: Certificate {
                    validity: Validity { not_before, not_after: Timestamp::MAX },
                    names: names(&["localhost", "*.lab.example", "127.0.0.1"]),
                    key: KeyType::Ecdsa { curve: 256 },
                    ..good_certificate()
                },
                ..ServedCertificate::default()
            },
        }
    }

    fn names(names: &[&str]) -> Vec<SubjectAltName> {
        let kind = |name: &str| if name.starts_with("127.") { IP_ADDRESS } else { DNS_NAME };
        names.iter().map(|name| SubjectAltName { kind: kind(name), text: (*name).to_owned() }).collect()
    }

    fn failed(cause: impl Into<TlsErrorCause>, asked: Asked, context: &ServerContext) -> ServerTlsError {
        let name = if let Asked::Name(name) = asked { Some(name.to_owned()) } else { None };
        let hello = ClientHello { server_name: name, ..ClientHello::default() };
        ServerTlsError {
            at: "2026-06-01T00:00:00Z".parse().unwrap(),
            client_hello: (!matches!(asked, Asked::Nothing)).then(|| Arc::new(hello)),
            local_address: if let Asked::Address(address) = asked { Some(address.into()) } else { None },
            ..ServerTlsError::new(cause.into(), true, Arc::new(context.clone()))
        }
    }

    /// Returns the explanation of an error in the handshake. Also checks the explanations for clients that asked for a
    /// name or an address, and for an error after the handshake.
    fn explain(cause: Error) -> String {
        for asked in [Asked::Address(LAN), LOCALHOST, Asked::Nothing] {
            for in_handshake in [false, true] {
                let error = ServerTlsError { in_handshake, ..failed(cause.clone(), asked, &context()) };
                check(&explain_server_error(&error));
            }
        }
        explain_server_error(&failed(cause, Asked::Nothing, &context()))
    }

    fn check(text: &str) {
        // The text may end with a command.
        let ends = text.ends_with('.') || text.contains(": openssl ");
        assert!(ends && text.starts_with(char::is_uppercase), "{text}");
        assert!(text.matches(['.', '?']).count() >= 2 || text.contains("cleanly"), "no remedy: {text}");
        for jargon in ["::", "Peer", "Error", "{", "}", "  "] {
            assert!(!text.contains(jargon), "{jargon:?} in {text}");
        }
    }

    #[test]
    fn every_alert_of_rustls_has_a_text_for_each_side() {
        for number in 0..=u8::MAX {
            let alert = Alert::from(number);
            check(&explain(Error::AlertReceived(alert)));
            for sender in [Peer::Client, Peer::Server] {
                for (in_handshake, can_renegotiate) in [(true, false), (false, false), (false, true)] {
                    let text = alert_text(alert, sender, in_handshake, can_renegotiate);
                    check(&sender.fill(text, |_| Some("x".to_owned())));
                }
            }
        }
        let unknown = explain(Error::AlertReceived(Alert::from(200)));
        assert!(unknown.contains("no TLS standard defines"), "{unknown}");
    }

    /// RFC 8446, section 6.2; RFC 6066, section 9; RFC 7507, section 3.
    #[test]
    fn an_alert_from_the_wrong_side_is_explained_as_such() {
        let server_only = [86, 111, 112, 114, 115, 116, 120];
        let client_only = [113, 121];
        for number in 0..=u8::MAX {
            let text = |sender| alert_text(Alert::from(number), sender, true, false);
            for (sender, wrong) in [(Peer::Client, &server_only[..]), (Peer::Server, &client_only)] {
                let is_wrong = text(sender).contains("sent an alert that only");
                assert_eq!(is_wrong, wrong.contains(&number), "{number} {sender:?}: {}", text(sender));
            }
        }
    }

    #[test]
    fn only_tls12_has_renegotiation() {
        for (is_tls13, in_handshake) in [(false, false), (true, false), (false, true)] {
            let cause = Error::AlertReceived(Alert::HandshakeFailure);
            let error =
                ServerTlsError { in_handshake, is_tls13, ..failed(cause, Asked::Nothing, &context()) };
            let text = explain_server_error(&error);
            assert_eq!(text.contains("renegotiation"), !is_tls13 && !in_handshake, "{text}");
        }
    }

    #[test]
    fn errors_caused_by_a_client_have_matching_texts() {
        for (error, expected) in [
            (Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "no cipher suite in common"),
            (
                Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired),
                "no TLS version",
            ),
            (Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled), "TLS 1.2 and 1.3"),
            (Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon), "X25519"),
            (Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon), "no signature algorithm"),
            (Error::PeerIncompatible(PeerIncompatible::NullCompressionRequired), "obsolete"),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "are not TLS"),
            (Error::InvalidMessage(InvalidMessage::MessageTooShort), "can't be parsed"),
            (Error::InvalidMessage(InvalidMessage::DuplicateExtension(7)), "can't be parsed"),
            (Error::PeerMisbehaved(PeerMisbehaved::IncorrectBinder), "earlier session"),
            (Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare), "broke a rule"),
            (Error::DecryptError, "can't be decrypted"),
            (Error::PeerSentOversizedRecord, "16 KiB"),
            (Error::HandshakeNotComplete, "out of turn"),
            (Error::NoApplicationProtocol, "supports h2, echo"),
            (Error::NoCertificatesPresented, "presented no certificate"),
            (
                Error::InvalidEncryptedClientHello(EncryptedClientHelloError::InvalidConfigList),
                "Turn ECH off in the client",
            ),
            (
                Error::InappropriateMessage { expect_types: vec![], got_type: ContentType::Alert },
                "out of turn",
            ),
            (
                Error::InappropriateHandshakeMessage {
                    expect_types: vec![],
                    got_type: HandshakeType::Finished,
                },
                "out of turn",
            ),
            (Error::InvalidCertificate(CertificateError::UnknownIssuer), "the CA in ca.crt"),
            (Error::InvalidCertificate(CertificateError::InvalidPurpose), "clientAuth"),
            (Error::General("x".to_owned()), GENERAL),
        ] {
            let text = explain(error);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_self_signed_certificate_is_explained_with_the_command_for_this_server() {
        let mut context = context();
        (context.host, context.port) = ("0.0.0.0".to_owned(), 4433);
        context.files.certificate = "my server.crt".into();
        // The OS's shells differ in their quotes.
        let file = argument(std::path::Path::new("my server.crt"));
        assert_eq!(
            explain_server_error(&failed(Error::AlertReceived(Alert::UnknownCA), Asked::Nothing, &context)),
            format!(
                "The client rejected the server's certificate because it is self-signed, so clients must be configured to trust \
                 it. Give the client {file} as its CA file, or serve a certificate that a CA of the client's has \
                 signed. To try: openssl s_client -quiet -connect 127.0.0.1:4433 -CAfile {file} \
                 -verify_return_error -verify_ip 127.0.0.1"
            )
        );
    }

    #[test]
    fn the_advice_names_the_certificate_to_trust() {
        let lab = || "CN=Lab CA".to_owned();
        for (anchor, expected) in [
            (TrustAnchor::Own, "Give the client server.crt as its CA file, and"),
            (TrustAnchor::InFile, "Give the client server.crt as its CA file, and"),
            (TrustAnchor::Beside { issuer: lab(), ca: "a b/ca.crt".into() }, "a b/ca.crt"),
            (TrustAnchor::Intermediate { issuer: lab() }, "Append intermediate.crt to server.crt"),
            (
                TrustAnchor::Missing { issuer: lab(), is_direct: true, has_namesake: false },
                "Give the client the file of the CA that signed it as its CA file, and",
            ),
        ] {
            let mut context = context();
            context.served.anchor = anchor;
            for cause in
                [TlsErrorCause::ClosedInHandshake, Error::AlertReceived(Alert::CertificateUnknown).into()]
            {
                let text = explain_server_error(&failed(cause, Asked::Nothing, &context));
                check(&text);
                assert!(text.contains(expected), "{text}");
            }
        }
    }

    /// For each reason, a part of its text that is in no other reason's text.
    const REASONS: [&str; 14] = [
        "it expired on",
        "it is not valid before",
        "certificate 2 of its file",
        "clock is wrong",
        "another name than",
        "extended key usage",
        "it is marked as a CA's",
        "its key usage does not",
        "X.509 version 1",
        "key that is too short",
        "self-signed",
        "is not in server.crt",
        "CN=Between, is not sent",
        "is ca.crt in the same folder",
    ];

    fn text(alert: Alert, change: impl Fn(&mut ServedCertificate), asked: Asked) -> Option<String> {
        let mut context = context();
        change(&mut context.served);
        let text = explain_rejection(alert, &failed(Error::AlertReceived(alert), asked, &context))?;
        check(&text);
        Some(text)
    }

    /// Asserts that the text for each of the alerts contains this reason and no other.
    #[track_caller]
    fn expect(alerts: &[Alert], change: impl Fn(&mut ServedCertificate), asked: Asked, reason: &str) {
        assert!(REASONS.contains(&reason), "{reason}");
        for alert in alerts {
            let text = text(*alert, &change, asked).unwrap_or_else(|| panic!("{alert:?}, {reason}"));
            let (first, _) = text.split_once(" If it does trust the issuer").unwrap_or((&text, ""));
            for other in REASONS {
                assert_eq!(first.contains(other), other == reason, "{alert:?}, {other:?}: {text}");
            }
            let is_sure = matches!(alert, Alert::CertificateExpired | Alert::UnknownCA);
            assert_eq!(first.contains("most likely because"), !is_sure, "{alert:?}: {text}");
        }
    }

    fn expired(served: &mut ServedCertificate) {
        served.own.validity.not_after = "2026-05-31T00:00:00Z".parse().unwrap();
    }

    fn early(served: &mut ServedCertificate) {
        served.own.validity.not_before = "2026-06-02T00:00:00Z".parse().unwrap();
    }

    fn unchanged(_: &mut ServedCertificate) {}

    fn for_another_host(served: &mut ServedCertificate) {
        served.own.names = names(&["elsewhere.example"]);
    }

    /// Turns the certificate into one of X.509 version 1, as `openssl x509 -req` creates them before OpenSSL 3.2.
    fn version1(served: &mut ServedCertificate) {
        served.own.names = Vec::new();
        (served.own.version, served.own.common_names) = (1, vec!["localhost".to_owned()]);
    }

    fn ca_for_signing_only(served: &mut ServedCertificate) {
        (served.own.is_ca, served.own.key_usage) = (true, Some(KEY_CERT_SIGN));
    }

    fn issued(served: &mut ServedCertificate) {
        served.anchor =
            TrustAnchor::Missing { issuer: "CN=Lab CA".to_owned(), is_direct: true, has_namesake: false };
    }

    fn next_to_ca(served: &mut ServedCertificate) {
        served.anchor = TrustAnchor::Beside { issuer: "CN=Lab CA".to_owned(), ca: "/tmp/lab/ca.crt".into() };
    }

    fn without_intermediate(served: &mut ServedCertificate) {
        served.anchor = TrustAnchor::Intermediate { issuer: "CN=Between".to_owned() };
    }

    #[test]
    fn dates_are_judged_by_this_computers_clock() {
        expect(DATES_ALERTS, expired, LOCALHOST, "it expired on");
        expect(DATES_ALERTS, early, LOCALHOST, "it is not valid before");
        expect(&[Alert::CertificateExpired], unchanged, LOCALHOST, "clock is wrong");
        expect(&[Alert::CertificateExpired], issued, LOCALHOST, "clock is wrong");
        let above = |served: &mut ServedCertificate| {
            let mut old = served.clone();
            expired(&mut old);
            old.own.is_ca = true;
            served.above = vec![Issuer { certificate: old.own, number: Some(2) }];
        };
        expect(DATES_ALERTS, above, LOCALHOST, "certificate 2 of its file");
        // The dates don't explain an alert for another reason.
        expect(&[Alert::UnknownCA], expired, LOCALHOST, "self-signed");
        let text = text(Alert::CertificateExpired, expired, Asked::Nothing).unwrap();
        assert!(text.contains("2026-05-31 00:00:00 UTC"), "{text}");
    }

    #[test]
    fn the_name_comes_from_the_client_hello_or_the_address() {
        let address = Asked::Address(LOOPBACK);
        expect(GENERIC_ALERTS, for_another_host, LOCALHOST, "another name than");
        expect(GENERIC_ALERTS, for_another_host, address, "another name than");
        expect(&[Alert::BadCertificate], version1, address, "another name than");
        // A name that the certificate contains isn't the reason.
        expect(GENERIC_ALERTS, unchanged, LOCALHOST, "self-signed");
        expect(GENERIC_ALERTS, unchanged, address, "self-signed");
        expect(GENERIC_ALERTS, issued, Asked::Name("www.lab.example"), "is not in server.crt");
        let text_for =
            |change: fn(&mut ServedCertificate), asked| text(Alert::BadCertificate, change, asked).unwrap();
        let text = text_for(for_another_host, address);
        assert!(
            text.contains(
                "probably 127.0.0.1, or a name that leads there such as localhost, and the certificate is for \
                 elsewhere.example."
            ) && !text.contains("make one that contains 127.0.0.1"),
            "{text}"
        );
        let text = text_for(version1, address);
        let expected =
            "probably 127.0.0.1, and the certificate is for localhost, and that only as common name";
        assert!(text.contains(expected), "{text}");
        let text = text_for(for_another_host, Asked::Address(LAN));
        assert!(text.contains("probably 10.1.2.3, or a name that leads there, and the"), "{text}");
        // Clients don't look for an address in the common name.
        let address_only = |served: &mut ServedCertificate| {
            served.own.names = Vec::new();
            served.own.common_names = vec!["127.0.0.1".to_owned()];
        };
        expect(GENERIC_ALERTS, address_only, address, "another name than");
        // A line break or a placeholder in the client's server name has no effect.
        let odd = failed(Error::AlertReceived(Alert::BadCertificate), Asked::Name("a\nb{key}"), &context());
        let text = explain_server_error(&odd);
        assert!(text.contains("a?b{key}") && !text.contains('\n'), "{text}");
    }

    #[test]
    fn a_certificate_of_the_wrong_kind_is_recognized_by_the_alerts_for_it() {
        expect(PURPOSE_ALERTS, ca_for_signing_only, LOCALHOST, "it is marked as a CA's");
        expect(
            PURPOSE_ALERTS,
            |served| served.own.key_usage = Some(KEY_CERT_SIGN),
            LOCALHOST,
            "its key usage does not",
        );
        expect(KIND_ALERTS, version1, LOCALHOST, "X.509 version 1");
        expect(KIND_ALERTS, |served| served.own.purposes = Some(Vec::new()), LOCALHOST, "extended key usage");
        expect(
            GENERIC_ALERTS,
            |served| served.own.key = KeyType::Rsa { bits: 1024 },
            LOCALHOST,
            "key that is too short",
        );
        let marked_as_ca = |served: &mut ServedCertificate| served.own.is_ca = true;
        expect(&[Alert::UnsupportedCertificate], marked_as_ca, LOCALHOST, "it is marked as a CA's");
        // OpenSSL, GnuTLS and browsers accept a CA certificate if the key usage does not forbid it.
        expect(TRUST_ALERTS, marked_as_ca, LOCALHOST, "self-signed");
        for alert in [Alert::UnsupportedCertificate, Alert::InternalError] {
            assert_eq!(text(alert, unchanged, LOCALHOST), None, "{alert:?}");
        }
    }

    #[test]
    fn a_defect_above_the_certificate_is_the_likely_reason() {
        let no_ca = |served: &mut ServedCertificate| {
            issued(served);
            served.above = vec![Issuer { certificate: good_certificate(), number: Some(2) }];
        };
        for alert in [Alert::UnknownCA, Alert::BadCertificate] {
            let text = text(alert, no_ca, LOCALHOST).unwrap();
            assert!(text.contains("most likely because certificate 2 of its file is not marked"), "{text}");
        }
    }

    #[test]
    fn trust_depends_on_the_issuer() {
        let text_for =
            |change: fn(&mut ServedCertificate)| text(Alert::UnknownCA, change, Asked::Nothing).unwrap();
        expect(TRUST_ALERTS, unchanged, LOCALHOST, "self-signed");
        expect(TRUST_ALERTS, issued, LOCALHOST, "is not in server.crt");
        let text = text_for(issued);
        assert!(
            text.contains("CN=Lab CA") && text.ends_with("append its certificate to server.crt."),
            "an unknown file is in no command: {text}"
        );
        expect(TRUST_ALERTS, next_to_ca, LOCALHOST, "is ca.crt in the same folder");
        let text = text_for(next_to_ca);
        let command = "To try: openssl s_client -quiet -connect localhost:12345 -CAfile /tmp/lab/ca.crt -verify_return_error \
                       -verify_hostname localhost";
        assert!(text.contains("CN=Lab CA") && text.ends_with(command), "{text}");
        expect(TRUST_ALERTS, without_intermediate, LOCALHOST, "CN=Between, is not sent");
        let text = text_for(without_intermediate);
        assert!(
            text.contains("CN=Between") && text.contains("Append intermediate.crt to server.crt"),
            "{text}"
        );
        assert!(!text.contains("To try"), "with ca.crt alone it fails again: {text}");
        let text = text_for(|served| served.anchor = TrustAnchor::InFile);
        assert!(text.contains("root") && text.contains("-CAfile server.crt -verify_return"), "{text}");
    }

    #[test]
    fn a_generic_alert_has_a_second_possible_reason() {
        let text_for =
            |change: fn(&mut ServedCertificate)| text(Alert::BadCertificate, change, LOCALHOST).unwrap();
        assert!(
            text_for(unchanged).contains("may check for another name than localhost."),
            "{}",
            text_for(unchanged)
        );
        assert!(text_for(version1).contains("localhost is only the common name"), "{}", text_for(version1));
        assert!(
            text_for(|served| served.own.is_ca = true)
                .contains("marked as a CA's, which stricter clients reject")
        );
        // Before the `ClientHello` the name is unknown, so the text for the alert, which lists every possible reason,
        // is used.
        assert_eq!(text(Alert::BadCertificate, unchanged, Asked::Nothing), None);
        for number in 0..=u8::MAX {
            let alert = Alert::from(number);
            let is_explained =
                TRUST_ALERTS.iter().chain(PURPOSE_ALERTS).chain(DATES_ALERTS).any(|known| *known == alert);
            assert_eq!(text(alert, ca_for_signing_only, LOCALHOST).is_some(), is_explained, "{alert:?}");
        }
    }
}
