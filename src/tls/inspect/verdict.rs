//! What clients will say: the check that a rustls client makes, for each name in the certificate.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::asn1_rs::FromDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::tls::explain::certificate_errors::{Rejection, RejectionKind, server_certificate_rejection};
use crate::tls::inspect::differences;
use crate::tls::inspect::{CertificateFile, Roots, chain, name, names, report, sentence, text};

/// Whom a client trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The system's authorities.
    System,
    /// Those of a CA file.
    Given(PathBuf),
    /// The certificates of the checked file itself.
    File,
}

/// How the check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The client goes on.
    Accepted,
    /// The client ends the handshake with an alert.
    Refused,
    /// There is nothing to check against.
    Unknown,
}

/// What one kind of client says for some of the names. Revocation is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whom the client trusts.
    pub trust: Trust,
    /// The names that it is about, each as a client would ask for it.
    pub names: Vec<String>,
    /// How the check ends.
    pub outcome: Outcome,
    /// Whether this is what one expects, as of a certificate of one's own before the system's authorities: nothing to
    /// be alarmed at.
    pub expected: bool,
    /// The verdict in one sentence, and what to do about it in another.
    pub words: String,
    /// The library's own words for a refusal.
    pub raw: Option<String>,
}

/// More names are not checked; the verdict says so.
pub(super) const MOST_NAMES: usize = 100;

/// A name to check, and how it stands in the certificate.
pub(super) struct Asked {
    pub(super) shown: String,
    /// `None` for what no client can ask for.
    pub(super) server: Option<ServerName<'static>>,
    /// It is only a common name.
    pub(super) only_common: bool,
}

/// What the sentences and the other clients' rules need to know about the file.
pub(super) struct Subject<'a> {
    pub(super) leaf: &'a X509Certificate<'a>,
    pub(super) issuer_of_last: String,
    /// The server's certificate signed itself.
    pub(super) self_signed: bool,
    pub(super) names_in_all: usize,
    pub(super) now: Timestamp,
}

/// Checks a file as clients would: once against `roots`, once against the file itself; for each name in it. A second of
/// work at most: not for the window's thread.
#[must_use]
pub fn verdicts(file: &CertificateFile, roots: &Roots, now: Timestamp) -> Vec<Verdict> {
    let Some((first, rest)) = file.chain().split_first() else { return Vec::new() };
    let Ok((_, leaf)) = X509Certificate::from_der(first) else { return Vec::new() };
    let mut asked = asked(&leaf);
    let subject = Subject {
        leaf: &leaf,
        issuer_of_last: issuer_of_last(file),
        self_signed: chain::self_signed(&leaf, first),
        names_in_all: asked.len(),
        now,
    };
    asked.truncate(MOST_NAMES);
    let mut all = against(roots, &subject, first, rest, &asked);
    all.extend(against(&Roots::of_file(file), &subject, first, rest, &asked));
    all
}

fn issuer_of_last(file: &CertificateFile) -> String {
    let last = file.chain().last().and_then(|der| X509Certificate::from_der(der).ok());
    last.map_or_else(String::new, |(_, last)| name::distinguished_name(last.issuer()))
}

