//! Everything that differs by operating system.

pub mod console;
pub mod files;
pub mod sockets;
pub mod terminal;

/// Whether the desktop is part of the OS, as on Windows and macOS. Elsewhere it may be missing, or lack file dialogs.
pub const IS_DESKTOP_PART_OF_OS: bool = cfg!(any(windows, target_os = "macos"));

/// Returns whether there is a display to open a window on, as far as the environment shows.
#[must_use]
pub fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    IS_DESKTOP_PART_OF_OS || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Whether the lines of text files end with CR LF.
pub const HAS_CRLF_LINES: bool = cfg!(windows);
