//! What went wrong with a TLS connection, in the words of the client: what happened, most likely why, what to try.
//!
//! The words for alerts and errors stand in `failures`, those for a refused certificate come from [`details`].

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription as Alert, Error, HandshakeType};

use crate::settings::tls::TlsVersions;
use crate::text::display_name;
use crate::tls::connecting::verifier::Seen;
use crate::tls::connecting::{Trust, failures};
use crate::tls::inspect::{self, CertificateDetails, Refusal};

/// What happened, in plain words and in the library's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// One to three sentences.
    pub text: String,
    /// The library's own words.
    pub raw: String,
}

/// What the words depend on.
#[derive(Debug)]
pub(super) struct Situation {
    pub(super) trust: Trust,
    /// The first certificate of the file in [`Trust::ThisServer`].
    pub(super) given: Option<CertificateDer<'static>>,
    pub(super) name: String,
    pub(super) versions: TlsVersions,
    pub(super) alpn: Vec<String>,
}

/// The server closed the connection before the handshake was done.
#[must_use]
pub fn gone_in_handshake() -> Explained {
    Explained {
        text: "The server closed the connection in the middle of the TLS handshake and did not say why. It may not \
               speak TLS: look at its log, or turn TLS off here."
            .to_owned(),
        raw: "end of stream during the handshake".to_owned(),
    }
}

/// The server's system reset the connection before the handshake was done.
#[must_use]
pub fn reset_in_handshake(raw: String) -> Explained {
    Explained {
        text: "The server's system reset the connection in the middle of the TLS handshake. The server may have been \
               stopped, or does not speak TLS: look at its log."
            .to_owned(),
        raw,
    }
}

pub(super) fn no_authorities(trust: &Trust) -> String {
    match trust {
        Trust::CaFile(path) | Trust::ThisServer(path) => format!(
            "None of the certificates in {} can be used as an authority. Choose the file of the CA that signed the \
             server's certificate.",
            display_name(path)
        ),
        Trust::System | Trust::Nothing => {
            "This computer has no list of authorities that could be found. Choose a CA file to trust."
                .to_owned()
        }
    }
}

/// The words for an error that rustls met with the server.
pub(super) fn failure(error: &Error, in_handshake: bool, situation: &Situation, seen: &Seen) -> Explained {
    let text = match error {
        Error::InvalidCertificate(_) | Error::UnsupportedNameType if !seen.chain.is_empty() => {
            refused(error, situation, &seen.chain)
        }
        Error::AlertReceived(received) => alert(*received, in_handshake, situation, seen),
        Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. } if in_handshake => {
            "The server sent our own hello back: it is an echo server without TLS. Turn TLS on there, or off here."
                .to_owned()
        }
        _ => situation.fill_in(failures::error(error, in_handshake)),
    };
    Explained { text, raw: error.to_string() }
}

impl Situation {
    fn fill_in(&self, words: &str) -> String {
        let alpn = if self.alpn.is_empty() { "none".to_owned() } else { self.alpn.join(", ") };
        words.replace("{versions}", self.versions.label()).replace("{alpn}", &alpn)
    }
}

fn alert(received: Alert, in_handshake: bool, situation: &Situation, seen: &Seen) -> String {
    if received == Alert::CloseNotify && in_handshake {
        return gone_in_handshake().text;
    }
    // Before TLS 1.3 there was no alert of its own for a missing certificate, and most servers say this instead.
    let missing = seen.asked_for_certificate
        && !seen.showed_certificate
        && matches!(received, Alert::HandshakeFailure | Alert::BadCertificate);
    let received = if missing { Alert::CertificateRequired } else { received };
    match failures::ALERTS.iter().find(|(known, _)| *known == received) {
        Some((_, words)) => situation.fill_in(words),
        None => format!(
            "The server ended the connection with alert number {} ({received:?}). Look at the server's log.",
            u8::from(received)
        ),
    }
}

/// Why this client refused the server's certificate, and what its user can do.
fn refused(error: &Error, situation: &Situation, chain: &[CertificateDer<'static>]) -> String {
    let shown_first = chain.first().and_then(|der| inspect::describe(der));
    let refusal = inspect::refusal(error, |_, _| "it");
    let name = &situation.name;
    let is_about_its_use =
        ["NotValid", "Expired", "InvalidPurpose"].iter().any(|it| refusal.key.starts_with(it));
    let (why, advice) = match (&shown_first, refusal.key.as_str()) {
        _ if !is_about_its_use && is_another(situation, chain) => another(situation),
        (Some(first), "UnknownIssuer" | "BadSignature") => unknown_issuer(&refusal, situation, chain, first),
        (Some(first), key) if key.starts_with("NotValidForName") => wrong_name(&refusal, first),
        _ => (refusal.why.clone(), refusal.advice.to_owned()),
    };
    format!("This client refused the server's certificate for “{name}”: {why}. {advice}")
        .trim_end()
        .to_owned()
}

/// Whether the server showed another certificate than the client was given as this server's.
fn is_another(situation: &Situation, chain: &[CertificateDer<'static>]) -> bool {
    situation.given.is_some() && situation.given.as_ref() != chain.first()
}

fn another(situation: &Situation) -> (String, String) {
    let file = match &situation.trust {
        Trust::ThisServer(path) | Trust::CaFile(path) => display_name(path),
        Trust::System | Trust::Nothing => "the file".to_owned(),
    };
    let advice = "The file may have changed since the server was started: start the server again. Or this is another \
                  server.";
    (format!("it is another one than that in {file}"), advice.to_owned())
}

fn wrong_name(refusal: &Refusal, first: &CertificateDetails) -> (String, String) {
    let names: Vec<String> = first.names.iter().map(|name| name.text.clone()).collect();
    if let Some(known) = names.first() {
        let list = crate::text::list(&names, 6);
        let advice = format!(
            "It is made for {list}: connect to one of these, or set {known} as the server name. Or make a \
             certificate that has this name."
        );
        return (refusal.why.clone(), advice);
    }
    let why = if first.common_names.is_empty() {
        "it has no name in it at all"
    } else {
        "it has only a common name, where newer clients no longer look, and no alternative names"
    };
    (why.to_owned(), "Make a certificate that has this name among its alternative names.".to_owned())
}

fn unknown_issuer(
    refusal: &Refusal,
    situation: &Situation,
    chain: &[CertificateDer<'static>],
    first: &CertificateDetails,
) -> (String, String) {
    let last = chain.last().and_then(|der| inspect::describe(der));
    let issuer = last.map_or_else(|| first.issuer.clone(), |last| last.issuer);
    let why = refusal.why.clone();
    let give = |path: &Path| {
        if first.self_signed {
            format!(
                "It signed itself, and {} does not hold it: trust the file that the server serves.",
                display_name(path)
            )
        } else {
            format!(
                "{} does not hold the certificate of {issuer}, which signed it; if it does, the server leaves out an \
                 intermediate certificate.",
                display_name(path)
            )
        }
    };
    let advice = match &situation.trust {
        Trust::ThisServer(path) | Trust::CaFile(path) => give(path),
        Trust::System | Trust::Nothing if first.self_signed => {
            "It signed itself, which is expected for a certificate of your own: trust this server's certificate."
                .to_owned()
        }
        Trust::System | Trust::Nothing => format!(
            "If {issuer} is an authority of your own, trust its file as CA file; otherwise the server leaves out an \
             intermediate certificate."
        ),
    };
    (why, advice)
}
