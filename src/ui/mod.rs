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
//! │ [  Start server   ] │ recv() hands over whatever has arrived …             │
//! ├ status_bar ─────────┴─────────────────────────────────────────────────────┤
//! │ 3 clients now, 3 in all   ↓ 92 B  ↑ 21 B   backlog ▯▯▯▯▯ 0 of 5 waiting    │
//! └────────────────────────────────────────────────────────────────────────────┘
//!   lesson: a bar over the tabs while a lesson is done; Help opens the list.
//!   notice: news, at the bottom.   overlays: files about to be dropped, a path to type.   help: F1.
//! ```
//!
//! A panel gets `&Session` and returns `Action`es; it changes nothing itself and knows no other panel.
//! `app` puts the panels together and handle_action the actions. All colours and sizes are in `theme`.

mod action;
mod backlog;
mod file_dialogs;
mod fonts;
mod help;
mod launch;
mod left;
mod lesson;
#[cfg(windows)]
mod message_box;
mod notice;
mod path_request;
mod server_form;
mod shortcuts;
mod start_button;
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
mod zoom;

pub use launch::{WindowError, has_display, run};
#[cfg(windows)]
pub use message_box::message_box;
pub use window::Window;
