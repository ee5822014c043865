//! The user interface: the window, its panels and its dialogs.
//!
//! ```text
//! ┌ top_bar ──────────────────────────────────────────────────────────────────┐
//! │ ▯ ◎ Echoscope (● Listening on 127…:12345)  Lessons − 100 % + theme ⛶ Help │
//! ├ side_panel ─────────┬ lesson_bar, during a lesson ────────────────────────┤
//! │ Server  server_form │ Step 3 of 6  ✓ ✓ ● ○ ○ ○  Your first echo           │
//! │ Host    [localhost] ├ tabs ───────────────────────────────────────────────┤
//! │ Port    [12345] …   │  Live   Log   Client   Code   Wire                  │
//! │ Clients [each    v] ├ tabs/log/log_toolbar ───────────────────────────────┤
//! ├ tls_form ───────────┤ [Filter…] (Connections)(Data)…   (b'…')(Follow)…    │
//! │ TLS            (o ) ├ tabs/log/log_panel ─────────────────────────────────┤
//! │ server.crt [...] …  │ 12:03:05.482  #1  Received new connection from …    │
//! ├ try_it ─────────────┤ 12:03:07.009  #1  Received: b'Hello\n'     log_entry│
//! │ nc localhost 12345  ├ tabs/detail_view ───────────────────────────────────┤
//! │                     │ #1 · recv() returned 6 bytes, sendall() sent 6 bytes    │
//! │ [  Start server   ] │ 0000  48 65 6c 6c 6f 0a                    Hello·   │
//! ├ status_bar ─────────┴─────────────────────────────────────────────────────┤
//! │ 3 clients now, 3 in all   ↓ 92 B  ↑ 21 B   backlog ▯▯▯▯▯ 0 of 5 waiting   │
//! └───────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! | Module | Content |
//! |---|---|
//! | `window`, `run_window` | The window's layout and actions; the OS's window and its renderer |
//! | `frame_pacing` | How soon events may cause the next frame |
//! | `split_view`, `presenter` | Two tabs side by side in a wide window; full screen with larger text |
//! | `tabs` | The row of tabs, and the content of each: `live`, `log`, `client`, `python` (*Code*), `wire` |
//! | `step_bar`, `backlog` | The bar of step mode at the top of the Code tab; the accept queue at its bottom |
//! | `tls_dialogs`, `file_dialogs` | The dialogs about TLS; the OS's file dialogs, or a prompt for a path |
//! | `check_dialog` | The dialog *Check a server…* |
//! | `dialog_layout` | The rows of dialogs |
//! | `lessons_menu` | The menu of the button *Lessons* |
//! | `help`, `guides` | The help (F1); the guides that it shows and searches |
//! | `start_screen` | Three first steps, in the first tab while nothing has happened yet |
//! | `crash_dialog` | The crash reports of earlier runs |
//! | `toast`, `restart_button` | The newest notice; the settings that need a restart |
//! | `remembered` | The window's size, tab and splitters, for the next run |
//! | `action`, `shortcuts` | What the user can request; the keyboard shortcuts that request it |
//! | `theme`, `widgets` | All colors, fonts and shared sizes; the controls that panels and dialogs share |
//!
//! A panel gets `&App`, changes only state of the user interface, and returns [`action::Action`]s, which `window`
//! carries out. Some panels show others: `side_panel` shows `server_form`, `tls_form`, `try_it` and `start_button`.

mod action;
mod backlog;
mod check_dialog;
mod crash_dialog;
mod dialog_layout;
mod file_dialogs;
mod frame_pacing;
mod guides;
mod help;
mod lesson_bar;
mod lessons_menu;
mod presenter;
mod remembered;
mod restart_button;
mod run_window;
mod server_form;
mod shortcuts;
mod side_panel;
mod split_view;
mod start_button;
mod start_screen;
mod status_bar;
mod step_bar;
mod tabs;
mod theme;
mod tls_dialogs;
mod tls_form;
mod toast;
mod top_bar;
mod try_it;
mod widgets;
mod window;

pub use run_window::{WindowError, message_box, run};
pub use window::Window;
