//! TLS of the built program: versions, ALPN, tickets, client certificates and the key log, with openssl and Python as
//! clients.

mod client_certificates;
mod failures;
mod key_log;
mod lab;
mod offers;
mod options;
mod session;
#[cfg(unix)]
mod try_it;
