//! Why a client refused our certificate: a table of what can be wrong with one, and the choice of what is.
//!
//! A row is taken where clients mean it by the alert that came, and where it holds for the certificate that is served.
//! First come the faults that no client passes over, last what only depends on whom it trusts. Where the alert alone
//! does not tell, the row is called most likely. Where no row holds, the words for the alert alone are left.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::AlertDescription as Alert;

use crate::text::{MAX_NAME, sanitize};
use crate::tls::explain::server::filled;
use crate::tls::inspect::{Anchor, Served};
use crate::tls::session_error::ServerContext;

/// What a client asked for: known once its hello was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestedName<'a> {
    /// The server name (SNI, RFC 6066, section 3).
    pub name: Option<&'a str>,
    /// The address of this computer that it connected to.
    pub address: Option<IpAddr>,
}

impl RequestedName<'_> {
    fn shown(&self) -> String {
        match (self.name, self.address) {
            (Some(name), _) => sanitize(name, MAX_NAME),
            (None, Some(address)) => address.to_string(),
            (None, None) => "an address".to_owned(),
        }
    }
}

/// What is looked at.
struct Seen<'a> {
    served: &'a Served,
    asked: Option<RequestedName<'a>>,
    now: Timestamp,
}

type Holds = fn(&Seen<'_>) -> bool;

struct Row {
    holds: Holds,
    /// The alerts that clients send for it.
    alerts: &'static [Alert],
    /// The end of a sentence that begins with “because”.
    why: &'static str,
    /// What to do.
    advice: &'static str,
}

/// Alerts that can mean anything, of gnutls, Go, Java and browsers for example. OpenSSL sends the first of them for a
/// certificate that is not valid yet or is for another name.
const VAGUE: &[Alert] = &[Alert::BadCertificate, Alert::CertificateUnknown];
/// OpenSSL tells a wrong purpose by the first, gnutls by the second, and rustls a CA's mark and version 1 by the third.
const PURPOSE: &[Alert] = &[Alert::UnsupportedCertificate, Alert::InternalError, Alert::CertificateUnknown];
const KIND: &[Alert] = &[Alert::UnsupportedCertificate, Alert::CertificateUnknown];
/// rustls also says this of one that is not valid yet.
const DATES: &[Alert] = &[Alert::CertificateExpired, Alert::BadCertificate, Alert::CertificateUnknown];
const TRUST: &[Alert] = &[Alert::UnknownCA, Alert::BadCertificate, Alert::CertificateUnknown];

const NAME_ADVICE: &str = "Connect to a name that stands in it, or make one that has {asked}.";

const ROWS: &[Row] = &[
    Row {
        holds: |seen| seen.now > seen.served.validity.not_after,
        alerts: DATES,
        why: "it has expired: its last moment was {ends}",
        advice: "Make a new one.",
    },
    Row {
        holds: |seen| seen.now < seen.served.validity.not_before,
        alerts: DATES,
        why: "it is not valid yet: its first moment is {begins}",
        advice: "Wait until then, make a new one, or see whether this computer's clock is right.",
    },
    Row {
        holds: |seen| seen.served.outdated_above(seen.now).is_some(),
        alerts: DATES,
        why: "certificate {number} of its file is not valid now: it is from {above_begins} to {above_ends}",
        advice: "Put a valid one in its place.",
    },
    Row {
        holds: |seen| seen.served.anchor == Anchor::Own,
        alerts: &[Alert::CertificateExpired],
        why: "the client's clock is wrong: by this computer's clock the certificate is valid, from {begins} to {ends}",
        advice: "Set the client's clock right.",
    },
    Row {
        holds: |_| true,
        alerts: &[Alert::CertificateExpired],
        why: "the client's clock is wrong, or the CA's own certificate, which the client has, is not valid: by this computer's \
              clock ours is, from {begins} to {ends}",
        advice: "Set the client's clock right, or make a new CA.",
    },
    Row {
        holds: |seen| seen.name().is_some_and(|name| !seen.served.is_for(name) && !by_common_name(seen)),
        alerts: VAGUE,
        why: "it is made for another name than {asked}, which the client asked for: it is for {names}",
        advice: NAME_ADVICE,
    },
    Row {
        holds: |seen| !seen.served.may_serve,
        alerts: &[Alert::UnsupportedCertificate, Alert::BadCertificate, Alert::CertificateUnknown],
        why: "its extended key usage does not allow it to be a server's",
        advice: "Make one with the purpose serverAuth.",
    },
    Row {
        holds: |seen| seen.served.is_ca && !seen.served.may_sign,
        alerts: PURPOSE,
        why: "it is marked as a certificate authority's own: its key usage is for signing others, not for a server",
        advice: "Make one for a server, and sign it with this one if you like.",
    },
    Row {
        holds: |seen| !seen.served.may_sign,
        alerts: PURPOSE,
        why: "its key usage does not allow it to be a server's",
        advice: "Make one with the key usage digitalSignature, or with none.",
    },
    Row {
        holds: |seen| seen.served.version < 3,
        alerts: KIND,
        why: "it is of X.509 version {version}, and browsers and other strict clients take version 3 only",
        advice: "Make it anew with extensions, such as its alternative names.",
    },
    Row {
        holds: |seen| seen.served.is_ca,
        alerts: &[Alert::UnsupportedCertificate],
        why: "it is marked as a certificate authority's own, as openssl req -x509 makes them",
        advice: "Make one with basicConstraints=CA:FALSE.",
    },
    Row {
        holds: |seen| seen.served.weak.is_some(),
        alerts: VAGUE,
        why: "it is made with {weak}, which is too weak for most clients",
        advice: "Make one with SHA-256, and an RSA key of 2048 bits or one on P-256.",
    },
    Row {
        holds: |seen| for_another_address(seen) && seen.served.is_for_by_common_name(&seen.shown()),
        alerts: VAGUE,
        why: "the address that the client probably checks for, {asked}, stands in it only as common name, where openssl \
              and others do not look for addresses",
        advice: "Make one that has {asked} among its alternative names.",
    },
    Row {
        holds: for_another_address,
        alerts: VAGUE,
        why: "it is made for another name than the client asked for: it asked for none, so probably for {guess}, and the \
              certificate is for {names}",
        advice: "Connect to a name that stands in it, or make one that has the name or address that the client checks for.",
    },
    Row {
        holds: |seen| seen.served.anchor == Anchor::Own,
        alerts: TRUST,
        why: "the client does not trust who signed it: it signed itself, so only a client that was given it takes it",
        advice: "Give the client {certificate} as its CA file, or serve one that a CA of the client's has signed.",
    },
    Row {
        holds: |seen| seen.served.anchor == Anchor::InFile,
        alerts: TRUST,
        why: "the client does not trust who signed it: the root at the end of its chain, which stands in {certificate} too",
        advice: "Give the client that root's certificate as its CA file; {certificate} will do.",
    },
    Row {
        holds: |seen| matches!(seen.served.anchor, Anchor::Intermediate { .. }),
        alerts: TRUST,
        why: "its intermediate is not sent: {issuer} has signed it, and that one's certificate is in intermediate.crt, not \
              in {certificate}",
        advice: "Append intermediate.crt to {certificate} and start the server again: then a client needs only the file of \
                 the CA above.",
    },
    Row {
        holds: |seen| matches!(seen.served.anchor, Anchor::Beside { .. }),
        alerts: TRUST,
        why: "the client does not trust who signed it: {issuer}, whose certificate stands beside it in ca.crt",
        advice: "Give the client {anchor} as its CA file.",
    },
    Row {
        holds: |seen| matches!(seen.served.anchor, Anchor::Missing(_)),
        alerts: TRUST,
        why: "the client does not trust who signed it: {issuer}, whose certificate is not in {certificate}",
        advice: "Give the client the CA's file as its CA file. If that CA is an intermediate one, and the client has the CA \
                 above it, append its certificate to {certificate}.",
    },
];

/// What to add where it is only likely that the client does not trust who signed: the first that holds.
const OR_ELSE: &[(Holds, &str)] = &[
    (
        by_common_name,
        "If it does trust that: {asked} is only its common name, where newer clients no longer look.",
    ),
    (|seen| seen.served.is_ca, "If it does trust that: it is marked as a CA, which stricter clients refuse."),
    (|_| true, "If it does trust that, it may check for another name than {asked}."),
];

/// How to try it, after words about whom the client trusts: where it is known in which file they stand.
const TO_TRY: &str = "To try: openssl s_client -connect {address} -CAfile {anchor}";

impl<'a> Seen<'a> {
    fn name(&self) -> Option<&'a str> {
        self.asked.and_then(|asked| asked.name)
    }
}

