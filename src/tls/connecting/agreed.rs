//! What a handshake agreed on, as the client saw it.

use std::sync::Arc;
use std::time::Duration;

use crate::tls::handshake::{Codes, HandshakeKind};
use crate::tls::inspect::CertificateDetails;

/// What was agreed. Names are those of the IANA TLS registries; [`crate::tls::names`] has a sentence for each number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: &'static str,
    /// The cipher suite, for example `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The key exchange group, for example `X25519MLKEM768`.
    pub group: Option<String>,
    /// What the server signed with, for example `ecdsa_secp256r1_sha256`.
    pub signature_scheme: Option<String>,
    /// The name that was asked for by SNI; `None` for an address.
    pub sni: Option<String>,
    /// The name or address that the certificate was checked for.
    pub name: String,
    /// The protocol agreed by ALPN (RFC 7301), as text where it is text.
    pub alpn: Option<String>,
    /// Full or retried; never resumed, since each connection begins anew.
    pub kind: HandshakeKind,
    /// The certificates that the server showed, its own first.
    pub chain: Arc<[CertificateDetails]>,
    /// On what grounds its certificate was accepted.
    pub accepted: Accepted,
    /// Whether the server asked for a client certificate.
    pub asked_for_certificate: bool,
    /// Whether the client showed one.
    pub showed_certificate: bool,
    /// The numbers behind the names.
    pub codes: Codes,
    /// From the connected socket to the end of the handshake on the client's side.
    pub took: Duration,
}

/// On what grounds a server's certificate was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// An authority that the client trusts signed it, its name and dates are right.
    Signed,
    /// It is the very certificate that the client was given, and can't be checked as others are.
    Pinned {
        /// Whether its names could be checked: a certificate of X.509 version 1 has none.
        name_checked: bool,
    },
    /// Nothing was checked.
    Unchecked,
}

impl Accepted {
    /// One sentence about it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Signed => {
                "The certificate was checked: it leads to an authority that the client trusts, for this name."
            }
            Self::Pinned { name_checked: true } => {
                "The certificate is the very one that the client was given, and is for this name. By the usual rules it \
                 can't be checked, so other clients may refuse it."
            }
            Self::Pinned { name_checked: false } => {
                "The certificate is the very one that the client was given. It is of X.509 version 1 and has no names to \
                 check, so other clients may refuse it."
            }
            Self::Unchecked => "The certificate was not checked: nobody knows who this server is.",
        }
    }
}
