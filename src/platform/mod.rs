//! Everything that differs by operating system.

pub mod accept_queue;
pub mod atomic_file;
pub mod console;
pub mod desktop;
pub mod folder_lock;
pub mod permissions;
pub mod sockets;
pub mod terminal;