impl Seen<'_> {
    fn shown(&self) -> String {
        self.asked.map(|asked| asked.shown()).unwrap_or_default()
    }

    /// What a client that sent no name checks for: the address that it connected to, or a name that it did not send
    /// (OpenSSL sends none without a dot). Not where the certificate has such a name.
    fn guess(&self) -> String {
        let shown = self.shown();
        let short = |host: &String| !host.contains('.');
        match self.asked.and_then(|asked| asked.address) {
            None => shown,
            _ if self.served.is_for("localhost") || self.served.is_for_by_common_name("localhost") => shown,
            Some(address) if address.is_loopback() => {
                format!("{shown}, or a name that leads there such as localhost")
            }
            _ if self.served.hosts.iter().chain(&self.served.common).any(short) => shown,
            Some(_) => format!("{shown}, or a name that leads there"),
        }
    }
}

fn by_common_name(seen: &Seen<'_>) -> bool {
    seen.name().is_some_and(|name| seen.served.is_for_by_common_name(name))
}

/// Clients send no name where they were told an address.
fn for_another_address(seen: &Seen<'_>) -> bool {
    seen.asked.is_some_and(|asked| match (asked.name, asked.address) {
        (Some(_), _) => false,
        (None, Some(address)) => !seen.served.addresses.contains(&address),
        (None, None) => seen.served.addresses.is_empty(),
    })
}

