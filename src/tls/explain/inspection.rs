//! Explains an inspected certificate file: how clients treat it, and the problems of its chain.

use std::fmt::Write as _;

use crate::text::{display_name, list};
use crate::tls::certificate::Certificate;
use crate::tls::explain::certificate_errors::server_certificate_rejection;
use crate::tls::inspect::chain::ChainLink;
use crate::tls::inspect::client_check::{CheckOutcome, ClientCheck, ClientQuirk, MAX_CHECKED_NAMES};
use crate::tls::options::Trust;

/// Explains the result of a check in one to four sentences.
#[must_use]
pub fn explain_check(check: &ClientCheck) -> String {
    let client = match &check.trust {
        Trust::CaFile(path) => &format!("A client that trusts the CAs in {}", display_name(path)),
        Trust::ThisServer(_) => "A client that has this file as its CA file",
        Trust::System | Trust::Nothing => "A client that uses the system trust store",
    };
    let names = list(&check.names, 6);
    let mut text = match &check.outcome {
        CheckOutcome::Accepted => format!("{client} accepts it for {names}."),
        CheckOutcome::InvalidName => format!(
            "{client} can't ask for “{names}”, which is not a host name. Make one with names such as localhost."
        ),
        CheckOutcome::Rejected { error, is_about_own } => {
            let which = if *is_about_own { "it" } else { "another certificate of its chain" };
            let (why, advice) = server_certificate_rejection(error, &check.chain, which);
            format!("{client} rejects it for {names}: {why}. {advice}")
        }
        CheckOutcome::NoRoots(_) => match check.trust {
            Trust::System => "Can't check: no system trust store was found. Choose a CA file instead.",
            _ => "Can't check: the file contains no usable CA. Choose another CA file.",
        }
        .to_owned(),
    };
    let count = check.chain[0].hosts_or_common_names().len();
    if count > MAX_CHECKED_NAMES {
        let _ = write!(text, " Only the first {MAX_CHECKED_NAMES} of its {count} names were checked.");
    }
    match &check.quirk {
        None => {}
        Some(ClientQuirk::Accepted) => {
            text += " openssl accepts it anyway, and so does Python before 3.13.";
        }
        Some(ClientQuirk::RootRequired) => {
            text +=
                " openssl and Python before 3.13 reject it, because they also require the root of the chain.";
        }
        Some(ClientQuirk::Rejected(why)) => {
            let _ = write!(text, " openssl and Python reject it: {why}.");
        }
    }
    text
}

/// Explains the problem, if any, between certificate `number` of the file, counted from 1, and the next one.
#[must_use]
pub fn explain_link(number: usize, link: &ChainLink) -> Option<String> {
    let next_number = number + 1;
    Some(match link {
        ChainLink::Signed | ChainLink::NameOnly => return None,
        ChainLink::OtherName { issuer, next, found } => {
            let advice = match found {
                Some(found) => format!("Move certificate {found}, the issuer's, to that place."),
                None => "Put the issuer's certificate there.".to_owned(),
            };
            format!(
                "The issuer of certificate {number} is {issuer}, but certificate {next_number} is {next}. {advice}"
            )
        }
        ChainLink::OtherKey { issuer } => format!(
            "Certificate {next_number} has the name of certificate {number}'s issuer, {issuer}, but another key, so it didn't \
             sign it. Put the issuer's certificate there."
        ),
        ChainLink::Repeated => {
            format!("Certificate {next_number} is a copy of certificate {number}. Remove it.")
        }
    })
}

/// Explains which certificate clients need in order to trust a chain that ends with `last`.
#[must_use]
pub fn explain_end(last: &Certificate) -> String {
    if last.self_signed {
        "The last certificate is self-signed. Clients accept the chain only if they trust it as a CA."
            .to_owned()
    } else {
        format!(
            "The issuer of the last certificate, {}, is not in the file. Clients must trust that CA.",
            last.issuer
        )
    }
}
