//! Certificate and key files: messages about unusable ones, and servers with usable ones.

mod good;
mod handshake;
mod lab;
mod pem_shapes;
mod unreadable;
mod wrong_kind;