/// The words for an alert about the certificate; `None` where the alert is about something else, or nothing is known
/// that it could mean.
pub(super) fn refused(
    received: Alert,
    situation: &ServerContext,
    asked: Option<RequestedName<'_>>,
    now: Timestamp,
) -> Option<String> {
    let seen = Seen { served: &situation.served, asked, now };
    let vague = VAGUE.contains(&received);
    let row = ROWS.iter().find(|row| row.alerts.contains(&received) && (row.holds)(&seen))?;
    let about_trust = row.alerts.contains(&Alert::UnknownCA);
    // Without the hello it can be the name as well.
    if vague && about_trust && asked.is_none() {
        return None;
    }
    let sure = matches!(received, Alert::CertificateExpired | Alert::UnknownCA);
    let likely = if sure { "" } else { ", most likely" };
    let mut words = format!("The client refused our certificate{likely} because {}. {}", row.why, row.advice);
    if about_trust {
        let or_else = OR_ELSE.iter().find(|(holds, _)| vague && holds(&seen)).map(|(_, words)| *words);
        let to_try = situation.anchor().map(|_| TO_TRY);
        for more in or_else.into_iter().chain(to_try) {
            words.push(' ');
            words.push_str(more);
        }
    }
    Some(filled(&words, |key| value(key, &seen).or_else(|| situation.value(key))))
}

fn value(key: &str, seen: &Seen<'_>) -> Option<String> {
    let served = seen.served;
    let above = || served.outdated_above(seen.now);
    Some(match key {
        "begins" => served.validity.begins(),
        "ends" => served.validity.ends(),
        "number" => above()?.0.to_string(),
        "above_begins" => above()?.1.begins(),
        "above_ends" => above()?.1.ends(),
        "asked" => seen.asked?.shown(),
        "guess" => seen.guess(),
        "names" => served.names(),
        "version" => served.version.to_string(),
        "weak" => served.weak.clone()?,
        "issuer" => match &served.anchor {
            Anchor::Missing(issuer) | Anchor::Beside { issuer, .. } | Anchor::Intermediate { issuer } => {
                issuer.clone()
            }
            Anchor::Own | Anchor::InFile => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
#[path = "rejection_tests.rs"]
mod tests;
