//! Explains to the built-in client's user why TLS with a server failed: what happened, the most likely cause, what to try.

use std::fmt;

use rustls::{AlertDescription as Alert, Error};

use crate::settings::SettingChoice;
use crate::text::display_name;
use crate::tls::certificate::Certificate;
use crate::tls::client_config::ClientConfigError;
use crate::tls::explain::alerts::alert_text;
use crate::tls::explain::certificate_errors::{is_about_use, server_certificate_rejection};
use crate::tls::explain::protocol_errors::{Peer, protocol_error_text};
use crate::tls::handshake::Accepted;
use crate::tls::options::Trust;
use crate::tls::session_error::{ClientTlsError, TlsErrorCause};

const CLOSED: &str = "The server closed the connection during the TLS handshake without a reason. It may not support TLS: \
                      see its log, or turn TLS off here.";
const RESET: &str = "The connection was reset during the TLS handshake. The server may not support TLS: see its log, or turn \
                     TLS off here.";
const GENERAL: &str =
    "TLS failed on the client. Connect again; the details show the TLS library's own error.";

/// Explains a TLS error of the built-in client.
#[must_use]
pub fn explain_client_error(error: &ClientTlsError) -> String {
    let choices = &error.context.choices;
    let template = match &error.cause {
        TlsErrorCause::ResetInHandshake => RESET,
        TlsErrorCause::ClosedInHello | TlsErrorCause::ClosedInHandshake => CLOSED,
        TlsErrorCause::Rustls(Error::AlertReceived(Alert::CloseNotify)) if error.in_handshake => CLOSED,
        TlsErrorCause::Rustls(Error::AlertReceived(received)) => alert_text(
            intended_alert(*received, error),
            Peer::Server,
            error.in_handshake,
            !error.in_handshake,
        ),
        TlsErrorCause::Rustls(cause @ (Error::InvalidCertificate(_) | Error::UnsupportedNameType))
            if !error.chain.is_empty() =>
        {
            return explain_rejection(cause, error);
        }
        TlsErrorCause::Rustls(cause) => {
            protocol_error_text(cause, error.in_handshake, Peer::Server).unwrap_or(GENERAL)
        }
    };
    Peer::Server.fill(template, |key| match key {
        "versions" => Some(choices.versions.label().to_owned()),
        "alpn" if choices.alpn.is_empty() => Some("none".to_owned()),
        "alpn" => Some(choices.alpn.join(", ")),
        _ => None,
    })
}

impl fmt::Display for ClientConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trust(error) => error.fmt(f),
            Self::Identity(error) => write!(f, "The client certificate can't be used. {error}"),
            Self::NoCas { trust: Trust::CaFile(path) | Trust::ThisServer(path), .. } => write!(
                f,
                "None of the certificates in {} can be used as a CA. Choose the file of the CA that signed the server's \
                 certificate.",
                display_name(path)
            ),
            Self::NoCas { .. } => f.write_str("No system trust store was found. Choose a CA file to trust."),
            Self::InvalidName { name } => {
                write!(f, "“{name}” can't be a name in a certificate. Set a server name such as localhost.")
            }
            Self::Rustls(_) => {
                f.write_str("The TLS library rejected these options. Change one of them and try again.")
            }
        }
    }
}

/// Returns a warning if the client checks no certificates.
#[must_use]
pub fn trust_warning(trust: &Trust) -> Option<&'static str> {
    (*trust == Trust::Nothing).then_some(
        "The server's certificate isn't checked, so anyone on the path can pose as the server. Use this for tests only.",
    )
}

/// Explains why a server's certificate was accepted.
#[must_use]
pub fn explain_accepted(accepted: Accepted) -> &'static str {
    match accepted {
        Accepted::Signed => {
            "The certificate was accepted: a CA that the client trusts issued it, and it is for this name."
        }
        Accepted::Pinned { name_checked: true } => {
            "The certificate was accepted: it is the one in the client's file, and it is for this name. Other clients may reject it."
        }
        Accepted::Pinned { name_checked: false } => {
            "The certificate was accepted: it is the one in the client's file. It has no names to check (X.509 version 1), so other \
             clients may reject it."
        }
        Accepted::Unchecked => "The certificate was not checked, so the server's identity is unknown.",
    }
}

/// Returns the alert that the server meant. TLS 1.2 has none for a missing client certificate, and most servers send
/// another one instead.
fn intended_alert(received: Alert, error: &ClientTlsError) -> Alert {
    let lacks_certificate = error.asked_for_certificate
        && !error.presented_certificate
        && matches!(received, Alert::HandshakeFailure | Alert::BadCertificate);
    if lacks_certificate { Alert::CertificateRequired } else { received }
}

/// Explains why this client rejected the server's certificate.
fn explain_rejection(cause: &Error, error: &ClientTlsError) -> String {
    let context = &error.context;
    let is_other_certificate = context.given.is_some() && context.given.as_ref() != error.chain.first();
    let (why, advice) = match &context.choices.trust {
        Trust::ThisServer(path) if is_other_certificate && !is_about_use(cause) => (
            format!("it is not the one in {}", display_name(path)),
            "If the file changed after the server was started, restart the server; otherwise this is another server."
                .to_owned(),
        ),
        _ => {
            let chain: Vec<_> = error.chain.iter().filter_map(|der| Certificate::from_der(der)).collect();
            server_certificate_rejection(cause, &chain, "it")
        }
    };
    format!("This client rejected the server's certificate for “{}”: {why}. {advice}", context.name)
}
