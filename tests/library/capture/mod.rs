//! The capture of a connection compared with what a proxy sees, its limits, and its sequence diagram.

mod bounds;
mod export;
mod lab;
mod pcapng;
mod plain;
mod session;
mod tls;
mod tls_ends;
