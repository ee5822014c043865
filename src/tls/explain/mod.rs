//! All texts about TLS: why a connection failed, and what is wrong with a file, as tables with an entry for each error.
//!
//! | file | texts |
//! |---|---|
//! | `alerts.rs` | one for each TLS alert |
//! | `protocol_errors.rs` | one for each way in which a peer can break the protocol |
//! | `certificate_errors.rs` | why a certificate is rejected |
//! | `certificate_reasons.rs` | why clients reject the served certificate, or may reject the chosen one |
//! | `inspection.rs` | how clients treat an inspected certificate |
//! | `files.rs` | what is wrong with a certificate or key file |
//! | `server.rs` | why TLS with a client failed |
//! | `client.rs` | why the built-in client's TLS failed |

mod alerts;
pub(super) mod certificate_errors;
mod certificate_reasons;
mod client;
mod files;
pub mod inspection;
pub(super) mod protocol_errors;
mod server;

pub use client::{explain_accepted, explain_client_error, trust_warning};
pub use files::{explain_key_log_error, file_error_command, key_log_warning};
pub use server::explain_server_error;
