//! The sentences of the verdicts.

use crate::text::display_name;
use crate::tls::explain::certificate_errors::RejectionKind;
use crate::tls::inspect::roots::Roots;
use crate::tls::inspect::verdict::{Asked, Finding, MOST_NAMES, Subject, Trust};

/// As many names as a sentence bears.
const MOST_TOLD: usize = 6;

/// Where there is nothing to check against.
pub(super) fn no_roots(trust: &Trust) -> String {
    match trust {
        Trust::System => "What a client that trusts the system's authorities would say can't be told: this computer \
                          has no list of authorities that could be found. To check against one, choose a CA file."
            .to_owned(),
        Trust::Given(path) => format!(
            "What a client that trusts {} would say can't be told: none of its certificates can be used as a CA.",
            display_name(path)
        ),
        Trust::File => "What a client that is given this file as CA would say can't be told: none of its certificates \
                        can be used as a CA."
            .to_owned(),
    }
}

/// One verdict: who, what, for which names, why, what to do; and where other clients differ, that too.
pub(super) fn sentence(
    roots: &Roots,
    subject: &Subject<'_>,
    result: &Result<(), Finding>,
    names: &[&Asked],
    difference: Option<&str>,
) -> String {
    let who = match &roots.trust {
        Trust::System => "A client that trusts the system's authorities".to_owned(),
        Trust::Given(path) => format!("A client that trusts the authorities in {}", display_name(path)),
        Trust::File => "A client that is given this file as CA".to_owned(),
    };
    let all: Vec<String> = names.iter().map(|name| name.shown.clone()).collect();
    let list = crate::text::list(&all, MOST_TOLD);
    let mut words = match result {
        Ok(()) => format!("{who} would accept it for {list}."),
        Err(Finding::NoName) => {
            format!(
                "{who} can't even ask for “{list}”: that is not a host name. Make one with names such as localhost."
            )
        }
        Err(Finding::Refused(refusal, _)) => {
            let missing_name = refusal.kind == RejectionKind::WrongName;
            let why = match names.first() {
                Some(first) if missing_name && first.only_common => {
                    "that is its common name, where newer clients no longer look, and it has no alternative names"
                }
                _ if missing_name && subject.leaf.subject_alternative_name().ok().flatten().is_none() => {
                    "it has no name in it at all"
                }
                _ if roots.trust == Trust::System && is_namesake(subject, Some(refusal.kind)) => {
                    "it signs itself, and the authority of the same name that the client knows is another one"
                }
                _ => &refusal.why,
            };
            let own = roots.trust == Trust::System && is_namesake(subject, Some(refusal.kind));
            let advice = if refusal.kind == RejectionKind::UnknownIssuer || own {
                unknown_issuer(&roots.trust, subject)
            } else {
                refusal.advice.clone()
            };
            format!("{who} would refuse it for {list}: {why}. {advice}")
        }
    };
    if subject.names_in_all > MOST_NAMES {
        let more =
            format!(" Only the first {MOST_NAMES} of its {} names were checked.", subject.names_in_all);
        words.push_str(&more);
    }
    if let Some(difference) = difference {
        words.push(' ');
        words.push_str(difference);
    }
    words
}

/// Whether a certificate that signs itself was held against an authority that only has the same name, such as the
/// `localhost` that some systems make for themselves.
pub(super) fn is_namesake(subject: &Subject<'_>, key: Option<RejectionKind>) -> bool {
    key == Some(RejectionKind::BadSignature)
        && subject.leaf.subject().as_raw() == subject.leaf.issuer().as_raw()
}

fn unknown_issuer(trust: &Trust, subject: &Subject<'_>) -> String {
    let issuer = &subject.issuer_of_last;
    match trust {
        Trust::System if subject.self_signed => "Expected for a certificate of your own.".to_owned(),
        Trust::System => format!(
            "Expected where {issuer} is an authority of your own; otherwise an intermediate certificate is missing from \
             the file."
        ),
        Trust::Given(_) if subject.self_signed => {
            "It signed itself, so give the client the certificate itself as CA.".to_owned()
        }
        Trust::Given(_) => format!(
            "Give the client the certificate of {issuer}; if it has that, an intermediate certificate is missing from \
             the file."
        ),
        Trust::File => format!("Give the client the certificate of {issuer} as CA instead."),
    }
}
