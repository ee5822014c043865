//! What is told about a certificate file, held against openssl, and what clients will say, held against real clients.

mod client_checks;
mod damaged;
mod fixtures;
mod openssl_output;
mod real_clients;
