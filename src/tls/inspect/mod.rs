//! Inspects certificates: their chain and fields for display, how clients treat them, and why clients might reject the
//! served one.
//!
//! ```text
//!  CertificateFile ──> certificates: names, validity, key, extensions
//!         ├──> chain_links ──> ChainLink: whether the next certificate signed each one
//!         ├──> check_as_clients(file, &Roots, now) ──> ClientCheck, which `explain::inspection` explains
//!         └──> ServedCertificate::of ─┬> verdicts(host, now) ──> Verdict: why clients reject it, and which of them
//!                                     └> client_commands(…) ──> ClientCommands: how to connect and check it
//! ```
//!
//! Nothing here uses the network: revocation is not checked.

pub mod certificate_text;
pub mod chain;
pub mod client_check;
pub mod defect;
pub mod served_certificate;
mod try_it;
pub mod verdict;
