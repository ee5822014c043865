//! All English about TLS: why a connection failed, and what is wrong with a file, as tables keyed by the error.
//!
//! | file | texts |
//! |---|---|
//! | `alerts.rs` | one for each TLS alert |
//! | `protocol_errors.rs` | one for each way in which a peer can break the protocol |
//! | `certificate_errors.rs` | why a certificate is rejected |
//! | `inspection.rs` | how clients treat an inspected certificate |
//! | `server.rs` | why TLS with a client failed |
//! | `client.rs` | why the built-in client's TLS failed |

mod alerts;
pub(super) mod certificate_errors;
mod client;
pub mod inspection;
mod protocol_errors;
mod server;
mod template;

pub use client::{explain_accepted, explain_client_config_error, explain_client_error, trust_warning};
pub use server::explain_server_error;
