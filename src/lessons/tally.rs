//! Counts what one condition waits to see.

use std::collections::HashMap;

use crate::lessons::condition::{Condition, Seen, contains};
use crate::lessons::facts::{Facts, Happening};
use crate::server::client_id::ClientId;
use crate::server::event::{Event, EventKind, Problem};
use crate::tls::handshake::HandshakeKind;

/// How far one condition has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// What was counted so far.
    count: u64,
    /// Whether it is so, for what is or is not.
    holds: bool,
    /// The end of what each client has sent, for what may be spread over several calls of `recv`; `None`: it was found.
    tails: HashMap<ClientId, Option<Vec<u8>>>,
}

impl Tally {
    /// What is counted, as far as it counts.
    pub(super) fn count(&self, condition: &Condition) -> u64 {
        match condition {
            Condition::Is(_) => u64::from(self.holds),
            Condition::Seen { at_least, .. } => self.count.min(*at_least),
        }
    }

    /// Whether the condition is met.
    pub(super) fn is_met(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Is(_) => self.holds,
            Condition::Seen { at_least, .. } => self.count >= *at_least,
        }
    }

    /// Takes in what is so.
    pub(super) fn look(&mut self, condition: &Condition, facts: &Facts) {
        if let Condition::Is(is) = condition {
            self.holds = is.holds(facts);
        }
    }

    /// Takes in what happened.
    pub(super) fn happened(&mut self, condition: &Condition, happening: Happening<'_>) {
        let Condition::Seen { what, .. } = condition else { return };
        let counts = match (what, happening) {
            (Seen::CertificateCreated, Happening::CertificateCreated)
            | (Seen::Echo, Happening::Echo)
            | (Seen::HalfClosed, Happening::HalfClosed) => 1,
            (Seen::Opened(wanted), Happening::Opened(place)) => u64::from(*wanted == place),
            (Seen::Stream(wanted), Happening::Event(event)) => u64::from(self.found(wanted, event)),
            (_, Happening::Event(event)) => counted(what, &event.kind),
            _ => 0,
        };
        self.count = self.count.saturating_add(counts);
    }

    /// Whether a client's bytes have now, for the first time, `wanted` in them.
    fn found(&mut self, wanted: &[u8], event: &Event) -> bool {
        let Some(client) = event.client else { return false };
        match &event.kind {
            EventKind::Received { data, .. } => {
                let known = self.tails.entry(client.id).or_insert_with(|| Some(Vec::new()));
                let Some(tail) = known else { return false };
                tail.extend_from_slice(data);
                if contains(tail, wanted) {
                    *known = None;
                    return true;
                }
                // Only the beginning of what is looked for can still be completed.
                tail.drain(..tail.len().saturating_sub(wanted.len() - 1));
                false
            }
            EventKind::Closed(_) => {
                self.tails.remove(&client.id);
                false
            }
            _ => false,
        }
    }
}

/// How much an event counts for what is waited for.
fn counted(what: &Seen, kind: &EventKind) -> u64 {
    let is_one = match (what, kind) {
        (Seen::Started, EventKind::Listening { .. })
        | (Seen::Stopped, EventKind::Stopped)
        | (Seen::Accepted, EventKind::Opened)
        | (Seen::NotTls, EventKind::Problem(Problem::NotTls { .. }))
        | (Seen::TlsOnPlain, EventKind::Problem(Problem::TlsOnPlain)) => true,
        (Seen::Received(wanted), EventKind::Received { data, .. }) => wanted.matches(data),
        (Seen::Bytes(wanted), EventKind::Received { data, .. }) if wanted.matches(data) => {
            return data.len() as u64;
        }
        (Seen::Closed(reasons), EventKind::Closed(closed)) => {
            reasons.is_empty() || reasons.iter().any(|reason| reason.is(&closed.reason))
        }
        (Seen::Handshake { version, resumed }, EventKind::Handshake(done)) => {
            version.is_none_or(|version| version == done.version)
                && resumed.is_none_or(|resumed| resumed == (done.kind == HandshakeKind::Resumed))
        }
        (Seen::TlsFailed(alerts), EventKind::Problem(Problem::Tls(error))) => {
            alerts.is_empty() || alert_in(&error.to_string()).is_some_and(|said| alerts.contains(&said))
        }
        (Seen::TlsFailed(alerts), EventKind::Problem(Problem::HandshakeTimeout { .. })) => alerts.is_empty(),
        _ => false,
    };
    u64::from(is_one)
}

/// The alert in rustls' words (`received fatal alert: UnknownCA`), by its name in the standard: `unknown_ca`.
fn alert_in(raw: &str) -> Option<&'static str> {
    let (_, said) = raw.rsplit_once("alert: ")?;
    let said = said.trim();
    crate::lessons::condition::ALERTS.into_iter().find(|name| {
        let letters = name.bytes().filter(|byte| *byte != b'_');
        said.bytes().map(|byte| byte.to_ascii_lowercase()).eq(letters)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_known_by_the_names_of_the_standard() {
        for (raw, wanted) in [
            ("received fatal alert: UnknownCA", Some("unknown_ca")),
            ("received fatal alert: CertificateExpired", Some("certificate_expired")),
            ("received fatal alert: NoApplicationProtocol", Some("no_application_protocol")),
            ("received fatal alert: Unknown(99)", None),
            ("peer is incompatible: NoCipherSuitesInCommon", None),
        ] {
            assert_eq!(alert_in(raw), wanted, "{raw}");
        }
    }
}
