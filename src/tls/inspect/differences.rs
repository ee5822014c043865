//! Where openssl and Python judge otherwise than the check. Each entry is held to real runs by
//! `tests/certificate_details`; where nothing is certain, nothing is said.

use rustls::pki_types::ServerName;
use x509_parser::prelude::X509Certificate;

use crate::tls::explain::certificate_errors::RejectionKind;
use crate::tls::inspect::report;
use crate::tls::inspect::roots::Roots;
use crate::tls::inspect::validity::Validity;
use crate::tls::inspect::verdict::{Asked, Subject, Trust};

/// Python 3.13 made its default context strict: what it takes depends on more than is looked at here.
const ALSO: &str = "openssl accepts it all the same, and so does Python before 3.13.";
const NO_ROOT: &str =
    "openssl and Python before 3.13 refuse it: they want the root at the chain's end as well.";
const NO_SIGNATURE: &str = "openssl and Python refuse it: its key usage allows neither digital signature nor key \
                            encipherment nor key agreement.";

/// What to add to the verdict on these names; `key` is the error, `None` where the check went well.
pub(super) fn others(
    roots: &Roots,
    subject: &Subject<'_>,
    key: Option<RejectionKind>,
    names: &[&Asked],
) -> Option<&'static str> {
    let leaf = subject.leaf;
    match key {
        None if !usable_key(leaf) => Some(NO_SIGNATURE),
        None if !roots.self_signed => Some(NO_ROOT),
        // The check stops at the first fault, so that there may be others: what is told needs the rest to be good.
        Some(_) if !usable_key(leaf) || !server_purpose(leaf) || !valid(subject) => None,
        // Host names alone: nobody looks for an address among the common names.
        Some(RejectionKind::WrongName)
            if roots.self_signed && names.iter().all(|name| name.only_common && is_host(name)) =>
        {
            Some(ALSO)
        }
        Some(_) if !(roots.trust == Trust::File && subject.self_signed) => None,
        Some(_) if !names.iter().all(|name| !name.only_common || is_host(name)) => None,
        Some(RejectionKind::OldVersion) if leaf.version().0 == 0 => Some(ALSO),
        Some(RejectionKind::IsCa) => Some(ALSO),
        _ => None,
    }
}

fn is_host(name: &Asked) -> bool {
    matches!(name.server, Some(ServerName::DnsName(_)))
}

fn usable_key(leaf: &X509Certificate<'_>) -> bool {
    match leaf.key_usage() {
        Ok(Some(usage)) => {
            usage.value.digital_signature() || usage.value.key_encipherment() || usage.value.key_agreement()
        }
        Ok(None) => true,
        Err(_) => false,
    }
}

fn server_purpose(leaf: &X509Certificate<'_>) -> bool {
    match leaf.extended_key_usage() {
        Ok(Some(usage)) => usage.value.server_auth,
        Ok(None) => true,
        Err(_) => false,
    }
}

fn valid(subject: &Subject<'_>) -> bool {
    let validity = subject.leaf.validity();
    Validity {
        not_before: report::moment(validity.not_before.timestamp()),
        not_after: report::moment(validity.not_after.timestamp()),
    }
    .holds(subject.now)
}
