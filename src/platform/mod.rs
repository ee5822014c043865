//! Everything that differs by operating system.

pub mod addresses;
pub mod console;
#[cfg(feature = "gui")]
pub mod display;
pub mod files;
pub(crate) mod os_version;
pub mod paths;
pub(crate) mod process_group;
pub mod process_usage;
pub(crate) mod processor_time;
#[cfg(feature = "gui")]
pub mod renderers;
pub mod signals;
pub mod socket_queues;
pub mod sockets;
pub mod terminal;
pub(crate) mod threads;

/// Whether the desktop is part of the OS, as on Windows and macOS. Elsewhere it may be missing, or lack file dialogs.
pub const IS_DESKTOP_PART_OF_OS: bool = cfg!(any(windows, target_os = "macos"));

/// Whether the lines of text files end with CR LF.
pub const HAS_CRLF_LINES: bool = cfg!(windows);
