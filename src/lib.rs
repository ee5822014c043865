//! Echoscope: a desktop echo server that shows how a network server works.
//!
//! # How data flows
//!
//! ```text
//!         user                                              client, for example nc
//!           │ clicks, types                                          │ bytes
//!  ┌────────▼────────┐   Command    ┌─────┐   start, stop, step   ┌──▼─────────────────┐
//!  │ ui  or headless ├─────────────►│ app ├──────────────────────►│ server: its threads│
//!  └────────▲────────┘              └─▲─▲─┘                       └──┬───────────┬─────┘
//!           │ &App: form, state, log  │ │  snapshot: state, counters │           │ Event
//!           └─────────────────────────┘ └────────────────────────────┘           ▼
//!                           log ◄── app::poll ◄── server::event_channel (bounded)
//! ```
//!
//! * **Down:** the front end turns a click, a key or a signal into an [`app::Command`], and [`app::App::apply`] carries
//!   it out.
//! * **Up:** the server's threads send [`server::event::Event`]s through a bounded channel, and [`app::App::poll`]
//!   moves them into the [`log`]. The echo never waits for the channel: an event that doesn't fit is counted, and the
//!   log shows how many were skipped. No echoed byte is ever lost.
//! * **Sideways:** state, connections and counters are a snapshot that is exact at any time.
//!
//! # The modules
//!
//! | module | contents |
//! |---|---|
//! | [`cli`] | options and subcommands of the command line |
//! | [`headless`] | the front end for a terminal |
//! | `ui` | the window, the only module that uses egui |
//! | [`app`] | the app without a user interface: state, commands, poll loop |
//! | [`settings`] | one table entry for each setting, and the settings file |
//! | [`server`] | the echo server: sockets and threads |
//! | [`client`] | the built-in client and the load clients |
//! | [`check`] | checks any echo server, and explains each verdict |
//! | [`capture`] | recorded connections: bytes, TLS records, the sequence diagram |
//! | [`tls`] | certificates and keys, handshakes, and explanations of TLS errors |
//! | [`log`] | the event log: entries, filter, text and JSON |
//! | [`lessons`] | guided experiments as data, and the progress through one |
//! | [`python`] | the tutorial's program for the current settings |
//! | [`platform`] | everything that differs between operating systems |
//! | [`crash_report`] | the files that panics leave |
//! | [`resolve`] | host names as addresses, and this computer's address on its network |
//! | [`text`] | numbers, durations and names as text |
//! | [`ring_buffer`], [`sync`] | a bounded buffer, and locks without poisoning |
//!
//! Imports go one way: `main → ui | headless → app → server, client, capture, log, lessons, python`, also `main,
//! headless → cli → check → client, log, tls`, and `server → capture, tls` and `client, log → tls`. The other modules ([`settings`], [`platform`],
//! [`crash_report`], [`resolve`], [`text`], [`ring_buffer`], [`sync`]) are below all of these. Modules on one level share only plain
//! values (an event, a setting) and texts about them. `tests/program/architecture.rs` checks this.

pub mod app;
pub mod capture;
pub mod check;
pub mod cli;
pub mod client;
pub mod crash_report;
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
