//! What a client did to a TLS connection, in plain words: what happened, most likely why, what to try.
//!
//! The words stand in `failures`, and those about our own certificate in `refused`; here they are chosen and made to fit
//! the server that they are said by.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use jiff::Timestamp;
use rustls::{AlertDescription as Alert, Error};

use crate::platform::terminal::argument;
use crate::settings::tls::TlsVersions;
use crate::tls::failures::{self, ALERTS};
use crate::tls::inspect::{Anchor, Served};
use crate::tls::options::TlsFiles;

mod refused;

pub use refused::Asked;

/// What advice to a client depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The versions that the server speaks.
    pub versions: TlsVersions,
    /// The certificate's file name, fit for a shell.
    pub certificate: String,
    /// The file name of the clients' CA, fit for a shell; empty where clients are not asked for certificates.
    pub client_ca: String,
    /// The protocols that the server agrees to.
    pub alpn: Vec<String>,
    /// Where this computer reaches it: `localhost:12345`.
    pub address: String,
    /// The certificate itself.
    pub served: Served,
}

impl Situation {
    pub(super) fn new(files: &TlsFiles, served: Served) -> Self {
        let name = |path: &Path| if path.as_os_str().is_empty() { String::new() } else { argument(path) };
        Self {
            versions: files.versions,
            certificate: name(&files.certificate),
            client_ca: name(&files.client_ca),
            alpn: files.alpn.clone(),
            address: "localhost".to_owned(),
            served,
        }
    }

    /// Tells where the server listens.
    pub(super) fn listens_on(&mut self, host: &str, port: u16) {
        self.address = match host.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => format!("localhost:{port}"),
            Ok(address) => SocketAddr::new(address, port).to_string(),
            Err(_) => format!("{host}:{port}"),
        };
    }

    fn fill_in(&self, words: &str) -> String {
        filled(words, |key| self.value(key))
    }

    /// The file that makes a client trust the certificate, fit for a shell; `None` where that alone would not do, or it
    /// is not known which one it is.
    fn anchor(&self) -> Option<String> {
        match &self.served.anchor {
            Anchor::Own | Anchor::InFile => self.value("certificate"),
            Anchor::Beside { ca, .. } => Some(argument(ca)),
            Anchor::Intermediate { .. } | Anchor::Missing(_) => None,
        }
    }

    /// How a client comes to trust the certificate: the beginning of a sentence.
    fn trust(&self) -> String {
        match (&self.served.anchor, self.anchor()) {
            (_, Some(file)) => format!("Give the client {file} as its CA file"),
            (Anchor::Intermediate { .. }, None) => self.fill_in(
                "Append intermediate.crt to {certificate}, which is sent without it, start the server again",
            ),
            (_, None) => "Give the client the file of the CA that signed it as its CA file".to_owned(),
        }
    }

    fn value(&self, key: &str) -> Option<String> {
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        Some(match key {
            "versions" => self.versions.label().to_owned(),
            "certificate" => or(&self.certificate, "server.crt"),
            "ca" => or(&self.client_ca, "ca.crt"),
            "alpn" => or(&self.alpn.join(", "), "none"),
            "address" => self.address.clone(),
            "anchor" => self.anchor()?,
            "trust" => self.trust(),
            "key" => self.served.key.to_string(),
            _ => return None,
        })
    }
}

/// Puts values in the place of `{their names}`, once: what a value says is left as it is.
fn filled(words: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, (key, after))) =
        rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
    {
        shown.push_str(before);
        shown.push_str(&value(key).unwrap_or_else(|| format!("{{{key}}}")));
        rest = after;
    }
    shown + rest
}

/// The words for an error that rustls met with a client; `asked` once its hello was read. The error's own text is for
/// the details: `error.to_string()`.
#[must_use]
pub fn peer_failure(
    error: &Error,
    in_handshake: bool,
    situation: &Situation,
    asked: Option<Asked<'_>>,
) -> String {
    let words = match error {
        Error::AlertReceived(received) => {
            // Later than the handshake an internal error is about something else.
            let not_ours = *received == Alert::InternalError && !in_handshake;
            let refused = refused::refused(*received, situation, asked, Timestamp::now());
            return refused
                .filter(|_| !not_ours)
                .unwrap_or_else(|| alert(*received, in_handshake, situation));
        }
        _ => failures::error(error, in_handshake),
    };
    situation.fill_in(words.unwrap_or(if in_handshake { GENERAL_IN_HANDSHAKE } else { GENERAL }))
}

/// The words for a client that left in the middle of the handshake.
#[must_use]
pub fn gone_in_handshake(situation: &Situation) -> String {
    situation.fill_in(
        "The client went away in the middle of the handshake, without an alert that tells why. Often it did not like \
         the certificate. {trust}, and try again.",
    )
}

/// The words for a client that left in the middle of its first message: it has not seen the certificate.
#[must_use]
pub fn gone_in_hello() -> String {
    "The client went away in the middle of its first TLS message. It was stopped, or something on the way cut the \
     connection: connect again."
        .to_owned()
}

const GENERAL_IN_HANDSHAKE: &str = "The TLS handshake failed on the server's side. Try again; the details below tell what the TLS library said.";
const GENERAL: &str = "The TLS connection failed on the server's side. Connect again; the details below tell what \
                       the TLS library said.";

fn alert(received: Alert, in_handshake: bool, situation: &Situation) -> String {
    match ALERTS.iter().find(|(known, _)| *known == received) {
        Some((Alert::CloseNotify, _)) if in_handshake => {
            "The client closed the connection before the handshake was done. It may only have looked whether the port \
             is open, or did not like our certificate: look at what the client itself says."
                .to_owned()
        }
        Some((_, words)) => situation.fill_in(words),
        None => format!(
            "The client ended the connection with alert number {}, which no TLS standard knows. Look at what the client \
             itself says.",
            u8::from(received)
        ),
    }
}

#[cfg(test)]
mod tests;
