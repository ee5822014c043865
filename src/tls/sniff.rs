//! stub
pub enum FirstBytes { Tls, Http { line: Vec<u8> }, Text { line: Vec<u8> }, Incomplete }
pub fn first_bytes(_: &[u8]) -> FirstBytes { FirstBytes::Tls }
pub fn looks_like_client_hello(_: &[u8]) -> bool { false }
