//! The details of a certificate file compared with openssl's output, and its checks compared with real clients.

mod client_checks;
mod damaged;
mod fixtures;
mod openssl_output;
mod real_clients;
