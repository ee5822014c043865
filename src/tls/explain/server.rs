//! Explains to the person at the server why TLS with a client failed: what happened, most likely why, what to try.
//!
//! The texts are in [`crate::tls::explain::alerts`], those about the server's certificate in
//! [`crate::tls::explain::rejection`]; this module chooses one and fills in the server's own values.

use jiff::Timestamp;
use rustls::{AlertDescription as Alert, Error};

use crate::platform::terminal::argument;
use crate::tls::explain::alerts::{self, ALERTS};
use crate::tls::explain::rejection::{self, RequestedName};
use crate::tls::inspect::Anchor;
use crate::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};

impl ServerContext {
    fn fill_in(&self, words: &str) -> String {
        filled(words, |key| self.value(key))
    }

    /// The file that makes a client trust the certificate, fit for a shell; `None` where that alone would not do, or it
    /// is not known which one it is.
    pub(super) fn anchor(&self) -> Option<String> {
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

    pub(super) fn value(&self, key: &str) -> Option<String> {
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
pub(super) fn filled(words: &str, value: impl Fn(&str) -> Option<String>) -> String {
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

/// Explains an error of the server's TLS.
#[must_use]
pub fn explain(error: &ServerTlsError) -> String {
    let asked = error
        .client_hello
        .as_deref()
        .map(|hello| RequestedName { name: hello.server_name.as_deref(), address: error.local_address });
    match &error.cause {
        TlsErrorCause::Rustls(cause) => {
            peer_failure(cause, error.in_handshake, &error.context, asked, error.at)
        }
        // The client has not seen the certificate.
        TlsErrorCause::ClosedInHello => {
            "The client went away in the middle of its first TLS message. It was stopped, or something on the way cut \
             the connection: connect again."
                .to_owned()
        }
        TlsErrorCause::ClosedInHandshake => error.context.fill_in(
            "The client went away in the middle of the handshake, without an alert that tells why. Often it did not \
             like the certificate. {trust}, and try again.",
        ),
    }
}

fn peer_failure(
    error: &Error,
    in_handshake: bool,
    context: &ServerContext,
    asked: Option<RequestedName<'_>>,
    at: Timestamp,
) -> String {
    let words = match error {
        Error::AlertReceived(received) => {
            // Later than the handshake an internal error is about something else.
            let not_ours = *received == Alert::InternalError && !in_handshake;
            let refused = rejection::refused(*received, context, asked, at);
            return refused.filter(|_| !not_ours).unwrap_or_else(|| alert(*received, in_handshake, context));
        }
        _ => alerts::error(error, in_handshake),
    };
    context.fill_in(words.unwrap_or(if in_handshake { GENERAL_IN_HANDSHAKE } else { GENERAL }))
}

const GENERAL_IN_HANDSHAKE: &str = "The TLS handshake failed on the server's side. Try again; the details below tell what the TLS library said.";
const GENERAL: &str = "The TLS connection failed on the server's side. Connect again; the details below tell what \
                       the TLS library said.";

fn alert(received: Alert, in_handshake: bool, context: &ServerContext) -> String {
    match ALERTS.iter().find(|(known, _)| *known == received) {
        Some((Alert::CloseNotify, _)) if in_handshake => {
            "The client closed the connection before the handshake was done. It may only have looked whether the port \
             is open, or did not like our certificate: look at what the client itself says."
                .to_owned()
        }
        Some((_, words)) => context.fill_in(words),
        None => format!(
            "The client ended the connection with alert number {}, which no TLS standard knows. Look at what the client \
             itself says.",
            u8::from(received)
        ),
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
pub(super) mod tests;
