//! Echoscope: an echo server that lets you see a server work.
//!
//! # How data flows
//!
//! ```text
//!        a person                                        a client, for example nc
//!           │ clicks, types                                   │ bytes
//!  ┌────────▼─────────┐   Command    ┌─────────┐  start/stop  ┌─▼──────────────────┐
//!  │ ui   or headless ├─────────────►│ session ├─────────────►│ server: its threads │
//!  └────────▲─────────┘              └──▲───┬──┘              └─┬───────────────┬──┘
//!           │ &Session: form, state,    │   │  snapshot: state, │               │ Event
//!           │ counters, log         │   └─ counters ◄───────┘               ▼
//!           └───────────────────────────┴───────── log ◄──── bounded channel (server::event_channel)
//! ```
//!
//! * **Down** go [`session::Command`]s: from a panel, a key or a signal to [`session::Session::apply`].
//! * **Up** come [`server::event::Event`]s, through a bounded channel on which the echo never waits. What finds no
//!   room is counted, and the log says so; no echoed byte is ever lost.
//! * **Sideways**, the state and the counters are a snapshot that is exact at any time.
//!
//! # The map
//!
//! | module | what it knows |
//! |---|---|
//! | [`cli`] | flags, and the remembered settings beneath them |
//! | [`headless`] | the terminal |
//! | `ui` | the window, the only module that knows egui |
//! | [`session`] | the app without a face |
//! | [`server`] | sockets and threads |
//! | [`client`] | sockets again: one connection of the built-in client |
//! | [`tls`] | certificates, keys, what a handshake agreed on |
//! | [`log`] | the log as data |
//! | [`ladder`] | what went by on one connection, as rows and words |
//! | [`lessons`] | guided experiments as data, and how far one has come |
//! | [`code`] | the tutorial's program for the present settings, as Python |
//! | [`settings`] | what can be set, its limits and its file |
//! | [`terminal`] | lines to copy into a terminal: programs' names, and quoting |
//!
//! Imports go one way: `main → ui | headless → session → server, client, log, ladder, lessons, code, settings`, and
//! `server, client → tls`. A leaf may use another's plain values (an event, a setting) but nothing that does anything. A
//! test holds the rule.

pub mod app;
pub mod capture;
pub mod cli;
pub mod client;
pub mod headless;
pub mod lessons;
pub mod log;
pub mod platform;
pub mod python;
pub mod resolve;
pub mod ring_buffer;
pub mod server;
pub mod settings;
pub mod sync;
pub mod text;
pub mod tls;
#[cfg(feature = "gui")]
pub mod ui;