fn against(
    roots: &Roots,
    subject: &Subject<'_>,
    first: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    asked: &[Asked],
) -> Vec<Verdict> {
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.store), Arc::new(default_provider()))
            .build();
    let Ok(verifier) = verifier else {
        return vec![Verdict {
            trust: roots.trust.clone(),
            names: asked.iter().map(|name| name.shown.clone()).collect(),
            outcome: Outcome::Unknown,
            expected: false,
            words: sentence::no_roots(&roots.trust),
            raw: roots.raw().first().cloned(),
        }];
    };
    let now =
        UnixTime::since_unix_epoch(Duration::from_secs(subject.now.as_second().try_into().unwrap_or(0)));
    let leaf_times =
        [subject.leaf.validity().not_before.timestamp(), subject.leaf.validity().not_after.timestamp()];
    let which = |kind: RejectionKind, at: Option<i64>| match at {
        Some(at) if !leaf_times.contains(&at) => "another certificate of its chain",
        None if kind == RejectionKind::OldVersion && subject.leaf.version().0 == 2 => {
            "another certificate of its chain"
        }
        _ => "it",
    };
    let mut groups: Vec<(Result<(), Finding>, Vec<&Asked>)> = Vec::new();
    for name in asked {
        let result = match &name.server {
            None => Err(Finding::NoName),
            Some(server) => {
                verifier.verify_server_cert(first, rest, server, &[], now).map(drop).map_err(|error| {
                    Finding::Refused(server_certificate_rejection(&error, which), error.to_string())
                })
            }
        };
        let same = groups.iter_mut().find(|(known, names)| {
            alike(known, &result) && names.first().is_some_and(|first| first.only_common == name.only_common)
        });
        match same {
            Some((_, names)) => names.push(name),
            None => groups.push((result, vec![name])),
        }
    }
    groups.iter().map(|(result, names)| verdict(roots, subject, result, names)).collect()
}

/// Why a name finds no favour.
pub(super) enum Finding {
    /// No client can ask for it.
    NoName,
    /// The check fails; with the library's own words.
    Refused(Rejection, String),
}

/// Whether two names have the same fate; the library's own words differ with the name.
fn alike(one: &Result<(), Finding>, other: &Result<(), Finding>) -> bool {
    match (one, other) {
        (Ok(()), Ok(())) | (Err(Finding::NoName), Err(Finding::NoName)) => true,
        (Err(Finding::Refused(one, _)), Err(Finding::Refused(other, _))) => one == other,
        _ => false,
    }
}

fn verdict(roots: &Roots, subject: &Subject<'_>, result: &Result<(), Finding>, names: &[&Asked]) -> Verdict {
    let key = match result {
        Err(Finding::Refused(refusal, _)) => Some(refusal.kind),
        _ => None,
    };
    let outcome = if result.is_ok() { Outcome::Accepted } else { Outcome::Refused };
    let difference = match result {
        Err(Finding::NoName) => None,
        _ => differences::others(roots, subject, key, names),
    };
    Verdict {
        trust: roots.trust.clone(),
        names: names.iter().map(|name| name.shown.clone()).collect(),
        outcome,
        expected: outcome == Outcome::Accepted
            || (roots.trust == Trust::System
                && (key == Some(RejectionKind::UnknownIssuer) || sentence::is_namesake(subject, key))),
        words: sentence::sentence(roots, subject, result, names, difference),
        raw: match result {
            Err(Finding::Refused(_, raw)) => Some(text::line(raw)),
            _ => None,
        },
    }
}

/// The names to check: the alternative ones, or else the common ones, or else `localhost`, which any program here would
/// ask for.
fn asked(leaf: &X509Certificate<'_>) -> Vec<Asked> {
    let mut asked: Vec<Asked> = names::general(leaf)
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(from_text(name, false)),
            GeneralName::IPAddress(bytes) => report::address(bytes).map(|address| Asked {
                shown: address.to_string(),
                server: Some(ServerName::IpAddress(address.into())),
                only_common: false,
            }),
            _ => None,
        })
        .collect();
    if asked.is_empty() {
        asked = name::common_names(leaf.subject()).iter().map(|name| from_text(name, true)).collect();
    }
    if asked.is_empty() {
        asked.push(from_text("localhost", false));
    }
    asked
}

fn from_text(name: &str, only_common: bool) -> Asked {
    // A client asks for a name below the wildcard, not for the wildcard.
    let name = name.strip_prefix("*.").map_or_else(|| name.to_owned(), |rest| format!("www.{rest}"));
    Asked { shown: text::line(&name), server: ServerName::try_from(name).ok(), only_common }
}
