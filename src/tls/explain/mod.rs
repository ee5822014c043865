//! All English about TLS failures, as data.

mod alerts;
mod rejection;
mod server;

pub use server::explain as explain_server_error;
