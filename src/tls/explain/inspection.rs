//! Explains an inspected certificate file: how clients treat it, and what is wrong with its chain.

use std::fmt::Write as _;

use rustls::Error;

use crate::text::{display_name, list};
use crate::tls::explain::certificate_errors::{RejectionKind, server_certificate_rejection};
use crate::tls::inspect::chain::{ChainEnd, ChainLink};
use crate::tls::inspect::client_check::{
    CheckOutcome, ClientCheck, ClientQuirk, MAX_CHECKED_NAMES, TrustSource,
};

/// Explains the result of a check in one to four sentences.
#[must_use]
pub fn explain_check(check: &ClientCheck) -> String {
    let client = match &check.trust {
        TrustSource::System => "A client that trusts the system's authorities".to_owned(),
        TrustSource::CaFile(path) => {
            format!("A client that trusts the authorities in {}", display_name(path))
        }
        TrustSource::SameFile => "A client that is given this file as CA".to_owned(),
    };
    let names = list(&check.names, 6);
    let mut text = match &check.outcome {
        CheckOutcome::Accepted => format!("{client} would accept it for {names}."),
        CheckOutcome::InvalidName => format!(
            "{client} can't even ask for “{names}”: that is not a host name. Make one with names such as localhost."
        ),
        CheckOutcome::Rejected { error, is_about_own } => {
            let (why, advice) = rejection(check, error, *is_about_own);
            format!("{client} would reject it for {names}: {why}. {advice}")
        }
        CheckOutcome::NoRoots(_) => match &check.trust {
            TrustSource::System => {
                "Can't check: no trust store of the system was found. Choose a CA file instead.".to_owned()
            }
            TrustSource::CaFile(path) => {
                format!(
                    "Can't check: none of the certificates in {} can be used as a CA.",
                    display_name(path)
                )
            }
            TrustSource::SameFile => {
                "Can't check: none of the certificates in this file can be used as a CA.".to_owned()
            }
        },
    };
    if check.certificate.name_count > MAX_CHECKED_NAMES {
        let count = check.certificate.name_count;
        let _ = write!(text, " Only the first {MAX_CHECKED_NAMES} of its {count} names were checked.");
    }
    text += match check.quirk {
        None => "",
        Some(ClientQuirk::Accepted) => " openssl accepts it all the same, and so does Python before 3.13.",
        Some(ClientQuirk::RootRequired) => {
            " openssl and Python before 3.13 reject it: they need the root of the chain, too."
        }
        Some(ClientQuirk::KeyUsageRequired) => {
            " openssl and Python reject it: its key usage allows no use for TLS."
        }
    };
    text
}

/// Returns the end of a sentence and the remedy.
fn rejection(check: &ClientCheck, error: &Error, is_about_own: bool) -> (String, String) {
    let which = if is_about_own { "it" } else { "another certificate of its chain" };
    let rejection = server_certificate_rejection(error, |_, _| which);
    let is_wrong_name = rejection.kind == RejectionKind::WrongName;
    let is_namesake = check.trust == TrustSource::System && check.is_namesake();
    let why = if is_wrong_name && check.only_common_names {
        "that is its common name, where newer clients no longer look".to_owned()
    } else if is_wrong_name && !check.certificate.has_alternative_names {
        "it has no name in it at all".to_owned()
    } else if is_namesake {
        "it signs itself, and the authority of the same name that the client knows is another one".to_owned()
    } else {
        rejection.why
    };
    let is_about_trust = rejection.kind == RejectionKind::UnknownIssuer || is_namesake;
    (why, if is_about_trust { trust_advice(check) } else { rejection.advice })
}

fn trust_advice(check: &ClientCheck) -> String {
    let issuer = &check.certificate.last_issuer;
    match &check.trust {
        TrustSource::System if check.certificate.self_signed => {
            "Expected for a certificate of your own.".to_owned()
        }
        TrustSource::System => format!(
            "Expected if {issuer} is your own; otherwise an intermediate certificate is missing from the file."
        ),
        TrustSource::CaFile(_) if check.certificate.self_signed => {
            "It signed itself, so give the client the certificate itself as CA.".to_owned()
        }
        TrustSource::CaFile(_) => format!(
            "Give the client the certificate of {issuer}; if it has that, an intermediate certificate is missing from the \
             file."
        ),
        TrustSource::SameFile => format!("Give the client the certificate of {issuer} as CA instead."),
    }
}

/// Explains what is wrong with the link between certificate `number` of the file, counted from 1, and the next one.
#[must_use]
pub fn explain_link(number: usize, link: &ChainLink) -> Option<String> {
    let next_number = number + 1;
    Some(match link {
        ChainLink::Signed | ChainLink::NameOnly => return None,
        ChainLink::OtherName { issuer, next, found } => {
            let advice = match found {
                Some(found) => format!("Move certificate {found}, which is the right one, to its place."),
                None => "Put the certificate of its issuer there.".to_owned(),
            };
            format!(
                "Certificate {number} is signed by {issuer}, but certificate {next_number} is {next}. {advice}"
            )
        }
        ChainLink::OtherKey { issuer } => format!(
            "Certificate {next_number} has the name of certificate {number}'s issuer, {issuer}, but did not sign it: its \
             key is another one. Put the right one there."
        ),
        ChainLink::Repeated => {
            format!("Certificate {next_number} is certificate {number} once more. Take it out.")
        }
    })
}

/// Explains which certificate clients need in order to trust the chain.
#[must_use]
pub fn explain_end(end: &ChainEnd) -> String {
    match end {
        ChainEnd::SelfSigned => {
            "The last certificate is self-signed: clients accept it only if they trust it as CA.".to_owned()
        }
        ChainEnd::Issuer(issuer) => format!(
            "The last certificate is signed by {issuer}, which is not in the file: clients must trust it as CA."
        ),
    }
}
