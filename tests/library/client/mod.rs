//! The built-in client: what it sends and sees, how it leaves, whom it trusts, and that nothing makes it hang.

mod connecting;
#[cfg(target_os = "linux")]
mod full_queue;
mod input;
mod leaving;
mod plain;
mod session;
mod stubborn;
mod tls;
mod watched;
