//! What really went by on a connection: the marks against what a proxy saw, the bounds, and the ladder drawn of it.

mod bounds;
mod drawn;
mod lab;
mod plain;
mod session;
mod tls;
mod tls_ends;
