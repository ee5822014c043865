//! The window.
//!
//! ```text
//! ┌ top_bar ──────────────────────────────────────────────────────────────────┐
//! │ ◎ Echoscope  (● Listening on 127.0.0.1:12345 and [::1]:12345)  theme  Help │
//! ├ server_form ────────┬ tabs ───────────────────────────────────────────────┤
//! │ Server              │  Log   Connections 3   Client   Code   Wire          │
//! │ Host    [localhost] ├ log_toolbar ────────────────────────────────────────┤
//! │ Port    [12345] …   │ [Filter…] (Connections)(Data)…   (b'…')(Follow)…     │
//! │ Clients [each    v] ├ log_panel, connections, client, code, wire ─────────┤
//! ├ tls_form ───────────┤ 12:03:05.482  #1  Received new connection from …     │
//! │ TLS            (o ) │ 12:03:07.009  #1  Received: b'Hello\n'          6 B  │
//! │ server.crt [...] …  │                                          (log_row)   │
//! ├ try_it ─────────────┼ detail ─────────────────────────────────────────────┤
//! │ nc localhost 12345  │ #1 · recv returned 6 bytes, sendall sent 6 bytes     │
//! ├ start_button ───────┤ 0000  48 65 6c 6c 6f 0a                    Hello·    │
//! │ [  Start server   ] │ recv() returns whatever has arrived …                │
//! ├ status_bar ─────────┴─────────────────────────────────────────────────────┤
//! │ 3 clients now, 3 in all   ↓ 92 B  ↑ 21 B   backlog ▯▯▯▯▯ 0 of 5 waiting    │
//! └────────────────────────────────────────────────────────────────────────────┘
//!   lesson_bar: over the tabs during a lesson; help_menu lists them.   notice: messages, at the bottom.
//!   file_dialogs: the OS's, or a prompt for a path.   help: F1.
//! ```
//!
//! A panel gets `&App` and returns [`action::Action`]s; it changes only its own state and uses no other panel. `window`
//! lays out the panels and carries out the actions. All colors and shared sizes are in `theme`, all keyboard shortcuts
//! in `shortcuts`.

mod action;
mod backlog;
mod file_dialogs;
mod help;
mod help_menu;
mod lesson_bar;
mod run_window;
mod server_form;
mod shortcuts;
mod side_panel;
mod status_bar;
mod step_bar;
mod tabs;
mod theme;
mod tls_dialogs;
mod tls_form;
mod top_bar;
mod try_it;
mod widgets;
mod window;

pub use run_window::{WindowError, message_box, run};
pub use window::Window;
