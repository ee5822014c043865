//! Everything that differs between operating systems.

pub mod accept_queue;
pub mod atomic_file;
#[cfg(all(windows, feature = "gui"))]
pub mod console;
pub mod folder_lock;
pub mod permissions;
pub mod sockets;
pub mod terminal;
